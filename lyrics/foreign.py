"""Tokens of a line in a language other than English into `Word` values.

Letters are those of the language, accents kept; figures are read by `lyrics.numerals`, sounds by `lyrics.espeak`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyrics.errors import LyricsError
from lyrics.fold import APOSTROPHES, HYPHENS, pictures, script, short
from lyrics.ipa import parse_ipa, syllabify
from lyrics.letters import share_letters
from lyrics.numerals import WORDS, numeral_words, symbol_words
from lyrics.tokens import Token, own_text
from lyrics.values import Phoneme, Syllable, Word

EXCLAMATIONS = {
    "ah": "ˈa",
    "aah": "ˈa",
    "eh": "ˈe",
    "ey": "ˈeɪ",
    "hey": "ˈeɪ",
    "hmm": "ə m",
    "mm": "ə m",
    "mmm": "ə m",
    "oh": "ˈo",
    "ooh": "ˈu",
    "uh": "ˈa",
    "whoa": "w ˈo",
    "wow": "w ˈaʊ",
    "yeah": "j ˈɛ",
}
"""What singers of every language sing alike."""

LANGUAGE_NAMES = {"es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese", "de": "German"}
SONORANTS = frozenset("mnŋlʎrɾʁɹ")
_EDGES = ".,;:!?¡¿\"'“”‘’«»„…()[]<>*_-^|\\"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sung word: its letters, and its sounds where they are not eSpeak's to say."""

    text: str
    sounds: str = ""
    stutter: bool = False


