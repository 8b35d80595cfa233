"""Every conversion between units, named `x_to_y`.

Conventions: MIDI note number 69 is A4 = 440 Hz; a beat is a quarter note in every meter; decibels are
20 log10 of an amplitude ratio. Scalars and numpy arrays are both accepted.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

A4_HZ = 440.0
A4_MIDI = 69

Real = TypeVar("Real", float, npt.NDArray[np.float64])


def midi_to_hz(pitch: Real) -> Real:
    """Return the frequency in Hz of a (fractional) MIDI note number."""
    value: Any = A4_HZ * 2.0 ** ((pitch - A4_MIDI) / 12.0)
    return cast(Real, value)


def hz_to_midi(frequency_hz: Real) -> Real:
    """Return the (fractional) MIDI note number of a frequency in Hz."""
    value: Any = A4_MIDI + 12.0 * np.log2(np.asarray(frequency_hz) / A4_HZ)
    return cast(Real, value)


def db_to_gain(level_db: Real) -> Real:
    """Return the amplitude ratio of a level in decibels."""
    value: Any = 10.0 ** (level_db / 20.0)
    return cast(Real, value)


def gain_to_db(gain: Real, floor_db: float = -120.0) -> Real:
    """Return the level in decibels of an amplitude ratio, never below `floor_db`."""
    value: Any = 20.0 * np.log10(np.maximum(np.abs(gain), 10.0 ** (floor_db / 20.0)))
    return cast(Real, value)


def cents_between(frequency_hz: Real, reference_hz: Real) -> Real:
    """Return how far a frequency lies above a reference, in cents (100 a semitone)."""
    value: Any = 1200.0 * np.log2(np.asarray(frequency_hz) / np.asarray(reference_hz))
    return cast(Real, value)
