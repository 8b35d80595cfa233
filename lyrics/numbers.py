"""Figures as they are sung: 27, 1,250, 3.5, 1999, 21st, 2½, 50%, 24/7, '80s, 555-0199.

Plain numbers are cardinals. Four figures from 1010 to 2099 without a comma are read as a year, but for 2000 to 2009.
Money, measures, times and dates are in `lyrics.quantities` and `lyrics.dates`.
"""

from __future__ import annotations

import re
from math import gcd

MAX_CARDINAL_DIGITS = 12
"""Longer runs of figures are sung figure by figure."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BY_HABIT = {
    "007": "double oh seven",
    "24-7": "twenty four seven",
    "303": "three oh three",
    "404": "four oh four",
    "411": "four one one",
    "420": "four twenty",
    "707": "seven oh seven",
    "747": "seven forty seven",
    "808": "eight oh eight",
    "9-5": "nine to five",
    "909": "nine oh nine",
    "911": "nine one one",
    "1-2": "one two",
    "10/10": "ten out of ten",
}
"""Figures that people say in a way of their own."""

PARTS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
MOST_PARTS = 10
"""The largest denominator of a fraction; above it a slash parts two numbers, as in 9/11."""

WHOLE = r"\d{1,3}(?:,\d{3})+|\d+"
AMOUNT = rf"(?:(?:{WHOLE})(?:\.\d+)?|\.\d+)(?:&\d+/\d+)?"
"""A number that can be so many of something; `&` stands before the fraction of 2½."""


def number_words(token: str) -> str | None:
    """Return the sung words of a lower-case token made of figures, with single spaces; None if it is no number."""
    if token in BY_HABIT:
        return BY_HABIT[token]
    for pattern, read in _READERS:
        match = re.fullmatch(pattern, token)
        if match and (words := read(match)) is not None:
            return words
    return None


def plain(words: object) -> str:
    """Return what num2words says as words with single spaces, without hyphens and commas."""
    return " ".join(str(words).replace("-", " ").replace(",", " ").split())


def cardinal(text: str) -> str:
    """Return how many `text`, figures with or without commas, says; as figures where it is no plain number."""
    digits = text.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return figures(digits)
    from num2words import num2words

    return plain(num2words(int(digits)))


def figures(digits: str, zero: str = "zero") -> str:
    """Return figures one by one; `zero` is the word for 0."""
    return " ".join(zero if digit == "0" else DIGITS[int(digit)] for digit in digits)


def year(text: str) -> str:
    """Return four figures as a year, or two as the end of one: nineteen oh five, oh five."""
    if len(text) == 2 and text[0] == "0":
        return figures(text, "oh")
    from num2words import num2words

    return plain(num2words(int(text), to="year")) if len(text) == 4 else cardinal(text)


def ordinal(text: str) -> str:
    """Return which one figures say: twenty first."""
    digits = text.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS:
        return f"{figures(digits)} th"
    from num2words import num2words

    return plain(num2words(int(digits), to="ordinal"))


def amount_words(text: str) -> str:
    """Return a number that matches `AMOUNT`: 1,250, 3.5, .5, and 2&1/2 for two and a half."""
    number, _, fraction = text.partition("&")
    whole, point, decimals = number.partition(".")
    words = cardinal(whole) if whole else "zero"
    if point:
        words += f" point {figures(decimals)}"
    if fraction:
        top, bottom = fraction.split("/")
        words += f" and {_fraction(int(top), int(bottom), 'a')}"
    return words


def _fraction(top: int, bottom: int, one: str = "one") -> str:
    """Return a fraction; `one` is how a single part is counted."""
    if bottom in PARTS:
        part, parts = PARTS[bottom]
    else:
        part = ordinal(str(bottom))
        parts = part + "s"
    return f"{one} {part}" if top == 1 else f"{cardinal(str(top))} {parts}"


def _plain_number(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) == 4 and (1010 <= int(text) <= 1999 or 2010 <= int(text) <= 2099):
        return year(text)
    return cardinal(text)


def _plural(match: re.Match[str]) -> str:
    *front, last = (number_words(match[1]) or "").split()
    if last.endswith("y"):
        last = last[:-1] + "ies"
    elif last.endswith("x"):
        last += "es"
    else:
        last += "s"
    return " ".join([*front, last])


def _slash(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if 0 < top < bottom <= MOST_PARTS and gcd(top, bottom) == 1:
        return _fraction(top, bottom)
    return f"{cardinal(match[1])} {cardinal(match[2])}"


def _telephone(number: str) -> str:
    """Return a telephone number figure by figure, but for 800 and its like."""
    groups = number.split("-")
    return " ".join(cardinal(group) if group[1:] == "00" else figures(group, "oh") for group in groups)


def _range(match: re.Match[str]) -> str:
    first, last = (number_words(text) for text in match.groups())
    rising = int(match[1].replace(",", "")) < int(match[2].replace(",", ""))
    return f"{first} to {last}" if rising else f"{first} {last}"


def _minus(match: re.Match[str]) -> str | None:
    words = number_words(match[1])
    return None if words is None else f"minus {words}"


_READERS = (
    (r"\d+", _plain_number),
    (WHOLE, lambda match: cardinal(match[0])),
    (AMOUNT, lambda match: amount_words(match[0])),
    (rf"({WHOLE})(?:st|nd|rd|th)", lambda match: ordinal(match[1])),
    (r"'?(\d+)'?s", _plural),
    (r"'(\d\d)", lambda match: year(match[1])),
    (rf"({AMOUNT})%", lambda match: f"{amount_words(match[1])} percent"),
    (r"(\d{1,12})/(\d{1,12})", _slash),
    (rf"#({WHOLE})", lambda match: f"number {cardinal(match[1])}"),
    (r"(?:(?:1-)?\d{3}-)?\d{3}-\d{4}", lambda match: _telephone(match[0])),
    (rf"({WHOLE})-({WHOLE})", _range),
    (r"(\d{1,3})x(\d{1,3})", lambda match: f"{cardinal(match[1])} by {cardinal(match[2])}"),
    (r"-([\d.].*)", _minus),
)
