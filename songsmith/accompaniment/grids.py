"""Grooves written as grids: one character a sixteenth note, spaces and bars `|` for the eye only.

A bar has 16 steps in 4/4 and 12 in 3/4 and 6/8. A grid may span several bars.

Drums: a line a drum, its name and its grid: `x` a stroke, `X` an accent, `o` a soft stroke, `r` two strokes in the
time of one (a roll), `.` none.
Pitched parts: one grid. Any token starts a note, `-` holds it, `.` is silence:

- bass: `R` bass note of the chord, `r` the same an octave up, `3` `5` `7` chord tones above it, `a` the note
  that leads by step into the next chord (or back into this one);
- harmony and pad: `x` chord, `X` accented, `o` soft, `u` its upper notes only (an upstroke), `b` its lowest;
- figure: `1` to `9` chord tones from the lowest up, `u` and `l` the scale tone above or below the next digit.
"""

from __future__ import annotations

from dataclasses import dataclass

from songsmith.errors import InputError
from songsmith.timeline import Meter

STEPS_PER_BEAT = 4

# Source: MIDI Manufacturers Association, "General MIDI System Level 1", percussion key map.
DRUM_KEYS = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "sweep": 40, "hat": 42, "tom3": 43, "pedal": 44,
    "open": 46, "tom2": 47, "crash": 49, "tom1": 50, "ride": 51, "bell": 53, "tamb": 54, "splash": 55,
    "cowbell": 56, "crash2": 57, "bongo1": 60, "bongo2": 61, "conga1": 63, "conga2": 64, "cabasa": 69,
    "shaker": 70, "claves": 75, "triangle": 81,
}  # fmt: skip

TOKENS = {"bass": "Rr357a", "harmony": "xXoub", "pad": "xXoub", "figure": "123456789ul"}


@dataclass(frozen=True, slots=True)
class Step:
    """A note of a grid: `step` from the grid's start, `length` in steps, `token` as written.

    `key` is the percussion key of a drum stroke, 0 in pitched parts.
    """

    step: int
    length: int
    token: str
    key: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """Notes over a whole number of bars, by step; `steps` is its length."""

    steps: int
    notes: tuple[Step, ...]


def bar_steps(meter: Meter) -> int:
    """Return the steps in a bar: 16 in 4/4, 12 in 3/4 and 6/8."""
    return meter.beats_per_bar * STEPS_PER_BEAT


def parse_grid(text: str, part: str, meter: Meter) -> Grid:
    """Return the grid of a part (`drums` or a key of `TOKENS`); raise InputError where it is not one."""
    return _parse_drums(text, meter) if part == "drums" else _parse_notes(text, part, meter)


def _parse_drums(text: str, meter: Meter) -> Grid:
    notes: list[Step] = []
    length = 0
    for line in text.strip().splitlines():
        name, _, grid = line.strip().partition(" ")
        if name not in DRUM_KEYS:
            raise InputError(f"drum {name!r} is not known: use one of {', '.join(DRUM_KEYS)}")
        steps = _steps(grid, "xXor.", meter)
        length = length or len(steps)
        if len(steps) != length:
            raise InputError(f"the line {line.strip()!r} has {len(steps)} steps where the first has {length}")
        notes += [Step(i, 1, c, DRUM_KEYS[name]) for i, c in enumerate(steps) if c != "."]
    if not length:
        raise InputError("a drum grid is empty: write lines like 'kick x... x... x... x...'")
    return Grid(length, tuple(sorted(notes, key=lambda note: (note.step, note.key))))


def _parse_notes(text: str, part: str, meter: Meter) -> Grid:
    steps = _steps(text, TOKENS[part] + "-.", meter)
    notes: list[Step] = []
    for i, token in enumerate(steps):
        if token == "-":
            if not notes or notes[-1].step + notes[-1].length != i:
                raise InputError(f"the grid {text!r} holds at step {i + 1} where no note sounds")
            notes[-1] = Step(notes[-1].step, notes[-1].length + 1, notes[-1].token)
        elif token != ".":
            notes.append(Step(i, 1, token))
    return Grid(len(steps), tuple(notes))


def _steps(text: str, accepted: str, meter: Meter) -> str:
    steps = "".join(text.split()).replace("|", "")
    wrong = next((c for c in steps if c not in accepted), None)
    if wrong is not None:
        raise InputError(f"the grid {text.strip()!r} has the character {wrong!r}: use {' '.join(accepted)}")
    if not steps or len(steps) % bar_steps(meter):
        raise InputError(f"the grid {text.strip()!r} has {len(steps)} steps: a bar of {meter} has {bar_steps(meter)}")
    return steps


def swung(beat: float, swing: float, unit: float) -> float:
    """Return where a position in beats lies when every second note of `unit` beats comes late.

    Swing 0 is even, 1 is triplets (the first note twice as long as the second). Positions in between move in
    proportion, so that order and whole pairs stay.
    """
    pair = 2 * unit
    whole, inside = divmod(beat, pair)
    middle = unit * (1 + swing / 3)
    moved = inside / unit * middle if inside <= unit else middle + (inside - unit) / unit * (pair - middle)
    return float(round(whole * pair + moved, 6))
