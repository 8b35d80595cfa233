"""What a lyric is to be about: the prompt's own words, ready to be sung, and the themes they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lyrics.dictionary import pronunciations
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import Corpus
from lyrics.meaning import Meaning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_PHRASE_SYLLABLES = 7
SECOND = 0.2
"""Weight of the theme next to the only one of a topic, beside 1 of that: a lyric of one theme has too few lines."""

NAMED, NEAR = 1.0, 0.9
"""What a word that names a theme is worth, and how much the nearness in meaning to its phrases is."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ABOUT = re.compile(
    r"\b(?:about|on the (?:topic|theme|subject) of|(?:the|a) (?:story|tale) of|dedicated to|(?:an )?ode to)\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)
_STYLE_OF = re.compile(
    r"(?:,\s*)?\b(?:in the (?:style|vein|manner|spirit) of|(?:just )?like|sounding like|inspired by|à la)\s+"
    r"(?:[A-Z][\w.'’-]*)(?:\s+(?:(?:and|the|of|de|van|&)\s+)?[A-Z][\w.'’-]*)*|\b[A-Z][\w.'’]*(?:[ -][A-Z][\w.'’]*)*"
    r"(?:[ -](?:style|esque|type beat))\b"
)
_RELATIVE = (
    "who|whom|whose|that|which|when|where|while|because|then|but|as|after|before|until|since|if|is|are|was|were|has|had|"
    "have|will|would|can|could|never|cannot|can't|don't|doesn't|wants?|needs?|knows?|thinks?|misses|waits|sings?|"
    "looks?|goes|comes|finds?|loses|burns?|falls?"
)
_JOINT = (
    "with|without|for|at|from|on|in|into|under|over|by|through|to|near|beside|behind|across|against|between|during|"
    "and|or|of"
)
_BREAK = re.compile(
    rf"(?P<mark>[,;:.!?()\[\]\"“”/\n]|\s[-–—]\s)|\b(?P<relative>{_RELATIVE})\b|\b(?P<joint>{_JOINT})\b"
    r"|(?<=[a-z] )(?=(?!morning|evening|wedding|spring|king|ring|string|wing|ceiling|building|skating|waiting room)"
    r"\w{2,}ing\b)",
    re.IGNORECASE,
)
_NAMES_IN_ING = frozenset(
    ["morning", "evening", "wedding", "spring", "king", "ring", "string", "wing", "ceiling", "building", "nothing"]
)
_DETERMINERS = ("a", "an", "the", "my", "our", "your", "his", "her", "their", "this", "that", "some", "every")
_HANGING = frozenset({"lost", "waiting", "living", "coming", "going", "sleeping", "made", "called", "full"})
"""What a phrase does not end with, though it may stand before a place: a robot lost in space."""

