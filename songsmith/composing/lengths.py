"""How long the notes are, and which syllables are sung on several: drawn from what lead sheets do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songsmith.composing.gaps import GAPS
from songsmith.composing.scorer import MelodyModel

MOST_NOTES = 3
"""Notes of one syllable where the writer does not ask for more."""


def note_length(
    model: MelodyModel, idiom: int, last: bool, gap: int, shortest: int, longest: int, rng: np.random.Generator
) -> int:
    """Draw the steps that a note sounds, of the `gap` steps to the next one.

    Parameters
    ----------
    last : whether it ends a line
    shortest, longest : bounds in steps
    """
    shares = model.lengths[idiom, int(last), min(gap, GAPS)].astype(np.float64)
    steps = np.arange(len(shares))
    shares = np.where((steps >= shortest) & (steps <= longest), shares, 0.0)
    if shares.sum() <= 1e-6:
        return max(shortest, min(longest, gap))
    return int(rng.choice(len(shares), p=shares / shares.sum()))


def note_count(model: MelodyModel, last: bool, length: int, shortest: int, rng: np.random.Generator) -> int:
    """Draw how many notes a syllable of `length` steps is sung on."""
    shares = model.splits[int(last), min(length, GAPS)].astype(np.float64)
    most = min(MOST_NOTES, length // max(1, shortest))
    shares = shares[: max(1, most)]
    return 1 + int(rng.choice(len(shares), p=shares / shares.sum()))


def cut(model: MelodyModel, length: int, count: int, shortest: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Cut `length` steps into `count` notes of at least `shortest` steps each."""
    parts: list[int] = []
    for left in range(count, 1, -1):
        most = length - (left - 1) * shortest
        shares = model.first_parts[min(length, GAPS)].astype(np.float64)
        steps = np.arange(len(shares))
        shares = np.where((steps >= shortest) & (steps <= most), shares, 0.0)
        first = int(rng.choice(len(shares), p=shares / shares.sum())) if shares.sum() > 1e-6 else length // left
        parts.append(max(shortest, min(most, first)))
        length -= parts[-1]
    return (*parts, length)


def held_notes(lengths: Sequence[int], onset: int) -> tuple[tuple[int, int], ...]:
    """Return (onset, length) in steps of notes that follow each other from `onset`."""
    found = []
    for length in lengths:
        found.append((onset, length))
        onset += length
    return tuple(found)
