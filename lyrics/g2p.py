"""Sung words into phonemes: dictionary, then derivation from a known stem, then the network's guess.

Stress is the dictionary's, but one-syllable function words lose theirs: they are sung on full vowels and off the
beat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from lyrics import derivation, homographs
from lyrics.arpabet import parse_phonemes
from lyrics.dictionary import pronunciations
from lyrics.errors import LyricsError
from lyrics.stutter import stutter
from lyrics.syllables import make_syllables
from lyrics.text import Piece
from lyrics.values import Phoneme
from lyrics.wordlists import function_words

NOTHING: Mapping[str, str] = {}
LETTER_A = "EY1"
SONORANTS = frozenset({"M", "N", "NG", "L", "R"})


def is_known(word: str, lexicon: Mapping[str, str] = NOTHING) -> bool:
    """Tell whether a dictionary, or the user's `lexicon`, has the lower-case `word`."""
    return word in lexicon or bool(pronunciations(word))


def pronounce(word: str, lexicon: Mapping[str, str] = NOTHING) -> tuple[Phoneme, ...]:
    """Return the phonemes of one lower-case word by itself, with the stress the dictionary gives it.

    Parameters
    ----------
    word : a to z and apostrophes
    lexicon : ARPAbet pronunciations that come before all others

    Raises
    ------
    LyricsError
        Where the lexicon's own entry is no ARPAbet.
    """
    own = lexicon.get(word)
    if own is None:
        inflected = re.fullmatch(r"(.+?)(?:'(s|d|ve|ll|re|m)|(s)')", word)
        if inflected is None or inflected[1] not in lexicon:
            return _pronounce(word)
        own = derivation.add_ending(lexicon[inflected[1]], inflected[2] or inflected[3])
    try:
        return parse_phonemes(own)
    except LyricsError as err:
        raise LyricsError(f"lexicon entry {word!r}: {err}") from err


@cache
def _pronounce(word: str) -> tuple[Phoneme, ...]:
    known = pronunciations(word)
    parts = compound(word)
    if known:
        sounds = known[0]
    elif parts:
        sounds = f"{pronunciations(parts[0])[0]} {pronunciations(parts[1])[0].replace('1', '2')}"
    else:
        sounds = derivation.derive(word) or _guess(word)
    phonemes = tuple(map(Phoneme.parse, sounds.split()))
    if any(phoneme.is_vowel for phoneme in phonemes):
        return phonemes
    place = next((i for i, phoneme in enumerate(phonemes) if phoneme.symbol in SONORANTS), 1)
    return (*phonemes[:place], Phoneme("AH", 0), *phonemes[place:])


def _guess(word: str) -> str:
    """Return what the network says, cut where it has used up a syllable for every letter: it rambles on odd words."""
    from lyrics.neural import predict

    letters = "".join(letter for letter in word if letter.isalpha())
    sounds = predict(letters)
    vowels = [i for i, sound in enumerate(sounds) if sound[-1].isdigit()]
    return " ".join(sounds[: vowels[len(letters)]] if len(vowels) > len(letters) else sounds)


@cache
def compound(word: str) -> tuple[str, str] | None:
    """Return the two known words that an otherwise unknown word joins (lamp, light), or None."""
    if pronunciations(word) or derivation.derive(word):
        return None
    return derivation.compound_parts(word)


def pronounce_line(pieces: Sequence[Piece], lexicon: Mapping[str, str] = NOTHING) -> tuple[tuple[Phoneme, ...], ...]:
    """Return the phonemes of each piece of a line as it is sung there, homographs and weak words settled."""
    words = [piece.text for piece in pieces]
    result: list[tuple[Phoneme, ...]] = []
    for place in reversed(range(len(pieces))):
        following = result[-1] if result else ()
        result.append(_pronounce_piece(pieces, words, place, following, lexicon))
    return tuple(result[::-1])


def _pronounce_piece(
    pieces: Sequence[Piece],
    words: Sequence[str],
    place: int,
    following: tuple[Phoneme, ...],
    lexicon: Mapping[str, str],
) -> tuple[Phoneme, ...]:
    piece = pieces[place]
    if piece.read == "letters":
        return _letter_names(piece)
    if piece.read == "stutter":
        return stutter(piece.text, following, "AH")
    if piece.read == "held":
        return _held(piece, lexicon)
    if piece.sounds:
        return parse_phonemes(piece.sounds)
    if piece.text in lexicon or piece.text.partition("'")[0] in lexicon:
        return pronounce(piece.text, lexicon)
    chosen = homographs.choose(words, place)
    phonemes = tuple(map(Phoneme.parse, chosen.split())) if chosen else _pronounce(piece.text)
    if piece.text == "the" and following and following[0].is_vowel:
        phonemes = (Phoneme("DH"), Phoneme("IY", 0))
    if chosen is None and piece.text in function_words() and sum(phoneme.is_vowel for phoneme in phonemes) == 1:
        phonemes = tuple(Phoneme(p.symbol, 0) if p.is_vowel else p for p in phonemes)
    return phonemes


def _letter_names(piece: Piece) -> tuple[Phoneme, ...]:
    letters = piece.text.removesuffix(piece.ending)
    sounds = " ".join(LETTER_A if letter == "a" else pronunciations(letter)[0] for letter in letters)
    if piece.ending:
        sounds = derivation.add_ending(sounds, piece.ending.strip("'"))
    return tuple(map(Phoneme.parse, sounds.split()))


def _held(piece: Piece, lexicon: Mapping[str, str]) -> tuple[Phoneme, ...]:
    """Return the share that a part of a held word has in its sounds: all parts sing the vowel of the held letter."""
    phonemes = pronounce(piece.whole, lexicon)
    letters = sounds = 0
    for syllable in make_syllables(piece.whole, phonemes):
        letters += len(syllable.text)
        if letters > piece.letter:
            nucleus = sounds + syllable.nucleus
            break
        sounds += len(syllable.phonemes)
    first = 0 if piece.part == "first" else nucleus
    return phonemes[first:] if piece.part == "last" else phonemes[first : nucleus + 1]
