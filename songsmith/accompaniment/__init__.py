"""Accompanists: from a plan to the parts that are played.

`accompanist(name)` imports one on request. Other people's join through the entry point group
`songsmith.accompanists`, as `name = "module:Class"`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lyrics.text import printable
from songsmith.accompaniment.audio import plays_sound
from songsmith.errors import InputError
from songsmith.registry import Registry
from songsmith.timeline import TAIL_S, Timeline

if TYPE_CHECKING:
    from songsmith.accompaniment.parts import Accompaniment
    from songsmith.brief import Brief
    from songsmith.plan import Plan
    from songsmith.song import Backend

DEFAULT = "diffusion"
"""Name of the accompanist that plays where none is named."""

ACCOMPANISTS = Registry(
    "accompanist",
    "songsmith.accompanists",
    {
        "diffusion": "songsmith.accompaniment.latent.band:DiffusionAccompanist",
        "patterns": "songsmith.accompaniment.patterns:PatternAccompanist",
    },
)


class Accompanist(Protocol):
    """Writes what is played under a song."""

    def accompany(self, plan: Plan, brief: Brief, seed: int) -> Accompaniment:
        """Return parts over the chords of `plan`; equal arguments give equal results."""
        ...


@runtime_checkable
class Trained(Protocol):
    """An accompanist that learned: it tells the hash of its weights."""

    @property
    def weights_sha256(self) -> str:
        """The hash of the file of weights."""
        ...


def song_timeline(plan: Plan) -> Timeline:
    """Return the even timeline of a plan, with whole beats for the sound to ring on in."""
    return Timeline.steady(plan.tempo, plan.beats + math.ceil(TAIL_S * plan.tempo / 60.0), plan.beats_per_bar)


def accompanist(name: str) -> Accompanist:
    """Return the accompanist of a name; raise InputError with the names there are for any other.

    `diffusion:FILE` plays with weights of your own, as `scripts/train_accompanist.py --finetune` makes them.
    """
    if plays_sound(name):
        raise InputError(
            f"accompanist {name[:80]!r} plays sound, not notes: it is for whole songs of 'songsmith make', "
            "without --check"
        )
    kind, _, weights = name.partition(":")
    if kind == DEFAULT and weights:
        from pathlib import Path

        own: Accompanist = ACCOMPANISTS.make(kind, Path(weights))
        return own
    backend: Accompanist = ACCOMPANISTS.make(name)
    return backend


def accompanist_backend(name: str) -> Backend:
    """Return what provenance tells of an accompanist: its version, and the hash of its weights where it has any."""
    from songsmith.song import Backend

    kind, _, weights = name.partition(":")
    player = accompanist(name)
    facts = {"version": ACCOMPANISTS.version(kind)}
    if isinstance(player, Trained):
        facts["weights_sha256"] = player.weights_sha256
    if weights:
        facts["weights"] = printable(weights)
    return Backend.of(kind, **facts)
