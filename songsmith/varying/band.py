"""Drums, bass or the whole band played anew in some bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lyrics.text import printable
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.errors import InputError
from songsmith.seeds import generator
from songsmith.song import Song
from songsmith.varying.request import Request


def vary_parts(song: Song, request: Request, bars: frozenset[int]) -> tuple[Part, ...]:
    """Return the parts with drums, bass or all of them played anew in some of the bars asked for."""
    backend = song.provenance.backend("accompanist")
    name = backend.name if backend is not None else "patterns"
    seed = int(generator(song.seed, "vary", "parts", request.seed).integers(2**62))
    fresh = {part.name: part for part in find_accompanist(name).accompany(song.plan, song.brief, seed).parts}
    wanted = [part.name for part in song.parts if request.what in ("all", part.name)]
    if not wanted:
        names = ", ".join(printable(part.name) for part in song.parts)
        raise InputError(f"the song has no {request.what} to vary: it has {names}")
    parts = []
    for part in song.parts:
        new = fresh.get(part.name)
        if part.name in wanted and new is not None:
            order = generator(song.seed, "vary", "bars", part.name, request.seed).permutation(sorted(bars))
            chosen = {int(bar) for bar in order[: round(request.amount * len(order))]}
            part = replace(part, notes=spliced(part.notes, new.notes, chosen, song.plan.beats_per_bar))
        parts.append(part)
    return tuple(parts)


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
