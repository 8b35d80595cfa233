"""From ARPAbet and IPA to the alphabet of Kokoro and hibari (misaki): one string of tokens for each phoneme.

Diphthongs are single capitals (A as in "day", I "my", O "go", W "now", Y "boy"), affricates single letters,
and a stress mark stands before its vowel.
Source: the alphabet's table, https://github.com/hexgrad/misaki/blob/main/EN_PHONES.md

The networks' vocabularies hold more IPA than the English voices have ever heard: a `y` or an `ɲ` is a random sound to
them. So the sounds of other languages are brought to the nearest English ones, and those languages are sung with
an American accent: r as in "red", nasal vowels as a vowel and a short n, ü as the fronted vowel of "dude".
"""

from __future__ import annotations

from lyrics.ipa import LONG, NASAL

READERS = ("heart", "kokoro")
"""Singers whose networks read this alphabet."""

LANGUAGES = ("en", "de", "es", "fr", "it", "pt")
"""Languages whose sounds are in the tables below."""

PRIMARY, SECONDARY, WORD_GAP, FULL_STOP = "ˈ", "ˌ", " ", "."

ARPABET_VOWEL_TOKENS = {
    "AA": "ɑ",
    "AE": "æ",
    "AH": "ʌ",
    "AO": "ɔ",
    "AW": "W",
    "AY": "I",
    "EH": "ɛ",
    "ER": "ɜɹ",
    "EY": "A",
    "IH": "ɪ",
    "IY": "i",
    "OW": "O",
    "OY": "Y",
    "UH": "ʊ",
    "UW": "u",
}
IPA_VOWEL_TOKENS = {
    **dict.fromkeys(("a", "ɑ", "aː", "ɑː", "ɒ"), "ɑ"),
    **dict.fromkeys(("e", "eː", "eɪ", "ɛɪ"), "A"),
    **dict.fromkeys(("i", "iː", "i" + NASAL), "i"),
    **dict.fromkeys(("o", "oː", "oʊ", "o" + NASAL), "O"),
    **dict.fromkeys(("u", "uː", "y", "yː", "u" + NASAL), "u"),
    **dict.fromkeys(("ɛ", "ɛː"), "ɛ"),
    **dict.fromkeys(("ɔ", "ɔː"), "ɔ"),
    **dict.fromkeys(("ɪ", "ɨ"), "ɪ"),
    **dict.fromkeys(("ʊ", "ʏ"), "ʊ"),
    **dict.fromkeys(("ʌ", "ɐ", "ɐ" + NASAL), "ʌ"),
    **dict.fromkeys(("ø", "øː", "œ", "ɜ", "ɜː"), "ɜɹ"),
    "æ": "æ",
    "ə": "ə",
    "ɑ" + NASAL: "ɑn",
    "ɔ" + NASAL: "ɔn",
    "ɛ" + NASAL: "æn",
    "œ" + NASAL: "ʌn",
    "e" + NASAL: "An",
    "ɐ" + NASAL + "ʊ" + NASAL: "W",
    "ɐ" + NASAL + "ɪ" + NASAL: "I",
    "o" + NASAL + "ɪ" + NASAL: "Y",
    "aɪ": "I",
    "aʊ": "W",
    **dict.fromkeys(("oɪ", "ɔɪ", "ɔʏ"), "Y"),
    **dict.fromkeys(("eʊ", "ɛʊ"), "ɛw"),
    "iʊ": "iw",
    "uɪ": "wi",
    "ʊɐ": "ʊɹ",
}
VOWEL_TOKENS = ARPABET_VOWEL_TOKENS | IPA_VOWEL_TOKENS
UNSTRESSED_TOKENS = {"AH": "ə", "ER": "əɹ", "œ": "ə", "ø": "ə"}

ARPABET_CONSONANT_TOKENS = {
    "B": "b",
    "CH": "ʧ",
    "D": "d",
    "DH": "ð",
    "F": "f",
    "G": "ɡ",
    "HH": "h",
    "JH": "ʤ",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "ŋ",
    "P": "p",
    "R": "ɹ",
    "S": "s",
    "SH": "ʃ",
    "T": "t",
    "TH": "θ",
    "V": "v",
    "W": "w",
    "Y": "j",
    "Z": "z",
    "ZH": "ʒ",
}
IPA_CONSONANT_TOKENS = {
    **{symbol: symbol for symbol in "bdfhjklmnpstvwzðŋɡɹʃʒθ"},
    "c": "k",
    "dz": "dz",
    "dʒ": "ʤ",
    "pf": "pf",
    "r": "ɹ",
    "ts": "ts",
    "tʃ": "ʧ",
    "x": "h",
    "ç": "ʃ",
    "ɣ": "ɡ",
    "ɥ": "w",
    "ɲ": "nj",
    "ɾ": "ɹ",
    "ʁ": "ɹ",
    "ʎ": "lj",
    "ʝ": "j",
    "β": "b",
}
LONG_CONSONANT_TOKENS = {symbol + LONG: tokens for symbol, tokens in IPA_CONSONANT_TOKENS.items()}
CONSONANT_TOKENS = ARPABET_CONSONANT_TOKENS | IPA_CONSONANT_TOKENS | LONG_CONSONANT_TOKENS
STRESS_TOKENS = {"0": "", "1": PRIMARY, "2": SECONDARY}


def vowel_tokens(symbol: str) -> tuple[str, str]:
    """Return the stress mark (or nothing) and the sound of a vowel such as `AH0` or `ɔ1`."""
    name, stress = symbol[:-1], symbol[-1]
    sound = UNSTRESSED_TOKENS.get(name) if stress == "0" else None
    return STRESS_TOKENS[stress], sound or VOWEL_TOKENS[name]
