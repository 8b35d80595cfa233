"""Beats, bars and tempo: the activations of the beat network, followed by two hidden Markov models.

The first walks through pulses: its states are every place inside a pulse of every length, so that a tempo is held
unless the music leaves it. The second walks through bars of 4/4, 3/4 or 6/8 pulse by pulse. Both do so at several
tempi, and `levels` decides which way to count is right. A pulse is a quarter, or a dotted quarter in 6/8; a beat is a
quarter in every meter.

Sources: F. Krebs, S. Böck and G. Widmer, "An efficient state-space model for joint tempo and meter tracking", ISMIR
2015 (places and lengths of pulses as states); S. Böck, F. Krebs and G. Widmer, "Joint beat and downbeat tracking with
recurrent neural networks", ISMIR 2016 (activations as observations).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.analysis.classes import METERS
from songsmith.analysis.features import FPS, PITCH_FPS, Frames, between
from songsmith.analysis.levels import RATIOS, Counting, Pulses, choose, countings
from songsmith.analysis.pulses import ON_PULSE, follow_pulses, settle
from songsmith.timeline import Meter

Curve = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

PULSE_BPM = (36.0, 230.0)
"""Pulses a minute that are looked for."""

QUIET = 0.1
"""Frames this far below the median level say nothing of pulses: the tempo is held through them."""

SLIP = 1e-4
"""Chance that a bar is broken off at a pulse."""

HARMONY = 0.8
"""Weight of a change of harmony that is one standard deviation above the mean."""

BANDS_OF_KINDS = (0, 9, 36, 72)
"""Edges of the bands of the onset spectrogram that are low, in the middle, and high."""

NEAR_LEVEL = 1.08
"""At another level pulses are looked for within this ratio of its tempo."""

NEAR_NAMED = 1.17
"""Within this ratio of a tempo that is named."""

FEWEST_PULSES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What the beat network says of each frame, at `FPS`, as probabilities: `[frames]`, meters `[frames, METERS]`.

    `flux` is how much the spectrum grows in each frame, in each of `levels.KINDS`: `[frames, KINDS]`.
    """

    pulse: Curve
    downbeat: Curve
    voice: Curve
    meters: Curve
    flux: Curve


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """The pulses and bars of a recording.

    Parameters
    ----------
    pulses : seconds
    places : which pulse of its bar each is, from 0
    meter : the same in the whole recording
    beat_confidence, downbeat_confidence, meter_confidence : 0 to 1
    """

    pulses: Curve
    places: Places
    meter: Meter
    beat_confidence: float
    downbeat_confidence: float
    meter_confidence: float

    def beats(self) -> tuple[Curve, Places]:
        """Return the times of the quarter notes, and which of them are downbeats."""
        per_pulse = self.meter.pulse_beats
        positions = np.arange(len(self.pulses)) * per_pulse
        downbeats = positions[self.places == 0]
        if per_pulse == 1.0:
            return self.pulses, np.flatnonzero(self.places == 0)
        # Quarters are counted from the downbeats: in 6/8 those between dotted quarters are found by halves of thirds.
        first = float(downbeats[0] % 1.0) if len(downbeats) else 0.0
        quarters = np.arange(first, positions[-1] + 1e-9, 1.0)
        times = np.interp(quarters, positions, self.pulses)
        return times, np.rint(downbeats - first).astype(np.int64)


def activations_of(spectrogram: Frames) -> Activations:
    """Return what the beat network hears in an onset spectrogram."""
    import torch

    from songsmith.analysis.networks import listening, load_networks

    network, _ = load_networks()
    with listening():
        logits = network(torch.from_numpy(spectrogram)[None])[0].double()
        curves = torch.sigmoid(logits[:, :3]).numpy()
        meters = torch.softmax(logits[:, 3:], dim=1).numpy()
    level = spectrogram.mean(axis=1)
    silent = level < QUIET * float(np.median(level))
    pulse = np.where(silent, ON_PULSE, curves[:, 0])
    return Activations(pulse, curves[:, 1], curves[:, 2], meters, flux_of(spectrogram))


def flux_of(spectrogram: Frames) -> Curve:
    """Return how much the low, middle and high bands grow from frame to frame, evened over three: `[frames, 3]`."""
    growth = np.maximum(0.0, np.diff(spectrogram, axis=0, prepend=spectrogram[:1])).astype(np.float64)
    sums = [growth[:, first:past].sum(axis=1) for first, past in pairwise(BANDS_OF_KINDS)]
    return np.stack([np.convolve(one, (0.25, 0.5, 0.25), "same") for one in sums], axis=1)


def harmonic_change(pitches: Frames, pulses: Curve) -> Curve:
    """Return how much the pitch classes change at each pulse, against the mean of all, in standard deviations.

    Parameters
    ----------
    pitches : pitch spectrogram at `PITCH_FPS`
    pulses : seconds
    """
    if len(pulses) < 4:
        return np.zeros(len(pulses))
    folded = pitches.reshape(len(pitches), -1, 12).mean(axis=1)
    parts = between(np.asarray(folded, np.float32), PITCH_FPS, pulses).astype(np.float64)
    parts -= parts.mean(axis=1, keepdims=True)
    parts /= np.linalg.norm(parts, axis=1, keepdims=True) + 1e-9
    change = np.zeros(len(pulses))
    change[1:-1] = 1.0 - (parts[1:] * parts[:-1]).sum(axis=1)
    change[[0, -1]] = change[1:-1].mean()
    return np.asarray(np.clip((change - change.mean()) / (change.std() + 1e-9), -1.5, 2.5))


