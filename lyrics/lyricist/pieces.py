"""From units of the corpus to pieces of one lyric: persons settled, slots filled, worth to this brief known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from lyrics.dictionary import pronunciations
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.chance import generator
from lyrics.lyricist.cliches import cliches_in
from lyrics.lyricist.corpus import ANY, SLOT, Corpus, Unit
from lyrics.lyricist.matter import Matter, phrase_kind
from lyrics.lyricist.metre import PATTERNS, best_pattern
from lyrics.lyricist.pronouns import as_he, as_we, persons_in
from lyrics.lyricist.reading import beats_of, content_of, heard, plain, words_of
from lyrics.meaning import Meaning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEPT, KEPT_ASKED = 420, 900
"""Units that are looked at for one lyric, those of most worth: in usual stanzas, and in those a user asks for."""

THEME, GENRE, NEAR, KEYWORD, CLICHE, LOAD = 2.2, 0.5, 1.9, 0.7, 1.0, 0.08
"""What it is worth to be of the theme, of the genre, near the topic in meaning, and to have a word of the prompt;
what a cliche and each consonant above four in a row take away."""

ASKED = 0.8
"""What a word that the user asks for is worth beside."""

GROUPS, DISLIKE = 3, 3.6
"""Each seed likes one group of the units, its neighbours the others, so that other seeds sing other lines; what units
of other groups are worth less: they come in where nothing else of the theme fits."""

GENERAL, ONE_OF_MANY = 0.2, 0.3
"""Share of a theme that lines for any theme have, and how much of it lines that are about something else too."""

OFF_THEME = 2.5
"""What lines of other themes are worth less."""

HALVES_JOINED = 60
JOINED = 1.0
"""How much less a line joined of halves is worth than one written whole."""

LONG = 10
"""Syllables asked for in a line from which on lines of every genre do: few are so long."""

PHRASES_TRIED = 3
EASY_CONSONANTS = 4
OPEN_METRES = ("I6", "T7", "I8", "W8", "W9", "I10", "T5")

_FAMILY = "father mother sister brother daughter son uncle aunt cousin grandmother grandfather grandma grandpa nephew"
_NEAR = "friend neighbour lover mama papa darling husband wife baby teacher niece partner"
KIN = frozenset(f"{_FAMILY} {_NEAR}".split())
"""Persons who may be mine."""

SMALL_ONES = frozenset({"baby", "child", "kid", "toddler", "daughter", "son"})
"""Persons of a prompt who do not do what the grown ones of the corpus do."""

_ARTICLE = re.compile(r"\b([Aa])n? (?=(\w+))")


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Lines that a lyric can take as they stand.

    Parameters
    ----------
    lines : as they are sung
    role, tense, scene : as in the corpus
    persons : whose pronouns are in them
    source : where they come from; no two pieces of a song have one source
    theme : the first of their themes, empty where they go with any
    title : the words of the song's title in them, or empty
    own_words : the words of the prompt in them
    worth : how well they serve the brief
    near : how near they are to the topic in meaning, -1 to 1
    vector : [dimensions] of their meaning
    joined : whether the line was joined of two halves
    lengthened : whether a phrase was put before the line
    on_theme : whether they are of a theme of the lyric, or sing words of the prompt
    """

    lines: tuple[str, ...]
    role: str
    tense: str
    scene: str
    persons: frozenset[str]
    source: tuple[str, int]
    theme: str = ""
    title: str = ""
    own_words: frozenset[str] = frozenset()
    worth: float = 0.0
    near: float = 0.0
    vector: NDArray[np.float32] | None = None
    joined: bool = False
    lengthened: bool = False
    on_theme: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose song it is: the person, and whether she is a he."""

    person: str
    male: bool = False


ACCEPTED: dict[str, dict[str, float]] = {
    "I": {"I": 0.0, "you": 0.0, "none": 0.0, "we": -0.35},
    "we": {"we": 0.1, "none": 0.0, "you": -0.1, "I": -0.9},
    "you": {"you": 0.1, "none": 0.0, "I": -0.3, "we": -0.5},
    "she": {"she": 0.2, "none": 0.0, "you": -0.4, "I": -0.8},
    "they": {"they": 0.2, "none": 0.0, "she": -0.4},
}
"""What lines of each person are worth in a song of another."""


def find_pieces(
    brief: WritingBrief, matter: Matter, corpus: Corpus, genre: str, voice: Voice, seed: int
) -> list[Piece]:
    """Return the pieces that can make a lyric for a brief, best first."""
    liked = _liked(corpus, seed)
    rows = [
        (unit, DISLIKE * (unit.place not in liked))
        for unit in corpus.units
        if _is_fit(unit, brief, matter, genre, voice)
    ]
    units = [unit for unit, _ in rows]
    vectors = Meaning.load().embed([SLOT.sub("", " ".join(unit.lines)) for unit in units])
    near = vectors @ matter.vector
    themes = dict(matter.themes)
    scored = []
    for i, unit in enumerate(units):
        share = _share(unit, themes)
        worth = THEME * share**0.5 + NEAR * float(near[i]) + (GENRE if genre in unit.genres else 0.0)
        scored.append((worth - rows[i][1] - OFF_THEME * (share == 0.0), i))
    scored.sort(key=lambda row: (-row[0], row[1]))
    rng = generator(seed, "slots", voice.person)
    pieces = []
    asked = brief.scheme or brief.syllables is not None
    for worth, i in scored[: KEPT_ASKED if asked else KEPT]:
        for piece in _instances(units[i], corpus, matter, voice, rng):
            text = " ".join(piece.lines)
            own = own_words(text, matter)
            rest = KEYWORD * min(2, len(own)) - CLICHE * len(cliches_in(text)) - LOAD * _load(piece.lines)
            rest += max(ACCEPTED[voice.person].get(person, -9.0) for person in units[i].persons)
            rest += ASKED * len(own & matter.asked)
            there = bool(own) or units[i].themes[0] in themes
            pieces.append(
                replace(
                    piece, worth=worth + rest, own_words=own, vector=vectors[i], near=float(near[i]), on_theme=there
                )
            )
    return [*pieces, *_titled(brief, matter, units), *_joined_halves(brief, matter, corpus, genre, voice, rng)]


@lru_cache(maxsize=4)
def _liked(corpus: Corpus, seed: int) -> frozenset[tuple[str, int]]:
    """Return the places of the units that a seed likes: units of a file that rhyme are liked together."""
    keys = [(unit.place[0], _ending(unit.lines[-1])) for unit in corpus.units]
    kinds = list(dict.fromkeys(keys))
    groups = dict(zip(kinds, generator(seed // GROUPS, "groups").integers(GROUPS, size=len(kinds)), strict=True))
    return frozenset(unit.place for unit, key in zip(corpus.units, keys, strict=True) if groups[key] == seed % GROUPS)


def _ending(line: str) -> str:
    """Return the sounds of a line's last word from its last stressed vowel on, or its last letters."""
    word = words_of(SLOT.sub("", line))[-1]
    known = pronunciations(word)
    if not known:
        return word[-2:]
    sounds = known[0].split()
    stressed = [i for i, sound in enumerate(sounds) if sound.endswith(("1", "2"))]
    return " ".join(sounds[stressed[-1] :]) if stressed else word[-2:]


