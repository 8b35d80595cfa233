"""A stanza from pieces: a beam search over those that fit the metre and rhyme where the scheme says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lyrics.lyricist.corpus import UNIT_SIZES
from lyrics.lyricist.forms import Shape
from lyrics.lyricist.metre import Fit, fit
from lyrics.lyricist.pieces import Piece
from lyrics.lyricist.reading import beats_of, content_of, last_word, words_of
from lyrics.lyricist.rhyme import GOOD, rhyme_vowels, words_rhyme
from lyrics.prosody import Rhyme
from lyrics.values import Word

BEAM, WIDE_BEAM, WIDTH = 14, 40, 90
"""Stanzas kept after each piece, in usual shapes and in others; pieces tried after each without a rhyme to meet."""

CLASH, ADDED = 0.35, 0.4
"""What a clash with the metre and a syllable more or less take away."""

FAMILY, STRAY = 0.15, 0.3
"""What a rhyme by family takes away, and one where none is asked."""

SAME_SCENE, OTHER_SCENE = 0.9, 0.7
SAME_THEME, OTHER_THEME = 0.3, 0.4
SAME_TENSE, OTHER_TENSE = 0.25, 1.0
ALIKE = 0.9
SAME_OPENING = 0.35
SAID_BEFORE = 0.3
SAME_END, SAME_SOUND = 1.2, 0.25
"""What joins two pieces, and what is against it: the same scene, theme, tense, first word, content words, ends."""


@dataclass(slots=True)
class Used:
    """What a song has sung so far."""

    sources: set[tuple[str, int]] = field(default_factory=set)
    ends: dict[str, int] = field(default_factory=dict)
    sounds: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    scenes: dict[str, int] = field(default_factory=dict)

    def add(self, pieces: Sequence[Piece]) -> None:
        """Take note of pieces that are sung."""
        for piece in pieces:
            self.sources.add(piece.source)
            if piece.scene:
                self.scenes[piece.scene] = self.scenes.get(piece.scene, 0) + 1
            for line in piece.lines:
                word = last_word(line)
                self.ends[word.sung] = self.ends.get(word.sung, 0) + 1
                for other in content_of(line):
                    self.words[other] = self.words.get(other, 0) + 1


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a stanza is to be, beside its shape.

    Parameters
    ----------
    roles : for each of the pieces in order (the last goes for all that follow), what each role is worth
    tense : the tense of choice, or empty
    """

    roles: tuple[Mapping[str, float], ...]
    tense: str = ""


@dataclass(frozen=True, slots=True)
class Stanza:
    """Pieces that fill a shape, and their worth."""

    pieces: tuple[Piece, ...]
    shape: Shape
    worth: float

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are sung."""
        return tuple(line for piece in self.pieces for line in piece.lines)


class Bench:
    """The pieces of a lyric with all that is asked of them again and again, computed once."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)
        self.worth = np.array([piece.worth for piece in pieces])
        self.near = np.array([piece.near for piece in pieces])
        vectors = np.stack([piece.vector for piece in pieces if piece.vector is not None])
        self.alike: NDArray[np.float32] = vectors @ vectors.T
        words = [tuple(last_word(line) for line in piece.lines) for piece in pieces]
        keys = {_key(word): word for row in words for word in row}
        self.words: tuple[Word, ...] = tuple(keys.values())
        numbers = {key: i for i, key in enumerate(keys)}
        self.ends = tuple(tuple(numbers[_key(word)] for word in row) for row in words)
        self.sung = tuple(word.sung for word in self.words)
        self._by_vowels: dict[str, list[int]] = {}
        for i, word in enumerate(self.words):
            for vowels in sorted(rhyme_vowels(word)):
                self._by_vowels.setdefault(vowels, []).append(i)
        self._rhymes: dict[int, dict[int, Rhyme]] = {}
        self._fits: dict[tuple[str, ...], tuple[tuple[int, float], ...]] = {}

    def rhymes(self, end: int) -> Mapping[int, Rhyme]:
        """Return the line ends that rhyme with an end, and how; ends are numbers of `words`."""
        if end not in self._rhymes:
            near = {i for vowels in rhyme_vowels(self.words[end]) for i in self._by_vowels[vowels]}
            kinds = {i: words_rhyme(self.words[end], self.words[i]) for i in sorted(near)}
            self._rhymes[end] = {i: kind for i, kind in kinds.items() if kind is not None}
        return self._rhymes[end]

    def fitting(self, patterns: tuple[str, ...]) -> tuple[tuple[int, float], ...]:
        """Return the numbers of the pieces of as many lines that fit patterns, each with what its misfit takes."""
        if patterns not in self._fits:
            found = []
            for i, piece in enumerate(self.pieces):
                if len(piece.lines) != len(patterns):
                    continue
                fits = [line_fit(line, pattern) for line, pattern in zip(piece.lines, patterns, strict=True)]
                if all(one.good for one in fits):
                    found.append((i, -sum(CLASH * one.clashes + ADDED * abs(one.added) for one in fits)))
            self._fits[patterns] = tuple(found)
        return self._fits[patterns]


