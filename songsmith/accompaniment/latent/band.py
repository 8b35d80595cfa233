"""The accompanist `diffusion`: a song arranged section by section with the trained model.

The palette says who plays, the form where (`asking`), the model what. The first section of a kind is made anew after
the bars before it; those that come back start from its codes with a little noise, so that they are alike but not the
same. What comes out is put on the style's swing and feel, and the last bar is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment import song_timeline
from songsmith.accompaniment.feel import swing_of
from songsmith.accompaniment.frame import lay_out, register_shift
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.instruments import Instrument
from songsmith.accompaniment.latent.asking import ask
from songsmith.accompaniment.latent.conditions import METERS, Conditions
from songsmith.accompaniment.latent.generator import CONTEXT, WEIGHTS, Generator, weights_hash
from songsmith.accompaniment.latent.playing import finish, left_hand
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.lead import write_lead
from songsmith.accompaniment.palette import (
    LEAD,
    choose_instruments,
    choose_lead,
    denied_names,
    elsewhere,
    plays_alone,
)
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.plan import Plan, PlannedSection
from songsmith.seeds import generator
from songsmith.styles import Style, load_style
from songsmith.timeline import Meter

RETURN_AMOUNT = 0.3
"""Share of noise with which a section that comes back is played again."""

REGISTER_SEMITONES = 6.0
"""How far chords and figures are meant to rise from a song without any energy to one of full energy."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What is decided of a song in one style before any note.

    Parameters
    ----------
    style : in which it is played
    players : who plays each part
    asked : of every bar of the song
    own : [bars] bool, the bars of sections in this style
    alone : whether one player plays chords and bass
    """

    style: Style
    players: Mapping[str, Instrument]
    asked: Conditions
    own: NDArray[np.bool_]
    alone: bool


@dataclass(frozen=True, slots=True, eq=False)
class Toward:
    """What else is asked of bars, and how far `at` towards it, 0 to 1, they lie."""

    asked: Conditions
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The [bars, numbers] codes of a song, and which [bars, 5] parts of its bars stay as they are."""

    codes: NDArray[np.float32]
    there: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """A song in one style before it is played: its setting and [bars, numbers] codes, 0 outside its own bars."""

    setting: Setting
    codes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DiffusionAccompanist:
    """Writes up to five parts with the trained model; a lead, by rule, where nobody sings.

    Parameters
    ----------
    weights : file of the model's weights
    """

    weights: Path = WEIGHTS

    @property
    def weights_sha256(self) -> str:
        """The hash of the file of weights."""
        return weights_hash(self.weights)

    def accompany(self, plan: Plan, brief: Brief, seed: int) -> Accompaniment:
        """Return parts in the brief's style and palette, and in the sections' own styles, over a plan's chords.

        The last bar is a held chord, and the timeline reaches past it, for the sound to ring on. A part that is
        silent throughout is left out.
        """
        model = Generator.load(self.weights)
        arranged = arrange(model, plan, brief, seed)
        return perform(model, arranged, plan, brief, seed)


def arrange(
    model: Generator, plan: Plan, brief: Brief, seed: int, guidance: float | None = None
) -> dict[str | None, Arrangement]:
    """Return the arrangements of a song by style, that of the song itself under None.

    Parameters
    ----------
    guidance : how strongly the words are followed, see `Generator.sample`
    """
    return {
        name: Arrangement(one, write_sections(model, plan, one.asked, one.own, seed, name or "", guidance))
        for name, one in settings(model, plan, brief, seed).items()
    }


def settings(model: Generator, plan: Plan, brief: Brief, seed: int) -> dict[str | None, Setting]:
    """Return the settings of a song by style, that of the song itself under None."""
    if plan.meter not in METERS:
        raise InputError(
            f"the accompanist diffusion does not know the meter {plan.meter}: use one of {', '.join(METERS)}, "
            "or --accompanist patterns"
        )
    found = {}
    for name in dict.fromkeys((None, *(section.style for section in plan.sections))):
        style = load_style(name or brief.style)
        palette = brief.palette if name is None else elsewhere(brief.palette)
        names = ("instruments",) if name is None else ("instruments", name)
        # The same draw as the accompanist `patterns` makes, so that a song keeps its players.
        rng = generator(seed, "patterns", *names)
        players, asked_for = choose_instruments(style, palette, rng, brief.without)
        alone = plays_alone(players)
        if alone:
            players = {**players, "bass": replace(players["harmony"], part="bass")}
            asked_for = asked_for | {"bass"}
        intro = frozenset(style.intro) & players.keys()
        if not intro - {"drums"}:
            intro = frozenset(players)
        frame = lay_out(plan, seed, intro, register_shift(brief, REGISTER_SEMITONES), brief.instrumental)
        asked = ask(plan, brief, style, players, asked_for, frame, model.typical)
        own = np.zeros(plan.bars, bool)
        for section in plan.sections:
            own[section.bar : section.bar + section.bars] = section.style == name
        found[name] = Setting(style, players, asked, own, alone)
    return found


