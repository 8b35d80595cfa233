"""Tokens of a line in a language other than English into `Word` values.

Letters are those of the language, accents kept; figures are read by `lyrics.numerals`, sounds by `lyrics.espeak`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyrics.abbreviations import in_full
from lyrics.errors import LyricsError
from lyrics.fold import APOSTROPHES, HYPHENS, pictures, script, short
from lyrics.ipa import parse_ipa, syllabify
from lyrics.letters import share_letters
from lyrics.numerals import FRACTIONS, UNTIL, WORDS, numeral_words, symbol_words
from lyrics.roman import roman_value
from lyrics.stutter import VOWEL_LETTERS, is_stutter, stutter
from lyrics.tokens import Token, own_text
from lyrics.values import Phoneme, Syllable, Word

EXCLAMATIONS = {
    "ah": "ˈa",
    "aah": "ˈa",
    "brr": "b ə",
    "eh": "ˈe",
    "ey": "ˈeɪ",
    "hey": "ˈeɪ",
    "grr": "ɡ ə",
    "hm": "ə m",
    "hmm": "ə m",
    "mm": "ə m",
    "mmm": "ə m",
    "oh": "ˈo",
    "ooh": "ˈu",
    "pff": "p f ə",
    "psst": "p s ə t",
    "pst": "p s ə t",
    "sh": "ʃ ə",
    "shh": "ʃ ə",
    "tss": "ts ə",
    "uh": "ˈa",
    "whoa": "w ˈo",
    "wow": "w ˈaʊ",
    "yeah": "j ˈɛ",
    "zz": "z ə",
}
"""What singers of every language sing alike."""

LANGUAGE_NAMES = {"es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese", "de": "German"}
LINKED = {"il": "t ˈi l", "ils": "t ˈi l", "elle": "t ˈɛ l", "elles": "t ˈɛ l", "on": "t ˈɔ̃"}
"""Pronouns of French after the t that is put between (va-t-on)."""

ELIDED = {"c'": "s ə", "d'": "d ə", "j'": "ʒ ə", "l'": "l ə", "m'": "m ə", "n'": "n ə", "s'": "s ə", "t'": "t ə"}
"""Small words of French that stand apart from the word they lean on (j' veux)."""

LETTER_WORDS = {"es": "aeiouy", "fr": "aeiouy", "it": "aeiou", "pt": "aeiou", "de": "aeiou"}
"""Letters that are no consonants' names where they stand alone."""

SONORANTS = frozenset("mnŋlʎrɾʁɹ")
LONGEST_UNSAID = 4
"""Letters of the longest text that may be taken for an abbreviation."""

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
    shouted = not any(char.islower() for token in tokens for char in token.bare)
    for token in _join_thousands(tokens, language):
        pieces, symbols = _read(token, language, lexicon, shouted)
        skipped.extend(symbols)
        if pieces:
            kept.append((token, pieces))
    kept = [(token, _spell_unsaid(pieces, language)) for token, pieces in kept]
    spoken = [piece for _, pieces in kept for piece in pieces]
    asked = tuple(piece.text for piece in spoken if not piece.sounds and not piece.stutter)
    answers = iter(pronounce_words(asked, language))
    sounds: list[tuple[Phoneme, ...]] = []
    for piece in spoken:
        sounds.append(() if piece.stutter else _own_sounds(piece, lexicon) if piece.sounds else next(answers))
    for place in reversed(range(len(spoken))):
        if spoken[place].stutter:
            sounds[place] = stutter(spoken[place].text, sounds[place + 1], "ə")
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


def _spell_unsaid(pieces: Sequence[_Piece], language: str) -> list[_Piece]:
    """Return the pieces, by their letters those for which eSpeak says other words, longer than they are written."""
    from lyrics.espeak import pronounce_words

    result: list[_Piece] = []
    for piece in pieces:
        plain = "".join(char for char in unicodedata.normalize("NFD", piece.text) if "a" <= char <= "z")
        if len(piece.text) == 1 or len(piece.text) > LONGEST_UNSAID or piece.sounds or piece.stutter or not plain:
            result.append(piece)
            continue
        (sounds,) = pronounce_words((piece.text,), language)
        too_many = sum(phoneme.is_vowel for phoneme in sounds) > len(piece.text)
        result.extend(_spelled(plain, language) if too_many else [piece])
    return result


def _own_sounds(piece: _Piece, lexicon: Mapping[str, str]) -> tuple[Phoneme, ...]:
    try:
        return parse_ipa(piece.sounds)
    except LyricsError as err:
        if lexicon.get(piece.text) == piece.sounds:
            raise LyricsError(f"lexicon entry {piece.text!r}: {err}") from err
        raise


def _join_thousands(tokens: Sequence[Token], language: str) -> list[Token]:
    """Return the tokens with figures that spaces part into thousands as one: 5 000, 12 500 nuits.

    Groups that might be numbers of their own are joined in French alone, which parts thousands so.
    """
    joined: list[Token] = []
    place = 0
    while place < len(tokens):
        first, end = tokens[place], place + 1
        if first.sounds is None and re.fullmatch(r"[-$€£¥(«\"]*\d{1,3}", first.text):
            digits = len(re.findall(r"\d", first.text))
            while end < len(tokens) and tokens[end].sounds is None and _THOUSANDS.fullmatch(tokens[end].text):
                if not (tokens[end].text.startswith("0") or (language == "fr" and digits < 3)):
                    break
                end += 1
                if not tokens[end - 1].text.isdigit():
                    break
        joined.append(first if end == place + 1 else Token("\u202f".join(t.text for t in tokens[place:end])))
        place = end
    return joined


_THOUSANDS = re.compile(r"\d{3}(?:[.,]\d+)?[€$£¥%]?[.,;:!?…»\")]*")


def _read(
    token: Token, language: str, lexicon: Mapping[str, str], shouted: bool
) -> tuple[list[_Piece], tuple[str, ...]]:
    """Return the pieces of one token and its symbols that are not sung; `shouted` where its line is all capitals."""
    bare = unicodedata.normalize("NFC", token.bare)
    if token.sounds is not None:
        return [_Piece(own_text(bare), token.sounds)], ()
    if (key := own_text(bare)) in lexicon:
        return [_Piece(key, lexicon[key])], ()
    text, skipped = pictures(re.sub(r"(?<=\d)\u202f(?=\d)", "", bare))
    text = text.translate(str.maketrans(APOSTROPHES + HYPHENS, "'" * len(APOSTROPHES) + "-" * len(HYPHENS)))
    pieces: list[_Piece] = []
    for part in text.split():
        if part == "#":
            skipped += ("#",)
        pieces.extend(_read_part(part, language, shouted))
    return pieces, skipped


def _read_part(part: str, language: str, shouted: bool) -> list[_Piece]:
    core = part.strip(_EDGES)
    if (full := in_full(core, part, language) or _roman_words(core, language, shouted)) is not None:
        return [_Piece(word) for word in full.split()]
    if times := re.fullmatch(r"(\d+[:h]\d*)[-–](\d+[:h]\d*)", core):
        first, last = (_figures(time, language) for time in times.groups())
        if first and last:
            return [*first, _Piece(UNTIL[language]), *last]
    sign = "-" if part.startswith("-") and core[:1].isdigit() else ""
    if words := _figures((sign + core).lower(), language):
        return words
    return [
        piece
        for run in re.split(r"[/.,:;!?\"*_|\\<>^()\[\]]+|--+", part)
        for piece in _figures(run.lower(), language) or _read_run(run, language)
    ]


def _roman_words(core: str, language: str, shouted: bool) -> str | None:
    """Return the words of a Roman numeral of two letters or more (II, XIV, XXe), None where it is none."""
    match = re.fullmatch(r"([IVX]{2,})(e|ème)?|([VX])(e)|(I)(er)", core)
    if match is None or (core in ("VI", "XI") and shouted):  # VI is a word of many lines in capitals
        return None
    letters, ending, *_ = [group for group in match.groups() if group] + [""]
    value = roman_value(letters)
    if value is None or (ending and language != "fr"):
        return None
    return numeral_words(f"{value}{ending}", language)


def _figures(text: str, language: str) -> list[_Piece]:
    fraction = any(char in text for char in FRACTIONS[language])
    words = numeral_words(text, language) if fraction or any(map(str.isdigit, text)) else None
    return [_Piece(word) for word in (words or "").split()]


def _read_run(run: str, language: str) -> list[_Piece]:
    parts = [part for part in run.split("-") if part]
    heads, last = parts[:-1], parts[-1] if parts else ""
    pieces: list[_Piece] = []
    if heads and all(is_stutter(head.lower(), last.lower()) for head in heads):
        pieces, parts = [_Piece(head.lower(), stutter=True) for head in heads], [last]
    for place, part in enumerate(parts):
        before, after = parts[place - 1 : place], parts[place + 1 : place + 2]
        if language == "fr" and part.lower() == "t" and before and after and after[0].lower() in LINKED:
            continue
        if language == "fr" and part.lower() in LINKED and [text.lower() for text in before] == ["t"] and place > 1:
            pieces.append(_Piece("t" + part.lower(), LINKED[part.lower()]))
            continue
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
    if language == "fr" and lower in ELIDED:
        return [_Piece(lower, ELIDED[lower])]
    plain = "".join(char for char in unicodedata.normalize("NFD", lower) if "a" <= char <= "z")
    vowelless = len(plain) > 1 and "'" not in lower and not VOWEL_LETTERS & set(unicodedata.normalize("NFD", lower))
    if vowelless or (len(plain) == 1 and plain == lower and plain not in LETTER_WORDS[language]):
        return _spelled(plain, language)
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


def _spelled(letters: str, language: str) -> list[_Piece]:
    return [_Piece(name) for letter in letters for name in WORDS[language].letter(letter).split()]


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
