"""Reading a sample at any speed, for as long as a note lasts.

The sample is oversampled by two in the frequency domain, where everything that would fold back at the wanted
speed is removed as well, and then read with a four-point cubic. Percussion recorded at a low rate is
oversampled on straight lines instead: their images stand in for the treble that its cymbals lack.

Source: J. O. Smith, "Digital Audio Resampling", CCRMA, Stanford University.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mono = npt.NDArray[np.float32]
Positions = npt.NDArray[np.float64]

OVERSAMPLING = 2
GUARD = 64  # frames around a loop that keep the oversampling filter in its steady state
_EDGE = 4  # frames that the cubic needs beyond what it reads


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An oversampled sample: `head` once, then `loop` for ever (empty: silence), `tail` after a loop that is left."""

    head: Mono
    loop: Mono
    tail: Mono

    @property
    def is_looped(self) -> bool:
        return len(self.loop) > 0

    def read(self, positions: Positions) -> Mono:
        """Return the sound at rising positions in oversampled frames, going round the loop."""
        first, period = len(self.head), len(self.loop)
        if not period:
            return _cubic(self.head, np.minimum(positions, first + 2))
        turn = int(np.searchsorted(positions, first))
        around = positions[turn:] - first
        around -= np.floor(around * (1.0 / period)) * period
        inside = np.concatenate([positions[:turn], around + first])
        return _cubic(np.concatenate([self.head, self.loop, np.resize(self.loop, _EDGE)]), inside)

    def read_and_leave(self, positions: Positions, leave: float) -> Mono:
        """Return the sound at positions where the loop is left at its first end at or after position `leave`."""
        rounds = max(0, math.ceil((leave - len(self.head)) / max(1, len(self.loop))))
        end = len(self.head) + rounds * len(self.loop)
        sound = self.read(positions)
        after = positions >= end
        last = np.resize(self.loop[::-1], _EDGE)[::-1]
        places = np.minimum(positions[after] - end, len(self.tail) + 2) + _EDGE
        sound[after] = _cubic(np.concatenate([last, self.tail]), places)
        return sound


def make_source(
    samples: Mono, loop: tuple[int, int] | None, step: float, has_tail: bool = False, has_images: bool = False
) -> Source:
    """Prepare a sample to be read.

    Parameters
    ----------
    samples : `[frames]`
    loop : first frame and the one past the last, within the sample; None plays it once
    step : frames of the sample for each frame of output; what lies too high for it is removed
    has_tail : whether the loop may be left
    has_images : oversample on straight lines, keeping the mirrored treble
    """

    def oversampled(piece: Mono) -> Mono:
        return _with_images(piece) if has_images else _band_limited(piece, step)

    nothing = np.zeros(0, np.float32)
    if loop is None:
        return Source(oversampled(samples), nothing, nothing)
    # The oversampled loop is taken from a later round, whose neighbours on both sides are loop too.
    period = samples[loop[0] : loop[1]]
    lead = -(-GUARD // len(period))
    long = oversampled(np.concatenate([samples[: loop[1]], np.tile(period, 2 * lead + 1)]))
    head_end = OVERSAMPLING * (loop[1] + lead * len(period))
    tail = oversampled(samples[loop[1] :]) if has_tail else nothing
    return Source(long[:head_end], long[head_end : head_end + OVERSAMPLING * len(period)], tail)


def _fast_length(frames: int) -> int:
    """Return the smallest even length of the form 2^k, 3·2^k or 5·2^k that is not below `frames`."""
    return min(m << max(0, math.ceil(math.log2(frames / m))) for m in (2, 6, 10))


def _band_limited(samples: Mono, step: float) -> Mono:
    """Return a sample at `OVERSAMPLING` times its rate, without what folds back when read at `step`."""
    if not len(samples):
        return samples
    n = _fast_length(len(samples) + 2 * GUARD)
    spectrum = np.fft.rfft(samples, n)
    top = 0.5 * min(1.0, 1.0 / step)
    frequencies = np.arange(len(spectrum)) / n
    edge = np.clip((top - frequencies) / (0.08 * top), 0.0, 1.0)
    spectrum *= 0.5 - 0.5 * np.cos(math.pi * edge)
    padded = np.zeros(OVERSAMPLING * n // 2 + 1, np.complex128)
    padded[: len(spectrum)] = spectrum * OVERSAMPLING
    return np.fft.irfft(padded, OVERSAMPLING * n)[: OVERSAMPLING * len(samples)].astype(np.float32)


def _with_images(samples: Mono) -> Mono:
    """Return a sample at `OVERSAMPLING` times its rate on straight lines, which mirror its treble upwards."""
    places = np.arange(OVERSAMPLING * len(samples)) / OVERSAMPLING
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def _cubic(source: Mono, positions: Positions) -> Mono:
    """Interpolate `source` at fractional positions with a four-point cubic.

    Source: E. Catmull and R. Rom, "A class of local interpolating splines" (1974).
    """
    padded = np.concatenate([np.zeros(1, np.float32), source, np.zeros(2 * _EDGE, np.float32)])
    index = positions.astype(np.intp)
    t = (positions - index).astype(np.float32)
    x0, x1, x2, x3 = (padded.take(index + k) for k in range(4))
    cubic: Mono = np.float32(1.5) * (x1 - x2) + np.float32(0.5) * (x3 - x0)
    square = x0 - np.float32(2.5) * x1 + np.float32(2.0) * x2 - np.float32(0.5) * x3
    cubic *= t
    cubic += square
    cubic *= t
    cubic += np.float32(0.5) * (x2 - x0)
    cubic *= t
    cubic += x1
    return cubic
