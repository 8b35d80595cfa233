"""One line of a sheet into tokens: the lead's and the backing's, remarks, repeats and emoticons settled.

`(words)` are for the backing voices, `[a remark]` inside a line and emoticons are not sung, `(x2)` or `[x2]` at the
end sings the line again, `~` asks for one more note and `word{W ER1 D}` gives sounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lyrics.errors import LyricsError
from lyrics.tokens import Token

MAX_WORDS_PER_LINE = 64
MAX_LINE_REPEATS = 8


@dataclass(frozen=True, slots=True)
class Row:
    """What is written in one line.

    Parameters
    ----------
    lead, backing : the tokens of the two voices
    text : as written, without what asks for repeats
    repeats : how often the line is sung
    skipped : what is not sung, as written
    notes : what else the reader should know
    """

    lead: tuple[Token, ...]
    backing: tuple[Token, ...]
    text: str = ""
    repeats: int = 1
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_EMOTICON = re.compile(
    r"""(?<!\S)(?:</?3+|[:;=]['^o-]?[)(\[\]DPpOo3/\\|*$]+|[xX]D+|[\^][_.o-]?[\^]|T_T|-_+-|[oO][_.][oO]|\\o/|¯\\_\(ツ\)_/¯)(?!\S)""",
    re.VERBOSE,
)
_REPEAT = re.compile(r"\s*(?:\(\s*(?:[xX×]\s?(\d)|(\d)\s?[xX×])\s*\)|\[\s*(?:[xX×]\s?(\d)|(\d)\s?[xX×])\s*\])\s*$")
_REMARK = re.compile(r"\[[^\[\]]*\]")
_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\)) | (?P<space>\s+|--+|(?:(?<!\d)–|–(?!\d)|[—…])+)
      | (?P<text>(?:(?!--)[^\s(){}—…–]|(?<=\d)–(?=\d))*)(?:\{(?P<sounds>[^{}]*)\}(?P<tail>~*[^\s\w(){}]*))?""",
    re.VERBOSE,
)


def read_row(row: str) -> Row:
    """Return what a line of a sheet says.

    Raises
    ------
    LyricsError
        Where braces are not a pair round sounds after a word, or a voice has too many words.
    """
    skipped: list[str] = []
    notes: list[str] = []
    text, repeats = row, 1
    row = " ".join(row.split())
    if match := _REPEAT.search(row):
        count = int(next(filter(None, match.groups())))
        if not 1 <= count <= MAX_LINE_REPEATS:
            raise LyricsError(f"it asks to be sung {count} times; 1 to {MAX_LINE_REPEATS} are accepted")
        repeats, row = count, row[: match.start()]
        text = row
    for pattern in (_EMOTICON, _REMARK):
        skipped.extend(match[0] for match in pattern.finditer(row))
        row = pattern.sub(" ", row)
    lead, backing = _voices(row, notes)
    return Row(lead, backing, text, repeats, tuple(skipped), tuple(notes))


def _voices(row: str, notes: list[str]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    voices: tuple[list[Token], list[Token]] = ([], [])
    depth = place = 0
    while place < len(row):
        match = _TOKEN.match(row, place)
        if match is None or match.end() == place:
            raise LyricsError(
                f"the brace at {row[place : place + 12]!r} is not one pair round sounds; write word{{W ER1 D}}"
            )
        place = match.end()
        if match["sounds"] is not None and re.match(r"\w", row[place:]):
            raise LyricsError(
                f"the sounds {{{match['sounds'][:24]}}} stand inside a word, before {row[place : place + 12]!r}; "
                "write them after its last letter, as in word{W ER1 D}"
            )
        if match["open"]:
            depth += 1
        elif match["close"]:
            if depth == 0:
                notes.append("a parenthesis ')' closes nothing and is passed over")
            depth = max(0, depth - 1)
        elif not match["space"]:
            _add_token(voices[depth > 0], match)
    if depth:
        notes.append("the parenthesis '(' is not closed; the rest of the line is taken as backing")
    for voice in voices:
        if len(voice) > MAX_WORDS_PER_LINE:
            raise LyricsError(f"it has {len(voice)} words; at most {MAX_WORDS_PER_LINE} fit: split the line")
    return tuple(voices[0]), tuple(voices[1])


def _add_token(voice: list[Token], match: re.Match[str]) -> None:
    text, sounds = match["text"], match["sounds"]
    if sounds is not None:
        if not re.search(r"\w", text):
            raise LyricsError(
                f"the sounds {{{sounds[:40]}}} follow no word; write them after one, as in word{{W ER1 D}}"
            )
        if not sounds.strip():
            raise LyricsError(f"the braces after {text[:24]!r} are empty; write the sounds, as in word{{W ER1 D}}")
        voice.append(Token(text + (match["tail"] or ""), sounds))
    elif text.strip("~"):
        voice.append(Token(text))
    elif voice:
        voice[-1] = replace(voice[-1], text=voice[-1].text + text)
