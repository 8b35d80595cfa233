"""The beats of a melody that nobody counted in: tempo and phase from the onsets, then the nearest note values.

A tempo is good where onsets gather at multiples of its beat and of its half beat (the length of the mean resultant
vector, as for any circular quantity), weighed by how usual the tempo is. Small drift is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TEMPI = (50.0, 200.0)
USUAL_TEMPO = 96.0
SPREAD = 0.6
"""Width of the usual tempi, in natural logarithms."""

USUAL_NOTES = 1.3
"""Notes of a melody in a beat, about."""

PAUSE_S = 1.5
"""Onsets further apart than this say nothing of the pace."""

GRID = 0.25
FINE_COST = 0.055
"""How much worse, in beats, an onset on an odd sixteenth is taken to be."""

FOLLOW = 0.15
"""How much of each onset's deviation the beat follows."""

LEGATO_BEATS = 0.3
"""A rest shorter than this belongs to the note before it."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats at one tempo: `start_s` is when a beat falls, at or before the first onset."""

    tempo: float
    start_s: float


def find_beats(onsets_s: Sequence[float], durations_s: Sequence[float], tempo: float | None = None) -> Beats:
    """Return the beats that a melody's onsets gather at.

    Parameters
    ----------
    onsets_s, durations_s : seconds
    tempo : quarter notes a minute where it is known
    """
    onsets = np.asarray(onsets_s)
    weights = np.sqrt(np.clip(np.asarray(durations_s), 0.05, 1.0))
    if tempo is None:
        tempi = np.arange(TEMPI[0], TEMPI[1] + 0.01, 0.25)
        scores = np.array([_goodness(onsets, weights, float(one)) for one in tempi])
        tempo = float(tempi[int(scores.argmax())])
        tempo = _refined(onsets, weights, tempo)
    beat = 60.0 / tempo
    phase = _phase(onsets, weights, beat)
    start = float(onsets[0]) - ((float(onsets[0]) - phase) % beat)
    if float(onsets[0]) - start > 0.85 * beat:  # a little early for the next beat rather than late for this one
        start += beat
    return Beats(round(tempo, 2), start)


def _gathered(onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], period: float) -> complex:
    """Return the mean resultant vector of onsets on a circle of a period."""
    return complex(np.sum(weights * np.exp(2j * np.pi * onsets / period)) / weights.sum())


def _goodness(onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], tempo: float) -> float:
    beat = 60.0 / tempo
    on_beat = abs(_gathered(onsets, weights, beat))
    on_half = abs(_gathered(onsets, weights, beat / 2))
    on_quarter = abs(_gathered(onsets, weights, beat / 4))
    between = np.diff(onsets)
    a_beat = beat / float(np.mean(between[between < PAUSE_S])) if (between < PAUSE_S).any() else 1.0
    usual = np.exp(
        -0.5 * (np.log(tempo / USUAL_TEMPO) / SPREAD) ** 2 - 0.5 * (np.log(a_beat / USUAL_NOTES) / SPREAD) ** 2
    )
    return float((0.8 * on_beat + 1.0 * on_half + 0.5 * on_quarter) * (0.45 + 0.55 * usual))


def _refined(onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], tempo: float) -> float:
    """Return the tempo near one that gathers the half beats best."""
    near = tempo * np.linspace(0.99, 1.01, 81)
    scores = [abs(_gathered(onsets, weights, 30.0 / float(one))) for one in near]
    return float(near[int(np.argmax(scores))])


def _phase(onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], beat: float) -> float:
    """Return when a beat falls: where the half beats gather, on the side where the longer notes begin."""
    half = np.angle(_gathered(onsets, weights, beat / 2)) / (2 * np.pi) * beat / 2
    strengths = []
    for candidate in (half, half + beat / 2):
        off = np.abs((onsets - candidate + beat / 2) % beat - beat / 2)
        strengths.append(float(np.sum(weights * np.exp(-((off / (0.12 * beat)) ** 2)))))
    return float(half + (strengths[1] > strengths[0] * 1.05) * beat / 2)


def quantise(spans_s: Sequence[tuple[float, float]], beats: Beats) -> list[tuple[float, float]]:
    """Return (onset, duration) in beats for notes in seconds, the first beat of the melody being 0.

    The beat follows the singer a little, so that drift does not add up. Every note keeps at least a sixteenth.
    """
    beat = 60.0 / beats.tempo
    drift = 0.0
    onsets: list[float] = []
    for start, _ in spans_s:
        exact = (start - beats.start_s) / beat - drift
        place = _nearest(exact)
        if onsets and place <= onsets[-1]:
            place = onsets[-1] + GRID
        drift += FOLLOW * np.clip(exact - place, -0.2, 0.2)
        onsets.append(place)
    rows = []
    for k, (onset, (start, end)) in enumerate(zip(onsets, spans_s, strict=True)):
        length = (end - start) / beat
        room = onsets[k + 1] - onset if k + 1 < len(onsets) else max(GRID, _nearest(length))
        if room - length < LEGATO_BEATS or k + 1 == len(onsets):
            duration = room
        else:
            duration = min(room, max(GRID, round(length / GRID) * GRID))
        rows.append((round(onset, 6), round(float(duration), 6)))
    shift = int(np.floor(rows[0][0] + 1e-6))
    return [(round(onset - shift, 6), duration) for onset, duration in rows]


def _nearest(exact: float) -> float:
    """Return the nearest place on the grid, odd sixteenths only where they are clearly nearer."""
    coarse = round(exact * 2) / 2
    fine = round(exact / GRID) * GRID
    return fine if abs(exact - fine) + FINE_COST < abs(exact - coarse) else coarse
