"""Beats, bars and tempo: the activations of the beat network, followed by two hidden Markov models.

The first walks through pulses: its states are every place inside a pulse of every length, so that a tempo is held
unless the music leaves it. The second walks through bars of 4/4, 3/4 or 6/8 pulse by pulse. A pulse is a quarter, or
a dotted quarter in 6/8; a beat is a quarter in every meter.

Sources: F. Krebs, S. Böck and G. Widmer, "An efficient state-space model for joint tempo and meter tracking", ISMIR
2015 (places and lengths of pulses as states); S. Böck, F. Krebs and G. Widmer, "Joint beat and downbeat tracking with
recurrent neural networks", ISMIR 2016 (activations as observations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.analysis.features import FPS, PITCH_FPS, Frames, between
from songsmith.analysis.networks import METERS
from songsmith.timeline import Meter

Curve = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

PULSE_BPM = (36.0, 230.0)
USUAL_BPM, SPREAD = 95.0, 0.7
"""Usual pulses a minute, and how far, in natural logarithms, others lie from them."""

TEMPO_CHANGE = 90.0
"""How unlikely another length of the next pulse is: exp(-TEMPO_CHANGE * |ratio - 1|)."""

ROUNDING = 0.7
"""What one frame more or less costs: a tempo between two lengths takes turns of them."""

ON_PULSE = 1.0 / 16.0
"""Share of a pulse, at its beginning, in which its activation is expected."""

BETWEEN = 4.5
"""How many places of a pulse share the chance that a frame is none."""

QUIET = 0.1
"""Frames this far below the median level say nothing of pulses: the tempo is held through them."""

LEAST_ON = 1
"""Frames in which a pulse is expected, at least."""

LEAST = 1e-5
SLIP = 1e-4
"""Chance that a bar is broken off at a pulse."""

NEAR_FRAMES = 3
STIFFNESS = 6.0
"""How much evenly spaced pulses weigh against where each one is heard."""

METER_WEIGHT, COMPOUND_WEIGHT = 8.0, 10.0
"""Weights of the meter that the network hears, and of how pulses are parted, against that of single downbeats."""

COMPOUND = (1.88, -5.3, -0.61)
"""Weights of the parting in three, of the logarithm of the tempo against 75 pulses a minute, and of nothing."""

HARMONY = 0.8
"""Weight of a change of harmony that is one standard deviation above the mean."""

PARTS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What the beat network says of each frame, at `FPS`, as probabilities: `[frames]`, meters `[frames, METERS]`.

    `flux` is how much the spectrum grows in each frame, `[frames]`.
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
    """Return how much the bands of a spectrogram grow from frame to frame, evened over three: `[frames]`."""
    growth = np.maximum(0.0, np.diff(spectrogram, axis=0, prepend=spectrogram[:1])).sum(axis=1, dtype=np.float64)
    return np.convolve(growth, (0.25, 0.5, 0.25), "same")


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
    tempo : pulses a minute where it is known about; they are looked for within a sixth of it
    pitches : pitch spectrogram: chords change on bar lines more than elsewhere
    """
    low, high = PULSE_BPM if tempo is None else (tempo / 1.17, tempo * 1.17)
    frames = follow_pulses(heard.pulse, low, high)
    pulses = settle(frames, heard.pulse)
    places, meter, downbeat_confidence, meter_confidence = follow_bars(
        frames, pulses, heard, None if pitches is None else harmonic_change(pitches, pulses)
    )
    strength = np.asarray([heard.pulse[max(0, f - 2) : f + 3].max() for f in frames])
    confidence = float(np.clip(np.mean(strength), 0.0, 1.0)) if len(strength) else 0.0
    return Bars(pulses, places, meter, confidence, downbeat_confidence, meter_confidence)


