"""Everything linear in a channel as one convolution: fast, by overlap-save.

A response is `[outputs, inputs, bins]` complex64, the transform of impulse responses of at most `reach` frames
padded to `size`. Equalisers, width, pan and room of a channel multiply into one response, so that a stem is
transformed once, whatever its channel does.

Source: the overlap-save method, A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing, 8.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

SMALLEST_SIZE = 2**17
TOGETHER = 4
"""Blocks transformed at once: side by side in the processor's vectors they take half the time."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How the signals are cut: transforms of `size` frames, responses of at most `reach` frames."""

    size: int
    reach: int

    @classmethod
    def for_reach(cls, reach: int) -> Blocks:
        """Return the cheapest cut for responses of so many frames: a quarter of a block, or less."""
        return cls(max(SMALLEST_SIZE, 1 << (4 * reach - 1).bit_length()), reach)

    @property
    def bins(self) -> int:
        return self.size // 2 + 1

    def spectrum(self, impulse: Samples) -> Spectrum:
        """Return the transform of impulse responses, along the last axis; they must not be longer than `reach`."""
        from scipy.fft import rfft

        if impulse.shape[-1] > self.reach:
            raise ValueError(f"an impulse response of {impulse.shape[-1]} frames is longer than {self.reach}")
        return np.asarray(rfft(impulse.astype(np.float32), self.size, axis=-1), np.complex64)

    def delay(self, frames: int) -> Spectrum:
        """Return the response of a delay."""
        turns = np.arange(self.bins, dtype=np.float64) * (frames / self.size)
        return np.asarray(np.exp(-2j * np.pi * turns), np.complex64)


def convolve(samples: Samples, response: Spectrum, blocks: Blocks) -> Samples:
    """Return `[inputs, frames]` after a response, cut to the same length: `[outputs, frames]`."""
    from scipy.fft import irfft, rfft

    inputs, frames = samples.shape
    outputs = response.shape[0]
    out = np.zeros((outputs, frames), np.float32)
    step = blocks.size - blocks.reach
    heard = [
        start for start in range(0, frames, step) if samples[:, max(0, start - blocks.reach) : start + step].any()
    ]
    for begin in range(0, len(heard), TOGETHER):
        starts = heard[begin : begin + TOGETHER]
        pieces = np.zeros((len(starts), inputs, blocks.size), np.float32)
        for piece, start in zip(pieces, starts, strict=True):
            first, last = start - blocks.reach, min(start + step, frames)
            piece[:, max(0, -first) : last - first] = samples[:, max(0, first) : last]
        spectra = rfft(pieces, axis=-1, overwrite_x=True)
        for index in range(outputs):
            product = response[index, 0] * spectra[:, 0]
            for other in range(1, inputs):
                product += response[index, other] * spectra[:, other]
            for result, start in zip(irfft(product, blocks.size, overwrite_x=True), starts, strict=True):
                last = min(start + step, frames)
                out[index, start:last] = result[blocks.reach : blocks.reach + last - start]
    return out
