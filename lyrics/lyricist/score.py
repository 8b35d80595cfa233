"""How good a draft is: theme, the prompt's own words, coherence, imagery, rhyme, metre, freshness, ease of singing.

Every score is from 0 to 1, whoever wrote the draft; a ranking is by their weighted mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np

from lyrics.lyricist.cliches import cliches_in
from lyrics.lyricist.corpus import Corpus
from lyrics.lyricist.drafts import Draft, WrittenLine
from lyrics.lyricist.matter import Matter
from lyrics.lyricist.pieces import own_words
from lyrics.lyricist.reading import content_of, heard, last_word, words_of
from lyrics.lyricist.rhyme import words_rhyme
from lyrics.lyricist.stanza import line_fit
from lyrics.meaning import Meaning

WEIGHTS = {
    "theme": 2.0,
    "own words": 2.2,
    "coherence": 1.2,
    "imagery": 1.0,
    "rhyme": 0.8,
    "metre": 1.0,
    "freshness": 1.0,
    "singing": 0.6,
}

OWN_WORDS_WANTED = 3
"""Different words of the prompt in a lyric that are enough, and lines that have one."""

OWN_LINES_WANTED = 5
PICTURES_A_LINE = 0.7
EASY_CONSONANTS = 4
OPEN_ENDS = 0.6
"""Share of lines that end on a long vowel or a soft sound where a lyric is easy to sing."""

LONG_VOWELS = frozenset({"IY", "EY", "AY", "OW", "UW", "AW", "OY", "AA", "AO"})
SOFT = frozenset({"M", "N", "NG", "L", "R", "V", "Z"})


def scored(draft: Draft, matter: Matter) -> Draft:
    """Return a draft with its scores."""
    lines = draft.lines
    found = {
        "theme": _theme(draft, matter),
        "own words": _own(lines, matter),
        "coherence": _coherence(draft),
        "imagery": _imagery(lines),
        "rhyme": _rhyme(draft),
        "metre": float(np.mean([_metre(line) for line in lines])),
        "freshness": _freshness(lines, matter),
        "singing": _singing(lines),
    }
    sung = own_words(" ".join(line.text for line in lines), matter)
    missing = sorted(matter.asked - sung)
    notes = (f"there was no place for {', '.join(map(repr, missing))}",) if missing else ()
    total = sum(WEIGHTS[name] * value for name, value in found.items()) / sum(WEIGHTS.values())
    return replace(
        draft, worth=round(total, 4), scores=tuple((name, round(v, 3)) for name, v in found.items()), notes=notes
    )


def _theme(draft: Draft, matter: Matter) -> float:
    """Return how near the sections are to the topic, each as often as it is sung."""
    words: dict[str, str] = {}
    sung = []
    for section in draft.sections:
        if section.lines:
            words[section.kind] = " ".join(line.text for line in section.lines)
        if section.kind in words:
            sung.append(words[section.kind])
    vector = Meaning.load().embed(sung).mean(0)
    length = float(np.linalg.norm(vector)) or 1.0
    return float(np.clip((float(vector @ matter.vector) / length + 0.1) / 0.8, 0.0, 1.0))


def _own(lines: Sequence[WrittenLine], matter: Matter) -> float:
    if not matter.keywords:
        return 1.0
    per_line = [own_words(line.text, matter) for line in lines]
    words = len(frozenset[str]().union(*per_line)) / min(OWN_WORDS_WANTED, len(matter.keywords))
    return 0.5 * min(1.0, words) + 0.5 * min(1.0, sum(map(bool, per_line)) / OWN_LINES_WANTED)


def _coherence(draft: Draft) -> float:
    """Return how near neighbouring pairs of lines are in meaning."""
    near = []
    for section in draft.sections:
        texts = [f"{a.text} {b.text}" for a, b in zip(section.lines[::2], section.lines[1::2], strict=False)]
        if len(texts) > 1:
            near += [float(a @ b) for a, b in pairwise(Meaning.load().embed(texts))]
    return float(np.clip(np.mean(near) / 0.4, 0.0, 1.0)) if near else 1.0


def _imagery(lines: Sequence[WrittenLine]) -> float:
    pictured = sum(len(set(words_of(line.text)) & pictures()) for line in lines)
    return min(1.0, pictured / (PICTURES_A_LINE * len(lines)))


@cache
def pictures() -> frozenset[str]:
    """Return the words of the corpus's banks that name what can be seen, in the singular and the plural."""
    kinds = ("thing", "place", "nature", "person")
    words = {word for entry in Corpus.load().entries if entry.kind in kinds for word in words_of(entry.text)}
    return frozenset(words | {word + "s" for word in words})


def _rhyme(draft: Draft) -> float:
    """Return the share of rhymes that are perfect, half of those by family added."""
    found = [kind for _, _, kind in rhyme_pairs(draft)]
    if not found:
        return 1.0
    return (found.count("perfect") + 0.5 * found.count("family")) / len(found)


def rhyme_pairs(draft: Draft) -> list[tuple[str, str, str | None]]:
    """Return the words that should rhyme, each with the one before it of its letter, and how they do."""
    found: list[tuple[str, str, str | None]] = []
    for section in draft.sections:
        seen: dict[str, list[str]] = {}
        for line in section.lines:
            before = seen.setdefault(line.letter, [])
            if line.letter != "X" and line.text not in before:
                word = last_word(line.text)
                if before and (last := last_word(before[-1])).sung != word.sung:
                    found.append((last.sung, word.sung, words_rhyme(last, word)))
                before.append(line.text)
    return found


def _metre(line: WrittenLine) -> float:
    fit = line_fit(line.text, line.pattern)
    return max(0.0, 1.0 - 0.5 * fit.clashes - 0.25 * abs(fit.added))


def _freshness(lines: Sequence[WrittenLine], matter: Matter) -> float:
    """Return how few content words and line openings come again, cliches counted against it."""
    texts = list(dict.fromkeys(line.text for line in lines))
    own = own_words(" ".join(texts), matter)
    words = Counter(word for text in texts for word in content_of(text) if word not in own)
    again = sum(count - 1 for count in words.values())
    openings = Counter(words_of(text)[0] for text in texts)
    crowded = max(openings.values()) / len(texts)
    worn = len(cliches_in(" ".join(texts)))
    return max(0.0, 1.0 - again / (1.5 * len(texts)) - max(0.0, crowded - 0.25) - 0.2 * worn)


def _singing(lines: Sequence[WrittenLine]) -> float:
    """Return how few consonants crowd together and how many lines end openly."""
    crowded = open_ends = 0
    for line in lines:
        run = longest = 0
        for syllable in heard(line.text).syllables:
            for phoneme in syllable.phonemes:
                run = 0 if phoneme.is_vowel else run + 1
                longest = max(longest, run)
        crowded += longest > EASY_CONSONANTS
        last = last_word(line.text).syllables[-1]
        vowel = last.phonemes[last.nucleus].symbol
        soft = all(phoneme.symbol in SOFT for phoneme in last.coda)
        open_ends += soft or (vowel in LONG_VOWELS and len(last.coda) <= 1)
    return 0.5 * (1.0 - crowded / len(lines)) + 0.5 * min(1.0, open_ends / (OPEN_ENDS * len(lines)))
