"""The form of a lyric before its words: sections, and for each stanza its rhyme scheme and the metre of its lines.

Source of the usual forms and stanzas: J. Perricone 2000, Melody in Songwriting; P. Pattison 2009, Writing Better
Lyrics; for hymns and ballads the common, long and short metres of the hymnals; for blues the AAB stanza.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyrics.lyricist.brief import PLAYED, WritingBrief
from lyrics.lyricist.metre import PATTERNS

if TYPE_CHECKING:
    import numpy as np

BARS_S = 2.1
"""A line takes one bar where that lasts at least so long, else two."""

AIM_S = 125.0
"""How long the sung part of a song is where nobody says."""

SUNG_SHARE = 0.75
"""How much of a song is sung; the rest are its intro, its ending and what is between."""

USUAL_LINES: Mapping[str, int] = {"prechorus": 2, "outro": 2, "postchorus": 2, "intro": 2}
"""Lines of a section where they are not four."""

SHORT_FORMS = ("chorus", "verse chorus", "verse chorus verse chorus", "verse chorus verse chorus chorus")
"""Forms for songs that are shorter than those of their genre."""

LABELS = {
    "verse": "Verse",
    "prechorus": "Pre-Chorus",
    "chorus": "Chorus",
    "postchorus": "Post-Chorus",
    "hook": "Hook",
    "bridge": "Bridge",
    "intro": "Intro",
    "solo": "Solo",
    "interlude": "Interlude",
    "build": "Build",
    "drop": "Drop",
    "outro": "Outro",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A stanza without its words.

    Parameters
    ----------
    patterns : for each line, 1 for a beat and 0 for what is off it
    scheme : for each line, the letter of its rhyme; X for none
    """

    patterns: tuple[str, ...]
    scheme: str

    def __len__(self) -> int:
        return len(self.scheme)


def _shape(names: str, scheme: str) -> Shape:
    return Shape(tuple(PATTERNS[name] for name in names.split()), scheme)


SHAPES: Mapping[str, Shape] = {
    "common": _shape("I8 I6 I8 I6", "XAXA"),
    "long": _shape("I8 I8 I8 I8", "AABB"),
    "sevens": _shape("T7 T7 T7 T7", "AABB"),
    "short": _shape("I6 I6 I6 I6", "AABB"),
    "tens": _shape("I10 I10 I10 I10", "AABB"),
    "threes": _shape("W8 W8 W8 W8", "AABB"),
}
"""Stanzas of four lines that the corpus is written for."""

CROSSED = ("XAXA", "XA")
"""Schemes of common metre, which has lines of eight and six where nobody says how long they are."""

TWO_LINES: Mapping[str, Shape] = {
    name: Shape(shape.patterns[:2], "AA" if shape.scheme == "AABB" else "XA") for name, shape in SHAPES.items()
}


@dataclass(frozen=True, slots=True)
class Habit:
    """What lyrics of a genre are usually like.

    Parameters
    ----------
    forms : forms of a song, of which one is chosen
    shapes : name of a stanza to how usual it is in verses
    refrain : how often a chorus ends with the line it began with
    blues : whether the verses say their first line twice
    """

    forms: tuple[str, ...]
    shapes: Mapping[str, float]
    refrain: float = 0.3
    blues: bool = False


_FULL = "verse chorus verse chorus bridge chorus"
_THREE = "verse chorus verse chorus verse chorus"
_HOOKED = "verse hook verse hook bridge hook"
_CLUB = "verse chorus verse chorus chorus"
_STANDARD = "verse verse bridge verse"
_CRADLE = "verse chorus verse chorus verse"
_LIFTED = "verse prechorus chorus verse prechorus chorus bridge chorus"

HABITS: Mapping[str, Habit] = {
    "pop": Habit((_LIFTED, _FULL), {"sevens": 0.4, "long": 0.3, "common": 0.3}, 0.5),
    "rock": Habit((_FULL, _LIFTED), {"common": 0.4, "long": 0.3, "sevens": 0.3}, 0.5),
    "folk": Habit((_THREE, f"verse {_THREE}", _FULL), {"common": 0.7, "long": 0.15, "sevens": 0.15}, 0.2),
    "country": Habit((_FULL, _THREE), {"common": 0.5, "long": 0.3, "sevens": 0.2}),
    "ballad": Habit((_FULL, _LIFTED), {"common": 0.5, "long": 0.35, "sevens": 0.15}, 0.3),
    "soul": Habit((_FULL, _LIFTED), {"long": 0.4, "tens": 0.15, "common": 0.25, "sevens": 0.2}, 0.5),
    "hiphop": Habit((_HOOKED, "verse hook verse hook"), {"tens": 0.6, "long": 0.4}, 0.5),
    "house": Habit((_CLUB, _LIFTED), {"sevens": 0.5, "short": 0.3, "long": 0.2}, 0.8),
    "jazz": Habit((_STANDARD, _FULL), {"long": 0.35, "common": 0.25, "threes": 0.2, "tens": 0.2}, 0.1),
    "blues": Habit(("verse verse verse verse", _STANDARD), {"long": 0.5, "tens": 0.25, "sevens": 0.25}, 0.1, True),
    "lullaby": Habit((_CRADLE, "verse verse chorus verse"), {"common": 0.35, "sevens": 0.4, "threes": 0.25}, 0.2),
    "indie": Habit((_FULL, "verse verse chorus verse chorus"), {"common": 0.4, "sevens": 0.35, "long": 0.25}),
    "gospel": Habit((_FULL,), {"common": 0.5, "long": 0.4, "sevens": 0.1}, 0.6),
    "metal": Habit((_FULL, _LIFTED), {"long": 0.4, "sevens": 0.3, "short": 0.15, "common": 0.15}, 0.4),
}


