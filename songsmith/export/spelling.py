"""Letters and accidentals: how pitches and chords are spelled in a key.

Notes are spelled on the line of fifths (... F C G D A E B F# ...), so that a raised leading note of a minor key is a
sharp even where the signature has flats.
Source: the line of fifths of D. Temperley, "The Cognition of Basic Musical Structures" (2001), ch. 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from songsmith.theory import DEGREES, LETTERS, Key, parse_chord, pitch_class

_LINE = "FCGDAEB"
FLATTEST, SHARPEST = -3, 8
"""Fifths from the tonic of the relative major: down to its lowered third, up to the leading note of its minor."""

KINDS = {
    "maj": "major",
    "min": "minor",
    "dim": "diminished",
    "aug": "augmented",
    "sus2": "suspended-second",
    "sus4": "suspended-fourth",
    "7": "dominant",
    "maj7": "major-seventh",
    "min7": "minor-seventh",
    "minmaj7": "major-minor",
    "dim7": "diminished-seventh",
    "hdim7": "half-diminished",
    "maj6": "major-sixth",
    "min6": "minor-sixth",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "min9": "minor-ninth",
}
"""MusicXML's name of each chord quality; what is not here is `other`, with the quality as its text."""

SHOWN = {
    "maj": "",
    "min": "m",
    "dim": "dim",
    "aug": "+",
    "7": "7",
    "maj7": "maj7",
    "min7": "m7",
    "minmaj7": "m(maj7)",
    "hdim7": "m7b5",
    "maj6": "6",
    "min6": "m6",
    "min9": "m9",
}
"""How a quality is printed after the root, where not by its own name."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A letter, its alteration in semitones, and the octave (0 where there is none)."""

    step: str
    alter: int
    octave: int = 0


@dataclass(frozen=True, slots=True)
class ChordSymbol:
    """A chord to print: `kind` by MusicXML's name, `shown` as printed after the root."""

    root: Spelled
    bass: Spelled | None
    kind: str
    shown: str

    def __str__(self) -> str:
        bass = f"/{name(self.bass)}" if self.bass else ""
        return f"{name(self.root)}{self.shown}{bass}"


def name(spelled: Spelled) -> str:
    """Return a letter with its accidentals: `Bb`."""
    return spelled.step + ("#" * spelled.alter if spelled.alter > 0 else "b" * -spelled.alter)


def spell(pitch: int, key: Key) -> Spelled:
    """Return a MIDI pitch as it is written in a key."""
    low = key.signature + FLATTEST
    fifths = low + (pitch * 7 - low) % 12
    step, alter = _LINE[(fifths + 1) % 7], (fifths + 1) // 7
    return Spelled(step, alter, (pitch - alter - LETTERS[step]) // 12 - 1)


def signature_alter(step: str, key: Key) -> int:
    """Return what the key signature does to a letter."""
    place = _LINE.index(step)
    return 1 if place < key.signature else -1 if place >= 7 + key.signature else 0


def chord_symbol(symbol: str) -> ChordSymbol | None:
    """Return what a Harte symbol prints as, None for no chord."""
    if parse_chord(symbol) is None:
        return None
    match = re.fullmatch(r"([A-G])([#b]*)(?::([^/]+))?(?:/(.+))?", symbol)
    if match is None:  # parse_chord has accepted it, so it is of this form
        raise AssertionError(symbol)
    quality = match[3] or "maj"
    root = Spelled(match[1], match[2].count("#") - match[2].count("b"))
    bass = None
    if match[4]:
        letters = "CDEFGAB"
        step = letters[(letters.index(root.step) + int(match[4].lstrip("#b")) - 1) % 7]
        target = (pitch_class(match[1] + match[2]) + DEGREES[match[4]]) % 12
        bass = Spelled(step, (target - LETTERS[step] + 6) % 12 - 6)
    return ChordSymbol(root, bass, KINDS.get(quality, "other"), SHOWN.get(quality, quality))
