"""New sections of a song: where they come in, what they are, and the chords under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lyrics.text import printable
from lyrics.values import Lyrics, Section
from songsmith.errors import InputError
from songsmith.extension.singing import check_fits
from songsmith.form import KIND_ENERGY, harmonise
from songsmith.placing import CHORUSES, Grid, place_sections
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.song import Song
from songsmith.structure import FILLER_KINDS, LONGEST_WORDLESS_BARS
from songsmith.styles import Style, find_style_name
from songsmith.theory import Key
from songsmith.timeline import Meter

LEAST_FILLER_BARS = 2


@dataclass(frozen=True, slots=True)
class NewForm:
    """New sections in a song.

    Parameters
    ----------
    bar, index : first new bar, and the place of the first new section among those of the plan
    sections : in bars of the longer song
    words : sections of words that are sung in them
    again : the section of the song that is sung again as the last of them, None where none is
    """

    bar: int
    index: int
    sections: tuple[PlannedSection, ...]
    words: tuple[Section, ...] = ()
    again: PlannedSection | None = None

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)


def place_in(plan: Plan, from_s: float | None, before: bool) -> tuple[int, str | None]:
    """Return the index of the section before which new ones come, and what is to be told of that."""
    if before:
        return 0, None
    bar_s = plan.beats_per_bar * 60.0 / plan.tempo
    if from_s is not None:
        end_s = plan.bars * bar_s
        if not 0.0 < from_s <= end_s:
            raise InputError(f"--from {from_s:g} is outside the song: use more than 0 and at most {end_s:.1f}")
        index = min(range(1, len(plan.sections) + 1), key=lambda k: abs(_start(plan, k) * bar_s - from_s))
        index = min(index, len(plan.sections) - 1) or len(plan.sections) - 1
        at_s = _start(plan, index) * bar_s
        told = None
        if abs(at_s - from_s) > bar_s:
            told = f"the new sections begin at {at_s:.1f} s, where [{printable(plan.sections[index].label)}] did"
        return index, told
    if len(plan.sections) == 1:
        raise InputError("the song has one section alone, so it has no ending to move: use --before for a beginning")
    last = plan.sections[-1]
    if any(last.voice):
        return len(
            plan.sections
        ) - 1, f"the song has no outro: the new sections come before [{printable(last.label)}]"
    return len(plan.sections) - 1, None


def _start(plan: Plan, index: int) -> int:
    return plan.sections[index].bar if index < len(plan.sections) else plan.bars


def new_form(song: Song, index: int, bars: int, words: Lyrics | None, before: bool) -> NewForm:
    """Return so many bars of new sections before a section of a song.

    Parameters
    ----------
    index : of that section
    words : sung in them; without, a played section and the last chorus again
    before : whether they are a beginning
    """
    plan = song.plan
    first = _start(plan, index)
    meter = Meter.parse(plan.meter)
    if words is not None:
        check_fits(words, plan.tempo, meter, bars)
        grid = Grid(bars, meter.beats_per_bar * 60.0 / plan.tempo, plan.tempo, meter, ())
        placed = place_sections(words, grid)
        sung = tuple(section for section in words.sections if not section.is_instrumental)
        return NewForm(first, index, tuple(_dressed(song, placed, sung, first, before)), sung)
    chorus = _last_chorus(plan, index)
    if before:
        return NewForm(first, index, (_played(song, "intro", "Intro", first, bars),))
    if chorus is None or bars < chorus.bars + LEAST_FILLER_BARS:
        return NewForm(first, index, tuple(_fillers(song, first, bars)))
    fillers = _fillers(song, first, bars - chorus.bars)
    again = replace(chorus, bar=first + bars - chorus.bars)
    return NewForm(first, index, (*fillers, again), (), chorus)


def _last_chorus(plan: Plan, index: int) -> PlannedSection | None:
    """Return the last chorus before a section, or else the last section with words."""
    earlier = plan.sections[:index]
    choruses = [section for section in earlier if section.kind in CHORUSES]
    return choruses[-1] if choruses else next((s for s in reversed(earlier) if any(s.voice)), None)


def _fillers(song: Song, first: int, bars: int) -> list[PlannedSection]:
    """Return sections that are played, none of them too long."""
    count = -(-bars // LONGEST_WORDLESS_BARS)
    edges = [2 * round(bars * k / count / 2) for k in range(count)] + [bars]
    found = []
    for k in range(count):
        kind = FILLER_KINDS[(k + (count == 1 and bars >= LONGEST_WORDLESS_BARS // 2)) % len(FILLER_KINDS)]
        found.append(_played(song, kind, kind.title(), first + edges[k], edges[k + 1] - edges[k]))
    return found


def _played(song: Song, kind: str, label: str, bar: int, bars: int) -> PlannedSection:
    return PlannedSection(kind, label, bar, bars, _energy(song, kind), (False,) * bars)


def _energy(song: Song, kind: str) -> float:
    """Return the energy of the last section of a kind in a song, or what the song's own lets expect."""
    own = [section.energy for section in song.plan.sections if section.kind == kind]
    usual = min(1.0, max(0.05, song.brief.energy + KIND_ENERGY[kind]))
    return own[-1] if own else round(usual, 3)