def _key(word: Word) -> str:
    """Return what tells words of different sounds or letters apart."""
    return " ".join([word.sung, *(str(p) for syllable in word.syllables for p in syllable.phonemes)])


@lru_cache(maxsize=50_000)
def line_fit(line: str, pattern: str) -> Fit:
    """Return how a written line fits a pattern."""
    return fit(beats_of(line), pattern)


@dataclass(frozen=True, slots=True)
class _State:
    chosen: tuple[int, ...]
    ends: tuple[int, ...]
    worth: float


def fill(
    shape: Shape,
    bench: Bench,
    wishes: Wishes,
    used: Used,
    noise: NDArray[np.float64],
    start: Piece | None = None,
    allowed: Callable[[Piece], bool] = lambda piece: True,
    beam_size: int = BEAM,
) -> Stanza | None:
    """Return the best stanza of a shape, or None where the pieces cannot fill it.

    Parameters
    ----------
    noise : [pieces] what chance adds to the worth of each
    start : a piece that the stanza begins with
    allowed : which pieces may be taken
    beam_size : stanzas kept after each piece
    """
    search = _Search(shape, bench, wishes, used, bench.worth + noise, allowed)
    beam = [_State((), (), 0.0)]
    if start is not None:
        i = next(i for i, piece in enumerate(bench.pieces) if piece is start)
        fitting = bench.fitting(shape.patterns[: len(start.lines)])
        if all(number != i for number, _ in fitting) or search.rhymed((), bench.ends[i]) is None:
            return None
        beam = [_State((i,), bench.ends[i], float(search.base[i]) * len(start.lines))]
    done = [state for state in beam if len(state.ends) == len(shape)]
    while beam:
        grown = [new for state in beam for size in UNIT_SIZES for new in search.grow(state, size)]
        done.extend(state for state in grown if len(state.ends) == len(shape))
        going = [state for state in grown if len(state.ends) < len(shape)]
        going.sort(key=lambda state: (-state.worth / len(state.ends), state.chosen))
        beam = going[:beam_size]
    if not done:
        return None
    best = min(done, key=lambda state: (-state.worth, state.chosen))
    return Stanza(tuple(bench.pieces[i] for i in best.chosen), shape, best.worth)


