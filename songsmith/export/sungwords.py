"""The syllables under the notes: what is written, how the word goes on, and which notes share a syllable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyrics.values import Lyrics
from songsmith.score import Note


@dataclass(frozen=True, slots=True)
class Sung:
    """What stands under a note.

    Parameters
    ----------
    text : the syllable as written; empty under the later notes of a melisma
    syllabic : `single`, `begin`, `middle` or `end` of its word
    held : whether more notes of the syllable follow
    slurred : whether the note goes on with the syllable before
    """

    text: str
    syllabic: str
    held: bool
    slurred: bool


def written_syllables(lyrics: Lyrics) -> dict[int, tuple[str, str]]:
    """Return the written text and the place in its word (`single`, `begin`, `middle`, `end`) of every syllable."""
    found: dict[int, tuple[str, str]] = {}
    for line, numbers in lyrics.numbered_lines():
        rows: list[tuple[str, str]] = []
        for word in line.words:
            last = len(word.syllables) - 1
            for index, text in enumerate(word.written):
                rows.append(
                    (text, "single" if last == 0 else ("begin", "middle", "end")[(index > 0) + (index == last)])
                )
        found.update(zip(numbers, rows, strict=True))
    return found


def sung_words(lyrics: Lyrics, notes: Sequence[Note]) -> tuple[Sung, ...]:
    """Return what stands under each note; notes are in order."""
    words = written_syllables(lyrics)
    rows: list[Sung] = []
    seen: set[int] = set()
    for index, note in enumerate(notes):
        held = index + 1 < len(notes) and notes[index + 1].syllable == note.syllable
        text, syllabic = words.get(note.syllable, ("", "single"))
        first = note.syllable not in seen
        seen.add(note.syllable)
        rows.append(Sung(text if first else "", syllabic, held, not first))
    return tuple(rows)
