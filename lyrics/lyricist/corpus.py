"""The corpus: plain reviewed text, one sung line a line, in `lyrics/corpus/*.txt`.

A line that begins with `@` says what the lines below it are; a blank line ends a unit; a unit of two or four lines
belongs together. `docs/lyricist.md` describes the format. Syllables, stress and rhyme are never written down: they
are computed from the words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from lyrics.errors import LyricsError, MissingData
from lyrics.files import read_text

THEMES = (
    *("love", "heartbreak", "leaving", "homecoming", "sea", "rain", "winter", "summer", "family", "friendship"),
    *("childhood", "hope", "faith", "night", "road", "work", "money", "growing-old", "grief", "dance", "freedom"),
    *("stars", "war", "dreams", "nature", "home"),
    *("machines", "parting", "school", "games", "illness", "animals", "food", "wedding", "jealousy", "city", "music"),
    "legends",
)
GENRES = (
    *("pop", "rock", "folk", "country", "ballad", "soul", "hiphop", "house", "jazz", "blues", "lullaby", "indie"),
    *("gospel", "metal"),
)
ROLES = ("setting", "story", "feeling", "turn", "hook")
PERSONS = ("I", "we", "you", "she", "they", "none")
TENSES = ("present", "past", "future")
TONES = ("", "bright", "dark")
HALVES = ("when", "clause", "image")
SLOTS = ("thing", "place", "nature", "person", "season", "move", "topic")
BANKS = ("thing", "place", "nature", "person", "season", "move", "title")
UNIT_SIZES = (1, 2, 4)
ANY = "any"
MAX_FILE_BYTES = 400_000

PHRASES = ("thing", "person", "doing")
"""Kinds of phrases that `{topic/thing+person}` may take."""

SLOT = re.compile(r"\{([a-zA-Z]+)(?:/([012]+|[a-z]+(?:\+[a-z]+)*))?\}")
_SETTING = re.compile(r"(\w+)=(\S+)")


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines that belong together, in order.

    Parameters
    ----------
    lines : as written, with slots and the title in < >
    role, tense, scene : see `ROLES`, `TENSES`; the scene is empty where the unit has none
    persons : whose lines they are, and which person they may be turned into
    themes, genres : names, or only `any`
    tone : bright or dark where the lines would be wrong in a song of the other; else empty
    place : file and line number of the first line
    """

    lines: tuple[str, ...]
    role: str
    persons: tuple[str, ...]
    tense: str
    scene: str = ""
    tone: str = ""
    themes: tuple[str, ...] = (ANY,)
    genres: tuple[str, ...] = (ANY,)
    place: tuple[str, int] = ("", 0)


