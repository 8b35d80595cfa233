"""Bars put one after the other: runs of neighbours stay whole, and where two runs meet they are crossfaded.

A join lies just before the downbeat, where little sounds, and is moved by a few milliseconds to where the two sounds
agree best, so that the pulse goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.extension.bars import Bars

Samples = npt.NDArray[np.float32]

BEFORE_S = 0.012
"""How long before the downbeat a join ends."""

FADE_S = 0.02
REACH_S = 0.02
"""How far a run is moved to meet the pulse of the one before."""

LOOK_S = 0.12
ONSET_HOP_S = 0.001


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring bars of the recording that are played in one piece: `first` to before `past`."""

    first: int
    past: int


def runs_of(way: Sequence[int]) -> tuple[Run, ...]:
    """Return the runs of a way."""
    runs: list[Run] = []
    for bar in way:
        if runs and runs[-1].past == bar:
            runs[-1] = Run(runs[-1].first, bar + 1)
        else:
            runs.append(Run(bar, bar + 1))
    return tuple(runs)


def shifts_of(heard: Samples, bars: Bars, runs: Sequence[Run], last: int, sample_rate: int) -> tuple[int, ...]:
    """Return by how many frames later each run begins in the recording than its downbeat says.

    Parameters
    ----------
    heard : `[channels, frames]` all that is heard of the recording
    last : the bar before the first run, -1 for none
    """
    shifts = []
    before = last
    for run in runs:
        natural = bars.edges[before + 1] if before >= 0 else -1
        shifts.append(0 if natural < 0 else _lag(heard, int(natural), int(bars.edges[run.first]), sample_rate))
        before = run.past - 1
    return tuple(shifts)


def _lag(heard: Samples, expected: int, actual: int, sample_rate: int) -> int:
    """Return how many frames later than `actual` the sound there has its attack, as it has at `expected`."""
    if expected == actual:
        return 0
    one, other = (_attacks(heard, place, sample_rate) for place in (expected, actual))
    if one is None or other is None:
        return 0
    reach = round(REACH_S / ONSET_HOP_S)
    scores = [
        float(np.dot(one[reach:-reach], other[reach + k : len(other) - reach + k])) for k in range(-reach, reach + 1)
    ]
    best = int(np.argmax(scores))
    if scores[best] < 1.2 * scores[reach] + 1e-12:  # no better than where it is
        return 0
    return round((best - reach) * ONSET_HOP_S * sample_rate)


def _attacks(heard: Samples, place: int, sample_rate: int) -> npt.NDArray[np.float64] | None:
    """Return the rises of energy around a frame, every millisecond; None near the ends of the recording."""
    hop = round(ONSET_HOP_S * sample_rate)
    reach = round(LOOK_S * sample_rate) // hop
    start = place - reach * hop
    if start < 0 or place + reach * hop > heard.shape[1]:
        return None
    piece = heard[:, start : start + 2 * reach * hop].astype(np.float64)
    energy = np.square(piece).mean(axis=0).reshape(-1, hop).mean(axis=1)
    smooth = np.convolve(energy, np.hanning(9)[1:-1], mode="same")
    rise = np.maximum(0.0, np.diff(10.0 * np.log10(smooth + 1e-7), prepend=0.0))
    rise[0] = 0.0
    return np.asarray(rise - rise.mean())


def play(
    samples: Samples, bars: Bars, runs: Sequence[Run], shifts: Sequence[int], sample_rate: int
) -> tuple[Samples, tuple[int, ...]]:
    """Return the runs played one after the other, and the frame at which each begins in that.

    The piece starts `BEFORE_S + FADE_S` before its first downbeat and ends as long before the downbeat that follows
    its last bar: each join with what is around it is made there, by `join`.
    """
    lead = round((BEFORE_S + FADE_S) * sample_rate)
    fade = round(FADE_S * sample_rate)
    pieces = []
    for run, shift in zip(runs, shifts, strict=True):
        start, stop = int(bars.edges[run.first]) + shift - lead, int(bars.edges[run.past]) + shift - lead
        pieces.append(_cut(samples, start, stop + fade))
    out = pieces[0]
    starts = [0]
    for piece in pieces[1:]:
        starts.append(out.shape[1] - fade)
        out = join(out, piece, fade)
    return out, tuple(starts)


def _cut(samples: Samples, start: int, stop: int) -> Samples:
    """Return frames of a recording, silence where it has none."""
    inside = samples[:, max(0, start) : max(0, stop)]
    before, after = max(0, -start), max(0, stop - samples.shape[1])
    return np.pad(inside, ((0, 0), (before, after))) if before or after else inside


def join(one: Samples, other: Samples, fade: int) -> Samples:
    """Return two sounds of which the last `fade` frames of the first and the first of the second are crossfaded.

    The curve keeps the level: the power of sounds that are unlike, the amplitude of sounds that are alike.
    """
    tail, head = one[:, one.shape[1] - fade :], other[:, :fade]
    power = float(np.sqrt(np.square(tail).sum() * np.square(head).sum()))
    alike = float(np.clip(np.sum(tail * head) / power, 0.0, 1.0)) if power > 0 else 1.0
    x = (np.arange(fade, dtype=np.float64) + 0.5) / max(1, fade)
    rise, fall = np.sin(0.5 * np.pi * x), np.cos(0.5 * np.pi * x)
    scale = 1.0 / np.sqrt(1.0 + 2.0 * alike * rise * fall)
    mixed = tail * (fall * scale).astype(np.float32) + head * (rise * scale).astype(np.float32)
    return np.concatenate([one[:, : one.shape[1] - fade], mixed, other[:, fade:]], axis=1)
