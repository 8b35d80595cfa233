"""From brief and lyrics to the plan: the form in bars, the chords, and where the voice will be.

The lyrics decide the sections; the planner gives each its bars (see `phrasing`), puts an introduction before and
an ending after them, sets energies, and lays one chord progression of the style under each kind of section, so
that a section that comes back has the same harmony.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lyrics.values import Lyrics, Section
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.phrasing import lay_lines
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.seeds import generator
from songsmith.styles import CADENCE, Progression, Style
from songsmith.theory import Key, numeral_to_chord
from songsmith.timeline import TAIL_S, Meter

LONGEST_S = 1800.0
"""A song is refused above half an hour."""

KIND_ENERGY: Mapping[str, float] = {
    "intro": -0.2,
    "verse": -0.1,
    "prechorus": 0.05,
    "chorus": 0.2,
    "postchorus": 0.2,
    "hook": 0.2,
    "bridge": 0.0,
    "solo": 0.15,
    "interlude": -0.1,
    "build": 0.1,
    "drop": 0.3,
    "outro": -0.2,
}
"""How a kind of section differs from the energy of the song."""

LONGEST_FRAME_BARS = 16
"""Where a length asks for more bars without words than this, and only intro and outro have none, a solo is put in."""

LATER_LIFT = 0.05
"""How much energy a section gains each time it comes back."""

INSTRUMENTAL_S = {"solo": 16.0, "drop": 16.0, "interlude": 8.0, "build": 8.0, "intro": 8.0, "outro": 8.0}
"""Usual length of a section without words."""

HOMECOMING = ("chorus", "hook", "postchorus", "drop")
"""Kinds of section that end with a cadence of the style, as does the last one with words."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A section before it has its place in the song."""

    section: Section
    bars: int
    voice: tuple[bool, ...]


def plan_song(brief: Brief, lyrics: Lyrics, style: Style, seed: int, length_s: float | None = None) -> Plan:
    """Return the plan of a song.

    Parameters
    ----------
    brief : tempo, key, meter and energy are taken from it
    lyrics : its sections, in order, become the form; an introduction and an ending are added where it has none
    style : its progressions are laid under the sections
    length_s : length of the sound in seconds, kept within a bar by lengthening the parts without words; sections
        whose bars the sheet gives keep them

    Raises
    ------
    InputError : where the words do not fit into the bars or the length asked for
    """
    if length_s is not None and length_s > LONGEST_S:
        raise InputError(
            f"length {length_s:g} s is more than {LONGEST_S / 60:.0f} minutes: ask for {LONGEST_S:g} or less"
        )
    meter = Meter.parse(brief.meter)
    bar_s = meter.beats_per_bar * 60.0 / brief.tempo
    drafts = [_draft(section, brief.tempo, meter) for section in lyrics.sections]
    if drafts[0].section.kind != "intro":
        drafts.insert(0, _wordless("intro", "Intro", brief.tempo, meter))
    if drafts[-1].section.kind != "outro":
        drafts.append(_wordless("outro", "Outro", brief.tempo, meter))
    if length_s is not None:
        drafts = _fit_length(drafts, length_s, bar_s)
    total_s = bar_s * sum(draft.bars for draft in drafts)
    if total_s > LONGEST_S:
        raise InputError(
            f"the song would last {total_s / 60:.0f} minutes, more than {LONGEST_S / 60:.0f}: "
            "use fewer lines, or a faster tempo"
        )
    sections, bar = [], 0
    seen: dict[str, int] = {}
    for draft in drafts:
        kind = draft.section.kind
        energy = draft.section.energy
        if energy is None:
            energy = min(1.0, max(0.05, brief.energy + KIND_ENERGY[kind] + LATER_LIFT * seen.get(kind, 0)))
        seen[kind] = seen.get(kind, 0) + 1
        sections.append(
            PlannedSection(kind, draft.section.label, bar, draft.bars, round(float(energy), 3), draft.voice)
        )
        bar += draft.bars
    chords = harmonise(sections, style, Key.parse(brief.key), meter, seed)
    return Plan(brief.tempo, brief.key, brief.meter, tuple(sections), chords)


def _draft(section: Section, tempo: float, meter: Meter) -> _Draft:
    """Give a section of the sheet its bars and its voice mask."""
    if section.is_instrumental:
        draft = _wordless(section.kind, section.label, tempo, meter)
        bars = section.bars or draft.bars
        return _Draft(section, bars, (False,) * bars)
    try:
        slots = lay_lines(section.lines, section.bars, tempo, meter)
    except InputError as err:
        raise InputError(f"section [{section.label}]: {err}") from err
    needed = slots[-1].bar + slots[-1].bars
    bars = section.bars or needed + needed % 2 * (needed > 1)
    return _Draft(section, bars, (True,) * needed + (False,) * (bars - needed))