def _share(unit: Unit, themes: Mapping[str, float]) -> float:
    """Return how much of the themes of a lyric a unit has; one of several themes wants the first and one more."""
    if ANY in unit.themes:
        return GENERAL**2
    if unit.themes[0] not in themes:
        return 0.0
    there = [themes[name] for name in unit.themes if name in themes]
    return sum(there) * (ONE_OF_MANY if len(there) < min(2, len(unit.themes)) else 1.0)


def _is_fit(unit: Unit, brief: WritingBrief, matter: Matter, genre: str, voice: Voice) -> bool:
    """Tell whether a unit can stand in a song at all."""
    if not (ANY in unit.genres or genre in unit.genres or (brief.syllables or 0) >= LONG):
        return False
    if unit.tone != matter.tone and (unit.tone == "dark" or (unit.tone and matter.tone)):
        return False
    accepted = ACCEPTED[voice.person]
    if not any(person in accepted for person in unit.persons) and unit.role != "hook":
        return False
    words = set(words_of(" ".join(unit.lines)))
    return not any(set(words_of(avoided)) <= words for avoided in brief.avoid)


def own_words(text: str, matter: Matter) -> frozenset[str]:
    """Return the keywords of the prompt that stand in a text, in the singular or the plural."""
    stems = {_stem(word) for word in words_of(text)}
    return frozenset(keyword.text for keyword in matter.keywords if _stem(keyword.text) in stems)


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _instances(unit: Unit, corpus: Corpus, matter: Matter, voice: Voice, rng: np.random.Generator) -> Iterator[Piece]:
    """Yield a unit with its slots filled: once for each phrase of the topic where it has a slot for that."""
    lines = unit.lines
    if voice.person == "we" and {"I", "we"} <= set(unit.persons):
        lines = tuple(map(as_we, lines))
    if voice.male and "she" in unit.persons:
        lines = tuple(as_he(line) for line in lines)
    text = "\n".join(lines)
    slots = SLOT.findall(text)
    if not slots:
        yield _piece(unit, lines, matter)
        return
    if any(name.lower() == "topic" for name, _ in slots):
        kinds = next(kinds for name, kinds in slots if name.lower() == "topic").split("+")
        for phrase in matter.phrases[:PHRASES_TRIED]:
            if kinds != [""] and phrase_kind(phrase) not in kinds:
                continue
            if content_of(phrase) & content_of(SLOT.sub("", text)):
                continue
            filled = tuple(SLOT.sub(lambda match, phrase=phrase: phrase, text).split("\n"))  # type: ignore[misc]
            filled = tuple(_capital(line) for line in filled)
            if all(best_pattern(beats_of(plain(line)), OPEN_METRES)[1].good for line in filled):
                yield _piece(unit, filled, matter)
        return
    for kind, stress in slots:
        word = _filler(kind.lower(), stress, text, unit, corpus, matter, rng)
        if word is None:
            return
        text = SLOT.sub(word, text, count=1)
    yield _piece(unit, tuple(_capital(_articled(line)) for line in text.split("\n")), matter)