def follow_pulses(activation: Curve, low_bpm: float, high_bpm: float) -> Places:
    """Return the frames of pulses: the likeliest way through all places of all lengths of a pulse."""
    lengths = np.arange(max(2, int(np.floor(60.0 * FPS / high_bpm))), int(np.ceil(60.0 * FPS / low_bpm)) + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    ends = starts + lengths - 1
    total = int(lengths.sum())
    on = np.zeros(total, bool)
    for start, length in zip(starts, lengths, strict=True):
        on[start : start + max(LEAST_ON, int(np.ceil(length * ON_PULSE)))] = True
    change = np.abs(lengths[None, :] - lengths[:, None])
    moves = -np.where(change <= 1, ROUNDING * change, TEMPO_CHANGE * change / lengths[:, None])
    moves -= np.log(np.exp(moves).sum(axis=1, keepdims=True))
    moves -= 0.5 * (np.log(lengths / (60.0 * FPS / USUAL_BPM)) / SPREAD) ** 2
    chance = np.clip(activation, LEAST, 1.0 - LEAST)
    hit, miss = np.log(chance), np.log((1.0 - chance) / BETWEEN)
    best = np.full(total, -np.log(total))
    back = np.zeros((len(chance), len(lengths)), np.int16)
    for frame in range(len(chance)):
        if frame:
            arriving = best[ends][:, None] + moves
            come = arriving.argmax(axis=0)
            back[frame] = come
            entry = arriving[come, np.arange(len(lengths))]
            best[1:] = best[:-1].copy()
            best[starts] = entry
        best += np.where(on, hit[frame], miss[frame])
    state = int(best.argmax())
    which = int(np.searchsorted(starts, state, side="right") - 1)
    place = state - int(starts[which])
    frame, pulses = len(chance) - 1, []
    while frame >= 0:
        begin = frame - place
        if begin < 0:
            break
        pulses.append(begin)
        which = int(back[begin, which])
        place = int(lengths[which]) - 1
        frame = begin - 1
    return np.asarray(pulses[::-1], np.int64)


def settle(frames: Places, activation: Curve) -> Curve:
    """Return the times of pulses: where each is heard between frames, held even by its neighbours."""
    if len(frames) < 3:
        return frames / FPS
    heard, weights = [], []
    for frame in frames:
        low, high = max(0, frame - NEAR_FRAMES), min(len(activation), frame + NEAR_FRAMES + 1)
        part = activation[low:high]
        heard.append(float((part * np.arange(low, high)).sum() / part.sum()) if part.sum() > 1e-6 else float(frame))
        weights.append(max(1e-3, float(part.max())))
    observed, weight = np.asarray(heard), np.asarray(weights)
    from scipy.linalg import solveh_banded

    count = len(frames)
    bands = np.zeros((3, count))  # the upper bands of W + STIFFNESS * D'D, D the second difference
    taps = (1.0, -2.0, 1.0)
    for a in range(3):
        for b in range(a, 3):
            bands[2 - (b - a), b : count - 2 + b] += STIFFNESS * taps[a] * taps[b]
    bands[2] += weight
    return np.asarray(solveh_banded(bands, weight * observed) / FPS, np.float64)


def compound_chance(pulses: Curve, flux: Curve) -> float:
    """Return the chance that pulses are dotted quarters: that they are parted in three rather than in two, and slow.

    The weights are fitted to songs of known meter (scripts/analysis_corpus.py).
    """
    if len(pulses) < 3:
        return 0.0
    inside = pulses[(pulses >= 0.0) & (pulses < (len(flux) - 1) / FPS)]
    parts = np.arange(PARTS) / PARTS
    places = (inside[:-1, None] + np.diff(inside)[:, None] * parts) * FPS
    profile = np.interp(places.ravel(), np.arange(len(flux)), flux).reshape(places.shape).mean(axis=0)
    profile /= profile.mean() + 1e-9
    third, half = PARTS // 3, PARTS // 2
    near = np.maximum(profile, np.maximum(np.roll(profile, 1), np.roll(profile, -1)))
    thirds = min(float(near[third]), float(near[2 * third])) - float(near[half])
    tempo = 60.0 / float(np.median(np.diff(pulses)))
    weight, slow, bias = COMPOUND
    logit = weight * float(np.clip(thirds, -1.0, 1.0)) + slow * np.log(tempo / 75.0) + bias
    return float(1.0 / (1.0 + np.exp(-logit)))


def follow_bars(
    frames: Places, pulses: Curve, heard: Activations, change: Curve | None = None
) -> tuple[Places, Meter, float, float]:
    """Return which pulse of its bar each pulse is, the meter, and how sure downbeats and meter are."""
    if len(frames) == 0:
        return np.zeros(0, np.int64), Meter.parse(METERS[0]), 0.0, 0.0
    strong = np.asarray([heard.downbeat[max(0, f - 2) : f + 3].max() for f in frames])
    chance = np.clip(strong, 0.01, 0.99)
    on, off = np.log(chance), np.log(1.0 - chance)
    if change is not None:
        on = on + HARMONY * change
    prior = np.log(np.clip(heard.meters[frames[0] : frames[-1] + 1].mean(axis=0), 1e-3, 1.0))
    compound = float(np.clip(compound_chance(pulses, heard.flux), 0.003, 0.997))
    ways: list[tuple[float, Places]] = []
    for name, like in zip(METERS, prior, strict=True):
        count = Meter.parse(name).pulses_per_bar
        score, places = _through_bars(on, off, count)
        divided = compound if Meter.parse(name).pulse_beats > 1.0 else 1.0 - compound
        score += METER_WEIGHT * float(like) + COMPOUND_WEIGHT * float(np.log(divided))
        ways.append((score, places))
    scores = np.asarray([score for score, _ in ways])
    best = int(scores.argmax())
    shares = np.exp((scores - scores.max()) / max(1.0, len(frames) / 16.0))
    places = ways[best][1]
    first, rest = strong[places == 0], strong[places != 0]
    clear = float(np.clip(first.mean() - rest.mean(), 0.0, 1.0)) if len(first) and len(rest) else 0.0
    return places, Meter.parse(METERS[best]), clear, float(shares[best] / shares.sum())


def _through_bars(on: Curve, off: Curve, count: int) -> tuple[float, Places]:
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
