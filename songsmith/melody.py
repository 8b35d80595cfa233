"""Which pitch each note of a line gets: a search over the scale on the given chords.

Viterbi over (pitch, direction of the last move): chord tones where they are heard most, steps rather than leaps,
leaps turned back, a contour for each line, a close at line ends, and the tune of an earlier line where this one
answers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.plan import Chord, chord_at
from songsmith.rhythm import metric_strength
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter

Costs = npt.NDArray[np.float64]

STEP_COST = (0.6, 0.1, 0.0, 0.6, 0.7, 1.0, 2.2, 1.2, 2.6, 2.8, 3.6, 4.0, 2.8)
"""Cost of an interval of 0 to 12 semitones; larger ones are not sung."""

CONTOURS = ("arch", "fall", "rise", "wave", "level")


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What is asked of one line's pitches.

    Parameters
    ----------
    onsets, durations : `[notes]` beats
    weights : `[notes]` stress of the syllable, 0 to 1
    low, high : MIDI range
    centre : MIDI pitch the line moves about
    contour : one of `CONTOURS`
    closing : `open` (rests away from the tonic), `closed` (comes home) or `final` (ends on the tonic)
    template : pitch by onset, in beats from `start`, of a line to be like
    start : beats, where the line's bars begin
    """

    onsets: tuple[float, ...]
    durations: tuple[float, ...]
    weights: tuple[float, ...]
    low: int
    high: int
    centre: float
    contour: str
    closing: str
    template: Mapping[float, int]
    start: float


def choose_pitches(
    request: LineRequest,
    chords: Sequence[Chord],
    key: Key,
    meter: Meter,
    previous: int | None,
    rng: np.random.Generator,
) -> tuple[int, ...]:
    """Return a MIDI pitch for every note of the line.

    Parameters
    ----------
    request : the line
    chords : of the whole song
    key, meter : of the song
    previous : last pitch of the line before, which this one starts not too far from
    rng : gives each tune its own taste, a small cost for each pitch at each note
    """
    pitches = np.arange(request.low, request.high + 1)
    at_note = _note_costs(request, pitches, tuple(chords), key, meter, rng)
    moves = _move_costs(pitches)
    count, size = at_note.shape
    # State: (pitch, d) with d = 0 after a step or repeat, 1 after a leap up, 2 after a leap down.
    best = np.full((size, 3), np.inf)
    best[:, 0] = at_note[0]
    if previous is not None:
        best[:, 0] += 0.06 * np.maximum(0, np.abs(pitches - previous) - 4)
    back: list[npt.NDArray[np.int64]] = []
    interval = pitches[None, :] - pitches[:, None]
    kind = np.where(interval >= 5, 1, np.where(interval <= -5, 2, 0))
    unturned = np.zeros((3, size, size))
    unturned[1] = np.where(interval > 0, 0.9, np.where(interval == 0, 0.3, -0.1))
    unturned[2] = np.where(interval < 0, 0.9, np.where(interval == 0, 0.3, -0.1))
    for i in range(1, count):
        # total[d, from, to]
        total = best.T[:, :, None] + moves[None] + unturned
        flat = total.reshape(3 * size, size)
        chosen = np.full((size, 3), np.inf)
        pointer = np.zeros((size, 3), dtype=np.int64)
        for d in range(3):
            allowed = np.where(np.tile(kind == d, (3, 1)), flat, np.inf)
            pointer[:, d] = allowed.argmin(axis=0)
            chosen[:, d] = allowed[pointer[:, d], np.arange(size)]
        back.append(pointer)
        best = chosen + at_note[i][:, None]
    state = int(best.argmin())
    place, direction = divmod(state, 3)
    path = [place]
    for pointer in reversed(back):
        direction, place = divmod(int(pointer[place, direction]), size)
        path.append(place)
    return tuple(int(pitches[p]) for p in reversed(path))


def _move_costs(pitches: npt.NDArray[np.int64]) -> Costs:
    """Return `[from, to]` costs of an interval."""
    size = np.abs(pitches[:, None] - pitches[None, :])
    table = np.full(max(int(size.max()) + 1, len(STEP_COST)), 30.0)
    table[: len(STEP_COST)] = STEP_COST
    return np.asarray(table[size])


def _note_costs(
    request: LineRequest,
    pitches: npt.NDArray[np.int64],
    chords: tuple[Chord, ...],
    key: Key,
    meter: Meter,
    rng: np.random.Generator,
) -> Costs:
    """Return `[notes, pitches]`: how badly each pitch suits each note."""
    onsets = np.asarray(request.onsets)
    strength = metric_strength(onsets, meter)
    cost = rng.normal(0.0, 0.35, (len(onsets), len(pitches)))
    targets = request.centre + _contour(request.contour, onsets, request.start, rng)
    cost += 0.06 * (pitches[None, :] - targets[:, None] - 1.5 * (np.asarray(request.weights)[:, None] - 0.4)) ** 2
    scale = set(key.scale)
    for i, onset in enumerate(request.onsets):
        chord = chord_at(chords, onset)
        tones = parse_chord(chord.symbol) if chord else None
        long_note = min(1.0, request.durations[i] / 2.0)
        heard = max(float(strength[i]), long_note)
        for k, pitch in enumerate(pitches):
            pc = int(pitch) % 12
            cost[i, k] += _harmonic_cost(pc, tones.tones if tones else None, scale, heard)
        known = request.template.get(round(onset - request.start, 6))
        if known is not None:
            cost[i] += 1.2 * np.minimum(np.abs(pitches - known), 5)
    cost[-1] += _closing_cost(request.closing, pitches, key, request.centre)
    return cost


def _harmonic_cost(pc: int, tones: tuple[int, ...] | None, scale: set[int], heard: float) -> float:
    """Cost of a pitch class on a chord: 0 for a triad tone; others cost more the stronger they are heard."""
    if tones is None:
        return 0.0 if pc in scale else 6.0
    if pc in tones[:3]:
        return 0.0
    if pc in tones:
        return 0.6 * heard
    if pc not in scale:
        return 8.0
    # A scale tone a semitone from an altered chord tone (the seventh degree under V in minor) is a wrong note.
    if any((pc - tone) % 12 in (1, 11) and tone not in scale for tone in tones):
        return 8.0
    clash = 1.2 if any((pc - tone) % 12 == 1 for tone in tones) else 0.0
    return 0.2 + (3.8 + clash) * heard**2


def _contour(kind: str, onsets: Costs, start: float, rng: np.random.Generator) -> Costs:
    """Return the height in semitones about the centre that the contour asks at each onset."""
    span = max(1e-6, float(onsets[-1] - onsets[0]))
    x = (onsets - onsets[0]) / span
    height = float(rng.uniform(3.0, 5.0))
    shapes = {
        "arch": np.sin(np.pi * x) * 2 - 1,
        "fall": 1 - 2 * x,
        "rise": 2 * x - 1,
        "wave": np.sin(2 * np.pi * x),
        "level": np.zeros_like(x),
    }
    return np.asarray(height * shapes[kind])


def _closing_cost(closing: str, pitches: npt.NDArray[np.int64], key: Key, centre: float) -> Costs:
    """Return what the last note of a line costs by its scale degree."""
    degree = (pitches - key.tonic) % 12
    third = 3 if key.is_minor else 4
    if closing == "final":
        return np.where(degree == 0, 0.0, 6.0)
    if closing == "closed":
        return np.where(degree == 0, -0.8, np.where(np.isin(degree, (third, 7)), 0.0, 0.9))
    return np.where(degree == 0, 1.2, np.where(np.isin(degree, (2, 7, third)), -0.3, 0.3))
