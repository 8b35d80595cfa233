"""The pronunciation of languages other than English, by eSpeak NG (packages phonemizer and espeakng-loader).

eSpeak is given a whole line, so that it joins words as speakers do (les amis) and leaves small words unstressed;
where it runs words together, they are given one by one. Its symbols are brought to those of `lyrics.ipa`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from lyrics.errors import MissingData
from lyrics.ipa import LONG, NASAL, STRESS_MARKS, is_consonant, is_vowel
from lyrics.values import Phoneme

VARIANTS = {"es": "es-419", "fr": "fr-fr", "it": "it", "pt": "pt-br", "de": "de"}
"""Which of a language's accents is taken: Spanish of Latin America, Portuguese of Brazil."""

SYMBOLS = {
    "es": {"pː": "p", "ll": "ʝ"},
    "fr": {"ɹ": "ʁ"},
    "it": {"ɪ": "i", "ʊ": "u", "ss": "sː", "ɾ": "r", "ɒ": "ɔ"},
    "pt": {"y": "ɪ", "æ": "ɐ", "r": "ɾ", "ə": "ɐ"},
    "de": {"ɜ": "ɐ", "ɔø": "ɔʏ", "ɾ": "ʁ", "r": "ʁ", "ɑ": "a"},
}
"""eSpeak's symbols that stand for other sounds in a language than their IPA says."""

ANYWHERE = {"əl": "ə l", "l̩": "ə l", "n̩": "ə n", "eə": "ɛ", "aɪə": "aɪ ə", "əʊ": "oʊ", "iə": "i ə", "ʊə": "ʊ ə"}


LETTER_WORDS = {
    "es": {"y": "i"},
    "fr": {"y": "i", "à": "a"},
    "it": {"è": "ɛ", "é": "e"},
    "pt": {"a": "ɐ", "à": "a", "á": "a", "e": "i", "é": "ɛ", "ê": "e", "o": "ʊ", "ó": "ɔ", "ô": "o"},
    "de": {},
}
"""Words of one letter, where eSpeak says the name of the letter instead."""


@cache
def _backend(language: str) -> Any:
    try:
        import espeakng_loader
        from phonemizer.backend import EspeakBackend
        from phonemizer.backend.espeak.wrapper import EspeakWrapper
    except ImportError as err:
        raise MissingData(
            f"the language {language!r} needs the packages phonemizer and espeakng-loader; "
            "run: pip install phonemizer espeakng-loader"
        ) from err
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    return EspeakBackend(VARIANTS[language], with_stress=True, language_switch="remove-flags")


def _ask(texts: Sequence[str], language: str) -> list[str]:
    from phonemizer.separator import Separator

    separator = Separator(phone="_", word=" ", syllable="")
    return list(_backend(language).phonemize(list(texts), separator=separator, strip=True))


@lru_cache(maxsize=4096)
def pronounce_words(words: tuple[str, ...], language: str) -> tuple[tuple[Phoneme, ...], ...]:
    """Return the phonemes of each word of a line; empty for one that eSpeak cannot say.

    Parameters
    ----------
    words : lower-case letters and apostrophes
    language : a key of `VARIANTS`
    """
    if not words:
        return ()
    (line,) = _ask([" ".join(words)], language)
    together = line.split(" ")
    alone = _ask(words, language)
    separate = len(together) != len(words) or len(words) == 1
    if separate:
        together = alone
    result = []
    for word, joined, single in zip(words, together, alone, strict=True):
        sounds, own = _phonemes(joined, language), _phonemes(single, language)
        if len(word) == 1:  # alone it would be the name of the letter
            symbol = LETTER_WORDS[language].get(word)
            if symbol is not None and (separate or sum(p.is_vowel for p in sounds) != 1):
                sounds = (Phoneme(symbol, 0),)
        elif sum(p.is_vowel for p in sounds) != sum(p.is_vowel for p in own) and " " not in single and own:
            # A vowel that speech swallows (quand' água) is sung all the same; the stress of the line is kept.
            stressed = any(p.stress for p in sounds)
            sounds = own if stressed else tuple(Phoneme(p.symbol, 0) if p.is_vowel else p for p in own)
        result.append(sounds)
    return tuple(result)


