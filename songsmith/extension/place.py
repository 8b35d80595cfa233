"""Where in a recording new bars come in, and what follows: the rest of it, its own ending, or one made for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songsmith.analysis import Analysis
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.bars import Bars
from songsmith.theory import Key, parse_chord

ENDING_SHARE = 0.4
"""A last section longer than this part of a recording is no ending."""

LAST_S, DIED_AWAY_DB = 0.25, 12.0
"""A recording whose last quarter of a second is not this much softer than its middle bar breaks off."""

LONGEST_HELD_S, SHORTEST_HELD_S = 5.0, 1.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where new bars come in.

    Parameters
    ----------
    bar : the bar before which they come, the number of bars for after the last
    before : whether they are a beginning
    ends : whether the recording has no ending, so that one is made after the new bars
    """

    bar: int
    before: bool = False
    ends: bool = False


def place_of(audio: Audio, bars: Bars, found: Analysis, from_s: float | None, before: bool) -> Place:
    """Return where new bars come in: before all, at a time, or where the ending of the recording begins."""
    rate = audio.sample_rate
    if before:
        return Place(0, before=True)
    starts_s = bars.edges / rate
    if from_s is not None:
        if not starts_s[0] <= from_s <= found.duration_s:
            raise InputError(
                f"--from {from_s:g} is outside the recording's bars: use {starts_s[1]:.1f} to {starts_s[-1]:.1f}"
            )
        return Place(max(1, int(np.argmin(np.abs(starts_s - from_s)))))
    if breaks_off(audio, bars):
        return Place(_after_playing(bars), ends=True)
    last = bars.sections[-1] if len(bars.sections) > 2 else None
    short = last is not None and 1 <= last.bar < bars.count and bars.count - last.bar <= ENDING_SHARE * bars.count
    if last is not None and short and (last.kind == "outro" or not bars.usable[last.bar :].all()):
        return Place(last.bar)
    return Place(_after_playing(bars))


def breaks_off(audio: Audio, bars: Bars) -> bool:
    """Tell whether a recording stops while it is playing: it neither fades out nor rings."""
    power = float(np.mean(np.square(audio.samples[:, -max(1, round(LAST_S * audio.sample_rate)) :])))
    inside = audio.samples[:, bars.edges[0] : bars.edges[-1]]
    usual = float(np.mean(np.square(inside)))
    return power > usual * float(10.0 ** (-DIED_AWAY_DB / 10.0))


def _after_playing(bars: Bars) -> int:
    """Return the bar after the last one in which the music plays as it does elsewhere."""
    playing = np.flatnonzero(bars.usable)
    return max(1, int(playing[-1]) + 1) if len(playing) else bars.count


@dataclass(frozen=True, slots=True)
class Held:
    """The last chord of an ending that is made: a bar of the recording, and for how many frames it rings."""

    bar: int
    frames: int


def held_of(bars: Bars, found: Analysis, sample_rate: int) -> Held:
    """Return a bar that begins on the tonic, and how long that lasts in it and in the bars after it."""
    key = Key.parse(found.key)
    per_bar = bars.beats.shape[1] - 1
    best = (-1.0, 0, per_bar * 1.0)
    for bar in np.flatnonzero(bars.usable).tolist():
        first = bars.chords[bar][0] if bars.chords[bar] else None
        tones = parse_chord(first.symbol) if first is not None and first.onset < 0.5 else None
        is_home = tones is not None and tones.root == key.tonic
        beats = first.duration if first is not None and is_home else float(per_bar)
        score = 4.0 * is_home + beats / per_bar + 0.5 * (bars.phase[bar] == 0) - 0.001 * abs(bar - bars.count)
        if score > best[0]:
            best = (score, bar, beats)
    _, bar, beats = best
    beat_s = float(bars.lengths_s(sample_rate)[bar]) / per_bar
    length_s = float(np.clip(beats * beat_s, SHORTEST_HELD_S, LONGEST_HELD_S))
    return Held(bar, min(round(length_s * sample_rate), int(bars.edges[-1] - bars.edges[bar])))


def decay(frames: int, sample_rate: int, is_drums: bool) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return the level of the last chord over time: drums stop after their first blow, all else dies away."""
    times = np.arange(frames) / sample_rate
    length = frames / sample_rate
    fall = np.cos(0.5 * np.pi * np.clip(times / length, 0.0, 1.0)) ** 2
    if is_drums:
        fall = fall * np.clip(1.0 - (times - 0.15) / 0.45, 0.0, 1.0)
    return np.asarray(fall, np.float32)
