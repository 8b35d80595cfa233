"""A new beginning that leads in: its instruments come in one after the other, all of them before the music begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from songsmith.extension.assembly import VOICES
from songsmith.extension.fills import DRUMS
from songsmith.extension.joins import fade_frames

Samples = npt.NDArray[np.float32]

FEWEST_BARS = 4
"""A beginning that is shorter than this has all instruments from its first bar on."""

LATER = ("other", "instrumental", "bass", DRUMS)
"""In this order stems come in; any other comes in with the first."""

HEARD_DB = -30.0
"""A stem that is softer than this against the loudest is not what a beginning can begin with."""


def entries_of(played: Mapping[str, Samples], bars: int) -> dict[str, int]:
    """Return the bar from which each stem is heard in a beginning of so many bars.

    Every stem that can be heard has its own entry, at even bars; the last comes in when two thirds are over.
    """
    powers = {name: float(np.mean(np.square(sound))) for name, sound in played.items() if name not in VOICES}
    loudest = max(powers.values(), default=0.0)
    heard = [name for name, power in powers.items() if power > loudest * 10.0 ** (HEARD_DB / 10.0)]
    order = sorted(heard, key=lambda name: LATER.index(name) if name in LATER else 0)
    if bars < FEWEST_BARS or len(order) < 2:
        return dict.fromkeys(played, 0)
    steps = [2 * round(bars * 2 / 3 * k / (len(order) - 1) / 2) for k in range(len(order))]
    return {**dict.fromkeys(played, 0), **dict(zip(order, steps, strict=True))}


def coming_in(sound: Samples, starts: Sequence[int], bar: int, rate: int) -> Samples:
    """Return a stem of new bars that is silent before a bar.

    Parameters
    ----------
    sound : `[channels, frames]`, beginning with the join before the first downbeat
    starts : where in it the join before each bar begins
    """
    if bar == 0:
        return sound
    fade = fade_frames(rate)
    at = starts[bar]
    curve = np.zeros(sound.shape[1], np.float32)
    curve[at + fade :] = 1.0
    curve[at : at + fade] = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, fade, dtype=np.float32))
    return np.asarray(sound * curve, np.float32)
