"""The IPA of the languages other than English: which symbols there are, how they are read, and how syllables are cut.

A vowel is one symbol with its length, its nasal mark and its glide (aɪ, ɐ̃ʊ̃) and carries a stress digit after it, as
in ARPAbet: `a1`. In writing the stress may also stand before the vowel: `ˈa`, `ˌa`.
Source: the phoneme sets of eSpeak NG 1.52 for these languages.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from lyrics.errors import LyricsError
from lyrics.values import Phoneme

LONG, NASAL = "ː", "\u0303"
VOWELS = frozenset(
    (
        *("a", "æ", "ɑ", "ɐ", "ɒ", "e", "ə", "ɛ", "ɜ", "i", "ɨ", "ɪ", "o", "ɔ", "ø", "œ", "u", "ʊ", "ʌ", "y", "ʏ"),
        *(vowel + LONG for vowel in ("a", "ɑ", "e", "ɛ", "ɜ", "i", "o", "ɔ", "ø", "u", "y")),
        *(vowel + NASAL for vowel in ("ɐ", "ɑ", "e", "ɛ", "i", "o", "ɔ", "œ", "u")),
        *(glide[0] + NASAL + glide[1] + NASAL for glide in ("ɐʊ", "ɐɪ", "oɪ")),
        *("aɪ", "aʊ", "eɪ", "eʊ", "ɛɪ", "ɛʊ", "iʊ", "oɪ", "oʊ", "ɔɪ", "ɔʏ", "uɪ", "ʊɐ"),
    )
)
CONSONANTS = frozenset(
    (
        *("b", "β", "c", "ç", "d", "ð", "dz", "dʒ", "f", "ɡ", "ɣ", "h", "j", "ʝ", "k", "l", "ʎ", "m", "n", "ŋ", "ɲ"),
        *("p", "pf", "r", "ɾ", "ɹ", "ʁ", "s", "ʃ", "t", "ts", "tʃ", "v", "w", "ɥ", "x", "z", "ʒ", "θ"),
    )
)
STRESS_MARKS = {"ˈ": 1, "ˌ": 2}
MAX_PHONEMES = 64

GLIDES = frozenset("jwɥ")
LIQUIDS = frozenset("lʎrɾʁɹ")
PLOSIVES = frozenset("pbtdkɡβðɣfv")
NO_ONSETS = frozenset(("tl", "dl", "ðl"))
FRICATIVE_ONSETS = {"it": frozenset("sz"), "de": frozenset("ʃ")}
"""Fricatives that another onset may follow."""

OTHER_ONSETS = {
    "de": frozenset((("k", "n"), ("ɡ", "n"), ("k", "v"), ("ʃ", "v"), ("ʃ", "m"), ("ʃ", "n"), ("ts", "v")))
}


def is_vowel(symbol: str) -> bool:
    """Tell whether an IPA symbol, without stress, is a vowel or diphthong."""
    return symbol in VOWELS


def is_consonant(symbol: str) -> bool:
    """Tell whether an IPA symbol is a consonant of these languages, long ones included."""
    return symbol.removesuffix(LONG) in CONSONANTS


def parse_ipa(text: str) -> tuple[Phoneme, ...]:
    """Return the phonemes written in `text` as `k o ɾ a s ˈo n`, or with stress digits on vowels.

    Raises
    ------
    LyricsError
        Where a symbol is not known or there is no vowel to sing on.
    """
    phonemes = tuple(_parse_symbol(symbol) for symbol in unicodedata.normalize("NFD", text).split())
    if not any(phoneme.is_vowel for phoneme in phonemes):
        raise LyricsError(f"the pronunciation {text[:40]!r} has no vowel; give at least one, as in {{s ˈo l}}")
    if len(phonemes) > MAX_PHONEMES:
        raise LyricsError(f"the pronunciation has {len(phonemes)} sounds; at most {MAX_PHONEMES} are sung in a word")
    return phonemes


def _parse_symbol(text: str) -> Phoneme:
    symbol, stress = text, 0
    if symbol[0] in STRESS_MARKS:
        symbol, stress = symbol[1:], STRESS_MARKS[symbol[0]]
    elif symbol[-1] in "012":
        symbol, stress = symbol[:-1], int(symbol[-1])
    symbol = "ç" if symbol == "c\u0327" else symbol.replace("g", "ɡ")
    if is_vowel(symbol):
        return Phoneme(symbol, stress)
    if is_consonant(symbol) and symbol in (text.replace("g", "ɡ"), "ç"):
        return Phoneme(symbol)
    raise LyricsError(
        f"{text[:12]!r} is no sound of this language; write IPA with spaces between the sounds and ˈ before a "
        f"stressed vowel, as in {{k o ɾ a s ˈo n}}; consonants are {' '.join(sorted(CONSONANTS))}"
    )


def syllabify(phonemes: tuple[Phoneme, ...], language: str) -> tuple[tuple[Phoneme, ...], ...]:
    """Cut the phonemes of one word into syllables of one vowel each, by the maximal onset principle."""
    nuclei = [i for i, phoneme in enumerate(phonemes) if phoneme.is_vowel]
    if not nuclei:
        raise LyricsError(f"{' '.join(map(str, phonemes))!r} has no vowel to sing on")
    starts = [0]
    for before, nucleus in pairwise(nuclei):
        start = before + 1
        while not _is_onset(tuple(p.symbol.removesuffix(LONG) for p in phonemes[start:nucleus]), language):
            start += 1
        starts.append(start)
    return tuple(phonemes[a:b] for a, b in zip(starts, [*starts[1:], len(phonemes)], strict=True))


def _is_onset(symbols: tuple[str, ...], language: str) -> bool:
    if len(symbols) > 1 and symbols[-1] in GLIDES:
        symbols = symbols[:-1]
    if len(symbols) <= 1:
        return symbols != ("ŋ",)
    if symbols in OTHER_ONSETS.get(language, frozenset()):
        return True
    if symbols[0] in FRICATIVE_ONSETS.get(language, frozenset()):
        return _is_onset(symbols[1:], language)
    if len(symbols) != 2 or symbols[1] not in LIQUIDS:
        return False
    return (symbols[0] in PLOSIVES or symbols[0] == "pf") and "".join(symbols) not in NO_ONSETS
