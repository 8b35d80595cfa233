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
from songsmith.singing import SINGERS, Singer, SingerOfMany, SingerOfParts, VocalPart
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

    def sing(
        self,
        performance: Performance,
        lyrics: Lyrics,
        cast: Cast,
        voices: tuple[VoicePart, ...],
        frames: int,
        told: Told | None = None,
    ) -> tuple[Audio | None, list[BackingVoice]]:
        """Return the lead, None where there are no words, and the voices beside it, all `frames` long.

        They are sung as one job, so that helpers start once. The sound is that of `sing_lead` and `sing_parts`.
        """
        leads = self._leads(performance, lyrics, cast) if lyrics.syllables else []
        sung = self._sing([*leads, *(self._beside(part) for part in voices)], told)
        lead = fit(_summed(sung[: len(leads)]), frames) if leads else None
        return lead, _placed(voices, sung[len(leads) :], frames)

    def sing_lead(self, performance: Performance, lyrics: Lyrics, cast: Cast, told: Told | None = None) -> Audio:
        """Return the lead, mono, each line in the voice of its singer."""
        return _summed(self._sing(self._leads(performance, lyrics, cast), told))

    def sing_parts(self, voices: tuple[VoicePart, ...], frames: int, told: Told | None = None) -> list[BackingVoice]:
        """Return the voices beside the lead as the mixer takes them, `frames` long."""
        return _placed(voices, self._sing([self._beside(part) for part in voices], told), frames)

    def _leads(self, performance: Performance, lyrics: Lyrics, cast: Cast) -> list[VocalPart]:
        """Return what each singer of the lead sings of it."""
        if len(cast.leads) == 1:
            return [VocalPart(performance, lyrics, load_voice(cast.leads[0]), self.seed)]
        parts = []
        for name in cast.leads:
            lines = frozenset(line for line, singer in cast.lead.items() if singer == name)
            parts.append(VocalPart(only_lines(performance, lyrics, lines), lyrics, load_voice(name), self.seed))
        return parts

    def _beside(self, part: VoicePart) -> VocalPart:
        return VocalPart(part.performance, part.lyrics, load_voice(part.voice), voice_seed(self.seed, part.name))

    def _sing(self, parts: list[VocalPart], told: Told | None) -> list[Audio]:
        """Return the vocal of each part; a singer who can take them at once gets all of his own together."""
        sung: dict[int, Audio] = {}
        names = [part.voice.singer for part in parts]
        done = 0
        for name in dict.fromkeys(names):
            backend = find_singer(name)
            own = [k for k, singer in enumerate(names) if singer == name]
            groups = [own] if isinstance(backend, SingerOfParts) else [[k] for k in own]
            for group in groups:
                share = _share(told, done, len(group), len(parts))
                for k, audio in zip(group, self._rendered(backend, [parts[k] for k in group], share), strict=True):
                    sung[k] = audio
                done += len(group)
        return [sung[k] for k in range(len(parts))]

    def _rendered(self, backend: Singer, parts: list[VocalPart], told: Told | None) -> tuple[Audio, ...]:
        if isinstance(backend, SingerOfParts):
            return backend.sing_parts(parts, cache=self.cache, workers=self.workers, progress=told)
        return tuple(
            backend.sing(
                part.performance,
                part.lyrics,
                part.voice,
                seed=part.seed,
                cache=self.cache,
                workers=self.workers,
                progress=told,
            )
            for part in parts
        )


def _summed(parts: list[Audio]) -> Audio:
    """Return the lead of all its singers, who never sing at a time."""
    whole = parts[0]
    for part in parts[1:]:
        whole = Audio(whole.samples + part.samples, whole.sample_rate)
    return whole


def _placed(voices: tuple[VoicePart, ...], sung: list[Audio], frames: int) -> list[BackingVoice]:
    """Return voices as the mixer takes them."""
    return [
        BackingVoice(fit(audio, frames), pan=part.pan, level_db=part.level_db)
        for part, audio in zip(voices, sung, strict=True)
    ]


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


def _share(told: Told | None, done: int, here: int, count: int) -> Told | None:
    """Return what tells the progress of `here` of `count` jobs, after those that are done, as that of them all."""
    if told is None or here == count:
        return told
    return lambda now, total: told(1000 * done + round(1000 * here * now / max(1, total)), 1000 * count)
