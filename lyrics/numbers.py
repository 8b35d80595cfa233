"""Figures as they are sung: 27, 1,250, 3.5, 1999, 21st, $5, 50%, 7:30, 24/7, '80s.

Plain numbers are cardinals. Four figures from 1100 to 2099 without a comma are read as a year.
"""

from __future__ import annotations

import re

MAX_CARDINAL_DIGITS = 12
"""Longer runs of figures are sung figure by figure."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
}
FRACTIONS = {"1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter"}

_WHOLE = r"\d{1,3}(?:,\d{3})+|\d+"


def number_words(token: str) -> str | None:
    """Return the sung words of a token made of figures, lower-case with single spaces; None if it is no number."""
    for pattern, read in _READERS:
        match = re.fullmatch(pattern, token)
        if match:
            return " ".join(read(match).replace("-", " ").replace(",", " ").split())
    return None


def _cardinal(text: str) -> str:
    digits = text.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return _figures(digits)
    from num2words import num2words

    return str(num2words(int(digits)))


def _figures(digits: str) -> str:
    return " ".join(DIGITS[int(digit)] for digit in digits)


def _plain(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) == 4 and (1100 <= int(text) <= 1999 or 2010 <= int(text) <= 2099):
        from num2words import num2words

        return str(num2words(int(text), to="year"))
    return _cardinal(text)


def _decimal(match: re.Match[str]) -> str:
    whole = _cardinal(match[1]) if match[1] else "zero"
    return f"{whole} point {_figures(match[2])}"


def _ordinal(match: re.Match[str]) -> str:
    digits = match[1].replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS:
        return f"{_figures(digits)} {match[2]}"
    from num2words import num2words

    return str(num2words(int(digits), to="ordinal"))


def _plural(match: re.Match[str]) -> str:
    *front, last = _plain(re.fullmatch(r"\d+", match[1]) or match).replace("-", " ").split()
    if last.endswith("y"):
        last = last[:-1] + "ies"
    elif last.endswith("x"):
        last += "es"
    else:
        last += "s"
    return " ".join([*front, last])


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = CURRENCIES[match[1]]
    whole = _cardinal(match[2])
    text = f"{whole} {one if whole == 'one' else many}"
    if match[3] and int(match[3]):
        part = _cardinal(str(int(match[3])))
        text += f" and {part} {cent if part == 'one' else cents}"
    return text


def _clock(match: re.Match[str]) -> str:
    hour, minute = _cardinal(str(int(match[1]))), match[2]
    if minute == "00":
        return f"{hour} o'clock"
    return f"{hour} oh {DIGITS[int(minute)]}" if minute[0] == "0" else f"{hour} {_cardinal(minute)}"


def _slash(match: re.Match[str]) -> str:
    return FRACTIONS.get(match[0], f"{_cardinal(match[1])} {_cardinal(match[2])}")


_READERS = (
    (r"\d+", _plain),
    (_WHOLE, lambda match: _cardinal(match[0])),
    (rf"({_WHOLE})?\.(\d+)", _decimal),
    (rf"({_WHOLE})(st|nd|rd|th)", _ordinal),
    (r"(\d+)'?s", _plural),
    (rf"([$£€¥])({_WHOLE})(?:\.(\d\d))?", _money),
    (rf"({_WHOLE})([$£€¥])()", lambda match: f"{_cardinal(match[1])} {CURRENCIES[match[2]][1]}"),
    (rf"({_WHOLE})%", lambda match: f"{_cardinal(match[1])} percent"),
    (rf"({_WHOLE})\.(\d+)%", lambda match: f"{_decimal(match)} percent"),
    (r"([01]?\d|2[0-4]):([0-5]\d)", _clock),
    (r"(\d+)/(\d+)", _slash),
    (rf"#({_WHOLE})", lambda match: f"number {_cardinal(match[1])}"),
    (rf"-({_WHOLE})", lambda match: f"minus {_cardinal(match[1])}"),
    (rf"({_WHOLE})°", lambda match: f"{_cardinal(match[1])} degrees"),
)