class _Search:
    """What one search asks of every piece, computed once for each place in the stanza."""

    def __init__(
        self,
        shape: Shape,
        bench: Bench,
        wishes: Wishes,
        used: Used,
        base: NDArray[np.float64],
        allowed: Callable[[Piece], bool],
    ) -> None:
        self.shape, self.bench, self.wishes, self.used = shape, bench, wishes, used
        self.base, self.allowed = base, allowed
        self._rows: dict[tuple[int, int, int], list[tuple[float, int]]] = {}

    def grow(self, state: _State, size: int) -> list[_State]:
        """Return a stanza with one more piece of a size, for each that goes with it."""
        at = len(state.ends)
        if at + size > len(self.shape) or (size > 1 and at % 2 and len(self.shape) % 2 == 0):
            return []
        found: list[_State] = []
        for worth, i in self._candidates(at, size, min(len(state.chosen), len(self.wishes.roles) - 1)):
            if i in state.chosen:
                continue
            sound = self.rhymed(state.ends, self.bench.ends[i])
            if sound is None:
                continue
            joined = _joined(self.bench, state.chosen, i) if state.chosen else _opening(self.bench.pieces[i])
            total = state.worth + size * (worth + joined + sound)
            found.append(_State((*state.chosen, i), (*state.ends, *self.bench.ends[i]), total))
            if len(found) >= WIDTH:
                break
        return found

    def _candidates(self, at: int, size: int, turn: int) -> list[tuple[float, int]]:
        """Return the pieces of a size that fit at a place, with what they are worth there, best first."""
        key = (at, size, turn)
        if key not in self._rows:
            rows, roles = [], self.wishes.roles[turn]
            for i, misfit in self.bench.fitting(self.shape.patterns[at : at + size]):
                piece = self.bench.pieces[i]
                role = roles.get(piece.role)
                if role is None or piece.source in self.used.sources or not self.allowed(piece):
                    continue
                worth = float(self.base[i]) + role + misfit - _worn(piece, self.used)
                if self.wishes.tense and piece.tense not in (self.wishes.tense, "future"):
                    worth -= SAME_TENSE
                rows.append((worth, i))
            self._rows[key] = sorted(rows, key=lambda row: (-row[0], row[1]))
        return self._rows[key]

    def rhymed(self, ends: Sequence[int], added: Sequence[int]) -> float | None:
        """Return what the rhymes of added lines are worth, None where one is missing or a word rhymes with itself."""
        worth, scheme, every = 0.0, self.shape.scheme, (*ends, *added)
        sung = self.bench.sung
        for at in range(len(ends), len(every)):
            if any(sung[every[at]] == sung[every[before]] for before in range(at)):
                return None
            rhymes = self.bench.rhymes(every[at])
            last = rhymes.get(every[at - 1]) if at else None
            if scheme[at] == "X":
                worth -= STRAY if last else 0.0
                continue
            if at and scheme[at - 1] == "X" and last in GOOD:
                return None
            for before in range(at):
                kind = rhymes.get(every[before])
                if scheme[before] == scheme[at]:
                    if kind not in GOOD:
                        return None
                    worth -= FAMILY if kind == "family" else 0.0
                elif kind in GOOD and scheme[before] != "X":
                    return None
                elif kind and scheme[before] != "X":
                    worth -= STRAY
        return worth


def _joined(bench: Bench, chosen: Sequence[int], i: int) -> float:
    """Return what it is worth that a piece follows others."""
    before, piece = bench.pieces[chosen[-1]], bench.pieces[i]
    worth = ALIKE * float(bench.alike[chosen[-1], i])
    if before.scene and piece.scene:
        worth += SAME_SCENE if before.scene == piece.scene and before.source[0] == piece.source[0] else -OTHER_SCENE
    if before.theme and piece.theme:
        worth += SAME_THEME if before.theme == piece.theme else -OTHER_THEME
    elif before.theme or piece.theme:
        worth -= OTHER_THEME
    worth += SAME_TENSE if before.tense == piece.tense else -OTHER_TENSE
    openings = {words_of(line)[0] for line in before.lines}
    worth -= SAME_OPENING * (words_of(piece.lines[0])[0] in openings)
    shared = content_of(" ".join(before.lines)) & content_of(" ".join(piece.lines))
    return worth - SAID_BEFORE * len(shared - piece.own_words)


def _opening(piece: Piece) -> float:
    """Return what speaks against a piece at the start of a stanza."""
    return -1.5 if words_of(piece.lines[0])[0] in ("and", "but", "so", "or", "then", "now") else 0.0


def _worn(piece: Piece, used: Used) -> float:
    """Return what speaks against a piece because of what the song has sung before."""
    worn = sum(SAME_END * used.ends.get(last_word(line).sung, 0) for line in piece.lines)
    words = {word for line in piece.lines for word in content_of(line)} - piece.own_words
    return worn + 0.12 * sum(used.words.get(word, 0) for word in words)
