"""Bands between two others: what is played between two briefs, or between the parts of two songs.

Between two briefs, each step of the drawing goes to what lies between what either of them would have. Between songs,
the codes of their bars are mixed on the sphere that codes lie on, and drawn on from there with a little noise.

Source: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985, for paths on a sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.band import Given, Setting, Toward, settings, stem_of, write_sections
from songsmith.accompaniment.latent.conditions import Conditions
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.playing import finish, left_hand
from songsmith.accompaniment.latent.revising import noise_alike, played_in, read_notes
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.parts import Accompaniment, Part
from songsmith.brief import Brief
from songsmith.plan import Plan

MOST_NOISE = 0.35
"""Share of noise half-way between two songs; none at either end."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One end of a blend.

    Parameters
    ----------
    brief : what is asked for, in the key, meter and tempo of the blend
    plan, parts : of a song whose parts are blended; None where it is words that are
    own : the brief of that song, in which its parts were written
    seed : of that song
    """

    brief: Brief
    plan: Plan | None = None
    parts: tuple[Part, ...] = ()
    own: Brief | None = None
    seed: int = 0


def blend(
    accompaniment: Accompaniment,
    plan: Plan,
    brief: Brief,
    ends: tuple[Source, Source],
    at: float,
    song_seed: int,
    seed: int,
    *,
    parts: Sequence[str] = PARTS,
    guidance: float | None = None,
) -> Accompaniment:
    """Return an accompaniment with some parts between two ends; who plays them is taken from the nearer end.

    Parameters
    ----------
    accompaniment, plan, brief, song_seed : of the song; its form and chords stay
    ends : what lies at 0 and what at 1
    at : 0 to 1
    seed : of what is played
    parts : of `PARTS`; all others stay
    """
    model = Generator.load()
    plain = replace(plan, sections=tuple(replace(section, style=None) for section in plan.sections))
    first, second = (settings(model, plain, end.brief, song_seed)[None] for end in ends)
    near = first if at < 0.5 else second
    asked, other = _agreed(first, second, near, at)
    staying = np.array([name not in parts for name in PARTS])
    there = np.broadcast_to(staying, (plan.bars, len(PARTS)))
    own = settings(model, plain, brief, song_seed)[None]
    named = {part.name: part for part in accompaniment.parts}
    kept = {name: named[name].notes for name in PARTS if name not in parts and name in named}
    old = read_notes(kept, plan, own, brief)
    asked, other = (
        replace(one, plays=np.where(there, played_in(old, plan.bars), one.plays)) for one in (asked, other)
    )
    given = Given(model.encode(old, asked), there)
    if ends[0].plan is None and ends[1].plan is None:
        everywhere = np.ones(plan.bars, bool)
        codes = write_sections(
            model, plain, asked, everywhere, seed, "", guidance, Toward(other, at), given if staying.any() else None
        )
    else:
        codes = _between_songs(model, plain, (asked, other), ends, at, seed, given, guidance)
    asked = replace(asked, plays=asked.plays & ~there)
    played = finish(model.decode(codes, asked), asked, plain, near.style, ends[int(at >= 0.5)].brief)
    if near.alone and {"bass", "harmony"} <= set(parts):
        played = left_hand(played)
    new = [
        Part(name, near.players[name].program, near.players[name].is_drum, tuple(played[name]))
        for name in PARTS
        if name in near.players and played.get(name)
    ]
    staying_parts = [part for part in accompaniment.parts if part.name.partition("-")[0] not in parts]
    order = {name: number for number, name in enumerate(PARTS)}
    found = sorted([*staying_parts, *new], key=lambda part: order.get(part.name.partition("-")[0], len(PARTS)))
    return Accompaniment(tuple(found), accompaniment.timeline, accompaniment.chords)


def _agreed(first: Setting, second: Setting, near: Setting, at: float) -> tuple[Conditions, Conditions]:
    """Return what is asked at either end with the same parts playing, as dense and as high as between the two."""
    plays = near.asked.plays

    def between(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
        a, b = np.where(np.isnan(a), b, a), np.where(np.isnan(b), a, b)
        return np.where(plays, (1.0 - at) * a + at * b, np.nan).astype(np.float32)

    density = between(first.asked.density, second.asked.density)
    register = between(first.asked.register, second.asked.register)
    return (
        replace(first.asked, plays=plays, density=density, register=register),
        replace(second.asked, plays=plays, density=density, register=register),
    )


def _between_songs(
    model: Generator,
    plan: Plan,
    asked: tuple[Conditions, Conditions],
    ends: tuple[Source, Source],
    at: float,
    seed: int,
    given: Given,
    guidance: float | None,
) -> NDArray[np.float32]:
    """Return codes between those of two songs, or of a song and what words give."""
    codes = []
    for end, one in zip(ends, asked, strict=True):
        if end.plan is None:
            codes.append(write_sections(model, plan, one, np.ones(plan.bars, bool), seed, "", guidance))
        else:
            codes.append(_placed(model, end, plan))
    mixed = on_sphere(codes[0], codes[1], at)
    wide = np.repeat(given.there, model.numbers // len(PARTS), axis=1)
    mixed = np.where(wide, given.codes, mixed)
    amount = 4.0 * MOST_NOISE * at * (1.0 - at)
    if amount < 0.02:
        return mixed
    noise = noise_alike(model, plan, seed, "blend")
    return model.sample(
        asked[0], seed, guidance=guidance, keep=given.there, start_from=mixed, amount=amount, noise=noise,
        other=asked[1], at=at,
    )  # fmt: skip


def _placed(model: Generator, end: Source, plan: Plan) -> NDArray[np.float32]:
    """Return the codes of a song's bars at the places of another plan: those of sections of the kind, or the next."""
    assert end.plan is not None
    assert end.own is not None
    whole = settings(model, end.plan, end.own, end.seed)
    own = whole[None]
    named = {part.name: part for part in end.parts}
    stems = {part: stem_of(part, None, own, own) for part in PARTS}
    played = {part: named[stem].notes for part, stem in stems.items() if stem in named}
    codes = model.encode(read_notes(played, end.plan, own, end.own), own.asked)
    seen: dict[str, int] = {}
    rows = []
    for section in plan.sections:
        turn = seen.get(section.kind, 0)
        seen[section.kind] = turn + 1
        alike = [s for s in end.plan.sections if s.kind == section.kind]
        alike = alike or sorted(end.plan.sections, key=lambda s: abs(s.energy - section.energy))[:1]
        source = alike[turn % len(alike)]
        rows += [codes[source.bar + place % source.bars] for place in range(section.bars)]
    return np.stack(rows)


def on_sphere(
    one: NDArray[np.float32], other: NDArray[np.float32], at: float, parts: int = len(PARTS)
) -> NDArray[np.float32]:
    """Return codes on the way between two, part by part of a bar, as long as those they lie between.

    Parameters
    ----------
    one, other : [bars, numbers]
    """
    a, b = (codes.reshape(len(codes), parts, -1).astype(np.float64) for codes in (one, other))
    lengths = [np.linalg.norm(codes, axis=2, keepdims=True) for codes in (a, b)]
    cosine = (a * b).sum(axis=2, keepdims=True) / np.maximum(lengths[0] * lengths[1], 1e-9)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    sine = np.sin(angle)
    plain = sine < 1e-3
    safe = np.where(plain, 1.0, sine)
    first = np.where(plain, 1.0 - at, np.sin((1.0 - at) * angle) / safe)
    second = np.where(plain, at, np.sin(at * angle) / safe)
    mixed: NDArray[np.float32] = (first * a + second * b).reshape(one.shape).astype(np.float32)
    return mixed
