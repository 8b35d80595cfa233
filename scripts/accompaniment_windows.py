"""Passages to train the denoiser on: the codes of whole songs, and what could have been asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from accompaniment_captions import captions_of, styles_of
from accompaniment_songs import RawSong
from numpy.typing import NDArray

from lyrics.meaning import Meaning
from songsmith.accompaniment.latent.coding import encode
from songsmith.accompaniment.latent.conditions import (
    METERS,
    STYLES,
    Conditions,
    Features,
    features,
    measure_bars,
    measure_feel,
    measure_swing,
    program_choice,
)
from songsmith.accompaniment.latent.plain import PlainCoders
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.seeds import generator
from songsmith.styles import load_style

CAPTIONS = 6
OPEN_VALUES = 0.25
"""How often density and register of a passage are left open."""


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """A song to train on: `codes` [bars, 640] float16, normalised; 0 where a part is silent."""

    family: str
    name: str
    source: str
    codes: NDArray[np.float16]
    asked: Conditions
    texts: NDArray[np.float32]
    captions: tuple[str, ...]
    styles: tuple[int, ...]
    notes: NDArray[np.int16]


def energies(songs: Sequence[RawSong]) -> list[NDArray[np.float32]]:
    """Return the energy of each bar of each song: how loud and busy its section is, ranked among all of them."""
    loud, busy = [], []
    for song in songs:
        measured = measure_bars(song.notes, len(song.bars), _beats(song))
        for key, values in (("loudness", loud), ("strokes", busy)):
            number = song.bars[:, 1]
            means = np.bincount(number, weights=measured[key]) / np.maximum(np.bincount(number), 1)
            values.append(means[number])
    both = np.zeros(sum(len(v) for v in loud))
    for values in (loud, busy):
        flat = np.concatenate(values)
        both += np.argsort(np.argsort(flat, kind="stable"), kind="stable") / max(1, len(flat) - 1)
    ranked = np.argsort(np.argsort(both, kind="stable"), kind="stable") / max(1, len(both) - 1)
    cuts = np.cumsum([len(s.bars) for s in songs])[:-1]
    return [part.astype(np.float32) for part in np.split(ranked, cuts)]


def _beats(song: RawSong) -> int:
    return 4 if song.meter == "4/4" else 3


def held_out(song: RawSong | Song) -> bool:
    """Tell whether a song of a training family is kept out of training: all songs of some of MMA's grooves are."""
    groove = song.name.partition(".")[0]
    return song.source == "mma" and hashlib.sha256(f"{song.family}:{groove}".encode()).digest()[1] % 12 == 0


def to_song(song: RawSong, energy: NDArray[np.float32], coders: PlainCoders | None, seed: int) -> Song:
    """Return what is asked of a song, with its codes where there is a coder."""
    beats, bars = _beats(song), len(song.bars)
    measured = measure_bars(song.notes, bars, beats)
    styles = tuple(STYLES.index(name) + 1 for name in styles_of(song))
    tempo = song.tempo
    rng = generator(seed, "tempo", song.family, song.name)
    if song.source == "mma" and styles:  # MMA plays alike at any tempo: take one that suits the style
        low, high = load_style(STYLES[styles[0] - 1]).tempo
        tempo = float(round(rng.uniform(0.92 * low, 1.08 * high)))
    captions = captions_of(replace(song, tempo=tempo), float(energy.mean()), CAPTIONS, seed)
    kind, _, place, left, flags, _ = song.bars.astype(np.int64).T
    asked = Conditions(
        text=np.zeros(128, np.float32),
        style=0,
        meter=METERS.index(song.meter),
        tempo=tempo,
        tonic=song.key[0],
        mode="minor" if song.key[1] else "major",
        swing=measure_swing(song.notes),
        feel=measure_feel(song.notes, bars, METERS.index(song.meter)),
        programs=np.array(
            [program_choice(song.programs[p], p == "drums") if p in song.programs else 0 for p in PARTS], np.int64
        ),
        kind=kind,
        place=place,
        left=left,
        fill=flags & 1 > 0,
        ending=flags & 2 > 0,
        chords=song.chords,
        following=song.chords[-1],
        plays=measured["plays"],
        density=measured["density"],
        register=measured["register"],
        energy=energy,
    )
    codes = np.zeros((bars, 0), np.float16)
    if coders is not None:
        codes = encode(coders, song.notes, song.chords, song.key[0], beats).astype(np.float16)
    return Song(
        song.family,
        song.name,
        song.source,
        codes,
        asked,
        Meaning.load().embed(captions),
        captions,
        styles,
        song.notes,
    )


def asked_of(song: Song, first: int, last: int, rng: np.random.Generator) -> Features:
    """Return what is asked of a passage of a song, some of it left open."""
    own = song.asked.window(first, last)
    text = song.texts[int(rng.integers(len(song.texts)))] if rng.random() > 0.1 else np.zeros(128, np.float32)
    style = int(rng.choice(song.styles)) if song.styles and rng.random() > 0.25 else 0
    programs = np.where(rng.random(len(PARTS)) < (0.0 if rng.random() < 0.6 else 0.5), 0, own.programs)
    density, register = own.density.copy(), own.register.copy()
    density += rng.normal(0.0, 0.08, density.shape) * np.maximum(density, 0.5)
    register += rng.normal(0.0, 0.08, register.shape)
    for values in (density, register):
        if rng.random() < OPEN_VALUES:
            values[:] = np.nan
        else:
            values[:, rng.random(len(PARTS)) < 0.25] = np.nan
        values[~own.plays] = np.nan
    energy = own.energy + rng.normal(0.0, 0.05, len(own)).astype(np.float32)
    if rng.random() < 0.1:
        energy[:] = np.nan
    kind = own.kind if rng.random() > 0.1 else np.ones_like(own.kind)
    return features(
        replace(
            own,
            text=text,
            style=style,
            swing=own.swing if rng.random() > 0.3 else float("nan"),
            feel=own.feel if rng.random() > 0.4 else 0,
            programs=programs,
            density=density.astype(np.float32),
            register=register.astype(np.float32),
            energy=energy,
            kind=kind,
        )
    )


def draw_known(bars: int, plays: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which parts of which bars are given: none, those before, those around a gap, or some parts."""
    known = np.zeros((bars, len(PARTS)), bool)
    kind = rng.random()
    if kind < 0.55:
        return known
    if kind < 0.75:
        known[: int(rng.integers(1, bars // 2 + 1))] = True
    elif kind < 0.88:
        gap = int(rng.integers(1, bars))
        first = int(rng.integers(0, bars - gap + 1))
        known[:] = True
        known[first : first + gap] = False
    else:
        known[:, rng.random(len(PARTS)) < 0.6] = True
        if known.all():
            known[:, int(rng.integers(len(PARTS)))] = False
    return known
