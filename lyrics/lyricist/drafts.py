"""A draft of a lyric: sections of the form filled from the corpus, the chorus first, then the story in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.chance import generator
from lyrics.lyricist.forms import HABITS, SHAPES, TWO_LINES, PlannedSection, Shape, plan_form
from lyrics.lyricist.matter import Matter
from lyrics.lyricist.pieces import Piece, nearest_pattern
from lyrics.lyricist.reading import words_of
from lyrics.lyricist.rhyme import rhyme_of
from lyrics.lyricist.stanza import BEAM, WIDE_BEAM, Bench, Stanza, Used, Wishes, fill, line_fit

NOISE = 0.55
"""How much chance adds to the worth of a piece (scale of a Gumbel)."""

CHORUSES_TRIED, FEW_CHORUSES, HOOKS_TRIED = 10, 3, 80
"""Choruses that are compared, in usual shapes and in others, and hooks of which one is looked for that the metre and
rhymes allow."""

MOST_CHORUS_WORDS = 8
"""A line of the corpus with more words than this is sung once in a song, so a chorus has none."""

REFRAIN_S = 60.0
"""Length of a song from which on a chorus may end with the lines it began with."""

MOSTLY = 0.7
"""Share of lines of the lyric's themes with which the first shape of a section is taken; else the best of all is."""

CHORUS_NEAR = 1.5
"""What nearness in meaning to the topic is worth more in a chorus."""

TOPICAL = 2.2
"""What it is worth that a chorus sings words of the prompt."""

_SETTING = {"setting": 0.9, "story": 0.5, "feeling": -0.3}
_STORY = {"story": 0.8, "setting": 0.1, "feeling": 0.1}
_FEELING = {"feeling": 0.7, "story": 0.3, "setting": -0.5, "turn": -0.2}
_TURN = {"turn": 0.8, "feeling": 0.3}
_INSIDE = {"feeling": 0.8, "turn": 0.1, "hook": -0.6}

