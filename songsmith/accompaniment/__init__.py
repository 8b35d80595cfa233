"""Accompanists: from a plan to the parts that are played.

`accompanist(name)` imports one on request. Other people's join through the entry point group
`songsmith.accompanists`, as `name = "module:Class"`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from songsmith.accompaniment.audio import plays_sound
from songsmith.errors import InputError
from songsmith.registry import Registry
from songsmith.timeline import TAIL_S, Timeline

if TYPE_CHECKING:
    from songsmith.accompaniment.parts import Accompaniment
    from songsmith.brief import Brief
    from songsmith.plan import Plan

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


def song_timeline(plan: Plan) -> Timeline:
    """Return the even timeline of a plan, with whole beats for the sound to ring on in."""
    return Timeline.steady(plan.tempo, plan.beats + math.ceil(TAIL_S * plan.tempo / 60.0), plan.beats_per_bar)


def accompanist(name: str) -> Accompanist:
    """Return the accompanist of a name; raise InputError with the names there are for any other."""
    if plays_sound(name):
        raise InputError(
            f"accompanist {name[:80]!r} plays sound, not notes: it is for whole songs of 'songsmith make', "
            "without --check"
        )
    backend: Accompanist = ACCOMPANISTS.make(name)
    return backend
