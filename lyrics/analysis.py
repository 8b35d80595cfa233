"""Written tokens into `Word` values: normalise, pronounce in the line's context, cut into syllables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lyrics.arpabet import parse_phonemes
from lyrics.g2p import NOTHING, compound, is_known, pronounce, pronounce_line
from lyrics.readings import readings
from lyrics.syllables import make_syllables
from lyrics.text import Piece, as_read, spoken
from lyrics.tokens import Token, check_size, own_text
from lyrics.values import Phoneme, Syllable, Word


def analyse_tokens(
    tokens: Sequence[Token], lexicon: Mapping[str, str] = NOTHING, language: str = "en"
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words of one line, sung in this order, and the symbols in it that are not sung.

    Raises
    ------
    LyricsError
        Where a token cannot be pronounced or its own pronunciation is no ARPAbet.
    """
    for token in tokens:
        check_size(token)
    if language != "en":
        from lyrics import foreign

        return foreign.analyse_tokens(tokens, language, lexicon)
    kept: list[tuple[Token, tuple[Piece, ...]]] = []
    skipped: list[str] = []
    here = readings([token.bare for token in tokens])
    for token, words in zip((_with_own_sounds(token, lexicon) for token in tokens), here, strict=True):
        if token.sounds is not None:
            kept.append((token, (Piece(own_text(token.bare)),)))
            continue
        if words is not None:
            kept.append((token, as_read(words)))
            continue
        pieces, symbols = spoken(token.bare, lambda word: is_known(word, lexicon))
        skipped.extend(symbols)
        if pieces:
            kept.append((token, pieces))
    line = [piece for _, pieces in kept for piece in pieces]
    phonemes = iter(pronounce_line(line, lexicon))
    found = []
    for token, pieces in kept:
        sounds = [next(phonemes) for _ in pieces]
        found.append(_make_word(token, pieces, sounds, lexicon))
    return tuple(found), tuple(dict.fromkeys(skipped))


def _with_own_sounds(token: Token, lexicon: Mapping[str, str]) -> Token:
    """Return the token with the sounds of the user's lexicon where the word is there just as it is written.

    So a lexicon can say words in any script, and figures.
    """
    if token.sounds is not None or not lexicon:
        return token
    key = own_text(token.bare)
    plain = token.bare.lower().replace("’", "'").strip("\"'“”‘«»„,.;:!?…*_")
    return replace(token, sounds=lexicon[key]) if key in lexicon and key.strip("'") == plain else token


def _make_word(
    token: Token, pieces: Sequence[Piece], sounds: Sequence[tuple[Phoneme, ...]], lexicon: Mapping[str, str]
) -> Word:
    if token.sounds is not None:
        sounds = [parse_phonemes(token.sounds)]
    syllables = tuple(
        syllable
        for piece, phonemes in zip(pieces, sounds, strict=True)
        for syllable in _syllables(piece.text, phonemes, lexicon if token.sounds is None else {piece.text: ""})
    )
    return Word(token.text, " ".join(piece.text for piece in pieces), syllables)


def _syllables(text: str, phonemes: tuple[Phoneme, ...], lexicon: Mapping[str, str]) -> tuple[Syllable, ...]:
    """Return the syllables of one sung word; those of lamp-light do not run across its seam."""
    parts = compound(text) if text not in lexicon else None
    if parts is None:
        return make_syllables(text, phonemes)
    seam = len(pronounce(parts[0]))
    return make_syllables(parts[0], phonemes[:seam]) + make_syllables(parts[1], phonemes[seam:])


def analyse_word(text: str, lexicon: Mapping[str, str] = NOTHING, language: str = "en") -> Word:
    """Return one written word analysed by itself.

    Raises
    ------
    ValueError
        Where there is nothing to sing in it (`LyricsError` where it cannot be pronounced).
    """
    words, _ = analyse_tokens([Token(text)], lexicon, language)
    if len(words) != 1:
        raise ValueError(f"{text!r} is no word that can be sung; give letters or figures")
    return words[0]
