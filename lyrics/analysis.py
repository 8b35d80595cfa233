"""Written tokens into `Word` values: normalise, pronounce in the line's context, cut into syllables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyrics.arpabet import parse_phonemes
from lyrics.g2p import NOTHING, compound, is_known, pronounce, pronounce_line
from lyrics.syllables import make_syllables
from lyrics.text import Piece, spoken
from lyrics.values import Phoneme, Syllable, Word


@dataclass(frozen=True, slots=True)
class Token:
    """A run of a line between spaces: as written with `~`, and its own pronunciation where braces gave one."""

    text: str
    sounds: str | None = None

    @property
    def bare(self) -> str:
        return self.text.replace("~", "")


def analyse_tokens(
    tokens: Sequence[Token], lexicon: Mapping[str, str] = NOTHING
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words of one line, sung in this order, and the symbols in it that are not sung.

    Raises
    ------
    LyricsError
        Where a token cannot be pronounced or its own pronunciation is no ARPAbet.
    """
    kept: list[tuple[Token, tuple[Piece, ...]]] = []
    skipped: list[str] = []
    for token in tokens:
        if token.sounds is not None:
            kept.append((token, (Piece(_own_text(token.bare)),)))
            continue
        pieces, symbols = spoken(token.bare, lambda word: is_known(word, lexicon))
        skipped.extend(symbols)
        if pieces:
            kept.append((token, pieces))
    line = [piece for _, pieces in kept for piece in pieces]
    phonemes = iter(pronounce_line(line, lexicon))
    words = []
    for token, pieces in kept:
        sounds = [next(phonemes) for _ in pieces]
        words.append(_make_word(token, pieces, sounds, lexicon))
    return tuple(words), tuple(dict.fromkeys(skipped))


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


def _own_text(text: str) -> str:
    """Return the sung text of a word whose pronunciation the sheet gives: its letters, lower-case."""
    letters = "".join(char for char in text.lower().replace("’", "'") if char.isalnum() or char == "'")
    return letters.strip("'") or letters


def analyse_word(text: str, lexicon: Mapping[str, str] = NOTHING) -> Word:
    """Return one written word analysed by itself.

    Raises
    ------
    ValueError
        Where there is nothing to sing in it (`LyricsError` where it cannot be pronounced).
    """
    words, _ = analyse_tokens([Token(text)], lexicon)
    if len(words) != 1:
        raise ValueError(f"{text!r} is no word that can be sung; give letters or figures")
    return words[0]
