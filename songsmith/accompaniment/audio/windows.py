"""Sound that is made window by window: each goes on from the end of the one before, and the two are blended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.errors import InputError

Samples = npt.NDArray[np.float32]

BLEND_S = 0.05
PEAK = 0.9
SILENT = 1e-6


def window_starts(total: int, window: int, context: int) -> tuple[int, ...]:
    """Return where windows begin that overlap by `context` and reach `total` together, in any one unit."""
    starts = [0]
    while starts[-1] + window < total:
        starts.append(starts[-1] + window - context)
    return tuple(starts)


def join(pieces: Sequence[Samples], starts: Sequence[int], blend: int) -> Samples:
    """Return `[channels, frames]` of windows of sound that begin at `starts`.

    A window takes over at the end of the one before, where both sound for `blend` frames.
    """
    whole = pieces[0]
    for piece, start in zip(pieces[1:], starts[1:], strict=True):
        overlap = whole.shape[1] - start
        length = min(blend, overlap)
        rise = np.linspace(0.0, 1.0, length, dtype=np.float32)
        at = overlap - length
        both = whole[:, whole.shape[1] - length :] * (1.0 - rise) + piece[:, at:overlap] * rise
        whole = np.concatenate([whole[:, : whole.shape[1] - length], both, piece[:, overlap:]], axis=1)
    return np.ascontiguousarray(whole, np.float32)


def playable(samples: npt.NDArray[np.floating], sample_rate: int, who: str) -> Audio:
    """Return what a model has played, at an even peak; raise InputError where it has played nothing."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 2 or not samples.size or not np.isfinite(samples).all():
        raise InputError(f"{who}: what the model played holds no sound or no numbers: use another seed or model")
    samples = samples[:2] if len(samples) > 2 else samples
    samples = samples - samples.mean(axis=1, keepdims=True)
    peak = float(np.abs(samples).max())
    if peak < SILENT:
        raise InputError(f"{who}: what the model played is silent: use another seed, prompt or model")
    return Audio(np.ascontiguousarray(samples * np.float32(PEAK / peak), np.float32), sample_rate)
