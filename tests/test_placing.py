"""Sections of a sheet on the bars of a recording: all are sung, in order, on whole bars, and not before they may."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from lyrics.values import Lyrics
from songsmith.analysis.sections import FoundSection
from songsmith.errors import InputError
from songsmith.phrasing import lay_lines
from songsmith.placing import Grid, place_sections
from songsmith.timeline import Meter

SHEET = """[Verse]
Copper kettle on the fire
Morning coming up the wire
[Chorus]
Sing it slow and sing it higher
[Verse 2]
Nobody sees the river rise
Only the heron with yellow eyes
[Chorus]
"""
WORDS = parse_sheet(SHEET)
SOLO = parse_sheet("[Verse]\nCopper kettle on the fire\n[Solo: bars=8]\n[Verse 2]\nMorning coming up the wire")


def grid(bars: int, tempo: float = 100.0, meter: str = "4/4", form: tuple[tuple[str, int, float], ...] = ()) -> Grid:
    """Return a recording of so many bars, its sections given as kind, bars and energy."""
    sections, bar = [], 0
    for kind, length, energy in form or (("intro", 4, 0.3), ("verse", bars - 4, 0.6)):
        sections.append(FoundSection(kind, "A", bar, length, energy, (False,) * length))
        bar += length
    beats = Meter.parse(meter).beats_per_bar
    return Grid(bars, beats * 60.0 / tempo, tempo, Meter.parse(meter), tuple(sections))


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 90), st.floats(60, 180), st.sampled_from(["4/4", "3/4", "6/8"]))
def test_every_section_is_sung_once_in_order_and_the_bars_are_tiled(bars: int, tempo: float, meter: str) -> None:
    try:
        placed = place_sections(WORDS, grid(bars, tempo, meter))
    except InputError as err:
        assert "do not fit" in str(err)  # noqa: PT017
        return
    assert placed[0].bar == 0
    assert all(a.bar + a.bars == b.bar for a, b in pairwise(placed))
    assert placed[-1].bar + placed[-1].bars == bars
    sung = [section for section in placed if any(section.voice)]
    assert [s.kind for s in sung] == ["verse", "chorus", "verse", "chorus"]
    assert sung[0].bar >= 1
    for planned, section in zip(sung, WORDS.sections, strict=True):
        slots = lay_lines(section.lines, sum(planned.voice), tempo, Meter.parse(meter))
        assert slots[-1].bar + slots[-1].bars <= planned.bars


def test_the_voice_enters_after_the_introduction() -> None:
    placed = place_sections(WORDS, grid(48, form=(("intro", 8, 0.3), ("verse", 16, 0.6), ("verse", 24, 0.7))))
    assert next(s for s in placed if any(s.voice)).bar == 8


def test_sections_begin_where_those_of_the_recording_begin() -> None:
    form = (("intro", 4, 0.3), ("verse", 8, 0.5), ("chorus", 8, 0.9), ("verse", 8, 0.5), ("chorus", 8, 0.9))
    placed = place_sections(WORDS, grid(36, 92.0, form=form))
    sung = [s for s in placed if any(s.voice)]
    assert sum(s.bar in (4, 12, 20, 28) for s in sung) >= 3


def test_a_solo_of_the_sheet_keeps_its_bars() -> None:
    placed = place_sections(SOLO, grid(40))
    sung = [s for s in placed if any(s.voice)]
    assert sung[1].bar - (sung[0].bar + sung[0].bars) == 8
    assert any(s.kind == "solo" and s.bars == 8 for s in placed)


def test_too_many_words_are_refused_in_one_line() -> None:
    with pytest.raises(InputError) as caught:
        place_sections(WORDS, grid(6))
    message = str(caught.value)
    assert message.startswith("the lyrics do not fit: they need at least ")
    assert message.endswith("the recording has 6: use fewer lines, or a longer recording")


def test_words_without_any_are_refused() -> None:
    with pytest.raises(InputError, match="no words to sing"):
        place_sections(Lyrics("en", ()), grid(20))
