"""What a lyric is asked to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lyrics.errors import LyricsError
from lyrics.lyricist.clean import check_clean
from lyrics.lyricist.corpus import GENRES, PERSONS
from lyrics.values import KINDS

LONGEST_PROMPT = 2000
FEWEST_SYLLABLES, MOST_SYLLABLES = 4, 12
MAX_KEYWORDS = 24
LONGEST_WORDS = 80
MAX_SECTIONS = 24
LARGEST_SEED = 2**63 - 1
PLAYED = ("intro", "solo", "interlude", "build", "drop")
"""Kinds of section that a form may have and that get no words."""

_SCHEME = re.compile(r"[A-HX]{2,8}")


@dataclass(frozen=True, slots=True)
class WritingBrief:
    """The wishes for a lyric; what is left empty is decided by the prompt, the genre and the seed.

    Parameters
    ----------
    prompt : free words
    topic : what the song is about, in words; empty where only the prompt says
    genre : one of `GENRES`, or empty
    mood : mood words
    person : whose song it is: I, we, you, she or they; empty for what the prompt suggests
    form : kinds of section in order (`verse`, `chorus`, ...)
    scheme : rhyme letters of a stanza, A to H, X where no rhyme is asked: `ABAB`, `XAXA`, `AABB`
    syllables : in a line, 4 to 12
    language : `en`
    title : words of the title, which the chorus then sings
    keywords, avoid : words that are to be sung, and words that are not
    waltz : whether the beat goes in threes
    tempo : quarter notes a minute
    length_s : how long the song is to be, about
    explicit : whether coarse words are accepted
    """

    prompt: str
    topic: str = ""
    genre: str = ""
    mood: tuple[str, ...] = ()
    person: str = ""
    form: tuple[str, ...] = ()
    scheme: str = ""
    syllables: int | None = None
    language: str = "en"
    title: str = ""
    keywords: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    waltz: bool = False
    tempo: float = 100.0
    length_s: float | None = None
    explicit: bool = False

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise LyricsError(
                "the prompt is empty: say what the song is about, like 'a folk song about leaving home'"
            )
        if len(self.prompt) > LONGEST_PROMPT:
            raise LyricsError(f"the prompt has {len(self.prompt)} characters: use at most {LONGEST_PROMPT}")
        if self.genre and self.genre not in GENRES:
            raise LyricsError(f"genre {self.genre[:40]!r} is not known: use one of {', '.join(GENRES)}")
        if self.person and self.person not in PERSONS:
            raise LyricsError(f"person {self.person[:40]!r} is not known: use one of {', '.join(PERSONS[:-1])}")
        if self.scheme and not _SCHEME.fullmatch(self.scheme):
            raise LyricsError(
                f"scheme {self.scheme[:40]!r} is not possible: use 2 to 8 of the letters A to H, and X for a line "
                "without a rhyme, like ABAB or XAXA"
            )
        if self.syllables is not None and not FEWEST_SYLLABLES <= self.syllables <= MOST_SYLLABLES:
            raise LyricsError(
                f"{self.syllables} syllables a line is out of range: use {FEWEST_SYLLABLES} to {MOST_SYLLABLES}"
            )
        if self.language != "en":
            raise LyricsError(
                f"language {self.language[:24]!r} cannot be written: lyrics are written in English (en)"
            )
        self._check_form()
        _check_words("title", (self.title,) if self.title else ())
        _check_words("keywords", self.keywords)
        _check_words("words to avoid", self.avoid)
        check_clean("the prompt", f"{self.prompt} {self.topic}", self.explicit)
        check_clean("the title", self.title, self.explicit)
        check_clean("the list of keywords", " ".join(self.keywords), self.explicit)

    def _check_form(self) -> None:
        for kind in self.form:
            if kind not in KINDS:
                raise LyricsError(f"section {kind[:40]!r} is not known: use {', '.join(KINDS)}")
        if len(self.form) > MAX_SECTIONS:
            raise LyricsError(f"the form has {len(self.form)} sections: use at most {MAX_SECTIONS}")
        if self.form and all(kind in PLAYED for kind in self.form):
            raise LyricsError(f"the form {' '.join(self.form)} has no words: name a verse or a chorus")


def _check_words(what: str, words: Sequence[str]) -> None:
    if len(words) > MAX_KEYWORDS:
        raise LyricsError(f"{len(words)} {what} are too many: use at most {MAX_KEYWORDS}")
    for word in words:
        if len(word) > LONGEST_WORDS:
            raise LyricsError(f"{what}: {word[:40] + '...'!r} is too long: use at most {LONGEST_WORDS} characters")
        if not any(char.isalpha() for char in word):
            raise LyricsError(f"{what}: {word[:40]!r} has no letters: use words")
