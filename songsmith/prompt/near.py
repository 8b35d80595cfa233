"""Words of a prompt that stand in no table are matched by meaning with the phrases that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from songsmith.errors import MissingPart
from songsmith.prompt.lexicon import KNOBS, Lexicon, Sense
from songsmith.prompt.words import Word, cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lyrics.meaning import Meaning

BAR = 0.52
"""Least cosine at which words take the meaning of a known phrase. Of 40 words and pairs that say something of music
24 reach it, of 28 that do not (plumbing, Tuesday) 4."""

STYLE_BAR = 0.62
"""The same where the known phrase means a style: a wrong one does more harm."""

LONGEST_PHRASE = 8

TOPIC_BAR = 0.6
"""The same for the mood that the topic of the words suggests."""

NEIGHBOURS = 3
"""So many of the nearest phrases are looked at."""

MOST_PIECES = 2
"""A word that falls into more pieces is hardly known: what its pieces mean says nothing of it."""


@dataclass(frozen=True, slots=True)
class Near:
    """Words that were taken by their meaning: the words, the known phrase and what that phrase means.

    `sense` is None where nothing known is near.
    """

    words: str
    phrase: str = ""
    sense: Sense | None = None


def leftovers(words: tuple[Word, ...], taken: frozenset[int], known: Lexicon) -> tuple[tuple[int, ...], ...]:
    """Return the runs of words that nothing has read, without the small words at their ends."""
    runs: list[list[int]] = []
    open_run = False
    for i, word in enumerate(words):
        if i in taken:
            open_run = False
            continue
        if not open_run or word.after_break or len(runs[-1]) >= LONGEST_PHRASE:
            runs.append([])
            open_run = True
        runs[-1].append(i)
    trimmed = (_trim(run, words, known) for run in runs)
    return tuple(tuple(run) for run in trimmed if run)


def _trim(run: list[int], words: tuple[Word, ...], known: Lexicon) -> list[int]:
    def is_small(i: int) -> bool:
        text = words[i].text
        return len(text) == 1 or text in known.filler or not any(c.isalpha() for c in text)

    while run and is_small(run[0]):
        run = run[1:]
    while run and is_small(run[-1]):
        run = run[:-1]
    return run


def find_near(phrases: Sequence[str], known: Lexicon, styles: frozenset[str]) -> tuple[Near, ...]:
    """Return what each phrase means, its words one by one where the whole is near nothing."""
    found: list[Near] = []
    for phrase in phrases:
        whole = _nearest(phrase, known, styles)
        parts = [part for part in phrase.split() if part not in known.filler]
        if whole is not None or len(parts) < 2:
            found.append(whole or Near(phrase))
            continue
        near = [_nearest(part, known, styles) for part in parts]
        found.extend(one for one in near if one is not None)
        missing = [part for part, one in zip(parts, near, strict=True) if one is None]
        if len(missing) == len(parts):
            found.append(Near(phrase))
        else:
            found.extend(Near(part) for part in missing)
    return tuple(found)


def mood_of(topic: str, known: Lexicon, styles: frozenset[str]) -> Near | None:
    """Return the mood that a topic suggests, None where none is clear."""
    words = [word.text for word in cut(topic) if word.text not in known.filler]
    if not words:
        return None
    rows, vectors = _anchors(known, styles)
    scores = vectors @ _encoder().embed([" ".join(words)])[0]
    row = next(int(row) for row in scores.argsort(kind="stable")[::-1] if rows[int(row)][1].kind == "mood")
    return Near(topic, *rows[row]) if float(scores[row]) >= TOPIC_BAR else None


def _nearest(phrase: str, known: Lexicon, styles: frozenset[str]) -> Near | None:
    """Return what a phrase means by the known phrase that is nearest, None where that is too far."""
    meaning = _encoder()
    rows, vectors = _anchors(known, styles)
    solid = [word for word in phrase.split() if 0 < len(meaning.cut(word)) <= MOST_PIECES]
    if not any(word not in known.filler for word in solid):
        return None
    scores = vectors @ meaning.embed([" ".join(solid)])[0]
    for row in scores.argsort(kind="stable")[::-1][:NEIGHBOURS]:
        known_phrase, sense = rows[int(row)]
        if float(scores[row]) >= (STYLE_BAR if sense.kind == "style" else BAR):
            return Near(phrase, known_phrase, sense)
    return None


def _encoder() -> Meaning:
    """Return the text encoder; raise MissingPart where its weights are not installed."""
    from lyrics.errors import MissingData
    from lyrics.meaning import Meaning

    try:
        return Meaning.load()
    except MissingData as err:
        raise MissingPart(str(err)) from err


@cache
def _anchors(known: Lexicon, styles: frozenset[str]) -> tuple[tuple[tuple[str, Sense], ...], NDArray[np.float32]]:
    """Return the phrases that have a meaning, and their embeddings."""
    rows: list[tuple[str, Sense]] = []
    for mood, table in known.tables["moods"].items():
        rows.extend((phrase, Sense("mood", mood)) for phrase in (*table["words"], *table["like"]))
    for style, phrases in known.tables["styles"]["like"].items():
        if style in styles:
            rows.extend((phrase, Sense("style", style)) for phrase in phrases)
    for knob in KNOBS:
        like = known.tables["sound"][knob]["like"]
        rows.extend((phrase, Sense(knob, phrase, value)) for phrase, value in like.items())
    rows.extend(
        (phrase, sense)
        for phrase, senses in known.senses.items()
        for sense in senses
        if sense.kind in ("style", *KNOBS) and phrase in known.written and phrase not in known.weak
    )
    return tuple(rows), _encoder().embed([phrase for phrase, _ in rows])
