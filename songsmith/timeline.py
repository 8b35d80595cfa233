"""The only bridge between beats and seconds, for our own and for foreign accompaniments alike.

A beat is a quarter note in every meter. Between two known beats time runs evenly; outside them the first
or last spacing is continued.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature; `4/4`, `3/4` and `6/8` are what songsmith writes in."""

    numerator: int
    denominator: int

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Return the meter written as `4/4`, `3/4` or `6/8`; raise InputError for any other."""
        if text.strip() not in METERS:
            raise InputError(f"meter {text!r} is not known: use one of {', '.join(METERS)}")
        numerator, denominator = text.strip().split("/")
        return cls(int(numerator), int(denominator))

    @property
    def beats_per_bar(self) -> int:
        """Quarter notes in a bar (3 for 6/8)."""
        return self.numerator * 4 // self.denominator

    @property
    def pulse_beats(self) -> float:
        """Length in beats of the pulse one taps to: a quarter, or a dotted quarter in 6/8."""
        return 1.5 if self.denominator == 8 else 1.0

    @property
    def pulses_per_bar(self) -> int:
        """Pulses in a bar: 4, 3, or 2 for 6/8."""
        return round(self.beats_per_bar / self.pulse_beats)

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


METERS = ("4/4", "3/4", "6/8")
TAIL_S = 2.5
"""How long at least the last chord rings on after the last bar of a song."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Beat and downbeat times of a song.

    Parameters
    ----------
    tempo : quarter notes a minute (the mean where the tempo drifts)
    beats : time in seconds of every beat, from 0 to one past the end of the audio, rising
    downbeats : indices into `beats` of the first beat of every bar
    """

    tempo: float
    beats: tuple[float, ...]
    downbeats: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.beats) < 2 or any(b <= a for a, b in pairwise(self.beats)):
            raise InputError("a timeline needs at least two beats, each later than the one before")
        if any(not 0 <= d < len(self.beats) for d in self.downbeats):
            raise InputError("a downbeat points outside the beats of its timeline")

    @classmethod
    def steady(cls, tempo: float, beat_count: int, beats_per_bar: int) -> Timeline:
        """Return an even timeline of `beat_count` beats and the one past them."""
        beats = tuple(round(i * 60.0 / tempo, 6) for i in range(beat_count + 1))
        return cls(tempo, beats, tuple(range(0, beat_count + 1, beats_per_bar)))

    def seconds(self, beat: float) -> float:
        """Return the time in seconds of a (fractional) beat."""
        return float(self.beats_to_seconds(np.asarray([beat]))[0])

    def beats_to_seconds(self, positions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return times in seconds of positions in beats, of the same shape."""
        return _piecewise(
            np.asarray(positions, float), np.arange(len(self.beats), dtype=float), np.asarray(self.beats)
        )

    def seconds_to_beats(self, times: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return positions in beats of times in seconds, of the same shape."""
        return _piecewise(np.asarray(times, float), np.asarray(self.beats), np.arange(len(self.beats), dtype=float))


def _piecewise(
    x: npt.NDArray[np.float64], xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Interpolate linearly through rising points, the outer pieces continued."""
    k = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    slope = (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k])
    return np.asarray(ys[k] + slope * (x - xs[k]), dtype=np.float64)
