"""Lyric sheets into `Lyrics`.

A sheet is UTF-8 text. `#` starts a comment line (`# Title: Kettle` names the song), `[Tag]` a section, and every
other line that is not blank is sung. In a line, `(words)` are for the backing voices, `~` after a word asks for one
more note on it, and `word{W ER1 D}` gives its sounds in ARPAbet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lyrics.analysis import Token, analyse_tokens
from lyrics.errors import LyricsError
from lyrics.g2p import NOTHING
from lyrics.tags import Tag, parse_tag
from lyrics.values import Line, Lyrics, Section

MAX_SHEET_BYTES = 256_000
MAX_LINES = 2000
"""In the file, and of the song with its repeats expanded."""

MAX_WORDS_PER_LINE = 64

SUNG_AGAIN = ("chorus", "hook", "prechorus", "postchorus")
"""Kinds whose empty tag means the words of the earlier one of the kind."""

INSTRUMENTAL_KINDS = ("intro", "solo", "interlude", "build", "drop", "outro")


@dataclass(frozen=True, slots=True)
class _Block:
    """A tag and the numbered text lines under it."""

    tag: Tag
    number: int
    rows: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Notes:
    """What the reader of the sheet should know, each thing once."""

    found: dict[str, None] = field(default_factory=dict)

    def add(self, note: str) -> None:
        self.found[note] = None


def read_sheet(path: Path) -> Lyrics:
    """Return the lyrics of the sheet in the file `path`.

    Raises
    ------
    LyricsError
        Where the file cannot be read, is no UTF-8 text, is larger than `MAX_SHEET_BYTES`, or where `parse_sheet`
        does. The message starts with the path.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SHEET_BYTES + 1)
        size = path.stat().st_size if len(data) > MAX_SHEET_BYTES else len(data)
    except FileNotFoundError as err:
        raise LyricsError(f"{path}: no such file; give the path of a lyric sheet") from err
    except IsADirectoryError as err:
        raise LyricsError(f"{path}: is a folder; give the path of a lyric sheet, a UTF-8 text file") from err
    except (OSError, ValueError) as err:
        reason = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        raise LyricsError(f"{path}: cannot be read ({reason}); give a readable lyric sheet") from err
    if size > MAX_SHEET_BYTES:
        raise LyricsError(
            f"{path}: is {size / 1000:.0f} kB; a lyric sheet may have {MAX_SHEET_BYTES // 1000} kB: keep one song"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LyricsError(f"{path}: is UTF-16 text; save it again as UTF-8")
    if b"\0" in data:
        raise LyricsError(f"{path}: is a binary file; a lyric sheet is UTF-8 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise LyricsError(f"{path}: is not UTF-8 text (byte {err.start}); save it again as UTF-8") from err
    try:
        return parse_sheet(text)
    except LyricsError as err:
        raise LyricsError(f"{path}: {err}") from err


def parse_sheet(text: str, language: str = "en", lexicon: Mapping[str, str] | None = None) -> Lyrics:
    """Return the lyrics that a sheet's text says, analysed down to phonemes.

    Parameters
    ----------
    text : the whole sheet
    language : only `en`
    lexicon : ARPAbet pronunciations of lower-case words that come before the dictionary's

    Raises
    ------
    LyricsError
        Where something in the sheet is not accepted; the message names the line.
    """
    if language != "en":
        raise LyricsError(f"the language {language!r} cannot be pronounced; only 'en' can")
    if len(text) > MAX_SHEET_BYTES:
        raise LyricsError(f"the sheet has {len(text)} characters; at most {MAX_SHEET_BYTES} are accepted")
    if "\0" in text:
        raise LyricsError("the sheet holds NUL characters, so it is no text; give a UTF-8 lyric sheet")
    rows = text.removeprefix("\ufeff").splitlines()
    if len(rows) > MAX_LINES:
        raise LyricsError(f"the sheet has {len(rows)} lines; at most {MAX_LINES} are accepted")
    notes = _Notes()
    blocks = _blocks(rows, notes)
    sections = _number_lines(_sections(blocks, NOTHING if lexicon is None else lexicon, notes))
    if not any(line.words for section in sections for line in section.lines):
        raise LyricsError("the sheet has no words for the lead to sing; write at least one line of English words")
    return Lyrics(language, sections, _title(rows), tuple(notes.found))


def _title(rows: Sequence[str]) -> str | None:
    for row in rows:
        name, colon, title = row.strip().removeprefix("#").partition(":")
        if row.lstrip().startswith("#") and colon and name.strip().lower() == "title" and title.strip():
            return title.strip()
    return None


def _blocks(rows: Sequence[str], notes: _Notes) -> tuple[_Block, ...]:
    numbered = [(i, row.strip()) for i, row in enumerate(rows, 1) if not row.lstrip().startswith("#")]
    tags = [(place, row) for place, (_, row) in enumerate(numbered) if row.startswith("[")]
    if not tags:
        return _stanzas(numbered)
    blocks = []
    before = tuple(row for row in numbered[: tags[0][0]] if row[1])
    if before:
        notes.add(f"line {before[0][0]}: the words before the first tag are sung as a verse")
        blocks.append(_Block(Tag("verse", "Verse", True), before[0][0], before))
    ends = [place for place, _ in tags[1:]] + [len(numbered)]
    for (place, row), end in zip(tags, ends, strict=True):
        number = numbered[place][0]
        tag = parse_tag(row, number)
        if not tag.known:
            notes.add(f"line {number}: the tag [{tag.label}] names no known kind of section; taken as a verse")
        blocks.append(_Block(tag, number, tuple(row for row in numbered[place + 1 : end] if row[1])))
    return tuple(blocks)


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


def _sections(blocks: Sequence[_Block], lexicon: Mapping[str, str], notes: _Notes) -> tuple[Section, ...]:
    sections: list[Section] = []
    for block in blocks:
        tag = block.tag
        section = Section(tag.kind, tag.label, tag.singer, (), tag.style, tag.energy, tag.bars)
        lines = tuple(line for number, row in block.rows if (line := _line(number, row, lexicon, notes)) is not None)
        if tag.instrumental:
            if lines:
                raise LyricsError(
                    f"line {block.number}: [{tag.label}] says instrumental=true but has words to sing; "
                    "remove the option or the words"
                )
        elif lines:
            section = replace(section, lines=lines)
        elif (earlier := _earlier(sections, tag)) is not None:
            section = Section(
                kind=tag.kind if tag.known else earlier.kind,
                label=tag.label,
                singer=tag.singer or earlier.singer,
                lines=earlier.lines,
                style=tag.style or earlier.style,
                energy=earlier.energy if tag.energy is None else tag.energy,
                bars=earlier.bars if tag.bars is None else tag.bars,
            )
        elif tag.kind not in INSTRUMENTAL_KINDS:
            raise LyricsError(
                f"line {block.number}: [{tag.label}] has no words, and no section of that name before it has any; "
                f"write its lines, or [{tag.label}: instrumental=true] to play it without the voice"
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
    alike = (section for section in sung if tag.kind in SUNG_AGAIN and section.kind == tag.kind)
    return next(named, None) or next(alike, None)


def _number_lines(sections: Sequence[Section]) -> tuple[Section, ...]:
    numbered, count = [], 0
    for section in sections:
        lines = tuple(replace(line, number=count + i) for i, line in enumerate(section.lines, 1))
        count += len(lines)
        numbered.append(replace(section, lines=lines))
    return tuple(numbered)


def _line(number: int, row: str, lexicon: Mapping[str, str], notes: _Notes) -> Line | None:
    """Return the line written in `row`, or None where nothing in it is sung."""
    try:
        lead, backing = _tokens(row)
        words, skipped = analyse_tokens(lead, lexicon)
        backing_words, backing_skipped = analyse_tokens(backing, lexicon)
    except LyricsError as err:
        raise LyricsError(f"line {number}: {err}") from err
    for symbol in dict.fromkeys(skipped + backing_skipped):
        notes.add(f"line {number}: {symbol!r} is not sung")
    if not words and not backing_words:
        notes.add(f"line {number}: nothing in it can be sung")
        return None
    return Line(number, row, words, backing_words)


_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\)) | (?P<space>\s+|--+|[—…–]+)
      | (?P<text>(?:(?!--)[^\s(){}—…–])*)(?:\{(?P<sounds>[^{}]*)\}(?P<tail>~*[^\s\w(){}]*))?""",
    re.VERBOSE,
)


def _tokens(row: str) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """Return the tokens of the lead and those of the backing voices."""
    voices: tuple[list[Token], list[Token]] = ([], [])
    inside = False
    place = 0
    while place < len(row):
        match = _TOKEN.match(row, place)
        if match is None or match.end() == place:
            raise LyricsError(
                f"the brace at {row[place : place + 12]!r} is not one pair round sounds; write word{{W ER1 D}}"
            )
        place = match.end()
        if match["open"] or match["close"]:
            if inside == bool(match["open"]):
                raise LyricsError(
                    "its parentheses do not pair; open and close them on the same line, as in (backing words)"
                )
            inside = bool(match["open"])
        elif not match["space"]:
            _add_token(voices[inside], match)
    if inside:
        raise LyricsError("the parenthesis '(' is not closed; close it on the same line, as in (backing words)")
    for voice in voices:
        if len(voice) > MAX_WORDS_PER_LINE:
            raise LyricsError(f"it has {len(voice)} words; at most {MAX_WORDS_PER_LINE} fit: split the line")
    return tuple(voices[0]), tuple(voices[1])


def _add_token(voice: list[Token], match: re.Match[str]) -> None:
    text, sounds = match["text"], match["sounds"]
    if sounds is not None:
        if not re.search(r"\w", text):
            raise LyricsError(f"the sounds {{{sounds}}} follow no word; write them after one, as in word{{W ER1 D}}")
        if not sounds.strip():
            raise LyricsError(f"the braces after {text!r} are empty; write the sounds, as in word{{W ER1 D}}")
        voice.append(Token(text + (match["tail"] or ""), sounds))
    elif text.strip("~"):
        voice.append(Token(text))
    elif voice:
        voice[-1] = replace(voice[-1], text=voice[-1].text + text)
