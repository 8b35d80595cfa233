"""Syllables on notes: nothing lost, nothing changed, and set the way people set words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from lyrics.values import Line
from songsmith.errors import InputError
from songsmith.score import Note
from songsmith.timeline import Meter
from songsmith.tunes.tune import TuneNote
from songsmith.underlay import underlay

FOUR = Meter(4, 4)


def lines_of(text: str) -> tuple[Line, ...]:
    return parse_sheet(text).lines


def even(count: int, length: float = 1.0, rests: tuple[int, ...] = ()) -> list[TuneNote]:
    """Return notes of one length, a beat of rest before those named."""
    notes, now = [], 0.0
    for k in range(count):
        now += k in rests
        notes.append(TuneNote(now, length, 60 + k % 7))
        now += length
    return notes


def syllables_of(notes: tuple[Note, ...]) -> list[int]:
    return [note.syllable for note in notes]


tunes = st.lists(
    st.tuples(st.sampled_from((0.5, 1.0, 1.5, 2.0)), st.sampled_from((0.0, 0.0, 0.0, 1.0)), st.integers(55, 72)),
    min_size=4, max_size=40,
)  # fmt: skip
WORDS = ("river", "the", "remember", "stone", "li~ght", "tomorrow,", "and", "oh~~", "blue")
sheets = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(tunes, sheets, st.sampled_from((60.0, 90.0, 140.0)), st.sampled_from(("4/4", "3/4", "6/8")))
def test_every_syllable_once_and_the_tune_as_it_is(
    rows: list[tuple[float, float, int]], sheet: list[str], tempo: float, meter: str
) -> None:
    tune, now = [], 0.0
    for length, rest, pitch in rows:
        tune.append(TuneNote(now + rest, length, pitch))
        now += length + rest
    lines = lines_of("\n".join(sheet))
    count = sum(len(line.syllables) for line in lines)
    try:
        laid = underlay(tune, lines, tempo, Meter.parse(meter))
    except InputError as err:
        message = str(err)
        assert "do not fit on" in message or "syllables for a note of" in message
        assert count > len(tune)
        return
    begun = [note.syllable for note in laid.notes if not note.slur]
    assert begun == list(range(count))
    assert all(b.onset >= a.end - 1e-6 for a, b in pairwise(laid.notes))
    sung = tune[: len(tune) - laid.unsung]
    for note in sung:  # what is sung of each note of the tune fills it, at its pitch
        parts = [n for n in laid.notes if n.onset >= note.onset - 1e-6 and n.end <= note.end + 1e-6]
        assert {n.pitch for n in parts} == {note.pitch}
        assert sum(n.duration for n in parts) == pytest.approx(note.duration, abs=1e-4)
    assert laid.notes[-1].end == pytest.approx(sung[-1].end, abs=1e-4)
    if count == len(tune):
        assert [(n.onset, n.duration, n.pitch) for n in laid.notes] == [(n.onset, n.duration, n.pitch) for n in tune]


def test_lines_begin_where_the_tune_begins_its_phrases() -> None:
    lines = lines_of("copper kettle on the fire\nseven sparrows on the wire")  # seven syllables each
    laid = underlay(even(16, rests=(8,)), lines, 100.0, FOUR)  # two phrases of eight
    onsets = {note.syllable: note.onset for note in laid.notes if not note.slur}
    assert onsets[7] == 9.0  # the first note after the rest
    assert laid.cost == 2.0


def test_stressed_syllables_get_the_melismas() -> None:
    lines = lines_of("the river")
    laid = underlay(even(4), lines, 100.0, FOUR)
    assert syllables_of(laid.notes) == [0, 1, 1, 2]
    assert [note.slur for note in laid.notes] == [False, False, True, False]


def test_a_tilde_gets_the_notes_it_asks_for() -> None:
    assert syllables_of(underlay(even(5), lines_of("the~~ river"), 100.0, FOUR).notes) == [0, 0, 0, 1, 2]


def test_a_note_is_split_where_syllables_outnumber_notes() -> None:
    tune = [TuneNote(0.0, 1.0, 60), TuneNote(1.0, 2.0, 62), TuneNote(3.0, 1.0, 64)]
    laid = underlay(tune, lines_of("stone on the wall"), 100.0, FOUR)
    assert [(n.onset, n.duration, n.pitch) for n in laid.notes] == [
        (0.0, 1.0, 60), (1.0, 1.0, 62), (2.0, 1.0, 62), (3.0, 1.0, 64),
    ]  # fmt: skip


def test_slurs_of_the_tune_are_kept_where_they_fit() -> None:
    tune = [TuneNote(0, 1, 60), TuneNote(1, 1, 62, None, True), TuneNote(2, 1, 64), TuneNote(3, 1, 65)]
    assert syllables_of(underlay(tune, lines_of("the river"), 100.0, FOUR).notes) == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("texts", "sheet", "expected"),
    [
        (["Ri-", "ver", "Stone"], "river, stone!", [0, 1, 2]),
        (["ri-", None, "ver", "stone"], "River stone", [0, 0, 1, 2]),
        (["riv-", "er", "stone"], "river stone", [0, 1, 2]),
        (["river", "stone"], "river stone", [0, 1, 2]),
        (["re-", "mem-", "ber", "the", "stone"], "remember the stone", [0, 1, 2, 3, 4]),
    ],
)
def test_words_of_the_file_are_followed(texts: list[str | None], sheet: str, expected: list[int]) -> None:
    tune = [TuneNote(2.0 * k, 2.0, 60 + k, text, text is None) for k, text in enumerate(texts)]
    laid = underlay(tune, lines_of(sheet), 100.0, FOUR)
    assert laid.known
    assert syllables_of(laid.notes) == expected


def test_too_many_syllables_say_so() -> None:
    with pytest.raises(InputError, match=r"12 syllables from line 1 on do not fit on 1 notes of the melody"):
        underlay(even(1), lines_of("tomorrow remember tomorrow remember"), 100.0, FOUR)
