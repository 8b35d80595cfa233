"""The master's gain: one curve for every stem, so that stems that sum to the mix still do after limiting.

The curve looks ahead and is safe by construction: at no moment is it above what the true peak of that moment
allows. Levels of reduction are in dB, time in hops of `HOP` frames.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

HOP = 35  # 0.8 ms at 44.1 kHz, and a whole part of 100 ms

Curve = npt.NDArray[np.float32]


def gain_curve(peaks: Curve, ceiling: float, sample_rate: int, lookahead_ms: float, release_db_per_s: float) -> Curve:
    """Return the gain at every hop's start, one more than there are hops: `[hops + 1]`, at most 1.

    Parameters
    ----------
    peaks : `[hops]` true peak of every hop, linear
    ceiling : what no peak may be above after the gain, linear
    lookahead_ms : how long before a peak the gain begins to fall
    release_db_per_s : how fast it comes back
    """
    from scipy.ndimage import maximum_filter1d

    reduction = 20.0 * np.log10(np.maximum(peaks.astype(np.float64) / ceiling, 1.0))
    reduction = np.concatenate([reduction[:1], reduction])
    reach = max(1, round(lookahead_ms * 1e-3 * sample_rate / HOP))
    held = maximum_filter1d(reduction, 2 * reach + 3, mode="nearest")
    slope = release_db_per_s * HOP / sample_rate * np.arange(len(held))
    falling = np.maximum.accumulate(held + slope) - slope
    # A weighted mean of values that each are large enough for this moment is large enough, too.
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(falling, reach, mode="edge")
    smooth = np.convolve(padded, window / window.sum(), mode="valid")
    return (10.0 ** (-smooth / 20.0)).astype(np.float32)
