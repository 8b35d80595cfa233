"""The `heart` singer: the hibari network, told the sung times and loudness, at the sung pitch.

Its voices differ in colour: the length of the vocal tract, breath, brightness and tension.

A phrase is a unit of work: computed alone, on one thread, from nothing but its own value, so that the bytes do
not depend on how many workers there are, on their order or on the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from lyrics.values import Lyrics
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError
from songsmith.performance import BREATH, Performance
from songsmith.seeds import generator
from songsmith.singing import VocalPart
from songsmith.singing.alone import SONG_RATE, placed
from songsmith.singing.network import FRAME_S, SAMPLE_RATE, WEIGHTS_SHA256, VoiceNetwork
from songsmith.singing.phrase import Phrase, split_phrases
from songsmith.singing.revoice import frame_pitch, revoice, spoken
from songsmith.singing.voices import Voice
from songsmith.singing.warp import guide_frames, tokenize
from songsmith.units import db_to_gain

METHOD = "heart 5"  # part of every cache key: to be counted up whenever the sound changes
VOWEL_DB = -23.0  # RMS of a vowel sung at loudness 0 dB
LEVELLING = 0.8  # share of a vowel's distance from that which is made up; the rest is the word's own accent
MOST_LEVELLING_DB = 9.0
QUIETEST_DB = -24.0
FADE_IN_S, FADE_OUT_S = 0.01, 0.02
BREATH_DB = -46.0
BREATH_BAND_HZ = (900.0, 2500.0, 5000.0, 9000.0)
LOWEST_HZ = 70.0

Signal = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]


class Heart:
    """Sings English with the network of hibari-tts, in any colour of voice."""

    name = "heart"
    weights_sha256 = WEIGHTS_SHA256

    def sing(
        self,
        performance: Performance,
        lyrics: Lyrics,
        voice: Voice,
        *,
        seed: int = 0,
        cache: Cache | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> Audio:
        """Return the vocal; see `songsmith.singing.Singer`."""
        part = VocalPart(performance, lyrics, voice, seed)
        return self.sing_parts([part], cache=cache, workers=workers, progress=progress)[0]

    def sing_parts(
        self,
        parts: Sequence[VocalPart],
        *,
        cache: Cache | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> tuple[Audio, ...]:
        """Return the vocal of each part; see `songsmith.singing.SingerOfParts`."""
        from songsmith.singing.workers import render_phrases

        for part in parts:
            if part.voice.language != "en":
                name, language = part.voice.name, part.voice.language
                raise InputError(f"the singer 'heart' sings 'en', voice {name!r} is {language!r}")
        phrases = [split_phrases(part.performance, part.lyrics, part.seed, part.voice.colour) for part in parts]
        sounds = iter(render_phrases(tuple(chain(*phrases)), cache or Cache(None), workers, progress))
        return tuple(
            placed(part.performance, own, tuple(islice(sounds, len(own))))
            for part, own in zip(parts, phrases, strict=True)
        )


def phrase_key(phrase: Phrase) -> str:
    """Return the name under which the sound of a phrase is cached."""
    return phrase.key(METHOD, WEIGHTS_SHA256)


def render_phrase(network: VoiceNetwork, phrase: Phrase) -> npt.NDArray[np.float32]:
    """Return the sound of a phrase from its origin on, `[frames]` float32 at 44.1 kHz."""
    from scipy.signal import resample_poly

    random = generator(phrase.seed, "heart", phrase.key())
    frames = 2 * int(np.ceil(phrase.duration_s / (2 * FRAME_S)))
    tokens = tokenize(phrase)
    reading = network.read(tokens.text)
    guide = guide_frames(phrase, tokens, reading, frames)
    f0_hz = frame_pitch(phrase, frames)
    speech = spoken(network.speak(reading, guide.token, f0_hz, guide.energy), f0_hz, random)
    sound = finished(phrase, revoice(phrase, speech), SAMPLE_RATE, random)
    return np.asarray(resample_poly(sound, SONG_RATE // 300, SAMPLE_RATE // 300), np.float32)


def finished(
    phrase: Phrase, sound: Signal, sample_rate: int, random: np.random.Generator, breath: bool = True
) -> Signal:
    """Return the sound of a phrase, from its origin on, at its loudness, with its breath, silent outside it."""
    shaped = _shape(phrase, _levelled(phrase, _without_rumble(sound, sample_rate), sample_rate), sample_rate)
    return shaped + _breath(phrase, len(sound), random, sample_rate) if breath else shaped


def _without_rumble(sound: Signal, sample_rate: int) -> Signal:
    """Return the sound without what lies below the voice, its phase kept."""
    from scipy.signal import butter, sosfiltfilt

    return np.asarray(sosfiltfilt(butter(2, LOWEST_HZ, "highpass", fs=sample_rate, output="sos"), sound))


def _levelled(phrase: Phrase, sound: Signal, sample_rate: int) -> Signal:
    """Return the sound with its vowels nearer to one level; gains run evenly from vowel to vowel.

    The network speaks lower where it is given a higher pitch, and weak syllables lower than a singer would.
    """
    times, gains_db = [], []
    for span in phrase.spans:
        if span.is_vowel:
            length = span.end - span.start
            first, past = (round((span.start + x * length) * sample_rate) for x in (0.2, 0.8))
            level_db = 10.0 * np.log10(np.mean(sound[first : max(past, first + 1)] ** 2) + 1e-12)
            times += [span.start + 0.3 * length, span.start + 0.7 * length]
            gains_db += [VOWEL_DB - level_db] * 2
    mean_db = float(np.mean(gains_db)) if gains_db else 0.0
    change = np.clip(LEVELLING * (np.asarray(gains_db) - mean_db), -MOST_LEVELLING_DB, MOST_LEVELLING_DB)
    gain_db = mean_db + (np.interp(np.arange(len(sound)) / sample_rate, times, change) if times else 0.0)
    return np.asarray(sound * db_to_gain(np.asarray(gain_db, np.float64)))


def _shape(phrase: Phrase, sound: Signal, sample_rate: int) -> Signal:
    """Return the sound at its intended loudness, faded to exact silence outside the phrase."""
    times = np.arange(len(sound)) / sample_rate
    curve = np.arange(len(phrase.loudness_db)) * phrase.frame_period_s
    level_db = np.interp(times, curve, np.maximum(phrase.loudness_db, QUIETEST_DB))
    sung = [span for span in phrase.spans if span.symbol != BREATH]
    begin, end = sung[0].start, sung[-1].end
    hold = min(0.04 if sung[-1].is_vowel else 0.01, 0.3 * (end - begin))
    rise = np.clip((times - begin + FADE_IN_S) / FADE_IN_S, 0.0, 1.0)
    fall = np.clip((end + FADE_OUT_S - times) / (FADE_OUT_S + hold), 0.0, 1.0)
    gain: Signal = db_to_gain(level_db) * np.sin(0.5 * np.pi * rise) ** 2 * np.sin(0.5 * np.pi * fall) ** 2
    return sound * gain


def _breath(phrase: Phrase, samples: int, random: np.random.Generator, sample_rate: int) -> Signal:
    """Return the breath before a phrase: noise in the band of an inhalation, swelling and cut short."""
    result = np.zeros(samples)
    if phrase.spans[0].symbol != BREATH:
        return result
    first, past = (round(t * sample_rate) for t in (phrase.spans[0].start, phrase.spans[0].end))
    noise = np.fft.rfft(random.standard_normal(past - first))
    hz = np.fft.rfftfreq(past - first, 1.0 / sample_rate)
    noise *= np.interp(hz, (0.5 * BREATH_BAND_HZ[0], *BREATH_BAND_HZ[1:]), (0.0, 1.0, 0.6, 0.0))
    x = np.linspace(0.0, 1.0, past - first)
    wave = np.fft.irfft(noise, past - first) * np.sin(np.pi * x**1.4) ** 2
    result[first:past] = wave * db_to_gain(BREATH_DB) / np.sqrt(np.mean(wave**2))
    return result
