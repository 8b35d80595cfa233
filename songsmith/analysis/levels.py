"""Metrical levels: the ways to count what is heard, and which of them is right.

Pulses that are found may be twice or half as fast as the beat, parted in three instead of two, or begin their bars at
another place. Every way to count them (tempi that stand in small ratios, meters, places of the bar line) is described
by what is heard on its pulses, between them and on its bar lines; a small network weighs these, and the best way is
taken. It is learned from songs whose bars are known (`scripts/train_analysis_bars.py`).

Source of the idea: G. Peeters and H. Papadopoulos, "Simultaneous beat and downbeat-tracking using a probabilistic
framework", IEEE TASLP 19 (2011): tempo, meter and downbeats decided together. The features are our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from songsmith.analysis.classes import METERS, WEIGHTS
from songsmith.analysis.features import FPS
from songsmith.timeline import Meter

Curve = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

RATIOS = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0)
"""Tempi that are tried, against that of the pulses that are found."""

KINDS = ("low", "middle", "high")
"""The parts of the spectrum in which attacks are told apart: drums that are low, in the middle, and cymbals."""

FOUR_FOUR, THREE_FOUR, SIX_EIGHT = METERS


@dataclass(frozen=True, slots=True, eq=False)
class Pulses:
    """Pulses at one level.

    Parameters
    ----------
    frames, times : of each pulse, in frames and in seconds
    ratio : of their tempo to that of the pulses found first
    shifted : whether they are those between the ones that are found: what is heard most may be the off-beat
    on, off : `[pulses]` log chances that a pulse is a downbeat, the harmony considered, and that it is none
    strong : `[pulses]` how much of a downbeat each is
    change : `[pulses]` how much the harmony changes, in standard deviations
    """

    frames: Places
    times: Curve
    ratio: float
    shifted: bool
    on: Curve
    off: Curve
    strong: Curve
    change: Curve


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """One way to count: pulses, the place of each in its bar, the meter, and what is heard of it."""

    pulses: Pulses
    places: Places
    meter: Meter
    features: Curve


def countings(
    levels: list[Pulses],
    pulse: Curve,
    meters: Curve,
    flux: Curve,
    through: Callable[[Curve, Curve, int], tuple[float, Places]],
    allowed: Callable[[Pulses, Meter], bool] = lambda level, meter: True,
) -> list[Counting]:
    """Return every way to count pulses.

    Parameters
    ----------
    levels : the pulses at each tempo
    pulse : chance of a pulse in each frame
    meters : `[frames, METERS]` chance of each meter in each frame
    flux : `[frames, KINDS]` attacks
    through : finds the best way through bars of so many pulses: its likelihood and the place of each pulse
    allowed : which levels and meters may be
    """
    attacks = flux / (flux.mean(axis=0) + 1e-9)
    found = []
    for level in levels:
        common = between_pulses(level.times, pulse, attacks)
        beaten = np.stack([_near(attacks[:, k], level.times, 2) for k in range(len(KINDS))])
        beaten /= beaten.mean(axis=1, keepdims=True) + 1e-9
        named = np.clip(meters[level.frames[0] : level.frames[-1] + 1].mean(axis=0), 1e-3, 1.0)
        for name, like in zip(METERS, np.log(named), strict=True):
            meter = Meter.parse(name)
            if not allowed(level, meter):
                continue
            _, places = through(level.on, level.off, meter.pulses_per_bar)
            for turn in range(meter.pulses_per_bar):
                turned = (places + turn) % meter.pulses_per_bar
                features = {**common, **_of_bars(level, turned, meter, beaten), "named": float(like)}
                features["turned"] = float(turn > 0)
                found.append(Counting(level, turned, meter, np.asarray(list(_crossed(features, name)))))
    return found


def between_pulses(times: Curve, pulse: Curve, attacks: Curve) -> dict[str, float]:
    """Return what is heard on pulses and between them: at halves, thirds and quarters."""
    gaps = np.diff(times)

    def at(curve: Curve, share: float) -> float:
        return float(_near(curve, times[:-1] + gaps * share, 1).mean())

    heard: dict[str, float] = {}
    for name, curve in (("pulse", pulse), *((kind, attacks[:, k]) for k, kind in enumerate(KINDS))):
        thirds = at(curve, 1 / 3), at(curve, 2 / 3)
        heard[f"{name} on"] = at(curve, 0.0)
        heard[f"{name} halves"] = at(curve, 1 / 2)
        heard[f"{name} thirds"] = sum(thirds) / 2 if name == "pulse" else min(thirds)
        heard[f"{name} quarters"] = (at(curve, 1 / 4) + at(curve, 3 / 4)) / 2
    for part in ("on", "halves", "thirds", "quarters"):
        heard[f"log pulse {part}"] = float(np.log(heard[f"pulse {part}"] + 0.02))
    heard["tempo"] = float(np.log(60.0 / np.median(gaps) / 100.0))
    return heard


def _of_bars(level: Pulses, places: Places, meter: Meter, beaten: Curve) -> dict[str, float]:
    """Return what is heard of bars: on their first pulses against the others, and how long they are."""
    count = meter.pulses_per_bar
    first, middle = places == 0, (places == count // 2) & (count != 3)
    weak = ~first & ~middle
    likelihood = float(level.on[first].sum() + level.off[~first].sum())
    heard = {
        "downbeats": _mean(np.log(np.clip(level.strong, 0.01, 0.99))[first], -4.6),
        "no downbeats": _mean(level.off[~first], -4.6),
        "downbeats against others": _mean(level.strong[first]) - _mean(level.strong[~first]),
        "bars a pulse": likelihood / len(places),
        "bars a second": likelihood / float(level.times[-1] - level.times[0]),
        "harmony": _mean(level.change[first]),
        "harmony in the middle": _mean(level.change[middle]),
        "harmony against others": _mean(level.change[first]) - _mean(level.change[weak]),
        "bar": float(np.log(count * np.median(np.diff(level.times)) / 2.2)),
        "as found": float(level.ratio == 1.0),
        "quicker": float(level.ratio > 1.0),
        "shifted": float(level.shifted),
    }
    for kind, hits in zip(KINDS, beaten, strict=True):
        by_place = [_mean(hits[places == place], 1.0) for place in range(count)]
        accent = by_place[0] - by_place[1]
        if count == 4:
            accent = (by_place[0] + by_place[2] - by_place[1] - by_place[3]) / 2
        elif count == 3:
            accent = by_place[0] - (by_place[1] + by_place[2]) / 2
        heard[f"{kind} accent"] = accent
        heard[f"{kind} halves of bars"] = by_place[0] - by_place[2] if count == 4 else 0.0
    return heard


def _crossed(heard: dict[str, float], meter: str) -> Iterator[float]:
    """Yield the features in order, and again for themselves what means something else in another meter."""
    yield from heard.values()
    yield heard["tempo"] ** 2
    yield heard["bar"] ** 2
    threes = [heard[f"{name} thirds"] - heard[f"{name} halves"] for name in ("pulse", *KINDS)]
    yield from threes
    for name in (THREE_FOUR, SIX_EIGHT):
        here = float(meter == name)
        yield here
        for feature in ("tempo", "downbeats against others", "harmony against others"):
            yield here * heard[feature]
        yield here * heard["tempo"] ** 2
        yield from (here * heard[f"{kind} accent"] for kind in KINDS)
        yield from (here * difference for difference in threes)


def choose(ways: list[Counting]) -> tuple[int, Curve]:
    """Return which of the ways to count is the likeliest, and the chance of each."""
    scores = load_scale().scores(np.stack([way.features for way in ways]))
    chances = np.exp(scores - scores.max())
    return int(scores.argmax()), np.asarray(chances / chances.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What weighs ways to count: a straight sum of their features, and one of a hidden layer over them.

    Parameters
    ----------
    middle, spread : `[features]` by which features are brought to one measure
    straight : `[features]`
    into, bias, out : `[features, units]`, `[units]` and `[units]` of the hidden layer
    """

    middle: Curve
    spread: Curve
    straight: Curve
    into: Curve
    bias: Curve
    out: Curve

    def scores(self, features: Curve) -> Curve:
        """Return how likely each of some ways is, `[ways]`, as a logarithm, from their `[ways, features]`."""
        even = (features - self.middle) / self.spread
        return np.asarray(even @ self.straight + np.tanh(even @ self.into + self.bias) @ self.out)


@lru_cache(maxsize=1)
def load_scale(path: Path = WEIGHTS) -> Scale:
    """Return what weighs ways to count, with its weights."""
    from safetensors.numpy import load_file

    arrays = load_file(path)
    return Scale(*(np.asarray(arrays[f"levels.{field.name}"], np.float64) for field in fields(Scale)))


def _near(curve: Curve, times: Curve, reach: int) -> Curve:
    """Return the largest value of a curve at `FPS` within some frames of each time."""
    frames = np.clip(np.rint(times * FPS).astype(np.int64), reach, len(curve) - 1 - reach)
    return np.asarray(np.max(np.stack([curve[frames + k] for k in range(-reach, reach + 1)]), axis=0))


def _mean(values: Curve, otherwise: float = 0.0) -> float:
    return float(values.mean()) if len(values) else otherwise
