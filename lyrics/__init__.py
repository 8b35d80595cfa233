"""Words to be sung: lyric sheets into sections, lines, words, syllables and phonemes.

`parse_sheet` and `read_sheet` make a `Lyrics`; `stress_pattern`, `syllable_weights` and `rhymes` say how it wants to
be set to music; `write` makes new ones from a prompt or a `WritingBrief`. Nothing here knows of audio. What needs the
dictionary is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyrics.errors import LyricsError
from lyrics.values import KINDS, Line, Lyrics, Phoneme, Section, Syllable, Word

if TYPE_CHECKING:
    from lyrics.analysis import analyse_word
    from lyrics.lexicon import read_lexicon
    from lyrics.lyricist.brief import WritingBrief
    from lyrics.lyricist.write import write, write_drafts
    from lyrics.parse import parse_sheet, read_sheet
    from lyrics.prosody import rhyme_part, rhymes, stress_pattern, syllable_weight, syllable_weights

__all__ = [
    "KINDS",
    "Line",
    "Lyrics",
    "LyricsError",
    "Phoneme",
    "Section",
    "Syllable",
    "Word",
    "WritingBrief",
    "analyse_word",
    "parse_sheet",
    "read_lexicon",
    "read_sheet",
    "rhyme_part",
    "rhymes",
    "stress_pattern",
    "syllable_weight",
    "syllable_weights",
    "write",
    "write_drafts",
]

_HOMES = {
    "WritingBrief": "lyrics.lyricist.brief",
    "analyse_word": "lyrics.analysis",
    "parse_sheet": "lyrics.parse",
    "read_lexicon": "lyrics.lexicon",
    "read_sheet": "lyrics.parse",
    "rhyme_part": "lyrics.prosody",
    "rhymes": "lyrics.prosody",
    "stress_pattern": "lyrics.prosody",
    "syllable_weight": "lyrics.prosody",
    "syllable_weights": "lyrics.prosody",
    "write": "lyrics.lyricist.write",
    "write_drafts": "lyrics.lyricist.write",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'lyrics' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
