"""What is sung in a recording of one voice: its notes counted in beats that follow the singer, its key and meter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError
from songsmith.harmonise import melody_key
from songsmith.metre import metric_strength
from songsmith.theory import Key
from songsmith.timeline import Meter, Timeline
from songsmith.tunes.beatgrid import find_beats, quantise
from songsmith.tunes.hum import PITCH_RANGE_HZ, HeardNote, hear_notes
from songsmith.tunes.tune import TuneNote

INTRO_BARS, OUTRO_BARS = 2, 1
LEAST_NOTES = 12
STRAY = 0.32
"""Sung notes are this far off the semitones of one tuning at most, in the mean; speech is further."""

LEAST_SUNG = 0.25
"""Share of the time between the first and the last note that is sung at least."""

STIFFNESS = 3.0
"""How much even beats weigh against where each note is sung."""

CLEAR_STEP_S = 0.02

CHANGE_OF_METER = 1.06
"""How much better accents have to fit 3/4 than 4/4 to be taken for it."""

FIRST_ON_BAR = 1.06
"""How much better accents fit a bar line on the first note than one that makes it a pickup: most tunes have none."""


@dataclass(frozen=True, slots=True)
class SungTune:
    """What is sung in a recording.

    Parameters
    ----------
    notes : in beats from the first bar line of the voice; a pickup comes before it
    timeline : when those beats are, from the bar line `lead_bars` before it on
    key, meter : of it
    bars : that it lasts, from its first bar line on
    """

    notes: tuple[TuneNote, ...]
    timeline: Timeline
    key: Key
    meter: Meter
    bars: int


def sung_notes(mono: npt.NDArray[np.float64], rate: int, name: str) -> list[HeardNote]:
    """Return the notes of a voice; raise InputError where nobody sings a melody."""
    if float(np.abs(mono).max(initial=0.0)) < 1e-4:
        raise InputError(f"{name}: is silent: give a recording of a voice")
    notes, _ = hear_notes(mono, rate)
    if len(notes) < LEAST_NOTES:
        raise InputError(
            f"{name}: {len(notes)} sung notes are heard, at least {LEAST_NOTES} are needed: give a voice that sings "
            "alone, without a band"
        )
    lengths = np.asarray([note.end_s - note.start_s for note in notes])
    stray = float((np.abs([note.off for note in notes]) * lengths).sum() / lengths.sum())
    share = float(lengths.sum() / (notes[-1].end_s - notes[0].start_s))
    if stray > STRAY or share < LEAST_SUNG or steadiness(notes) < LEAST_STEADY:
        raise InputError(
            f"{name}: sounds like speech or a band, not like one voice singing (notes {stray:.2f} semitones off, "
            f"{share:.0%} of the time sung, {steadiness(notes):.2f} on a scale): give a voice that sings alone"
        )
    if (alone := clearness(mono, rate)) < LEAST_CLEAR:
        raise InputError(
            f"{name}: sounds like a band or several voices, not like one voice singing (periodic to {alone:.0%}, at "
            f"least {LEAST_CLEAR:.0%} is needed): give a voice that sings alone"
        )
    return notes


LEAST_CLEAR = 0.9
"""How periodic a voice alone is at least: singers and a trumpet have 0.99, a reader 0.92, bands with a singer 0.69 to
0.88."""


def clearness(mono: npt.NDArray[np.float64], rate: int) -> float:
    """Return how periodic a sound is where it has a pitch: the median of the peaks of Praat's autocorrelation.

    Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17 (1993).
    """
    import parselmouth

    low, high = PITCH_RANGE_HZ
    found = parselmouth.Sound(mono, rate).to_pitch_ac(time_step=CLEAR_STEP_S, pitch_floor=low, pitch_ceiling=high)
    voiced = found.selected_array["frequency"] > 0
    return float(np.median(found.selected_array["strength"][voiced])) if voiced.any() else 0.0


LEAST_STEADY = 0.78
"""Share of the sung time that is on the best seven tones: chance is 0.58 to 0.7."""


def steadiness(notes: Sequence[HeardNote]) -> float:
    """Return the share of the sung time that is on tones of the best major scale."""
    heard = np.zeros(12)
    for note in notes:
        heard[note.pitch % 12] += note.end_s - note.start_s
    return max(float(heard[list(Key(tonic, "major").scale)].sum()) for tonic in range(12)) / float(heard.sum())


def count_beats(
    heard: Sequence[HeardNote], tempo: float | None = None, key: str | None = None, meter: str | None = None
) -> tuple[SungTune, float]:
    """Return the tune that is sung, and how many seconds after the song's beginning the recording begins."""
    spans = [(note.start_s, note.end_s) for note in heard]
    beats = find_beats([a for a, _ in spans], [b - a for a, b in spans], tempo)
    rows = quantise(spans, beats)
    onsets = np.asarray([onset for onset, _ in rows])
    weights = np.asarray([min(2.0, duration) for _, duration in rows])
    found, first = _bar_line(onsets, weights, None if meter is None else Meter.parse(meter))
    notes = tuple(
        TuneNote(round(onset - first, 6), duration, note.pitch)
        for (onset, duration), note in zip(rows, heard, strict=True)
    )
    lead_beats = INTRO_BARS * found.beats_per_bar + (found.beats_per_bar if notes[0].onset < -1e-6 else 0)
    bars = max(1, math.ceil((notes[-1].end - 1e-6) / found.beats_per_bar))
    count = lead_beats + (bars + OUTRO_BARS) * found.beats_per_bar
    times = _follow([note.onset + lead_beats for note in notes], [a for a, _ in spans], count, beats.tempo)
    lead_s = -float(times[0])
    timeline = Timeline(
        round(60.0 / float(np.median(np.diff(times))), 2),
        tuple(round(float(t) + lead_s, 6) for t in times),
        tuple(range(0, len(times), found.beats_per_bar)),
    )
    own = Key.parse(key) if key is not None else melody_key(notes)
    return SungTune(notes, timeline, own, found, bars), lead_s


