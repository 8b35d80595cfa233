"""Accompanists that give sound instead of notes: pretrained audio models, for users who have them.

One is named `KIND:MODEL`, the model being a folder or a name on the Hugging Face hub:
`musicgen:facebook/musicgen-small`. Other people's join through the entry point group `songsmith.sound_accompanists`,
as `name = "module:Class"`; the class is called with the model, as text, and with whether it may be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from songsmith.errors import InputError
from songsmith.registry import Registry

if TYPE_CHECKING:
    from songsmith.accompaniment.audio.wish import SoundWish
    from songsmith.audio import Audio

Told = Callable[[float], None]

SOUND_ACCOMPANISTS = Registry(
    "accompanist",
    "songsmith.sound_accompanists",
    {
        "ace-step": "songsmith.accompaniment.audio.ace_step:AceStep",
        "musicgen": "songsmith.accompaniment.audio.musicgen:MusicGen",
        "stable-audio": "songsmith.accompaniment.audio.stable_audio:StableAudio",
    },
)


class SoundAccompanist(Protocol):
    """Plays music that a text asks for."""

    def facts(self) -> Mapping[str, str]:
        """Return what provenance says of it: its model, that model's revision or hash, the package that runs it."""
        ...

    def play(self, wish: SoundWish, progress: Told) -> Audio:
        """Return at least as much sound as is wished for; equal wishes give equal sound on one machine.

        `progress` is called with how much is done, 0 to 1.
        """
        ...


def kind_of(name: str) -> str:
    """Return the kind in the name of an accompanist: what stands before the first colon."""
    return name.partition(":")[0].strip()


def plays_sound(name: str) -> bool:
    """Tell whether an accompanist of this name gives sound instead of notes."""
    return kind_of(name) in SOUND_ACCOMPANISTS.names()


def sound_accompanist(name: str, fetch: bool = False) -> SoundAccompanist:
    """Return the accompanist of a name like `musicgen:MODEL`; its model is loaded when it first plays.

    Parameters
    ----------
    fetch : whether a model that is not on this machine may be downloaded

    Raises
    ------
    InputError : for a name without a model, and a model that cannot be
    MissingPart : where the model or what runs it is not on this machine
    """
    kind, model = kind_of(name), name.partition(":")[2].strip()
    if kind in SOUND_ACCOMPANISTS.built_in and not model:
        raise InputError(
            f"accompanist {kind!r} needs a model: write {kind}: and a folder, or a name on the Hugging Face hub"
        )
    player: SoundAccompanist = SOUND_ACCOMPANISTS.make(kind, model, fetch)
    return player
