"""How often a tune is sung: once through, once a section or verse, or once every few lines.

A tune that is shorter than the lyrics is sung again from its start, or from the marker that names the section. Of
the ways to share the lines out, the one that splits and slurs least is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lyrics.errors import LyricsError
from lyrics.tags import parse_tag
from lyrics.values import Line, Lyrics
from songsmith.errors import InputError
from songsmith.score import Note
from songsmith.timeline import Meter
from songsmith.tunes.tune import Tune, TuneNote
from songsmith.underlay import EXTRA_NOTE, EXTRA_SYLLABLE, UNSUNG, UNSUNG_NOTE, underlay

MOST_TRIED = 4
MOST_REFUSED = 16
"""So many ways are tried where those before have no room for the words."""

PASS_COST = 0.3
"""What each time through the tune costs: of ways that fit alike, the one with fewest passes is taken."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One time through the tune or a part of it.

    Parameters
    ----------
    notes : in the beats of the tune; syllables count over the whole song
    starts_inside : whether it begins at a marker in the middle of the tune
    """

    notes: tuple[Note, ...]
    starts_inside: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """Lines for each pass, with the notes they are sung on."""

    name: str
    passes: tuple[tuple[tuple[Line, ...], tuple[TuneNote, ...]], ...]


def share_out(tune: Tune, lyrics: Lyrics, tempo: float, meter: Meter) -> tuple[tuple[Pass, ...], tuple[str, ...]]:
    """Return the passes through a tune that sing every line once, in order, and remarks on how they came out."""
    ways = sorted(_ways(tune, lyrics), key=_estimate)[:MOST_REFUSED]
    best: tuple[float, int] | None = None
    chosen: tuple[_Way, list[Pass], list[str]] | None = None
    refused: InputError | None = None
    for order, way in enumerate(ways):
        if order >= MOST_TRIED and chosen is not None:
            break
        try:
            cost, passes, told = _try(way, tempo, meter)
        except InputError as err:
            refused = refused or err
            continue
        if best is None or (cost, order) < best:
            best, chosen = (cost, order), (way, passes, told)
    if chosen is None:
        raise refused or InputError("the lyrics have no words to sing: give at least one line")
    way, passes, told = chosen
    if len(passes) > 1:
        told = [f"the tune is sung {way.name}", *told]
    return tuple(passes), tuple(told)


def _ways(tune: Tune, lyrics: Lyrics) -> list[_Way]:
    """Return the ways to share the lines out that make sense at all."""
    sections = [[line for line in section.lines if line.words] for section in lyrics.sections]
    sections = [lines for lines in sections if lines]
    every = tuple(line for lines in sections for line in lines)
    ways = [_Way("once", ((every, tune.notes),))]
    marked = _by_markers(tune, lyrics)
    if marked is not None:
        ways.append(marked)
    for group in range(1, len(sections)):
        groups = [sections[i : i + group] for i in range(0, len(sections), group)]
        name = "again for each section" if group == 1 else f"again every {group} sections"
        ways.append(_Way(name, tuple((tuple(x for lines in g for x in lines), tune.notes) for g in groups)))
    for count in range(1, max(map(len, sections))):
        chunks = [tuple(lines[i : i + count]) for lines in sections for i in range(0, len(lines), count)]
        name = "again for each line" if count == 1 else f"again every {count} lines"
        ways.append(_Way(name, tuple((chunk, tune.notes) for chunk in chunks)))
    return ways


def _by_markers(tune: Tune, lyrics: Lyrics) -> _Way | None:
    """Return the way that sings each section on the part of the tune that is named like it."""
    kinds = [(marker.onset, _kind(marker.label), marker.label.casefold()) for marker in tune.markers]
    parts: dict[tuple[str, str], tuple[TuneNote, ...]] = {}
    for place, (onset, kind, label) in enumerate(kinds):
        end = kinds[place + 1][0] if place + 1 < len(kinds) else float("inf")
        inside = tuple(note for note in tune.notes if onset - 1e-6 <= note.onset < end - 1e-6)
        if inside:
            parts.setdefault((kind, label), inside)
    if len(parts) < 2:
        return None
    passes = []
    for section in lyrics.sections:
        lines = tuple(line for line in section.lines if line.words)
        if not lines:
            continue
        own = parts.get((section.kind, section.label.casefold()))
        own = own or next((notes for (kind, _), notes in parts.items() if kind == section.kind), None)
        if own is None:
            return None
        passes.append((lines, own))
    return _Way("section by section, by its markers", tuple(passes))


def _kind(label: str) -> str:
    try:
        return parse_tag(f"[{label}]", 1).kind
    except LyricsError:
        return ""


def _estimate(way: _Way) -> float:
    """Return about what a way costs, by counting."""
    total = 0.0
    for lines, notes in way.passes:
        syllables = sum(len(line.syllables) for line in lines)
        slots = sum(not note.slur for note in notes)
        over = min(abs(slots - syllables), abs(len(notes) - syllables))
        if syllables > slots:
            total += EXTRA_SYLLABLE * over
        else:
            total += min(EXTRA_NOTE * over, UNSUNG + UNSUNG_NOTE * over)
    return total + PASS_COST * (len(way.passes) - 1)


def _try(way: _Way, tempo: float, meter: Meter) -> tuple[float, list[Pass], list[str]]:
    """Return what a way costs, its passes and the remarks on them."""
    cost = PASS_COST * (len(way.passes) - 1)
    passes: list[Pass] = []
    told: list[str] = []
    first = 0
    for lines, notes in way.passes:
        laid = underlay(notes, lines, tempo, meter)
        cost += laid.cost
        passes.append(
            Pass(
                tuple(replace(note, syllable=note.syllable + first) for note in laid.notes),
                starts_inside=notes[0] is not way.passes[0][1][0],
            )
        )
        told += _remarks(lines, notes, laid.notes, laid.unsung, laid.known)
        first += sum(len(line.syllables) for line in lines)
    return cost, passes, told


def _remarks(
    lines: Sequence[Line], tune: Sequence[TuneNote], notes: Sequence[Note], unsung: int, known: bool
) -> list[str]:
    """Return, one for each line, where notes were slurred or split, but for what the tune itself says."""
    told = []
    first = 0
    given = {round(note.onset, 5): note for note in tune}
    for line in lines:
        past = first + len(line.syllables)
        mine = [note for note in notes if first <= note.syllable < past]
        starts = {round(note.onset, 5) for note in mine}
        split = sum(onset not in given for onset in starts)
        slurred = sum(n.slur and not given[round(n.onset, 5)].slur for n in mine if round(n.onset, 5) in given)
        if split:
            told.append(
                f"line {line.number} has {split} syllable{'s' if split > 1 else ''} more than notes: "
                "notes of the tune are split for them"
            )
        if slurred:
            told.append(
                f"line {line.number} has {slurred} note{'s' if slurred > 1 else ''} more than syllables: "
                "they are sung as melismas"
            )
        first = past
    if unsung:
        told.append(f"{unsung} notes of the tune are left unsung, as there are no words for them")
    return told