def _wordless(kind: str, label: str, tempo: float, meter: Meter) -> _Draft:
    """Return a section without words of the usual length, in whole pairs of bars."""
    bar_s = meter.beats_per_bar * 60.0 / tempo
    wanted_s = INSTRUMENTAL_S.get(kind, INSTRUMENTAL_S["interlude"])
    bars = max(2, 2 ** round(math.log2(wanted_s / bar_s)))
    return _Draft(Section(kind, label), bars, (False,) * bars)


def _fit_length(drafts: list[_Draft], length_s: float, bar_s: float) -> list[_Draft]:
    """Lengthen or shorten the parts without words, but for those with bars of their own, to reach a length."""
    bars = round((length_s - TAIL_S) / bar_s)
    open_places = [i for i, draft in enumerate(drafts) if not any(draft.voice) and draft.section.bars is None]
    fixed = sum(draft.bars for i, draft in enumerate(drafts) if i not in open_places)
    spare = bars - fixed - len(open_places)
    if spare < 0:
        raise InputError(
            f"length {length_s:g} s is too short for these lyrics, which need "
            f"{(fixed + len(open_places)) * bar_s + TAIL_S:.0f} s at this tempo: ask for more, use fewer lines, "
            "or a faster tempo"
        )
    if spare > 0 and (not open_places or (len(open_places) <= 2 and spare > LONGEST_FRAME_BARS)):
        # Much room and nothing but intro and outro to fill it: an instrumental solo before the last section.
        place = max(1, len(drafts) - 2)
        drafts = [*drafts[:place], _Draft(Section("solo", "Solo"), 1, (False,)), *drafts[place:]]
        open_places = [i + (i >= place) for i in open_places] + [place]
        spare -= 1
    fitted = list(drafts)
    for turn, i in enumerate(sorted(open_places)):
        share, extra = divmod(spare, len(open_places))
        length = 1 + share + (turn < extra)
        fitted[i] = replace(drafts[i], bars=length, voice=(False,) * length)
    return fitted


def harmonise(
    sections: Sequence[PlannedSection], style: Style, key: Key, meter: Meter, seed: int
) -> tuple[Chord, ...]:
    """Lay a progression of the style under every section; equal neighbours inside a section become one chord.

    A kind of section keeps its progression through the song. Choruses, the last section with words, and sections
    that break off inside the progression close with a cadence of the style; the song ends on the tonic.
    """
    mode = "minor" if key.is_minor else "major"
    chords: list[Chord] = []
    last_sung = max((section.bar for section in sections if any(section.voice)), default=-1)
    for section in sections:
        rng = generator(seed, "harmony", section.kind)
        progression = _pick(style.progressions_for(section.kind, mode), rng)
        cadence = _pick(style.progressions_for(CADENCE, mode), rng)
        bars = [progression[i % len(progression)] for i in range(section.bars)]
        broken_off = section.bars % len(progression) > 0
        closes = section.kind in HOMECOMING or section.bar == last_sung or broken_off
        if closes and section.bars >= 4:
            bars[-len(cadence) :] = cadence
        if section is sections[-1]:
            bars[-1] = "i" if key.is_minor else "I"
        chords.extend(_lay(bars, section.bar * meter.beats_per_bar, key, meter))
    return tuple(chords)


def _lay(bars: Sequence[str], start: int, key: Key, meter: Meter) -> list[Chord]:
    """Turn bars of Roman numerals into chords from beat `start`."""
    laid: list[Chord] = []
    for i, bar in enumerate(bars):
        numerals = bar.split()
        for numeral, (offset, duration) in zip(numerals, _halves(len(numerals), meter), strict=True):
            symbol = numeral_to_chord(numeral, key)
            if laid and laid[-1].symbol == symbol:
                laid[-1] = replace(laid[-1], duration=laid[-1].duration + duration)
            else:
                laid.append(Chord(start + i * meter.beats_per_bar + offset, duration, symbol))
    return laid


def _pick(choices: Sequence[Progression], rng: np.random.Generator) -> Progression:
    """Choose one of the alternatives."""
    return choices[int(rng.integers(len(choices)))]


def _halves(count: int, meter: Meter) -> tuple[tuple[float, float], ...]:
    """Return (offset, duration) in beats of one or two chords in a bar, changing on a pulse."""
    beats = float(meter.beats_per_bar)
    if count == 1:
        return ((0.0, beats),)
    middle = {"4/4": 2.0, "3/4": 2.0, "6/8": 1.5}[str(meter)]
    return ((0.0, middle), (middle, beats - middle))
