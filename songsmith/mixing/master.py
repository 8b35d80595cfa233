"""The master: the gain curve that brings a sum of stems to its loudness under a true-peak ceiling."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from songsmith.mixing import limiter, loudness
from songsmith.mixing.chains import draw_lines
from songsmith.mixing.settings import Master
from songsmith.units import db_to_gain

Samples = npt.NDArray[np.float32]

TOLERANCE_LU = 0.05
MAX_LIMITING_LU = 12.0  # how much more gain than without a limiter may be spent on reaching the loudness
PASSES = 4
NEAR_CEILING = 0.75  # hops that come this near are measured again after the gain, which varies within them


def master_gain(total: Samples, stems: Iterable[Samples], sample_rate: int, master: Master) -> Samples:
    """Return the gain of every frame, for the sum and for each stem alike: `[frames]`.

    Parameters
    ----------
    total : `[2, frames]` sum of the stems
    stems : the stems, whose own samples must stay within full scale, too, to be written to files
    sample_rate : frames a second
    master : target loudness, ceiling, timing

    Notes
    -----
    Loudness under the limiter is found by iteration on hop energies, which are cheap; then the limited sum
    is measured, and targets are moved by what is left until both hold. What is below the absolute gate, or
    shorter than a loudness block, is not made louder.
    """
    frames = total.shape[1]
    hops_per_block = round(0.4 * sample_rate / limiter.HOP)
    energies = loudness.k_energies(total, sample_rate, limiter.HOP)
    open_lufs = loudness.integrated_lufs(energies, hops_per_block)
    silent = open_lufs == float("-inf")
    gain_db = 0.0 if silent else master.loudness_lufs - open_lufs
    highest_db = gain_db + (0.0 if silent else MAX_LIMITING_LU)
    ceiling, quiet = np.float32(db_to_gain(master.true_peak_dbtp)), np.float32(db_to_gain(-highest_db))
    peaks = loudness.true_peaks(total, limiter.HOP)
    for stem in stems:
        own = limiter.sample_peaks(stem, np.maximum(0.9 * peaks / ceiling, quiet))
        np.maximum(peaks, ceiling * own, out=peaks)

    ceiling_db, target_lufs = master.true_peak_dbtp - 0.05, master.loudness_lufs

    def curve_at(gain_db: float) -> limiter.Curve:
        gain = np.float32(db_to_gain(gain_db))
        shape = limiter.gain_curve(
            peaks * gain, db_to_gain(ceiling_db), sample_rate, master.lookahead_ms, master.release_db_per_s
        )
        return shape * gain

    def loudness_at(curve: limiter.Curve) -> float:
        middle = 0.5 * (curve[:-1] + curve[1:]).astype(np.float64)
        return loudness.integrated_lufs(energies * middle**2, hops_per_block)

    curve = curve_at(gain_db)
    gains = draw_lines(curve, limiter.HOP, frames)
    for _ in range(PASSES):
        for _ in range(12):
            miss = target_lufs - loudness_at(curve)
            if abs(miss) < 0.2 * TOLERANCE_LU or (miss > 0 and gain_db >= highest_db):
                break
            gain_db = min(gain_db + miss, highest_db)
            curve = curve_at(gain_db)
        gains = draw_lines(curve, limiter.HOP, frames)
        limited = total * gains
        high = np.flatnonzero(peaks * np.maximum(curve[:-1], curve[1:]) > NEAR_CEILING * ceiling)
        peak = loudness.true_peak_at(limited, high, limiter.HOP)
        miss = master.loudness_lufs - loudness.loudness_lufs(limited, sample_rate)
        if peak <= ceiling and (abs(miss) <= TOLERANCE_LU or (miss > 0 and gain_db >= highest_db)):
            break
        ceiling_db -= 20.0 * float(np.log10(peak / ceiling)) + 0.02 if peak > ceiling else 0.0
        target_lufs += 0.0 if silent else miss
        curve = curve_at(gain_db)
    return gains
