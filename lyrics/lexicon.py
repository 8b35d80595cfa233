"""A song's own pronunciations, from a file of the user's.

The file is UTF-8 text with one word a line: the word, spaces or a tab, and its sounds. Lines that begin with `#` are
comments. Sounds are written as in the sheet's braces: ARPAbet for English, IPA for other languages.

    # names in this song
    Aoife    IY1 F AH0
    Ngaio    N AY1 OW0

Capitals do not matter. A word may be in any script, or figures; an entry comes before the dictionary's, and before
what figures and abbreviations are read as. Endings as in `Aoife's` need no entry of their own.
"""

from __future__ import annotations

from pathlib import Path

from lyrics.arpabet import VOWELS, as_text, parse_phonemes
from lyrics.errors import LyricsError
from lyrics.files import read_text
from lyrics.ipa import parse_ipa
from lyrics.tokens import own_text
from lyrics.values import Phoneme

MAX_LEXICON_BYTES = 1_000_000
MAX_ENTRIES = 20_000
MAX_WORD_CHARACTERS = 64


def read_lexicon(path: Path, language: str | None = None) -> dict[str, str]:
    """Return the lexicon in the file `path`: lower-case words and their sounds, for `parse_sheet(lexicon=...)`.

    Sounds are ARPAbet where `language` is English and IPA where it is another; where it is None, as the language is
    that of a sheet yet to be read, each entry may be either.

    Raises
    ------
    LyricsError
        Where the file cannot be read, or an entry is not accepted; the message starts with the path and the line.
    """
    path = Path(path)
    rows = read_text(path, MAX_LEXICON_BYTES, "pronunciation lexicon").splitlines()
    found: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        place = f"{path}:{number}"
        if len(found) >= MAX_ENTRIES:
            raise LyricsError(f"{place}: a lexicon may have {MAX_ENTRIES} words; keep those of the song")
        word, *sounds = row.split(maxsplit=1)
        key = own_text(word)
        if not key or len(word) > MAX_WORD_CHARACTERS or key.strip("'") != word.lower().replace("’", "'").strip("'"):
            raise LyricsError(
                f"{place}: {word[:24]!r} is not one word of letters, figures and apostrophes; write: word W ER1 D"
            )
        if not sounds:
            raise LyricsError(f"{place}: the word {word[:24]!r} has no sounds after it; write: word W ER1 D")
        if key in found:
            raise LyricsError(f"{place}: the word {word[:24]!r} was given sounds before; keep one of the two lines")
        try:
            found[key] = as_text(_parse(sounds[0], language))
        except LyricsError as err:
            raise LyricsError(f"{place}: {err}") from err
    return found


def _parse(sounds: str, language: str | None) -> tuple[Phoneme, ...]:
    """Return the phonemes of an entry."""
    named = any(symbol.upper().rstrip("012") in VOWELS for symbol in sounds.split())
    arpabet = language == "en" or (language is None and (named or sounds[0].isupper()))
    return parse_phonemes(sounds) if arpabet else parse_ipa(sounds)
