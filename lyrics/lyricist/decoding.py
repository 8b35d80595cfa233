"""Lines of a language model under metre and rhyme.

At every step only those tokens are left that lead to a word which fits what is left of the line: its syllables, their
stresses, and at the end a rhyme. A batch of candidates grows side by side, each from its own draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lyrics.lyricist.vocabulary import CONTENT, LONG, Vocabulary

TEMPERATURE, TOP = 0.75, 40
"""Of the tokens that are left, so many of the likeliest are drawn from, their differences divided so."""

SAID_AGAIN = 2.5
"""What a content word that was sung before loses, in natural logarithms."""

COMMA_COST = 1.0
COMMA = -1
"""Stands for a comma among the words of a line."""

MAX_STEPS = 64

Logits = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a line has to be.

    Parameters
    ----------
    pattern : 1 for a beat, 0 off it
    ends : numbers of the words that may end the line
    forced : numbers of the words that it begins with
    """

    pattern: str
    ends: frozenset[int]
    forced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line: its words by number, its tokens, and the mean log-probability of a token."""

    words: tuple[int, ...]
    tokens: tuple[int, ...]
    likelihood: float

    def text(self, vocabulary: Vocabulary) -> str:
        """Return the line as it is written."""
        shown = "".join("," if word == COMMA else f" {vocabulary.words[word]}" for word in self.words).strip()
        return shown[:1].upper() + shown[1:]


@dataclass(slots=True)
class Growing:
    """A line on its way: the words that are whole, and the tokens of the one that is open."""

    words: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    used: int = 0
    partial: tuple[int, ...] = ()
    floor: float = 0.0
    total: float = 0.0
    done: bool = False
    dead: bool = False


class MetreProcessor:
    """The rules of metre and rhyme as a logits processor: what may come next in a line, and what it costs."""

    def __init__(
        self, vocabulary: Vocabulary, demand: Demand, said: Mapping[str, int], tokens: int, comma: int
    ) -> None:
        self.vocabulary, self.demand, self.tokens, self.comma = vocabulary, demand, tokens, comma
        heavy = np.isin(vocabulary.kinds, (CONTENT, LONG))
        again = np.array([SAID_AGAIN * min(2, said.get(word.lower(), 0)) for word in vocabulary.words])
        self._said = np.where(heavy, again, 0.0)
        self._words: dict[int, NDArray[np.float64]] = {}
        self._starts: dict[tuple[int, bool], NDArray[np.float64]] = {}

    def __call__(self, line: Growing, logits: Logits) -> Logits:
        """Return the logits [tokens] less what each token costs after a line; minus infinity where it cannot come."""
        return logits - self.costs(line)

    def costs(self, line: Growing) -> NDArray[np.float64]:
        """Return what each token costs [tokens] that comes next in a line."""
        if not line.partial:
            return self._starting(line.used, bool(line.words), line.words[-1:])
        cost = np.full(self.tokens, np.inf)
        whole = self.whole(line)
        if whole is not None:
            used = line.used + int(self.vocabulary.syllables[whole])
            cost = self._starting(used, True, [whole]).copy()
            if COMMA not in line.words and 2 <= used <= len(self.demand.pattern) - 3 and len(line.words) > 0:
                cost[self.comma] = COMMA_COST
        for token, least in self._onward(line).items():
            cost[token] = min(cost[token], least)
        return cost

    def whole(self, line: Growing) -> int | None:
        """Return the number of the word that the open tokens of a line spell and that can stand there, or None."""
        spelled, costs = self._spelled(line), self._word_costs(line.used)
        fits = [i for i in self._pending(line) if spelled[i] == line.partial and np.isfinite(costs[i])]
        return min(fits, key=lambda i: (float(costs[i]), i)) if fits else None

    def can_go_on(self, line: Growing) -> bool:
        """Tell whether the open word of a line can be the beginning of a longer one that fits."""
        return bool(self._onward(line))

    def _onward(self, line: Growing) -> dict[int, float]:
        """Return the tokens that make the open word of a line longer, each with the least cost it leads to."""
        spelled, costs, depth = self._spelled(line), self._word_costs(line.used), len(line.partial)
        found: dict[int, float] = {}
        for i in self._pending(line):
            if len(spelled[i]) > depth and np.isfinite(costs[i]):
                token = spelled[i][depth]
                found[token] = min(found.get(token, np.inf), max(0.0, float(costs[i]) - line.floor))
        return found

    def _pending(self, line: Growing) -> Sequence[int]:
        """Return the numbers of the words that begin with the open tokens of a line."""
        return self.vocabulary.beginning_with(line.partial, bool(line.words))

    def _spelled(self, line: Growing) -> tuple[tuple[int, ...], ...]:
        return self.vocabulary.inside if line.words else self.vocabulary.opening

    def _word_costs(self, used: int) -> NDArray[np.float64]:
        """Return what each word costs [words] that begins after so many syllables; infinite where it cannot."""
        if used not in self._words:
            cost = self.vocabulary.costs(self.demand.pattern, used) + self._said
            closing = self.vocabulary.syllables == len(self.demand.pattern) - used
            may_close = np.zeros(len(cost), bool)
            may_close[sorted(self.demand.ends)] = True
            cost[closing & ~may_close] = np.inf
            self._words[used] = cost
        return self._words[used]

    def _starting(self, used: int, inside: bool, last: Sequence[int]) -> NDArray[np.float64]:
        """Return what each token costs [tokens] that begins a word after so many syllables."""
        key = (used, inside)
        first = self.vocabulary.first_tokens(inside)
        if key not in self._starts:
            cost = np.full(self.tokens, np.inf)
            if used < len(self.demand.pattern):
                np.minimum.at(cost, first, self._word_costs(used))
            self._starts[key] = cost
        cost = self._starts[key]
        if last and last[0] != COMMA:
            cost = cost.copy()
            cost[first[last[0]]] = np.inf
        return cost


def grow_lines(
    processor: MetreProcessor,
    step: Callable[[Sequence[Sequence[int]]], Logits],
    newline: int,
    rngs: Sequence[np.random.Generator],
) -> list[Candidate]:
    """Return the lines of a batch that came to their end, one draw each.

    Parameters
    ----------
    step : takes the tokens that each line of the batch has so far, returns logits [batch, tokens] for the next
    newline : the token that stands for the end of a line where a word could also go on
    """
    lines = [_begun(processor) for _ in rngs]
    for _ in range(MAX_STEPS):
        open_lines = [line for line in lines if not (line.done or line.dead)]
        if not open_lines:
            break
        logits = step([line.tokens for line in lines])
        for line, row, rng in zip(lines, logits, rngs, strict=True):
            if not (line.done or line.dead):
                _choose(line, row, processor, newline, rng)
    return [
        Candidate(tuple(line.words), tuple(line.tokens), line.total / max(1, len(line.tokens)))
        for line in lines
        if line.done
    ]


def _begun(processor: MetreProcessor) -> Growing:
    """Return a line that begins with the words that are forced."""
    line, vocabulary = Growing(), processor.vocabulary
    for i in processor.demand.forced:
        line.tokens += (vocabulary.inside if line.words else vocabulary.opening)[i]
        line.words.append(i)
        line.used += int(vocabulary.syllables[i])
    line.done = line.used == len(processor.demand.pattern)
    line.dead = line.used > len(processor.demand.pattern)
    return line


def _choose(line: Growing, logits: Logits, processor: MetreProcessor, newline: int, rng: np.random.Generator) -> None:
    """Draw the next token of a line, and close the line where its syllables are full."""
    left = processor(line, logits)
    likely = logits - _log_sum(logits)
    whole = processor.whole(line) if line.partial else None
    length = len(processor.demand.pattern)
    closes = whole is not None and line.used + int(processor.vocabulary.syllables[whole]) == length
    if closes:
        left[newline] = logits[newline]
    order = np.argsort(-left, kind="stable")[:TOP]
    order = order[np.isfinite(left[order])]
    if not len(order):
        line.dead = True
        return
    scaled = left[order] / TEMPERATURE
    shares = np.exp(scaled - scaled.max())
    token = int(order[int(rng.choice(len(order), p=shares / shares.sum()))])
    if closes and token == newline:
        _close(line, processor, whole)
        line.done = True
        return
    onward = line.partial and token in processor._onward(line)
    if line.partial and not onward:
        _close(line, processor, whole)
    line.tokens.append(token)
    line.total += float(likely[token])
    if token == processor.comma and not onward and line.words and not line.partial:
        line.words.append(COMMA)
        return
    if not line.partial:
        line.floor = float(processor._starting(line.used, bool(line.words), ())[token])
    line.partial = (*line.partial, token)
    word = processor.whole(line)
    full = word is not None and line.used + int(processor.vocabulary.syllables[word]) == length
    if full and not processor.can_go_on(line):
        _close(line, processor, word)
        line.done = True


def _close(line: Growing, processor: MetreProcessor, word: int | None) -> None:
    """Make the open word of a line whole."""
    assert word is not None
    line.words.append(word)
    line.used += int(processor.vocabulary.syllables[word])
    line.partial = ()


def _log_sum(logits: Logits) -> float:
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - top).sum()))
