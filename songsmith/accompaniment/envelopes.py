"""The envelopes and oscillators that shape a SoundFont note, at control rate.

Times are seconds from the note's start. `values` are a zone's generators by name. Levels are attenuations:
0 dB is full, larger is softer.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006, sections 8.1.3 and 9.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]

CONTROL_FRAMES = 32  # audio frames a control value
FULL_RANGE_DB = 100.0  # decay and release times are those of a fall by this much
_ZERO_CENTS_HZ = 8.176


def timecents_to_seconds(timecents: float) -> float:
    """Return 2^(timecents/1200) seconds, within 1 ms and 100 s; -12000 and below is none at all."""
    return 0.0 if timecents <= -12000 else float(2.0 ** (min(timecents, 8000) / 1200))


def cents_to_hz(cents: float) -> float:
    """Return the frequency of absolute cents, 8.176 Hz at 0."""
    return float(_ZERO_CENTS_HZ * 2.0 ** (cents / 1200))


def spread(control: npt.NDArray[np.float64], frames: int) -> npt.NDArray[np.float32]:
    """Return `frames` values on straight lines between control values `CONTROL_FRAMES` apart."""
    ramp = (np.arange(CONTROL_FRAMES) / CONTROL_FRAMES).astype(np.float32)
    points = control.astype(np.float32)
    return (points[:-1, None] + (points[1:] - points[:-1])[:, None] * ramp).reshape(-1)[:frames]


def lfo(times: Times, delay: int, frequency: int) -> Times:
    """Return a triangle wave within ±1, rising from 0 after `delay` timecents, `frequency` in absolute cents."""
    phase = np.maximum(times - timecents_to_seconds(delay), 0.0) * cents_to_hz(frequency) + 0.25
    return np.asarray(1.0 - 4.0 * np.abs(phase - np.floor(phase) - 0.5), dtype=np.float64)


def _stages(values: Mapping[str, int], name: str, key: int) -> tuple[float, float, float, float]:
    """Return the lengths of delay, attack, hold and decay in seconds, the last two scaled by the key."""
    shift = 60 - key
    return (
        timecents_to_seconds(values[f"delay_{name}"]),
        timecents_to_seconds(values[f"attack_{name}"]),
        timecents_to_seconds(values[f"hold_{name}"] + shift * values[f"key_to_{name}_hold"]),
        timecents_to_seconds(values[f"decay_{name}"] + shift * values[f"key_to_{name}_decay"]),
    )


def _held_db(values: Mapping[str, int], key: int, times: Times) -> Times:
    """Return the attenuation of the volume envelope while the key is held."""
    delay, attack, hold, decay = _stages(values, "vol_env", key)
    sustain = min(max(values["sustain_vol_env"], 0), 1440) / 10
    rising = np.clip((times - delay) / attack, 1e-9, 1.0) if attack else np.where(times >= delay, 1.0, 1e-9)
    falling = np.maximum(times - delay - attack - hold, 0.0) / max(decay, 1e-6) * FULL_RANGE_DB
    return np.asarray(-20.0 * np.log10(rising) + np.minimum(falling, sustain), dtype=np.float64)


def _release_db_per_s(values: Mapping[str, int]) -> float:
    return FULL_RANGE_DB / max(timecents_to_seconds(values["release_vol_env"]), 0.005)


def attenuation_db(values: Mapping[str, int], key: int, times: Times, held_s: float) -> Times:
    """Return the attenuation of the volume envelope of a key let go after `held_s` seconds."""
    level = _held_db(values, key, np.minimum(times, held_s))
    return np.asarray(level + np.maximum(times - held_s, 0.0) * _release_db_per_s(values), dtype=np.float64)


def release_seconds(values: Mapping[str, int], key: int, held_s: float, silence_db: float) -> float:
    """Return how long after the key is let go the envelope has fallen by `silence_db` in all."""
    level = float(_held_db(values, key, np.array([held_s]))[0])
    return max(0.0, silence_db - level) / _release_db_per_s(values)


def mod_envelope(values: Mapping[str, int], key: int, times: Times, held_s: float) -> Times:
    """Return the modulation envelope, 0 to 1, of a key let go after `held_s` seconds (infinite: never)."""
    delay, attack, hold, decay = _stages(values, "mod_env", key)
    sustain = 1.0 - min(max(values["sustain_mod_env"], 0), 1000) / 1000
    held = np.minimum(times, held_s)
    rising = np.clip((held - delay) / max(attack, 1e-6), 0.0, 1.0)
    falling = np.maximum(held - delay - attack - hold, 0.0) / max(decay, 1e-6)
    level = rising * np.maximum(1.0 - falling, sustain)
    if math.isinf(held_s):
        return np.asarray(level, dtype=np.float64)
    release = max(timecents_to_seconds(values["release_mod_env"]), 0.005)
    return np.asarray(np.maximum(level - np.maximum(times - held_s, 0.0) / release, 0.0), dtype=np.float64)
