"""Pitches for a rhythm that is given, near a melody that is wanted: the part of varying that makes music of it.

Viterbi over the range: near the wanted pitch, in the scale, chord tones where they are heard most, small steps; and
where the contour is to be kept, moving up, down or not at all as the old melody does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from songsmith.metre import metric_strength
from songsmith.plan import Chord, chord_at
from songsmith.score import Note
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter

Costs = npt.NDArray[np.float64]

NEAR = 0.8
OUT_OF_KEY = 6.0
OUT_OF_CHORD = 3.0
LEAP = 0.06
AGAINST = 50.0


def repitched(
    notes: Sequence[Note],
    wanted: Sequence[int],
    chords: tuple[Chord, ...],
    key: Key,
    meter: Meter,
    bounds: tuple[int, int],
    beside: tuple[int | None, int | None] = (None, None),
    directions: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Return a pitch for each note.

    Parameters
    ----------
    notes : whose onsets and durations stay
    wanted : `[notes]` pitches to be near to
    chords, key, meter : of the song
    bounds : lowest and highest pitch
    beside : pitches of the notes before and after these, None where a phrase begins or ends
    directions : `[notes + 1]` sign of the moves to keep, from the note before to the note after; None for any
    """
    pitches = np.arange(bounds[0], bounds[1] + 1)
    strength = metric_strength(np.array([note.onset for note in notes]), meter)
    scale = np.isin(pitches % 12, key.scale)
    cost = np.empty((len(notes), len(pitches)))
    for k, (note, target) in enumerate(zip(notes, wanted, strict=True)):
        chord = chord_at(chords, note.onset)
        tones = parse_chord(chord.symbol) if chord else None
        inside = np.isin(pitches % 12, tones.tones) if tones else scale
        heard = max(float(strength[k]), min(1.0, note.duration / 2.0))
        cost[k] = NEAR * np.abs(pitches - target) + OUT_OF_KEY * ~(scale | inside)
        cost[k] += OUT_OF_CHORD * heard**2 * ~inside
    interval = pitches[None, :] - pitches[:, None]
    moves = _leap(interval)
    before, after = beside
    best = cost[0].copy()
    if before is not None:
        best += _leap(pitches - before) + _against(pitches - before, directions, 0)
    back = np.zeros(cost.shape, int)
    for k in range(1, len(notes)):
        total = best[:, None] + moves + _against(interval, directions, k)
        back[k] = total.argmin(axis=0)
        best = total.min(axis=0) + cost[k]
    if after is not None:
        best = best + _leap(after - pitches) + _against(after - pitches, directions, len(notes))
    path = [int(best.argmin())]
    for k in range(len(notes) - 1, 0, -1):
        path.append(int(back[k, path[-1]]))
    return tuple(int(pitches[place]) for place in reversed(path))


def _leap(interval: npt.NDArray[np.int64]) -> Costs:
    """Return the cost of moves by intervals in semitones."""
    return np.asarray(LEAP * np.maximum(0, np.abs(interval) - 2) ** 2)


def _against(interval: npt.NDArray[np.int64], directions: Sequence[int] | None, k: int) -> Costs:
    """Return the cost of moves that do not go the way they should."""
    if directions is None:
        return np.zeros(interval.shape)
    return np.asarray(AGAINST * (np.sign(interval) != directions[k]))