def _phonemes(text: str, language: str) -> tuple[Phoneme, ...]:
    """Return eSpeak's word as phonemes of `lyrics.ipa`."""
    found: list[Phoneme] = []
    for raw in re.split("[_ ]", unicodedata.normalize("NFD", text)):
        stress = next((STRESS_MARKS[char] for char in raw if char in STRESS_MARKS), 0)
        symbol = re.sub("[ˈˌ\\-\\d\u032a]", "", raw).replace("c\u0327", "ç")
        for part in ANYWHERE.get(symbol, SYMBOLS[language].get(symbol, symbol)).split():
            if language != "de" and is_vowel(part[:1]):
                part = part.replace(LONG, "")
            part = SYMBOLS[language].get(part, part)
            part = next((part[:end] for end in range(len(part), 0, -1) if is_vowel(part[:end])), part)
            if language == "pt" and symbol == "ə" and found and found[-1].symbol == "ɾ":
                continue  # carta is not said with a vowel after its r
            if is_vowel(part):
                found.append(Phoneme(part, stress))
            elif is_consonant(part):
                found.append(Phoneme(part))
    return _joined(found, language)


def _joined(phonemes: Sequence[Phoneme], language: str) -> tuple[Phoneme, ...]:
    """Return the phonemes with twin consonants made one, and with the glides and diphthongs that singers make."""
    result: list[Phoneme] = []
    for place, phoneme in enumerate(phonemes):
        before = result[-1] if result else None
        after = phonemes[place + 1] if place + 1 < len(phonemes) else None
        if before is not None and not phoneme.is_vowel and phoneme.symbol == before.symbol:
            if language == "it":
                result[-1] = Phoneme(phoneme.symbol + LONG)
        elif (
            after is not None
            and after.is_vowel
            and not phoneme.stress
            and _is_glide(phoneme, result, after, language)
        ):
            result.append(Phoneme({"y": "ɥ", "i": "j"}.get(phoneme.symbol, "w")))
        elif before is not None and before.is_vowel and not phoneme.stress and _closes(phoneme, before, language):
            end = {"i": "ɪ", "u": "ʊ"}.get(phoneme.symbol, phoneme.symbol)
            whole = before.symbol + end + (NASAL if NASAL in before.symbol else "")
            if is_vowel(whole):
                result[-1] = Phoneme(whole, before.stress)
            else:
                result.append(phoneme)
        else:
            result.append(phoneme)
    vowels = [i for i, phoneme in enumerate(result) if phoneme.is_vowel]
    for first, second in pairwise(vowels):
        if result[first].stress == 2 and result[second].stress == 1:  # no two beats side by side: balança
            result[first] = Phoneme(result[first].symbol, 0)
    return tuple(result)


def _is_glide(phoneme: Phoneme, said: Sequence[Phoneme], after: Phoneme, language: str) -> bool:
    """Tell whether a vowel before another is a glide: nuit, vecchia, aiuole, pingüino."""
    before, after_vowel = said[-1] if said else None, any(p.is_vowel for p in said)
    if language == "fr":
        return phoneme.symbol == "y" and after.symbol == "i"
    if language == "it":
        if phoneme.symbol == "i":
            return after_vowel and before is not None and not before.is_vowel
        return phoneme.symbol == "u" and after.symbol in ("ɔ", "o") and bool(after.stress)
    return language == "es" and phoneme.symbol == "u" and before is not None and before.symbol in ("ɡ", "ɣ", "k")


def _closes(phoneme: Phoneme, before: Phoneme, language: str) -> bool:
    """Tell whether a vowel after another ends its diphthong: noi, mãe."""
    if language == "it":
        return (
            phoneme.symbol in ("i", "u") and before.symbol in ("a", "e", "ɛ", "o", "ɔ", "u") and bool(before.stress)
        )
    return language == "pt" and phoneme.symbol == "ɪ" and NASAL in before.symbol
