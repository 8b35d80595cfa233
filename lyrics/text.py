"""A word as written into the words that are sung: "27" is twenty seven, "W-w-wait" is w w wait.

`spoken` gives pieces. A piece is one sung word; most are pronounced as words, those of an acronym letter by letter,
those of a stutter as the beginning of the word they lead to, and those of a held word (lo-o-ove) share its sounds.
Written joined by spaces the pieces are the `sung` text: lower-case a to z and apostrophes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lyrics.dates import date_words
from lyrics.dictionary import accented
from lyrics.fold import SYMBOLS, fold, printable
from lyrics.numbers import number_words
from lyrics.quantities import quantity_words
from lyrics.stutter import is_stutter

__all__ = ["Piece", "as_read", "printable", "spell", "spoken"]

ABBREVIATIONS = {
    "approx": "approximately",
    "capt": "captain",
    "dr": "doctor",
    "etc": "et cetera",
    "feat": "featuring",
    "ft": "featuring",
    "gen": "general",
    "gov": "governor",
    "jr": "junior",
    "lt": "lieutenant",
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "nr": "number",
    "mt": "mount",
    "ph.d": "PHD",
    "prof": "professor",
    "rev": "reverend",
    "rm": "room",
    "sen": "senator",
    "sgt": "sergeant",
    "sr": "senior",
    "st": "saint",
    "vol": "volume",
    "vs": "versus",
}
"""Read so where a full stop follows; capitals are spelled."""

BARE_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "vs", "etc", "jr", "sgt", "ph.d"})
"""Read so without a full stop as well."""

CLIPPED = {
    "2day": "today",
    "2morrow": "tomorrow",
    "2night": "tonight",
    "2nite": "tonight",
    "4ever": "forever",
    "b/c": "because",
    "b4": "before",
    "c/o": "care of",
    "gr8": "great",
    "h8": "hate",
    "l8r": "later",
    "m8": "mate",
    "plz": "please",
    "thx": "thanks",
    "ur": "your",
    "w/": "with",
    "w/o": "without",
    "ww1": "world war one",
    "ww2": "world war two",
    "wwi": "world war one",
    "wwii": "world war two",
    "x-mas": "christmas",
    "xmas": "christmas",
}
"""Written shorter than they are said."""

MAX_ACRONYM_LETTERS = 4

Read = Literal["word", "letters", "stutter", "held"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One sung word and how it is pronounced.

    Parameters
    ----------
    text : lower-case a to z and apostrophes
    read : as a word, by its letters' names, as a stutter, or as a part of a held word
    ending : what comes after the letters of an acronym: the `s` of "DJs", the `'s` of "DJ's"
    sounds : its ARPAbet where the writing gives it away, as the accent of "rosé" does
    whole, letter, part : of a held word: the word itself, its held letter, and which part of it this is
    """

    text: str
    read: Read = "word"
    ending: str = ""
    sounds: str = ""
    whole: str = ""
    letter: int = 0
    part: Literal["", "first", "middle", "last"] = ""


def spoken(token: str, known: Callable[[str], bool]) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """Return the sung words of one token without spaces, and the symbols in it that are not sung.

    Parameters
    ----------
    token : as written, with its punctuation
    known : tells whether a lower-case word is in the dictionary

    Raises
    ------
    LyricsError
        Where letters are not Latin.
    """
    bare = unicodedata.normalize("NFC", token).strip("\"'“”‘’«»„(),.;:!?¡¿*_").lower()
    text, skipped = fold(token)
    if (sounds := accented(bare)) is not None:
        return (Piece(fold(bare)[0], sounds=sounds),), skipped
    pieces: list[Piece] = []
    for part in text.split():
        pieces.extend(_read(part, known))
        skipped += ("#",) if part == "#" else ()
    return tuple(pieces), skipped


def as_read(words: str) -> tuple[Piece, ...]:
    """Return the pieces of sung words; those in capitals are spelled."""
    return tuple(piece for word in words.split() for piece in (spell(word) if word.isupper() else [Piece(word)]))