def _titled(brief: WritingBrief, matter: Matter, units: Sequence[Unit]) -> list[Piece]:
    """Return hooks on a title that the user gives: alone, and before the words of those that begin with a topic."""
    if not brief.title:
        return []
    meaning = Meaning.load()
    title = " ".join(brief.title.split())
    found = []
    if best_pattern(beats_of(title), OPEN_METRES)[1].good:
        found.append(
            Piece((_capital(title),), "hook", "present", "", frozenset(), ("title", 0), title=title, worth=1.0)
        )
    for unit in units:
        if unit.lines[0].startswith(("<{topic}>,", "<{topic/")) and ">," in unit.lines[0]:
            lines = tuple(_capital(SLOT.sub(title, line).replace("<", "").replace(">", "")) for line in unit.lines)
            if all(best_pattern(beats_of(line), OPEN_METRES)[1].good for line in lines):
                persons = persons_in(" ".join(lines))
                found.append(Piece(lines, "hook", unit.tense, "", persons, unit.place, title=title, worth=1.0))
    vectors = meaning.embed([" ".join(piece.lines) for piece in found])
    return [
        replace(piece, own_words=own_words(" ".join(piece.lines), matter), vector=vectors[i])
        for i, piece in enumerate(found)
    ]


def _joined_halves(
    brief: WritingBrief, matter: Matter, corpus: Corpus, genre: str, voice: Voice, rng: np.random.Generator
) -> list[Piece]:
    """Return lines of two halves: a phrase and a clause, or two pictures."""
    themes = {name for name, _ in matter.themes}
    accepted = ACCEPTED[voice.person]
    avoided = {word for one in brief.avoid for word in words_of(one)}
    halves = [
        half
        for half in corpus.halves
        if themes & set(half.themes)
        and (ANY in half.genres or genre in half.genres)
        and accepted.get(half.person, -1.0) > -0.5
        and not set(words_of(half.text)) & avoided
    ]
    firsts = [half for half in halves if half.kind in ("when", "image")]
    found: dict[str, Piece] = {}
    for _ in range(HALVES_JOINED if firsts else 0):
        first = firsts[int(rng.integers(len(firsts)))]
        kind = "clause" if first.kind == "when" else "image"
        seconds = [h for h in halves if h.kind == kind and h.themes == first.themes and h is not first]
        if not seconds:
            continue
        second = seconds[int(rng.integers(len(seconds)))]
        text = f"{first.text}, {small(second.text)}"
        if len(set(words_of(text))) < len(words_of(text)) - 2 or cliches_in(text):
            continue
        found[text] = Piece(
            lines=(text,),
            role="setting" if kind == "image" else "feeling",
            tense=second.tense,
            scene="",
            persons=persons_in(text),
            source=second.place,
            theme=first.themes[0],
            joined=True,
            on_theme=True,
        )
    vectors = Meaning.load().embed(list(found))
    shares = dict(matter.themes)
    return [
        replace(
            piece,
            own_words=own_words(text, matter),
            vector=vector,
            worth=THEME * shares[piece.theme] ** 0.5 + NEAR * float(vector @ matter.vector) - JOINED,
        )
        for (text, piece), vector in zip(found.items(), vectors, strict=True)
        if piece.theme in shares
    ]


