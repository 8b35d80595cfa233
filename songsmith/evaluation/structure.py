"""Whether the form is heard: sections that come back are alike, others differ, and energy follows the plan."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.plan import PlannedSection
from songsmith.song import Song
from songsmith.timeline import Meter

STEPS_PER_BEAT = 4

Vectors = npt.NDArray[np.float64]


def structure(song: Song) -> dict[str, float | None]:
    """Compare the sections of a song bar by bar.

    `repeats_alike` is the mean likeness (0 to 1) of sections of one kind, `sections_differ` one minus that of
    sections of different kinds; None where there are no such pairs.
    """
    bars = _bar_vectors(song)
    alike: list[float] = []
    other: list[float] = []
    for a, b in combinations(song.plan.sections, 2):
        if min(a.bars, b.bars) < 2:
            continue
        (alike if a.kind == b.kind else other).append(_likeness(bars, a, b))
    return {
        "repeats_alike": round(float(np.mean(alike)), 3) if alike else None,
        "sections_differ": round(1.0 - float(np.mean(other)), 3) if other else None,
    }


def _likeness(bars: Vectors, a: PlannedSection, b: PlannedSection) -> float:
    """Return the mean cosine of the bars of two sections, place by place; two silent bars are alike."""
    count = min(a.bars, b.bars)
    left, right = bars[a.bar : a.bar + count], bars[b.bar : b.bar + count]
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    dots = np.einsum("bi,bi->b", left, right)
    both_silent = ~left.any(axis=1) & ~right.any(axis=1)
    return float(np.mean(np.where(both_silent, 1.0, dots / np.maximum(norms, 1e-9))))


def _bar_vectors(song: Song) -> Vectors:
    """Return `[bars, features]`: where in a bar each part and the melody begin notes, and on which pitch classes."""
    per_bar = Meter.parse(song.plan.meter).beats_per_bar
    steps = STEPS_PER_BEAT * per_bar
    voices = [([(n.onset, n.pitch, n.velocity / 100.0) for n in part.notes], part.is_drum) for part in song.parts]
    voices.append(([(n.onset, n.pitch, 1.0) for n in song.notes], False))
    columns = []
    for notes, is_drum in voices:
        rhythm, pitches = np.zeros((song.plan.bars, steps)), np.zeros((song.plan.bars, 12))
        for onset, pitch, weight in notes:
            step = round(onset * STEPS_PER_BEAT)
            bar = min(step // steps, song.plan.bars - 1)
            rhythm[bar, step % steps] += weight
            pitches[bar, pitch % 12] += 0.0 if is_drum else weight
        columns += [rhythm, pitches]
    return np.concatenate(columns, axis=1)


def dynamics(song: Song, mix: Audio) -> dict[str, float | None]:
    """Compare the level of the sections with their planned energy.

    `energy_followed` is the correlation of the two over the sections, None where the plan has one level;
    `loudest_over_softest_db` is between the mean levels of the loudest and the softest section.
    """
    levels_db, energies = [], []
    for section in song.plan.sections:
        first, past = (
            round(song.timeline.seconds(float(bar * song.plan.beats_per_bar)) * mix.sample_rate)
            for bar in (section.bar, section.bar + section.bars)
        )
        piece = mix.samples[:, first : min(past, mix.frames)]
        if piece.size:
            levels_db.append(10.0 * np.log10(float(np.mean(np.square(piece, dtype=np.float64))) + 1e-12))
            energies.append(section.energy)
    if not levels_db:
        return {"energy_followed": None, "loudest_over_softest_db": 0.0}
    varied = len(levels_db) > 2 and np.std(energies) > 1e-6 and np.std(levels_db) > 1e-6
    return {
        "energy_followed": round(float(np.corrcoef(levels_db, energies)[0, 1]), 3) if varied else None,
        "loudest_over_softest_db": round(max(levels_db) - min(levels_db), 1),
    }
