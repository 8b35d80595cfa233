"""New bars as loud as those before: a gain, and a limiter where their peaks would not have room for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.mixing.limiter import HOP, gain_curve
from songsmith.mixing.loudness import loudness_lufs, true_peaks
from songsmith.units import db_to_gain

Samples = npt.NDArray[np.float32]

MOST_GAIN_DB = 9.0
NEAR_LU = 0.1
TRIES = 4
LOOKAHEAD_MS, RELEASE_DB_PER_S = 5.0, 25.0
CEILING_DB = -1.0
"""Peaks may be as high as this, or as high as the recording's own."""


def lift(samples: Samples, wanted_lufs: float, ceiling: float, sample_rate: int) -> tuple[float, Samples]:
    """Return the gain in decibels that brings a sound to a loudness, and what each frame is multiplied with.

    Parameters
    ----------
    samples : `[channels, frames]`
    ceiling : that no peak may be above, linear
    """
    still = np.ones(samples.shape[1], np.float32)
    is_now = loudness_lufs(samples, sample_rate)
    if not np.isfinite([wanted_lufs, is_now]).all():
        return 0.0, still
    peaks = true_peaks(samples, HOP)
    places = np.arange(len(peaks) + 1) * HOP
    gain_db, curve = 0.0, still
    missing = wanted_lufs - is_now
    for _ in range(TRIES):
        gain_db = float(np.clip(gain_db + missing, -MOST_GAIN_DB, MOST_GAIN_DB))
        gain = float(db_to_gain(gain_db))
        limited = gain_curve(peaks * np.float32(gain), ceiling, sample_rate, LOOKAHEAD_MS, RELEASE_DB_PER_S)
        curve = np.asarray(gain * np.interp(np.arange(samples.shape[1]), places, limited), np.float32)
        missing = wanted_lufs - loudness_lufs(samples * curve, sample_rate)
        if abs(missing) <= NEAR_LU or abs(gain_db) >= MOST_GAIN_DB:
            break
    return round(gain_db, 2), curve


def under_ceiling(samples: Samples, ceiling: float, sample_rate: int) -> Samples:
    """Return what each frame of a sound is multiplied with so that no peak is above the ceiling."""
    limited = gain_curve(true_peaks(samples, HOP), ceiling, sample_rate, LOOKAHEAD_MS, RELEASE_DB_PER_S)
    places = np.arange(len(limited)) * HOP
    return np.asarray(np.interp(np.arange(samples.shape[1]), places, limited), np.float32)


def edged(curve: Samples, length: int) -> Samples:
    """Return a gain that begins and ends with 1, over so many frames at each end."""
    length = max(1, min(length, len(curve) // 2))
    share = np.ones(len(curve), np.float32)
    share[:length] = np.linspace(0.0, 1.0, length, dtype=np.float32)
    share[len(share) - length :] = share[:length][::-1]
    return np.asarray(1.0 + (curve - 1.0) * share, np.float32)
