"""How long the voice network itself would make each consonant, from the words around it.

The network's own lengths know what a table does not: that the words "the" and "and" are hurried, that the R of a
cluster is short and the last consonant of a line long. They are coarse, so they scale the table and do not
replace it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lyrics.values import Lyrics, Word
from songsmith.performance import PhonemeSpan
from songsmith.singing.network import UNIT_S, shared_network
from songsmith.singing.phrase import Phrase
from songsmith.singing.warp import tokenize

TYPICAL_S = 0.05  # the median length of a consonant, of nearly every kind
SHORTEST_S, LONGEST_S = 0.025, 0.1

Factors = tuple[tuple[float, ...], ...]


def natural_factors(lyrics: Lyrics) -> Factors:
    """Return for each syllable, in sung order, how long each of its phonemes is relative to a typical consonant."""
    return tuple(row for line in lyrics.lines for row in _line_factors(_spelled(line.words)))


def _spelled(words: tuple[Word, ...]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the phonemes of the syllables of words as text, which can be looked up."""
    return tuple(tuple(tuple(map(str, s.phonemes)) for s in word.syllables) for word in words)


@lru_cache(maxsize=512)
def _line_factors(words: tuple[tuple[tuple[str, ...], ...], ...]) -> Factors:
    """Return the factors of a line's syllables."""
    symbols = [(symbol, w, k) for w, word in enumerate(words) for k, row in enumerate(word) for symbol in row]
    if not symbols:
        return ()
    spans = tuple(PhonemeSpan(symbol, float(i), i + 1.0, 0) for i, (symbol, _, _) in enumerate(symbols))
    still = np.zeros(1, np.float32)
    tokens = tokenize(Phrase(0.0, spans, tuple(w for _, w, _ in symbols), 1.0, still, still, 0, 0, 0), held=False)
    lengths = shared_network().natural_lengths(tokens.text) * UNIT_S
    found = [float(lengths[first + 1 : past + 1].sum()) for first, past in tokens.groups]
    factors = iter(np.clip(found, SHORTEST_S, LONGEST_S) / TYPICAL_S)
    return tuple(tuple(float(next(factors)) for _ in row) for word in words for row in word)
