"""The tune of a song that nobody sings: phrases of four bars over the chords, for one instrument.

A phrase has a motif that comes back, an answer to it, and a held end. Notes on the pulse are chord tones near the
one before, those between them steps of the scale. A kind of section keeps its motifs through the song, bent to
its chords.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from songsmith.accompaniment.frame import Bar, ChordSpan, Frame, note, velocity
from songsmith.accompaniment.grids import STEPS_PER_BEAT, Step, parse_grid
from songsmith.accompaniment.parts import PartNote
from songsmith.seeds import generator

LEAD_KINDS = ("verse", "prechorus", "chorus", "postchorus", "hook", "bridge", "drop", "solo")
"""Kinds of section that have a tune; the others are left to the band."""

HEIGHT: Mapping[str, float] = {
    "verse": 0.25,
    "prechorus": 0.35,
    "bridge": 0.45,
    "chorus": 0.55,
    "hook": 0.55,
    "postchorus": 0.5,
    "drop": 0.6,
    "solo": 0.6,
}
"""Where in the range of the instrument a kind of section lies, 0 at the bottom and 1 at the top."""

LARGEST_LEAP = 9
PHRASES = ("ABAC", "AABC", "ABBC")
"""What the four bars of a phrase are: `C` is the held end."""

# Rhythms of a bar: calm ones for low energy and busy ones for solos; written as grids of the figure.
_MOTIFS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "4/4": (
        ("1---1---1-------", "1-----1-1-------", "1-------1---1---", "....1---1-1-1---"),
        ("1---1-1-1---1---", "1-1-1---1-----1-", "1--1--1-1---1---", "..1-1-1-1-----1-", "1-----1-1-1-1---"),
        ("1-1-1-1-1--1--1-", "1-1-111-1---1-1-", "..1-1-1-1-1-1-1-", "1--1--1-1-1-1-11"),
    ),
    "3/4": (
        ("1-------1---", "1---1-------", "1---1---1---"),
        ("1---1-1-1---", "1-1-1---1---", "1-----1-1---"),
        ("1-1-1-1-1-1-", "1-1-1-1-1---", "..1-1-1-1-1-"),
    ),
    "6/8": (
        ("1-----1-----", "1---1-1-----", "1-----1---1-"),
        ("1---1-1-1-1-", "1-1-1-1-----", "1---1-1---1-"),
        ("1-1-1-1-1-1-", "1-1-1-1---1-", "1---111-1-1-"),
    ),
}
_ENDS = {"4/4": ("1---1---1-------", "1-1-1-----------"), "3/4": ("1-----------", "1---1-------"),
         "6/8": ("1-----------", "1---1-------")}  # fmt: skip


def write_lead(frame: Frame, span: tuple[int, int]) -> list[PartNote]:
    """Return the tune of a song in the sections of `LEAD_KINDS`.

    Parameters
    ----------
    span : lowest and highest MIDI note
    """
    notes: list[PartNote] = []
    pitch: int | None = None
    for bar in frame.bars:
        if not plays_in(bar) or not bar.chords:
            continue
        low, high = span
        centre = low + HEIGHT[bar.section.kind] * (high - low)
        if bar.place == 0 or pitch is None:
            pitch = round(centre)
        letter, steps = _rhythm(frame, bar)
        rng = generator(frame.seed, "patterns", "lead", bar.section.kind, letter)
        for step in steps:
            chord = _chord_at(bar, step)
            rising = float(rng.uniform(-4.0, 4.0)) + _arch(bar, step, frame.steps)
            pitch = _next_pitch(frame, bar, step, chord, pitch, centre + rising, span)
            strength = min(120, velocity(frame, "lead", bar, step.step, "x") + 8)
            notes.append(note(bar, step.step, step.length, pitch, strength))
    return notes


def plays_in(bar: Bar) -> bool:
    """Tell whether the tune is in a bar."""
    return bar.section.kind in LEAD_KINDS and not bar.ends_song


def _rhythm(frame: Frame, bar: Bar) -> tuple[str, Sequence[Step]]:
    """Return the letter of a bar in its phrase, and its rhythm."""
    rng = generator(frame.seed, "patterns", "lead", "phrase", bar.section.kind)
    letter = PHRASES[int(rng.integers(len(PHRASES)))][bar.place % 4]
    if bar.place == bar.section.bars - 1:
        letter = "C"
    busy = 2 if bar.section.kind == "solo" else int(bar.section.energy >= 0.35) + int(bar.section.energy >= 0.8)
    options = _ENDS[str(frame.meter)] if letter == "C" else _MOTIFS[str(frame.meter)][busy]
    choices = generator(frame.seed, "patterns", "lead", "motif", bar.section.kind).permutation(len(options))
    text = options[int(choices["ABC".index(letter) % len(options)])]
    return letter, parse_grid(text, "figure", frame.meter).notes


def _chord_at(bar: Bar, step: Step) -> ChordSpan:
    beat = bar.start + step.step / STEPS_PER_BEAT
    return next((span for span in reversed(bar.chords) if span.start <= beat + 1e-6), bar.chords[0])


def _arch(bar: Bar, step: Step, steps: int) -> float:
    """Return how far a place in its phrase of four bars lies above the middle: up, and down again."""
    place = (bar.place % 4 + step.step / steps) / 4
    return float(3.0 * np.sin(np.pi * place))


def _next_pitch(
    frame: Frame,
    bar: Bar,
    step: Step,
    chord: ChordSpan,
    before: int,
    wanted: float,
    span: tuple[int, int],
) -> int:
    """Return the pitch near the one before and near the one wanted: in the chord on a pulse, else in the scale."""
    beat = step.step / STEPS_PER_BEAT
    is_strong = beat % frame.meter.pulse_beats == 0 or step.length >= 6
    tones = chord.tones.tones[:3] if is_strong else (*frame.key.scale, *chord.tones.tones)
    low, high = span
    around = [p for p in range(low, high + 1) if p % 12 in tones and abs(p - before) <= LARGEST_LEAP]

    def cost(pitch: int) -> tuple[float, int]:
        move = abs(pitch - before)
        still = 2.5 if move == 0 else 0.0
        settles = 1.5 * (pitch % 12 != chord.tones.root) if step.length >= 6 and bar.ends_section else 0.0
        return 0.7 * move + 0.45 * abs(pitch - wanted) + still + settles, pitch

    return min(around, key=cost, default=before)
