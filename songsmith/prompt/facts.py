"""What stands in a prompt, before anything is decided: every reader's findings side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from songsmith.prompt.artists import without_names
from songsmith.prompt.lexicon import Lexicon, Match, find
from songsmith.prompt.near import Near, find_near, leftovers
from songsmith.prompt.numbers import Found, Span, find_key, find_length, find_meter, find_mode, find_tempo
from songsmith.prompt.palette import Palette, find_palette
from songsmith.prompt.singer import Singer, find_singer
from songsmith.prompt.structure import Structure, find_structure
from songsmith.prompt.topic import Topic, find_topic
from songsmith.prompt.words import Word, cut
from songsmith.styles import style_names
from songsmith.theory import Key

LONGEST_ITEM = 6
"""A phrase between commas of more words is prose: what is not understood in it is scenery and not told."""

NAMELESS = "a song"
"""What is left of a prompt that is only the name of an artist."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in a prompt.

    Parameters
    ----------
    text : without the names of artists, their description at its end
    words, matches : of the text without figures and topic
    near : words that no table knows, with what they are near to
    warnings : of the names of artists
    own : where the description of artists begins in the text
    """

    text: str
    words: tuple[Word, ...]
    matches: tuple[Match, ...]
    tempo: Found[float]
    length: Found[float]
    key: Found[Key]
    mode: Found[str]
    meter: Found[str]
    topic: Topic
    structure: Structure
    palette: Palette
    singer: Singer
    near: tuple[Near, ...]
    warnings: tuple[str, ...]
    own: int


def look(text: str, known: Lexicon) -> Facts:
    """Return what stands in a prompt."""
    unnamed = without_names(text)
    text = unnamed.text or NAMELESS
    topic = find_topic(text)
    open_text = _blank(text, topic.spans)
    tempo = find_tempo(open_text)
    meter = find_meter(open_text, known.tables["time"]["meter_near"])
    length = find_length(_blank(open_text, (*tempo.spans, *meter.spans)))
    key = find_key(_blank(open_text, (*tempo.spans, *meter.spans, *length.spans)))
    figures = (*topic.spans, *tempo.spans, *meter.spans, *length.spans, *key.spans)
    mode = find_mode(_blank(text, figures))
    words = cut(_blank(text, (*figures, *mode.spans)))
    structure = find_structure(text, words, known)
    taken = structure.words
    matches = find(words, taken, known)
    palette = find_palette(words, matches, known)
    read = taken | palette.claimed | {i for match in matches for i in range(match.start, match.end)}
    runs = leftovers(words, frozenset(read), known)
    prose = frozenset(" ".join(words[i].text for i in run) for run in runs if _is_prose(words, run[0]))
    phrases = [" ".join(words[i].text for i in run) for run in runs]
    near = find_near(phrases, known, frozenset(style_names()))
    near = tuple(
        one
        for one in near
        if one.sense is not None
        or not (_is_aside(one.words, text, topic.occasions) or any(one.words in run for run in prose))
    )
    return Facts(
        text, words, matches, tempo, length, key, mode, meter, topic, structure, palette,
        find_singer(words, matches), near, unnamed.warnings, len(text) - len(unnamed.description),
    )  # fmt: skip


def _blank(text: str, spans: Iterable[Span]) -> str:
    """Return a text with marks instead of what stands in some spans, of the same length."""
    for start, end in spans:
        text = text[:start] + ";" * (end - start) + text[end:]
    return text


def _is_prose(words: tuple[Word, ...], place: int) -> bool:
    """Tell whether a word stands in a sentence, which paints a picture, rather than in a list of descriptions."""
    start = next(i for i in range(place, -1, -1) if i == 0 or words[i].after_break)
    stop = next((i for i in range(place + 1, len(words)) if words[i].after_break), len(words))
    return stop - start > LONGEST_ITEM


def _is_aside(phrase: str, text: str, occasions: Iterable[Span]) -> bool:
    """Tell whether a phrase only says what the song is for."""
    return any(phrase in " ".join(word.text for word in cut(text[start:end])) for start, end in occasions)