def find_bars(heard: Activations, tempo: float | None = None, pitches: Frames | None = None) -> Bars:
    """Return the pulses and bars that activations show.

    Parameters
    ----------
    heard : at `FPS`
    tempo : quarter notes a minute where it is known about; they are looked for within a sixth of it
    pitches : pitch spectrogram: chords change on bar lines more than elsewhere
    """
    ways = ways_to_count(heard, tempo, pitches)
    if not ways:
        return Bars(np.zeros(0), np.zeros(0, np.int64), Meter.parse(METERS[0]), 0.0, 0.0, 0.0)
    best, chances = choose(ways)
    way = ways[best]
    frames, strong = way.pulses.frames, way.pulses.strong
    strength = np.asarray([heard.pulse[max(0, f - 2) : f + 3].max() for f in frames])
    first, rest = strong[way.places == 0], strong[way.places != 0]
    clear = float(np.clip(first.mean() - rest.mean(), 0.0, 1.0)) if len(first) and len(rest) else 0.0
    meter = sum(float(c) for one, c in zip(ways, chances, strict=True) if one.meter == way.meter)
    return Bars(
        way.pulses.times, way.places, way.meter, float(np.clip(np.mean(strength), 0.0, 1.0)), clear, min(1.0, meter)
    )


def ways_to_count(heard: Activations, tempo: float | None = None, pitches: Frames | None = None) -> list[Counting]:
    """Return every way to count a recording; the arguments are those of `find_bars`."""

    def at_tempo(level: Pulses, meter: Meter) -> bool:
        quarters = 60.0 * meter.pulse_beats / float(np.median(np.diff(level.times)))
        return tempo is None or abs(np.log(quarters / tempo)) <= np.log(NEAR_NAMED) + 0.02

    levels: list[Pulses] = []
    if tempo is None:
        levels += _levels(heard, *PULSE_BPM, 1.0, pitches)
        usual = 60.0 / float(np.median(np.diff(levels[0].times))) if levels else 0.0
        ranges = [(usual * ratio, NEAR_LEVEL, ratio) for ratio in RATIOS if ratio != 1.0]
    else:
        ranges = [(tempo, NEAR_NAMED, 1.0), (tempo / 1.5, NEAR_NAMED, 1.0)]
    for pulses_bpm, near, ratio in ranges:
        if PULSE_BPM[0] <= pulses_bpm <= PULSE_BPM[1]:
            levels += _levels(heard, pulses_bpm / near, pulses_bpm * near, ratio, pitches)
    return countings(levels, heard.pulse, heard.meters, heard.flux, through_bars, at_tempo)


def _levels(heard: Activations, low: float, high: float, ratio: float, pitches: Frames | None) -> list[Pulses]:
    """Return the pulses at a tempo, and those between them; none where there are too few."""
    frames = follow_pulses(heard.pulse, low, high)
    if len(frames) < FEWEST_PULSES:
        return []
    times = settle(frames, heard.pulse)
    between = (times[:-1] + times[1:]) / 2
    middles = np.rint(between * FPS).astype(np.int64)
    return [
        _level(heard, frames, times, ratio, False, pitches),
        _level(heard, middles, between, ratio, True, pitches),
    ]


def _level(
    heard: Activations, frames: Places, times: Curve, ratio: float, shifted: bool, pitches: Frames | None
) -> Pulses:
    """Return pulses with what is heard on them."""
    change = np.zeros(len(times)) if pitches is None else harmonic_change(pitches, times)
    strong = np.asarray([heard.downbeat[max(0, f - 2) : f + 3].max() for f in frames])
    chance = np.clip(strong, 0.01, 0.99)
    return Pulses(
        frames, times, ratio, shifted, np.log(chance) + HARMONY * change, np.log(1.0 - chance), strong, change
    )


def through_bars(on: Curve, off: Curve, count: int) -> tuple[float, Places]:
    """Return the log likelihood of the best way through bars of `count` pulses, and the place of each pulse."""
    best = np.full(count, -np.log(count)) + np.where(np.arange(count) == 0, on[0], off[0])
    back = np.zeros((len(on), count), np.int64)
    slip = np.log(SLIP)
    for k in range(1, len(on)):
        stay = np.roll(best, 1)
        source = np.roll(np.arange(count), 1)
        broken = int(best.argmax())
        if best[broken] + slip > stay[0]:
            stay[0], source[0] = best[broken] + slip, broken
        back[k] = source
        best = stay + np.where(np.arange(count) == 0, on[k], off[k])
    place = int(best.argmax())
    score, places = float(best[place]), [place]
    for k in range(len(on) - 1, 0, -1):
        place = int(back[k, place])
        places.append(place)
    return score, np.asarray(places[::-1], np.int64)
