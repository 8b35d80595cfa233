"""Times of day and dates as they are sung: 7:05, 10:15pm, 12/25/1999, 2024-12-25."""

from __future__ import annotations

import re

from lyrics.numbers import DIGITS, cardinal, ordinal, year

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH_ABBREVIATIONS = {name[:3]: name for name in MONTHS if name != "may"} | {"sept": "september"}
MOST_DAYS = 31


def date_words(token: str) -> str | None:
    """Return the sung words of a lower-case token that is a time or a date in figures; None if it is neither.

    The letters of am and pm are left to be spelled: they are the last word.
    """
    for pattern, read in _READERS:
        match = re.fullmatch(pattern, token)
        if match:
            return read(match)
    return None


def clock_words(hour: str, minute: str | None, on_the_hour: str = "") -> str:
    """Return a time; `on_the_hour` is what is said where the minutes are 00: `o'clock`, or nothing."""
    words = cardinal(str(int(hour)))
    if minute is None or minute == "00":
        return f"{words} {on_the_hour}".strip()
    return f"{words} oh {DIGITS[int(minute)]}" if minute[0] == "0" else f"{words} {cardinal(minute)}"


def day_words(text: str) -> str | None:
    """Return the day of a month that figures name, as an ordinal; None if there is no such day."""
    return ordinal(text) if re.fullmatch(r"\d\d?", text) and 1 <= int(text) <= MOST_DAYS else None


def _full_date(match: re.Match[str]) -> str | None:
    place, day = int(match[2]), day_words(str(int(match[3])))
    if not 1 <= place <= len(MONTHS) or day is None:
        return None
    return f"{MONTHS[place - 1]} {day} {year(match[1])}"


def _slashed(match: re.Match[str]) -> str:
    return f"{cardinal(str(int(match[1])))} {cardinal(str(int(match[2])))} {year(match[3])}"


_READERS = (
    (r"([01]?\d|2[0-4]):([0-5]\d)", lambda match: clock_words(match[1], match[2], "o'clock")),
    (
        r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)",
        lambda match: f"{clock_words(match[1], match[2])} to {clock_words(match[3], match[4])}",
    ),
    (r"(0?\d|1[0-2])(?::([0-5]\d))?([ap])\.?m", lambda match: f"{clock_words(match[1], match[2])} {match[3]}m"),
    (r"(\d{4})-(\d\d)-(\d\d)", _full_date),
    (r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)", _slashed),
)
