"""Metre: which syllables of a line stand on a beat, and how well words fill such a pattern.

A pattern is a text of 1 (beat) and 0 (off the beat), a digit a syllable. A line fits a pattern by as many clashes as
feet in which the words disagree with it: a foot is a beat with what is off the beat around it.

Source: M. Halle and S. J. Keyser 1966, Chaucer and the Study of Prosody (a stress off the beat counts where it is
stronger than its neighbours); D. Attridge 1982, The Rhythms of English Poetry (beats and off-beats).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyrics.prosody import syllable_weights
from lyrics.values import Line

STRONG, WEAK = 0.85, 0.15
"""Weight above which a syllable wants a beat, and up to which it refuses one (the weak syllables of long words)."""

PATTERNS = {
    "I4": "0101",
    "I6": "010101",
    "I8": "01010101",
    "I10": "0101010101",
    "T5": "10101",
    "T7": "1010101",
    "W8": "01001001",
    "W9": "001001001",
}
"""Patterns that lines of the corpus are written in: iambic, trochaic and in triple time, by their syllables."""


@dataclass(frozen=True, slots=True, order=True)
class Fit:
    """How words fill a pattern: how many feet clash, and how many syllables they have more (or fewer)."""

    clashes: int
    added: int = 0

    @property
    def good(self) -> bool:
        """Whether at most one syllable and one foot are off."""
        return self.clashes <= 1 and abs(self.added) <= 1


@dataclass(frozen=True, slots=True)
class Beats:
    """What metre knows of a line.

    Parameters
    ----------
    weights : of each syllable, 0 to 1, from `lyrics.prosody`
    inside : whether the syllable is part of a word of several
    """

    weights: tuple[float, ...]
    inside: tuple[bool, ...]

    @classmethod
    def of(cls, line: Line) -> Beats:
        """Return the beats of a line's lead."""
        inside = tuple(len(word.syllables) > 1 for word in line.words for _ in word.syllables)
        return cls(syllable_weights(line), inside)

    def __len__(self) -> int:
        return len(self.weights)


def fit(beats: Beats, pattern: str) -> Fit:
    """Return the best fit of a line to a pattern: a syllable more or less may stand at any place off the beat."""
    added = len(beats) - len(pattern)
    if added == 0:
        return Fit(_clashes(beats, pattern))
    if added == 1:
        wider = sorted({pattern[:i] + "0" + pattern[i:] for i in range(len(pattern) + 1)})
        return Fit(min(_clashes(beats, one) for one in wider), 1)
    if added == -1:
        narrower = sorted({pattern[:i] + pattern[i + 1 :] for i, mark in enumerate(pattern) if mark == "0"})
        return Fit(min((_clashes(beats, one) for one in narrower), default=len(pattern)), -1)
    return Fit(len(pattern), added)


def best_pattern(beats: Beats, names: Sequence[str] = tuple(PATTERNS)) -> tuple[str, Fit]:
    """Return the name of the pattern that a line fills best, and how well."""
    fits = [(fit(beats, PATTERNS[name]), name) for name in names]
    found, name = min(fits, key=lambda row: (abs(row[0].added), row[0].clashes, row[1]))
    return name, found


def _clashes(beats: Beats, pattern: str) -> int:
    """Count the feet of a pattern of the line's length that its words disagree with."""
    weights = beats.weights
    wrong: list[int] = []
    for i, (weight, mark) in enumerate(zip(weights, pattern, strict=True)):
        if mark == "1":
            clash = weight <= WEAK and beats.inside[i]
        else:
            around = [weights[j] for j in (i - 1, i + 1) if 0 <= j < len(weights) and pattern[j] == "1"]
            strong = weight >= STRONG and all(weight > other for other in around)
            clash = strong or (weight >= STRONG and beats.inside[i])
        if clash:
            wrong.append(i)
    feet, last = 0, -9
    for i in wrong:
        if i > last + 1:
            feet += 1
            last = i
    return feet
