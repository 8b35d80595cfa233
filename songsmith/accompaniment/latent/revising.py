"""Playing parts or bars of a song again: what is not to change stays as it is, note for note.

The notes that are there become codes; those of the parts and bars to change get noise and are drawn again between
their neighbours. With little noise the result is a variation, with all of it something new that fits. Sections of a
kind get the same noise, so that what was alike stays alike. A bar of a part that comes out as it went in keeps its
very notes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.feel import swing_of
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.latent.band import Setting, settings, stem_of
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.playing import finish, force_of
from songsmith.accompaniment.latent.rolls import PARTS, TICKS_PER_BEAT
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.plan import Plan
from songsmith.timeline import Meter

EARLY_BEATS = 1 / 24
"""How far before its place a note may be played: half a tick."""


def vary(
    accompaniment: Accompaniment,
    plan: Plan,
    brief: Brief,
    song_seed: int,
    seed: int,
    *,
    parts: Sequence[str] = PARTS,
    bars: Collection[int] | None = None,
    amount: float = 0.5,
    guidance: float | None = None,
) -> Accompaniment:
    """Return an accompaniment with some parts of some bars played again.

    Parameters
    ----------
    accompaniment, plan, brief, song_seed : of the song
    seed : of what is played again
    parts : of `PARTS`; all others stay
    bars : those that change, counted from 0; None for all
    amount : 0 to 1: how far the new may be from the old; 1 makes it anew
    guidance : how strongly the words are followed, see `Generator.sample`

    Raises
    ------
    InputError : for parts that are not known and bars that the song does not have
    """
    unknown = [name for name in parts if name not in PARTS]
    if unknown:
        raise InputError(f"part {unknown[0]!r} is not known: use one of {', '.join(PARTS)}")
    if not 0.0 <= amount <= 1.0:
        raise InputError(f"amount {amount:g} is out of range: use 0 to 1")
    wanted = sorted(range(plan.bars) if bars is None else bars)
    if not wanted or wanted[0] < 0 or wanted[-1] >= plan.bars:
        raise InputError(f"bars {wanted[0] + 1}-{wanted[-1] + 1} are not in the song, which has {plan.bars}"
                         if wanted else "there are no bars to change: name at least one")  # fmt: skip
    if amount == 0.0:
        return accompaniment
    model = Generator.load()
    change = np.zeros((plan.bars, len(PARTS)), bool)
    change[wanted] = [name in parts for name in PARTS]
    named = {part.name: part for part in accompaniment.parts}
    whole = settings(model, plan, brief, song_seed)
    new: dict[str, list[PartNote]] = {}
    changed: dict[str, NDArray[np.bool_]] = {}
    players = {}
    for name, one in whole.items():
        if one.alone:
            one = replace(one, asked=replace(one.asked, plays=_without(one.asked.plays, "bass")))
        stems = {part: stem_of(part, name, one, whole[None]) for part in PARTS if part in one.players}
        old = read_notes({part: named[stem].notes for part, stem in stems.items() if stem in named}, plan, one, brief)
        own = change & one.own[:, None]
        asked = replace(one.asked, plays=one.asked.plays | played_in(old, plan.bars))
        codes = model.encode(old, asked)
        noise = noise_alike(model, plan, seed, "vary", name or "")
        made = model.sample(asked, seed, guidance=guidance, keep=~own, start_from=codes, amount=amount, noise=noise)
        decoded, before = model.decode(made, asked), model.decode(codes, asked)
        own &= ~same_bars(decoded, before, plan.bars)
        asked = replace(asked, plays=asked.plays & own)
        played = finish(decoded[own[decoded[:, 0], decoded[:, 1]]], asked, plan, one.style, brief)
        for part, stem in stems.items():
            mine = changed.setdefault(stem, np.zeros(plan.bars, bool))
            mine |= own[:, PARTS.index(part)]
            new[stem] = [*new.get(stem, []), *played.get(part, [])]
            players[stem] = one.players[part]
    found = [part if part.name not in changed else _spliced(part, new[part.name], changed[part.name], plan)
             for part in accompaniment.parts]  # fmt: skip
    found += [
        Part(stem, players[stem].program, players[stem].is_drum, tuple(notes))
        for stem, notes in new.items() if stem not in named and notes and not whole[None].alone
    ]  # fmt: skip
    return Accompaniment(tuple(part for part in found if part.notes), accompaniment.timeline, accompaniment.chords)


def noise_alike(model: Generator, plan: Plan, seed: int, *names: str) -> NDArray[np.float32]:
    """Return noise for the bars of a song that is the same at each place of sections of a kind."""
    longest: dict[str, int] = {}
    for section in plan.sections:
        longest[section.kind] = max(section.bars, longest.get(section.kind, 0))
    drawn = {kind: model.noise(bars, seed, *names, kind) for kind, bars in longest.items()}
    return np.concatenate([drawn[section.kind][: section.bars] for section in plan.sections])


def played_in(notes: NDArray[np.int16], bars: int) -> NDArray[np.bool_]:
    """Return which parts have notes in which bars, [bars, 5]."""
    found = np.zeros((bars, len(PARTS)), bool)
    found[notes[:, 0], notes[:, 1]] = True
    return found


def same_bars(one: NDArray[np.int16], other: NDArray[np.int16], bars: int) -> NDArray[np.bool_]:
    """Return where two tables have the same notes but for their velocities, [bars, 5]."""
    found = np.ones((bars, len(PARTS)), bool)
    keys = [{tuple(row) for row in table[:, :5].tolist()} for table in (one, other)]
    for bar, part, *_ in keys[0] ^ keys[1]:
        found[bar, part] = False
    return found


def _without(plays: NDArray[np.bool_], part: str) -> NDArray[np.bool_]:
    found = plays.copy()
    found[:, PARTS.index(part)] = False
    return found


def _spliced(part: Part, new: Iterable[PartNote], changed: NDArray[np.bool_], plan: Plan) -> Part:
    """Return a part with the notes of changed bars from `new` and all others as they are."""
    kept = [note for note in part.notes if not changed[_bar(note.onset, plan)]]
    held: dict[int, list[PartNote]] = {}
    for note in kept:
        held.setdefault(note.pitch, []).append(note)
    added = []
    for note in new:
        there = held.get(note.pitch, ())
        if not changed[_bar(note.onset, plan)] or any(k.onset <= note.onset < k.onset + k.duration for k in there):
            continue  # the pitch sounds already, from a bar that stays
        stop = min((k.onset for k in there if k.onset > note.onset), default=float("inf"))
        added.append(replace(note, duration=min(note.duration, round(stop - note.onset, 6))))
    return replace(part, notes=tuple(sorted([*kept, *added], key=lambda n: (n.onset, n.pitch))))


def _bar(onset: float, plan: Plan) -> int:
    return min(plan.bars - 1, int((onset + EARLY_BEATS) // plan.beats_per_bar))


def read_notes(
    parts: Mapping[str, Sequence[PartNote]], plan: Plan, setting: Setting, brief: Brief
) -> NDArray[np.int16]:
    """Return the notes of parts as the model counts them, [notes, 6]: what `finish` made of them undone."""
    amount, unit = swing_of(setting.style, brief.groove, Meter.parse(plan.meter))
    moved = {}
    if amount > 0.0:
        places = {0.5: {0.5: 8 if amount > 0.5 else 6}, 0.25: {0.25: 3, 0.75: 9}}[unit]
        moved = {round(swung(place, amount, unit), 4): tick for place, tick in places.items()}
    rows = []
    for name, notes in parts.items():
        for note in notes:
            position = note.onset + (EARLY_BEATS if round(note.onset % 1.0, 3) > 0.95 else 0.0)
            beat = int(position)
            inside = max(0.0, note.onset - beat)
            near = next((tick for place, tick in moved.items() if abs(place - inside) < 0.02), None)
            tick = round(inside * TICKS_PER_BEAT) if near is None else near
            bar, beat = divmod(beat, plan.beats_per_bar)
            ticks = max(1, round(note.duration * TICKS_PER_BEAT))
            if bar < plan.bars:
                velocity = min(127, round(note.velocity / force_of(plan.section_of_bar(bar).energy)))
                rows.append(
                    (bar, PARTS.index(name), beat * TICKS_PER_BEAT + min(tick, 11), note.pitch, ticks, velocity)
                )
    return np.array(sorted(set(rows)), np.int16).reshape(-1, 6)
