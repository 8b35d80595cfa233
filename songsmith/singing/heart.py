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
from songsmith.performance import Performance
from songsmith.seeds import generator
from songsmith.singing import VocalPart
from songsmith.singing.alone import placed
from songsmith.singing.finish import finished
from songsmith.singing.network import FRAME_S, SAMPLE_RATE, WEIGHTS_SHA256, VoiceNetwork
from songsmith.singing.phrase import Phrase, split_phrases
from songsmith.singing.revoice import frame_pitch, revoice, spoken
from songsmith.singing.voices import Voice
from songsmith.singing.warp import guide_frames, tokenize

METHOD = "heart 9"  # part of every cache key: to be counted up whenever the sound changes

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
    random = generator(phrase.seed, "heart", phrase.key())
    frames = 2 * int(np.ceil(phrase.duration_s / (2 * FRAME_S)))
    tokens = tokenize(phrase)
    reading = network.read(tokens.text)
    guide = guide_frames(phrase, tokens, reading, frames)
    f0_hz = frame_pitch(phrase, frames)
    speech = spoken(network.speak(reading, guide.token, f0_hz, guide.energy), f0_hz, random)
    return finished(phrase, revoice(phrase, speech, random), SAMPLE_RATE, random)
