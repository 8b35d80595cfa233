"""Tunes out of MIDI files: every note as written, the right track, and a clear word about what cannot be sung."""

from __future__ import annotations

import sys
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.errors import InputError
from songsmith.tunes import read_tune
from songsmith.tunes.midi import tune_from_midi

sys.path.insert(0, str(Path(__file__).parent))
from midifiles import midi, track

SCALE = [(float(k), 1.0, pitch) for k, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]

lengths = st.lists(st.tuples(st.integers(1, 16), st.integers(0, 8), st.integers(48, 84)), min_size=1, max_size=40)


@given(lengths)
def test_every_note_comes_back(rows: list[tuple[int, int, int]]) -> None:
    notes, now = [], 0.0
    for length, rest, pitch in rows:
        notes.append((now, length / 4, pitch))
        now += (length + rest) / 4
    tune = tune_from_midi(midi(track(notes)), "x.mid")
    assert [(n.onset, n.duration, n.pitch) for n in tune.notes] == notes


def test_tempo_meter_key_markers_and_chords_are_read() -> None:
    head = track(
        [],
        set_tempo=[(0, {"tempo": mido.bpm2tempo(90)})],
        time_signature=[(0, {"numerator": 3, "denominator": 4})],
        key_signature=[(0, {"key": "C"})],
        marker=[(0, {"text": "Verse"}), (4, {"text": "Chorus"})],
        text=[(0, {"text": "C"}), (3, {"text": "G:7"}), (1, {"text": "made by hand"})],
    )
    tune = tune_from_midi(midi(head, track(SCALE)), "x.mid")
    assert (tune.tempo, tune.meter, tune.key) == (90.0, "3/4", "C major")
    assert [(marker.onset, marker.label) for marker in tune.markers] == [(0.0, "Verse"), (4.0, "Chorus")]
    assert [(c.onset, c.duration, c.symbol) for c in tune.chords] == [(0.0, 3.0, "C"), (3.0, 5.0, "G:7")]


def test_a_key_signature_that_the_notes_deny_is_not_believed() -> None:
    head = track([], key_signature=[(0, {"key": "Gb"})])
    tune = tune_from_midi(midi(head, track(SCALE)), "x.mid")
    assert tune.key is None
    assert tune.remarks == ("the file says F# major, but the notes do not: the key is taken from them",)


@pytest.mark.parametrize(
    ("melody", "reason"),
    [
        (track(SCALE, "whatever", lyrics=[(float(k), {"text": "la"}) for k in range(8)]), "it has the words"),
        (track(SCALE, "Lead vocal"), "it is named so"),
        (track(SCALE, "t"), "it is the most melodic"),
    ],
)
def test_the_melody_is_found_and_said(melody: mido.MidiTrack, reason: str) -> None:
    chords = track([(k, 1.0, p) for k in range(8) for p in (48, 52, 55)], "piano", channel=1)
    drums = track([(k / 2, 0.25, 42) for k in range(16)], "kit", channel=9)
    tune = tune_from_midi(midi(chords, drums, melody), "x.mid")
    assert [note.pitch for note in tune.notes] == [pitch for _, _, pitch in SCALE]
    name = melody.name
    assert tune.remarks == (f"the melody is track 3 ('{name}') of 2 voices: {reason}",)


def test_a_busy_part_that_plays_at_every_syllable_is_not_the_melody() -> None:
    sung = track(SCALE, "melody", lyrics=[(float(k), {"text": "la"}) for k in range(8)])
    busy = track([(k / 2, 0.5, 72 + k % 3) for k in range(16)], "figure", channel=1)
    tune = tune_from_midi(midi(sung, busy), "x.mid")
    assert [note.pitch for note in tune.notes] == [pitch for _, _, pitch in SCALE]


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        (["Glo-", "ri-", "a", "in"], ["Glo-", "ri-", "a", "in"]),
        (["\\Glo", "ri", "a ", "in "], ["Glo-", "ri-", "a", "in"]),
    ],
)
def test_both_ways_of_writing_words(texts: list[str], read: list[str]) -> None:
    words = track(SCALE[:5], lyrics=[(float(k), {"text": text}) for k, text in enumerate(texts)])
    tune = tune_from_midi(midi(words), "x.mid")
    assert [note.lyric for note in tune.notes] == [*read, None]
    assert [note.slur for note in tune.notes] == [False] * 4 + [True]


def test_legato_is_cut_and_polyphony_is_refused_with_its_bar() -> None:
    legato = tune_from_midi(midi(track([(0.0, 1.1, 60), (1.0, 1.0, 62)])), "x.mid")
    assert [note.duration for note in legato.notes] == [1.0, 1.0]
    with pytest.raises(
        InputError, match=r"x\.mid: two notes of the melody sound at once in bar 2 .*; keep one voice"
    ):
        tune_from_midi(midi(track([(0.0, 4.0, 60), (4.0, 1.0, 64), (4.0, 1.0, 60)])), "x.mid")


