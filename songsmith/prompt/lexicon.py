"""The words that are known, from the tables in `configs/prompt/` and `configs/styles/`, and where they stand.

A phrase may have several senses ("ballad" is a style and a tempo). At every place the longest phrase counts; inside
the name of a style further words are read ("piano ballad" names a piano), inside other phrases they are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from songsmith.accompaniment.instruments import spoken_names
from songsmith.prompt.words import Stance, Word, phrase_key, stance
from songsmith.resources import config_folder, load_preset_head, load_table
from songsmith.singing.voices import voice_names
from songsmith.styles import style_names

KNOBS = ("brightness", "width", "reverb", "lofi")
SINGERS = ("singer", "singing", "vocalist", "voice", "vocal", "vocals", "choir", "soprano")
ERAS = {
    "20s": "swing", "30s": "swing", "40s": "swing", "50s": "swing", "60s": "soul", "70s": "disco", "90s": "pop",
    "2000s": "pop",
}  # fmt: skip
"""The style that a decade means where nothing else is named; the eighties stand in a style file."""


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a phrase: of a kind (`mood`, `style`, `tempo`), a name and a number where it has them."""

    kind: str
    name: str = ""
    value: float = 0.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A known phrase in a prompt: from word `start` to before word `end`, what it means and how it is meant."""

    start: int
    end: int
    phrase: str
    senses: tuple[Sense, ...]
    stance: Stance = Stance()  # noqa: RUF009 - a frozen value

    def sense(self, kind: str) -> Sense | None:
        """Return the sense of a kind, None where there is none."""
        return next((sense for sense in self.senses if sense.kind == kind), None)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The tables of the prompt.

    Parameters
    ----------
    senses : of every phrase
    longest : words of the longest phrase
    opaque : phrases inside which nothing more is read
    weak : phrases that decide the style where no other does
    written : phrases as the tables have them, without what is derived ("darker")
    tables : the TOML tables by file name, for what is not a phrase
    filler : words that say nothing about the music
    """

    senses: Mapping[str, tuple[Sense, ...]]
    longest: int
    opaque: frozenset[str]
    weak: frozenset[str]
    written: frozenset[str]
    tables: Mapping[str, Any]
    filler: frozenset[str]


def lexicon() -> Lexicon:
    """Return the lexicon, read once."""
    return _read(config_folder(), style_names())


@cache
def _read(folder: Path, styles: tuple[str, ...]) -> Lexicon:
    tables = {path.stem: load_table(path) for path in sorted((folder / "prompt").glob("*.toml"))}
    senses: dict[str, list[Sense]] = {}

    def add(phrase: str, sense: Sense) -> None:
        found = senses.setdefault(phrase_key(phrase), [])
        if all(known.kind != sense.kind for known in found):
            found.append(sense)

    for phrase, style in _style_phrases(tables["styles"], styles):
        add(phrase, Sense("style", style))
    for mood, table in tables["moods"].items():
        for word in table["words"]:
            add(word, Sense("mood", mood))
    for knob in KNOBS:
        for phrase, value in tables["sound"][knob]["words"].items():
            add(phrase, Sense(knob, phrase, value))
    time = tables["time"]
    for kind in ("tempo", "mark", "swing", "length"):
        for phrase, value in time[kind].items():
            add(phrase, Sense(kind, phrase, float(value)))
    for kind in ("meter", "feel"):
        for phrase, name in time[kind].items():
            add(phrase, Sense(kind, name))
    for phrase, name in {**spoken_names(), **tables["palette"]["names"]}.items():
        add(phrase, Sense("instrument", spoken_names().get(name, name)))
    for phrase, name in tables["palette"]["near"].items():
        add(phrase, Sense("instrument", spoken_names().get(name, name), 1.0))
    voices = tables["voices"]
    for phrase, tags in voices["words"].items():
        add(phrase, Sense("voice", phrase, names=tuple(tags)))
    for phrase, name in _voice_phrases(frozenset(senses)):
        gender = tuple(word for word in phrase.split() if word in ("male", "female"))
        add(phrase, Sense("voice", phrase, names=(*gender, name)))
    for kind, phrases in (("singing", voices["plain"]["words"]), ("instrumental", voices["instrumental"]["words"])):
        for phrase in phrases:
            add(phrase, Sense(kind, phrase))
    for phrase, instead in voices["not_done"].items():
        add(phrase, Sense("not_done", instead))
    for phrase, kind in tables["form"]["kinds"].items():
        add(phrase, Sense("section", kind))
    for phrase, kinds in tables["form"]["forms"].items():
        add(phrase, Sense("form", phrase, names=tuple(kinds)))
    written = frozenset(senses)
    _derive(senses)
    return Lexicon(
        {phrase: tuple(found) for phrase, found in senses.items()},
        max(len(phrase.split()) for phrase in senses),
        frozenset(map(phrase_key, tables["styles"]["opaque"])),
        frozenset(map(phrase_key, (*tables["styles"]["weak"], *ERAS))),
        written,
        tables,
        frozenset(tables["filler"]["words"].split()),
    )


