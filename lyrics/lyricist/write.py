"""From a brief to drafts of a lyric, best first."""

from __future__ import annotations

from lyrics.errors import LyricsError
from lyrics.lyricist.brief import LARGEST_SEED, WritingBrief
from lyrics.lyricist.corpus import Corpus
from lyrics.lyricist.drafts import Draft, write_draft
from lyrics.lyricist.matter import find_matter
from lyrics.lyricist.pieces import Voice, find_pieces
from lyrics.lyricist.points import genre_of, voice_of
from lyrics.lyricist.score import scored
from lyrics.lyricist.singles import line_pieces
from lyrics.lyricist.stanza import Bench
from lyrics.parse import parse_sheet
from lyrics.values import Lyrics

DRAFTS = 6
"""Drafts written where nobody says how many."""

MOST_DRAFTS = 64


def write(brief: WritingBrief | str, seed: int = 0, drafts: int = DRAFTS) -> Lyrics:
    """Write a lyric.

    Parameters
    ----------
    brief : what is asked for, or the prompt alone
    seed : decides everything left open; the same seed gives the same words
    drafts : how many are written; the best is returned

    Raises
    ------
    LyricsError
        Where the brief cannot be met; the message says what is accepted.
    """
    return parse_sheet(write_drafts(brief, seed, drafts)[0].text)


def write_drafts(brief: WritingBrief | str, seed: int = 0, drafts: int = DRAFTS) -> tuple[Draft, ...]:
    """Return drafts of a lyric, the best first; the arguments are those of `write`."""
    brief = WritingBrief(brief) if isinstance(brief, str) else brief
    check_numbers(seed, drafts)
    corpus = Corpus.load()
    genre, matter = genre_of(brief), find_matter(brief, corpus)
    asked = voice_of(brief, seed)
    for voice in dict.fromkeys((asked, Voice("I"))):
        pieces = find_pieces(brief, matter, corpus, genre, voice, seed)
        pieces += line_pieces(brief, pieces, matter, corpus, voice)
        bench = Bench(pieces)
        found = [write_draft(brief, genre, matter, bench, seed, number) for number in range(drafts)]
        whole = [scored(draft, matter) for draft in found if draft is not None]
        if whole:
            order = sorted(range(len(whole)), key=lambda i: (-whole[i].worth, i))
            return tuple(whole[i] for i in order)
    wishes = [f"scheme {brief.scheme}"] if brief.scheme else []
    wishes += [f"{brief.syllables} syllables a line"] if brief.syllables is not None else []
    raise LyricsError(
        f"the corpus has no whole lyric with {' and '.join(wishes) or 'these wishes'}: "
        "ask for 7 or 8 syllables, for AABB or XAXA, or for fewer words to avoid"
    )


def check_numbers(seed: int, drafts: int) -> None:
    """Refuse a seed or a number of drafts that cannot be."""
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise LyricsError(f"seed {seed!r} is out of range: use a whole number from 0 to {LARGEST_SEED}")
    if not 1 <= drafts <= MOST_DRAFTS:
        raise LyricsError(f"{drafts} drafts are out of range: use 1 to {MOST_DRAFTS}")
