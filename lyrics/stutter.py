"""Stuttered beginnings of a word, as in c-c-can't: how they are told and what is sung."""

from __future__ import annotations

import unicodedata

from lyrics.values import Phoneme

VOWEL_LETTERS = frozenset("aeiouyæœø")


def is_stutter(head: str, word: str) -> bool:
    """Tell whether lower-case `head` is a stuttered beginning of `word`: a letter, or its first consonants."""
    letters = word.replace("'", "")
    return (
        letters.isalpha()
        and head.isalpha()
        and len(head) < len(letters)
        and letters.startswith(head)
        and (len(head) == 1 or not any(unicodedata.normalize("NFD", char)[0] in VOWEL_LETTERS for char in head))
    )


def stutter(letters: str, following: tuple[Phoneme, ...], neutral: str) -> tuple[Phoneme, ...]:
    """Return the beginning of the sounds that `letters` lead to, on the vowel `neutral` after consonants."""
    nucleus = next((i for i, phoneme in enumerate(following) if phoneme.is_vowel), 0)
    if nucleus == 0:
        return (Phoneme(following[0].symbol if following else neutral, 0),)
    return (*following[: min(nucleus, len(letters))], Phoneme(neutral, 0))
