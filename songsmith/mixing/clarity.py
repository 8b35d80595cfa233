"""How clearly a voice stands before what plays with it.

Voice and backing are compared in the third octaves of speech, 20 ms by 20 ms, in the moments the voice sounds.

Sources: ANSI S3.5-1997, table 3 (band importance) and 4.7 (audibility over a range of 30 dB); K. S. Rhebergen
and N. J. Versfeld, "A speech intelligibility index-based approach to predict the speech reception threshold in
fluctuating noise", JASA 117, 2005 (frame by frame); M. Cooke, "A glimpsing model of speech perception in noise",
JASA 119, 2006 (glimpses of more than 3 dB).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.errors import InputError

Array = npt.NDArray[np.float64]

BANDS_HZ = (160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000)
IMPORTANCE = (
    *(0.0083, 0.0095, 0.0150, 0.0289, 0.0440, 0.0578, 0.0653, 0.0711, 0.0818),
    *(0.0844, 0.0882, 0.0898, 0.0868, 0.0844, 0.0771, 0.0527, 0.0364, 0.0185),
)
SPEECH_BAND_HZ = (1000.0, 4000.0)
GLIMPSE_DB = 3.0
SINGING_DB = -26.0  # below the mean of the loud frames the voice counts as silent
_HOP_S = 0.02
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Clarity:
    """The voice against its backing.

    Parameters
    ----------
    audibility : 0 hidden to 1 in the clear: the share of its 30 dB range that is above the backing, by importance
    glimpses : share, by importance, of bands and moments in which the voice is more than 3 dB above the backing
    speech_band_db : energy of the voice over that of the backing between 1 and 4 kHz, over all it sings
    sung_s : how long the voice sounds
    """

    audibility: float
    glimpses: float
    speech_band_db: float
    sung_s: float


def clarity(vocal: Audio, backing: Audio) -> Clarity | None:
    """Measure a voice against its backing; None where the voice is silent throughout.

    Parameters
    ----------
    vocal : the vocal as it is in the mix, any number of channels
    backing : everything else as it is in the mix, of the same rate and length

    Raises
    ------
    InputError
        where rate or length differ, or the rate is below 22.05 kHz
    """
    if vocal.sample_rate != backing.sample_rate or vocal.frames != backing.frames:
        raise InputError(
            f"the vocal has {vocal.frames} frames at {vocal.sample_rate} Hz, the backing {backing.frames} at "
            f"{backing.sample_rate} Hz: give both in the same rate and length"
        )
    if vocal.sample_rate < 22050:
        raise InputError(f"{vocal.sample_rate} Hz is too low to judge a voice: use 22050 Hz or more")
    voice, other = _band_energies(vocal), _band_energies(backing)
    singing = sounding(voice[0].sum(axis=1))
    if not singing.any():
        return None
    signal, masker = voice[0][singing], other[0][singing]
    glimpsed = 10.0 * np.log10(_ratio(signal, masker)) > GLIMPSE_DB
    speech = [energies[1][singing].sum() for energies in (voice, other)]
    return Clarity(
        audibility=audibility(signal, masker),
        glimpses=float((glimpsed.mean(axis=0) * np.asarray(IMPORTANCE)).sum()),
        speech_band_db=float(10.0 * np.log10(_ratio(speech[0], speech[1]))),
        sung_s=float(singing.sum()) * _HOP_S,
    )


def audibility(signal: Array, masker: Array) -> float:
    """Return the mean audibility, 0 to 1, of `[frames, bands]` energies in the third octaves of `BANDS_HZ`."""
    ratio_db = 10.0 * np.log10(_ratio(signal, masker))
    shares = np.clip((ratio_db + 15.0) / 30.0, 0.0, 1.0).mean(axis=0)
    return float((shares * np.asarray(IMPORTANCE)).sum())


def band_weights(frequencies_hz: Array) -> Array:
    """Return which bins belong to which third octave: `[bins, bands]` of 0 and 1."""
    edges = np.asarray(BANDS_HZ)[None, :] * 2.0 ** np.asarray([-1.0 / 6.0, 1.0 / 6.0])[:, None]
    inside = (frequencies_hz[:, None] >= edges[0]) & (frequencies_hz[:, None] < edges[1])
    return np.asarray(inside, np.float64)


def sounding(loudness: Array) -> npt.NDArray[np.bool_]:
    """Return the frames in which a voice sounds, from its energy in each."""
    loud = loudness[loudness > 1e-3 * loudness.max(initial=0.0)]
    if not loud.size or loud.mean() <= 1e-12:
        return np.zeros(len(loudness), np.bool_)
    return np.asarray(loudness > loud.mean() * 10.0 ** (SINGING_DB / 10.0))


def _ratio(signal: Array, masker: Array) -> Array:
    return np.asarray((signal + 1e-14) / (masker + 1e-14), np.float64)


def _band_energies(audio: Audio) -> tuple[Array, Array]:
    """Return the energies, channels added, of frames in the third octaves, and in the speech band."""
    from scipy.fft import rfft

    hop = round(_HOP_S * audio.sample_rate)
    size = 2 * hop
    count = max(0, (audio.frames - size) // hop + 1)
    frequencies_hz = np.asarray(np.fft.rfftfreq(size, 1.0 / audio.sample_rate), np.float64)
    low, high = SPEECH_BAND_HZ
    speech = ((frequencies_hz >= low) & (frequencies_hz < high)).astype(np.float64)
    weights = np.concatenate([band_weights(frequencies_hz), speech[:, None]], axis=1).astype(np.float32)
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    out = np.zeros((count, weights.shape[1]))
    for channel in audio.samples:
        framed = np.lib.stride_tricks.sliding_window_view(channel, size)[::hop] if count else np.zeros((0, size))
        for start in range(0, count, _CHUNK):
            spectrum = rfft(framed[start : start + _CHUNK] * window, axis=1)
            out[start : start + _CHUNK] += (spectrum.real**2 + spectrum.imag**2) @ weights
    out *= 2.0 / (size * float((window**2).sum()))
    return out[:, :-1], out[:, -1]
