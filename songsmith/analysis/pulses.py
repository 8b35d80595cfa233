"""Pulses followed through a recording: the likeliest way through every place inside a pulse of every length.

Source: F. Krebs, S. Böck and G. Widmer, "An efficient state-space model for joint tempo and meter tracking", ISMIR
2015.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.analysis.features import FPS

Curve = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

USUAL_BPM, SPREAD = 95.0, 0.7
"""Usual pulses a minute, and how far, in natural logarithms, others lie from them."""

TEMPO_CHANGE = 90.0
"""How unlikely another length of the next pulse is: exp(-TEMPO_CHANGE * |ratio - 1|)."""

ROUNDING = 0.7
"""What one frame more or less costs: a tempo between two lengths takes turns of them."""

ON_PULSE = 1.0 / 16.0
"""Share of a pulse, at its beginning, in which its activation is expected."""

BETWEEN = 4.5
"""How many places of a pulse share the chance that a frame is none."""

LEAST_ON = 2
"""Frames in which a pulse is expected, at least."""

LEAST = 1e-5

NEAR_FRAMES = 3
STIFFNESS = 3.0
"""How much evenly spaced pulses weigh against where each one is heard."""


def follow_pulses(activation: Curve, low_bpm: float, high_bpm: float) -> Places:
    """Return the frames of pulses: the likeliest way through all places of all lengths of a pulse."""
    lengths = np.arange(max(2, int(np.floor(60.0 * FPS / high_bpm))), int(np.ceil(60.0 * FPS / low_bpm)) + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    ends = starts + lengths - 1
    total = int(lengths.sum())
    on = np.zeros(total, bool)
    for start, length in zip(starts, lengths, strict=True):
        on[start : start + max(LEAST_ON, int(np.ceil(length * ON_PULSE)))] = True
    change = np.abs(lengths[None, :] - lengths[:, None])
    moves = -np.where(change <= 1, ROUNDING * change, TEMPO_CHANGE * change / lengths[:, None])
    moves -= np.log(np.exp(moves).sum(axis=1, keepdims=True))
    moves -= 0.5 * (np.log(lengths / (60.0 * FPS / USUAL_BPM)) / SPREAD) ** 2
    chance = np.clip(activation, LEAST, 1.0 - LEAST)
    hit, miss = np.log(chance), np.log((1.0 - chance) / BETWEEN)
    best = np.full(total, -np.log(total))
    back = np.zeros((len(chance), len(lengths)), np.int16)
    for frame in range(len(chance)):
        if frame:
            arriving = best[ends][:, None] + moves
            come = arriving.argmax(axis=0)
            back[frame] = come
            entry = arriving[come, np.arange(len(lengths))]
            best[1:] = best[:-1].copy()
            best[starts] = entry
        best += np.where(on, hit[frame], miss[frame])
    state = int(best.argmax())
    which = int(np.searchsorted(starts, state, side="right") - 1)
    place = state - int(starts[which])
    frame, pulses = len(chance) - 1, []
    while frame >= 0:
        begin = frame - place
        if begin < 0:
            break
        pulses.append(begin)
        which = int(back[begin, which])
        place = int(lengths[which]) - 1
        frame = begin - 1
    return np.asarray(pulses[::-1], np.int64)


def settle(frames: Places, activation: Curve) -> Curve:
    """Return the times of pulses: where each is heard between frames, held even by its neighbours."""
    if len(frames) < 3:
        return frames / FPS
    heard, weights = [], []
    for frame in frames:
        low, high = max(0, frame - NEAR_FRAMES), min(len(activation), frame + NEAR_FRAMES + 1)
        part = activation[low:high]
        heard.append(float((part * np.arange(low, high)).sum() / part.sum()) if part.sum() > 1e-6 else float(frame))
        weights.append(max(1e-3, float(part.max())))
    observed, weight = np.asarray(heard), np.asarray(weights)
    from scipy.linalg import solveh_banded

    count = len(frames)
    bands = np.zeros((3, count))  # the upper bands of W + STIFFNESS * D'D, D the second difference
    taps = (1.0, -2.0, 1.0)
    for a in range(3):
        for b in range(a, 3):
            bands[2 - (b - a), b : count - 2 + b] += STIFFNESS * taps[a] * taps[b]
    bands[2] += weight
    return np.asarray(solveh_banded(bands, weight * observed) / FPS, np.float64)
