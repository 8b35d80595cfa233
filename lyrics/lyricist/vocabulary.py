"""The words that a language model may sing, as its tokens: their syllables and stresses, and which token leads where.

A word is sung where its stresses meet the pattern of the line: the syllables of a word of several must agree with it,
a single one may bend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lyrics.dictionary import pronunciations
from lyrics.lyricist.clean import unclean
from lyrics.lyricist.corpus import SLOT, Corpus
from lyrics.lyricist.reading import words_of
from lyrics.wordlists import function_words, light_words

LONGEST_WORD_TOKENS = 6
MOST_SYLLABLES = 4
SHORTEST_OWN = 3
"""Letters of a word that the corpus has not, but the model has as one token."""

CONTENT, LIGHT, SMALL, LONG = range(4)
"""Kinds of words: a stressed syllable, one that gives way, an unstressed one, several syllables."""

ALWAYS = ("I", "I'm", "I'll", "I've", "I'd")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Words and their tokens.

    Parameters
    ----------
    words : as they stand inside a line
    syllables, kinds : [words]
    stresses : for each word, its main stresses as 1
    inside, opening : tokens of each word after a space, and at the start of a line, where it has a capital
    rhymes : for each word, its sounds from its last main stress on
    """

    words: tuple[str, ...]
    syllables: NDArray[np.int64]
    kinds: NDArray[np.int64]
    stresses: tuple[str, ...]
    inside: tuple[tuple[int, ...], ...]
    opening: tuple[tuple[int, ...], ...]
    rhymes: tuple[str, ...]
    _by_first: tuple[dict[int, list[int]], dict[int, list[int]]] = field(init=False)
    _first: tuple[NDArray[np.int64], NDArray[np.int64]] = field(init=False)

    def __post_init__(self) -> None:
        tables: list[dict[int, list[int]]] = []
        for spelled in (self.opening, self.inside):
            table: dict[int, list[int]] = {}
            for i, tokens in enumerate(spelled):
                table.setdefault(tokens[0], []).append(i)
            tables.append(table)
        object.__setattr__(self, "_by_first", (tables[0], tables[1]))
        firsts = tuple(np.array([tokens[0] for tokens in spelled]) for spelled in (self.opening, self.inside))
        object.__setattr__(self, "_first", firsts)

    def first_tokens(self, inside: bool) -> NDArray[np.int64]:
        """Return the first token of each word [words], inside a line or at its start."""
        return self._first[inside]

    def beginning_with(self, tokens: tuple[int, ...], inside: bool) -> list[int]:
        """Return the numbers of the words that begin with tokens."""
        spelled = self.inside if inside else self.opening
        return [i for i in self._by_first[inside].get(tokens[0], ()) if spelled[i][: len(tokens)] == tokens]

    def costs(self, pattern: str, at: int) -> NDArray[np.float64]:
        """Return what each word costs [words] that begins at a syllable of a pattern; infinite where it cannot."""
        shapes = {(int(kind), stress) for kind, stress in zip(self.kinds, self.stresses, strict=True)}
        cost = {shape: _cost(shape[0], shape[1], pattern[at:]) for shape in shapes}
        return np.array([cost[int(k), s] for k, s in zip(self.kinds, self.stresses, strict=True)])


def _cost(kind: int, stress: str, room: str) -> float:
    if len(stress) > len(room):
        return float("inf")
    if kind == LONG:
        return 0.0 if all(a == b for a, b in zip(stress, room, strict=False)) else float("inf")
    table = {CONTENT: {"1": 0.0, "0": 3.0}, LIGHT: {"1": 0.3, "0": 0.3}, SMALL: {"1": 1.2, "0": 0.0}}
    return table[kind][room[0]]


def make_vocabulary(encode: Callable[[str], Sequence[int]], tokens: Iterable[str], own: Iterable[str]) -> Vocabulary:
    """Return the words that a model may sing.

    Parameters
    ----------
    encode : the model's tokens of a text, without marks of its own
    tokens : its whole vocabulary as text; those that are words with a space before them may be sung
    own : words of the prompt
    """
    words = dict.fromkeys((*ALWAYS, *corpus_words(), *(word for word in own if pronunciations(word.lower()))))
    for token in tokens:
        word = token[1:]
        if token[:1] == " " and len(word) >= SHORTEST_OWN and word.isascii() and word.islower() and word.isalpha():
            words[word] = None
    rows = []
    for word in sorted(words):
        sounds = pronunciations(word.lower())
        if not sounds or (unclean(word) and word not in ALWAYS):
            continue
        stress = "".join("1" if mark == "1" else "0" for mark in sounds[0] if mark in "012")
        inside, opening = tuple(encode(f" {word}")), tuple(encode(word[:1].upper() + word[1:]))
        if 1 <= len(stress) <= MOST_SYLLABLES and 0 < max(len(inside), len(opening)) <= LONGEST_WORD_TOKENS:
            rows.append((word, stress, _kind(word.lower(), stress), inside, opening, _rhyme(sounds[0])))
    return Vocabulary(
        words=tuple(row[0] for row in rows),
        syllables=np.array([len(row[1]) for row in rows]),
        kinds=np.array([row[2] for row in rows]),
        stresses=tuple(row[1] for row in rows),
        inside=tuple(row[3] for row in rows),
        opening=tuple(row[4] for row in rows),
        rhymes=tuple(row[5] for row in rows),
    )


def _kind(word: str, stress: str) -> int:
    if len(stress) > 1:
        return LONG
    return SMALL if word in function_words() else LIGHT if word in light_words() else CONTENT


def _rhyme(sounds: str) -> str:
    """Return the sounds of a pronunciation from its last main stress on, without stress."""
    symbols = sounds.split()
    main = [i for i, symbol in enumerate(symbols) if symbol.endswith("1")]
    start = main[-1] if main else 0
    return " ".join(symbol.rstrip("012") for symbol in symbols[start:])


@cache
def corpus_words() -> tuple[str, ...]:
    """Return the words of the corpus, lower-case but for I."""
    corpus = Corpus.load()
    texts = [SLOT.sub(" ", line) for unit in corpus.units for line in unit.lines]
    texts += [entry.text for entry in corpus.entries] + [half.text for half in corpus.halves]
    words = {word.strip("'") for text in texts for word in words_of(text)}
    return tuple(sorted(word for word in words if word and word != "i" and not word.startswith("i'")))


@cache
def corpus_lines() -> frozenset[tuple[str, ...]]:
    """Return the words of every line of the corpus."""
    lines = (line for unit in Corpus.load().units for line in unit.lines)
    return frozenset(words_of(line.replace("<", "").replace(">", "")) for line in lines)
