"""Written lines as the lyricist sees them: sounds and beats, computed once a text."""

from __future__ import annotations

import re
from functools import lru_cache

from lyrics.analysis import analyse_tokens
from lyrics.lines import read_row
from lyrics.lyricist.corpus import SLOT
from lyrics.lyricist.metre import Beats
from lyrics.values import Line, Word
from lyrics.wordlists import function_words, light_words

SAMPLES = {"1": "lamp", "10": "lantern", "01": "hotel", "100": "cinema", "010": "umbrella", "": "something"}
"""Words that stand for a slot of a stress where only the metre matters."""

_WORD = re.compile(r"[a-z']+")


@lru_cache(maxsize=20_000)
def heard(text: str) -> Line:
    """Return a written line of English, analysed down to phonemes."""
    row = read_row(text)
    words, _ = analyse_tokens(row.lead)
    return Line(1, text, words)


@lru_cache(maxsize=20_000)
def beats_of(text: str) -> Beats:
    """Return the beats of a written line."""
    return Beats.of(heard(text))


def plain(text: str) -> str:
    """Return a line of the corpus without the marks of its title, words standing for its slots."""
    shown = SLOT.sub(lambda match: SAMPLES.get(match[2] or "", "lamp"), text)
    return shown.replace("<", "").replace(">", "")


def last_word(text: str) -> Word:
    """Return the last word of a written line."""
    return heard(text).words[-1]


def words_of(text: str) -> tuple[str, ...]:
    """Return the lower-case words of a written line."""
    return tuple(_WORD.findall(text.lower()))


@lru_cache(maxsize=20_000)
def content_of(line: str) -> frozenset[str]:
    """Return the words of a line that carry its meaning."""
    return frozenset(w for w in words_of(line) if w not in function_words() and w not in light_words() and len(w) > 2)
