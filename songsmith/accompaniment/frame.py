"""The bars of a plan as the parts see them: chords, section, voice; and which grid is played in each.

Positions are beats of the score, before any swing. What a part plays is chosen by the seed, the part, the
section kind and the place in the section, so that a section that returns sounds the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from songsmith.accompaniment.grids import STEPS_PER_BEAT, Grid, Step, bar_steps
from songsmith.accompaniment.parts import PartNote
from songsmith.brief import Brief
from songsmith.plan import Plan, PlannedSection
from songsmith.seeds import generator
from songsmith.styles import LEVEL_BOUNDS, Groove
from songsmith.theory import ChordTones, Key, parse_chord
from songsmith.timeline import Meter

VELOCITY_STEP = 4
MAX_STEPS = 16  # of a bar in any meter
TURN_CHANCE = 0.4
MINOR_LOWERED = 1.0
"""How many semitones lower chords and figures lie in a minor key."""

LARGEST_SHIFT = 4
_ACCENTS = {"X": 12, "o": -16, "u": -10, "b": -2, "r": -6}


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord within one bar, in beats of the song; the chord that follows it anywhere, if any."""

    start: float
    end: float
    tones: ChordTones
    following: ChordTones | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: `place` counts from its section's first bar, `after` is the section that follows its own."""

    start: float
    beats: int
    section: PlannedSection
    occurrence: int
    place: int
    chords: tuple[ChordSpan, ...]
    after: PlannedSection | None

    @property
    def voice(self) -> bool:
        return self.section.voice[self.place]

    @property
    def ends_section(self) -> bool:
        return self.place == self.section.bars - 1

    @property
    def ends_song(self) -> bool:
        return self.ends_section and self.after is None


@dataclass(frozen=True, slots=True)
class Frame:
    """A plan laid out for the parts, with the seed that decides what they play.

    `intro` names the parts that play from the start of an intro; `register` is how many semitones higher or lower
    than usual chords and figures lie; `has_lead` says whether a tune is played that nobody sings.
    """

    bars: tuple[Bar, ...]
    key: Key
    meter: Meter
    seed: int
    intro: frozenset[str]
    register: int = 0
    has_lead: bool = False

    @property
    def steps(self) -> int:
        return bar_steps(self.meter)


def lay_out(plan: Plan, seed: int, intro: frozenset[str], register: int = 0, has_lead: bool = False) -> Frame:
    """Return the frame of a plan; see `Frame` for the other arguments."""
    meter = Meter.parse(plan.meter)
    chords = [(chord.onset, chord.end, parse_chord(chord.symbol)) for chord in plan.chords]
    bars = []
    seen: dict[str, int] = {}
    for index, section in enumerate(plan.sections):
        after = plan.sections[index + 1] if index + 1 < len(plan.sections) else None
        occurrence = seen.get(section.kind, 0)
        seen[section.kind] = occurrence + 1
        for place in range(section.bars):
            start = float((section.bar + place) * meter.beats_per_bar)
            end = start + meter.beats_per_bar
            spans = tuple(
                ChordSpan(max(onset, start), min(stop, end), tones, chords[i + 1][2] if i + 1 < len(chords) else None)
                for i, (onset, stop, tones) in enumerate(chords)
                if tones is not None and onset < end - 1e-6 and stop > start + 1e-6
            )
            bars.append(Bar(start, meter.beats_per_bar, section, occurrence, place, spans, after))
    return Frame(tuple(bars), Key.parse(plan.key), meter, seed, intro, register, has_lead)


def register_shift(brief: Brief, semitones: float) -> int:
    """Return how many semitones higher or lower than usual chords and figures lie.

    They rise by `semitones` from a song without any energy to one of full energy.
    """
    shift = semitones * (brief.energy - 0.55) - MINOR_LOWERED * Key.parse(brief.key).is_minor
    return max(-LARGEST_SHIFT, min(LARGEST_SHIFT, round(shift)))


def is_silent(frame: Frame, part: str, bar: Bar) -> bool:
    """Return whether a part still waits in an intro: those not named to begin it join half-way, or after it."""
    if bar.section.kind != "intro" or part in frame.intro:
        return False
    return bar.section.bars < 4 or bar.place < bar.section.bars // 2


def grid_for(frame: Frame, part: str, options: Sequence[Grid], bar: Bar) -> Grid:
    """Return the grid that a part plays in sections of this kind and energy."""
    level = sum(bar.section.energy >= bound for bound in LEVEL_BOUNDS)
    rng = generator(frame.seed, "patterns", part, "grid", bar.section.kind, level)
    return options[int(rng.integers(len(options)))]


def turn_for(frame: Frame, part: str, options: Sequence[Grid], bar: Bar) -> Grid:
    """Return what a part plays in a bar: its grid, now and then another one in every fourth bar."""
    own = grid_for(frame, part, options, bar)
    others = [grid for grid in options if grid is not own]
    if bar.place % 4 != 3 or not others:
        return own
    rng = generator(frame.seed, "patterns", part, "turn", bar.section.kind, bar.place)
    return others[int(rng.integers(len(others)))] if rng.random() < TURN_CHANCE else own


def options_for(groove: Groove, energy: float, is_asked: bool) -> tuple[Grid, ...]:
    """Return the grids for an energy; a part that the brief asks for plays where the style leaves it out."""
    options = groove.level(energy)
    if options or not is_asked:
        return options
    return groove.mid or groove.low or groove.high


def steps_of_bar(grid: Grid, bar: Bar, steps: int, origin: int = 0) -> Iterator[Step]:
    """Yield the notes of a grid that start in a bar, their steps counted from it.

    The grid begins in the bar of place `origin` of the section and repeats to its end.
    """
    first = (bar.place - origin) % (grid.steps // steps) * steps
    left = (bar.section.bars - bar.place) * steps
    for note in grid.notes:
        if first <= note.step < first + steps:
            step = note.step - first
            yield Step(step, min(note.length, left - step), note.token, note.key)


def velocity(frame: Frame, part: str, bar: Bar, step: int, token: str) -> int:
    """Return the velocity of a note: energy, accent, weight of the beat, softer under the voice, and a little chance.

    Chance depends on part, section kind, place and step, so a repeated section is played alike.
    """
    level = 56 + 40 * bar.section.energy + _ACCENTS.get(token, 0)
    beat = step / STEPS_PER_BEAT
    if step == 0:
        level += 4
    elif beat % frame.meter.pulse_beats:
        level -= 6
    if bar.voice and part in ("harmony", "figure"):
        level -= 8
    level += VELOCITY_STEP * _chances(frame.seed, part, bar.section.kind, bar.place)[step]
    return min(120, max(24, round(level / VELOCITY_STEP) * VELOCITY_STEP))


@lru_cache(maxsize=4096)
def _chances(seed: int, part: str, kind: str, place: int) -> tuple[int, ...]:
    """Return -1, 0 or 1 for every step of a bar."""
    rng = generator(seed, "patterns", part, "velocity", kind, place)
    return tuple(int(value) for value in rng.integers(-1, 2, size=MAX_STEPS))


def note(bar: Bar, step: float, length: float, pitch: int, strength: int) -> PartNote:
    """Return a note whose step and length are counted in sixteenths from the start of a bar."""
    return PartNote(bar.start + step / STEPS_PER_BEAT, length / STEPS_PER_BEAT, pitch, strength)
