"""The lead sheet read back by music21: the same notes, words, chords and sections, written as a copyist would."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import example_song
import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.values import Line, Lyrics, Phoneme, Section, Syllable, Word
from songsmith.accompaniment.grids import swung
from songsmith.errors import InputError
from songsmith.export.musicxml import song_to_musicxml
from songsmith.export.notevalues import find_swing, lay_out, straightened, values
from songsmith.export.spelling import chord_symbol, name, spell
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note
from songsmith.song import Song
from songsmith.theory import QUALITIES, Key, parse_chord
from songsmith.timeline import Meter


def sung(notes: list[tuple[float, float, int]], meter: str = "4/4", key: str = "C major", bars: int = 8) -> Song:
    """Return a song of one section with a word for each note."""
    words = tuple(Word(f"w{i}", f"w{i}", (Syllable(f"w{i}", (Phoneme.parse("AH0"),), 0),)) for i in range(len(notes)))
    base = example_song.song()
    section = PlannedSection("verse", "Verse", 0, bars, 0.5, (True,) * bars)
    return replace(
        base,
        lyrics=Lyrics("en", (Section("verse", "Verse", None, (Line(1, "words", words),)),)),
        plan=Plan(90.0, key, meter, (section,), ()),
        chords=(),
        notes=tuple(Note(on, dur, pitch, i) for i, (on, dur, pitch) in enumerate(notes)),
    )


def read(song: Song) -> music21.stream.Part:
    score = music21.converter.parseData(song_to_musicxml(song), format="musicxml")
    assert len(score.parts) == 1
    return score.parts[0]


def joined(part: music21.stream.Part) -> list[tuple[float, float, int, str | None]]:
    """Return (onset, duration, pitch, words) of every note, tied ones joined."""
    found: list[list[object]] = []
    for note in part.flatten().getElementsByClass(music21.note.Note):
        if note.tie is not None and note.tie.type in ("stop", "continue"):
            found[-1][1] += note.quarterLength
        else:
            found.append([float(note.offset), note.quarterLength, note.pitch.midi, note.lyric])
    return [(onset, float(length), pitch, words) for onset, length, pitch, words in found]


def symbols(song: Song) -> list[str]:
    """Return what stands on paper: `quarter`, `eighth.`, `(half` where tied on, `-eighth` for a rest."""
    found = []
    for note in ET.fromstring(song_to_musicxml(song).split("\n", 2)[2]).iter("note"):
        kind = note.findtext("type") or "bar"
        tied = any(tie.get("type") == "start" for tie in note.findall("tie"))
        rest = note.find("rest") is not None
        found.append(("-" if rest else "(" if tied else "") + kind + "." * len(note.findall("dot")))
    return found


@st.composite
def melodies(draw: st.DrawFn) -> tuple[str, list[tuple[float, float, int]], bool]:
    """Draw a meter, notes on a grid of sixteenths (or triplets) in eight bars, and a swing."""
    meter = draw(st.sampled_from(["4/4", "3/4", "6/8"]))
    triplets = meter != "6/8" and draw(st.booleans())
    step = Fraction(1, 3) if triplets else Fraction(1, 4)
    last = int(8 * Meter.parse(meter).beats_per_bar / step)
    edges = sorted(draw(st.sets(st.integers(0, last), min_size=2, max_size=40)))
    swing = 0.0 if triplets or meter == "6/8" else draw(st.sampled_from([0.0, 0.2, 0.55, 0.9]))
    unit = draw(st.sampled_from([0.5, 0.25]))
    first = round(unit / step) if swing else 0
    edges = sorted({*edges, 0, first, 2 * first})
    notes = []
    for a, b in pairwise(edges):
        if a < 2 * first or draw(st.booleans()):
            on, off = (swung(float(step * k), swing, unit) for k in (a, b))
            notes.append((round(on, 6), round(off - on, 6), draw(st.integers(48, 84))))
    return meter, notes, triplets


@settings(max_examples=60, deadline=None)
@given(
    melody=melodies(), key=st.sampled_from(["C major", "G# minor", "Bb dorian", "Eb major", "F# major", "D phrygian"])
)
def test_notes_on_a_grid_come_back_exactly(
    melody: tuple[str, list[tuple[float, float, int]], bool], key: str
) -> None:
    meter, notes, triplets = melody
    song = sung(notes, meter, key)
    part = read(song)
    found = joined(part)
    assert [(pitch, words) for _, _, pitch, words in found] == [(p, f"w{i}") for i, (_, _, p) in enumerate(notes)]
    ends = [(pytest.approx(on, abs=2e-5), pytest.approx(on + dur, abs=4e-5)) for on, dur, _ in notes]
    assert performed(song) == ends
    for (onset, length, _, _), (on, dur, _) in zip(found, notes, strict=True):
        assert onset == pytest.approx(on, abs=2e-5)
        if not triplets:  # a note that ends on a triplet where none begins is written to the nearest eighth
            assert length == pytest.approx(dur, abs=4e-5)
    for measure in part.getElementsByClass("Measure"):
        assert float(measure.duration.quarterLength) == pytest.approx(Meter.parse(meter).beats_per_bar)


@pytest.mark.parametrize("length", [1 / 12, 1 / 6, 5 / 12, 0.4, 7 / 12])
def test_a_note_of_a_triplet_ends_on_a_triplet(length: float) -> None:
    found = joined(read(sung([(1 / 3, length, 60), (2.0, 1.0, 62)])))
    assert [(onset, pitch) for onset, _, pitch, _ in found] == [(pytest.approx(1 / 3, abs=1e-4), 60), (2.0, 62)]
    assert found[0][1] * 3 == pytest.approx(max(1, round(length * 3)), abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    onsets=st.lists(st.floats(0.0, 31.5), min_size=1, max_size=40).map(
        lambda found: [round(beat, 6) for beat in sorted(found)]
    ),
    shares=st.lists(st.floats(0.1, 1.0), min_size=40, max_size=40),
)
def test_notes_anywhere_keep_onset_pitch_and_word(onsets: list[float], shares: list[float]) -> None:
    onsets = [onset for i, onset in enumerate(onsets) if i == 0 or onset - onsets[i - 1] > 0.05]
    notes = [
        (onset, round(max(0.02, (after - onset) * share), 6), 60 + i % 12)
        for i, (onset, after, share) in enumerate(zip(onsets, [*onsets[1:], 32.0], shares, strict=False))
    ]
    song = sung(notes)
    found = joined(read(song))
    assert [(pitch, words) for _, _, pitch, words in found] == [(p, f"w{i}") for i, (_, _, p) in enumerate(notes)]
    for (onset, _, _, _), (on, _, _) in zip(found, notes, strict=True):
        assert onset == pytest.approx(on, abs=1e-4)
    assert performed(song) == [
        (pytest.approx(on, abs=1e-4), pytest.approx(on + dur, abs=2e-4)) for on, dur, _ in notes
    ]


def performed(song: Song) -> list[tuple[float, float]]:
    """Return when each note begins and ends by durations, `attack` and `release`."""
    root = ET.fromstring(song_to_musicxml(song).split("\n", 2)[2])
    divisions = int(root.findtext(".//divisions") or 0)
    now, found = 0.0, []
    for note in root.iter("note"):
        length = int(note.findtext("duration") or 0)
        if note.find("rest") is None:
            begin, end = now + float(note.get("attack", 0)), now + length + float(note.get("release", 0))
            if any(tie.get("type") == "stop" for tie in note.findall("tie")):
                begin = found.pop()[0]
            found.append((begin, end))
        now += length
    return [(begin / divisions, end / divisions) for begin, end in found]


@pytest.mark.parametrize(
    ("meter", "notes", "written"),
    [
        ("4/4", [(0, 4)], ["whole"]),
        ("4/4", [(0, 3), (3, 1)], ["half.", "quarter"]),
        ("4/4", [(0.5, 1), (1.5, 1), (2.5, 1.5)], ["-eighth", "quarter", "(eighth", "eighth", "quarter."]),
        ("4/4", [(0, 1.5), (1.5, 0.5), (2, 2)], ["quarter.", "eighth", "half"]),
        ("4/4", [(0, 0.75), (0.75, 0.25), (1, 0.5)], ["eighth.", "16th", "eighth", "-eighth", "-half"]),
        ("4/4", [(3, 2)], ["-half", "-quarter", "(quarter", "quarter", "-quarter", "-half"]),
        ("4/4", [(1, 2)], ["-quarter", "half", "-quarter"]),
        ("3/4", [(0, 3)], ["half."]),
        ("3/4", [(1, 2)], ["-quarter", "half"]),
        ("3/4", [(0.5, 2.5)], ["-eighth", "(eighth", "half"]),
        ("6/8", [(0, 1.5), (1.5, 1), (2.5, 0.5)], ["quarter.", "quarter", "eighth"]),
        ("6/8", [(1, 1)], ["-eighth", "-eighth", "(eighth", "eighth", "-eighth", "-eighth"]),
        ("6/8", [(1.5, 1.5)], ["-quarter.", "quarter."]),
        ("4/4", [(0, 1 / 3), (1 / 3, 1 / 3), (2 / 3, 1 / 3)], ["eighth", "eighth", "eighth", "-quarter", "-half"]),
        ("4/4", [(0, 2 / 3), (2 / 3, 1 / 3)], ["quarter", "eighth", "-quarter", "-half"]),
        # A breath shorter than a sixteenth is not a rest; a longer one goes to the nearest eighth.
        ("4/4", [(0, 0.9), (1, 1), (2, 2)], ["quarter", "quarter", "half"]),
        ("4/4", [(0, 1.44), (2, 2)], ["quarter.", "-eighth", "half"]),
    ],
)
def test_values_are_those_of_a_copyist(meter: str, notes: list[tuple[float, float]], written: list[str]) -> None:
    beats = Meter.parse(meter).beats_per_bar
    song = sung(
        [(round(on, 6), round(dur, 6), 60) for on, dur in notes],
        meter,
        bars=1 + (notes[-1][0] + notes[-1][1] > beats),
    )
    assert symbols(song) == written


def test_swing_is_written_even_and_said(tmp_path: object) -> None:
    notes = [(swung(k / 2, 0.9, 0.5), 0.0, 60 + k) for k in range(8)]
    ends = [*(on for on, _, _ in notes[1:]), 4.0]
    song = sung([(on, round(end - on, 6), p) for (on, _, p), end in zip(notes, ends, strict=True)], bars=1)
    text = song_to_musicxml(song)
    assert symbols(song) == ["eighth"] * 8
    assert "<words>Swing</words>" in text
    assert [onset for onset, *_ in joined(read(song))] == pytest.approx([on for on, _, _ in notes])
    assert "Swing" not in song_to_musicxml(example_song.song())


@given(beat=st.floats(0.0, 500.0), swing=st.floats(0.0, 1.0), unit=st.sampled_from([0.25, 0.5]))
def test_straightening_undoes_swing(beat: float, swing: float, unit: float) -> None:
    assert straightened(swung(beat, swing, unit), swing, unit) == pytest.approx(beat, abs=5e-6)


def test_swing_is_found_only_where_it_is() -> None:
    straight = [0.0, 0.5, 1.0, 1.75, 2.0, 2.5]
    assert find_swing(straight)[0] == 0.0
    assert find_swing([0.0, 1 / 3, 2 / 3, 1.0])[0] == 0.0
    assert find_swing([swung(beat, 0.55, 0.25) for beat in straight]) == (pytest.approx(0.55, abs=2e-3), 0.25)
    assert find_swing([0.0, 0.1234, 0.777, 1.41])[0] == 0.0


def test_symbols_tile_every_bar() -> None:
    song = example_song.song()
    meter = Meter.parse("4/4")
    paper = lay_out([n.onset for n in song.notes], [n.end for n in song.notes], meter)
    found = values(paper, meter, 4)
    assert found[0].start == 0
    assert found[-1].end == 16
    assert all(a.end == b.start for a, b in pairwise(found))


def test_the_head_says_title_tempo_key_meter_and_sections() -> None:
    song = example_song.song()
    plan = Plan(90.0, "D dorian", "6/8", song.plan.sections, ())
    text = song_to_musicxml(replace(song, plan=plan, notes=(), title='<"Moon" & ]]> sea>'))
    score = music21.converter.parseData(text, format="musicxml")
    assert score.metadata.title == '<"Moon" & ]]> sea>'
    part = score.parts[0]
    key = part.recurse().getElementsByClass(music21.key.KeySignature)[0]
    assert (key.sharps, getattr(key, "mode", None)) == (0, "dorian")
    assert part.recurse().getElementsByClass(music21.meter.TimeSignature)[0].ratioString == "6/8"
    mark = part.recurse().getElementsByClass(music21.tempo.MetronomeMark)[0]
    assert (mark.number, mark.referent.quarterLength) == (60.0, 1.5)
    assert '<sound tempo="90"' in text
    marks = part.recurse().getElementsByClass(music21.expressions.RehearsalMark)
    assert [(m.getOffsetInHierarchy(part), m.content) for m in marks] == [
        (0.0, "Intro"),
        (3.0, "Verse 1"),
        (9.0, "Outro"),
    ]


def test_chords_come_back_where_they_change() -> None:
    song = example_song.song()
    chords = tuple(
        Chord(float(on), float(dur), s)
        for on, dur, s in [(0, 3, "C/3"), (3, 2.5, "F#:min7"), (5.5, 2.5, "N"), (8, 8, "Bb:hdim7")]
    )
    part = read(replace(song, chords=chords))
    found = list(part.flatten().getElementsByClass(music21.harmony.Harmony))
    assert [float(h.offset) for h in found] == [0.0, 3.0, 5.5, 8.0]
    assert isinstance(found[2], music21.harmony.NoChord)
    for harmony, chord in zip(found, chords, strict=True):
        tones = parse_chord(chord.symbol)
        if tones is not None:
            assert harmony.root().pitchClass == tones.root
            assert harmony.bass().pitchClass == tones.bass
            assert {p.pitchClass for p in harmony.pitches} == set(tones.tones) | {tones.bass}


@pytest.mark.parametrize("quality", [quality for quality in QUALITIES if quality != "minmaj7"])
def test_every_quality_is_known_to_other_programs(quality: str) -> None:
    song = replace(example_song.song(), chords=(Chord(0.0, 16.0, f"Eb:{quality}"),))
    (harmony,) = read(song).flatten().getElementsByClass(music21.harmony.ChordSymbol)
    assert {p.pitchClass for p in harmony.pitches} == set(parse_chord(f"Eb:{quality}").tones)


def test_syllables_melismas_and_slurs() -> None:
    song = example_song.song()
    root = ET.fromstring(song_to_musicxml(song).split("\n", 2)[2])
    rows = [
        (lyric.findtext("syllabic"), lyric.findtext("text"), lyric.find("extend") is not None)
        for lyric in root.iter("lyric")
    ]
    assert rows == [
        ("single", "Moon", False), ("begin", "o", False), ("end", "ver", False), ("single", "sea", False),
        ("single", "Moon", False), ("begin", "ca", False), ("end", "fé,", False), ("single", "sea", True),
    ]  # fmt: skip
    assert [slur.get("type") for slur in root.iter("slur")] == ["start", "stop"]
    assert (
        len([n for n in root.iter("note") if n.find("pitch") is not None]) == 10
    )  # the last one is tied over the bar


@given(
    pitch=st.integers(12, 119),
    key=st.sampled_from(["C major", "F# major", "Db major", "A minor", "Eb minor", "E phrygian"]),
)
def test_spelling_keeps_the_pitch(pitch: int, key: str) -> None:
    spelled = spell(pitch, Key.parse(key))
    assert music21.pitch.Pitch(step=spelled.step, octave=spelled.octave).midi + spelled.alter == pitch
    assert -2 <= spelled.alter <= 2


@pytest.mark.parametrize(
    ("key", "pitch", "written"),
    [
        ("A minor", 68, "G#"),
        ("G minor", 66, "F#"),
        ("C minor", 71, "B"),
        ("Eb major", 66, "Gb"),
        ("G major", 65, "F"),
        ("E major", 62, "D"),
    ],
)
def test_leading_notes_and_chromatic_ones(key: str, pitch: int, written: str) -> None:
    assert name(spell(pitch, Key.parse(key))) == written


def test_accidentals_are_printed_once_a_bar() -> None:
    song = sung([(0, 1, 66), (1, 1, 66), (2, 1, 65), (3, 2, 66), (5, 1, 66)], bars=2)
    root = ET.fromstring(song_to_musicxml(song).split("\n", 2)[2])
    printed = [n.findtext("accidental") for n in root.iter("note") if n.find("pitch") is not None]
    assert printed == ["sharp", None, "natural", "sharp", None, "sharp"]


def test_chord_names() -> None:
    assert [str(chord_symbol(s)) for s in ("C", "Bb:min7", "F#:maj/3", "D:min/b7", "G:hdim7")] == [
        "C", "Bbm7", "F#/A#", "Dm/C", "Gm7b5",
    ]  # fmt: skip


def test_two_notes_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="two notes of the lead begin at beat 1: a lead sheet has one voice"):
        song_to_musicxml(sung([(1.0, 1.0, 60), (1.0, 1.0, 64)]))


def test_text_is_escaped_and_bytes_are_the_same_again() -> None:
    song = replace(example_song.song(), title="a\x00b\x1b<!ENTITY x>&")
    text = song_to_musicxml(song)
    assert text == song_to_musicxml(song)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    assert "<!ENTITY" not in text
    assert ET.fromstring(text.split("\n", 2)[2]).findtext("work/work-title", "").endswith("<!ENTITY x>&")
