"""An accompaniment on paper: parts made of notes, in beats, with the timeline they stand on."""

from __future__ import annotations

from dataclasses import dataclass

from songsmith.errors import InputError
from songsmith.plan import Chord
from songsmith.timeline import Timeline


@dataclass(frozen=True, slots=True)
class PartNote:
    """One instrumental note: `onset` and `duration` in beats, MIDI `pitch` and `velocity` (1 to 127).

    In a drum part `pitch` is the General MIDI percussion key.
    """

    onset: float
    duration: float
    pitch: int
    velocity: int

    def __post_init__(self) -> None:
        if self.onset < 0 or self.duration <= 0 or not 0 <= self.pitch <= 127 or not 1 <= self.velocity <= 127:
            raise InputError(f"part note {self} is out of range")


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one instrument.

    Parameters
    ----------
    name : `drums`, `bass`, `harmony`, `pad`, `figure`; also the name of its stem
    program : General MIDI program from 0; for drums the kit
    notes : by onset, then pitch
    """

    name: str
    program: int
    is_drum: bool
    notes: tuple[PartNote, ...]


@dataclass(frozen=True, slots=True)
class Accompaniment:
    """Parts, the chords they play and the timeline they stand on: what the aligner fits the voice to."""

    parts: tuple[Part, ...]
    timeline: Timeline
    chords: tuple[Chord, ...]
