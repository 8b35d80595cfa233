"""The consonants and vowels of English as a singer handles them: how long, voiced or not.

Symbols are ARPAbet without the stress digit. Lengths are of single consonants at a moderate tempo; in a
cluster each is shorter.
Source: D. Klatt, "Linguistic uses of segmental duration in English", JASA 59 (1976), for the order of the
lengths and the shortening in clusters.
"""

from __future__ import annotations

CONSONANT_S = {
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
CLUSTER_SHORTENING = 0.9

VOWELS = frozenset(("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"))
UNVOICED = frozenset(("P", "T", "K", "CH", "F", "TH", "S", "SH", "HH"))
STOPS = frozenset(("P", "T", "K", "B", "D", "G"))
SONORANTS = frozenset(("M", "N", "NG", "L", "R", "W", "Y"))


def bare(symbol: str) -> str:
    """Return a symbol without its stress digit."""
    return symbol.rstrip("012")


def is_voiced(symbol: str) -> bool:
    """Whether the vocal folds sound during a phoneme; breaths and silences are not voiced."""
    name = bare(symbol)
    return name in VOWELS or (name in CONSONANT_S and name not in UNVOICED)


def cluster_lengths(symbols: tuple[str, ...], scale: float = 1.0) -> tuple[float, ...]:
    """Return the unhurried lengths in seconds of neighbouring consonants of one syllable."""
    factor = scale * (CLUSTER_SHORTENING if len(symbols) > 1 else 1.0)
    return tuple(CONSONANT_S[symbol] * factor for symbol in symbols)