@dataclass(frozen=True, slots=True)
class PlannedSection:
    """A section of the form: its kind, its number among those of its kind, and how many stanzas it has.

    `shapes` are the names of stanzas to try, in order; or one shape that the user asks for.
    """

    kind: str
    number: int
    stanzas: int
    lines: int
    shapes: tuple[str, ...] = ()
    own: Shape | None = None
    blues: bool = False

    @property
    def label(self) -> str:
        """The tag of the section on a sheet."""
        return f"{LABELS[self.kind]} {self.number}" if self.kind == "verse" else LABELS[self.kind]


def plan_form(brief: WritingBrief, genre: str, rng: np.random.Generator) -> tuple[PlannedSection, ...]:
    """Return the sections of a lyric; those that are sung again come once with words, then without stanzas."""
    habit = HABITS[genre]
    usual = tuple(habit.forms[int(rng.integers(len(habit.forms)))].split())
    kinds = brief.form or _short_form(brief, usual) or usual
    own = asked_shape(brief)
    long_verses = _long_verses(brief, kinds, own)
    halved = brief.length_s is not None and own is None and _seconds(brief, kinds) > 1.25 * _aim_s(brief)
    verse_shapes = _ranked(_weights(habit, brief), rng)
    chorus_shapes = _ranked(_weights(habit, brief), rng)
    contrast = (*verse_shapes[1:], verse_shapes[0])
    seen: dict[str, int] = {}
    sections = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        shapes = contrast if kind == "bridge" else verse_shapes if kind in ("verse", "intro") else chorus_shapes
        lines = 2 if halved else USUAL_LINES.get(kind, 4)
        stanzas = 2 if kind == "verse" and long_verses else 1
        if kind in PLAYED or (kind in ("chorus", "hook", "prechorus", "postchorus") and seen[kind] > 1):
            stanzas = 0
        blues = habit.blues and kind == "verse" and own is None
        sections.append(PlannedSection(kind, seen[kind], stanzas, lines, shapes, own, blues))
    return tuple(sections)


def asked_shape(brief: WritingBrief) -> Shape | None:
    """Return the stanza that a brief asks for by scheme or syllables, None where it asks for neither."""
    if not brief.scheme and brief.syllables is None:
        return None
    scheme = brief.scheme or "AABB"
    if brief.syllables is None and scheme in CROSSED:
        return Shape(SHAPES["common"].patterns[: len(scheme)], scheme)
    pattern = pattern_of(brief.syllables or 8)
    return Shape((pattern,) * len(scheme), scheme)


def pattern_of(syllables: int) -> str:
    """Return the usual pattern of a line of so many syllables: it ends on a beat, every other syllable is one."""
    names = {len(pattern): name for name, pattern in PATTERNS.items() if name[0] in "IT"}
    if syllables in names:
        return PATTERNS[names[syllables]]
    return ("01" * syllables)[-syllables:]


def _long_verses(brief: WritingBrief, kinds: Sequence[str], own: Shape | None) -> bool:
    """Tell whether verses of two stanzas come nearer to the length that is wanted than verses of one."""
    more = (len(own) if own is not None else 4) * sum(kind == "verse" for kind in kinds)
    total, longer = _seconds(brief, kinds), _seconds(brief, kinds) + more * _line_s(brief)
    return abs(longer - _aim_s(brief)) < abs(total - _aim_s(brief))


def _short_form(brief: WritingBrief, usual: Sequence[str]) -> tuple[str, ...]:
    """Return the form nearest to a length that is too short for the usual one; empty where that will do."""
    aim = _aim_s(brief)
    if brief.length_s is None or _seconds(brief, usual) <= 1.15 * aim:
        return ()
    forms = [tuple(form.split()) for form in SHORT_FORMS]
    return min([*forms, tuple(usual)], key=lambda kinds: (abs(_seconds(brief, kinds) - aim), len(kinds)))


def _seconds(brief: WritingBrief, kinds: Sequence[str]) -> float:
    """Return how long sections of one stanza are sung, about."""
    return sum(0 if kind in PLAYED else USUAL_LINES.get(kind, 4) for kind in kinds) * _line_s(brief)


def _line_s(brief: WritingBrief) -> float:
    bar_s = (3 if brief.waltz else 4) * 60.0 / brief.tempo
    return bar_s if bar_s >= BARS_S else 2 * bar_s


def _aim_s(brief: WritingBrief) -> float:
    return brief.length_s * SUNG_SHARE if brief.length_s else AIM_S


def _weights(habit: Habit, brief: WritingBrief) -> Mapping[str, float]:
    return {**habit.shapes, "threes": 1.0} if brief.waltz else habit.shapes


def _ranked(weights: Mapping[str, float], rng: np.random.Generator) -> tuple[str, ...]:
    """Return names in a random order, those of more weight more often first."""
    import numpy as np

    names = sorted(weights)
    keys = np.log([weights[name] for name in names]) + rng.gumbel(size=len(names))
    return tuple(names[i] for i in np.argsort(-keys, kind="stable"))
