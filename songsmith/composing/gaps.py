"""What the rhythm scorers look at: where a syllable could come, as numbers of features.

Time is in steps, sixteenths of a quarter-note beat's fourth part, so a bar has 16 in 4/4 and 12 in 3/4 and 6/8.
Rows `N` are syllables (or drafts of one); candidates are gaps of 1 to `GAPS` steps from the syllable before, or for
the first syllable of a line offsets of `-EARLIEST` and up from the bar line where the line's bars begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

STEPS_PER_BEAT = 4
GAPS = 32
EARLIEST = 12
OFFSETS = 28
METERS = ("4/4", "3/4", "6/8")
IDIOMS = ("classic", "pop")
"""Lead sheets of the first half of the twentieth century, and pop of the turn of the next."""

LAGS = (1, 2, 4)
"""Bars back at which the rhythm and the tune may be taken up again."""

UNKNOWN_WEIGHT = 3
NO_SYLLABLE = 4

STYLES = len(METERS) * len(IDIOMS)
GAP_CLASS = np.array([0, 0, 1, 2, 3, 4, 4, 5, 5] + [6] * 4 + [7] * 20, dtype=np.int64)
"""Classes of gaps 0 to `GAPS`: 1, 2, 3, 4, 5-6, 7-8, 9-12, more."""

_STRENGTH = {
    "4/4": (3, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (3, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
    "6/8": (3, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
}
STRENGTH = np.array([(*_STRENGTH[meter], *(0,) * (16 - len(_STRENGTH[meter]))) for meter in METERS], dtype=np.int64)
"""`[meters, 16]` strength of each step of a bar, 0 to 3."""

GAP_SIZES = (
    STYLES * 16 * 4, STYLES * GAPS * 2, GAPS * 18, 16 * 8, STYLES * 26, STYLES * 5, STYLES * 5, STYLES * 5,
    8 * 3 * 4, 8 * 5 * 3, 4 * 4 * 5 * 4, STYLES * 16 * GAPS, 8 * 9 * 9, STYLES * 16,
)  # fmt: skip
START_SIZES = (STYLES * OFFSETS, STYLES * 16 * 4, 4 * 4 * 5, 12 * 5, 16 * 5, 4, 4, 4)


@dataclass(frozen=True, slots=True, eq=False)
class GapRows:
    """What is known when a syllable is placed after another; all `[N]` but for the first two.

    Parameters
    ----------
    meter, idiom : places in `METERS` and `IDIOMS`
    place : step in the bar of the syllable before
    gap1, gap2 : the last two gaps of the line, 0 where there is none
    before, here, after : stress classes of the syllable before, this one and the next: 0 weak to 2 strong,
        `UNKNOWN_WEIGHT`, `NO_SYLLABLE` past the end of the line
    boundary : between the syllable before and this one: 0 inside a word, 1 a new word, 2 after a mark
    left : steps from the syllable before to the end of the line's bars
    remaining : syllables yet to come, this one included
    echo : `[N, 3]` steps from the syllable before to the onset that follows at that place `LAGS` bars ago,
        0 where none does, -1 where the song was not there yet
    """

    meter: int
    idiom: int
    place: Ints
    gap1: Ints
    gap2: Ints
    before: Ints
    here: Ints
    after: Ints
    boundary: Ints
    left: Ints
    remaining: Ints
    echo: Ints


@dataclass(frozen=True, slots=True, eq=False)
class StartRows:
    """What is known when a line begins; see `GapRows`.

    `room` is the steps from the end of what was sung before to the bar line; `earlier` `[N, 3]` holds the offsets
    from their bar lines at which the line before, the one before that and the one four lines ago began,
    `NO_OFFSET` where there is none.
    """

    meter: int
    idiom: int
    here: Ints
    after: Ints
    room: Ints
    left: Ints
    remaining: Ints
    earlier: Ints


NO_OFFSET = -99


def weight_class(weight: float) -> int:
    """Return the stress class of a syllable weight from 0 to 1, -1 for unknown."""
    return UNKNOWN_WEIGHT if weight < 0 else 0 if weight <= 0.35 else 1 if weight < 0.8 else 2


def bar_steps(meter: int) -> int:
    """Return the steps in a bar of `METERS[meter]`."""
    return 16 if meter == 0 else 12


def _room_class(steps: Ints, count: Ints) -> Ints:
    """Return 0 to 15 for the steps there are for each syllable, a third of an octave a class."""
    share = np.maximum(steps, 0.25) / np.maximum(count, 1)
    return np.clip(np.rint(3.0 * np.log2(share) + 3.0), 0, 15).astype(np.int64)


def gap_features(rows: GapRows) -> list[Ints]:
    """Return the features of every gap: arrays that broadcast to `[N, GAPS]`, gap 1 first."""
    style = rows.meter * len(IDIOMS) + rows.idiom
    bar = bar_steps(rows.meter)
    strength = STRENGTH[rows.meter]
    gap = np.arange(1, GAPS + 1)[None, :]
    kind = GAP_CLASS[gap]
    place, here, before = rows.place[:, None], np.minimum(rows.here, 3)[:, None], rows.before[:, None]
    landing = (place + gap) % bar
    last = (rows.remaining == 1)[:, None].astype(np.int64)
    left = rows.left[:, None] - gap
    boundary = rows.boundary[:, None]
    gap1, gap2 = np.minimum(rows.gap1, 17)[:, None], rows.gap2[:, None]
    past = np.where(gap1 == 0, 8, GAP_CLASS[gap1])
    older = np.where(gap2 == 0, 8, GAP_CLASS[np.minimum(gap2, GAPS)])
    echoes = []
    for k in range(len(LAGS)):
        echo = rows.echo[:, k][:, None]
        relation = np.where(echo < 0, 0, np.where(echo == 0, 1, np.where(gap == echo, 2, np.where(gap < echo, 3, 4))))
        echoes.append(style * 5 + relation)
    return [
        (style * 16 + landing) * 4 + here,
        (style * GAPS + gap - 1) * 2 + last,
        (gap - 1) * 18 + gap1,
        _room_class(left, rows.remaining[:, None]) * 8 + kind,
        style * 26 + np.where(last == 1, np.clip(left, 0, 24) + 1, 0),
        *echoes,
        (kind * 3 + boundary) * 4 + here,
        (kind * 5 + before) * 3 + boundary,
        ((strength[landing] * 4 + strength[place]) * 5 + before) * 4 + here,
        (style * 16 + place) * GAPS + gap - 1,
        (kind * 9 + past) * 9 + older,
        style * 16 + _room_class(rows.left, rows.remaining)[:, None],
    ]


def start_features(rows: StartRows) -> list[Ints]:
    """Return the features of every offset: arrays that broadcast to `[N, OFFSETS]`, `-EARLIEST` first."""
    style = rows.meter * len(IDIOMS) + rows.idiom
    offset = np.arange(OFFSETS)[None, :] - EARLIEST
    landing = offset % bar_steps(rows.meter)
    size = np.select([offset < -4, offset < 0, offset == 0, offset <= 4], [0, 1, 2, 3], 4)
    here = np.minimum(rows.here, 3)[:, None]
    room = np.clip(rows.room[:, None] + offset, 0, 22) // 2
    relations = []
    for k in range(3):
        earlier = rows.earlier[:, k][:, None]
        near = np.where(np.abs(offset - earlier) <= 2, 2, 3)
        relations.append(np.where(earlier == NO_OFFSET, 0, np.where(offset == earlier, 1, near)))
    return [
        style * OFFSETS + offset + EARLIEST,
        (style * 16 + landing) * 4 + here,
        (STRENGTH[rows.meter][landing] * 4 + here) * 5 + rows.after[:, None],
        room * 5 + size,
        _room_class(rows.left, rows.remaining)[:, None] * 5 + size,
        *relations,
    ]