_ADVERBS = frozenset({"up", "down", "out", "off", "away", "back", "again", "around", "together"})
_DARK_THEMES = frozenset({"heartbreak", "grief", "parting", "jealousy", "illness"})
_BRIGHT_THEMES = frozenset({"dance", "wedding", "games", "summer", "food"})
_PEOPLE = re.compile(
    r"(?:man|woman|father|mother|girl|boy|friend|keeper|farmer|sailor|soldier|singer|teacher|driver|dancer|worker|"
    r"painter|writer|doctor|astronaut|stranger|king|queen|princess|knight|cowboy|gambler|miner|widow|baby)s?$"
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word of the prompt: `kind` is the class of slot that it fits, or empty where none is known."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What a lyric is to be about.

    Parameters
    ----------
    topic : the words that say it
    phrases : noun phrases and phrases in -ing of the topic, that a chorus can sing
    keywords : content words of the prompt, and those the user gives, which come first
    asked : those that the user gives
    tone : bright or dark where the topic or the mood is; else empty
    themes : weight of each theme that the topic belongs to, the first most; they sum to 1
    vector : [dimensions] of the topic and the mood
    """

    topic: str
    phrases: tuple[str, ...]
    keywords: tuple[Keyword, ...]
    themes: tuple[tuple[str, float], ...]
    vector: NDArray[np.float32]
    asked: frozenset[str] = frozenset()
    tone: str = ""


def find_matter(brief: WritingBrief, corpus: Corpus) -> Matter:
    """Return what a brief is about."""
    prompt = without_names(brief.prompt)
    topic = brief.topic or topic_of(prompt)
    phrases = tuple(dict.fromkeys([*phrases_of(topic), *(p for word in brief.keywords for p in phrases_of(word))]))
    kinds = {entry.text.lower(): entry.kind for entry in corpus.entries if entry.kind != "title"}
    phrases = tuple(dict.fromkeys(_articled(phrase, kinds) for phrase in phrases))
    words = dict.fromkeys(word for given in brief.keywords for word in content_words(given, keep=True))
    asked = frozenset(words)
    words |= dict.fromkeys(content_words(topic))
    if not words:
        words = dict.fromkeys(content_words(prompt))
    avoided = {word.lower() for word in brief.avoid}
    keywords = tuple(Keyword(word, kind_of(word, kinds)) for word in words if word not in avoided)
    about = " ".join([topic, *brief.keywords]).strip() or " ".join(word.text for word in keywords)
    mood = " ".join(brief.mood)
    meaning = Meaning.load()
    vector = meaning.embed([f"{about} {about} {mood}".strip() or prompt])[0]
    themes = themes_of(about or prompt, [k.text for k in keywords])
    tone = tone_of(themes, [*(word.text for word in keywords), *brief.mood])
    return Matter(topic, phrases, keywords, themes, vector, asked, tone)


def without_names(text: str) -> str:
    """Return a prompt without `in the style of NAME` and the like: songs are not made in a person's style."""
    return " ".join(_STYLE_OF.sub(" ", text).split())


def topic_of(prompt: str) -> str:
    """Return what a prompt says the song is about, or empty."""
    match = _ABOUT.search(prompt)
    if match is None:
        return ""
    return re.split(r"[.;!?\n]|,\s*(?=\d)|\s(?:at|in) \d", match[1])[0].strip(" ,")


def phrases_of(topic: str) -> list[str]:
    """Return the noun phrases and phrases in -ing of a topic that are short enough to be sung, the longest first."""
    pieces = _pieces(topic)
    parts = [(topic, "")] if not re.search(rf"[,;]|\b(?:{_RELATIVE})\b", topic, re.IGNORECASE) else []
    starts = [match.start() for match in _BREAK.finditer(topic)]
    for at, match in enumerate(_BREAK.finditer(topic)):
        if match.lastgroup != "joint":
            break
        if at:
            parts.append((topic[: starts[at]], ""))
    parts[1:] = parts[:0:-1]
    parts += pieces
    found = dict.fromkeys(phrase for part, before in parts if (phrase := _phrase(part, before, topic)))
    whole = [phrase for phrase in found if " " in phrase or phrase_kind(phrase) != "doing"]
    return whole or list(found)


def _articled(phrase: str, kinds: Mapping[str, str]) -> str:
    """Return a phrase with an article where it is one word for what is counted: a keyword `kettle`."""
    counted = kinds.get(phrase) in ("thing", "place", "person") and not phrase.endswith("s")
    return f"the {phrase}" if counted else phrase


def phrase_kind(phrase: str) -> str:
    """Return what a phrase of a topic names: a person, something done (`leaving home`), else a thing."""
    words = phrase.lower().split()
    if words[0].endswith("ing") and words[0] not in _NAMES_IN_ING:
        return "doing"
    head = re.split(r"\b(?:with|for|at|from|on|in|of|to|and|lost)\b", phrase.lower())[0].split()
    return "person" if head and _PEOPLE.search(head[-1]) else "thing"


def tone_of(themes: Sequence[tuple[str, float]], words: Sequence[str]) -> str:
    """Return whether a topic is bright or dark by its themes and words, or empty."""
    shares = dict(themes)
    dark = sum(shares.get(name, 0.0) for name in _DARK_THEMES) + 0.5 * len(_words("dark") & set(words))
    bright = sum(shares.get(name, 0.0) for name in _BRIGHT_THEMES) + 0.5 * len(_words("bright") & set(words))
    return "dark" if dark >= 0.4 and dark > bright else "bright" if bright >= 0.4 and bright > dark else ""


def _pieces(topic: str) -> list[tuple[str, str]]:
    """Return the parts of a topic between marks and small words, each with what stands before it."""
    found, start, before = [], 0, ""
    for match in _BREAK.finditer(topic):
        found.append((topic[start : match.start()], before))
        start, before = match.end(), match.lastgroup or "joint"
    return [*found, (topic[start:], before)]


def _phrase(part: str, before: str, topic: str) -> str:
    """Return a part of a topic as a phrase that can be sung, or empty; after a relative pronoun the verb goes."""
    words = [_cased(word, topic) for word in _WORD.findall(part)]
    if before == "relative":
        words = words[next((i for i, word in enumerate(words) if word in _DETERMINERS), len(words)) :]
    while words and words[0].lower() in _words("manner") and words[0].lower() not in _DETERMINERS:
        words = words[1:]
    while words and words[-1].lower() in _words("manner") - (
        _ADVERBS if words[0] not in _DETERMINERS else frozenset()
    ):
        if part == topic:
            return ""
        words = words[:-1]
    if len(words) > 1 and words[-1] in _HANGING:
        words = words[:-1]
    if not words or all(word.lower() in _words("manner") | _words("music") for word in words):
        return ""
    if words[0] in ("a", "an", "some", "every"):
        words[0] = "the"
    return " ".join(words) if sum(map(_syllables, words)) <= LONGEST_PHRASE_SYLLABLES else ""


def _cased(word: str, topic: str) -> str:
    """Return a word as it is written inside a line: names, days and months keep or get their capital."""
    if word.lower() in _words("day"):
        return word.capitalize()
    return word if _is_name(word, topic) else word.lower()


def _is_name(word: str, text: str) -> bool:
    """Tell whether a capitalised word is a name: it does not open the text."""
    return word == "I" or (word[:1].isupper() and not text.lstrip().startswith(word))


@cache
def _syllables(word: str) -> int:
    known = pronunciations(word.lower().replace("’", "'").split("-")[0])
    if known:
        return sum(map(known[0].count, "012"))
    return max(1, len(re.findall(r"[aeiouy]+", word.lower())))


def content_words(text: str, keep: bool = False) -> list[str]:
    """Return the lower-case words of a text that a song can be about; with `keep` those of manner too."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    dull = _words("manner") if keep else _words("manner") | _words("music")
    return [word for word in words if word not in dull and len(word) > 1]


def kind_of(word: str, kinds: Mapping[str, str]) -> str:
    """Return the class of slot that a word of a prompt fits by the banks, or empty; names of people are persons."""
    if _PEOPLE.search(word) and not word.endswith("ing"):
        return "person"
    if word in kinds:
        return kinds[word]
    return ""


def themes_of(about: str, keywords: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return the themes that a topic belongs to, with weights that sum to 1."""
    import numpy as np

    rows = _themes()
    phrases = [(name, phrase) for name, _, listed, _ in rows for phrase in listed]
    near = Meaning.load().similarity(about, [phrase for _, phrase in phrases])
    scores: dict[str, float] = {}
    for (name, _), cosine in zip(phrases, near, strict=True):
        scores[name] = max(scores.get(name, 0.0), NEAR * float(cosine))
    for place, word in enumerate(keywords):
        single = word.removesuffix("'s")
        single = single[:-1] if single.endswith("s") and not single.endswith("ss") else single
        for name, words, *_ in rows:
            if {word, single} & words:
                scores[name] += NAMED / (1 + 0.25 * place)
    best = sorted(scores, key=lambda name: (-scores[name], name))[:3]
    raw = np.array([scores[name] for name in best])
    weights = np.exp((raw - raw[0]) / 0.4)
    kept = [(name, float(weight)) for name, weight in zip(best, weights, strict=True) if weight > 0.15]
    if len(kept) == 1:
        kept += [(kin, SECOND) for name, *_, kin in rows if name == best[0]]
    total = sum(weight for _, weight in kept)
    return tuple((name, weight / total) for name, weight in kept)


@cache
def _themes() -> tuple[tuple[str, frozenset[str], tuple[str, ...], str], ...]:
    lines = Path(__file__).with_name("themes.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(
        (name, frozenset(words.split()), tuple(p.strip() for p in ps.split(";")), kin)
        for name, words, ps, kin in rows
    )


@cache
def _words(kind: str) -> frozenset[str]:
    lines = Path(__file__).with_name("stopwords.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return frozenset(word for other, words in rows if other == kind for word in words.split())
