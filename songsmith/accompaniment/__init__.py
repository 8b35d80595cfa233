"""Accompanists: from a plan to the parts that are played.

`accompanist(name)` imports one on request. Other people's join through the entry point group
`songsmith.accompanists`, as `name = "module:Class"`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from songsmith.errors import InputError
from songsmith.timeline import TAIL_S, Timeline

if TYPE_CHECKING:
    from songsmith.accompaniment.parts import Accompaniment
    from songsmith.brief import Brief
    from songsmith.plan import Plan

ENTRY_POINTS = "songsmith.accompanists"
BUILT_IN = {"patterns": "songsmith.accompaniment.patterns:PatternAccompanist"}


class Accompanist(Protocol):
    """Writes what is played under a song."""

    def accompany(self, plan: Plan, brief: Brief, seed: int) -> Accompaniment:
        """Return parts over the chords of `plan`; equal arguments give equal results."""
        ...


def song_timeline(plan: Plan) -> Timeline:
    """Return the even timeline of a plan, with whole beats for the sound to ring on in."""
    return Timeline.steady(plan.tempo, plan.beats + math.ceil(TAIL_S * plan.tempo / 60.0), plan.beats_per_bar)


def accompanist_names() -> tuple[str, ...]:
    """Return the names of all accompanists, sorted: the built-in ones and those of other packages."""
    from importlib.metadata import entry_points

    return tuple(sorted({*BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINTS))}))


def accompanist(name: str) -> Accompanist:
    """Return the accompanist of a name; raise InputError with the names there are for any other."""
    from importlib.metadata import EntryPoint, entry_points

    if name in BUILT_IN:
        point = EntryPoint(name, BUILT_IN[name], ENTRY_POINTS)
    else:
        found = [point for point in entry_points(group=ENTRY_POINTS) if point.name == name]
        if not found:
            raise InputError(f"accompanist {name!r} is not known: use one of {', '.join(accompanist_names())}")
        point = found[0]
    backend: Accompanist = point.load()()
    return backend
