"""The plan of a song: tempo, meter, key, sections in bars, chords in beats, where the voice is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from songsmith.errors import InputError
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord in Harte syntax, from `onset` for `duration` beats."""

    onset: float
    duration: float
    symbol: str

    def __post_init__(self) -> None:
        parse_chord(self.symbol)

    @property
    def end(self) -> float:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section on the bar grid.

    Parameters
    ----------
    kind, label : as in the lyrics
    bar, bars : first bar (from 0) and number of bars
    energy : 0 (bare) to 1 (full)
    voice : for each bar, whether the voice will be there
    style : name of the style it is played in, None for the song's own
    """

    kind: str
    label: str
    bar: int
    bars: int
    energy: float
    voice: tuple[bool, ...]
    style: str | None = None

    def __post_init__(self) -> None:
        if self.bars < 1 or len(self.voice) != self.bars:
            raise InputError(f"section {self.label!r}: {self.bars} bars with {len(self.voice)} voice flags")
        if not 0.0 <= self.energy <= 1.0:
            raise InputError(f"section {self.label!r}: energy {self.energy} is not between 0 and 1")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided before any note: sections tile the song from bar 0, chords tile its beats."""

    tempo: float
    key: str
    meter: str
    sections: tuple[PlannedSection, ...]
    chords: tuple[Chord, ...]

    def __post_init__(self) -> None:
        Key.parse(self.key)
        Meter.parse(self.meter)
        if not self.sections or self.sections[0].bar != 0:
            raise InputError("a plan needs at least one section, the first at bar 0")
        if any(a.bar + a.bars != b.bar for a, b in pairwise(self.sections)):
            raise InputError("the sections of a plan must follow each other without gap or overlap")

    @property
    def bars(self) -> int:
        return self.sections[-1].bar + self.sections[-1].bars

    @property
    def beats_per_bar(self) -> int:
        return Meter.parse(self.meter).beats_per_bar

    @property
    def beats(self) -> int:
        return self.bars * self.beats_per_bar

    def section_of_bar(self, bar: int) -> PlannedSection:
        """Return the section that a bar (from 0) stands in."""
        return next(s for s in self.sections if s.bar <= bar < s.bar + s.bars)


def chord_at(chords: tuple[Chord, ...], beat: float) -> Chord | None:
    """Return the chord that sounds at a position in beats, None where there is none."""
    for chord in chords:
        if chord.onset - 1e-6 <= beat < chord.end - 1e-6:
            return chord
    return None
