"""From performances to vocals: every singer of the lead sings his lines, every voice beside it its own part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lyrics.values import Lyrics
from songsmith.audio import Audio
from songsmith.backing import voice_seed
from songsmith.cache import Cache
from songsmith.cast import Cast, only_lines
from songsmith.mix import BackingVoice
from songsmith.performance import Performance
from songsmith.singing import SINGERS, Singer, SingerOfMany
from songsmith.singing import singer as find_singer
from songsmith.singing.voices import Voice, load_voice
from songsmith.song import Backend, VoicePart

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Studio:
    """What singing needs besides the music.

    Parameters
    ----------
    seed : of the song
    cache : of phrases sung before
    workers : phrases rendered at once; the result does not depend on it
    """

    seed: int
    cache: Cache
    workers: int = 2

    def sing_lead(self, performance: Performance, lyrics: Lyrics, cast: Cast, told: Told | None = None) -> Audio:
        """Return the lead, mono, each line in the voice of its singer."""
        leads = [load_voice(name) for name in cast.leads]
        if len(leads) == 1:
            return self._sing(performance, lyrics, leads[0], self.seed, told)
        whole: Audio | None = None
        for place, (name, voice) in enumerate(zip(cast.leads, leads, strict=True)):
            lines = frozenset(line for line, singer in cast.lead.items() if singer == name)
            own = only_lines(performance, lyrics, lines)
            part = self._sing(own, lyrics, voice, self.seed, _share(told, place, len(leads)))
            whole = part if whole is None else Audio(whole.samples + part.samples, part.sample_rate)
        assert whole is not None  # a cast has at least one lead
        return whole

    def sing_parts(self, voices: tuple[VoicePart, ...], frames: int, told: Told | None = None) -> list[BackingVoice]:
        """Return the voices beside the lead as the mixer takes them, `frames` long."""
        sung = []
        for place, part in enumerate(voices):
            audio = self._sing(
                part.performance,
                part.lyrics,
                load_voice(part.voice),
                voice_seed(self.seed, part.name),
                _share(told, place, len(voices)),
            )
            sung.append(BackingVoice(fit(audio, frames), pan=part.pan, level_db=part.level_db))
        return sung

    def _sing(self, performance: Performance, lyrics: Lyrics, voice: Voice, seed: int, told: Told | None) -> Audio:
        return find_singer(voice.singer).sing(
            performance, lyrics, voice, seed=seed, cache=self.cache, workers=self.workers, progress=told
        )


def fit(audio: Audio, frames: int) -> Audio:
    """Return audio cut or padded with silence to so many frames."""
    if audio.frames == frames:
        return audio
    fitted = np.zeros((audio.channels, frames), np.float32)
    length = min(frames, audio.frames)
    fitted[:, :length] = audio.samples[:, :length]
    return Audio(fitted, audio.sample_rate)


def singer_of(voice: Voice) -> Backend:
    """Return which singer sings a voice, with its version and the hash of its weights."""
    backend: Singer = find_singer(voice.singer)
    weights = backend.weights_of(voice) if isinstance(backend, SingerOfMany) else backend.weights_sha256
    return Backend.of(backend.name, version=SINGERS.version(voice.singer), weights_sha256=weights)


def _share(told: Told | None, place: int, count: int) -> Told | None:
    """Return what tells the progress of one of several jobs as that of them all."""
    if told is None:
        return None
    return lambda done, total: told(1000 * place + round(1000 * done / max(1, total)), 1000 * count)
