"""A recording as bars: where they are, what they sound like, and which may be played again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.analysis import Analysis
from songsmith.analysis.sections import FoundSection
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.mixing.loudness import OFFSET_LUFS, k_energies
from songsmith.plan import Chord
from songsmith.timeline import Meter

Table = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

SLOTS = 16
"""Pieces of a bar that its sound is described in."""

BANDS = 20
LOW_HZ, HIGH_HZ = 60.0, 10_000.0
WINDOW = 2048
FEWEST = 4
LEVEL_WITHIN_DB = 8.0
"""Bars that are softer than the middle one by more than this begin or end the music: they are not played again."""

ATTACKS_SHARE = 0.35
"""Bars in which less happens than this share of what happens in the middle one are held chords: neither are they."""

STEADY_BEATS = 6
"""Beats to each side through which a line is laid where the tempo is steady."""

STEADY_WITHIN_S = 0.015
PAST_END_S = 0.05
"""A last bar may reach this far past the end of the recording."""


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """The whole bars of a recording.

    Parameters
    ----------
    edges : `[bars + 1]` first frame of every bar, and the frame past the last
    sound : `[bars, features]` unit vectors: spectrum over the time of the bar
    level_lufs : `[bars]`
    chords : for each bar its chords, from its own beat 0
    phase : `[bars]` place of a bar in its section, counted in fours
    usable : `[bars]` whether it may be played again
    sections : of these bars
    beats : `[bars, beats + 1]` seconds of the beats of each bar, from its beginning
    """

    edges: Places
    sound: Table
    level_lufs: Table
    chords: tuple[tuple[Chord, ...], ...]
    phase: Places
    usable: npt.NDArray[np.bool_]
    sections: tuple[FoundSection, ...]
    beats: Table

    @property
    def count(self) -> int:
        return len(self.level_lufs)

    def lengths_s(self, sample_rate: int) -> Table:
        return np.asarray(np.diff(self.edges) / sample_rate, np.float64)


def bars_of(audio: Audio, found: Analysis) -> Bars:
    """Return the bars of a recording.

    Parameters
    ----------
    audio : what is heard of it: the mix, or what is left of it without a voice
    found : its analysis

    Raises InputError where there are too few bars to go on from.
    """
    per_bar = Meter.parse(found.meter).beats_per_bar
    downbeats = [d for d in found.timeline.downbeats if d + per_bar < len(found.timeline.beats)]
    starts = [
        d for d, after in pairwise([*downbeats, downbeats[-1] + per_bar if downbeats else 0]) if after - d == per_bar
    ]
    times = steadied(np.asarray(found.timeline.beats))
    starts = [start for start in starts if times[start + per_bar] <= audio.duration_s + PAST_END_S]
    if len(starts) < FEWEST:
        raise InputError(f"the recording has {len(starts)} whole bars: give one with at least {FEWEST}")
    first, last = starts[0], starts[-1]
    if (last - first) % per_bar or len(starts) != (last - first) // per_bar + 1:
        starts = list(range(first, last + 1, per_bar))  # a bar of other beats between: counted through
    grid = np.asarray([times[start : start + per_bar + 1] for start in starts])
    edges = np.append(np.rint(grid[:, 0] * audio.sample_rate), round(grid[-1, -1] * audio.sample_rate)).astype(
        np.int64
    )
    edges = np.minimum(edges, audio.frames)
    levels = _levels(audio, edges)
    sound, attacks = bar_sounds(audio, edges)
    usable = (levels > np.median(levels) - LEVEL_WITHIN_DB) & (attacks > ATTACKS_SHARE * np.median(attacks))
    chords = tuple(_chords_of(found.chords, start, per_bar) for start in starts)
    sections, phase = _phases(found.sections, len(starts), (starts[0] - found.timeline.downbeats[0]) // per_bar)
    return Bars(edges, sound, levels, chords, phase, usable, sections, grid - grid[:, :1])


def steadied(times: Table) -> Table:
    """Return beat times without the jitter of what found them: on a line through their neighbours where one fits.

    Where the tempo changes, so that they are off that line by more than `STEADY_WITHIN_S`, they stay.
    """
    smooth = times.copy()
    for k in range(len(times)):
        reach = min(STEADY_BEATS, k, len(times) - 1 - k)
        if reach < 2:
            continue
        near = times[k - reach : k + reach + 1]
        steps = np.arange(-reach, reach + 1)
        slope = float(steps @ near) / float(steps @ steps)
        if np.abs(near - near.mean() - slope * steps).max() <= STEADY_WITHIN_S:
            smooth[k] = near.mean()
    return smooth if (np.diff(smooth) > 0).all() else times


def _levels(audio: Audio, edges: Places) -> Table:
    hop = audio.sample_rate // 50
    energies = np.concatenate([[0.0], np.cumsum(k_energies(audio.samples, audio.sample_rate, hop))])
    places = np.minimum(edges // hop, len(energies) - 1)
    means = np.diff(energies[places]) / np.maximum(1, np.diff(places))
    return np.asarray(OFFSET_LUFS + 10.0 * np.log10(np.maximum(means, 1e-12)), np.float64)


def bar_sounds(audio: Audio, edges: Places) -> tuple[Table, Table]:
    """Return what each bar sounds like, band energies in decibels over its time as a unit vector; and its attacks.

    Attacks are the mean rise from one piece of a bar to the next, in decibels.
    """
    mono = audio.samples.mean(axis=0)
    bins = np.searchsorted(np.fft.rfftfreq(WINDOW, 1.0 / audio.sample_rate), np.geomspace(LOW_HZ, HIGH_HZ, BANDS + 1))
    shape = np.hanning(WINDOW).astype(np.float32)
    rows, attacks = [], []
    for start, stop in pairwise(edges):
        places = start + (np.arange(2 * SLOTS) * (stop - start)) // (2 * SLOTS)
        padded = np.pad(mono[start : stop + WINDOW], (0, max(0, WINDOW - (len(mono) - start)) + WINDOW))
        frames = np.stack([padded[place - start : place - start + WINDOW] for place in places]) * shape
        power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
        bands = np.stack([power[:, a : max(a + 1, b)].mean(axis=1) for a, b in pairwise(bins)], axis=1)
        level = 10.0 * np.log10(bands.reshape(SLOTS, 2, BANDS).mean(axis=1) + 1e-8)
        rows.append(level.reshape(-1))
        attacks.append(float(np.maximum(0.0, np.diff(10.0 * np.log10(bands + 1e-6), axis=0)).mean()))
    table = np.asarray(rows)
    table = table - table.mean(axis=0)
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9), np.asarray(attacks)


def _chords_of(chords: tuple[Chord, ...], start: int, beats: int) -> tuple[Chord, ...]:
    """Return the chords of a bar, from its own beat 0."""
    found = []
    for chord in chords:
        first, past = max(chord.onset, start), min(chord.end, start + beats)
        if past - first > 1e-6:
            found.append(Chord(first - start, past - first, chord.symbol))
    return tuple(found)


def _phases(sections: tuple[FoundSection, ...], bars: int, offset: int) -> tuple[tuple[FoundSection, ...], Places]:
    """Return the sections that lie in these bars, and the place of each bar in its section, counted in fours."""
    phase = np.arange(bars, dtype=np.int64) % 4
    kept = []
    for section in sections:
        first = section.bar - offset
        phase[max(0, first) : max(0, first + section.bars)] = [
            (bar - first) % 4 for bar in range(max(0, first), min(bars, max(0, first + section.bars)))
        ]
        if 0 <= first < bars:
            kept.append(
                section
                if not offset
                else FoundSection(
                    section.kind, section.label, first, min(section.bars, bars - first), section.energy, section.voice
                )
            )
    return tuple(kept), phase
