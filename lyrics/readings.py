"""What the tokens of a line are read as because of their neighbours: $5 million, July 4, 6 ft, Main St., Henry VIII.

Only what cannot be told from the token by itself is here; `lyrics.text.spoken` reads the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lyrics.dates import MONTH_ABBREVIATIONS, MONTHS, clock_words, day_words
from lyrics.numbers import AMOUNT, amount_words, number_words
from lyrics.quantities import split_money, unit_words
from lyrics.roman import roman_words
from lyrics.wordlists import function_words

LARGE = ("hundred", "thousand", "million", "billion", "trillion")
PRICED = frozenset(
    (
        *(
            "baby",
            "bet",
            "bill",
            "bills",
            "car",
            "coffee",
            "dress",
            "guitar",
            "house",
            "man",
            "note",
            "notes",
            "question",
        ),
        *("ring", "shoes", "smile", "suit", "tip", "watch", "wine"),
    )
)
"""Nouns before which money is said in the singular: a twenty dollar bill."""

ROADS = {
    "ave": "avenue",
    "blvd": "boulevard",
    "dr": "drive",
    "hwy": "highway",
    "ln": "lane",
    "rd": "road",
    "rte": "route",
    "st": "street",
}
ALSO_TITLES = frozenset(("dr", "st"))
MUSIC = ("time", "waltz", "beat")

_EDGES = "\"'“”‘’«»„(),;:!?*_"


def readings(tokens: Sequence[str]) -> tuple[str | None, ...]:
    """Return for each token of a line the words it is sung as here, None where its neighbours do not matter.

    A word in capitals is spelled: `AM` after a time, `US` after "the".
    """
    line = _Line(tuple(token.replace("~", "") for token in tokens))
    return tuple(line.reading(place) for place in range(len(tokens)))


class _Line:
    """The tokens of a line, bare and as written."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.written = tuple(token.strip(_EDGES) for token in tokens)
        self.tokens = tokens
        self.lower = tuple(token.lower() for token in self.written)
        self.mixed_case = any(character.islower() for token in tokens for character in token)

    def word(self, place: int) -> str:
        """Return a token in lower case without its full stop, "" beyond the ends."""
        return self.lower[place].rstrip(".") if 0 <= place < len(self.lower) else ""

    def capital(self, place: int) -> bool:
        """Tell whether a token begins with a capital letter."""
        return 0 <= place < len(self.written) and self.written[place][:1].isupper()

    def reading(self, place: int) -> str | None:
        for read in (self._money, self._time, self._date, self._measure, self._number, self._title, self._capitals):
            words = read(place)
            if words is not None:
                return words
        return None

    def _money(self, place: int) -> str | None:
        """$5 million, $100 bill."""
        before = split_money(self.word(place - 1))
        if before and self.word(place) in LARGE:
            return f"{self.word(place)} {before[2]}"
        money = split_money(self.word(place))
        if money and self.word(place + 1) in LARGE:
            return amount_words(money[0])
        return f"{amount_words(money[0])} {money[1]}" if money and self.word(place + 1) in PRICED else None

    def _time(self, place: int) -> str | None:
        """12:00 AM, 4 am, 5:00 o'clock."""
        after = self.word(place + 1).replace(".", "")
        match = re.fullmatch(r"([01]?\d|2[0-4])(?::([0-5]\d))?", self.word(place))
        if match and (after in ("am", "pm") or after.startswith(("o'clock", "o’clock"))):
            return clock_words(match[1], match[2])
        meridian = self.word(place).replace(".", "")
        if meridian in ("am", "pm") and re.fullmatch(r"\d{1,2}(:\d\d)?", self.word(place - 1)):
            return meridian.upper()
        return "AM FM" if self.word(place) == "am/fm" else None

    def _date(self, place: int) -> str | None:
        """July 4, Dec. 25, 4 July."""
        here = self.word(place)
        if here in MONTH_ABBREVIATIONS and self.capital(place):
            dotted = self.lower[place].endswith(".") and here not in ("jun", "jul", "mar")
            return MONTH_ABBREVIATIONS[here] if dotted or re.match(r"\d", self.word(place + 1)) else None
        month = MONTH_ABBREVIATIONS.get(self.word(place - 1), self.word(place - 1))
        if month in MONTHS and self.capital(place - 1):
            return day_words(here)
        if self.word(place + 1) in MONTHS and self.capital(place + 1) and (day := day_words(here)):
            if self.word(place + 1) in ("may", "march") and not re.fullmatch(r"\d{4}", self.word(place + 2)):
                return None
            return f"{day} of" if self.word(place - 1) == "the" else f"the {day} of"
        return None

    def _measure(self, place: int) -> str | None:
        """6 ft, 12 in., 20 °C."""
        number = self.word(place - 1)
        if not re.fullmatch(f"-?(?:{AMOUNT})", number):
            return None
        if self.word(place) == "ft" and re.fullmatch(r"\d|1[01]", self.word(place + 1)):
            return "foot"
        if self.word(place) == "in" and not self.lower[place].endswith("."):
            return None
        return unit_words(self.word(place), number)

    def _number(self, place: int) -> str | None:
        """2 1/2, 3/4 time, No. 5."""
        here, after = self.word(place), self.word(place + 1)
        if re.fullmatch(r"\d{1,4}", here) and re.fullmatch(r"[1-9]/[2-9]", after):
            return number_words(here)
        if re.fullmatch(r"[1-9]/[2-9]", here):
            if re.fullmatch(r"\d{1,4}", self.word(place - 1)):
                return amount_words(f"0&{here}").removeprefix("zero ")
            if after in MUSIC:
                return " ".join(filter(None, map(number_words, here.split("/"))))
        if here == "no" and self.lower[place].endswith(".") and re.match(r"#?\d", after):
            return "number"
        return None

    def _title(self, place: int) -> str | None:
        """Main St., Mulholland Dr., St. Louis, Ft. Worth."""
        here = self.word(place)
        if here not in ROADS and here != "ft":
            return None
        dotted = self.lower[place].endswith(".")
        named = self.capital(place - 1) and self.word(place - 1) not in function_words()
        named = named or bool(re.fullmatch(r"\d+(st|nd|rd|th)", self.word(place - 1)))
        if here == "ft":
            return "fort" if dotted and self.capital(place) and self.capital(place + 1) and not named else None
        ends = self.tokens[place][-1:] in ",;:!?)" or not self.capital(place + 1)
        road = self.capital(place) and named and (ends or here not in ALSO_TITLES)
        if road or (dotted and here not in ALSO_TITLES):
            return ROADS[here]
        return "saint" if here == "st" and self.capital(place) and self.capital(place + 1) else None

    def _capitals(self, place: int) -> str | None:
        """Henry VIII, the US."""
        written = self.written[place].rstrip(".")
        if written == "US" and self.mixed_case and self.word(place - 1) == "the":
            return written
        before = self.written[place - 1] if place else ""
        after = self.written[place + 1] if place + 1 < len(self.written) else ""
        closed = not after or self.tokens[place][-1:] in ".,;:!?)" or (self.mixed_case and after[:1].isupper())
        return roman_words(written, before, closed)
