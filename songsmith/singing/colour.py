"""The colour of a voice, put on the envelope and the breath that the vocoder is given.

A shorter vocal tract moves all formants up by one factor: the envelope is read at lower frequencies. Brightness
tilts the envelope about 1 kHz; tension takes from the fundamental and gives to the overtones, as pressed voices do;
breath replaces part of what is periodic.
Source for the acoustics: J. Sundberg, "The Science of the Singing Voice" (1987); for the weak fundamental of
pressed and the strong one of breathy voices: D. Klatt and L. Klatt, JASA 87 (1990).
"""

from __future__ import annotations

import numpy as np

from songsmith.singing.network import SAMPLE_RATE
from songsmith.singing.phrase import Phrase
from songsmith.singing.vocoder import Signal, Single

TILT_CENTRE_HZ, TILT_LOWEST_HZ = 1000.0, 200.0
FUNDAMENTAL_DB = -6.0  # at the fundamental of a fully pressed voice
PRESSED_BAND_HZ, PRESSED_DB = (1500.0, 2200.0, 3600.0, 4800.0), 3.0
MOST_LOUD_DB = 8.0
NEPERS_OF_DB = np.float32(np.log(10.0) / 10.0)  # of power


def coloured(phrase: Phrase, times: Signal, f0_hz: Signal, level: Single) -> Single:
    """Return a log power envelope `[frames, bins]` in the colour of the phrase; `f0_hz` is 0 where unvoiced."""
    colour = phrase.colour
    hz = np.linspace(0.0, SAMPLE_RATE / 2, level.shape[1], dtype=np.float32)
    if colour.formants != 1.0:
        level = _stretched(level, colour.formants)
    curve = np.arange(len(phrase.loudness_db)) * phrase.frame_period_s
    loud_db = np.clip(np.interp(times, curve, phrase.loudness_db), -MOST_LOUD_DB, MOST_LOUD_DB)
    tilt = colour.brightness_db + colour.loud_tilt * loud_db
    octaves = np.log2(np.maximum(hz, TILT_LOWEST_HZ) / TILT_CENTRE_HZ)
    gain_db = np.where(f0_hz > 0.0, tilt, colour.brightness_db).astype(np.float32)[:, None] * octaves
    if colour.tension:
        gain_db += colour.tension * np.interp(hz, PRESSED_BAND_HZ, (0.0, PRESSED_DB, PRESSED_DB, 0.0))
        harmonic = hz / np.maximum(f0_hz, 1.0)[:, None]
        near = np.interp(harmonic, (0.0, 1.2, 2.0), (1.0, 1.0, 0.0)) * (f0_hz > 0.0)[:, None]
        gain_db += colour.tension * FUNDAMENTAL_DB * near
    return np.asarray(level + gain_db * NEPERS_OF_DB, np.float32)


def breathed(noise: Single, breathiness: float) -> Single:
    """Return the aperiodicity with part of what is left of the tone turned into breath, the more the higher."""
    if not breathiness:
        return noise
    hz = np.linspace(0.0, SAMPLE_RATE / 2, noise.shape[1])
    share = breathiness * np.interp(hz, (0.0, 500.0, 2000.0, 6000.0), (0.05, 0.15, 0.6, 0.9))
    return np.asarray(noise + share * (1.0 - noise), np.float32)


def _stretched(level: Single, formants: float) -> Single:
    """Return a log envelope with its features at `formants` times their frequency."""
    bins = level.shape[1]
    at = np.minimum(np.arange(bins) / formants, bins - 1.0)
    low = np.minimum(at.astype(int), bins - 2)
    share = (at - low).astype(np.float32)
    return np.asarray(level[:, low] * (1.0 - share) + level[:, low + 1] * share)
