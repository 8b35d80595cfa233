"""A prompt cut into words, and what stands before a word: denials ("no", "not too") and degrees ("very", "a bit").

A *break* is a mark that ends a phrase (comma, full stop, slash, arrow, dash between spaces): nothing reaches over it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|&")
_DECADE = re.compile(r"(?:19)?([2-9]0|2000)'?s")
_BREAK = re.compile(r"[,.;:()\[\]{}/|>!?\"→—–…•*+=~]|\s-+\s|-{2,}")
_SAME = str.maketrans("’‘`´“”„«»‐‑", "''''" + '"""""' + "--")


def word_list(text: str) -> list[str]:
    """Return the words of a constant, in order."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """Return the words of a constant."""
    return frozenset(text.split())


DENIALS = word_set(
    "no not without never minus avoid avoiding non isn't aren't don't doesn't shouldn't won't except exclude "
    "excluding lacking ditch skip hate nothing neither nor isnt dont sans zero"
)
_PAIRED_DENIALS = frozenset(
    ("anything but", "everything but", "free of", "instead of", "rather than", "other than", "leave out", "far from",
     "away from", "not want", "don't want", "do without", "but no", "devoid of", "get rid", "don't use")
)  # fmt: skip
_NOUN_DENIALS = word_set("no without minus avoid avoiding except exclude excluding sans zero")
_PASSED = word_set(
    "too so very overly that really any a an the more much of super particularly all your usual only want "
    "like some feel feeling sound sounding be to use too make making it this get getting go going come let"
)
_STRONGER = {
    "very": 1.4, "really": 1.3, "extremely": 1.6, "super": 1.4, "ultra": 1.6, "incredibly": 1.5, "insanely": 1.6,
    "heavily": 1.3, "deeply": 1.3, "so": 1.2, "totally": 1.3, "more": 1.1, "extra": 1.4, "drenched": 1.3,
}  # fmt: skip
_WEAKER = {
    "slightly": 0.5, "somewhat": 0.6, "mildly": 0.5, "subtly": 0.5, "subtle": 0.5, "bit": 0.5, "little": 0.5,
    "kinda": 0.6, "slight": 0.5, "fairly": 0.8, "quite": 0.9, "pretty": 0.8, "touch": 0.4, "hint": 0.4, "hints": 0.4,
    "mild": 0.5, "lightly": 0.5, "semi": 0.6,
}  # fmt: skip
LESS = -0.8
_SCOPE = 5
"""How many words back a denial is looked for."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a prompt: in lower case, where it stands in the text, and whether a break is before it."""

    text: str
    start: int
    end: int
    after_break: bool


def normalise(prompt: str) -> str:
    """Return a prompt on one line, in NFKC, with plain quotes; line ends become commas, control characters go."""
    shown = "".join(char for char in prompt if char.isprintable() or char.isspace())
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFKC", shown).translate(_SAME).splitlines())
    return " ".join(", ".join(line.rstrip(",") for line in lines if line).split())


def lower(text: str) -> str:
    """Return a text in lower case with every character at its place."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def cut(text: str) -> tuple[Word, ...]:
    """Return the words of a normalised text."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(lower(text)):
        broken = _BREAK.search(text[end : match.start()]) is not None
        decade = _DECADE.fullmatch(match[0])
        text_of = "and" if match[0] == "&" else f"{decade[1]}s" if decade is not None else match[0]
        found.append(Word(text_of, match.start(), match.end(), broken))
        end = match.end()
    return tuple(found)


def phrase_key(phrase: str) -> str:
    """Return a phrase of a table as it is looked up: its words in lower case with single spaces."""
    return " ".join(word.text for word in cut(phrase))


@dataclass(frozen=True, slots=True)
class Stance:
    """How a phrase is meant.

    Parameters
    ----------
    denied : "no drums", "not sad"
    degree : 1 plain, above for "very", below for "slightly", negative for "less"
    whole : the denial covers the words that follow as well ("no loud drums"), not the first alone ("not too loud")
    """

    denied: bool = False
    degree: float = 1.0
    whole: bool = False


def stance(words: tuple[Word, ...], place: int) -> Stance:
    """Return how the phrase that begins with the word at `place` is meant, from the words before it."""
    degree = 1.0
    passed: list[str] = []
    for i in range(place - 1, max(-1, place - 1 - _SCOPE), -1):
        if words[i + 1].after_break:
            break
        word = words[i].text
        pair = f"{words[i - 1].text} {word}" if i and not words[i].after_break else ""
        if pair in _PAIRED_DENIALS:
            return Stance(denied=True, whole=True)
        if word in DENIALS or (word in ("drop", "lose", "cut") and passed[-1:] == ["the"]):
            graded = any(other in ("too", "so", "very", "overly", "that") for other in passed)
            return Stance(denied=True, whole=word in _NOUN_DENIALS and not graded)
        if word == "less":
            return Stance(degree=LESS)
        if word in _STRONGER or word in _WEAKER:
            degree *= _STRONGER.get(word, 1.0) * _WEAKER.get(word, 1.0)
        elif word not in _PASSED:
            break
        passed.append(word)
    return Stance(degree=degree)
