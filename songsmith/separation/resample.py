"""Sound at another sample rate, by a polyphase low-pass filter; there and back again keeps the alignment exact."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from songsmith.separation.separator import Samples

ZERO_CROSSINGS = 32
KAISER_BETA = 7.0
CUTOFF = 0.94  # of the lower Nyquist frequency; what is left as it is ends at 0.87 of it


@lru_cache(maxsize=8)
def _filter(up: int, down: int) -> Samples:
    """Return the low-pass filter for a ratio, symmetric about its middle tap."""
    from scipy.signal import firwin

    longest = max(up, down)
    taps = 2 * ZERO_CROSSINGS * longest + 1
    return np.asarray(firwin(taps, CUTOFF / longest, window=("kaiser", KAISER_BETA)), np.float32)


def resampled(samples: Samples, rate: int, wanted: int, frames: int | None = None) -> Samples:
    """Return `[..., frames]` at another rate; frame 0 stays frame 0.

    Parameters
    ----------
    frames : how many to return, cut or padded with silence; by default as many as the time takes
    """
    count = -(-samples.shape[-1] * wanted // rate) if frames is None else frames
    if rate == wanted:
        found = samples
    else:
        from scipy.signal import resample_poly

        divisor = gcd(rate, wanted)
        up, down = wanted // divisor, rate // divisor
        found = resample_poly(samples, up, down, axis=-1, window=_filter(up, down))
    if found.shape[-1] < count:
        found = np.pad(found, [(0, 0)] * (found.ndim - 1) + [(0, count - found.shape[-1])])
    return np.ascontiguousarray(found[..., :count], np.float32)
