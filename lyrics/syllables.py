"""Phonemes into syllables, by the maximal onset principle.

Every vowel makes one syllable. The consonants between two vowels go to the later one as far as they form an onset
that English words begin with (rare ones, as in dwell or sphere, left aside); the rest closes the earlier one.
Singers do the same: the vowel is held and the consonants come as late as they can.
Source: Kahn 1976, Syllable-based Generalizations in English Phonology.
"""

from __future__ import annotations

from itertools import pairwise

from lyrics.arpabet import CONSONANTS
from lyrics.errors import LyricsError
from lyrics.letters import share_letters
from lyrics.values import Phoneme, Syllable

CLUSTERS = (
    *("P L", "P R", "B L", "B R", "T R", "T W", "D R", "K L", "K R", "K W", "G L", "G R", "G W"),
    *("F L", "F R", "TH R", "TH W", "SH R", "HH W"),
    *("S P", "S T", "S K", "S M", "S N", "S L", "S W"),
    *("S P L", "S P R", "S T R", "S K R", "S K W"),
)
LEGAL_ONSETS = frozenset(
    [(), *((symbol,) for symbol in CONSONANTS if symbol != "NG"), *(tuple(cluster.split()) for cluster in CLUSTERS)]
)

GLIDE_ONSETS = frozenset(
    tuple(cluster.split()) for cluster in ("P", "B", "F", "V", "M", "HH", "T", "D", "K", "G", "S P", "S K", "S T")
)
"""What may stand before Y where the vowel is UW or UH, as in `music` and `few`."""


def syllabify(phonemes: tuple[Phoneme, ...]) -> tuple[tuple[Phoneme, ...], ...]:
    """Cut the phonemes of one word into syllables; joined they are `phonemes` again.

    Raises
    ------
    LyricsError
        Where there is no vowel.
    """
    nuclei = [i for i, phoneme in enumerate(phonemes) if phoneme.is_vowel]
    if not nuclei:
        raise LyricsError(f"{' '.join(map(str, phonemes))!r} has no vowel to sing on")
    starts = [0]
    for before, nucleus in pairwise(nuclei):
        start = before + 1
        while not _is_onset(phonemes[start:nucleus], phonemes[nucleus]):
            start += 1
        starts.append(start)
    return tuple(phonemes[a:b] for a, b in zip(starts, [*starts[1:], len(phonemes)], strict=True))


def _is_onset(consonants: tuple[Phoneme, ...], vowel: Phoneme) -> bool:
    symbols = tuple(phoneme.symbol for phoneme in consonants)
    if len(symbols) > 1 and symbols[-1] == "Y":
        return symbols[:-1] in GLIDE_ONSETS and vowel.symbol in ("UW", "UH")
    return symbols in LEGAL_ONSETS


def make_syllables(word: str, phonemes: tuple[Phoneme, ...]) -> tuple[Syllable, ...]:
    """Return the syllables of the lower-case `word` sung as `phonemes`, each with its share of the letters."""
    groups = syllabify(phonemes)
    texts = share_letters(word, tuple(tuple(p.symbol for p in group) for group in groups))
    return tuple(
        Syllable(text, group, next(p.stress for p in group if p.stress is not None))
        for text, group in zip(texts, groups, strict=True)
    )
