"""Chords by beat: what the chord network says of half beats, and the likeliest way through it.

A chord lasts until the music leaves it; it is left more easily on a downbeat than in the middle of a bar, and hardly
between beats.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.analysis.classes import CHORDS, NO_CHORD, QUALITIES
from songsmith.analysis.features import PITCH_FPS, Frames, between
from songsmith.plan import Chord
from songsmith.theory import DEGREES, FLAT_NAMES, SHARP_NAMES, Key
from songsmith.theory import QUALITIES as INTERVALS
from songsmith.timeline import Meter, Timeline

Table = npt.NDArray[np.float64]

STEPS_PER_BEAT = 2
DOWNBEAT, MIDDLE, BEAT, BETWEEN = 1.5, 2.5, 4.0, 9.0
"""What a change of chord costs on the first beat of a bar, in its middle, on other beats, and between beats."""

TRUST = 0.6
"""Weight of each half beat's own chances: neighbouring ones are not independent."""

UNDER = 0.6
"""A chord is written over another of its tones where the bass is on that tone with at least this chance."""


@dataclass(frozen=True, slots=True, eq=False)
class HeardChords:
    """What the chord network says of each half beat from a timeline's first beat on.

    Parameters
    ----------
    chords : chances `[steps, CHORDS]`
    bass : chances of each pitch class, and of none, `[steps, 13]`
    tones : chance that each pitch class belongs to the chord, `[steps, 12]`
    """

    chords: Table
    bass: Table
    tones: Table


def hear_chords(pitches: Frames, timeline: Timeline) -> HeardChords:
    """Return what the chord network hears in a pitch spectrogram between the beats of a timeline."""
    import torch

    from songsmith.analysis.networks import listening, load_networks

    _, network = load_networks()
    beats = len(timeline.beats)
    edges = timeline.beats_to_seconds(np.arange(0, (beats - 1) * STEPS_PER_BEAT + 1) / STEPS_PER_BEAT)
    steps = between(pitches, PITCH_FPS, edges)
    with listening():
        chords, bass, tones = network(torch.from_numpy(steps)[None])
        return HeardChords(
            torch.softmax(chords[0].double(), 1).numpy(),
            torch.softmax(bass[0].double(), 1).numpy(),
            torch.sigmoid(tones[0].double()).numpy(),
        )


def follow_chords(heard: HeardChords, timeline: Timeline, meter: Meter) -> npt.NDArray[np.int64]:
    """Return the chord class of each half beat: the likeliest way through them."""
    costs = change_costs(len(heard.chords), timeline, meter)
    fit = TRUST * np.log(np.clip(heard.chords, 1e-6, 1.0))
    best = fit[0].copy()
    back = np.zeros(fit.shape, np.int16)
    stay = np.arange(CHORDS)
    for step in range(1, len(fit)):
        source = int(best.argmax())
        left = best[source] - costs[step]
        changed = left > best
        back[step] = np.where(changed, source, stay)
        best = np.where(changed, left, best) + fit[step]
    state = int(best.argmax())
    path = np.zeros(len(fit), np.int64)
    for step in range(len(fit) - 1, -1, -1):
        path[step] = state
        state = int(back[step, state])
    return path


def change_costs(steps: int, timeline: Timeline, meter: Meter) -> Table:
    """Return what a change of chord costs at the beginning of each half beat."""
    costs = np.full(steps, BETWEEN)
    costs[::STEPS_PER_BEAT] = BEAT
    bar = meter.beats_per_bar * STEPS_PER_BEAT
    for downbeat in timeline.downbeats:
        place = downbeat * STEPS_PER_BEAT
        if meter.pulses_per_bar % 2 == 0 and place + bar // 2 < steps:
            costs[place + bar // 2] = MIDDLE
        if place < steps:
            costs[place] = DOWNBEAT
    return costs


def write_chords(path: npt.NDArray[np.int64], heard: HeardChords, key: Key) -> tuple[Chord, ...]:
    """Return chords in beats with the names of a key, from the class of each half beat."""
    names = FLAT_NAMES if key.signature < 0 else SHARP_NAMES
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    chords = []
    for first, past in pairwise(edges):
        symbol = _symbol(int(path[first]), heard.bass[first:past].mean(axis=0), names)
        chords.append(Chord(first / STEPS_PER_BEAT, (past - first) / STEPS_PER_BEAT, symbol))
    return tuple(chords)


def _symbol(number: int, bass: Table, names: tuple[str, ...]) -> str:
    if number == NO_CHORD:
        return "N"
    root, kind = divmod(number, len(QUALITIES))
    quality = QUALITIES[kind]
    symbol = names[root] if quality == "maj" else f"{names[root]}:{quality}"
    lowest = int(bass[:12].argmax())
    interval = (lowest - root) % 12
    if interval and interval in INTERVALS[quality] and bass[lowest] >= UNDER:
        degree = next(name for name, steps in DEGREES.items() if steps == interval)
        symbol += f"/{degree}"
    return symbol


def confidence(path: npt.NDArray[np.int64], heard: HeardChords) -> float:
    """Return the mean chance of the chords that were chosen, 0 to 1."""
    return float(heard.chords[np.arange(len(path)), path].mean()) if len(path) else 0.0
