"""Keys, scales and chords: names to pitch classes and back.

Pitch classes count from C = 0. Chords use Harte syntax (`G`, `A:min7`, `D:7`, `C/3`, `N`).
Source: C. Harte et al., "Symbolic representation of musical chords", ISMIR 2005.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from songsmith.errors import InputError

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}

# Intervals above the root, the defining tones first.
QUALITIES = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "minmaj7": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9),
    "hdim7": (0, 3, 6, 10),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "min9": (0, 3, 7, 10, 2),
}

DEGREES = {
    "1": 0,
    "b2": 1,
    "2": 2,
    "b3": 3,
    "3": 4,
    "4": 5,
    "b5": 6,
    "5": 7,
    "b6": 8,
    "6": 9,
    "b7": 10,
    "7": 11,
}


def pitch_class(name: str) -> int:
    """Return the pitch class of a note name: `C` 0, `F#` 6, `Bb` 10."""
    if not re.fullmatch(r"[A-G](#{0,2}|b{0,2})", name):
        raise InputError(f"note name {name!r} is not known: use a letter from A to G, with # or b")
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode."""

    tonic: int
    mode: str

    @classmethod
    def parse(cls, text: str) -> Key:
        """Return the key written as `G major`, `E minor`, `Bb dorian`, `Am` or `F#`; raise InputError otherwise."""
        match = re.fullmatch(r"\s*([A-Ga-g])(#|b|♯|♭)?\s*(m|min|maj|[A-Za-z]{4,})?\s*", text)
        mode = {None: "major", "m": "minor", "min": "minor", "maj": "major"}.get(
            match[3] if match else None, (match[3] or "").lower() if match else ""
        )
        if match is None or mode not in MODES:
            raise InputError(f"key {text!r} is not known: write it like 'G major', 'E minor' or 'D dorian'")
        accidental = {"♯": "#", "♭": "b"}.get(match[2] or "", match[2] or "")
        return cls(pitch_class(match[1].upper() + accidental), mode)

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, from the tonic up."""
        return tuple((self.tonic + step) % 12 for step in MODES[self.mode])

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in MODES[self.mode]

    @property
    def signature(self) -> int:
        """Sharps (positive) or flats (negative) of the key signature, from -5 to 6."""
        fifths = (self.relative_major * 7) % 12
        return fifths if fifths <= 6 else fifths - 12

    @property
    def relative_major(self) -> int:
        """Tonic of the major scale with the same notes."""
        shift = {"major": 0, "minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5}[self.mode]
        return (self.tonic + shift) % 12

    def spell(self, pc: int) -> str:
        """Return the name of a pitch class in this key."""
        names = FLAT_NAMES if self.signature < 0 else SHARP_NAMES
        return names[pc % 12]

    def __str__(self) -> str:
        return f"{self.spell(self.tonic)} {self.mode}"


@dataclass(frozen=True, slots=True)
class ChordTones:
    """What a chord symbol means: `root` and `bass` pitch classes, and `tones` in order from the root."""

    root: int
    bass: int
    tones: tuple[int, ...]


def parse_chord(symbol: str) -> ChordTones | None:
    """Return the tones of a Harte symbol, None for `N` (no chord); raise InputError where it is not one."""
    if symbol == "N":
        return None
    match = re.fullmatch(r"([A-G][#b]*)(?::([a-z0-9]+))?(?:/([b#]?\d))?", symbol)
    quality = (match[2] or "maj") if match else ""
    if match is None or quality not in QUALITIES or (match[3] and match[3] not in DEGREES):
        raise InputError(f"chord {symbol!r} is not known: write it like 'G', 'A:min7', 'D:7', 'C/3' or 'N'")
    root = pitch_class(match[1])
    tones = tuple((root + interval) % 12 for interval in QUALITIES[quality])
    bass = (root + DEGREES[match[3]]) % 12 if match[3] else root
    return ChordTones(root, bass, tones)


_NUMERAL = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([a-z0-9]*)(?:/(\w+))?")
_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII")


def numeral_to_chord(numeral: str, key: Key) -> str:
    """Return the Harte symbol of a Roman numeral in a key: `vi` in G major is `E:min`.

    Upper case is major and lower case minor; a quality of `QUALITIES` may follow (`V7`, `Imaj7`, `iimin7`),
    and `/3`, `/5` name the chord tone in the bass. The degree counts on the mode's own scale, and `b` or `#`
    before it moves it by a semitone: in E minor `VI` is C and `VII` is D.
    """
    match = _NUMERAL.fullmatch(numeral)
    if match is None:
        raise InputError(f"chord numeral {numeral!r} is not known: write it like 'I', 'vi', 'V7' or 'bVII'")
    degree = _ROMANS.index(match[2].upper())
    root = (key.scale[degree] + {"b": -1, "#": 1}.get(match[1] or "", 0)) % 12
    minor = match[2].islower()
    quality = {"": "min" if minor else "maj", "7": "min7" if minor else "7"}.get(match[3], match[3])
    if quality not in QUALITIES:
        raise InputError(f"chord numeral {numeral!r} has the unknown quality {quality!r}")
    suffix = "" if quality == "maj" else f":{quality}"
    bass = f"/{match[4]}" if match[4] else ""
    return f"{key.spell(root)}{suffix}{bass}"
