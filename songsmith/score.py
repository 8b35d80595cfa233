"""What is sung, in beats and MIDI note numbers."""

from __future__ import annotations

from dataclasses import dataclass

from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.plan import Chord, Plan


@dataclass(frozen=True, slots=True)
class Note:
    """One sung note.

    Parameters
    ----------
    onset, duration : beats
    pitch : MIDI note number
    syllable : number of its syllable over the whole song, from 0
    slur : True where the note continues the syllable of the note before (melisma)
    """

    onset: float
    duration: float
    pitch: int
    syllable: int
    slur: bool = False

    def __post_init__(self) -> None:
        if self.duration <= 0 or not 0 <= self.pitch <= 127:
            raise InputError(
                f"note at beat {self.onset}: duration {self.duration} or pitch {self.pitch} is out of range"
            )

    @property
    def end(self) -> float:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Score:
    """The notes of the lead with everything they were written for."""

    notes: tuple[Note, ...]
    chords: tuple[Chord, ...]
    lyrics: Lyrics
    plan: Plan
