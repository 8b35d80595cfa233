"""What of a song is to be varied, by how much, and in which bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lyrics.text import printable
from songsmith.errors import InputError
from songsmith.paper import check_seed
from songsmith.song import Song

WHAT = ("melody", "drums", "bass", "all")
KEEP = ("rhythm", "contour")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be varied.

    Parameters
    ----------
    what : one of `WHAT`
    amount : 0 leaves all as it is, 1 makes what is chosen new
    keep : one of `KEEP`, None to keep neither
    section : label or kind of the sections to vary, None for all
    bars : first and last bar, counted from 1, None for all
    seed : another seed gives another variation
    """

    what: str = "melody"
    amount: float = 0.5
    keep: str | None = None
    section: str | None = None
    bars: tuple[int, int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.what not in WHAT:
            raise InputError(f"{self.what!r} cannot be varied: use one of {', '.join(WHAT)}")
        if not (math.isfinite(self.amount) and 0.0 <= self.amount <= 1.0):
            raise InputError(f"amount {self.amount:g} is not possible: use 0 (as it is) to 1 (new)")
        if self.keep is not None and self.keep not in KEEP:
            raise InputError(f"{self.keep!r} cannot be kept: use {' or '.join(KEEP)}")
        if self.keep is not None and self.what not in ("melody", "all"):
            raise InputError(f"the {self.keep} can only be kept of a melody, not of {self.what}: leave --keep out")
        if self.bars is not None and not 1 <= self.bars[0] <= self.bars[1]:
            raise InputError(f"bars {self.bars[0]}-{self.bars[1]} are out of order: write them like 5-12")
        check_seed(self.seed)


def chosen_bars(song: Song, request: Request) -> frozenset[int]:
    """Return the bars, from 0, that a request is for."""
    bars = set(range(song.plan.bars))
    if request.section is not None:
        asked = request.section.strip().casefold()
        sections = [s for s in song.plan.sections if s.label.casefold() == asked]
        sections = sections or [s for s in song.plan.sections if s.kind == asked]
        if not sections:
            labels = ", ".join(dict.fromkeys(printable(section.label) for section in song.plan.sections))
            raise InputError(f"the song has no section {request.section!r}: it has {labels}")
        bars = {bar for s in sections for bar in range(s.bar, s.bar + s.bars)}
    if request.bars is not None:
        if request.bars[1] > song.plan.bars:
            raise InputError(f"bars {request.bars[0]}-{request.bars[1]}: the song has {song.plan.bars} bars")
        bars &= set(range(request.bars[0] - 1, request.bars[1]))
    if not bars:
        raise InputError("the section and the bars asked for have nothing in common: name one of the two")
    return frozenset(bars)
