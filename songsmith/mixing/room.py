"""The room that all channels share: a stereo impulse response of decaying noise.

Its middle and its sides are independent, so that the sides vanish in mono and take the width asked for. High
frequencies die away sooner, as in air and soft walls.

Source: J. A. Moorer, "About this reverberation business", Computer Music Journal 3(2), 1979 (exponentially
decaying noise as the ideal diffuse room); decay times by octave as in ISO 3382.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from songsmith.mixing.settings import Room
from songsmith.seeds import generator

LEVEL_BAND_HZ = (300.0, 3000.0)
ONSET_S = 0.012  # the reflections swell rather than start at once, which would be heard as a second attack
LENGTH = 0.95  # of the decay time: what comes later is 57 dB down
SLOWEST_BAND_HZ = 88.0
DECAY_RANGE_S = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class RoomKnobs:
    """What is asked of the room: how much of it, and how long it rings."""

    amount: float
    decay_s: float

    @classmethod
    def of(cls, room: Room, reverb: float) -> RoomKnobs:
        """Return the knobs at a texture's reverb: none at -1, 2.2 times as much and 2.6 times as long at 1."""
        amount = 1.0 + (1.2 if reverb > 0 else 1.0) * reverb
        return cls(room.level * amount, float(np.clip(room.decay_s * 2.6**reverb, *DECAY_RANGE_S)))


@lru_cache(maxsize=4)
def impulse_response(room: Room, decay_s: float, sample_rate: int) -> npt.NDArray[np.float32]:
    """Return the room's middle and side: `[2, frames]`, of about unit gain together between 300 Hz and 3 kHz.

    Parameters
    ----------
    room : predelay, and the frequencies above which it is damped and below which it is silent
    decay_s : time for 60 dB in the middle frequencies
    sample_rate : frames a second
    """
    from scipy.fft import irfft, rfft

    delay = round(1e-3 * room.predelay_ms * sample_rate)
    frames = round(LENGTH * decay_s * sample_rate)
    noise = rfft(generator(0, "room").standard_normal((2, frames)), axis=1)
    frequencies_hz = np.asarray(np.fft.rfftfreq(frames, 1.0 / sample_rate), np.float64)
    noise *= _low_cut(frequencies_hz, room.highpass_hz)
    times_s = np.arange(frames) / sample_rate
    out = np.zeros((2, frames))
    for share, centre_hz in _octaves(frequencies_hz):
        damped_s = decay_s / (1.0 + (centre_hz / room.damping_hz) ** 1.5)
        fall = 10.0 ** (-3.0 * times_s / damped_s)
        out += irfft(noise * share, frames, axis=1) * fall
    onset = min(frames, round(ONSET_S * sample_rate))
    out[:, :onset] *= np.sin(0.5 * np.pi * np.arange(onset) / max(1, onset)) ** 2
    out[:, -frames // 8 :] *= np.linspace(1.0, 0.0, len(out[0, -frames // 8 :]))
    low, high = LEVEL_BAND_HZ
    inside = (frequencies_hz >= low) & (frequencies_hz <= high)
    out /= np.sqrt((np.abs(rfft(out, axis=1)[:, inside]) ** 2).mean() * 2.0)
    response = np.concatenate([np.zeros((2, delay)), out], axis=1).astype(np.float32)
    response.flags.writeable = False
    return response


def _octaves(frequencies_hz: npt.NDArray[np.float64]) -> list[tuple[npt.NDArray[np.float64], float]]:
    """Return the share of every bin in octave bands, which add up to 1, and the bands' middles in Hz."""
    octave = np.log2(np.maximum(frequencies_hz, 1.0) / SLOWEST_BAND_HZ)
    last = int(np.ceil(octave[-1]))
    octave = np.clip(octave, 0.0, last)
    bands = []
    for index in range(last + 1):
        near = np.clip(1.0 - np.abs(octave - index), 0.0, 1.0)
        bands.append((np.sin(0.5 * np.pi * near) ** 2, SLOWEST_BAND_HZ * 2.0**index))
    return bands


def _low_cut(frequencies_hz: npt.NDArray[np.float64], cut_hz: float) -> npt.NDArray[np.float64]:
    """Return the gains of a high-pass of 12 dB an octave."""
    ratio = (frequencies_hz / cut_hz) ** 2
    return np.asarray(ratio / (1.0 + ratio))
