"""The consonants and vowels as a singer handles them: how long, voiced or not.

Symbols are ARPAbet without the stress digit, or IPA for languages other than English; the two have no symbol in
common. Lengths are of single consonants at a moderate tempo; in a cluster each is shorter. An IPA consonant has the
length of the English one that it is made like, a long one (Italian tt) half as much again.
Source: D. Klatt, "Linguistic uses of segmental duration in English", JASA 59 (1976), for the order of the
lengths and the shortening in clusters.
"""

from __future__ import annotations

from lyrics.ipa import LONG
from songsmith.singing.alphabet import VOWEL_TOKENS

ENGLISH_CONSONANT_S = {
    "P": 0.080,
    "T": 0.075,
    "K": 0.080,
    "B": 0.065,
    "D": 0.060,
    "G": 0.065,
    "CH": 0.100,
    "JH": 0.085,
    "F": 0.090,
    "TH": 0.085,
    "S": 0.100,
    "SH": 0.100,
    "V": 0.060,
    "DH": 0.050,
    "Z": 0.080,
    "ZH": 0.080,
    "HH": 0.060,
    "M": 0.070,
    "N": 0.065,
    "NG": 0.070,
    "L": 0.065,
    "R": 0.065,
    "W": 0.060,
    "Y": 0.055,
}
MADE_LIKE = {
    "b": "B",
    "c": "K",
    "d": "D",
    "dz": "JH",
    "dʒ": "JH",
    "f": "F",
    "h": "HH",
    "j": "Y",
    "k": "K",
    "l": "L",
    "m": "M",
    "n": "N",
    "p": "P",
    "pf": "CH",
    "r": "R",
    "s": "S",
    "t": "T",
    "ts": "CH",
    "tʃ": "CH",
    "v": "V",
    "w": "W",
    "x": "F",
    "z": "Z",
    "ç": "SH",
    "ð": "DH",
    "ŋ": "NG",
    "ɡ": "G",
    "ɣ": "G",
    "ɥ": "W",
    "ɲ": "N",
    "ɹ": "R",
    "ɾ": "R",
    "ʁ": "R",
    "ʃ": "SH",
    "ʎ": "L",
    "ʒ": "ZH",
    "ʝ": "Y",
    "β": "B",
    "θ": "TH",
}
"""IPA consonants and the English ones that singers handle alike."""

LENGTHENING = 1.5
CONSONANT_S = (
    ENGLISH_CONSONANT_S
    | {symbol: ENGLISH_CONSONANT_S[like] for symbol, like in MADE_LIKE.items()}
    | {symbol + LONG: LENGTHENING * ENGLISH_CONSONANT_S[like] for symbol, like in MADE_LIKE.items()}
)
CLUSTER_SHORTENING = 0.9


def _alike(names: str) -> frozenset[str]:
    """Return English consonants with the IPA ones made like them, short and long."""
    english = names.split()
    ipa = [symbol for symbol, like in MADE_LIKE.items() if like in english]
    return frozenset((*english, *ipa, *(symbol + LONG for symbol in ipa)))


VOWELS = frozenset(VOWEL_TOKENS)
UNVOICED = _alike("P T K CH F TH S SH HH")
STOPS = _alike("P T K B D G")
SONORANTS = _alike("M N NG L R W Y")


def bare(symbol: str) -> str:
    """Return a symbol without its stress digit."""
    return symbol.rstrip("012")


def is_vowel(symbol: str) -> bool:
    """Whether a symbol, with or without its stress digit, is a vowel of either alphabet."""
    return bare(symbol) in VOWELS


def consonant_length_s(symbol: str) -> float:
    """Return the unhurried length in seconds of a single consonant of either alphabet."""
    return CONSONANT_S[symbol]


def is_voiced(symbol: str) -> bool:
    """Whether the vocal folds sound during a phoneme; breaths and silences are not voiced."""
    name = bare(symbol)
    return name in VOWELS or (name in CONSONANT_S and name not in UNVOICED)


def cluster_lengths(symbols: tuple[str, ...], scale: float = 1.0) -> tuple[float, ...]:
    """Return the unhurried lengths in seconds of neighbouring consonants of one syllable."""
    factor = scale * (CLUSTER_SHORTENING if len(symbols) > 1 else 1.0)
    return tuple(consonant_length_s(symbol) * factor for symbol in symbols)