def test_a_changing_tempo_becomes_its_mean() -> None:
    fast_then_slow = track(SCALE, set_tempo=[(0, {"tempo": 500_000}), (4, {"tempo": 1_000_000})])
    tune = tune_from_midi(midi(fast_then_slow), "x.mid")
    assert tune.tempo == 80.0  # 8 beats in 6 seconds
    assert tune.remarks == ("the tempo changes in the file: its mean, 80 BPM, is kept throughout",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.mid", None, "no such file"),
        ("empty.mid", b"", "not a readable MIDI file"),
        ("text.mid", b"do re mi" * 40, "not a readable MIDI file"),
        ("silent.mid", midi(track([])), "has no notes to sing"),
        ("cut.mid", midi(track(SCALE))[:40], "not a readable MIDI file"),
        ("five.mid", midi(track(SCALE, time_signature=[(0, {"numerator": 5, "denominator": 4})])), "meter 5/4"),
        ("tune.abc", b"X:1", "cannot be read as a melody"),
        ("large.mid", b"\0" * 4_000_001, "at most 4 MB"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_tune(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name))
    assert "\n" not in str(error.value)


CHORDED = [(float(k), 1.0, pitch) for k, pitch in enumerate((60, 64, 67, 60, 65, 69, 65, 60))]


@pytest.mark.parametrize(
    ("notes", "texts", "symbols", "remark"),
    [
        (SCALE, "AB", [], "the texts A, B are not taken for chords: only 25 % of the melody fits them"),
        (CHORDED, "CF", ["C", "F"], "the 2 chords are those that texts of the file name"),
        (SCALE, ("A:min", "B"), ["A:min", "B"], "the 2 chords are those that texts of the file name"),
    ],
)
def test_letters_are_chords_only_where_the_notes_fit_them(
    notes: list[tuple[float, float, int]], texts: tuple[str, ...], symbols: list[str], remark: str
) -> None:
    named = track(notes, text=[(4 * k, {"text": text}) for k, text in enumerate(texts)])
    tune = tune_from_midi(midi(named), "x.mid")
    assert [chord.symbol for chord in tune.chords] == symbols
    assert tune.remarks == (remark,)


def test_words_in_latin_1_and_cut_files_in_it() -> None:
    written = midi(track(SCALE, lyrics=[(0, {"text": "Stra-"}), (1, {"text": "sse"})]))
    latin = written.replace(b"Stra-", b"Stra\xdf")
    assert tune_from_midi(latin, "x.mid").notes[0].lyric == "Stra\xdf"
    with pytest.raises(InputError, match="not a readable MIDI file"):
        tune_from_midi(latin[:-20], "x.mid")


def test_an_impossible_key_signature() -> None:
    content = midi(track(SCALE, key_signature=[(0, {"key": "C"})]))
    with pytest.raises(InputError, match="not a readable MIDI file"):
        tune_from_midi(content.replace(b"\xff\x59\x02\0", b"\xff\x59\x02\x20"), "x.mid")


def test_a_long_file_with_a_word_at_each_note_is_read_and_a_longer_one_refused() -> None:
    notes = [(k / 4, 0.25, 60 + k % 5) for k in range(10_001)]
    words = [(k / 4, {"text": f"w{k}"}) for k in range(10_000)]
    tune = tune_from_midi(midi(track(notes[:10_000], lyrics=words)), "x.mid")
    assert [note.lyric for note in tune.notes] == [f"w{k}" for k in range(10_000)]
    with pytest.raises(InputError, match=r"x\.mid: the melody, track 1, has 10001 notes; at most 10000 are read"):
        tune_from_midi(midi(track(notes)), "x.mid")
    with pytest.raises(InputError, match=r"x\.mid: has more than 20000 syllables"):
        tune_from_midi(midi(track(SCALE, lyrics=[(0, {"text": "a"})] * 20_001)), "x.mid")


FULL = midi(
    track(
        SCALE,
        "tune",
        set_tempo=[(0, {"tempo": 500_000})],
        time_signature=[(0, {"numerator": 3, "denominator": 4})],
        key_signature=[(0, {"key": "C"})],
        marker=[(0, {"text": "Verse"})],
        text=[(0, {"text": "C"}), (3, {"text": "G:7"})],
        lyrics=[(float(k), {"text": "la"}) for k in range(8)],
    )
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(FULL) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(FULL)))
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(FULL)
    for place, value in changes:
        content[place] = value
    for data in (bytes(content), bytes(content[:cut])):
        message = "x.mid: "
        try:
            tune_from_midi(data, "x.mid")
        except InputError as err:
            message = str(err)
        assert message.startswith("x.mid: ")
        assert "\n" not in message


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for head in (b"", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x20"):
        message = "x.mid: "
        try:
            tune_from_midi(head + content, "x.mid")
        except InputError as err:
            message = str(err)
        assert message.startswith("x.mid: ")
