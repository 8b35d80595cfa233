"""The structure that a prompt asks for: "intro > build > drop > outro", "verse chorus verse chorus", "AABA"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from songsmith.prompt.lexicon import Lexicon
from songsmith.prompt.words import Word, word_set

FEWEST = 3
"""So many section words in a row are a structure; two are where an arrow or a dash is between them."""

_ARROW = re.compile(r">|→|➔|=>")
_DASH = re.compile(r">|→|➔|\s[-–—]+\s")
_LINKS = word_set(
    "then to into and followed by after next with a an the big final last short long quick double another "
    "back goes go leads straight again quiet loud huge massive soft small epic first second third extended"
)
_TIMES = {"x2": 2, "2x": 2, "twice": 2, "x3": 3, "3x": 3, "x4": 4, "4x": 4}
_LABELS = frozenset(("structure", "form", "arrangement", "format", "layout"))


@dataclass(frozen=True, slots=True)
class Structure:
    """Section kinds in order, the words they were read from, and pieces between arrows that are not known."""

    kinds: tuple[str, ...] = ()
    words: frozenset[int] = frozenset()
    unknown: tuple[str, ...] = ()


def find_structure(text: str, words: tuple[Word, ...], known: Lexicon) -> Structure:
    """Return the longest run of section words in a prompt."""
    best = Structure()
    i = 0
    while i < len(words):
        run = _run(text, words, i, known)
        if len(run.kinds) > len(best.kinds):
            best = run
        i = max(run.words, default=i) + 1
    unknown = _unknown(text, words, known) if best.kinds and len(_ARROW.findall(text)) >= 2 else ()
    return Structure(best.kinds, best.words, unknown)


def _run(text: str, words: tuple[Word, ...], start: int, known: Lexicon) -> Structure:
    """Return the structure that begins at a word, empty where none does."""
    named = _named_form(words, start, known)
    if named is not None:
        return named
    kinds: list[str] = []
    claimed: set[int] = set()
    i, dashes, linked = start, 0, 0
    while i < len(words):
        kind, length = _section(words, i, known)
        if kind:
            if kinds and _DASH.search(text[words[max(claimed)].end : words[i].start]):
                dashes += 1
            kinds.append(kind)
            claimed.update(range(i, i + length))
            i, linked = i + length, 0
        elif kinds and words[i].text in _TIMES:
            kinds.extend([kinds[-1]] * (_TIMES[words[i].text] - 1))
            claimed.add(i)
            i += 1
        elif kinds and words[i].text.isdigit() and len(words[i].text) == 1 and not words[i].after_break:
            claimed.add(i)
            i += 1
        elif kinds and words[i].text in _LINKS and linked < 3:
            i, linked = i + 1, linked + 1
        elif kinds and _is_between_arrows(text, words[i]):
            i += 1
        else:
            break
    labelled = bool(start and words[start - 1].text in _LABELS)
    if len(kinds) < (2 if dashes or labelled else FEWEST):
        return Structure()
    return Structure(tuple(kinds), frozenset(claimed))


def _is_between_arrows(text: str, word: Word) -> bool:
    """Tell whether an arrow is before and behind a word, with no other break before the first."""
    before = re.split(r"[,;:.]", text[: word.start])[-1]
    return _ARROW.search(before) is not None and _ARROW.search(text[word.end :]) is not None


def _named_form(words: tuple[Word, ...], start: int, known: Lexicon) -> Structure | None:
    for length in (3, 2, 1):
        sense = known.senses.get(" ".join(word.text for word in words[start : start + length]), ())
        form = next((one for one in sense if one.kind == "form"), None)
        if form is not None and start + length <= len(words):
            return Structure(form.names, frozenset(range(start, start + length)))
    return None


def _section(words: tuple[Word, ...], place: int, known: Lexicon) -> tuple[str, int]:
    """Return the kind of section that the words at a place name and how many words do, ("", 0) where none."""
    for length in (2, 1):
        phrase = words[place : place + length]
        if len(phrase) < length or any(word.after_break for word in phrase[1:]):
            continue
        senses = known.senses.get(" ".join(word.text for word in phrase), ())
        section = next((sense for sense in senses if sense.kind == "section"), None)
        if section is not None:
            return section.name, length
    return "", 0


def _unknown(text: str, words: tuple[Word, ...], known: Lexicon) -> tuple[str, ...]:
    """Return the pieces between two arrows that name no section."""
    ends = [match.start() for match in _ARROW.finditer(text)]
    found = []
    for left, right in pairwise(ends):
        inside = [i for i, word in enumerate(words) if left < word.start < right]
        if inside and not any(_section(words, i, known)[0] for i in inside):
            found.append(text[words[inside[0]].start : words[inside[-1]].end])
    return tuple(found)