def _style_phrases(table: Mapping[str, Any], styles: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (phrase, style): names, then the files' words, then genre words with the nearest style there is."""
    rows = [(name, name) for name in styles]
    for name in styles:
        rows.extend((phrase, name) for phrase in load_preset_head("styles", name)["words"])
    for phrase, names in {**table["words"], **{era: [name] for era, name in ERAS.items()}}.items():
        rows.extend((phrase, name) for name in names if name in styles)
    return rows


def _voice_phrases(known: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return (phrase, voice) for the phrases that the voice files list.

    A single word that has no other sense is no voice by itself ("when I was a child"), but is one before `SINGERS`.
    """
    rows = (
        (str(phrase), name) for name in voice_names() for phrase in load_preset_head("voices", name).get("words", [])
    )
    found: list[tuple[str, str]] = []
    for phrase, name in rows:
        if " " in phrase:
            found.append((phrase, name))
        elif phrase_key(phrase) not in known:
            found.extend((f"{phrase} {singer}", name) for singer in SINGERS)
    return tuple(found)


def _derive(senses: dict[str, list[Sense]]) -> None:
    """Add comparatives and adverbs ("darker", "slowest", "warmly") of moods, sounds and tempi, and "drumless"."""
    for phrase, found in list(senses.items()):
        kinds = {sense.kind for sense in found}
        if " " in phrase or not phrase.isalpha():
            continue
        if kinds & {"mood", "tempo", *KNOBS} and not kinds & {"instrument"}:
            stem = phrase[:-1] if phrase.endswith(("e", "y")) else phrase
            middle = "i" if phrase.endswith("y") else ""
            doubled = stem + stem[-1] if stem == phrase and len(stem) == 3 and stem[-1] in "dgt" else stem
            for ending in ("er", "est", "ish"):
                senses.setdefault(doubled + middle + ending, found)
            senses.setdefault((stem + "ily") if phrase.endswith("y") else phrase + "ly", found)
        for sense in found:
            if sense.kind == "instrument":
                senses.setdefault(f"{phrase}less", [replace(sense, kind="absent")])
    for phrase in ("beat", "beats"):  # "lofi beats" are no drums, "no beats" are none
        senses.setdefault(phrase, []).append(Sense("beat", "drums"))
    senses["beatless"] = [Sense("absent", "drums")]
    for phrase in ("vocalless", "voiceless"):
        senses.setdefault(phrase, [Sense("instrumental", phrase)])


def find(words: tuple[Word, ...], taken: frozenset[int], known: Lexicon) -> tuple[Match, ...]:
    """Return the known phrases of a prompt in order, with how each is meant; `taken` words are passed over."""
    found: list[Match] = []
    i = 0
    while i < len(words):
        match = _longest(words, i, len(words), taken, known)
        if match is None:
            i += 1
            continue
        match = replace(match, stance=_stance(words, match, found))
        found.append(match)
        found.extend(_inside(words, match, taken, known))
        i = match.end
    return tuple(found)


def _longest(
    words: tuple[Word, ...], start: int, stop: int, taken: frozenset[int], known: Lexicon, shorter: int = 0
) -> Match | None:
    """Return the longest phrase that begins at a word, `shorter` words shorter than the room at most."""
    room = 0
    while start + room < stop and start + room not in taken and room < known.longest:
        if room and words[start + room].after_break:
            break
        room += 1
    for length in range(room - shorter, 0, -1):
        phrase = " ".join(word.text for word in words[start : start + length])
        if phrase in known.senses:
            return Match(start, start + length, phrase, known.senses[phrase])
    return None


def _inside(words: tuple[Word, ...], outer: Match, taken: frozenset[int], known: Lexicon) -> list[Match]:
    """Return what is read inside the name of a style, of an instrument or of a voice."""
    kinds = {sense.kind for sense in outer.senses}
    if outer.end - outer.start < 2 or outer.phrase in known.opaque or not kinds & {"style", "instrument", "voice"}:
        return []
    found: list[Match] = []
    for i in range(outer.start, outer.end):
        shorter = 1 if i == outer.start else 0
        match = _longest(words, i, outer.end, taken, known, shorter)
        if match is None or (found and found[-1].end > i):
            continue
        allowed = {"instrument", "mood", "tempo", *KNOBS} if "style" in kinds else {"style"}
        allowed = {"mood"} if "voice" in kinds else allowed
        senses = tuple(sense for sense in match.senses if sense.kind in allowed - kinds)
        if senses:
            found.append(replace(match, senses=senses, stance=outer.stance))
    return found


def _stance(words: tuple[Word, ...], match: Match, before: list[Match]) -> Stance:
    """Return how a phrase is meant, a denial carried over from the phrase before where it covers this one as well."""
    own = stance(words, match.start)
    if own.denied or not before:
        return own
    last = before[-1]
    if not last.stance.denied:
        return own
    kinds = {sense.kind for sense in match.senses} & {sense.kind for sense in last.senses}
    if words[match.start].after_break:  # "no drums, bass or strings"
        goes_on = match.end < len(words) and words[match.end].text in ("or", "nor") and last.end == match.start
        return last.stance if goes_on and last.stance.whole and kinds else own
    between = [word.text for word in words[last.end : match.start]]
    if not between and last.stance.whole and last.sense("instrument") is None:
        return last.stance
    is_listed = between in (["or"], ["nor"]) or (between == ["and"] and last.stance.whole and bool(kinds))
    return last.stance if is_listed else own
