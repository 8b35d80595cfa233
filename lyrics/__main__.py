"""`python -m lyrics SHEET`: print a lyric sheet as it will be sung."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lyrics.errors import LyricsError
from lyrics.parse import read_sheet
from lyrics.values import Line, Lyrics, Section, Word

USAGE = "usage: python -m lyrics SHEET"
MARKS = ("", "ˈ", "ˌ")


def main(arguments: Sequence[str]) -> int:
    """Print the analysis of the sheet named by the one argument; return the exit status."""
    if list(arguments) in (["-h"], ["--help"]):
        print(f"{USAGE}\n\nPrints every section, line, syllable and phoneme of a lyric sheet as it will be sung.")
        return 0
    if len(arguments) != 1:
        print(f"lyrics: one lyric sheet is needed, {len(arguments)} arguments were given; {USAGE}", file=sys.stderr)
        return 2
    try:
        lyrics = read_sheet(Path(arguments[0]))
    except LyricsError as err:
        print(f"lyrics: {' '.join(str(err).split())}", file=sys.stderr)
        return 2
    try:
        print("\n".join(describe(lyrics)), flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def describe(lyrics: Lyrics) -> Iterator[str]:
    """Yield the lines of a readable account of `lyrics`."""
    yield f"{lyrics.title or 'Untitled'}: {len(lyrics.lines)} lines, {len(lyrics.syllables)} syllables"
    for section in lyrics.sections:
        yield ""
        yield _heading(section)
        for line in section.lines:
            yield from _describe_line(line)
    if lyrics.notes:
        yield ""
        yield "Notes"
        yield from (f"  {note}" for note in lyrics.notes)


def _heading(section: Section) -> str:
    named = (("singer", section.singer), ("style", section.style), ("energy", section.energy), ("bars", section.bars))
    options = ", ".join(f"{name} {value}" for name, value in named if value is not None)
    played = "" if section.lines else ", instrumental"
    return f"[{section.label}] {section.kind}{played}{': ' if options else ''}{options}"


def _describe_line(line: Line) -> Iterator[str]:
    yield f"{line.number:4d}  {line.text}  ({len(line.syllables)})"
    for name, words in (("", line.words), ("backing ", line.backing)):
        if words:
            yield f"      {name}{'  '.join(map(_syllables, words))}"
            yield f"      {name}{'  '.join(map(_phonemes, words))}"


def _syllables(word: Word) -> str:
    return "-".join(f"{MARKS[syllable.stress]}{syllable.text}" for syllable in word.syllables) + "~" * sum(
        word.melismas
    )


def _phonemes(word: Word) -> str:
    return ".".join(" ".join(map(str, syllable.phonemes)) for syllable in word.syllables)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
