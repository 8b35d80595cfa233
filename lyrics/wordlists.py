"""The word lists of `wordlists.tsv`."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _lists() -> dict[str, frozenset[str]]:
    lines = Path(__file__).with_name("wordlists.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {
        name: frozenset(word for other, words in rows if other == name for word in words.split()) for name, _ in rows
    }


def function_words() -> frozenset[str]:
    """Return the small words that carry the grammar and seldom the beat: `the`, `of`, `you`."""
    return _lists()["function"]


def light_words() -> frozenset[str]:
    """Return the words that may carry a beat but give way to nouns, verbs and adjectives: `down`, `not`, `ooh`."""
    return _lists()["light"]


def short_compound_words() -> frozenset[str]:
    """Return the words of three letters that English likes to make compounds of: `sun`, `sea`, `lit`."""
    return _lists()["compound"]
