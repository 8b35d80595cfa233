"""From ARPAbet to the alphabet of Kokoro and hibari (misaki): one string of tokens for each phoneme.

Diphthongs are single capitals (A as in "day", I "my", O "go", W "now", Y "boy"), affricates single letters,
and a stress mark stands before its vowel.
Source: the alphabet's table, https://github.com/hexgrad/misaki/blob/main/EN_PHONES.md
"""

from __future__ import annotations

PRIMARY, SECONDARY, WORD_GAP, FULL_STOP = "ˈ", "ˌ", " ", "."

VOWEL_TOKENS = {
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
UNSTRESSED_TOKENS = {"AH": "ə", "ER": "əɹ"}
CONSONANT_TOKENS = {
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
STRESS_TOKENS = {"0": "", "1": PRIMARY, "2": SECONDARY}


def vowel_tokens(symbol: str) -> tuple[str, str]:
    """Return the stress mark (or nothing) and the sound of a vowel such as `AH0`."""
    name, stress = symbol[:-1], symbol[-1]
    sound = UNSTRESSED_TOKENS.get(name) if stress == "0" else None
    return STRESS_TOKENS[stress], sound or VOWEL_TOKENS[name]
