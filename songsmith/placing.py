"""Where in a recording the sections of a sheet are sung: on its own bars, where its own sections begin.

A dynamic programme gives each sung section its first bar and its number of bars. It likes to begin where a section of
the recording begins, or whole phrases of four bars after, to sing choruses where the recording is full, to leave the
introduction alone, and to keep an easy pace. What lies between is played.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lyrics.values import Lyrics, Section
from songsmith.analysis.sections import FoundSection
from songsmith.errors import InputError
from songsmith.phrasing import lay_lines, note_count, shortest_bars
from songsmith.plan import PlannedSection
from songsmith.timeline import Meter

ENTRY_S = 6.0
"""The voice comes in about here where the recording has no introduction of its own."""

LATEST_ENTRY_S = 40.0
LEAD_IN_BARS = 1
"""Bars before the voice, at least."""

PHRASE = 4
OFF_PHRASE = {0: 0.5, 2: 1.6, 1: 4.0, 3: 4.0}
"""What it costs to begin so many bars off a phrase of a section."""

STRETCH = 4.0
"""Cost of a section twice or half as long as is easy."""

WAIT = 0.12
"""Cost of a bar between two sung sections, after the first four."""

ASKED = 2.0
"""Cost of a bar more or less between two sections than the sheet asks for."""

FULL = 1.0
"""How much better a chorus is in a full part of the recording than in a bare one."""

CHORUSES = ("chorus", "hook", "postchorus", "drop")


@dataclass(frozen=True, slots=True)
class Grid:
    """The bars of a recording: how many there are, how long one is, its meter, and its sections."""

    bars: int
    bar_s: float
    tempo: float
    meter: Meter
    sections: tuple[FoundSection, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """A way to place some first sections: cost, bar after the last, and (first bar, bars) of each."""

    cost: float
    end: int
    places: tuple[tuple[int, int], ...]


def place_sections(lyrics: Lyrics, grid: Grid) -> tuple[PlannedSection, ...]:
    """Return the sections of a recording that the words are sung over: they tile its bars from bar 0.

    Raises InputError where the words do not fit into the recording.
    """
    sung = [section for section in lyrics.sections if not section.is_instrumental]
    if not sung:
        raise InputError("the lyrics have no words to sing: give at least one line")
    gaps = _asked_gaps(lyrics)
    best: list[_Choice] = [_Choice(0.0, 0, ())]
    for number, section in enumerate(sung):
        options = _lengths(section, grid)
        following: dict[int, _Choice] = {}
        for before in best:
            for first in _starts(before, grid):
                for bars, strain in options:
                    end = first + bars
                    if end > grid.bars:
                        continue
                    cost = before.cost + strain + _cost(section, first, before, grid, gaps[number])
                    known = following.get(end)
                    if known is None or cost < known.cost - 1e-9:
                        following[end] = _Choice(cost, end, (*before.places, (first, bars)))
        best = [following[end] for end in sorted(following)]
        if not best:
            raise InputError(_no_room(sung, grid))
    chosen = min(best, key=lambda choice: (round(choice.cost, 6), choice.end))
    return _tile(lyrics, sung, chosen.places, grid)


def _lengths(section: Section, grid: Grid) -> list[tuple[int, float]]:
    """Return the lengths in bars that a section may have, each with what it costs."""
    lines = [line for line in section.lines if line.words]
    least = sum(shortest_bars(note_count(line), grid.tempo, grid.meter) for line in lines)
    if section.bars is not None:
        if section.bars < least:
            raise InputError(
                f"section [{section.label}] needs {least} bars at {grid.tempo:.0f} BPM, its tag gives it "
                f"{section.bars}: leave that out, or use fewer words"
            )
        return [(section.bars, 0.0)]
    slots = lay_lines(lines, None, grid.tempo, grid.meter)
    natural = slots[-1].bar + slots[-1].bars
    lengths = range(max(1, least), 2 * natural + 1)
    return [
        (
            bars,
            STRETCH * abs(math.log2(bars / natural)) + (0.0 if bars % PHRASE == 0 else 0.3 if bars % 2 == 0 else 1.0),
        )
        for bars in lengths
    ]


def _starts(before: _Choice, grid: Grid) -> range:
    return range(max(LEAD_IN_BARS, before.end), grid.bars)


def _cost(section: Section, first: int, before: _Choice, grid: Grid, gap: int | None) -> float:
    """Return what it costs to begin a section at a bar."""
    here = next(s for s in reversed(grid.sections) if s.bar <= first) if grid.sections else None
    off = first - here.bar if here else first
    cost = 0.0 if off == 0 else OFF_PHRASE[off % PHRASE]
    if before.places:
        wait = first - before.end
        cost += abs(wait - gap) * ASKED if gap is not None else max(0, wait - PHRASE) * WAIT
    else:
        wanted = _entry(grid)
        cost += 0.4 * abs(first - wanted) if gap is None else ASKED * abs(first - gap)
    if here is not None:
        full = here.energy - sum(s.energy * s.bars for s in grid.sections) / sum(s.bars for s in grid.sections)
        cost -= FULL * (2.0 * full if section.kind in CHORUSES else -0.5 * full)
    return cost


def _entry(grid: Grid) -> int:
    """Return the bar at which the voice best comes in: after the introduction."""
    if len(grid.sections) > 1:
        after = grid.sections[1].bar
        if grid.sections[0].kind == "intro" and ENTRY_S / 2 <= after * grid.bar_s <= LATEST_ENTRY_S:
            return after
    bars = max(LEAD_IN_BARS, round(ENTRY_S / grid.bar_s))
    return bars if bars < PHRASE else PHRASE * round(bars / PHRASE)


def _asked_gaps(lyrics: Lyrics) -> list[int | None]:
    """Return for each sung section the bars without words that the sheet asks for before it, None for none."""
    gaps: list[int | None] = []
    waiting: int | None = None
    for section in lyrics.sections:
        if section.is_instrumental:
            waiting = (waiting or 0) + (section.bars or PHRASE)
        else:
            gaps.append(waiting)
            waiting = None
    return gaps


def _no_room(sung: Sequence[Section], grid: Grid) -> str:
    least = sum(
        shortest_bars(note_count(line), grid.tempo, grid.meter) for s in sung for line in s.lines if line.words
    )
    return (
        f"the lyrics do not fit: they need at least {least + LEAD_IN_BARS} bars at {grid.tempo:.0f} BPM, the "
        f"recording has {grid.bars}: use fewer lines, or a longer recording"
    )


def _tile(
    lyrics: Lyrics, sung: Sequence[Section], places: Sequence[tuple[int, int]], grid: Grid
) -> tuple[PlannedSection, ...]:
    """Return sections that tile the bars: the sung ones, and what is played before, between and after them."""
    names = _names_between(lyrics)
    ends = [0, *(first + bars for first, bars in places)]
    planned: list[PlannedSection] = []
    for number, (start, (first, bars)) in enumerate(zip(ends[:-1], places, strict=True)):
        if first > start:
            kind, label = names[number] or (("intro", "Intro") if number == 0 else ("interlude", "Interlude"))
            planned.append(_planned(kind, label, start, first - start, False, grid))
        planned.append(_planned(sung[number].kind, sung[number].label, first, bars, True, grid))
    if ends[-1] < grid.bars:
        kind, label = names[len(sung)] or ("outro", "Outro")
        planned.append(_planned(kind, label, ends[-1], grid.bars - ends[-1], False, grid))
    assert all(a.bar + a.bars == b.bar for a, b in pairwise(planned))
    return tuple(planned)


def _names_between(lyrics: Lyrics) -> list[tuple[str, str] | None]:
    """Return kind and label of the instrumental section before each sung one, and after the last."""
    names: list[tuple[str, str] | None] = [None]
    for section in lyrics.sections:
        if section.is_instrumental:
            names[-1] = (section.kind, section.label)
        else:
            names.append(None)
    return names


def _planned(kind: str, label: str, bar: int, bars: int, voice: bool, grid: Grid) -> PlannedSection:
    inside = [
        (min(s.bar + s.bars, bar + bars) - max(s.bar, bar), s.energy)
        for s in grid.sections
        if s.bar < bar + bars and s.bar + s.bars > bar
    ]
    total = sum(length for length, _ in inside)
    energy = sum(length * energy for length, energy in inside) / total if total else 0.5
    return PlannedSection(kind, label, bar, bars, round(min(1.0, max(0.0, energy)), 3), (voice,) * bars)
