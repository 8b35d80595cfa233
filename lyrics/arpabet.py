"""The ARPAbet of American English: which symbols there are, and how a written pronunciation is read.

Vowels carry a stress digit: 0 none, 1 primary, 2 secondary. Consonants carry none.
Source: the phone set of the CMU Pronouncing Dictionary 0.7b.
"""

from __future__ import annotations

from lyrics.errors import LyricsError
from lyrics.values import Phoneme

VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
CONSONANTS = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N"),
    *("NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)

MAX_PHONEMES = 64
"""The longest pronunciation that one word may be given."""


def parse_phonemes(text: str) -> tuple[Phoneme, ...]:
    """Return the phonemes written in `text` as `W ER1 D`.

    Raises
    ------
    LyricsError
        Where a symbol is not ARPAbet, a vowel has no stress digit, or there is no vowel to sing on.
    """
    phonemes = tuple(_parse_symbol(symbol) for symbol in text.split())
    if not any(phoneme.is_vowel for phoneme in phonemes):
        raise LyricsError(f"the pronunciation {text[:40]!r} has no vowel; give at least one, as in {{W ER1 D}}")
    if len(phonemes) > MAX_PHONEMES:
        raise LyricsError(f"the pronunciation has {len(phonemes)} sounds; at most {MAX_PHONEMES} are sung in a word")
    return phonemes


def _parse_symbol(text: str) -> Phoneme:
    symbol = text.upper()
    if symbol in CONSONANTS:
        return Phoneme(symbol)
    if symbol[:-1] in VOWELS and symbol[-1] in "012":
        return Phoneme.parse(symbol)
    if symbol in VOWELS:
        raise LyricsError(f"the vowel {text!r} needs a stress digit, as in {symbol}0, {symbol}1 or {symbol}2")
    raise LyricsError(
        f"{text[:12]!r} is no ARPAbet sound; vowels are {' '.join(VOWELS)} (each with 0, 1 or 2), "
        f"consonants {' '.join(CONSONANTS)}"
    )


def as_text(phonemes: tuple[Phoneme, ...]) -> str:
    """Return phonemes in the notation of `parse_phonemes`."""
    return " ".join(map(str, phonemes))