def _bar_line(
    onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], meter: Meter | None
) -> tuple[Meter, float]:
    """Return the meter and the first bar line that long notes fit best; 4/4 unless 3/4 fits clearly better."""
    best: tuple[float, Meter, float] | None = None
    for one in (meter,) if meter is not None else (Meter.parse("4/4"), Meter.parse("3/4")):
        for place in range(one.beats_per_bar):
            strength = metric_strength(onsets - place, one)
            fit = float((weights * strength).sum() / (weights.sum() * _usual_strength(one)))
            fit /= CHANGE_OF_METER if str(one) == "3/4" and meter is None else 1.0
            fit *= FIRST_ON_BAR if abs(onsets[0] - place) < 1e-6 else 1.0
            if best is None or fit > best[0] + 1e-9:
                best = (fit, one, float(place))
    assert best is not None
    return best[1], best[2]


def _usual_strength(meter: Meter) -> float:
    """Return the mean strength of the eighths of a bar: what chance reaches."""
    return float(metric_strength(np.arange(0, meter.beats_per_bar, 0.5), meter).mean())


def _follow(places: Sequence[float], times_s: Sequence[float], count: int, tempo: float) -> npt.NDArray[np.float64]:
    """Return the times of `count` beats and the one past them: near every note that is sung, and as even as can be.

    Least squares on the distance of each note from its place between its beats, and on the second differences of
    the beats.
    """
    from scipy.linalg import solve

    beat_s = 60.0 / tempo
    size = count + 1
    matrix, target = np.zeros((size, size)), np.zeros(size)
    for place, time in zip(places, times_s, strict=True):
        k = int(np.clip(np.floor(place), 0, size - 2))
        share = place - k
        row = np.zeros(size)
        row[k], row[k + 1] = 1.0 - share, share
        matrix += np.outer(row, row)
        target += row * time
    for k in range(size - 2):
        row = np.zeros(size)
        row[k : k + 3] = 1.0, -2.0, 1.0
        matrix += STIFFNESS * 4.0 * np.outer(row, row)
    times = np.asarray(solve(matrix + 1e-9 * np.eye(size), target, assume_a="pos"))
    gaps = np.clip(np.diff(times), 0.7 * beat_s, 1.4 * beat_s)
    return np.asarray(times[0] + np.concatenate([[0.0], np.cumsum(gaps)]))
