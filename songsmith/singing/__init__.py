"""Singers: from a performance to a vocal.

`singer(name)` imports one on request. Other people's join through the entry point group `songsmith.singers`,
as `name = "module:Class"`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from songsmith.registry import Registry

if TYPE_CHECKING:
    from lyrics.values import Lyrics
    from songsmith.audio import Audio
    from songsmith.cache import Cache
    from songsmith.performance import Performance
    from songsmith.singing.voices import Voice

SINGERS = Registry(
    "singer",
    "songsmith.singers",
    {
        "diffsinger": "songsmith.singing.diffsinger:DiffSinger",
        "heart": "songsmith.singing.heart:Heart",
        "kokoro": "songsmith.singing.kokoro:Kokoro",
    },
)


class Singer(Protocol):
    """Turns a performance into sound.

    `name` and the hash of the weights go into the provenance of a song.
    """

    name: str
    weights_sha256: str

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
        """Return the vocal: mono, 44.1 kHz, as long as the performance, exactly silent where nothing is sung.

        Parameters
        ----------
        performance : phonemes, pitch and loudness
        lyrics : those the performance was made from; they say where words and lines begin
        voice : whose settings apply
        seed : of the song
        cache : of rendered phrases; None for none. The result does not depend on it
        workers : phrases rendered at once; 1 works in this process and thread alone. The result does not depend on it
        progress : called with the number of phrases done and of all, also once before the first

        Raises
        ------
        MissingPart
            Where the voice's files are not installed.
        InputError
            Where performance, lyrics and voice do not belong together.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VocalPart:
    """What one voice of a song sings: the arguments of `Singer.sing`."""

    performance: Performance
    lyrics: Lyrics
    voice: Voice
    seed: int = 0


@runtime_checkable
class SingerOfParts(Protocol):
    """A singer that takes all voices of a song at once, so that its helpers start once and are busy to the end."""

    def sing_parts(
        self,
        parts: Sequence[VocalPart],
        *,
        cache: Cache | None = None,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Audio, ...]:
        """Return the vocal of each part, the same as `sing` returns for it alone."""
        ...


@runtime_checkable
class SingerOfMany(Protocol):
    """A singer whose voices have weights of their own."""

    def weights_of(self, voice: Voice) -> str:
        """Return the hash of all the weights that a voice is sung with."""
        ...


def singer(name: str) -> Singer:
    """Return the singer of a name; raise InputError with the names there are for any other."""
    backend: Singer = SINGERS.make(name)
    return backend
