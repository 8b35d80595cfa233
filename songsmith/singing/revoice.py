"""From the network's spectrum to a voice at the true pitch.

The network speaks with the pitch it knows (up to `CEILING_HZ`); the vocoder takes the envelope of that sound and
puts a voice of the sung pitch under it. Where the vocal folds sound, and how much breath is mixed in, is read from
the phonemes, not from the sound: the network whispers some weak vowels, and estimating aperiodicity takes longer
than all the rest and is heard no better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from songsmith.performance import BREATH
from songsmith.singing import vocoder
from songsmith.singing.colour import breathed, coloured
from songsmith.singing.network import FRAME_S, SAMPLE_RATE, Floats
from songsmith.singing.phonemes import SONORANTS, bare, is_voiced
from songsmith.singing.phrase import Phrase
from songsmith.singing.vocoder import Signal, Single

FLOOR_HZ, CEILING_HZ = 150.0, 260.0
SPOKEN_HZ = (FLOOR_HZ, CEILING_HZ)
HZ = np.linspace(0.0, SAMPLE_RATE / 2, vocoder.BINS)
# Aperiodicity, as an amplitude ratio at frequencies in Hz: of vowels and sonorants, and of voiced obstruents.
NOISE_HZ = (0.0, 1000.0, 2000.0, 4000.0, 8000.0, 12000.0)
TONAL_NOISE = (0.012, 0.03, 0.07, 0.3, 0.5, 0.6)
VOICED_NOISE = (0.05, 0.15, 0.4, 0.8, 0.95, 0.98)
BARE_BELOW, TONAL_BELOW = 1.1, 0.003  # there is no breath at and below the fundamental

SPOKEN_THROUGH = frozenset(("P", "T", "K", "HH", "p", "t", "k", "h", "x"))


def voiced_at(phrase: Phrase, times: Signal) -> npt.NDArray[np.bool_]:
    """Return where the vocal folds sound, `[len(times)]`."""
    return _within(phrase, times, is_voiced)


def pitch_at(phrase: Phrase, times: Signal) -> Signal:
    """Return the intended pitch in Hz at any time, held outside the sung part."""
    sung = np.flatnonzero(phrase.f0_hz > 0.0)
    return np.interp(times, sung * phrase.frame_period_s, phrase.f0_hz[sung])


def spoken_pitch(phrase: Phrase, pitch_hz: Signal, bounds_hz: tuple[float, float] = SPOKEN_HZ) -> Signal:
    """Return the pitch that the network is given for an intended one: that of its own vocal tract, within bounds."""
    return np.clip(pitch_hz / phrase.colour.formants, *bounds_hz)


def spoken(spectrum: Floats, f0_hz: Floats, random: np.random.Generator) -> Single:
    """Return the network's own sound, 24 kHz, from its spectrum and the pitch it was given."""
    from hibari import dsp

    sound: Single = dsp.synth(*spectrum, f0_hz, random)
    return sound


def revoice(
    phrase: Phrase,
    sound: Single,
    random: np.random.Generator,
    bounds_hz: tuple[float, float] = SPOKEN_HZ,
    warp: tuple[Signal, Signal] | None = None,
) -> Single:
    """Return the sound of a phrase at its intended pitch, as long as it was, or as `warp` makes it.

    Parameters
    ----------
    sound : `[samples]` at 24 kHz, from the phrase's origin, at `spoken_pitch`
    random : of the breath and of what is unvoiced
    bounds_hz : those of `spoken_pitch`
    warp : matching times of the result and of `sound`, both rising, where the two differ
    """
    samples = len(sound) if warp is None else round(warp[0][-1] * SAMPLE_RATE)
    count = int(samples / SAMPLE_RATE / vocoder.FRAME_S) + 1
    times = np.asarray(np.arange(count) * vocoder.FRAME_S, np.float64)
    voiced, pitch = voiced_at(phrase, times), pitch_at(phrase, times)
    heard_at = times if warp is None else np.interp(times, *warp)
    level = vocoder.log_envelope(sound, spoken_pitch(phrase, pitch, bounds_hz), voiced, heard_at, SAMPLE_RATE)
    level = coloured(phrase, times, np.where(voiced, pitch, 0.0), level)
    noise = breathed(_aperiodicity(phrase, times), phrase.colour.breathiness)
    noise[(BARE_BELOW * pitch[:, None]) > HZ] = TONAL_BELOW
    noise[~voiced] = 1.0
    return vocoder.synthesize(pitch, voiced, level, noise, SAMPLE_RATE, random)[:samples]


def _aperiodicity(phrase: Phrase, times: Signal) -> Single:
    """Return the aperiodicity of voiced sound by phoneme, `[len(times), BINS]`, its changes spread over 15 ms."""
    tonal = _within(phrase, times, lambda symbol: symbol[-1:].isdigit() or bare(symbol) in SONORANTS)
    share = np.convolve(np.pad(tonal.astype(np.float32), 1, mode="edge"), (0.25, 0.5, 0.25), "valid")[:, None]
    most, least = (np.interp(HZ, NOISE_HZ, values) for values in (VOICED_NOISE, TONAL_NOISE))
    return np.asarray(most + share * (least - most), np.float32)


def frame_pitch(phrase: Phrase, frames: int, bounds_hz: tuple[float, float] = SPOKEN_HZ) -> Floats:
    """Return the pitch for the network, `[frames]`, 0 where unvoiced.

    Its own pitch runs on through plosives, so it is given one there too; they are sung unvoiced all the same.
    """
    times = np.asarray((np.arange(frames) + 0.5) * FRAME_S, np.float64)
    spoken_through = voiced_at(phrase, times) | _within(phrase, times, SPOKEN_THROUGH.__contains__)
    pitch = spoken_pitch(phrase, pitch_at(phrase, times), bounds_hz)
    return np.where(spoken_through, pitch, 0.0).astype(np.float32)


def _within(phrase: Phrase, times: Signal, wanted: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Return where a phoneme stands that is `wanted`."""
    result = np.zeros(len(times), bool)
    for span in phrase.spans:
        if span.symbol != BREATH and wanted(span.symbol):
            result |= (times >= span.start - 1e-9) & (times < span.end - 1e-9)
    return result
