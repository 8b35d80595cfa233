"""Share the letters of a word among its syllables: `kettle` as ket-tle, `before` as be-fore.

The spelling is aligned with the sounds at least cost: a group of letters that the language uses for a sound costs
little (`graphemes.tsv`, `graphemes_ipa.tsv`), a silent letter more, a sound without a letter more still. The cuts
between syllables follow from that; a double consonant is cut in two, as printed music does.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

SILENT_LETTER = {"'": 0.1, "e": 0.6, "h": 0.9, "w": 1.0, "t": 1.1, "g": 1.1, "l": 1.1}
OTHER_SILENT_LETTER = 1.3
SILENT_LETTERS = {"fr": dict.fromkeys("estdxpzhnr'", 0.5), "de": {"h": 0.4, "'": 0.1}}
"""Costs of silent letters in languages that have more or other ones than English."""

WHOLE_DOUBLES = {"es": ("ll", "rr"), "de": ("ck",)}
"""Double letters that are one sound and are not cut."""

SOUND_WITHOUT_LETTER = 1.6
UNUSUAL_LETTER = 2.2
VOWEL_LETTERS = "aeiouy"
IPA_VOWELS = "aeiouyæɑɐɒɔəɛɜɪʊʌøœʏɨᵻɚ"
VOWEL_SOUNDS = "AEIOU"
OWN_SIGN = 0.1
"""What a letter costs that is the sound's own sign."""

RARENESS = 0.06
"""What each place further down a sound's list of spellings costs."""

Chunk = tuple[int, int, int, int]
"""Letters `[a, b)` that spell the sounds `[c, d)`."""


@cache
def _spellings(language: str) -> dict[tuple[str, ...], dict[str, float]]:
    name = "graphemes.tsv" if language == "en" else "graphemes_ipa.tsv"
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for *languages, sounds, groups in rows:
        if languages in ([], ["*"], [language]):
            prices = found.setdefault(tuple(unicodedata.normalize("NFD", sounds).replace("c\u0327", "ç").split()), {})
            prices.update(
                (group, 0.1 + RARENESS * place - 0.05 * len(group)) for place, group in enumerate(groups.split())
            )
    return found


def share_letters(word: str, syllables: tuple[tuple[str, ...], ...], language: str = "en") -> tuple[str, ...]:
    """Cut `word` into one text for each syllable.

    Parameters
    ----------
    word : lower-case letters
    syllables : the sounds of each syllable, without stress digits: ARPAbet for `en`, otherwise IPA

    Returns
    -------
    tuple of str
        As many as there are syllables; joined they are `word`. None is empty unless the word has fewer letters
        than syllables.
    """
    count = len(syllables)
    if count <= 1:
        return (word,) * count
    if len(word) < count:
        return tuple(word) + ("",) * (count - len(word))
    sounds = tuple(sound for syllable in syllables for sound in syllable)
    if language != "en":
        sounds = tuple(sound if sound[0] in IPA_VOWELS else sound.rstrip("ː") for sound in sounds)
    starts, total = [], 0
    for syllable in syllables[:-1]:
        total += len(syllable)
        starts.append(total)
    chunks = _align(word, sounds, language)
    cuts = [_cut(word, chunks, start, WHOLE_DOUBLES.get(language, ())) for start in starts]
    if language == "de":  # Fin-ger, though its ng is one sound
        cuts = [cut - (word[cut - 2 : cut] == "ng") for cut in cuts]
    for i, cut in enumerate(cuts):
        cuts[i] = min(max(cut, cuts[i - 1] + 1 if i else 1), len(word) - (len(cuts) - i))
    edges = [0, *cuts, len(word)]
    return tuple(word[a:b] for a, b in pairwise(edges))


def _align(word: str, sounds: tuple[str, ...], language: str) -> list[Chunk]:
    spellings, silent_letters = _spellings(language), SILENT_LETTERS.get(language, SILENT_LETTER)
    letters = unicodedata.normalize("NFD", word) if language != "en" else word
    bases = "".join(char for char in letters if not unicodedata.combining(char))
    bases = bases if len(bases) == len(word) else word
    vowels = VOWEL_SOUNDS if language == "en" else IPA_VOWELS
    best: dict[tuple[int, int], tuple[float, Chunk]] = {(0, 0): (0.0, (0, 0, 0, 0))}

    def reach(place: tuple[int, int], cost: float, chunk: Chunk) -> None:
        if place not in best or cost < best[place][0] - 1e-9:
            best[place] = (cost, chunk)

    for a in range(len(word) + 1):
        for c in range(len(sounds) + 1):
            if (a, c) not in best:
                continue
            cost = best[a, c][0]
            if a < len(word):
                silent = silent_letters.get(word[a], OTHER_SILENT_LETTER)
                reach((a + 1, c), cost + silent, (a, a + 1, c, c))
            if c < len(sounds):
                reach((a, c + 1), cost + SOUND_WITHOUT_LETTER, (a, a, c, c + 1))
            if a < len(word) and c < len(sounds):
                alike = (bases[a] in VOWEL_LETTERS) == (sounds[c][0] in vowels)
                price = UNUSUAL_LETTER if not alike else OWN_SIGN if sounds[c] == bases[a] else 1.2
                reach((a + 1, c + 1), cost + price, (a, a + 1, c, c + 1))
            for width in (1, 2):
                for group, price in spellings.get(sounds[c : c + width], {}).items():
                    if word.startswith(group, a):
                        b, d = a + len(group), c + width
                        reach((b, d), cost + price, (a, b, c, d))
    chunks = []
    place = (len(word), len(sounds))
    while place != (0, 0):
        chunk = best[place][1]
        chunks.append(chunk)
        place = (chunk[0], chunk[2])
    return chunks[::-1]


def _is_silent(chunks: list[Chunk], letter: int) -> bool:
    return any(a == letter and c == d for a, _, c, d in chunks)


def _cut(word: str, chunks: list[Chunk], start: int, whole: tuple[str, ...]) -> int:
    """Return the letter at which the syllable whose first sound is number `start` begins."""
    for a, b, c, d in chunks:
        if c < start < d:
            return b if b - a == 1 else a + 1
        if c == start and d > c:
            group = word[a:b]
            if (
                len(group) > 1
                and group[0] == group[1]
                and group[0] not in VOWEL_LETTERS
                and a > 0
                and group not in whole
            ):
                return a + 1
            if group == "ck" and group not in whole:
                return b
            if group in ("tch", "dg"):
                return a + 1
            return a - 1 if word[a - 1 : a] == "h" and a > 1 and _is_silent(chunks, a - 1) else a
    return len(word)