ROLES: Mapping[str, tuple[tuple[Mapping[str, float], ...], ...]] = {
    "verse": ((_SETTING, _STORY), (_STORY, _FEELING), (_FEELING, _TURN)),
    "prechorus": ((_FEELING,),),
    "postchorus": ((_INSIDE,),),
    "chorus": (({"hook": 0.6}, _INSIDE),),
    "hook": (({"hook": 0.6}, _INSIDE),),
    "bridge": ((_TURN,),),
    "outro": ((_TURN,),),
    "intro": ((_SETTING,),),
}
"""For each kind of section, and each time it comes, the roles of its pieces: the order of the story."""


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line with the pattern it was written for and the letter of its rhyme."""

    text: str
    pattern: str
    letter: str


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """A section of a draft; without lines it is played, or sung as the one before of its kind."""

    kind: str
    label: str
    lines: tuple[WrittenLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole lyric, its title, and how good it is: `worth` over all, `scores` by name, 0 to 1.

    `notes` say, in one sentence each, what was asked for and is not in it.
    """

    title: str
    sections: tuple[WrittenSection, ...]
    worth: float = 0.0
    scores: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[WrittenLine, ...]:
        """The lines in order, each section once."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def text(self) -> str:
        """The lyric sheet."""
        parts = [f"# Title: {self.title}"]
        for section in self.sections:
            parts.append("\n".join([f"[{section.label}]", *(line.text for line in section.lines)]))
        return "\n\n".join(parts) + "\n"


def write_draft(
    brief: WritingBrief, genre: str, matter: Matter, bench: Bench, seed: int, number: int
) -> Draft | None:
    """Return one draft, or None where the pieces do not suffice for its form."""
    rng = generator(seed, "draft", number)
    form = plan_form(brief, genre, rng)
    noise = rng.gumbel(0.0, NOISE, size=len(bench.pieces))
    tense = "past" if rng.random() < 0.45 else "present"
    used = Used()
    stanzas: dict[int, list[Stanza]] = {}
    title = ""
    for i in sorted(range(len(form)), key=lambda i: (form[i].kind not in ("chorus", "hook"), i)):
        section = form[i]
        if not section.stanzas:
            continue
        if section.kind in ("chorus", "hook"):
            written = _chorus(section, bench, used, noise, brief.title)
            title = title or (next(piece.title for piece in written.pieces) if written else "")
            found = [written] if written else []
        else:
            found = _section(section, bench, used, noise, tense)
        if not found:
            return None
        stanzas[i] = found
        for stanza in found:
            used.add(stanza.pieces)
    refrain = rng.random() < HABITS[genre].refrain and (brief.length_s is None or brief.length_s >= REFRAIN_S)
    sections = tuple(_written(section, stanzas.get(i, []), refrain) for i, section in enumerate(form))
    return Draft(brief.title or title or _title(sections), sections)


def _section(section: PlannedSection, bench: Bench, used: Used, noise: np.ndarray, tense: str) -> list[Stanza]:
    """Return the stanzas of a section, all of one shape where that can be; empty where there are none."""
    turns = ROLES[section.kind]
    first = turns[min(section.number, len(turns)) - 1]
    later = turns[min(section.number, len(turns) - 1)] if len(turns) > 1 else first
    names = section.shapes
    best: list[Stanza] = []
    for shape in [section.own] if section.own else [_sized(name, section) for name in names]:
        trial = Used(set(used.sources), dict(used.ends), dict(used.sounds), dict(used.words), dict(used.scenes))
        found: list[Stanza] = []
        for at in range(section.stanzas):
            wishes = Wishes(first if at == 0 else later, tense if section.kind == "verse" else "")
            stanza = fill(shape, bench, wishes, trial, noise, beam_size=WIDE_BEAM if section.own else BEAM)
            if stanza is None:
                break
            found.append(stanza)
            trial.add(stanza.pieces)
        if len(found) == section.stanzas:
            if on_theme(found) >= MOSTLY:
                return found
            if not best or on_theme(found) > on_theme(best):
                best = found
    return best


def on_theme(stanzas: Sequence[Stanza]) -> float:
    """Return the share of lines that are of the themes of the lyric; 0 where there are none."""
    rows = [(len(piece.lines), piece.on_theme) for stanza in stanzas for piece in stanza.pieces]
    return sum(count for count, there in rows if there) / max(1, sum(count for count, _ in rows))


def _sized(name: str, section: PlannedSection) -> Shape:
    return TWO_LINES[name] if section.lines == 2 or section.blues else SHAPES[name]


def _chorus(section: PlannedSection, bench: Bench, used: Used, noise: np.ndarray, title: str) -> Stanza | None:
    """Return the best chorus among those that the best hooks begin; where a title is asked for, hooks on it."""
    roles = ROLES[section.kind][0]
    best: Stanza | None = None
    noise = noise + CHORUS_NEAR * bench.near
    hooks = [
        (float(bench.worth[i] + noise[i]) + TOPICAL * bool(piece.own_words), i)
        for i, piece in enumerate(bench.pieces)
        if piece.role == "hook"
        and piece.title
        and piece.source not in used.sources
        and _is_short(piece)
        and (section.own is None or _begins(piece, section.own))
        and (not title or piece.title == " ".join(title.split()))
    ]
    hooks.sort(key=lambda row: (-row[0], row[1]))
    found = 0
    for worth, i in hooks[:HOOKS_TRIED]:
        hook = bench.pieces[i]
        stanzas = [
            fill(shape, bench, Wishes(roles), used, noise, start=hook, allowed=_is_short)
            for shape in _chorus_shapes(section, hook)
            if len(shape) >= len(hook.lines)
        ]
        for stanza in stanzas:
            if stanza is not None:
                stanza = replace(stanza, worth=stanza.worth + worth)
                if best is None or stanza.worth > best.worth:
                    best = stanza
        found += any(stanza is not None for stanza in stanzas)
        if found == (CHORUSES_TRIED if section.own is None else FEW_CHORUSES):
            break
    if best is None and section.own is not None and not title:
        best = fill(section.own, bench, Wishes(roles), used, noise, allowed=_is_short, beam_size=WIDE_BEAM)
    return best


def _begins(piece: Piece, shape: Shape) -> bool:
    """Tell whether the lines of a piece fit the first of a shape."""
    fits = [line_fit(line, pattern).good for line, pattern in zip(piece.lines, shape.patterns, strict=False)]
    return len(piece.lines) <= len(shape) and all(fits)


def _is_short(piece: Piece) -> bool:
    return piece.lengthened or (
        not piece.joined and all(len(words_of(line)) <= MOST_CHORUS_WORDS for line in piece.lines)
    )


def _chorus_shapes(section: PlannedSection, hook: Piece) -> list[Shape]:
    """Return the shapes of a chorus that begins with a hook: its metre goes on in the lines that follow."""
    if section.own is not None:
        return [section.own]
    patterns = tuple(nearest_pattern(line) for line in hook.lines)
    if section.lines == 2:
        rhymed = len(patterns) == 2 and rhyme_of(*hook.lines) in ("perfect", "family")
        return [Shape(patterns, "AA" if rhymed else "XX")] if len(patterns) == 2 else [Shape(patterns * 2, "AA")]
    if len(patterns) == 1:
        return [Shape(patterns * 4, scheme) for scheme in ("AABB", "XAXA")]
    if len(patterns) != 2:
        return [Shape(patterns, "X" * len(patterns))]
    if rhyme_of(*hook.lines) in ("perfect", "family"):
        return [Shape(patterns + patterns, "AABB")]
    thirds = dict.fromkeys((patterns[0], "01010101", "1010101"))
    return [Shape((*patterns, third, patterns[1]), "XAXA") for third in thirds]


def _written(section: PlannedSection, stanzas: Sequence[Stanza], refrain: bool) -> WrittenSection:
    rows = (zip(stanza.lines, stanza.shape.patterns, stanza.shape.scheme, strict=True) for stanza in stanzas)
    lines = lettered([[WrittenLine(*row) for row in stanza] for stanza in rows])
    if section.blues and len(lines) >= 2:
        lines = [line for i in range(0, len(lines), 2) for line in _blues(lines[i], lines[i + 1])]
    if refrain and section.kind in ("chorus", "hook") and len(lines) == 4:
        lines += lines[:2]
    return WrittenSection(section.kind, section.label, tuple(lines))


def lettered(stanzas: Sequence[Sequence[WrittenLine]]) -> list[WrittenLine]:
    """Return the lines of the stanzas of a section, each rhyme with a letter of its own."""
    free = iter("ABCDEFGHIJKLMNOPQRSTUVW")
    lines: list[WrittenLine] = []
    for stanza in stanzas:
        own = {"X": "X"}
        for line in stanza:
            if line.letter not in own:
                own[line.letter] = next(free)
            lines.append(replace(line, letter=own[line.letter]))
    return lines


def _blues(first: WrittenLine, second: WrittenLine) -> list[WrittenLine]:
    """Return a blues stanza: a line, the line again with a word before it, and the line that answers."""
    words = first.text.split(" ", 1)
    keep = words[0] if words[0] in ("I", "I'm", "I've", "I'd", "I'll") else words[0][:1].lower() + words[0][1:]
    again = " ".join(["Yes,", keep, *words[1:]])
    return [first, WrittenLine(again, "0" + first.pattern, first.letter), second]


def _title(sections: Sequence[WrittenSection]) -> str:
    """Return the title of a lyric without a chorus: the first words of its first line."""
    from lyrics.lyricist.pieces import title_case

    line = next(line.text for section in sections for line in section.lines)
    return title_case(line.split(",")[0])
