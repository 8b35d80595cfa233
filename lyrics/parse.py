"""Lyric sheets into `Lyrics`.

A sheet is UTF-8 text. `#` starts a comment line (`# Title: Kettle` names the song), `[Tag]` a section, and every
other line that is not blank is sung; `lyrics.lines` says what a line may hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lyrics.analysis import analyse_tokens
from lyrics.errors import LyricsError
from lyrics.files import read_text
from lyrics.fold import printable, short
from lyrics.g2p import NOTHING
from lyrics.lines import read_row
from lyrics.tags import Tag, near_kind, parse_tag, split_tag
from lyrics.values import Line, Lyrics, Section

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pt": "Portuguese",
    "de": "German",
}
MAX_SHEET_BYTES = 256_000
MAX_LINES = 2000
"""In the file, and of the song with its repeats expanded."""

SUNG_AGAIN = ("chorus", "hook", "prechorus", "postchorus")
"""Kinds whose empty tag means the words of the earlier one of the kind."""

INSTRUMENTAL_KINDS = ("intro", "solo", "interlude", "build", "drop", "outro")


@dataclass(frozen=True, slots=True)
class _Block:
    """A tag and the numbered text lines under it."""

    tag: Tag
    number: int
    rows: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class _Notes:
    """What the reader of the sheet should know, each thing once."""

    found: dict[str, None] = field(default_factory=dict)

    def add(self, note: str) -> None:
        self.found[note] = None


def read_sheet(path: Path, language: str | None = None, lexicon: Mapping[str, str] | None = None) -> Lyrics:
    """Return the lyrics of the sheet in the file `path`.

    Raises
    ------
    LyricsError
        Where the file cannot be read, is no UTF-8 text, is larger than `MAX_SHEET_BYTES`, or where `parse_sheet`
        does. The message starts with the path.
    """
    path = Path(path)
    text = read_text(path, MAX_SHEET_BYTES, "lyric sheet")
    try:
        return parse_sheet(text, language, lexicon)
    except LyricsError as err:
        raise LyricsError(f"{path}: {err}") from err


def parse_sheet(text: str, language: str | None = None, lexicon: Mapping[str, str] | None = None) -> Lyrics:
    """Return the lyrics that a sheet's text says, analysed down to phonemes.

    Parameters
    ----------
    text : the whole sheet
    language : code or name of one of `LANGUAGES`; None for what the sheet's `# Language:` line says, or else English
    lexicon : pronunciations of lower-case words that come before the dictionary's, as `read_lexicon` gives them

    Raises
    ------
    LyricsError
        Where something in the sheet is not accepted; the message names the line.
    """
    if len(text) > MAX_SHEET_BYTES:
        raise LyricsError(f"the sheet has {len(text)} characters; at most {MAX_SHEET_BYTES} are accepted")
    if "\0" in text:
        raise LyricsError("the sheet holds NUL characters, so it is no text; give a UTF-8 lyric sheet")
    rows = text.removeprefix("\ufeff").splitlines()
    if len(rows) > MAX_LINES:
        raise LyricsError(f"the sheet has {len(rows)} lines; at most {MAX_LINES} are accepted")
    language = language_code(language or _heading(rows, "language") or "en")
    notes = _Notes()
    blocks = _blocks(rows, notes)
    sections = _number_lines(_sections(blocks, NOTHING if lexicon is None else lexicon, language, notes))
    if not any(line.words for section in sections for line in section.lines):
        raise LyricsError("the sheet has no words for the lead to sing; write at least one line of words")
    return Lyrics(language, sections, _heading(rows, "title"), tuple(notes.found))


def language_code(asked: str) -> str:
    """Return the code of a language, given by code (`es`, `es-MX`) or English name."""
    code = re.split("[-_]", asked.strip().lower())[0]
    found = {name.lower(): code for code, name in LANGUAGES.items()}.get(code, code)
    if found not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise LyricsError(f"the language {asked[:24]!r} cannot be pronounced; accepted are {known}")
    return found


def _heading(rows: Sequence[str], wanted: str) -> str | None:
    """Return what a comment line such as `# Title: Kettle` says, or None."""
    for row in rows:
        name, colon, value = row.strip().removeprefix("#").partition(":")
        if row.lstrip().startswith("#") and colon and name.strip().lower() == wanted and value.strip():
            return value.strip()
    return None


def _blocks(rows: Sequence[str], notes: _Notes) -> tuple[_Block, ...]:
    for i, row in enumerate(rows, 1):
        if re.match(r"\s*#(?!\w+\s*:)\w", row):  # as in "#1 in my heart"
            notes.add(f"line {i}: {_shown(row)} begins with #: it is taken as a comment and not sung")
    numbered = [(i, row.strip()) for i, row in enumerate(rows, 1) if not row.lstrip().startswith("#")]
    split = [(number, *split_tag(row)) for number, row in numbered]
    if not any(tag for _, tag, _ in split):
        return _stanzas(numbered)
    blocks: list[_Block] = []
    for number, written, words in split:
        if written:
            tag = parse_tag(written, number)
            before = blocks[-1] if blocks else None
            if not tag.known and before is not None and before.tag.known and not before.rows:
                notes.add(f"line {number}: [{tag.label}] names no kind of section; taken as a remark and not sung")
            else:
                blocks.append(_Block(tag, number))
        elif words and not blocks:
            notes.add(f"line {number}: the words before the first tag are sung as a verse")
            blocks.append(_Block(Tag("verse", "Verse", True), number))
        if words:
            blocks[-1] = replace(blocks[-1], rows=(*blocks[-1].rows, (number, words)))
    return tuple(block for block in blocks if _is_section(block, notes))


def _shown(row: str) -> str:
    """Return the beginning of a row as it is shown in a note."""
    return short(printable(row.strip()))


def _is_section(block: _Block, notes: _Notes) -> bool:
    """Tell whether a block is a section, and note what is odd about its tag."""
    tag = block.tag
    if tag.known:
        return True
    meant = near_kind(tag.label)
    what = f"line {block.number}: the tag [{tag.label}] names no known kind of section" + (
        f" (did you mean [{meant}]?)" if meant else ""
    )
    if block.rows or tag.instrumental or tag.bars:
        notes.add(f"{what}; taken as a verse")
        return True
    notes.add(f"{what} and has no words; passed over")
    return False


def _stanzas(numbered: Sequence[tuple[int, str]]) -> tuple[_Block, ...]:
    """Take blank-line separated stanzas as verses, and one that comes again word for word as the chorus."""
    stanzas: list[list[tuple[int, str]]] = [[]]
    for row in numbered:
        if row[1]:
            stanzas[-1].append(row)
        elif stanzas[-1]:
            stanzas.append([])
    filled = [tuple(stanza) for stanza in stanzas if stanza]
    texts = [tuple(row for _, row in stanza) for stanza in filled]
    blocks, verses = [], 0
    for stanza, words in zip(filled, texts, strict=True):
        if texts.count(words) > 1:
            tag = Tag("chorus", "Chorus", True)
        else:
            verses += 1
            tag = Tag("verse", f"Verse {verses}", True)
        blocks.append(_Block(tag, stanza[0][0], stanza))
    return tuple(blocks)


def _sections(
    blocks: Sequence[_Block], lexicon: Mapping[str, str], language: str, notes: _Notes
) -> tuple[Section, ...]:
    sections: list[Section] = []
    for block in blocks:
        tag = block.tag
        section = Section(tag.kind, tag.label, tag.singer, (), tag.style, tag.energy, tag.bars)
        lines = tuple(line for number, row in block.rows for line in _lines(number, row, lexicon, language, notes))
        if tag.instrumental:
            if lines:
                raise LyricsError(
                    f"line {block.number}: [{tag.label}] says instrumental=true but has words to sing; "
                    "remove the option or the words"
                )
        elif lines:
            section = replace(section, lines=lines)
        elif (earlier := _earlier(sections, tag)) is not None:
            if earlier.kind not in SUNG_AGAIN and earlier.label.casefold() != tag.label.casefold():
                notes.add(
                    f"line {block.number}: [{tag.label}] has no words; those of [{earlier.label}] are sung again. "
                    f"Write [{tag.label}: instrumental=true] to play it without the voice"
                )
            section = Section(
                kind=tag.kind if tag.known else earlier.kind,
                label=tag.label,
                singer=tag.singer or earlier.singer,
                lines=earlier.lines,
                style=tag.style or earlier.style,
                energy=earlier.energy if tag.energy is None else tag.energy,
                bars=earlier.bars if tag.bars is None else tag.bars,
            )
        elif tag.kind not in INSTRUMENTAL_KINDS and not block.rows:
            notes.add(
                f"line {block.number}: [{tag.label}] has no words, and no section of its kind before it has any; "
                "it is played without the voice"
            )
        sections.extend([section] * tag.repeats)
        if sum(len(section.lines) for section in sections) > MAX_LINES:
            raise LyricsError(
                f"line {block.number}: with its repeats the song has more than {MAX_LINES} lines; repeat less"
            )
    return tuple(sections)


def _earlier(sections: Sequence[Section], tag: Tag) -> Section | None:
    """Return the section whose words an empty tag calls for: the last of its name, else the last of its kind."""
    sung = [section for section in reversed(sections) if section.lines]
    named = (section for section in sung if section.label.casefold() == tag.label.casefold())
    alike = (section for section in sung if tag.kind not in INSTRUMENTAL_KINDS and section.kind == tag.kind)
    return next(named, None) or next(alike, None)


def _number_lines(sections: Sequence[Section]) -> tuple[Section, ...]:
    numbered, count = [], 0
    for section in sections:
        lines = tuple(replace(line, number=count + i) for i, line in enumerate(section.lines, 1))
        count += len(lines)
        numbered.append(replace(section, lines=lines))
    return tuple(numbered)


def _lines(number: int, row: str, lexicon: Mapping[str, str], language: str, notes: _Notes) -> tuple[Line, ...]:
    """Return the line written in `row`, as often as it asks for; none where nothing in it is sung."""
    try:
        read = read_row(row)
        words, skipped = analyse_tokens(read.lead, lexicon, language)
        backing, skipped_backing = analyse_tokens(read.backing, lexicon, language)
    except LyricsError as err:
        raise LyricsError(f"line {number}: {err}") from err
    for symbol in dict.fromkeys((*read.skipped, *skipped, *skipped_backing)):
        notes.add(f"line {number}: {symbol!r} is not sung")
    for note in read.notes:
        notes.add(f"line {number}: {note}")
    if not words and not backing:
        notes.add(f"line {number}: nothing in it can be sung")
        return ()
    return (Line(number, read.text, words, backing),) * read.repeats
