"""Characters of every kind into the plain ones that are read: ASCII, currency signs and a few symbols.

Accents, ligatures, full-width and mathematical letters, quotes and dashes become their plain forms; emoji and other
pictures are taken out and reported; letters of other scripts are refused.
"""

from __future__ import annotations

import re
import unicodedata

from lyrics.errors import LyricsError
from lyrics.quantities import CURRENCIES

APOSTROPHES = "’‘ʼ‛′´`＇ʻʹʽ"
QUOTES = "“”„‟«»″"
HYPHENS = "‐‑‒–—―−⁃"

SYMBOLS = {
    "&": "and",
    "@": "at",
    "+": "plus",
    "%": "percent",
    "=": "equals",
    "°": "degrees",
    "№": "number",
    "¢": "cents",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "∞": "infinity",
    "§": "section",
} | {sign: names[0] for sign, names in CURRENCIES.items()}
"""Symbols that are sung, and how they are by themselves."""

UNSUNG = "#^\\|<>"
"""ASCII symbols that are left out and reported."""

LATIN_LETTERS = str.maketrans("øØłŁđĐħĦıĸſŧŦəƒ", "oOlLdDhHikstTaf") | str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ð": "th", "Ð": "TH", "þ": "th", "Þ": "TH", "ŋ": "ng"}
)
"""Letters that are Latin but have no ASCII letter inside them."""

PLAIN = LATIN_LETTERS | str.maketrans(
    APOSTROPHES + QUOTES + HYPHENS + "⁄", "'" * len(APOSTROPHES) + '"' * len(QUOTES) + "-" * len(HYPHENS) + "/"
)
POWERS = {"²": " squared", "³": " cubed"}
ACCIDENTALS = {"#": " sharp", "♯": " sharp", "♭": " flat"}
NAMED_LETTERS = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "λ": "lambda", "π": "pi", "ω": "omega"}
"""Greek letters that stand for their names where they stand alone."""

JOINERS = "\u200d\ufe0e\ufe0f"
"""Characters that hold an emoji together."""


def fold(token: str) -> tuple[str, tuple[str, ...]]:
    """Return a token in ASCII and `SYMBOLS`, cased as it was, and the symbols left out.

    Raises
    ------
    LyricsError
        Where it holds letters that are not Latin, or no characters at all.
    """
    if (named := NAMED_LETTERS.get(token.strip("\"'“”‘’.,;:!?()").lower())) is not None:
        return named, ()
    text, skipped = pictures(_music_and_tags(token))
    out = []
    for written in text.translate(PLAIN):
        if written.isascii():
            out.append(written if written.isprintable() else " ")
        elif written in SYMBOLS:
            out.append(written)
        elif written in POWERS:
            out.append(POWERS[written])
        else:
            plain = unicodedata.normalize("NFKD", written)
            if "⁄" in plain and out and out[-1].isdigit():
                out.append("&")
            out.extend(_fold_char(char, token) for char in plain)
    return "".join(out), skipped


def _music_and_tags(token: str) -> str:
    """Return the token with C#, B♭ and #love in words."""
    token = re.sub(r"(?<!\w)([A-Ga-g])([#♯♭])(?!\w)", lambda match: match[1] + ACCIDENTALS[match[2]], token)
    return re.sub(r"(?<![\w#])#(?=[^\W\d_])", "hashtag ", token)


def pictures(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text with a space for each run of pictures, and the runs."""
    kept: list[str] = []
    runs: list[str] = []
    inside = False
    for char in text:
        if _is_picture(char) or (inside and (char in JOINERS or unicodedata.category(char) == "Sk")):
            if inside:
                runs[-1] += char
            else:
                runs.append(char)
                kept.append(" ")
            inside = True
        else:
            kept.append(char)
            inside = False
    return "".join(kept), tuple(dict.fromkeys(run.rstrip(JOINERS) for run in runs))


def _is_picture(char: str) -> bool:
    """Tell whether a character is an emoji or the like, or a figure that has no plain form."""
    if char in UNSUNG:
        return char != "#"
    if char.isascii() or char in SYMBOLS or ord(char) in PLAIN:
        return False
    category = unicodedata.category(char)
    if category in ("No", "Nl"):
        return not unicodedata.normalize("NFKD", char).translate(PLAIN).isascii()
    return category in ("So", "Sm", "Sc")


def _fold_char(char: str, token: str) -> str:
    """Return what one decomposed character of `token` is in ASCII; nothing for marks and controls."""
    plain = char.translate(PLAIN)
    if plain.isascii():
        return plain if plain.isprintable() else ""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] == "L":
        raise LyricsError(
            f"{short(token)} has {script(char)} letters, and only English in Latin letters can be pronounced; "
            "write it in Latin letters or give its sounds, as in word{W ER1 D}"
        )
    if category in ("Cs", "Co", "Cn"):
        raise LyricsError(f"{short(token)} holds U+{ord(char):04X}, which is no character; remove it")
    return ""


def printable(text: str) -> str:
    """Return a text without control and formatting characters, which a terminal or a player would obey."""
    return "".join(character for character in text if character.isprintable())


def short(text: str) -> str:
    """Return a text as it is shown in a message: quoted, and not too long."""
    return repr(text if len(text) <= 24 else text[:24] + "...")


def script(char: str) -> str:
    """Return the name of the script that a letter is of."""
    name = unicodedata.name(char, "unknown").split()[0]
    return {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}.get(
        name, name.capitalize()
    )
