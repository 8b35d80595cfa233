"""Which bars are played next: a way through the bars of a recording that goes on as the music itself does.

The natural next bar costs nothing. A jump costs what is heard of it: how unlike the bar it leaves out is to the bar
it takes instead, how unlike the bars before the two are, whether the phrase (fours of bars) goes on, and whether the
tempo and the level do. A beam of ways is kept, each with what it has played, so that nothing comes too often.

Source of the idea: A. Schödl, R. Szeliski, D. Salesin and I. Essa, "Video textures", SIGGRAPH 2000 (jumps where what
follows is alike); for music, P. Lamere's "Infinite Jukebox" (2012).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.extension.bars import Bars

Table = npt.NDArray[np.float64]

JUMP, PHASE, TEMPO, AGAIN, STANDING = 0.35, 1.0, 60.0, 0.12, 4.0
"""Costs: of a jump, of a broken phrase, per relative change of tempo, of every earlier use, of a bar a third time."""

LEVEL = 0.06
"""Cost of every decibel by which a bar is further than 1 dB from the level of the bars before the seam."""

LIFT, LIFT_FREE_DB = 0.12, 2.5
"""Cost of every decibel, after the first few, by which a bar would have to be lifted to be as loud as it should."""

CHORD = 0.5
"""Cost of another harmony than that of the bar that is left out."""

BEAM = 96
NOT_AT_ALL = 1e9


def jump_costs(bars: Bars, lengths_s: Table) -> Table:
    """Return `[bars + 1, bars]` what it costs to play bar j after bar i - 1; row 0 is a beginning from nothing."""
    count = bars.count
    unlike = 1.0 - bars.sound @ bars.sound.T
    costs = np.zeros((count + 1, count))
    costs[0] = PHASE * (bars.phase != 0)
    for i in range(count):
        after = i + 1
        skipped = unlike[after] if after < count else unlike[i] * 0.5
        before = np.concatenate([[0.5], unlike[i, :-1]])
        row = JUMP + 0.5 * skipped + 0.5 * before
        row += PHASE * (bars.phase != (bars.phase[i] + 1) % 4)
        if after < count:
            row += CHORD * np.asarray([chords != bars.chords[after] for chords in bars.chords], float)
            row[after] = 0.0
        costs[i + 1] = row
    usual = float(np.median(lengths_s))
    costs += TEMPO * np.maximum(0.0, np.abs(lengths_s / usual - 1.0) - 0.004)
    costs[:, ~bars.usable] = NOT_AT_ALL
    return costs


def continue_bars(
    bars: Bars, lengths_s: Table, last: int, count: int, into: int | None, wanted_lufs: float = -np.inf
) -> tuple[int, ...]:
    """Return the bars to be played after one of them.

    Parameters
    ----------
    bars, lengths_s : of the recording
    last : the bar before, -1 where the music begins here
    count : how many to play
    into : the bar that follows them, None for the end
    wanted_lufs : how loud they will have to be
    """
    costs = jump_costs(bars, lengths_s)
    around = bars.level_lufs[max(0, last - 7) : last + 1] if last >= 0 else bars.level_lufs[:8]
    costs += LEVEL * np.maximum(0.0, np.abs(bars.level_lufs - float(np.median(around))) - 1.0)
    costs += LIFT * np.maximum(0.0, wanted_lufs - bars.level_lufs - LIFT_FREE_DB)
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for _ in range(count):
        grown: list[tuple[float, tuple[int, ...]]] = []
        for cost, way in beam:
            row = costs[(way[-1] if way else last) + 1].copy()
            for bar in set(way):
                row[bar] += AGAIN * way.count(bar)
            recent = (last, *way)[-2:]
            if len(recent) == 2 and recent[0] == recent[1] >= 0:
                row[recent[0]] = NOT_AT_ALL
            elif recent[-1] >= 0:
                row[recent[-1]] += STANDING
            for bar in np.argsort(row, kind="stable")[:12]:
                if row[bar] < NOT_AT_ALL:
                    grown.append((cost + float(row[bar]), (*way, int(bar))))
        grown.sort(key=lambda one: one[0])
        beam = _apart(grown)
    if into is not None and into < bars.count:
        beam = sorted(
            (
                (cost + float(costs[way[-1] + 1, into]) * (costs[way[-1] + 1, into] < NOT_AT_ALL), way)
                for cost, way in beam
            ),
            key=lambda one: one[0],
        )
    return beam[0][1]


def _apart(ways: list[tuple[float, tuple[int, ...]]]) -> list[tuple[float, tuple[int, ...]]]:
    """Return the cheapest ways, few of which end alike."""
    kept: list[tuple[float, tuple[int, ...]]] = []
    ends: dict[tuple[int, ...], int] = {}
    for cost, way in ways:
        end = way[-2:]
        if ends.get(end, 0) < 4:
            ends[end] = ends.get(end, 0) + 1
            kept.append((cost, way))
            if len(kept) == BEAM:
                break
    return kept
