"""`python -m lyrics SHEET`: print a lyric sheet as it will be sung.

`--language es` says what language it is in, `--lexicon FILE` gives pronunciations of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lyrics.errors import LyricsError, MissingData
from lyrics.lexicon import read_lexicon
from lyrics.parse import language_code, read_sheet
from lyrics.values import Line, Lyrics, Section, Word

USAGE = "usage: python -m lyrics [--language CODE] [--lexicon FILE] SHEET"
OPTIONS = ("--language", "--lexicon")
MARKS = ("", "ˈ", "ˌ")


def main(arguments: Sequence[str]) -> int:
    """Print the analysis of the sheet named by the arguments; return the exit status."""
    if list(arguments) in (["-h"], ["--help"]):
        print(f"{USAGE}\n\nPrints every section, line, syllable and phoneme of a lyric sheet as it will be sung.")
        return 0
    try:
        sheet, options = _split(arguments)
        language = language_code(options["--language"]) if "--language" in options else None
        lexicon = read_lexicon(Path(options["--lexicon"]), language) if "--lexicon" in options else None
        lyrics = read_sheet(sheet, language, lexicon)
    except (LyricsError, MissingData) as err:
        print(f"lyrics: {' '.join(str(err).split())}", file=sys.stderr)
        return 2
    try:
        print("\n".join(describe(lyrics)), flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _split(arguments: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """Return the path of the sheet and the options of a command line."""
    rest, options = list(arguments), {}
    sheets = []
    while rest:
        item = rest.pop(0)
        name, equals, value = item.partition("=")
        if not item.startswith("--"):
            sheets.append(item)
        elif name not in OPTIONS or not (equals or rest):
            raise LyricsError(f"the option {item[:40]!r} is not known or has no value; {USAGE}")
        else:
            options[name] = value if equals else rest.pop(0)
    if len(sheets) != 1:
        raise LyricsError(f"one lyric sheet is needed, {len(sheets)} were given; {USAGE}")
    return Path(sheets[0]), options


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
