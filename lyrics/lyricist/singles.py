"""Lines one by one, for schemes and lengths that the units of the corpus are not written in.

Lines of the corpus mostly come in pairs that rhyme with one another; a scheme whose rhymes cross, like ABAB, needs
lines that can be taken alone. Lines of ten and more syllables are a phrase of four and a line; those of four and five
are phrases alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import ANY, Corpus, Half
from lyrics.lyricist.matter import Matter
from lyrics.lyricist.pieces import ACCEPTED, LONG, NEAR, THEME, Piece, Voice, own_words, small
from lyrics.lyricist.pronouns import persons_in
from lyrics.lyricist.reading import heard, words_of
from lyrics.meaning import Meaning

ALONE = 0.3
"""How much less a line taken out of its unit is worth."""

SHORT = 5
"""Syllables of lines up to which phrases serve alone."""

LENGTHENED = 1.5
"""How much less a line is worth with a phrase before it."""

PHRASE = 4
"""Syllables of a phrase of the corpus."""

LINES_LENGTHENED = 160

_LEANING = (
    "and or but nor to of that which who whom whose when where while as before after until till like with without"
)
_LEANING += (
    " for from in on at by into onto under over than because if so then is are was were be been has had will would"
)
_SUBJECTS = "i you he she it we they the a an my your his her our their this that these those there there's and but"
_SUBJECTS += (
    " i'm you're he's she's it's we're they're i've you've we've they've i'll you'll he'll she'll we'll they'll i'd"
)
_POINTING = "it its it's they them their there that this these those one ones none both"
"""Words that begin what leans on a line before, words that begin a whole clause, words for what was named before."""

LEANING, SUBJECTS, POINTING = (frozenset(words.split()) for words in (_LEANING, _SUBJECTS, _POINTING))
OPENERS = SUBJECTS - {"and", "but", "it", "it's", "that", "there", "there's"}


def line_pieces(
    brief: WritingBrief, pieces: Sequence[Piece], matter: Matter, corpus: Corpus, voice: Voice
) -> list[Piece]:
    """Return single lines for what a brief asks of scheme and syllables, none where it asks for neither."""
    if not brief.scheme and brief.syllables is None:
        return []
    found = list(single_lines(pieces))
    syllables = brief.syllables or 0
    if syllables >= LONG:
        found += _longer([*pieces, *found], syllables, matter, corpus, voice)
    elif 0 < syllables <= SHORT:
        found += _phrases(matter, corpus, voice)
    return found


def stands_alone(lines: Sequence[str], i: int) -> bool:
    """Tell whether line `i` of some is whole without the others: none leans on it and it leans on none."""
    if words_of(lines[i])[0] in LEANING:
        return False
    return i + 1 >= len(lines) or words_of(lines[i + 1])[0] in SUBJECTS


def single_lines(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the lines of pieces that can be sung without the others of their piece, each as a piece of its own.

    Of a hook only the line that has the title is one.
    """
    for piece in pieces:
        if len(piece.lines) == 1:
            continue
        for i, line in enumerate(piece.lines):
            if not stands_alone(piece.lines, i) or (piece.role == "hook" and i > 0):
                continue
            if piece.role == "hook" or not set(words_of(line)) & POINTING:
                yield replace(piece, lines=(line,), persons=persons_in(line), worth=piece.worth - ALONE)


def _longer(pieces: Sequence[Piece], syllables: int, matter: Matter, corpus: Corpus, voice: Voice) -> Iterator[Piece]:
    """Yield lines with a phrase before them: `Before the frost, I leave an open door`."""
    openings = [half for half in _fitting(matter, corpus, voice) if half.kind == "when"]
    lines = [
        piece
        for piece in pieces
        if len(piece.lines) == 1
        and abs(len(heard(piece.lines[0]).syllables) + PHRASE - syllables) <= 1
        and words_of(piece.lines[0])[0] in OPENERS
    ]
    for i, piece in enumerate(lines[:LINES_LENGTHENED] if openings else []):
        half = openings[i % len(openings)]
        yield replace(
            piece, lines=(f"{half.text}, {small(piece.lines[0])}",), lengthened=True, worth=piece.worth - LENGTHENED
        )


def _phrases(matter: Matter, corpus: Corpus, voice: Voice) -> list[Piece]:
    halves = _fitting(matter, corpus, voice, everywhere=True)
    vectors = Meaning.load().embed([half.text for half in halves])
    shares = dict(matter.themes)
    return [
        Piece(
            lines=(half.text,),
            role={"when": "setting", "image": "setting", "clause": "feeling"}[half.kind],
            tense=half.tense,
            scene="",
            persons=persons_in(half.text),
            source=half.place,
            theme="" if ANY in half.themes else half.themes[0],
            title=half.text if half.kind == "clause" else "",
            own_words=own_words(half.text, matter),
            worth=THEME * sum(shares.get(name, 0.0) for name in half.themes) ** 0.5
            + NEAR * float(np.dot(vector, matter.vector)),
            vector=vector,
        )
        for half, vector in zip(halves, vectors, strict=True)
    ]


def _fitting(matter: Matter, corpus: Corpus, voice: Voice, everywhere: bool = False) -> list[Half]:
    """Return the phrases for a voice, those of the themes of the lyric or, where it must be, of any."""
    themes = {name for name, _ in matter.themes} | {ANY}
    accepted = ACCEPTED[voice.person]
    return [
        half
        for half in corpus.halves
        if (everywhere or themes & set(half.themes)) and accepted.get(half.person, -1.0) > -0.5
    ]
