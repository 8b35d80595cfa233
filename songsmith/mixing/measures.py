"""What the texture of a finished mix is: how bright, wide, reverberant and worn it sounds, in numbers.

Each is what one knob of `songsmith.brief.Texture` moves. They need nothing but the sound, so that they serve
any recording.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.errors import InputError

Array = npt.NDArray[np.float64]

SILENCE_DB = -90.0
_HOP_S = 0.01
_BANDS_HZ = ((350.0, 700.0), (700.0, 1400.0), (1400.0, 2800.0), (2800.0, 5600.0))
_FLOOR_BAND_HZ = (1000.0, 6000.0)
_POWER_KEPT = 0.999
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class TextureMeasures:
    """The texture of a mix.

    Parameters
    ----------
    centroid_hz : mean frequency of the average magnitude spectrum, weighted by magnitude
    side_to_mid : RMS of left minus right over RMS of left plus right; 0 in mono
    gap_db : how far the level falls between sounds, from its 90th to its 10th percentile, mean of four octaves
    bandwidth_hz : below which 99.9 % of the power lies
    noise_floor_db : the quietest 0.1 s between 1 and 6 kHz, the last two seconds left out, relative to the mean;
        -90 at least
    """

    centroid_hz: float
    side_to_mid: float
    gap_db: float
    bandwidth_hz: float
    noise_floor_db: float


def texture_measures(audio: Audio) -> TextureMeasures:
    """Measure the texture of a stereo recording; raise InputError for one that is silent or not stereo."""
    if audio.channels != 2 or audio.frames < audio.sample_rate or not audio.samples.any():
        raise InputError(
            f"a texture is measured on a second or more of stereo sound, not on {audio.channels} channels of "
            f"{audio.duration_s:.2f} s{'' if audio.samples.any() else ' of silence'}"
        )
    left, right = audio.samples
    middle, side = 0.5 * (left + right), 0.5 * (left - right)
    frequencies_hz, magnitudes, powers, levels, floor = _spectra(middle, audio.sample_rate)
    if not len(levels):
        raise InputError("a texture is measured on sound that both sides share: there is next to none")
    share = np.cumsum(powers) / powers.sum()
    return TextureMeasures(
        centroid_hz=float((frequencies_hz * magnitudes).sum() / magnitudes.sum()),
        side_to_mid=float(np.linalg.norm(side) / max(1e-9, float(np.linalg.norm(middle)))),
        gap_db=float(np.mean(np.percentile(levels, 90, axis=0) - np.percentile(levels, 10, axis=0))),
        bandwidth_hz=float(frequencies_hz[np.searchsorted(share, _POWER_KEPT)]),
        noise_floor_db=max(SILENCE_DB, float(10.0 * np.log10(_quietest(floor) / floor.mean() + 1e-12))),
    )


def _spectra(mono: npt.NDArray[np.float32], sample_rate: int) -> tuple[Array, Array, Array, Array, Array]:
    """Return bin frequencies, mean magnitudes and powers, octave levels in dB, and the energies for the floor.

    The last two are `[frames, 4]`, over the frames from the first to the last that sound, and `[frames]`.
    """
    from scipy.fft import rfft

    hop = round(_HOP_S * sample_rate)
    size = 2 * hop
    frequencies_hz = np.asarray(np.fft.rfftfreq(size, 1.0 / sample_rate), np.float64)
    bands = (*_BANDS_HZ, _FLOOR_BAND_HZ)
    inside = [(frequencies_hz >= low) & (frequencies_hz < high) for low, high in bands]
    weights = np.stack(inside, axis=1).astype(np.float32)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    framed = np.lib.stride_tricks.sliding_window_view(mono, size)[::hop]
    energies = np.zeros((len(framed), len(bands)))
    magnitudes, powers = np.zeros(len(frequencies_hz)), np.zeros(len(frequencies_hz))
    for start in range(0, len(framed), _CHUNK):
        spectrum = rfft(framed[start : start + _CHUNK] * window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        energies[start : start + _CHUNK] = power @ weights
        powers += power.sum(axis=0)
        magnitudes += np.sqrt(power).sum(axis=0)
    total = energies.sum(axis=1)
    sounding = np.flatnonzero(total > 1e-5 * total.mean())
    inner = energies[sounding[0] : sounding[-1] + 1, :-1] if len(sounding) else energies[:0, :-1]
    if not len(inner):
        return frequencies_hz, magnitudes, powers, inner, energies[:, -1]
    levels = np.asarray(10.0 * np.log10(inner + 1e-9 * inner.mean(axis=0)), np.float64)
    return frequencies_hz, magnitudes, powers, levels, energies[:, -1]


def _quietest(energies: Array) -> float:
    """Return the least mean energy of 0.1 s, without the last two seconds, where songs fade."""
    kept = energies[: max(10, len(energies) - round(2.0 / _HOP_S))]
    return float(np.convolve(kept, np.full(min(10, len(kept)), 0.1), mode="valid").min())


def decay_s(audio: Audio, stop_s: float) -> float:
    """Return the time for 60 dB after the sources stop, by the fall from 5 to 25 dB below the sound before.

    0 where it falls at once.

    Source: ISO 3382-2, the interrupted noise method and T20.
    """
    hop = round(0.005 * audio.sample_rate)
    first = round(stop_s * audio.sample_rate)
    sound = audio.samples[:, : len(audio.samples[0]) // hop * hop]
    energies = (sound.astype(np.float64) ** 2).sum(axis=0).reshape(-1, hop).sum(axis=1)
    at = first // hop
    left = np.cumsum(energies[at:][::-1])[::-1]
    if not len(left) or left[0] <= 0.0:
        return 0.0
    fall_db = 10.0 * np.log10(left / left[0] + 1e-15)
    inside = np.flatnonzero((fall_db <= -5.0) & (fall_db >= -25.0))
    if len(inside) < 3:
        return 0.0
    slope = np.polyfit(inside * 0.005, fall_db[inside], 1)[0]
    return float(-60.0 / slope)
