"""How words want to be sung: which syllables carry a beat, and which words rhyme.

Stress is 0 none, 1 primary, 2 secondary, as in the phonemes. Weights are from 0 to 1: the share of a strong beat that
a syllable deserves.
"""

from __future__ import annotations

from typing import Literal

from lyrics.values import Line, Phoneme, Syllable, Word
from lyrics.wordlists import function_words, light_words

PRIMARY, SECONDARY, UNSTRESSED = 1.0, 0.6, 0.1
"""Weights of the syllables of a content word."""

FUNCTION_WORD, LIGHT_WORD = 0.2, 0.6
"""Weights of the strongest syllable of the two kinds of lesser words."""

LINE_END = 0.25
"""What the last stressed syllable of a line gains, where it is not at the top already."""

NOT_LAST = 0.92
"""What a content word's main stress keeps where another content word follows it in the line."""

Rhyme = Literal["perfect", "family", "assonant"]

FAMILIES = (
    frozenset({"P", "T", "K"}),
    frozenset({"B", "D", "G"}),
    frozenset({"F", "TH", "S", "SH", "CH"}),
    frozenset({"V", "DH", "Z", "ZH", "JH"}),
    frozenset({"M", "N", "NG"}),
    frozenset({"L", "R"}),
)
"""Consonants near enough to rhyme by family.

Source: Pattison 1991, Songwriting: Essential Guide to Rhyming (plosives, fricatives and nasals, each by voice).
"""


def stress_pattern(line: Line) -> tuple[int, ...]:
    """Return the stress of every syllable of the line's lead, one-syllable function words at 0."""
    return tuple(syllable.stress for syllable in line.syllables)


def syllable_weight(word: Word, place: int) -> float:
    """Return how strongly syllable number `place` of `word` calls for a beat, from 0 to 1, by itself."""
    stress = word.syllables[place].stress
    words = word.sung.split()
    if len(words) == 1 and (words[0] in function_words() or words[0] in light_words()):
        top = FUNCTION_WORD if words[0] in function_words() else LIGHT_WORD
        if len(word.syllables) == 1:
            return top
        return max(UNSTRESSED, top if words[0] in light_words() else 2 * top) if stress else UNSTRESSED
    return (UNSTRESSED, PRIMARY, SECONDARY)[stress]


def syllable_weights(line: Line) -> tuple[float, ...]:
    """Return the weight, from 0 to 1, of every syllable of the line's lead in its line.

    The last content word of a line weighs most; a lesser word that ends a line gains.
    """
    weights = [syllable_weight(word, place) for word in line.words for place in range(len(word.syllables))]
    strong = [i for i, weight in enumerate(weights) if weight >= PRIMARY]
    for i in strong[:-1]:
        weights[i] *= NOT_LAST
    if line.words:
        last = line.words[-1]
        start = len(weights) - len(last.syllables)
        top = max(range(start, len(weights)), key=lambda i: (weights[i], i))
        weights[top] = min(1.0, weights[top] + LINE_END)
    return tuple(weights)


def rhyme_part(word: Word) -> tuple[Phoneme, ...]:
    """Return the phonemes of `word` from its last main stress on: AY1 T of `tonight`, AE1 N S IH0 NG of `dancing`."""
    syllables = word.syllables
    if not syllables:
        return ()
    main = [i for i, syllable in enumerate(syllables) if syllable.stress == 1]
    start = main[-1] if main else len(syllables) - 1
    first: Syllable = syllables[start]
    rest = tuple(phoneme for syllable in syllables[start + 1 :] for phoneme in syllable.phonemes)
    return first.phonemes[first.nucleus :] + rest


def rhymes(a: Word, b: Word) -> Rhyme | None:
    """Tell how two words rhyme.

    Returns
    -------
    "perfect", "family", "assonant" or None
        `perfect`: the same sounds from the last main stress on (night, light). `family`: the same vowels, and
        consonants of one family between and after them, or one more at the end (home, alone; time, times).
        `assonant`: the same vowels only (home, road). A word does not rhyme with itself.
    """
    if a.sung == b.sung:
        return None
    first, second = rhyme_part(a), rhyme_part(b)
    if not first or not second:
        return None
    symbols = [phoneme.symbol for phoneme in first], [phoneme.symbol for phoneme in second]
    if symbols[0] == symbols[1]:
        return "perfect"
    vowels = [tuple(phoneme.symbol for phoneme in part if phoneme.is_vowel) for part in (first, second)]
    if vowels[0] != vowels[1]:
        return None
    clusters = list(zip(_clusters(first), _clusters(second), strict=True))
    return "family" if all(_is_family(x, y) for x, y in clusters) else "assonant"


def _clusters(part: tuple[Phoneme, ...]) -> list[tuple[str, ...]]:
    """Return the consonants after each vowel."""
    clusters: list[list[str]] = []
    for phoneme in part:
        if phoneme.is_vowel:
            clusters.append([])
        else:
            clusters[-1].append(phoneme.symbol)
    return [tuple(cluster) for cluster in clusters]


def _is_family(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    short, long = sorted((a, b), key=len)
    added = len(long) - len(short)
    if added > 1 or (added and (not short or long[-1] not in ("S", "Z", "D", "T"))):
        return False
    pairs = zip(short, long, strict=False)
    return all(x == y or any(x in family and y in family for family in FAMILIES) for x, y in pairs)
