"""Notes that ran into each other where bars were put between them, cut so that they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from songsmith.accompaniment.parts import PartNote
from songsmith.errors import InputError
from songsmith.score import Note


def each_pitch_once(notes: Sequence[PartNote]) -> tuple[PartNote, ...]:
    """Return notes in order, each ending where its pitch starts again."""
    following: dict[int, float] = {}
    kept = []
    for note in sorted(notes, key=lambda n: (-n.onset, n.pitch)):
        stop = min(note.onset + note.duration, following.get(note.pitch, float("inf")))
        if stop - note.onset > 1e-6:
            kept.append(
                note if stop >= note.onset + note.duration else replace(note, duration=round(stop - note.onset, 6))
            )
            following[note.pitch] = note.onset
    return tuple(sorted(kept, key=lambda n: (n.onset, n.pitch)))


def apart(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes of which none lasts into the next, where a pickup has moved up to a new line."""
    kept = [*notes]
    for k, (one, after) in enumerate(pairwise(notes)):
        if one.end > after.onset + 1e-6:
            if after.onset - one.onset < 0.1:
                raise InputError(
                    "the new lines run into those that follow them: use a longer --by, or another place with --from"
                )
            kept[k] = replace(one, duration=round(after.onset - one.onset, 6))
    return tuple(kept)
