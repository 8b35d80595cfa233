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

ENDS_S = (0.012, 0.02, 0.03, 0.04, 0.055, 0.07)
"""How long before the downbeat a join may end."""

FADE_S = 0.02
REACH_S = 0.012
"""How far a run is moved to meet the pulse of the one before."""

ALIKE = 0.5
"""Attacks that are less alike than this say nothing of where one should begin against the other."""

LOOK_S = 0.12
ONSET_HOP_S = 0.001
SMOOTH = np.hanning(9)[1:-1]


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
    before, shift = last, 0
    for run in runs:
        shift = (
            lag(heard, int(bars.edges[before + 1]) + shift, int(bars.edges[run.first]), sample_rate)
            if before >= 0
            else 0
        )
        shifts.append(shift)
        before = run.past - 1
    return tuple(shifts)


def lag(heard: Samples, expected: int, actual: int, sample_rate: int) -> int:
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
    alike = scores[best] / (float(np.linalg.norm(one) * np.linalg.norm(other)) + 1e-12)
    if alike < ALIKE or scores[best] < 1.2 * scores[reach] + 1e-12:  # another beat, or no better than where it is
        return 0
    return round((best - reach) * ONSET_HOP_S * sample_rate)


def _attacks(heard: Samples, place: int, sample_rate: int) -> npt.NDArray[np.float64] | None:
    """Return the attacks around a frame, every millisecond; None near the ends of the recording."""
    reach = round(LOOK_S * sample_rate)
    if place < reach or place + reach > heard.shape[1]:
        return None
    rise = attacks_of(heard[:, place - reach : place + reach], sample_rate)
    return np.asarray(rise - rise.mean())


def attacks_of(samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the rises of the energy of a sound in decibels, every millisecond."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64).mean(axis=0))])
    count = int(samples.shape[1] / (ONSET_HOP_S * sample_rate))
    edges = np.rint(np.arange(count + 1) * ONSET_HOP_S * sample_rate).astype(np.int64)
    means = np.diff(energy[edges]) / np.maximum(1, np.diff(edges))
    smooth = np.convolve(means, SMOOTH, mode="same")
    rise = np.maximum(0.0, np.diff(10.0 * np.log10(smooth + 1e-7), prepend=0.0))
    rise[:1] = 0.0
    return np.asarray(rise)


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of the recording that are played in one go: so many from `start` on; the last fade is played on top."""

    start: int
    frames: int


def pieces_of(starts: Sequence[int], lengths: Sequence[int]) -> tuple[Piece, ...]:
    """Return the pieces of bars that begin at these frames of the recording, neighbours as one."""
    pieces: list[Piece] = []
    for start, frames in zip(starts, lengths, strict=True):
        if pieces and pieces[-1].start + pieces[-1].frames == start:
            pieces[-1] = Piece(pieces[-1].start, pieces[-1].frames + frames)
        else:
            pieces.append(Piece(start, frames))
    return tuple(pieces)


def play(samples: Samples, pieces: Sequence[Piece], lead: int, sample_rate: int) -> Samples:
    """Return pieces played one after the other.

    Each begins `lead` frames before its first downbeat and ends a fade after the beginning of the next, so that what
    is around is joined to it by `join`.
    """
    fade = fade_frames(sample_rate)
    out: Samples | None = None
    for piece in pieces:
        start = piece.start - lead
        cut = _cut(samples, start, start + piece.frames + fade)
        out = cut if out is None else join(out, cut, fade)
    return samples[:, :0] if out is None else out


def leads_of(heard: Samples, edges: Sequence[int], sample_rate: int) -> tuple[int, ...]:
    """Return how many frames before the downbeat joins may begin, first where least happens there in the recording.

    Parameters
    ----------
    heard : `[channels, frames]`
    edges : the frames of its downbeats
    """
    fade = fade_frames(sample_rate)
    attacks = attacks_of(heard, sample_rate)
    millis = np.asarray(edges, np.float64) / (ONSET_HOP_S * sample_rate)

    def strength(end_s: float) -> float:
        offsets = np.arange(round((end_s + FADE_S) / ONSET_HOP_S) + 1)
        offsets = -offsets[offsets >= round(end_s / ONSET_HOP_S) - 4]
        places = np.rint(millis[:, None] + offsets).astype(np.int64)
        inside = places[(places[:, -1] >= 0) & (places[:, 0] < len(attacks))]
        return float(np.percentile(attacks[inside].max(axis=1), 90)) if len(inside) else 0.0

    best = sorted(ENDS_S, key=lambda end_s: (round(strength(end_s), 3), end_s))
    return tuple(fade + round(end_s * sample_rate) for end_s in best)


def fade_frames(sample_rate: int) -> int:
    """Return how many frames a join lasts."""
    return round(FADE_S * sample_rate)


def _cut(samples: Samples, start: int, stop: int) -> Samples:
    """Return frames of a recording, silence where it has none."""
    inside = samples[:, max(0, start) : max(0, stop)]
    before, after = max(0, -start), max(0, stop - max(start, samples.shape[1]))
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
