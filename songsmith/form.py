"""From brief and lyrics to the plan: the form in bars, the chords, and where the voice will be.

`structure` says which sections there are and how long they last; the planner sets their energies and lays one
chord progression of the style, the section's own where it has one, under each kind of section, so that a section
that comes back has the same harmony.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lyrics.values import Lyrics, Section
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.seeds import generator
from songsmith.structure import draft_sections
from songsmith.styles import CADENCE, Progression, Style, find_style_name, load_style, style_names
from songsmith.theory import Key, numeral_to_chord
from songsmith.timeline import Meter

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

LATER_LIFT = 0.05
"""How much energy a section gains each time it comes back."""

HOMECOMING = ("chorus", "hook", "postchorus", "drop")
"""Kinds of section that end with a cadence of the style, as does the last one with words."""


def plan_song(
    brief: Brief,
    lyrics: Lyrics | None,
    style: Style,
    seed: int,
    length_s: float | None = None,
    on_tune: Sequence[Section] = (),
) -> Plan:
    """Return the plan of a song.

    Parameters
    ----------
    brief : tempo, key, meter, form, energy and length are taken from it
    lyrics : its sections, in order, become the form, with an introduction and an ending where it has none; None
        for an instrumental song in the form of the brief or of the style
    style : its progressions are laid under the sections that name no other
    length_s : length of the sound in seconds, kept within a bar by lengthening the parts without words; sections
        whose bars the sheet gives keep them
    on_tune : sections of the sheet without lines whose words are sung on a tune that is given

    Raises
    ------
    InputError : where the words do not fit into the bars or the length asked for, or a section names a style that
        is not known
    """
    if length_s is not None and length_s > LONGEST_S:
        raise InputError(
            f"length {length_s:g} s is more than {LONGEST_S / 60:.0f} minutes: ask for {LONGEST_S:g} or less"
        )
    meter = Meter.parse(brief.meter)
    drafts, _ = draft_sections(brief, lyrics, style, length_s, on_tune)
    total_s = meter.beats_per_bar * 60.0 / brief.tempo * sum(draft.bars for draft in drafts)
    if total_s > LONGEST_S:
        raise InputError(
            f"the song would last {total_s / 60:.0f} minutes, more than {LONGEST_S / 60:.0f}: "
            "use fewer lines, or a faster tempo"
        )
    sections, bar = [], 0
    seen: dict[str, int] = {}
    for draft in drafts:
        kind, label = draft.section.kind, draft.section.label
        energy = draft.section.energy
        if energy is None:
            energy = min(1.0, max(0.05, brief.energy + KIND_ENERGY[kind] + LATER_LIFT * seen.get(kind, 0)))
        seen[kind] = seen.get(kind, 0) + 1
        own = _section_style(draft.section, style)
        sections.append(PlannedSection(kind, label, bar, draft.bars, round(float(energy), 3), draft.voice, own))
        bar += draft.bars
    chords = harmonise(sections, style, Key.parse(brief.key), meter, seed)
    return Plan(brief.tempo, brief.key, brief.meter, tuple(sections), chords)


def form_warnings(
    brief: Brief, lyrics: Lyrics | None, style: Style, length_s: float | None = None
) -> tuple[str, ...]:
    """Return, one sentence each, where the form of `plan_song` is not what the brief or the sheet asks for."""
    return draft_sections(brief, lyrics, style, length_s)[1]


def _section_style(section: Section, song_style: Style) -> str | None:
    """Return the name of the built-in style that a section asks for, None where it is the song's own."""
    if section.style is None:
        return None
    name = find_style_name(section.style)
    if name is None:
        known = ", ".join(style_names())
        raise InputError(f"section [{section.label}]: style {section.style[:40]!r} is not known: use one of {known}")
    return None if name == song_style.name else name


def harmonise(
    sections: Sequence[PlannedSection], style: Style, key: Key, meter: Meter, seed: int
) -> tuple[Chord, ...]:
    """Lay a progression of its style under every section; equal neighbours inside a section become one chord.

    A kind of section keeps its progression through the song. Choruses, the last section with words, and sections
    that break off inside the progression close with a cadence of the style; the song ends on the tonic.
    """
    mode = "minor" if key.is_minor else "major"
    chords: list[Chord] = []
    last_sung = max((section.bar for section in sections if any(section.voice)), default=-1)
    for section in sections:
        rng = generator(seed, "harmony", section.kind)
        own = style if section.style is None else load_style(section.style)
        progression = _pick(own.progressions_for(section.kind, mode), rng)
        cadence = _pick(own.progressions_for(CADENCE, mode), rng)
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