@dataclass(frozen=True, slots=True)
class Half:
    """A phrase of four syllables; two make a line."""

    text: str
    kind: str
    person: str
    tense: str
    themes: tuple[str, ...] = (ANY,)
    genres: tuple[str, ...] = (ANY,)
    place: tuple[str, int] = ("", 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or a title of a bank."""

    text: str
    kind: str
    themes: tuple[str, ...] = (ANY,)


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that the files say, and the hash of their bytes."""

    units: tuple[Unit, ...] = ()
    halves: tuple[Half, ...] = ()
    entries: tuple[Entry, ...] = ()
    sha256: str = ""

    @classmethod
    def load(cls) -> Corpus:
        """Return the corpus that comes with the install, read once a process."""
        return _load()


@cache
def _load() -> Corpus:
    folder = Path(__file__).parents[1] / "corpus"
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise MissingData(f"the corpus is not there ({folder}): install songsmith again")
    return read_corpus(paths)


def read_corpus(paths: Iterable[Path]) -> Corpus:
    """Return what corpus files say, in the order given; raise LyricsError for the first fault, naming its line."""
    found, digest = Corpus(), hashlib.sha256()
    for path in paths:
        text = read_text(path, MAX_FILE_BYTES, "file of the corpus")
        digest.update(text.encode())
        part = parse_corpus(text, path.stem)
        found = Corpus(found.units + part.units, found.halves + part.halves, found.entries + part.entries)
    return replace(found, sha256=digest.hexdigest())


def parse_corpus(text: str, name: str = "") -> Corpus:
    """Return what the text of a corpus file says.

    Raises
    ------
    LyricsError
        Where a line is not of the format; the message names file and line.
    """
    reader = _Reader(name)
    for number, row in enumerate([*text.splitlines(), ""], 1):
        try:
            reader.read(number, row.strip())
        except ValueError as err:
            raise LyricsError(f"{name}, line {number}: {err}") from err
    return Corpus(tuple(reader.units), tuple(reader.halves), tuple(reader.entries))


class _Reader:
    """The state of reading one file: its defaults, the open block and the lines of the open unit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.defaults: dict[str, str] = {}
        self.kind, self.settings = "", dict[str, str]()
        self.lines: list[str] = []
        self.first = 0
        self.units: list[Unit] = []
        self.halves: list[Half] = []
        self.entries: list[Entry] = []

    def read(self, number: int, row: str) -> None:
        """Take one line."""
        if row.startswith("#"):
            return
        if row.startswith("@"):
            self._close()
            self._open(row)
        elif not row:
            self._close()
        elif self.kind == "bank":
            themes = _listed(self.settings, "themes", THEMES)
            texts = [text.strip() for text in row.split(",") if text.strip()]
            self.entries.extend(Entry(text, self.settings["class"], themes) for text in texts)
        elif self.kind == "half":
            self.halves.append(self._half(number, row))
        elif self.kind == "unit":
            self.first = self.first if self.lines else number
            self.lines.append(checked(row))
        else:
            raise ValueError("a line stands before the first @ that says what it is")

    def _open(self, row: str) -> None:
        word, *_ = row.split()
        kinds = {"@": "unit", "@half": "half", "@bank": "bank", "@file": "file"}
        if word not in kinds:
            raise ValueError(f"{word!r} is not known: use @, @half, @bank or @file")
        rest = row[len(word) :]
        settings = dict(_SETTING.findall(rest))
        if left := _SETTING.sub("", rest).split():
            raise ValueError(f"{left[0]!r} is not of the form name=value")
        self.kind = kinds[word]
        if self.kind == "file":
            _known(settings, {"themes", "genres"})
            self.defaults, self.kind = settings, ""
            return
        self.settings = self.defaults | settings
        needed = {"unit": {"role", "person", "tense"}, "half": {"kind", "person", "tense"}, "bank": {"class"}}
        _known(settings, needed[self.kind] | {"themes", "genres", "scene", "tone"})
        if lacking := sorted(needed[self.kind] - set(settings)):
            raise ValueError(f"{word} lacks {lacking[0]}=")
        _one(self.settings, "role", ROLES)
        _one(self.settings, "tense", TENSES)
        _one(self.settings, "tone", TONES)
        _one(self.settings, "kind", HALVES)
        _one(self.settings, "class", BANKS)

    def _close(self) -> None:
        lines, self.lines = self.lines, []
        if not lines:
            return
        if len(lines) not in UNIT_SIZES:
            raise ValueError(f"the unit before this line has {len(lines)} lines: use 1, 2 or 4")
        self.units.append(
            Unit(
                lines=tuple(lines),
                role=self.settings["role"],
                persons=_listed(self.settings, "person", PERSONS),
                tense=self.settings["tense"],
                scene=self.settings.get("scene", ""),
                tone=self.settings.get("tone", ""),
                themes=_listed(self.settings, "themes", THEMES),
                genres=_listed(self.settings, "genres", GENRES),
                place=(self.name, self.first),
            )
        )

    def _half(self, number: int, row: str) -> Half:
        person, *others = _listed(self.settings, "person", PERSONS)
        if others:
            raise ValueError("a half has one person")
        return Half(
            checked(row),
            self.settings["kind"],
            person,
            self.settings["tense"],
            _listed(self.settings, "themes", THEMES),
            _listed(self.settings, "genres", GENRES),
            (self.name, number),
        )


def checked(row: str) -> str:
    """Return a sung line of the corpus, or raise ValueError where it is not written as one."""
    plain = SLOT.sub("x", row.replace("<", "").replace(">", ""))
    if odd := sorted({char for char in plain if not (char.isascii() and (char.isalpha() or char in " ,'?-!"))}):
        raise ValueError(f"{odd[0]!r} is not accepted: letters, spaces, commas, apostrophes, hyphens, ? and ! are")
    for name, stress in SLOT.findall(row):
        if name.lower() not in SLOTS:
            raise ValueError(f"the slot {{{name}}} is not known: use one of {', '.join(SLOTS)}")
        if name.lower() == "topic":
            if stress and not set(stress.split("+")) <= set(PHRASES):
                raise ValueError(f"the slot {{{name}}} takes no /{stress}: use {', '.join(PHRASES)}, joined by +")
        elif not stress[:1].isdigit():
            raise ValueError(f"the slot {{{name}}} lacks its stress: /10")
    if row.count("<") != row.count(">") or row.count("<") > 1 or row.find("<") > row.find(">"):
        raise ValueError("the title stands between one < and one >")
    return row


def _known(settings: Mapping[str, str], names: set[str]) -> None:
    if odd := sorted(set(settings) - names):
        raise ValueError(f"{odd[0]!r} is not known here: use {', '.join(sorted(names))}")


def _one(settings: Mapping[str, str], name: str, accepted: tuple[str, ...]) -> None:
    if name in settings and settings[name] not in accepted:
        raise ValueError(f"{name}={settings[name]} is not known: use one of {', '.join(accepted)}")


def _listed(settings: Mapping[str, str], name: str, accepted: tuple[str, ...]) -> tuple[str, ...]:
    values = tuple(settings.get(name, ANY).split(","))
    for value in values:
        if value not in accepted and not (value == ANY and name in ("themes", "genres")):
            raise ValueError(f"{name}={value} is not known: use {', '.join(accepted)}")
    return values