def write_sections(
    model: Generator,
    plan: Plan,
    asked: Conditions,
    own: NDArray[np.bool_],
    seed: int,
    name: str,
    guidance: float | None = None,
    toward: Toward | None = None,
    given: Given | None = None,
) -> NDArray[np.float32]:
    """Return the codes of the sections of a song that are played in one style, [bars, numbers].

    Parameters
    ----------
    toward : what else is asked of the same bars, and how far towards it they lie
    given : parts that are there already
    """
    codes = np.zeros((plan.bars, model.numbers), np.float32) if given is None else given.codes.copy()
    there = np.zeros((plan.bars, len(PARTS)), bool) if given is None else given.there
    wide = np.repeat(there, model.numbers // len(PARTS), axis=1)
    first_of: dict[str, PlannedSection] = {}
    together = asked.plays.copy()
    for section in plan.sections:  # what any section of a kind plays is written for the first of them
        bars = slice(section.bar, section.bar + section.bars)
        alike = [s for s in plan.sections if s.kind == section.kind]
        together[bars] |= np.any([asked.plays[s.bar : s.bar + s.bars].any(axis=0) for s in alike], axis=0)
    whole = replace(asked, plays=together)
    seen: dict[str, int] = {}
    for section in plan.sections:
        if not own[section.bar]:
            continue
        turn = seen.get(section.kind, 0)
        seen[section.kind] = turn + 1
        before = section.bar
        while before > max(0, section.bar - CONTEXT) and own[before - 1]:
            before -= 1
        stop = section.bar + section.bars
        keep = there[before:stop].copy()
        keep[: section.bar - before] = True
        start = codes[before:stop].copy()
        amount = 1.0
        source = first_of.get(section.kind)
        if source is not None:
            place = np.arange(section.bars) % source.bars
            # Ends meet: the last bar of the first one, which leads on, stays the last.
            place[-1] = source.bars - 1
            own_bars = slice(section.bar, stop)
            start[section.bar - before :] = np.where(wide[own_bars], codes[own_bars], codes[source.bar + place])
            amount = RETURN_AMOUNT
        else:
            first_of[section.kind] = section
        made = model.sample(
            whole.window(before, stop), seed, name, section.kind, turn,
            guidance=guidance, keep=keep, start_from=start, amount=amount,
            other=None if toward is None else toward.asked.window(before, stop),
            at=0.0 if toward is None else toward.at,
        )  # fmt: skip
        codes[section.bar : stop] = made[section.bar - before :]
    return codes


def perform(
    model: Generator, arranged: Mapping[str | None, Arrangement], plan: Plan, brief: Brief, seed: int
) -> Accompaniment:
    """Return what arrangements sound like on paper."""
    song = arranged[None].setting
    players: dict[str, Instrument] = {}
    notes: dict[str, list[PartNote]] = {}
    for name, arrangement in arranged.items():
        one = arrangement.setting
        asked = replace(one.asked, plays=one.asked.plays & one.own[:, None])
        played = finish(model.decode(arrangement.codes, asked), asked, plan, one.style, brief)
        if one.alone:
            played = left_hand(played)
        for part, own in played.items():
            stem = stem_of(part, name, one, song)
            players[stem] = one.players[part]
            notes[stem] = [*notes.get(stem, []), *own]
    if brief.instrumental:
        lead = write_tune(song, plan, brief, seed)
        if lead is not None:
            players[LEAD], notes[LEAD] = lead
    order = [*PARTS, LEAD]
    parts = tuple(
        Part(stem, players[stem].program, players[stem].is_drum, tuple(sorted(notes[stem], key=_place)))
        for stem in sorted(notes, key=lambda stem: (order.index(stem.partition("-")[0]), stem)) if notes[stem]
    )  # fmt: skip
    return Accompaniment(parts, song_timeline(plan), plan.chords)


def stem_of(part: str, name: str | None, setting: Setting, song: Setting) -> str:
    """Return the name of the stem of a part in a style: the song's own where the same player plays it."""
    return part if name is None or song.players.get(part) == setting.players[part] else f"{part}-{name}"


def _place(note: PartNote) -> tuple[float, int]:
    return note.onset, note.pitch


def tune_anew(plan: Plan, brief: Brief, song_seed: int, seed: int) -> tuple[PartNote, ...]:
    """Return the tune that another seed gives a song that nobody sings."""
    tune = write_tune(settings(Generator.load(), plan, brief, song_seed)[None], plan, brief, seed)
    return () if tune is None else tuple(tune[1])


def write_tune(song: Setting, plan: Plan, brief: Brief, seed: int) -> tuple[Instrument, list[PartNote]] | None:
    """Return who plays the tune of a song that nobody sings, and the tune; it is written by rule."""
    chosen = {name: player for name, player in song.players.items() if not (song.alone and name == "bass")}
    denied = denied_names(brief.palette, brief.without)
    _, asked_for = choose_instruments(
        song.style, brief.palette, generator(seed, "patterns", "instruments"), brief.without
    )
    leader = choose_lead(song.style, chosen, asked_for & chosen.keys(), denied)
    if leader is None:
        return None
    shift = register_shift(brief, REGISTER_SEMITONES)
    frame = lay_out(plan, seed, frozenset(), shift, True)
    low, high = (bound + shift for bound in song.style.part("figure").range)
    amount, unit = swing_of(song.style, brief.groove, Meter.parse(plan.meter))
    tune = []
    for note in write_lead(frame, (low, high)):
        onset = swung(note.onset, amount, unit)
        stop = min(float(plan.beats), swung(note.onset + note.duration, amount, unit))
        if stop > onset:
            tune.append(PartNote(onset, round(stop - onset, 6), note.pitch, note.velocity))
    return leader, tune
