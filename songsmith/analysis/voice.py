"""Where somebody sings, and what: from the mix by the beat network, from a vocal stem by its level and pitch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.analysis.features import FPS
from songsmith.audio import Audio
from songsmith.tunes.hum import HeardNote, hear_notes

Curve = npt.NDArray[np.float64]
Spans = tuple[tuple[float, float], ...]

CHANGE = 6.0
"""What the beginning and the end of singing cost, in the logarithm of chances."""

BRIDGED_S = 0.35
SHORTEST_S = 0.25
STEM_HOP_S = 0.02
LOUD_DB = 30.0
"""A vocal stem is sung in where it is at most this far below its loud parts."""

HEARD_DB = -50.0
"""A vocal stem that is softer than this throughout is empty."""


def voice_in_mix(chance: Curve) -> Spans:
    """Return the spans in seconds in which somebody sings, from the chance of each frame at `FPS`."""
    sung = np.log(np.clip(chance, 1e-3, 1.0 - 1e-3))
    silent = np.log(np.clip(1.0 - chance, 1e-3, 1.0 - 1e-3))
    best = np.array([silent[0], sung[0]])
    back = np.zeros((len(chance), 2), np.int64)
    for k in range(1, len(chance)):
        stay, other = best, best[::-1] - CHANGE
        back[k] = np.where(other > stay, [1, 0], [0, 1])
        best = np.maximum(stay, other) + np.array([silent[k], sung[k]])
    state = int(best.argmax())
    flags = np.zeros(len(chance), bool)
    for k in range(len(chance) - 1, -1, -1):
        flags[k] = state == 1
        state = int(back[k, state])
    return joined(_spans(flags, 1.0 / FPS))


def voice_in_stem(stem: Audio) -> Spans:
    """Return the spans in seconds in which a vocal stem is sung in."""
    hop = max(1, round(STEM_HOP_S * stem.sample_rate))
    mono = stem.samples.mean(axis=0)
    count = len(mono) // hop
    if count == 0:
        return ()
    power = np.square(mono[: count * hop].reshape(count, hop), dtype=np.float64).mean(axis=1)
    level_db = 10.0 * np.log10(power + 1e-12)
    loud = float(np.percentile(level_db, 95))
    if loud < HEARD_DB:
        return ()
    return joined(_spans(level_db > loud - LOUD_DB, hop / stem.sample_rate))


def joined(spans: Spans) -> Spans:
    """Return spans with short gaps bridged and short spans left out."""
    result: list[tuple[float, float]] = []
    for start, end in spans:
        if result and start - result[-1][1] < BRIDGED_S:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return tuple((round(a, 3), round(b, 3)) for a, b in result if b - a >= SHORTEST_S)


def melody_of(stem: Audio) -> tuple[HeardNote, ...]:
    """Return the notes that are sung in a vocal stem."""
    notes, _ = hear_notes(stem.samples.mean(axis=0, dtype=np.float64), stem.sample_rate)
    return tuple(notes)


def bars_with_voice(spans: Spans, bar_times: Curve) -> tuple[bool, ...]:
    """Return for each bar whether somebody sings in at least a fifth of it; `bar_times` has the end as its last."""
    flags = []
    for start, end in pairwise(bar_times):
        sung = sum(max(0.0, min(b, end) - max(a, start)) for a, b in spans)
        flags.append(bool(sung >= 0.2 * (end - start)))
    return tuple(flags)


def _spans(flags: npt.NDArray[np.bool_], period_s: float) -> Spans:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return tuple((float(a) * period_s, float(b) * period_s) for a, b in zip(edges[::2], edges[1::2], strict=True))
