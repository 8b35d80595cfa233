"""Which line ends rhyme, by every pronunciation of the dictionary.

A word of several syllables that ends on a secondary stress may rhyme on it, as singers do: everywhere, goodnight.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from lyrics.dictionary import every_pronunciation
from lyrics.lyricist.reading import last_word
from lyrics.prosody import FAMILIES, Rhyme, rhyme_part, rhymes
from lyrics.syllables import make_syllables
from lyrics.values import Phoneme, Syllable, Word

RANK: tuple[Rhyme | None, ...] = (None, "assonant", "family", "perfect")
"""From no rhyme to the best."""

GOOD = ("perfect", "family")


def rhyme_of(a: str, b: str) -> Rhyme | None:
    """Tell how the ends of two written lines rhyme; a word does not rhyme with itself."""
    return words_rhyme(last_word(a), last_word(b))


def words_rhyme(a: Word, b: Word) -> Rhyme | None:
    """Tell how two words rhyme by those of their pronunciations that rhyme best."""
    if a.sung == b.sung:
        return None
    return max((rhymes(one, other) for one in variants(a) for other in variants(b)), key=RANK.index)


@lru_cache(maxsize=20_000)
def variants(word: Word) -> tuple[Word, ...]:
    """Return a word in each of its pronunciations, and with a secondary stress of its last syllable made main."""
    found = [word]
    last = word.sung.split()[-1] if word.sung else ""
    for sounds in every_pronunciation(last)[1:]:
        syllables = make_syllables(last, tuple(map(Phoneme.parse, sounds.split())))
        found.append(Word(last, word.sung, syllables))
    for one in tuple(found):
        end = one.syllables[-1]
        if any(a.symbol == "IH" and b.symbol == "R" for a, b in pairwise(end.phonemes)):
            found.append(Word(one.text, one.sung, (*one.syllables[:-1], _near(end))))
        if end.stress == 2:
            found.append(Word(one.text, one.sung, (*one.syllables[:-1], _stressed(end))))
    return tuple(found)


def _near(syllable: Syllable) -> Syllable:
    """Return a syllable with the vowel of `near`, which the dictionary writes IH R in gear and IY R in here."""
    phonemes = tuple(Phoneme("IY", p.stress) if p.symbol == "IH" else p for p in syllable.phonemes)
    return Syllable(syllable.text, phonemes, syllable.stress)


def _stressed(syllable: Syllable) -> Syllable:
    phonemes = tuple(Phoneme(p.symbol, 1) if p.is_vowel else p for p in syllable.phonemes)
    return Syllable(syllable.text, phonemes, 1)


def rhyme_vowels(word: Word) -> frozenset[str]:
    """Return the vowels on which a word can rhyme, a text for each of its variants: equal ones are needed."""
    return frozenset(" ".join(p.symbol for p in rhyme_part(one) if p.is_vowel) for one in variants(word))


def rhyme_family(word: Word) -> str:
    """Return the name of the rhymes that a word belongs to: its last stressed vowel, then families of consonants."""
    names = []
    for phoneme in rhyme_part(word):
        family = next((family for family in FAMILIES if phoneme.symbol in family), None)
        names.append("/".join(sorted(family)) if family and not phoneme.is_vowel else phoneme.symbol)
    return " ".join(names)
