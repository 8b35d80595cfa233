"""When each syllable of a line is sung: a search over the beat grid.

Dynamic programming (Viterbi) places the syllables one after another on a grid, at the least total cost of
spacing (a spoken pace, longer before a comma, shorter inside a word) and of stress (strong syllables on strong
beats, weak ones off them). A line that answers an earlier one is drawn to the earlier one's onsets.

Source: A. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm",
IEEE Trans. Information Theory 13 (1967), for the search; the costs are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lyrics.values import Line
from songsmith.phrasing import SHORTEST_SYLLABLE_S, SYLLABLE_S, grid_beats
from songsmith.timeline import Meter

Costs = npt.NDArray[np.float64]

PAUSE_MARKS = ",;:.!?—–…"
BREATH_S = 0.3
"""Time kept free between the end of a line and the first note of the next."""

HELD_END_S = 0.35
"""The last note of a line is at least this long."""


@dataclass(frozen=True, slots=True)
class RhythmRequest:
    """What is asked of one line's rhythm.

    Parameters
    ----------
    weights : `[syllables]` 0 (weak) to 1 (strong)
    gaps : `[syllables]` how many times the usual pace a syllable wants (1.6 before a comma, more for a melisma)
    start, end : beats, the bars of the line
    earliest : beats, before which nothing may start (the line before must end first)
    template : onsets in beats from `start` of a line to be like, empty for none
    """

    weights: tuple[float, ...]
    gaps: tuple[float, ...]
    start: float
    end: float
    earliest: float
    template: tuple[float, ...] = ()


def syllable_gaps(line: Line) -> tuple[float, ...]:
    """Return how many times the usual pace each syllable of a line wants before the next one starts."""
    gaps: list[float] = []
    for word in line.words:
        inside = [0.9] * len(word.syllables)
        mark = word.text.rstrip("\"'”’)")[-1:]
        inside[-1] = 1.6 if mark and mark in PAUSE_MARKS else 1.0
        gaps.extend(gap * (1 + extra) for gap, extra in zip(inside, word.melismas, strict=True))
    return tuple(gaps)


def metric_strength(position: Costs, meter: Meter) -> Costs:
    """Return the strength of positions in beats from a bar line: 1 on the downbeat, 0 on a sixteenth.

    Source: the metrical grid of F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal Music" (1983),
    one level for each doubling (tripling) of the pulse.
    """
    place = np.mod(position, meter.beats_per_bar)
    strength = np.zeros_like(place)
    for step, level in _LEVELS[str(meter)]:
        on = np.abs(place / step - np.round(place / step)) < 1e-6
        strength = np.where(on, np.maximum(strength, level), strength)
    return np.where(place < 1e-6, 1.0, strength)


_LEVELS = {
    "4/4": ((0.5, 0.3), (1.0, 0.6), (2.0, 0.85)),
    "3/4": ((0.5, 0.3), (1.0, 0.6)),
    "6/8": ((0.5, 0.35), (1.5, 0.8)),
}
"""(step in beats, strength) for each meter, the downbeat apart."""


def place_syllables(
    request: RhythmRequest, tempo: float, meter: Meter, rng: np.random.Generator, syncopation: float = 0.0
) -> tuple[float, ...] | None:
    """Return the onset in beats of every syllable, or None where they do not fit before the end.

    Parameters
    ----------
    request : the line
    tempo : quarter notes a minute
    rng : gives each song its own taste, a small cost for each place in the bar and each spacing
    syncopation : 0 to 1, how welcome strong syllables half a beat before a strong beat are
    """
    step = grid_beats(tempo, meter)
    beat_s = 60.0 / tempo
    first = max(request.earliest, request.start - meter.pulse_beats * 1.5)
    low = int(np.ceil(first / step - 1e-9))
    high = int(np.floor((request.end - (HELD_END_S + BREATH_S) / beat_s) / step + 1e-9))
    if high - low + 1 < len(request.weights):
        return None
    grid: Costs = np.arange(low, high + 1, dtype=np.float64) * step
    longest = max(int(np.ceil(3.0 * SYLLABLE_S / beat_s / step)), int(np.ceil(2.0 / step)))
    taste_place = rng.normal(0.0, 0.12, round(meter.beats_per_bar / step))
    taste_gap = rng.normal(0.0, 0.12, longest + 1)
    at_place = _place_cost(request, grid, step, meter, taste_place, syncopation)
    spacing = _spacing_cost(longest, step, beat_s) + taste_gap[1:]
    return _search(request, grid, step, at_place, spacing, beat_s)


def _place_cost(
    request: RhythmRequest, grid: Costs, step: float, meter: Meter, taste: Costs, syncopation: float
) -> Costs:
    """Return `[syllables, places]`: how badly each syllable sits on each place."""
    strength = metric_strength(grid, meter)
    anticipated = metric_strength(grid + 0.5, meter)
    strength = np.where(strength < 0.5, np.maximum(strength, syncopation * 0.8 * anticipated), strength)
    weights = np.asarray(request.weights)[:, None]
    cost = -2.4 * (weights - 0.42) * (strength[None, :] - 0.35)
    cost = cost + taste[np.mod(np.round(grid / step).astype(int), len(taste))][None, :]
    fine = np.abs(np.mod(grid, 0.5)) > 1e-6
    cost = cost + 0.6 * fine[None, :]
    if request.template:
        known = np.asarray(request.template) + request.start
        near = np.abs(grid[:, None] - known[None, :]).min(axis=1) < 1e-6
        cost = cost - 1.5 * near[None, :]
    return np.asarray(cost)


def _spacing_cost(longest: int, step: float, beat_s: float) -> Costs:
    """Return the cost of 1 to `longest` steps between neighbours, at the usual pace."""
    seconds = np.arange(1, longest + 1) * step * beat_s
    cost = 1.6 * np.log(seconds / SYLLABLE_S) ** 2
    cost += 12.0 * np.maximum(0.0, np.log(SHORTEST_SYLLABLE_S * 1.2 / seconds))
    return np.asarray(cost)


def _search(
    request: RhythmRequest, grid: Costs, step: float, at_place: Costs, spacing: Costs, beat_s: float
) -> tuple[float, ...] | None:
    """Find the cheapest rising sequence of places."""
    count, places = at_place.shape
    best = at_place[0] + _start_cost(request, grid, beat_s)
    back = np.zeros((count, places), dtype=int)
    seconds: Costs = np.arange(1, len(spacing) + 1, dtype=np.float64) * (step * beat_s)
    for i in range(1, count):
        wanted = request.gaps[i - 1]
        moves = spacing if wanted == 1.0 else spacing + 1.6 * _shift(seconds, wanted)
        table = np.full((len(moves), places), np.inf)
        for k, move in enumerate(moves, start=1):
            if k < places:
                table[k - 1, k:] = best[:-k] + move
        choice = table.argmin(axis=0)
        back[i] = choice + 1
        best = table[choice, np.arange(places)] + at_place[i]
    best = best + _end_cost(request, grid, beat_s)
    place = int(best.argmin())
    if not np.isfinite(best[place]):
        return None
    path = [place]
    for i in range(count - 1, 0, -1):
        path.append(path[-1] - int(back[i, path[-1]]))
    return tuple(float(grid[p]) for p in reversed(path))


def _shift(seconds: Costs, wanted: float) -> Costs:
    """Return the change of the spacing cost when `wanted` times the usual pace is asked for."""
    usual = np.log(seconds / SYLLABLE_S)
    return np.asarray((usual - np.log(wanted)) ** 2 - usual**2)


def _start_cost(request: RhythmRequest, grid: Costs, beat_s: float) -> Costs:
    """Prefer to start about the bar line, early rather than late, and not in the breath of the line before."""
    late = grid - request.start
    cost = np.where(late > 0, 0.5 * late * beat_s, -0.8 * late * beat_s)
    rushed = np.maximum(0.0, request.earliest + 0.3 / beat_s - grid)
    return np.asarray(cost + 2.0 * rushed * (request.earliest > 0))


def _end_cost(request: RhythmRequest, grid: Costs, beat_s: float) -> Costs:
    """Leave the last syllable room to be held and the next line room to breathe, but no long hole."""
    left_s = (request.end - grid) * beat_s
    return np.asarray(3.0 * np.maximum(0.0, 1.0 - left_s) ** 2 + 0.35 * np.maximum(0.0, left_s - 2.2))


def sequence_template(onsets: Sequence[float], start: float) -> tuple[float, ...]:
    """Return onsets relative to the start of their line, to be asked of a line that answers it."""
    return tuple(round(onset - start, 6) for onset in onsets)
