"""Figures and symbols as they are sung in languages other than English.

The numbers themselves are num2words'; here is what surrounds them: signs, money, percent, times of day, letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Words:
    """What a language says beside the numbers.

    Parameters
    ----------
    point, minus, percent, degrees : words between and after figures
    clock : between hours and minutes
    thousands : the separator of thousands
    money : of each currency sign, the one and the many
    symbols : of symbols by themselves
    letters : the names of a to z, `_` for spaces
    """

    point: str
    minus: str
    percent: str
    degrees: str
    clock: str
    thousands: str
    money: dict[str, tuple[str, str]]
    symbols: dict[str, str]
    letters: str

    def letter(self, letter: str) -> str:
        """Return the name of a letter from a to z."""
        return self.letters.split()["abcdefghijklmnopqrstuvwxyz".index(letter)].replace("_", " ")


WORDS = {
    "es": Words(
        *("coma", "menos", "por ciento", "grados", "y", "."),
        {"$": ("dólar", "dólares"), "€": ("euro", "euros"), "£": ("libra", "libras"), "¥": ("yen", "yenes")},
        {"&": "y", "+": "más", "=": "igual a", "@": "arroba", "%": "por ciento", "°": "grados"},
        "a be ce de e efe ge hache i jota ca ele eme ene o pe cu erre ese te u uve doble_uve equis i_griega zeta",
    ),
    "fr": Words(
        *("virgule", "moins", "pour cent", "degrés", "heures", " "),
        {"$": ("dollar", "dollars"), "€": ("euro", "euros"), "£": ("livre", "livres"), "¥": ("yen", "yens")},
        {"&": "et", "+": "plus", "=": "égale", "@": "arobase", "%": "pour cent", "°": "degrés"},
        "a bé cé dé e effe gé ache i ji ka elle aime enne o pé ku erre esse té u vé double_vé ixe i_grec zède",
    ),
    "it": Words(
        *("virgola", "meno", "per cento", "gradi", "e", "."),
        {"$": ("dollaro", "dollari"), "€": ("euro", "euro"), "£": ("sterlina", "sterline"), "¥": ("yen", "yen")},
        {"&": "e", "+": "più", "=": "uguale a", "@": "chiocciola", "%": "per cento", "°": "gradi"},
        "a bi ci di e effe gi acca i i_lunga cappa elle emme enne o pi cu "
        "erre esse ti u vu vu_doppia ics ipsilon zeta",
    ),
    "pt": Words(
        *("vírgula", "menos", "por cento", "graus", "e", "."),
        {"$": ("dólar", "dólares"), "€": ("euro", "euros"), "£": ("libra", "libras"), "¥": ("iene", "ienes")},
        {"&": "e", "+": "mais", "=": "igual a", "@": "arroba", "%": "por cento", "°": "graus"},
        "a bê cê dê e efe gê agá i jota cá ele eme ene o pê quê erre esse tê u vê dáblio xis ípsilon zê",
    ),
    "de": Words(
        *("komma", "minus", "prozent", "grad", "uhr", "."),
        {"$": ("dollar", "dollar"), "€": ("euro", "euro"), "£": ("pfund", "pfund"), "¥": ("yen", "yen")},
        {"&": "und", "+": "plus", "=": "gleich", "@": "ät", "%": "prozent", "°": "grad"},
        "a be zeh de e eff ge ha i jott ka ell emm enn o pe ku err ess te u vau we iks ypsilon zett",
    ),
}

FRACTIONS = {
    "es": {"½": "medio", "¼": "un cuarto", "¾": "tres cuartos"},
    "fr": {"½": "demi", "¼": "un quart", "¾": "trois quarts"},
    "it": {"½": "mezzo", "¼": "un quarto", "¾": "tre quarti"},
    "pt": {"½": "meio", "¼": "um quarto", "¾": "três quartos"},
    "de": {"½": "ein halb", "¼": "ein viertel", "¾": "drei viertel"},
}
AND = {"es": "y", "fr": "et", "it": "e", "pt": "e", "de": ""}
"""Between a number and a half."""

UNTIL = {"es": "a", "fr": "à", "it": "a", "pt": "a", "de": "bis"}
"""Between two times."""

HOURS = {
    "es": ("hora", "horas"),
    "fr": ("heure", "heures"),
    "it": ("ora", "ore"),
    "pt": ("hora", "horas"),
    "de": ("uhr", "uhr"),
}
"""The one and the many after figures with an h."""

FEMININE = {
    "es": {"uno": "una", "veintiuno": "veintiuna"},
    "fr": {"un": "une"},
    "it": {"uno": "una"},
    "pt": {"um": "uma", "dois": "duas"},
    "de": {"eins": "ein"},
}
"""What the last word of a number is before hours."""


def numeral_words(token: str, language: str) -> str | None:
    """Return the sung words of a token made of figures, lower-case with single spaces; None if it is no number."""
    words = WORDS[language]
    if match := re.fullmatch(r"(\d*)([½¼¾])", token):
        fraction = FRACTIONS[language][match[2]]
        if not match[1]:
            return fraction
        number = _cardinal(match[1], language)
        if language == "de":
            number = FEMININE[language].get(number, number)
        return " ".join(filter(None, (number, AND[language], fraction)))
    token = unicodedata.normalize("NFKC", token.translate(_ORDINAL_SIGNS))
    separator = re.escape(words.thousands)
    whole = rf"\d{{1,3}}(?:{separator}\d{{3}})+|\d+"
    signs = "".join(words.money)
    if match := re.fullmatch(rf"(-?)([{signs}]?)({whole})(?:[.,](\d+))?\s?([{signs}%°]?)", token):
        number = _cardinal(re.sub(r"\D", "", match[3]), language)
        if match[4]:
            number += f" {words.point} " + " ".join(_cardinal(digit, language) for digit in match[4])
        sign = match[2] or match[5]
        if sign in words.money:
            number = _counted(number, words.money[sign], match[3], language)
        elif sign:
            number += f" {words.percent if sign == '%' else words.degrees}"
        return f"{words.minus} {number}" if match[1] else number
    if match := re.fullmatch(r"([01]?\d|2[0-4])(?:([:h])([0-5]\d)|h)", token):
        minute = "" if match[3] in ("00", None) else _cardinal(str(int(match[3])), language)
        return _time(int(match[1]), minute, match[2] != ":", language)
    if match := re.fullmatch(r"(\d{1,4})([oa]|ère|ème|er|re|e)", token):
        from num2words import num2words

        ordinal = _plain(num2words(int(match[1]), to="ordinal", lang=_lang(language)))
        if match[2] == "a" and language in ("es", "it", "pt"):
            ordinal = " ".join(re.sub("o$", "a", word) for word in ordinal.split())
        if match[2] in ("re", "ère") and ordinal == "premier":
            return "première"
        return re.sub("(primer|tercer)o$", r"\1", ordinal) if language == "es" and match[2] == "er" else ordinal
    return None


_ORDINAL_SIGNS = str.maketrans("ºª", "oa")


def _time(hour: int, minute: str, is_h: bool, language: str) -> str:
    """Return a time of day, minutes in words or empty; `is_h` where figures are followed by an h, not a colon."""
    words, number = WORDS[language], _cardinal(str(hour), language)
    one, many = HOURS[language]
    *head, last = number.split()
    number = " ".join((*head, FEMININE[language].get(last, last)))
    unit = one if hour == 1 else many
    if language in ("fr", "de"):
        return " ".join(filter(None, (number, unit, minute)))
    if minute:
        return f"{number} {words.clock} {minute}"
    return f"{number} {unit}" if is_h else number


def symbol_words(symbol: str, language: str) -> str | None:
    """Return how a symbol is sung by itself; None where it is not."""
    words = WORDS[language]
    return words.symbols.get(symbol) or words.money.get(symbol, (None, None))[1]


def _cardinal(digits: str, language: str) -> str:
    from num2words import num2words

    if len(digits) > MAX_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(_cardinal(digit, language) for digit in digits)
    year = language == "de" and len(digits) == 4 and 1100 <= int(digits) <= 1999
    return _plain(num2words(int(digits), to="year" if year else "cardinal", lang=_lang(language)))


def _counted(number: str, names: tuple[str, str], digits: str, language: str) -> str:
    if digits != "1":
        return f"{number} {names[1]}"
    one = {"es": "un", "it": "un", "pt": "um", "fr": "un", "de": "ein"}[language]
    return f"{one} {names[0]}"


def _lang(language: str) -> str:
    return {"pt": "pt_BR"}.get(language, language)


def _plain(words: object) -> str:
    return " ".join(str(words).lower().replace("-", " ").replace(",", " ").split())
