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
STRONGEST_GUIDANCE = 8.0


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
    blend, at : what the band is to lie between, each in words or as the folder of a song, and how far from the first
    guidance : how strongly the band follows the words of the prompt: 0 not at all, 2 as usual; None for as usual
    """

    what: str = "melody"
    amount: float = 0.5
    keep: str | None = None
    section: str | None = None
    bars: tuple[int, int] | None = None
    seed: int = 0
    guidance: float | None = None
    blend: tuple[str, str] | None = None
    at: float = 0.5

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
        if self.guidance is not None:
            if self.what == "melody":
                raise InputError("the melody is not guided by words: use guidance with drums, bass or all")
            if not (math.isfinite(self.guidance) and 0.0 <= self.guidance <= STRONGEST_GUIDANCE):
                raise InputError(
                    f"guidance {self.guidance:g} is out of range: use 0 (no words) to {STRONGEST_GUIDANCE:g}, "
                    "2 is usual"
                )
        if self.blend is not None:
            if self.what == "melody" or self.keep is not None:
                raise InputError(
                    "a blend is of the band, the melody stays: use drums, bass or all, and nothing to keep"
                )
            if self.section is not None or self.bars is not None:
                raise InputError(
                    "a blend changes the players, so it is of the whole song: leave section and bars out"
                )
            if not all(one.strip() for one in self.blend):
                raise InputError("a blend is between two things: give words or a song's folder for each")
            if not (math.isfinite(self.at) and 0.0 <= self.at <= 1.0):
                raise InputError(f"at {self.at:g} is out of range: use 0 (the first) to 1 (the second)")
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
