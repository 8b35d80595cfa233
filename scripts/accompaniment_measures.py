"""Measures of accompaniments: how they sit on their chords, how their bars follow each other, how full they are.

Notes are rows of bar, part, tick (12 to a beat), pitch, ticks, velocity, as in `RawSong`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.conditions import Conditions, measure_bars
from songsmith.accompaniment.latent.rolls import (
    DRUM_CLASSES,
    PARTS,
    QUALITY_NAMES,
    TICKS_PER_BEAT,
    root_pitches,
)
from songsmith.theory import MODES, QUALITIES

DENSEST = 8
"""Ticks of a beat struck by one part, on average over a bar, from which the bar counts as a machine gun's."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Bars of parts with what was asked of them."""

    asked: Conditions
    notes: NDArray[np.int16]


def chord_tones(passages: Iterable[Passage]) -> float:
    """Return the share of pitched notes on beats that belong to the chord of their beat."""
    inside = total = 0
    for passage in passages:
        notes = passage.notes[(passage.notes[:, 1] > 0) & (passage.notes[:, 2] % TICKS_PER_BEAT == 0)]
        for bar, _, tick, pitch, _, _ in notes.tolist():
            root, bass, quality = passage.asked.chords[bar, tick // TICKS_PER_BEAT].tolist()
            if quality < 0:
                continue
            tones = {(root + step) % 12 for step in QUALITIES[QUALITY_NAMES[quality]]} | {bass}
            inside, total = inside + (pitch % 12 in tones), total + 1
    return inside / max(1, total)


def out_of_key(passages: Iterable[Passage]) -> float:
    """Return the share of pitched notes that are neither in the key nor in the chord of their beat."""
    outside = total = 0
    for passage in passages:
        scale = {(passage.asked.tonic + step) % 12 for step in MODES[passage.asked.mode]}
        for bar, part, tick, pitch, _, _ in passage.notes.tolist():
            if part == 0:
                continue
            root, bass, quality = passage.asked.chords[bar, min(tick // TICKS_PER_BEAT, 3)].tolist()
            tones = {(root + s) % 12 for s in QUALITIES[QUALITY_NAMES[quality]]} | {bass} if quality >= 0 else set()
            outside, total = outside + (pitch % 12 not in scale | tones), total + 1
    return outside / max(1, total)


def groove_similarity(passages: Iterable[Passage]) -> float:
    """Return how alike the drums of neighbouring bars are: 1 less the share of places where one strikes alone.

    Source: S.-L. Wu, Y.-H. Yang, "The jazz transformer on the front line", ISMIR 2020.
    """
    found = []
    classes = np.array([_class_of().get(key, 0) for key in range(128)])
    for passage in passages:
        bars, ticks = len(passage.asked), passage.asked.beats * TICKS_PER_BEAT
        grid = np.zeros((bars, ticks, len(DRUM_CLASSES)), bool)
        drums = passage.notes[passage.notes[:, 1] == 0]
        grid[drums[:, 0], drums[:, 2], classes[drums[:, 3]]] = True
        places = grid.any(axis=2)  # as in the source: places in time, whatever strikes
        plays = grid.any(axis=(1, 2))
        both = plays[1:] & plays[:-1]
        found += list(1.0 - (places[1:] ^ places[:-1]).mean(axis=1)[both])
    return float(np.mean(found)) if found else float("nan")


def _class_of() -> dict[int, int]:
    return {key: row for row, keys in enumerate(DRUM_CLASSES) for key in keys}


def fullness(passages: Sequence[Passage]) -> dict[str, tuple[float, float]]:
    """Return for each part its notes a bar and its notes a stroke, where it is asked to play."""
    found = {}
    for number, name in enumerate(PARTS):
        notes = strokes = bars = 0
        for passage in passages:
            own = passage.notes[passage.notes[:, 1] == number]
            notes += len(own)
            strokes += len(np.unique(own[:, [0, 2]], axis=0))
            bars += int(passage.asked.plays[:, number].sum())
        found[name] = (notes / max(1, bars), notes / max(1, strokes))
    return found


def drum_classes(passages: Iterable[Passage]) -> NDArray[np.float64]:
    """Return the share of each class of percussion among all strokes."""
    count = np.zeros(len(DRUM_CLASSES))
    classes = _class_of()
    for passage in passages:
        for key in passage.notes[passage.notes[:, 1] == 0, 3].tolist():
            count[classes.get(key, 0)] += 1
    return np.asarray(count / max(1.0, count.sum()))


def degenerate(passages: Iterable[Passage]) -> float:
    """Return the share of parts of bars that are empty where they should play, or strike without end."""
    bad = total = 0
    for passage in passages:
        measured = measure_bars(passage.notes, len(passage.asked), passage.asked.beats)
        asked = passage.asked.plays
        struck = np.zeros(asked.shape)
        places = np.unique(passage.notes[:, :3], axis=0)
        np.add.at(struck, (places[:, 0], places[:, 1]), 1.0 / passage.asked.beats)
        # A part may rest for a bar; what may not be is a bar in which nobody plays, or a part without any bar.
        silent = asked.any(axis=1) & ~measured["plays"].any(axis=1)
        gun = struck >= DENSEST
        bad += int(silent.sum()) + int(gun.any(axis=1).sum())
        total += len(asked)
    return bad / max(1, total)


def bar_parts(passage: Passage) -> set[tuple[int, bytes]]:
    """Return the pitched parts of bars as what they play relative to the chords: part, then ticks and intervals."""
    found = {}
    for part in range(1, len(PARTS)):
        own = passage.notes[passage.notes[:, 1] == part]
        roots = passage.asked.roots[own[:, 0], np.minimum(own[:, 2] // TICKS_PER_BEAT, 3)]
        relative = own[:, 3] - root_pitches(roots, np.full(len(own), part))
        for bar in np.unique(own[:, 0]):
            mine = own[:, 0] == bar
            rows = np.stack([own[mine, 2], relative[mine]], axis=1)
            found[part, int(bar)] = np.unique(rows, axis=0).astype(np.int16).tobytes()
    return {(part, key) for (part, _), key in found.items()}


def list_bar_parts(passage: Passage) -> list[tuple[int, bytes]]:
    """Return what `bar_parts` does, once for every bar."""
    found = []
    for part in range(1, len(PARTS)):
        own = passage.notes[passage.notes[:, 1] == part]
        roots = passage.asked.roots[own[:, 0], np.minimum(own[:, 2] // TICKS_PER_BEAT, 3)]
        relative = own[:, 3] - root_pitches(roots, np.full(len(own), part))
        for bar in np.unique(own[:, 0]):
            mine = own[:, 0] == bar
            rows = np.stack([own[mine, 2], relative[mine]], axis=1)
            found.append((part, np.unique(rows, axis=0).astype(np.int16).tobytes()))
    return found


def bars_differ(a: Passage, b: Passage) -> float:
    """Return the share of bars in which two passages have different onsets or pitches."""

    def bars(passage: Passage) -> list[bytes]:
        return [
            np.unique(passage.notes[passage.notes[:, 0] == bar][:, 1:4], axis=0).tobytes()
            for bar in range(len(passage.asked))
        ]

    return float(np.mean([x != y for x, y in zip(bars(a), bars(b), strict=True)]))


def style_features(passage: Passage) -> NDArray[np.float32]:
    """Return what a classifier of styles sees: when and what each part plays, on average over the bars.

    It sees notes alone: neither instruments nor tempo.
    """
    bars = len(passage.asked)
    notes = passage.notes.astype(np.int64)
    classes = np.array([_class_of().get(key, 0) for key in range(128)])
    drum = notes[notes[:, 1] == 0]
    grid = np.zeros((6, 48))
    group = np.array([0, 2, 1, 1, 3, 3, 4, 5, 5, 5, 5, 4, 4, *(5,) * 11])
    np.add.at(grid, (group[classes[drum[:, 3]]], drum[:, 2]), 1.0)
    pieces = [grid.reshape(-1) / bars]
    for part in range(1, len(PARTS)):
        own = notes[notes[:, 1] == part]
        roots = passage.asked.roots[own[:, 0], np.minimum(own[:, 2] // TICKS_PER_BEAT, 3)]
        degree = (own[:, 3] - roots) % 12
        count = max(1, len(own))
        pieces += [
            np.bincount(own[:, 2], minlength=48)[:48] / bars,
            np.bincount(degree, minlength=12) / count,
            np.histogram(own[:, 4], bins=(0, 2, 4, 7, 10, 14, 20, 30, 60, 200))[0] / count,
            np.histogram(own[:, 3], bins=(0, 36, 43, 50, 57, 64, 71, 78, 128))[0] / count,
            [len(own) / bars / 10.0, float(len(own) > 0)],
        ]
    return np.concatenate(pieces).astype(np.float32)