def analyse_tokens(
    tokens: Sequence[Token], language: str, lexicon: Mapping[str, str]
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words of one line and the symbols in it that are not sung; see `lyrics.analysis.analyse_tokens`."""
    from lyrics.espeak import pronounce_words

    kept: list[tuple[Token, list[_Piece]]] = []
    skipped: list[str] = []
    for token in tokens:
        pieces, symbols = _read(token, language, lexicon)
        skipped.extend(symbols)
        if pieces:
            kept.append((token, pieces))
    spoken = [piece for _, pieces in kept for piece in pieces]
    asked = tuple(piece.text for piece in spoken if not piece.sounds and not piece.stutter)
    answers = iter(pronounce_words(asked, language))
    sounds: list[tuple[Phoneme, ...]] = []
    for piece in spoken:
        sounds.append(() if piece.stutter else _own_sounds(piece, lexicon) if piece.sounds else next(answers))
    for place in reversed(range(len(spoken))):
        if spoken[place].stutter:
            sounds[place] = _stutter(spoken[place].text, sounds[place + 1])
    found = iter(zip(spoken, sounds, strict=True))
    words = []
    for token, pieces in kept:
        parts = [_sung(*next(found), language) for _ in pieces]
        words.append(
            Word(
                token.text, " ".join(text for text, _ in parts), tuple(s for _, syllables in parts for s in syllables)
            )
        )
    return tuple(words), tuple(dict.fromkeys(skipped))


def _own_sounds(piece: _Piece, lexicon: Mapping[str, str]) -> tuple[Phoneme, ...]:
    try:
        return parse_ipa(piece.sounds)
    except LyricsError as err:
        if lexicon.get(piece.text) == piece.sounds:
            raise LyricsError(f"lexicon entry {piece.text!r}: {err}") from err
        raise


def _read(token: Token, language: str, lexicon: Mapping[str, str]) -> tuple[list[_Piece], tuple[str, ...]]:
    """Return the pieces of one token and its symbols that are not sung."""
    bare = unicodedata.normalize("NFC", token.bare)
    if token.sounds is not None:
        return [_Piece(own_text(bare), token.sounds)], ()
    if (key := own_text(bare)) in lexicon:
        return [_Piece(key, lexicon[key])], ()
    text, skipped = pictures(bare)
    text = text.translate(str.maketrans(APOSTROPHES + HYPHENS, "'" * len(APOSTROPHES) + "-" * len(HYPHENS)))
    pieces: list[_Piece] = []
    for part in text.split():
        if part == "#":
            skipped += ("#",)
        pieces.extend(_read_part(part, language))
    return pieces, skipped


def _read_part(part: str, language: str) -> list[_Piece]:
    core = part.strip(_EDGES)
    sign = "-" if part.startswith("-") and core[:1].isdigit() else ""
    if words := _figures((sign + core).lower(), language):
        return words
    return [
        piece
        for run in re.split(r"[/.,:;!?\"*_|\\<>^()\[\]]+|--+", part)
        for piece in _figures(run.lower(), language) or _read_run(run, language)
    ]


def _figures(text: str, language: str) -> list[_Piece]:
    words = numeral_words(unicodedata.normalize("NFKC", text), language) if any(map(str.isdigit, text)) else None
    return [_Piece(word) for word in (words or "").split()]


def _read_run(run: str, language: str) -> list[_Piece]:
    parts = [part for part in run.split("-") if part]
    heads, last = parts[:-1], parts[-1] if parts else ""
    pieces: list[_Piece] = []
    if heads and all(_is_stutter(head.lower(), last.lower()) for head in heads):
        pieces, parts = [_Piece(head.lower(), stutter=True) for head in heads], [last]
    for part in parts:
        for text in re.findall(r"[^\W\d_']+(?:'[^\W\d_']+)*'?|'[^\W\d_]+|\d+|[^\w\s]", _letters(part, language)):
            if text[0].isdigit():
                pieces.extend(_figures(text, language))
            elif (name := symbol_words(text, language)) is not None:
                pieces.extend(_Piece(word) for word in name.split())
            elif any(map(str.isalpha, text)):
                pieces.extend(_read_word(text, language))
    return pieces


def _read_word(text: str, language: str) -> list[_Piece]:
    lower = text.lower()
    stretched = re.sub(r"(.)\1{2,}", r"\1", lower)
    for known in (lower, re.sub(r"(.)\1{2,}", r"\1\1", lower), stretched):
        if known in EXCLAMATIONS:
            return [_Piece(lower, EXCLAMATIONS[known])]
    plain = "".join(char for char in unicodedata.normalize("NFD", lower) if "a" <= char <= "z")
    spelled = text.isupper() and len(plain) > 1 and not re.search("[aeiouy]", plain)
    if spelled or (len(plain) == 1 and plain == lower and plain not in "aeiouy"):
        return [_Piece(name) for letter in plain for name in WORDS[language].letter(letter).split()]
    return [_Piece(stretched if stretched != lower else lower)]


def _letters(text: str, language: str) -> str:
    """Return a text, its letters made plain where they are variants; raise LyricsError where they are not Latin."""
    out = []
    for char in text:
        if char.isalpha() and "LATIN" not in unicodedata.name(char, ""):
            plain = unicodedata.normalize("NFKC", char)
            if not all("LATIN" in unicodedata.name(c, "") for c in plain):
                raise LyricsError(
                    f"{short(text)} has {script(char)} letters, and only {LANGUAGE_NAMES[language]} in Latin letters "
                    "can be pronounced; write it in Latin letters or give its sounds, as in word{s ˈo l}"
                )
            char = plain
        elif unicodedata.category(char) in ("Cs", "Co", "Cn"):
            raise LyricsError(f"{short(text)} holds U+{ord(char):04X}, which is no character; remove it")
        out.append(unicodedata.normalize("NFKC", char))
    return "".join(out)


def _is_stutter(head: str, word: str) -> bool:
    return (
        head.isalpha() and len(head) < len(word) and word.startswith(head) and not re.search("[aeiouyáéíóúà-ü]", head)
    )


def _stutter(letters: str, following: tuple[Phoneme, ...]) -> tuple[Phoneme, ...]:
    """Return the beginning of the word that `letters` lead to, on a neutral vowel."""
    nucleus = next((i for i, phoneme in enumerate(following) if phoneme.is_vowel), 0)
    return (*following[: min(nucleus, len(letters))], Phoneme("ə", 0))


def _sung(piece: _Piece, phonemes: tuple[Phoneme, ...], language: str) -> tuple[str, tuple[Syllable, ...]]:
    """Return the sung text of a piece and its syllables."""
    if not any(phoneme.is_vowel for phoneme in phonemes):
        place = next((i for i, p in enumerate(phonemes) if p.symbol in SONORANTS), min(1, len(phonemes)))
        phonemes = (*phonemes[:place], Phoneme("ə", 0), *phonemes[place:])
    count = sum(phoneme.is_vowel for phoneme in phonemes)
    if count > len(piece.text):
        vowels = [i for i, phoneme in enumerate(phonemes) if phoneme.is_vowel]
        phonemes = phonemes[: vowels[len(piece.text)]]
    groups = syllabify(phonemes, language)
    texts = share_letters(piece.text, tuple(tuple(p.symbol for p in group) for group in groups), language)
    syllables = tuple(
        Syllable(text, group, next(p.stress for p in group if p.stress is not None))
        for text, group in zip(texts, groups, strict=True)
    )
    return piece.text, syllables