def small(text: str) -> str:
    """Return a text without its capital, I kept."""
    return text if text.split()[0].split("'")[0] == "I" else text[:1].lower() + text[1:]


def _piece(unit: Unit, lines: Sequence[str], matter: Matter) -> Piece:
    marked = re.search(r"<([^<>]*)>", lines[0]) or re.search(r"<([^<>]*)>", " ".join(lines))
    shown = tuple(line.replace("<", "").replace(">", "") for line in lines)
    return Piece(
        lines=shown,
        role=unit.role,
        tense=unit.tense,
        scene=unit.scene,
        persons=persons_in(" ".join(shown)),
        source=unit.place,
        theme="" if ANY in unit.themes else unit.themes[0],
        title=title_case(marked[1]) if marked else "",
    )


def _filler(
    kind: str, stress: str, text: str, unit: Unit, corpus: Corpus, matter: Matter, rng: np.random.Generator
) -> str | None:
    """Return a word for a slot: the prompt's own if one fits, else one of a bank of the theme."""
    kin = kind == "person" and re.search(rf"\b(?:my|our|your|her|his) {{person/{stress}}}", text, re.IGNORECASE)
    own = [
        k.text
        for k in matter.keywords
        if k.kind == kind and k.text not in SMALL_ONES and _stress(k.text) == stress and k.text not in text
    ]
    if own:
        return own[int(rng.integers(len(own)))]
    names = dict(matter.themes)
    of_theme = [e.text for e in corpus.entries if e.kind == kind and set(e.themes) & (set(unit.themes) | set(names))]
    general = [e.text for e in corpus.entries if e.kind == kind and ANY in e.themes]
    for bank in (of_theme, general):
        fits = [word for word in bank if _stress(word) == stress and not set(words_of(word)) & set(words_of(text))]
        fits = [word for word in fits if not kin or word in KIN]
        if fits:
            return fits[int(rng.integers(len(fits)))]
    return None


@lru_cache(maxsize=4096)
def _stress(word: str) -> str:
    """Return the stress of a word or a few, 1 for main stress and 0 for any other, a digit a syllable."""
    syllables = heard(word).syllables
    if len(syllables) == 1:
        return "1"
    return "".join("1" if syllable.stress == 1 else "0" for syllable in syllables)


def _articled(line: str) -> str:
    """Return a line in which a and an are right before what follows."""

    def article(match: re.Match[str]) -> str:
        word = heard(match[2]).words
        vowel = bool(word) and word[0].syllables[0].nucleus == 0
        return f"{match[1]}n " if vowel else f"{match[1]} "

    return _ARTICLE.sub(article, line)


def _capital(line: str) -> str:
    mark = len(line) - len(line.lstrip("<"))
    return line[:mark] + line[mark : mark + 1].upper() + line[mark + 1 :]


def title_case(text: str) -> str:
    """Return the words of a title as titles are written."""
    small = {"a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "and", "or", "but", "with", "from"}
    words = text.strip(" ,?!").split()
    shown = [
        w.lower() if w.lower() in small and 0 < i < len(words) - 1 else w[:1].upper() + w[1:]
        for i, w in enumerate(words)
    ]
    return " ".join(shown)


def _load(lines: Sequence[str]) -> int:
    """Return how many consonants above the easy number the longest run in the lines has."""
    longest = run = 0
    for line in lines:
        for syllable in heard(line).syllables:
            for phoneme in syllable.phonemes:
                run = 0 if phoneme.is_vowel else run + 1
                longest = max(longest, run)
    return max(0, longest - EASY_CONSONANTS)


def nearest_pattern(line: str) -> str:
    """Return the pattern that a line fills best."""
    return PATTERNS[best_pattern(beats_of(line), OPEN_METRES)[0]]
