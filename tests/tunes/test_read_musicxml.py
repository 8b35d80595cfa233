"""Tunes out of MusicXML: what music21 reads of a score is what we read, and strangers' files do no harm."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.errors import InputError
from songsmith.tunes import Tune, read_tune
from songsmith.tunes.musicxml import tune_from_musicxml


def note(step: str, octave: int, length: int, extra: str = "", lyric: str = "") -> str:
    """Return a note of `length` eighths."""
    words = (
        f"<lyric><syllabic>{lyric.split(':')[0]}</syllabic><text>{lyric.split(':')[1]}</text></lyric>"
        if lyric
        else ""
    )
    return (
        f"<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{length}</duration>"
        f"{extra}{words}</note>"
    )


HEAD = (
    "<attributes><divisions>2</divisions><key><fifths>1</fifths><mode>major</mode></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
)


def score(*measures: str, first: str = HEAD, part: str = "Voice") -> bytes:
    """Return a score of one part, attributes in its first measure."""
    bars = "".join(f'<measure number="{k}">{first if k == 1 else ""}{m}</measure>' for k, m in enumerate(measures, 1))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD" "partwise.dtd">'
        f'<score-partwise><part-list><score-part id="P1"><part-name>{part}</part-name></score-part></part-list>'
        f'<part id="P1">{bars}</part></score-partwise>'
    )
    return text.encode()


def rows(tune: Tune) -> list[tuple[float, float, int]]:
    return [(n.onset, n.duration, n.pitch) for n in tune.notes]


BAR = note("G", 4, 2) + note("A", 4, 2) + note("B", 4, 4)


def test_notes_key_chords_tempo_and_words() -> None:
    chord = (
        "<harmony><root><root-step>D</root-step></root><kind>dominant</kind>"
        "<bass><bass-step>F</bass-step><bass-alter>1</bass-alter></bass></harmony>"
    )
    bar = '<direction><direction-type><rehearsal>Verse</rehearsal></direction-type><sound tempo="88"/></direction>'
    bar += note("G", 4, 2, lyric="begin:Ri") + note("A", 4, 2, lyric="end:ver") + chord + note("B", 4, 4)
    tune = tune_from_musicxml(score(bar), "x.musicxml")
    assert rows(tune) == [(0.0, 1.0, 67), (1.0, 1.0, 69), (2.0, 2.0, 71)]
    assert [(n.lyric, n.slur) for n in tune.notes] == [("Ri-", False), ("ver", False), (None, True)]
    assert (tune.key, tune.meter, tune.tempo) == ("G major", "4/4", 88.0)
    assert [(c.onset, c.duration, c.symbol) for c in tune.chords] == [(2.0, 2.0, "D:7/3")]
    assert [(m.onset, m.label) for m in tune.markers] == [(0.0, "Verse")]


def test_ties_tuplets_and_a_pickup() -> None:
    triplets = HEAD.replace("<divisions>2", "<divisions>3")
    pickup = note("D", 4, 3)
    bar = note("G", 4, 1) * 3 + note("A", 4, 6) + note("B", 4, 3, '<tie type="start"/>')
    last = note("B", 4, 12, '<tie type="stop"/>')
    tune = tune_from_musicxml(score(pickup, bar, last, first=triplets), "x.xml")
    assert rows(tune)[:2] == [(-1.0, 1.0, 62), (0.0, pytest.approx(1 / 3, abs=1e-5), 67)]
    assert rows(tune)[-1] == (3.0, 5.0, 71)


def test_repeats_endings_and_verses_are_sung_out() -> None:
    def sung(verse: str, other: str) -> str:
        return note("G", 4, 8).replace(
            "</note>",
            f'<lyric number="1"><text>{verse}</text></lyric><lyric number="2"><text>{other}</text></lyric></note>',
        )

    start = '<barline location="left"><repeat direction="forward"/></barline>'
    one = '<barline location="left"><ending number="1" type="start"/></barline>'
    one_ends = '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    two = '<barline location="left"><ending number="2" type="start"/></barline>'
    two_ends = '<barline location="right"><ending number="2" type="stop"/></barline>'
    tune = tune_from_musicxml(
        score(
            note("C", 4, 8),
            start + sung("day", "night"),
            one + note("D", 4, 8) + one_ends,
            two + note("E", 4, 8) + two_ends,
            note("F", 4, 8),
        ),
        "x.xml",
    )
    assert [n.pitch for n in tune.notes] == [60, 67, 62, 67, 64, 65]
    assert [n.lyric for n in tune.notes if n.pitch == 67] == ["day", "night"]
    assert tune.remarks == ("repeats are sung out: 5 written measures, 6 sung",)


def test_da_capo_al_fine() -> None:
    tune = tune_from_musicxml(
        score(note("C", 4, 8), note("D", 4, 8) + '<sound fine="yes"/>', note("E", 4, 8) + '<sound dacapo="yes"/>'),
        "x.xml",
    )
    assert [n.pitch for n in tune.notes] == [60, 62, 64, 60, 62]


def test_the_voice_with_words_is_taken_and_other_voices_are_not_polyphony() -> None:
    other = "<backup><duration>8</duration></backup>" + note("C", 3, 8, "<voice>2</voice>")
    tune = tune_from_musicxml(score(note("G", 4, 8, "<voice>1</voice>", "single:oh") + other), "x.xml")
    assert rows(tune) == [(0.0, 4.0, 67)]


def test_polyphony_names_its_bar() -> None:
    chord = note("G", 4, 8) + note("B", 4, 8).replace("<note>", "<note><chord/>")
    with pytest.raises(InputError, match=r"x\.xml: two notes of the melody sound at once in bar 2; keep one voice"):
        tune_from_musicxml(score(note("C", 4, 8), chord), "x.xml")


def test_music21_reads_the_same_notes(tmp_path: Path) -> None:
    music21 = pytest.importorskip("music21")
    part = music21.stream.Part()
    part.append(music21.meter.TimeSignature("3/4"))
    for step, length in [
        ("E4", 1.0),
        ("G4", 0.5),
        ("A4", 1.5),
        ("B-4", 2.0),
        ("C5", 1 / 3),
        ("D5", 2 / 3),
        ("E4", 3.0),
    ]:
        part.append(music21.note.Note(step, quarterLength=length))
    part.makeMeasures(inPlace=True)
    path = tmp_path / "written.musicxml"
    part.write("musicxml", fp=str(path), makeNotation=True)
    read = music21.converter.parse(str(path)).stripTies().flatten().notes
    expected = [(float(n.offset), float(n.quarterLength), n.pitch.midi) for n in read]
    assert rows(read_tune(path)) == [pytest.approx(row, abs=1e-4) for row in expected]


def packed(content: bytes, name: str = "score.xml", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(
            "META-INF/container.xml", f'<container><rootfiles><rootfile full-path="{name}"/></rootfiles></container>'
        )
        archive.writestr(name, content)
    return out.getvalue()


def test_compressed_files_and_bombs() -> None:
    assert rows(tune_from_musicxml(packed(score(BAR)), "x.mxl")) == rows(tune_from_musicxml(score(BAR), "x.xml"))
    with pytest.raises(InputError, match="unpacks to more than 24 MB"):
        tune_from_musicxml(packed(b"\0" * 25_000_000), "x.mxl")


TRANSPOSE = "<transpose><chromatic>-2</chromatic></transpose>"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_repeated_transposition_moves_the_key_and_the_chords_once(times: int) -> None:
    again = f"<attributes>{TRANSPOSE}</attributes>"
    chord = "<harmony><root><root-step>A</root-step></root><kind>dominant</kind></harmony>"
    bars = [(again if k else "") + chord + BAR for k in range(times)]
    for first in (HEAD.replace("</attributes>", TRANSPOSE + "</attributes>"), HEAD + again):
        tune = tune_from_musicxml(score(*bars, first=first), "x.xml")
        assert tune.key == "F major"
        assert {chord.symbol for chord in tune.chords} == {"G:7"}
        assert [note.pitch for note in tune.notes] == [65, 67, 69] * times


@pytest.mark.parametrize(("alter", "symbol"), [("-1.0", "Ab:7"), ("1.0", "A#:7"), ("0", "A:7"), (" -1 ", "Ab:7")])
def test_alterations_may_be_written_as_decimals(alter: str, symbol: str) -> None:
    root = f"<root><root-step>A</root-step><root-alter>{alter}</root-alter></root>"
    chord = f"<harmony>{root}<kind>dominant</kind></harmony>"
    tune = tune_from_musicxml(score(chord + BAR), "x.xml")
    assert [chord.symbol for chord in tune.chords] == [symbol]


@pytest.mark.parametrize("times", ["²", "9" * 5000, "-1", "x", ""])
def test_repeats_that_count_oddly_are_sung_twice(times: str) -> None:
    bar = note("C", 4, 8) + f'<barline><repeat direction="backward" times="{times}"/></barline>'
    assert len(tune_from_musicxml(score(bar), "x.xml").notes) == 2


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><score-partwise>&a;</score-partwise>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LAUGHS, "declares entities"),
        (LAUGHS.decode().encode("utf-16"), "declares entities"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "no MusicXML score"),
        (b"<score-timewise/>", "time-wise"),
        (b"<html>", "not valid XML"),
        (b"\xff\xfe\xff", "text"),
        (b"PK\x03\x04nonsense", "not a readable .mxl"),
        (score(note("C", 4, 8), first="<attributes><divisions>0</divisions></attributes>"), "divisions"),
        (score(note("C", 4, 8), first="<attributes><divisions>1e-320</divisions></attributes>"), "use from 0.01"),
        (score(note("C", 4, 8), first="<attributes><divisions>1e6</divisions></attributes>"), "but grace notes"),
        (score(note("C", 4, 8).replace("<note>", "<note><cue/>")), "but grace notes, cue notes and notes shorter"),
        (score(note("C", 4, 8).replace("<note>", "<note><grace/>")), "but grace notes"),
        (
            score("<harmony><root><root-step>A</root-step><root-alter>inf</root-alter></root></harmony>" + BAR),
            "'inf' stands where a number has to be",
        ),
        (score('<barline><ending number="2" type="start"/></barline>' + BAR), "its endings leave no measure"),
        (score(note("H", 4, 8)), "out of range"),
        (score("<note><rest/><duration>8</duration></note>"), "no notes to sing"),
    ],
)
def test_what_cannot_be_read(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        tune_from_musicxml(content, "x.xml")
    assert str(error.value).startswith("x.xml: ")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_archives_are_read_or_refused(method: int, changes: list[tuple[float, int]]) -> None:
    content = bytearray(packed(score(BAR), method=method))
    for place, value in changes:
        content[max(4, int(place * len(content)))] = value
    message = "x.mxl: "
    try:
        tune_from_musicxml(bytes(content), "x.mxl")
    except InputError as err:
        message = str(err)
    assert message.startswith("x.mxl: ")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_whose_score_is_overwritten(method: int) -> None:
    content = bytearray(packed(score(BAR * 30), method=method))
    first = content.rindex(b"score.xml", 0, content.index(b"PK\x01\x02")) + len("score.xml")
    content[first + 8 : first + 60] = b"\xff" * 52
    with pytest.raises(InputError, match=r"is not a readable \.mxl file"):
        tune_from_musicxml(bytes(content), "x.mxl")


def test_an_encrypted_archive() -> None:
    content = bytearray(packed(score(BAR)))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + flags] |= 1
    with pytest.raises(InputError, match=r"is not a readable \.mxl file .*encrypted"):
        tune_from_musicxml(bytes(content), "x.mxl")


RICH = score(
    "<direction><direction-type><rehearsal>Verse</rehearsal><metronome><beat-unit>half</beat-unit>"
    "<per-minute>90</per-minute></metronome></direction-type></direction>"
    "<harmony><root><root-step>D</root-step><root-alter>1</root-alter></root><kind>dominant</kind>"
    "<bass><bass-step>F</bass-step><bass-alter>1</bass-alter></bass><offset>1</offset></harmony>"
    + note("G", 4, 8, '<voice>1</voice><tie type="start"/>', "begin:oh")
    + '<barline><ending number="1" type="start"/><repeat direction="backward" times="3"/></barline>',
    BAR + '<backup><duration>2</duration></backup><forward><duration>2</duration></forward><sound tempo="90"/>',
    first=HEAD + f"<attributes>{TRANSPOSE}</attributes>",
).decode()
SLOTS = [found.span(1) for found in re.finditer(r'(?:(?<=[a-z]>)|(?<==")(?!UTF|1\.0))([^<>"]+)(?=<|")', RICH)]
ODD_VALUES = (
    "",
    "²",
    "٣",
    "-1",
    "0",
    "1.5",
    "-1.0",
    "1e-320",
    "1e6",
    "1e300",
    "nan",
    "inf",
    "9" * 5000,
    "x",
    "2",
    "no",
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(ODD_VALUES), min_size=1, max_size=3))
def test_odd_values_are_read_or_refused(changes: dict[tuple[int, int], str]) -> None:
    text = RICH
    for (first, past), value in sorted(changes.items(), reverse=True):
        text = text[:first] + value + text[past:]
    message = "x.xml: "
    try:
        tune_from_musicxml(text.encode(), "x.xml")
    except InputError as err:
        message = str(err)
    assert message.startswith("x.xml: ")
    assert len(message) < 300


@given(st.lists(st.sampled_from(["forward", "backward", "one", "two", "stop", "dacapo", "plain"]), max_size=12))
def test_any_order_of_repeats_ends(marks: list[str]) -> None:
    bars = {
        "forward": '<barline><repeat direction="forward"/></barline>',
        "backward": '<barline><repeat direction="backward" times="3"/></barline>',
        "one": '<barline><ending number="1" type="start"/></barline>',
        "two": '<barline><ending number="2" type="start"/></barline>',
        "stop": '<barline><ending number="1" type="stop"/></barline>',
        "dacapo": '<sound dacapo="yes"/>',
        "plain": "",
    }
    try:
        tune = tune_from_musicxml(score(note("C", 4, 8), *(note("D", 4, 8) + bars[mark] for mark in marks)), "x.xml")
    except InputError as err:
        message = str(err)
    else:
        message = "more than 4000 measures" if tune.notes[0].pitch == 60 else "the first bar is lost"
    assert "more than 4000 measures" in message