def _read(part: str, known: Callable[[str], bool]) -> list[Piece]:
    """Read one run of plain characters without spaces."""
    if (clipped := CLIPPED.get(part.strip("\"'.,:;!?*_").lower())) is not None:
        return list(as_read(clipped))
    if part[:2].lower() == "w/" and part[2:3].isalpha():
        return [Piece("with"), *_read(part[2:], known)]
    part = re.sub(r"(?<=[A-Za-z])!(?=[a-z])", "i", part.strip('"*_~^<>[]{}()|\\;!?'))
    core = part.strip(".,:;!?-\"'*_…")
    if not core:
        return [piece for char in part if char in SYMBOLS for piece in as_read(SYMBOLS[char])]
    if words := _figures(part) or _figures(core):
        return list(as_read(words))
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", core):
        return spell(core.replace(".", ""))
    abbreviation = core.lower()
    if abbreviation in ABBREVIATIONS and (f"{core}." in part or abbreviation in BARE_ABBREVIATIONS):
        return list(as_read(ABBREVIATIONS[abbreviation]))
    pieces: list[Piece] = []
    for clause in re.split(r"[/.,:;!?\"*_|\\<>^`~\[\]{}()]+|--+", part):
        words = _figures(clause)
        pieces.extend(as_read(words) if words else _read_compound(clause, known))
    return pieces


def _figures(text: str) -> str | None:
    """Return the sung words of figures of any kind; `AM` and `PM` in capitals, to be spelled."""
    if not re.search(r"\d", text):
        return None
    lower = text.lower().strip(',:;!?"')
    token = lower.rstrip(".")
    if (words := date_words(token)) is not None:
        return re.sub(r"\b[ap]m$", lambda match: match[0].upper(), words)
    return number_words(token) or quantity_words(token)


def _read_compound(clause: str, known: Callable[[str], bool]) -> list[Piece]:
    parts = [part for part in clause.split("-") if part]
    if held := _held(clause.lower(), known):
        return held
    *heads, last = parts or [""]
    beginning = last.lower()
    if heads and all(is_stutter(head.lower(), beginning) for head in heads):
        return [*(Piece(head.lower(), "stutter") for head in heads), *_read_mixed(last, known)]
    rhyming = {"wi": "W AY1", "sci": "S AY1"}  # wi-fi, sci-fi
    if len(parts) == 2 and beginning == "fi" and parts[0].lower() in rhyming:
        return [Piece(parts[0].lower(), sounds=rhyming[parts[0].lower()]), Piece("fi")]
    return [piece for part in parts for piece in _read_mixed(part, known)]


def _held(clause: str, known: Callable[[str], bool]) -> list[Piece]:
    """Return the pieces of a word whose vowel is written again for each note of it: lo-o-ove, no-o-o, hey-ey."""
    match = re.fullmatch(r"([a-z']*?)([aeiouy]+)((?:-\2)+)(?:-\2([a-z']+))?", clause)
    if match is None or not (match[1] or match[4]):
        return []
    whole, letter = f"{match[1]}{match[2]}{match[4] or ''}", len(match[1])
    if not known(whole):
        return []
    texts = [f"{match[1]}{match[2]}", *match[3][1:].split("-")]
    if match[4]:
        texts.append(match[2] + match[4])
    last = len(texts) - 1
    return [
        Piece(text, "held", whole=whole, letter=letter, part="first" if i == 0 else "last" if i == last else "middle")
        for i, text in enumerate(texts)
    ]


def _read_mixed(part: str, known: Callable[[str], bool]) -> list[Piece]:
    """Read a run of letters, figures and symbols, each by itself."""
    if not known(part.lower()) and (match := re.fullmatch(r"(\w+)'n'(\w+)", part)):
        return [*_read_mixed(match[1], known), Piece("'n'"), *_read_mixed(match[2], known)]
    part = re.sub(r"\$(?=[A-Za-z])", "s" if any(char.islower() for char in part) else "S", part)
    pieces: list[Piece] = []
    for run in re.findall(_RUNS, part):
        if run in SYMBOLS:
            pieces.extend(as_read(SYMBOLS[run]))
        elif re.search(r"\d", run):
            pieces.extend(as_read(_figures(run) or ""))
        elif run.strip("'"):
            pieces.extend(_read_letters(run, known))
    return pieces


_RUNS = rf"[A-Za-z']+|[$£€¥]?\d+(?:'?s\b|st\b|nd\b|rd\b|th\b)?|[{re.escape(''.join(SYMBOLS))}]"


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
    short_word = len(capitals) <= MAX_ACRONYM_LETTERS and not known(capitals.lower())
    return short_word or not re.search(r"[AEIOUY]", capitals)


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
