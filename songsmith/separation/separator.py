"""What a separator is: a network that takes a few seconds of stereo sound apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

Samples = npt.NDArray[np.float32]

MAX_CHANNELS = 8
MAX_SHIFTS, MAX_OVERLAP = 20, 0.9
SHORTEST_SEGMENT_S = 1.0
FOUR_STEMS = ("vocals", "drums", "bass", "other")
TWO_STEMS = ("vocals", "instrumental")


@dataclass(frozen=True, slots=True)
class Level:
    """The mean and the standard deviation of a whole recording, its channels averaged."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Options:
    """How a recording is cut for the network.

    Parameters
    ----------
    shifts : how many times it is separated, each time cut at other places, and averaged
    overlap : share of a segment that the next one covers too; None for the separator's own
    segment_s : length of a segment in seconds; None for the separator's own
    workers : segments computed at once; the result does not depend on it
    keep_residual : whether what no stem holds is added to the rest, so that the stems sum to the recording
    """

    shifts: int = 1
    overlap: float | None = None
    segment_s: float | None = None
    workers: int = 2
    keep_residual: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.shifts <= MAX_SHIFTS:
            raise InputError(f"{self.shifts} shifts are not possible: use 1 to {MAX_SHIFTS}")
        if self.overlap is not None and not 0.0 <= self.overlap <= MAX_OVERLAP:
            raise InputError(f"an overlap of {self.overlap:g} is not possible: use 0 to {MAX_OVERLAP:g}")
        if self.segment_s is not None and not self.segment_s >= SHORTEST_SEGMENT_S:
            raise InputError(f"segments of {self.segment_s:g} s are too short: use {SHORTEST_SEGMENT_S:g} s or more")
        if self.workers < 1:
            raise InputError(f"{self.workers} workers cannot separate: use 1 or more")


class Separator(Protocol):
    """Takes stereo sound apart.

    `name`, `version` and the hash of the weights say what it was; `sources` are the stems in the order they come in.
    `segment_s` is the length it works on best, `longest_s` the longest it takes, `overlap` the share of a segment
    that the next one covers too. Where `sees_outside` is set, what surrounds a piece may lie before or after the
    recording, and is filled with its mean.
    """

    name: str
    version: str
    weights_sha256: str
    sources: tuple[str, ...]
    sample_rate: int
    segment_s: float
    longest_s: float
    overlap: float
    sees_outside: bool
    on_cpu: bool

    def wanted(self, frames: int, segment: int) -> int:
        """Return how many frames are to be seen around a piece of so many, where a segment has `segment`."""
        ...

    def separate(self, mix: Samples, level: Level) -> Samples:
        """Return the sources of a mix, `[sources, 2, frames]`.

        Parameters
        ----------
        mix : `[2, frames]`, at most a segment
        level : of the whole recording that the mix is a part of
        """
        ...