def _dressed(
    song: Song, placed: Sequence[PlannedSection], sung: Sequence[Section], first: int, before: bool
) -> list[PlannedSection]:
    """Return placed sections in the bars of the song, of the kind, energy and style that sheet or song ask for."""
    found, number = [], 0
    for section in placed:
        own = sung[number] if any(section.voice) else None
        number += own is not None
        kind, label = section.kind, section.label
        if own is None and kind in ("intro", "outro") and not (before and section.bar == 0):
            kind, label = "interlude", "Interlude"
        style = None
        if own is not None and own.style is not None:
            style = find_style_name(own.style)
            if style is None:
                raise InputError(f"section [{own.label}]: style {own.style[:40]!r} is not known: see 'styles'")
        energy = own.energy if own is not None and own.energy is not None else _energy(song, kind)
        found.append(replace(section, kind=kind, label=label, bar=first + section.bar, energy=energy, style=style))
    return found


def new_chords(song: Song, form: NewForm, style: Style) -> tuple[Chord, ...]:
    """Return chords under new sections, in beats of the longer song.

    A kind of section that the song has keeps its chords; others get a progression of the style.
    """
    meter = Meter.parse(song.plan.meter)
    per_bar = meter.beats_per_bar
    # The section after the new ones takes what a progression does at the end of a song.
    after = PlannedSection("outro", "Outro", form.bar + form.bars, 1, 0.3, (False,))
    laid = harmonise((*form.sections, after), style, Key.parse(song.plan.key), meter, song.seed)
    chords: list[Chord] = []
    for section in form.sections:
        start, end = float(section.bar * per_bar), float((section.bar + section.bars) * per_bar)
        model = form.again if form.again is not None and section is form.sections[-1] else _like(song.plan, section)
        if model is None:
            chords += [chord for chord in laid if start - 1e-6 <= chord.onset < end - 1e-6]
            continue
        own = between(song.chords, float(model.bar * per_bar), float((model.bar + model.bars) * per_bar))
        length, at = float(model.bars * per_bar), start
        while at < end - 1e-6:
            chords += between(tuple(moved(own, at - model.bar * per_bar)), at, min(end, at + length))
            at += length
    return tuple(chords)


def _like(plan: Plan, section: PlannedSection) -> PlannedSection | None:
    """Return the last section of a plan of the same kind and style, None where there is none."""
    return next((s for s in reversed(plan.sections) if s.kind == section.kind and s.style == section.style), None)


def between(chords: Sequence[Chord], start: float, end: float) -> tuple[Chord, ...]:
    """Return chords cut to a stretch of beats."""
    found = []
    for chord in chords:
        first, past = max(chord.onset, start), min(chord.end, end)
        if past - first > 1e-6:
            found.append(replace(chord, onset=round(first, 6), duration=round(past - first, 6)))
    return tuple(found)


def moved(chords: Sequence[Chord], beats: float) -> tuple[Chord, ...]:
    """Return chords so many beats later."""
    return tuple(replace(chord, onset=round(chord.onset + beats, 6)) for chord in chords)
