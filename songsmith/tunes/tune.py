"""A tune that somebody else wrote, hummed or notated, before any words of ours are set to it.

Positions are beats (quarter notes) from a bar line; the notes of a pickup come before it, at negative positions.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from songsmith.errors import InputError
from songsmith.plan import Chord
from songsmith.theory import FLAT_NAMES, SHARP_NAMES, Key, pitch_class
from songsmith.timeline import METERS, Meter

MAX_NOTES = 10_000
MAX_MARKERS = 500
MAX_BEATS = 8_000.0
SHORTEST_BEATS = 1.0 / 64.0


@dataclass(frozen=True, slots=True)
class TuneNote:
    """One note of a tune.

    Parameters
    ----------
    onset, duration : beats
    pitch : MIDI note number
    lyric : the syllable written at it, a hyphen at its end where its word goes on; None where there is none
    slur : whether it continues the syllable of the note before
    """

    onset: float
    duration: float
    pitch: int
    lyric: str | None = None
    slur: bool = False

    @property
    def end(self) -> float:
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Marker:
    """A name at a position in beats: `Verse 2`."""

    onset: float
    label: str


@dataclass(frozen=True, slots=True)
class Tune:
    """A melody of one voice.

    Parameters
    ----------
    source : what it was read from, for messages
    notes : in order, without overlaps
    tempo : quarter notes a minute, None where the source does not say
    meter : `4/4`, `3/4` or `6/8`, None where the source does not say
    key : `G major`, None where the source does not say
    chords : of the source, empty where it has none
    markers : names of sections, in order
    barred : whether the source says where the bars begin; where not, position 0 is only a guess
    remarks : what the user should know about how it was read, in plain words
    """

    source: str
    notes: tuple[TuneNote, ...]
    tempo: float | None = None
    meter: str | None = None
    key: str | None = None
    chords: tuple[Chord, ...] = ()
    markers: tuple[Marker, ...] = ()
    barred: bool = True
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.notes:
            raise InputError(f"{self.source}: has no notes to sing; give a file with a melody")
        if len(self.notes) > MAX_NOTES or self.notes[-1].end - self.notes[0].onset > MAX_BEATS:
            raise InputError(
                f"{self.source}: the melody has {len(self.notes)} notes over "
                f"{self.notes[-1].end - self.notes[0].onset:.0f} beats; at most {MAX_NOTES} notes and "
                f"{MAX_BEATS:.0f} beats are read: keep one song"
            )
        if len(self.markers) > MAX_MARKERS or len(self.chords) > MAX_NOTES:
            raise InputError(
                f"{self.source}: has {len(self.markers)} names of sections and {len(self.chords)} chords; at most "
                f"{MAX_MARKERS} and {MAX_NOTES} are read: keep one song"
            )
        numbers = [x for note in self.notes for x in (note.onset, note.duration)]
        numbers += [x for chord in self.chords for x in (chord.onset, chord.duration)]
        numbers += [marker.onset for marker in self.markers]
        if not all(map(math.isfinite, numbers)) or not math.isfinite(self.tempo or 0.0):
            raise InputError(f"{self.source}: holds positions or a tempo that are not numbers; export it again")
        for note in self.notes:
            if note.duration < SHORTEST_BEATS - 1e-9 or not 0 <= note.pitch <= 127:
                raise InputError(f"{self.source}: the note at beat {note.onset:g} is out of range")
        if any(b.onset < a.end - 1e-6 for a, b in pairwise(self.notes)):
            raise InputError(f"{self.source}: two notes of the melody sound at once; keep one voice")
        if self.key is not None:
            Key.parse(self.key)
        if self.meter is not None:
            Meter.parse(self.meter)

    def transposed(self, semitones: int) -> Tune:
        """Return the tune so many semitones higher, its key and chords with it."""
        if semitones == 0:
            return self
        key = None
        if self.key is not None:
            old = Key.parse(self.key)
            key = str(Key((old.tonic + semitones) % 12, old.mode))
        return replace(
            self,
            notes=tuple(replace(note, pitch=note.pitch + semitones) for note in self.notes),
            key=key,
            chords=tuple(replace(c, symbol=transposed_symbol(c.symbol, semitones)) for c in self.chords),
        )


def transposed_symbol(symbol: str, semitones: int) -> str:
    """Return a Harte symbol so many semitones higher; flats stay flats."""
    match = re.match(r"[A-G][#b]*", symbol)
    if match is None:  # N: no chord
        return symbol
    names = FLAT_NAMES if "b" in match[0] else SHARP_NAMES
    return names[(pitch_class(match[0]) + semitones) % 12] + symbol[match.end() :]


def usable_meter(numerator: int, denominator: int, source: str) -> tuple[str, str | None]:
    """Return the meter songsmith writes a time signature in, and a remark where it is another one.

    Bars of 2/4 and 2/2 are counted in pairs or wholes of 4/4, 12/8 and 3/8 as 6/8; raises InputError for meters
    whose bars cannot be counted so.
    """
    written = f"{numerator}/{denominator}"
    if written in METERS:
        return written, None
    counted = {"2/4": "4/4", "2/2": "4/4", "4/2": "4/4", "8/8": "4/4", "3/2": "3/4", "12/8": "6/8", "3/8": "6/8"}
    if written not in counted:
        raise InputError(f"{source}: the meter {written} is not known: write the tune in {', '.join(METERS)}")
    return counted[written], f"the tune is in {written}, counted as {counted[written]}"


def without_overlaps(
    notes: list[TuneNote], source: str, beats_per_bar: float, tolerance_beats: float = 0.25
) -> tuple[TuneNote, ...]:
    """Return notes of one voice: short legato overlaps are cut, and real polyphony is refused with its bar.

    Parameters
    ----------
    notes : in any order
    tolerance_beats : a note may reach this far, and no further than half of the next one, into the next note
    """
    ordered = sorted(notes, key=lambda note: (note.onset, -note.pitch))
    for k, (a, b) in enumerate(pairwise(ordered)):
        overlap = a.end - b.onset
        if overlap <= 1e-6:
            continue
        together = b.onset - a.onset < SHORTEST_BEATS * 2
        if together or overlap > max(tolerance_beats, 0.0) + 1e-6 or overlap > b.duration * 0.75 + 1e-6:
            bar = int(b.onset // beats_per_bar) + 1
            raise InputError(
                f"{source}: two notes of the melody sound at once in bar {bar} (pitches {a.pitch} and {b.pitch}); "
                "keep one voice"
            )
        ordered[k] = replace(a, duration=round(b.onset - a.onset, 6))
    return tuple(ordered)
