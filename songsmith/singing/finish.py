"""What a phrase is given after it was sung: its loudness, its breath, silence around it, the rate of a song."""

from __future__ import annotations

import math

import numpy as np

from songsmith.performance import BREATH, BREATH_REST_S
from songsmith.singing.alone import SONG_RATE
from songsmith.singing.phrase import Phrase
from songsmith.singing.vocoder import Signal, Single
from songsmith.units import db_to_gain

VOWEL_DB = -23.0  # RMS of a vowel sung at loudness 0 dB
LEVELLING = 0.8  # share of a vowel's distance from that which is made up; the rest is the word's own accent
MOST_LEVELLING_DB = 9.0
LOUDEST_CONSONANT_DB = 2.0  # over a vowel: the network now and then lets one burst out
QUIETEST_DB = -24.0
FADE_IN_S, FADE_OUT_S = 0.01, 0.02
BREATH_DB = -46.0
BREATH_BAND_HZ = (900.0, 2500.0, 5000.0, 9000.0)
LOWEST_HZ = 70.0
ROLL_OFF = 0.97  # share of the lower Nyquist frequency from which resampling fades out
APART_S = 0.1  # silence that parts the end of a phrase from its beginning in a transform


def finished(phrase: Phrase, sound: Single, rate: int, random: np.random.Generator) -> Single:
    """Return a phrase at its loudness with its breath, from its origin on, silent outside it, at 44.1 kHz."""
    shaped = without_breath(phrase, sound, rate)
    return shaped + _breath(phrase, len(shaped), random)


def without_breath(phrase: Phrase, sound: Single, rate: int) -> Single:
    """Return a phrase at its loudness, from its origin on, exactly silent outside what is sung, at 44.1 kHz."""
    clean = _at_song_rate(sound, rate)
    times = np.asarray(np.arange(len(phrase.loudness_db)) * phrase.frame_period_s, np.float64)
    levelling_db = _levelling_db(phrase, clean, times)
    levelling_db -= _outburst_db(phrase, clean, times, levelling_db)
    level_db = np.maximum(phrase.loudness_db, QUIETEST_DB) + levelling_db
    gain = np.interp(np.arange(len(clean)) / SONG_RATE, times, db_to_gain(np.asarray(level_db, np.float64)))
    return np.asarray(clean * gain * _edges(phrase, len(clean)), np.float32)


def _at_song_rate(sound: Single, rate: int) -> Single:
    """Return the sound at 44.1 kHz without what lies below the voice, its phase kept.

    The filter is that of a second-order Butterworth high-pass run forwards and backwards.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    common = math.gcd(SONG_RATE, rate)
    up, down = SONG_RATE // common, rate // common
    length = -(-len(sound) * up // down)
    parts = next_fast_len(-(-(len(sound) + round(APART_S * rate)) // (2 * down))) * 2
    spectrum = rfft(np.asarray(sound, np.float32), parts * down)
    hz = np.arange(len(spectrum), dtype=np.float32) * np.float32(rate / (parts * down))
    hz[0] = 1e-3
    weight = 1.0 / (1.0 + (np.float32(LOWEST_HZ) / hz) ** 4)
    if up != down:
        highest = 0.5 * min(rate, SONG_RATE)
        weight *= np.interp(hz, (ROLL_OFF * highest, highest), (1.0, 0.0))
    spectrum *= weight.astype(np.float32)
    kept = spectrum[: parts * up // 2 + 1]
    return np.asarray(irfft(kept, parts * up)[:length] * np.float32(up / down), np.float32)


def _levelling_db(phrase: Phrase, sound: Single, times: Signal) -> Signal:
    """Return what brings the vowels nearer to one level, in decibels at `times`; it runs evenly from one to the next.

    The network speaks lower where it is given a higher pitch, and weak syllables lower than a singer would.
    """
    at, gains_db = [], []
    for span in phrase.spans:
        if span.is_vowel:
            length = span.end - span.start
            first, past = (round((span.start + x * length) * SONG_RATE) for x in (0.2, 0.8))
            power = float(np.mean(np.square(sound[first : max(past, first + 1)], dtype=np.float64)))
            at += [span.start + 0.3 * length, span.start + 0.7 * length]
            gains_db += [VOWEL_DB - 10.0 * math.log10(power + 1e-12)] * 2
    if not at:
        return np.zeros(len(times))
    mean_db = float(np.mean(gains_db))
    change = np.clip(LEVELLING * (np.asarray(gains_db) - mean_db), -MOST_LEVELLING_DB, MOST_LEVELLING_DB)
    return np.asarray(mean_db + np.interp(times, at, change))


def _outburst_db(phrase: Phrase, sound: Single, times: Signal, gain_db: Signal) -> Signal:
    """Return by how much consonants are too loud at `times`, over 10 ms each."""
    reach = SONG_RATE // 200
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    middle = np.rint(times * SONG_RATE).astype(int)
    first, past = (np.clip(middle + way, 0, len(sound)) for way in (-reach, reach))
    power = (sums[past] - sums[first]) / (2 * reach)
    excess = 10.0 * np.log10(power + 1e-12) + gain_db - VOWEL_DB - LOUDEST_CONSONANT_DB
    for span in phrase.spans:
        if span.is_vowel:
            excess[(times > span.start) & (times < span.end)] = 0.0
    return np.asarray(np.maximum(excess, 0.0))


def _edges(phrase: Phrase, samples: int) -> Single:
    """Return the fades at the ends of what is sung, exactly 0 outside."""
    sung = [span for span in phrase.spans if span.symbol != BREATH]
    begin, end = sung[0].start, sung[-1].end
    hold = min(0.04 if sung[-1].is_vowel else 0.01, 0.3 * (end - begin))
    gain = np.zeros(samples, np.float32)
    first, risen, falls, past = (
        min(max(round(t * SONG_RATE), 0), samples) for t in (begin - FADE_IN_S, begin, end - hold, end + FADE_OUT_S)
    )
    gain[risen:falls] = 1.0
    times = np.arange(samples) / SONG_RATE
    gain[first:risen] = np.sin(0.5 * np.pi * (times[first:risen] - begin + FADE_IN_S).clip(0.0) / FADE_IN_S) ** 2
    left = (end + FADE_OUT_S - times[falls:past]).clip(0.0) / (FADE_OUT_S + hold)
    gain[falls:past] = np.sin(0.5 * np.pi * left) ** 2
    return gain


def _breath(phrase: Phrase, samples: int, random: np.random.Generator) -> Single:
    """Return the breath before a phrase: noise in the band of an inhalation, swelling, cut short, then held."""
    result = np.zeros(samples, np.float32)
    if phrase.spans[0].symbol != BREATH:
        return result
    start, end = phrase.spans[0].start, phrase.spans[0].end
    first, past = (round(t * SONG_RATE) for t in (start, max(end - BREATH_REST_S, 0.5 * (start + end))))
    noise = np.fft.rfft(random.standard_normal(past - first))
    hz = np.fft.rfftfreq(past - first, 1.0 / SONG_RATE)
    noise *= np.interp(hz, (0.5 * BREATH_BAND_HZ[0], *BREATH_BAND_HZ[1:]), (0.0, 1.0, 0.6, 0.0))
    x = np.linspace(0.0, 1.0, past - first)
    wave = np.fft.irfft(noise, past - first) * np.sin(np.pi * x**1.4) ** 2
    result[first:past] = wave * db_to_gain(BREATH_DB) / np.sqrt(np.mean(wave**2))
    return result
