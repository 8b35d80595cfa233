"""What a voice stands on that comes to music which is there: its bars counted through, its chords, how loud it is.

The beats are the recording's own, from its first downbeat on; a melody is written for them.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from lyrics.values import Lyrics
from songsmith.accompaniment.parts import Accompaniment
from songsmith.analysis import Analysis
from songsmith.analysis.features import Frames
from songsmith.compose import compose
from songsmith.composing.backing import Backing
from songsmith.melodics import melody_faults, melody_statistics
from songsmith.paper import LARGEST_SEED
from songsmith.plan import Chord, Plan
from songsmith.score import Score
from songsmith.seeds import generator
from songsmith.timeline import Meter, Timeline

MELODIES_TRIED = 6
CHORD_TONES = 0.9
"""Share of the strong notes that are tones of their chord, from which a melody is as good as any."""

UNSURE = 0.4
"""Confidence below which a part of the analysis is told to be unsure."""


def song_grid(found: Analysis, duration_s: float) -> tuple[Timeline, tuple[Chord, ...], int, int]:
    """Return a recording's beats from its first downbeat on, its chords on them, its bars, and how many are odd.

    The timeline goes on to the end of the recording and one beat past it. Bars are counted through from the downbeat
    that most others agree with.
    """
    per_bar = Meter.parse(found.meter).beats_per_bar
    downbeats = found.timeline.downbeats
    phases = [d % per_bar for d in downbeats]
    phase = max(range(per_bar), key=lambda p: (phases.count(p), -p))
    odd = sum(p != phase for p in phases)
    first = next((d for d in downbeats if d % per_bar == phase), downbeats[0])
    times = list(found.timeline.beats[first:])
    while times[-1] <= duration_s:
        times.append(round(2 * times[-1] - times[-2], 4))
    bars = (len(times) - 1) // per_bar
    while bars > 1 and times[bars * per_bar] > duration_s + 0.05:
        bars -= 1
    timeline = Timeline(found.timeline.tempo, tuple(times), tuple(range(0, len(times), per_bar)))
    end = float(bars * per_bar)
    chords = [
        Chord(max(0.0, c.onset - first), min(end, c.end - first) - max(0.0, c.onset - first), c.symbol)
        for c in found.chords
        if min(end, c.end - first) > max(0.0, c.onset - first) + 1e-6
    ]
    if chords and chords[-1].end < end - 1e-6:
        chords[-1] = replace(chords[-1], duration=end - chords[-1].onset)
    return timeline, tuple(chords), bars, odd


def levels_of_bars(mono: Frames, sample_rate: int, timeline: Timeline, bars: int, beats: int) -> Backing:
    """Return music as the melody writer hears it: how loud each bar is against the loudest."""
    lines = timeline.beats_to_seconds(np.linspace(0, beats, bars + 1)) * sample_rate
    edges = np.clip(lines, 0, len(mono)).astype(int)
    levels = np.asarray([float(np.sqrt(np.mean(mono[a:b] ** 2))) if b > a else 0.0 for a, b in pairwise(edges)])
    top = float(levels.max())
    energy = levels / top if top > 0 else levels
    return Backing(tuple(round(float(e), 6) for e in energy), (0.0,) * beats)


def write_melody_over(
    words: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    home: tuple[int, int],
    seed: int,
    syncopation: float,
    backing: Backing,
) -> Score:
    """Return the melody of a seed on a recording, or where that is faulty or off its chords the best of a few.

    A band that is there cannot go along with the voice, so its strong notes have to be tones of what is played.
    """
    tried: list[tuple[int, float, int, Score]] = []
    for attempt in range(MELODIES_TRIED):
        own = seed if attempt == 0 else int(generator(seed, "melody over", attempt).integers(LARGEST_SEED))
        score = compose(words, plan, accompaniment, home, own, syncopation, backing=backing)
        faults = len(melody_faults(score))
        missing = max(0.0, CHORD_TONES - melody_statistics(score).strong_chord_tones) if score.notes else 0.0
        tried.append((faults, missing, attempt, score))
        if not faults and not missing:
            break
    return min(tried, key=lambda one: one[:3])[3]
