"""Money and measures as they are sung: $5.50, $5k, €3, 50¢, 5 km, 90°F, 6'2".

American English: kilometers, an hour for "per hour".
"""

from __future__ import annotations

import re

from lyrics.numbers import AMOUNT, amount_words, cardinal

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₿": ("bitcoin", "bitcoins", "", ""),
}
MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mm": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
"""What a letter after an amount of money stands for."""

UNITS = {
    "km": ("kilometer", "kilometers"),
    "m": ("meter", "meters"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "mi": ("mile", "miles"),
    "ft": ("foot", "feet"),
    "in": ("inch", "inches"),
    "yd": ("yard", "yards"),
    "yds": ("yard", "yards"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "ml": ("milliliter", "milliliters"),
    "gal": ("gallon", "gallons"),
    "mph": ("mile an hour", "miles an hour"),
    "km/h": ("kilometer an hour", "kilometers an hour"),
    "kmh": ("kilometer an hour", "kilometers an hour"),
    "kph": ("kilometer an hour", "kilometers an hour"),
    "hz": ("hertz", "hertz"),
    "khz": ("kilohertz", "kilohertz"),
    "mhz": ("megahertz", "megahertz"),
    "kb": ("kilobyte", "kilobytes"),
    "mb": ("megabyte", "megabytes"),
    "gb": ("gigabyte", "gigabytes"),
    "tb": ("terabyte", "terabytes"),
    "kw": ("kilowatt", "kilowatts"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "°": ("degree", "degrees"),
    "°c": ("degree celsius", "degrees celsius"),
    "°f": ("degree fahrenheit", "degrees fahrenheit"),
    "¢": ("cent", "cents"),
}

_SIGNS = "".join(CURRENCIES)
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))


def quantity_words(token: str) -> str | None:
    """Return the sung words of a lower-case token that is money or a measure; None if it is neither."""
    for pattern, read in _READERS:
        match = re.fullmatch(pattern, token)
        if match:
            return read(match)
    if token[:1] == "-" and (words := quantity_words(token[1:])):
        return f"minus {words}"
    return None


def unit_words(unit: str, number: str) -> str | None:
    """Return the name of a lower-case unit after `number`, figures as written; None if it is no unit."""
    names = UNITS.get(unit)
    return None if names is None else names[number.lstrip("-") != "1"]


def split_money(token: str) -> tuple[str, str, str] | None:
    """Return the amount, the one and the many of a token such as $5, without magnitude; None if it is no money."""
    match = re.fullmatch(rf"([{_SIGNS}])({AMOUNT})", token)
    return None if match is None else (match[2], *CURRENCIES[match[1]][:2])


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = CURRENCIES[match["sign"] or match["sign_after"]]
    amount, magnitude = match["amount"] or match["amount_before"], match["magnitude"]
    whole, _, decimals = amount.partition(".")
    if magnitude:
        return f"{amount_words(amount)} {MAGNITUDES[magnitude]} {many}"
    if len(decimals) != 2 or "&" in amount or not cent:
        return f"{amount_words(amount)} {one if amount == '1' else many}"
    parts = []
    if int(whole.replace(",", "") or "0") or not int(decimals):
        parts.append(f"{cardinal(whole or '0')} {one if whole == '1' else many}")
    if int(decimals):
        parts.append(f"{cardinal(str(int(decimals)))} {cent if int(decimals) == 1 else cents}")
    return " and ".join(parts)


def _measure(match: re.Match[str]) -> str:
    return f"{amount_words(match[1])} {unit_words(match[2], match[1])}"


def _height(match: re.Match[str]) -> str:
    return f"{cardinal(match[1])} foot {cardinal(match[2])}"


_READERS = (
    (
        rf"(?P<sign>[{_SIGNS}])(?P<amount>{AMOUNT})(?P<magnitude>{'|'.join(MAGNITUDES)})?"
        rf"|(?P<amount_before>{AMOUNT})(?P<sign_after>[{_SIGNS}])",
        _money,
    ),
    (rf"({AMOUNT})({_UNIT})", _measure),
    (r"([1-9])'(\d|1[01])\"?", _height),
)
