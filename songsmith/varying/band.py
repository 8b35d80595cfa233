"""Drums, bass or the whole band played anew in some bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lyrics.text import printable
from songsmith.accompaniment import DEFAULT
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.palette import LEAD
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.errors import InputError
from songsmith.seeds import generator
from songsmith.song import Song
from songsmith.varying.blend import blended
from songsmith.varying.request import Request


def vary_parts(song: Song, request: Request, bars: frozenset[int]) -> tuple[Part, ...]:
    """Return the parts with drums, bass or all of them varied in the bars asked for.

    The accompanist `diffusion` varies each of those bars as far as asked for; another one plays as many of them anew.
    """
    backend = song.provenance.backend("accompanist")
    name = backend.name if backend is not None else DEFAULT
    seed = int(generator(song.seed, "vary", "parts", request.seed).integers(2**62))
    wanted = [part.name for part in song.parts if request.what in ("all", part.name.partition("-")[0])]
    if not wanted:
        names = ", ".join(printable(part.name) for part in song.parts)
        raise InputError(f"the song has no {request.what} to vary: it has {names}")
    if request.blend is not None:
        return blended(song, request, seed)
    if name == "diffusion":
        return _revised(song, request, bars, seed)
    if request.guidance is not None:
        raise InputError(
            f"the band of the song is played by {printable(name)}, which takes no guidance: leave it out"
        )
    fresh = {part.name: part for part in find_accompanist(name).accompany(song.plan, song.brief, seed).parts}
    parts = []
    for part in song.parts:
        new = fresh.get(part.name)
        if part.name in wanted and new is not None:
            part = _partly(song, part, new.notes, request, bars)
        parts.append(part)
    return tuple(parts)


def _revised(song: Song, request: Request, bars: frozenset[int], seed: int) -> tuple[Part, ...]:
    """Return the parts with some varied by the diffusion model; a tune that is played instead of sung, by rule."""
    from songsmith.accompaniment.latent.band import tune_anew
    from songsmith.accompaniment.latent.revising import vary
    from songsmith.accompaniment.latent.rolls import PARTS

    before = Accompaniment(song.parts, song.timeline, song.chords)
    names = PARTS if request.what == "all" else (request.what,)
    parts = vary(
        before, song.plan, song.brief, song.seed, seed,
        parts=names, bars=bars, amount=request.amount, guidance=request.guidance,
    ).parts  # fmt: skip
    if request.what != "all" or request.amount == 0.0:
        return parts
    return tuple(
        _partly(song, part, tune_anew(song.plan, song.brief, song.seed, seed), request, bars)
        if part.name == LEAD
        else part
        for part in parts
    )


def _partly(song: Song, part: Part, new: Sequence[PartNote], request: Request, bars: frozenset[int]) -> Part:
    """Return a part with as many of the bars as asked for from `new`."""
    order = generator(song.seed, "vary", "bars", part.name, request.seed).permutation(sorted(bars))
    chosen = {int(bar) for bar in order[: round(request.amount * len(order))]}
    return replace(part, notes=spliced(part.notes, new, chosen, song.plan.beats_per_bar))


def spliced(old: Sequence[PartNote], new: Sequence[PartNote], bars: set[int], beats: int) -> tuple[PartNote, ...]:
    """Return some bars from `new` and the others from `old`, no note reaching into a bar of the other."""
    notes: list[PartNote] = []
    for source, is_new in ((old, False), (new, True)):
        for note in source:
            bar = int(max(0.0, note.onset) // beats)
            if (bar in bars) is not is_new:
                continue
            end_bar = bar + 1
            while (end_bar in bars) is is_new and end_bar * beats < note.onset + note.duration:
                end_bar += 1
            notes.append(replace(note, duration=round(min(note.duration, end_bar * beats - note.onset), 6)))
    return tuple(sorted(notes, key=lambda n: (n.onset, n.pitch)))
