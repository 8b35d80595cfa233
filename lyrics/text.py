"""A word as written into the words that are sung: "27" is twenty seven, "W-w-wait" is w w wait.

`spoken` gives pieces. A piece is one sung word; most are pronounced as words, those of an acronym letter by letter
and those of a stutter as the beginning of the word they lead to. Written joined by spaces the pieces are the
`sung` text: lower-case a to z and apostrophes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lyrics.errors import LyricsError
from lyrics.numbers import CURRENCIES, number_words

APOSTROPHES = "’‘ʼ‛′´`＇ʻʹʽ"
HYPHENS = "‐‑‒–—―−⁃"
ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "st": "saint",
    "vs": "versus",
    "etc": "et cetera",
    "jr": "junior",
    "sr": "senior",
    "prof": "professor",
    "ft": "featuring",
    "feat": "featuring",
    "mt": "mount",
}
"""Read so where a full stop follows."""

BARE_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "vs", "etc", "jr"})
"""Read so without a full stop as well."""

SYMBOLS = {"&": "and", "@": "at", "+": "plus", "%": "percent", "=": "equals", "°": "degrees", "№": "number"} | {
    sign: names[0] for sign, names in CURRENCIES.items()
}
LATIN_LETTERS = str.maketrans("øØłŁđĐħĦıĸſŧŦəƒ", "oOlLdDhHikstTaf") | str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ð": "th", "Ð": "TH", "þ": "th", "Þ": "TH", "ŋ": "ng"}
)
"""Letters that are Latin but have no ASCII letter inside them."""

PLAIN = LATIN_LETTERS | str.maketrans(APOSTROPHES + HYPHENS + "⁄", "'" * len(APOSTROPHES) + "-" * len(HYPHENS) + "/")

MAX_ACRONYM_LETTERS = 4
MAX_WORD_LETTERS = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """One sung word, and whether it is pronounced as a word, by its letters' names, or as a stutter.

    `ending` is what comes after the letters of an acronym: the `s` of "DJs", the `'s` of "DJ's".
    """

    text: str
    read: Literal["word", "letters", "stutter"] = "word"
    ending: str = ""


def spoken(token: str, known: Callable[[str], bool]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """Return the sung words of one token without spaces, and the symbols in it that are not sung.

    Parameters
    ----------
    token : as written, with its punctuation
    known : tells whether a lower-case word is in the dictionary

    Raises
    ------
    LyricsError
        Where letters are not Latin, or the word is longer than `MAX_WORD_LETTERS`.
    """
    if len(token) > MAX_WORD_LETTERS:
        raise LyricsError(
            f"{_short(token)} is a word of {len(token)} characters; at most {MAX_WORD_LETTERS} are sung: "
            "put spaces between its words"
        )
    text, skipped = _fold(token)
    pieces: list[Piece] = []
    for part in text.split():
        pieces.extend(_read(part, known))
    return tuple(pieces), skipped


def _fold(token: str) -> tuple[str, tuple[str, ...]]:
    """Return the token in ASCII and currency signs, cased as it was, and the symbols left out."""
    out: list[str] = []
    skipped: list[str] = []
    for written in token.translate(PLAIN):
        if written.isascii() or written in SYMBOLS:
            out.append(written if written.isprintable() else "")
        elif _is_symbol(written):
            skipped.append(written)
            out.append(" ")
        else:
            for char in unicodedata.normalize("NFKD", written):
                out.append(_fold_char(char, token))
    return "".join(out), tuple(dict.fromkeys(skipped))


def _is_symbol(char: str) -> bool:
    """Tell whether a character is an emoji or the like, or a figure that has no plain form."""
    category = unicodedata.category(char)
    return category in ("So", "Sm", "Sc") or (
        category in ("No", "Nl") and not unicodedata.normalize("NFKD", char).translate(PLAIN).isascii()
    )


def _fold_char(char: str, token: str) -> str:
    """Return what one decomposed character of `token` is in ASCII; nothing for marks and controls."""
    plain = char.translate(PLAIN)
    if plain.isascii():
        return plain if plain.isprintable() else ""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] == "L":
        raise LyricsError(
            f"{_short(token)} has {_script(char)} letters, and only English in Latin letters can be pronounced; "
            "write it in Latin letters or give its sounds, as in word{W ER1 D}"
        )
    if category in ("Cs", "Co", "Cn"):
        raise LyricsError(f"{_short(token)} holds U+{ord(char):04X}, which is no character; remove it")
    return ""


def printable(text: str) -> str:
    """Return a text without control and formatting characters, which a terminal or a player would obey."""
    return "".join(character for character in text if character.isprintable())


def _short(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:24] + "...")


def _script(char: str) -> str:
    name = unicodedata.name(char, "unknown").split()[0]
    return {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}.get(
        name, name.capitalize()
    )


def _read(part: str, known: Callable[[str], bool]) -> list[Piece]:
    """Read one run of ASCII (and currency signs) without spaces."""
    part = part.strip('"*_~^<>[]{}()|\\;!?')
    core = part.strip(".,:;!?-\"'*_…")
    if not core:
        return [Piece(SYMBOLS[char]) for char in part if char in SYMBOLS]
    sign = "-" if part.startswith("-") and core.isdigit() else ""
    words = number_words(part.strip(',:;!?"').rstrip(".").lower()) or number_words(sign + core.lower())
    if words:
        return [Piece(word) for word in words.split()]
    clock = re.fullmatch(r"(\d{1,2}(?::[0-5]\d)?)([ap])\.?m", core.lower())
    if clock:
        return [*map(Piece, (number_words(clock[1]) or "").split()), *spell(clock[2] + "m")]
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", core):
        return spell(core.replace(".", ""))
    abbreviation = core.lower()
    if abbreviation in ABBREVIATIONS and (f"{core}." in part or abbreviation in BARE_ABBREVIATIONS):
        return [Piece(word) for word in ABBREVIATIONS[abbreviation].split()]
    pieces: list[Piece] = []
    for clause in re.split(r"[/.,:;!?\"*_|\\<>^`~\[\]{}()]+|--+", part):
        words = number_words(clause.lower())
        if words:
            pieces.extend(Piece(word) for word in words.split())
        else:
            pieces.extend(_read_compound(clause, known))
    return pieces


def _read_compound(clause: str, known: Callable[[str], bool]) -> list[Piece]:
    parts = [part for part in clause.split("-") if part]
    *heads, last = parts or [""]
    beginning = last.lower()
    if heads and all(_is_stutter(head.lower(), beginning) for head in heads):
        return [*(Piece(head.lower(), "stutter") for head in heads), *_read_mixed(last, known)]
    return [piece for part in parts for piece in _read_mixed(part, known)]


def _is_stutter(head: str, word: str) -> bool:
    return (
        word.isalpha()
        and len(head) < len(word)
        and word.startswith(head)
        and (len(head) == 1 or not re.search(r"[aeiouy]", head))
    )


def _read_mixed(part: str, known: Callable[[str], bool]) -> list[Piece]:
    """Read a run of letters, figures and symbols, each by itself."""
    pieces: list[Piece] = []
    for run in re.findall(r"[A-Za-z']+|[$£€¥]?\d+(?:'?s\b|st\b|nd\b|rd\b|th\b)?|[&@+%=°№$£€¥]", part):
        if run in SYMBOLS:
            pieces.append(Piece(SYMBOLS[run]))
        elif re.search(r"\d", run):
            words = number_words(run.lower()) or ""
            pieces.extend(Piece(word) for word in words.split())
        elif run.strip("'"):
            pieces.extend(_read_letters(run, known))
    return pieces


def _read_letters(run: str, known: Callable[[str], bool]) -> list[Piece]:
    """Read letters and apostrophes: a word if the dictionary has it, else an acronym, else a word all the same."""
    lower = run.lower()
    if re.fullmatch(r"[^aeiouy]*w[^aeiouy]*", lower):  # no word, and too few letters for the syllables of W
        return spell(lower.replace("'", ""))
    if lower.endswith("in'") and known(f"{lower[:-1]}g"):
        return [Piece(lower)]
    for candidate in (lower, lower.rstrip("'"), lower.lstrip("'"), lower.strip("'")):
        if known(candidate):
            return [Piece(candidate)]
    bare = run.strip("'")
    if not re.search(r"(.)\1\1", lower):
        acronym = re.fullmatch(r"([A-Z]{2,})('?s|'?S|'?d)?", bare)
        if acronym and _is_spelled(acronym[1], known):
            return spell(acronym[1], acronym[2] or "")
        if len(bare) > 1 and not re.search(r"[aeiouy]", bare.lower()) and not _is_hum(bare.lower()):
            return spell(bare.replace("'", ""))
    return [Piece(lower.lstrip("'") if lower.endswith("in'") else lower.strip("'"))]


def _is_spelled(capitals: str, known: Callable[[str], bool]) -> bool:
    short = len(capitals) <= MAX_ACRONYM_LETTERS and not known(capitals.lower())
    return short or not re.search(r"[AEIOUY]", capitals)


def _is_hum(word: str) -> bool:
    return re.fullmatch(r"[hmn]+|s+h+|p+f+t*|[bg]+r+|t+s+k*|p+s+t+|(.)\1+", word.replace("'", "")) is not None


def spell(letters: str, ending: str = "") -> list[Piece]:
    """Return the pieces that sing `letters` by their names; W, which has three syllables, becomes two words."""
    pieces: list[Piece] = []
    for run in re.findall(r"[^w]+|w", letters.lower()):
        pieces.extend([Piece("double"), Piece("u", "letters")] if run == "w" else [Piece(run, "letters")])
    if ending:
        pieces[-1] = Piece(pieces[-1].text + ending.lower(), "letters", ending.lower())
    return pieces
