"""Which of its sounds a word has here: "close the door" or "close to me", judged by the words beside it.

The rules are rows of `homographs.tsv`, whose head says how they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

START, END, ANY = "^", "$", "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pronunciation that holds between certain neighbours; None where any will do."""

    sounds: str
    before: frozenset[str] | None
    after: frozenset[str] | None

    def holds(self, before: tuple[str, str], after: str) -> bool:
        """Tell whether the rule is for a word after `before`, two words, and before `after`."""
        fits_before = self.before is None or before[1] in self.before or "_".join(before) in self.before
        return fits_before and (self.after is None or after in self.after)


@cache
def rules() -> dict[str, tuple[Rule, ...]]:
    """Return the rules of every homograph, in the order in which they are tried."""
    classes: dict[str, frozenset[str]] = {}
    found: dict[str, list[Rule]] = {}
    for line in Path(__file__).with_name("homographs.tsv").read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if line.startswith("@"):
            classes[cells[0]] = frozenset(cells[1].split())
        elif line and not line.startswith("#"):
            word, sounds, before, after = cells
            rule = Rule(sounds, _condition(before, classes), _condition(after, classes))
            found.setdefault(word, []).append(rule)
    return {word: tuple(word_rules) for word, word_rules in found.items()}


def _condition(cell: str, classes: dict[str, frozenset[str]]) -> frozenset[str] | None:
    if cell == ANY:
        return None
    return frozenset().union(*(classes[item] if item[0] == "@" else (item,) for item in cell.split()))


def choose(words: Sequence[str], place: int) -> str | None:
    """Return the pronunciation of the homograph `words[place]` in its line, or None where the dictionary decides."""
    before = (words[place - 2] if place > 1 else START, words[place - 1] if place else START)
    after = words[place + 1] if place + 1 < len(words) else END
    return next((rule.sounds for rule in rules().get(words[place], ()) if rule.holds(before, after)), None)
