"""Roman numerals: World War II, Henry VIII, MCMXCIX.

A numeral is written in capitals. Those of I, V and X alone are read wherever they stand if they have two letters or
more; longer ones of other letters as years; a single letter only after a word that is numbered, as in Part X.
"""

from __future__ import annotations

import re

from lyrics.numbers import cardinal, ordinal, year

VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
WELL_FORMED = r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
LEAST_YEAR_LETTERS = 4

NUMBERED = frozenset(
    (
        "act",
        "book",
        "bowl",
        "canto",
        "chapter",
        "episode",
        "level",
        "mark",
        "part",
        "phase",
        "scene",
        "stage",
        "track",
        "type",
        "vol",
        "volume",
        "war",
    )
)
"""Words that a numeral counts."""

CROWNED = frozenset(
    (
        *("alexander", "benedict", "catherine", "charles", "christian", "clement", "edward", "elizabeth", "francis"),
        *("frederick", "george", "gregory", "gustav", "henry", "innocent", "ivan", "james", "john", "leo", "leopold"),
        *("louis", "mary", "napoleon", "nicholas", "otto", "paul", "peter", "philip", "pius", "ramses", "richard"),
        *("tudor", "urban", "victor", "wilhelm", "william"),
    )
)
"""Names of kings, queens and popes: theirs are sung "the eighth"."""


def roman_value(letters: str) -> int | None:
    """Return the number that capitals write, or None where they write none."""
    if not letters or not re.fullmatch(WELL_FORMED, letters):
        return None
    values = [VALUES[letter] for letter in letters]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def roman_words(letters: str, before: str, closed: bool) -> str | None:
    """Return the sung words of capitals, or None where they are no numeral here.

    Parameters
    ----------
    letters : the token without punctuation
    before : the word before it as written, "" at the start of the line
    closed : whether nothing of the same sentence follows in lower case ("Part I", but "the Part I play")
    """
    value = roman_value(letters)
    if value is None:
        return None
    head = before.lower().strip(".")
    if len(letters) == 1:
        counted = head in NUMBERED and before[:1].isupper() and letters in "IVX"
        return cardinal(str(value)) if counted and (letters != "I" or closed or head == "war") else None
    if set(letters) <= set("IVX"):
        return f"the {ordinal(str(value))}" if head in CROWNED else cardinal(str(value))
    if head in NUMBERED:
        return cardinal(str(value))
    is_year = len(letters) >= LEAST_YEAR_LETTERS and len(set(letters)) > 1 and 1000 <= value <= 2099
    return year(str(value)) if is_year else None
