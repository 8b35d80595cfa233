"""The master: the gain curve that brings a sum of stems to its loudness under a true-peak ceiling."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from songsmith.mixing import limiter, loudness
from songsmith.mixing.curves import draw_lines
from songsmith.mixing.settings import Master
from songsmith.units import db_to_gain

Samples = npt.NDArray[np.float32]

TOLERANCE_LU = 0.05
MAX_LIMITING_LU = 12.0  # how much more gain than without a limiter may be spent on reaching the loudness
USUAL_LIMITING_LU = 1.0
PASSES = 6
STEPS = 20
HASTE = (1.0, 4.0, 16.0)  # a limiter that cannot reach the loudness is made this much faster
NEAR_CEILING = 0.75  # hops that come this near are measured again after the gain, which varies within them


def master_gain(
    total: Samples, stems: Iterable[Samples], sample_rate: int, master: Master, workers: int = 2
) -> Samples:
    """Return the gain of every frame, for the sum and for each stem alike: `[frames]`.

    Parameters
    ----------
    total : `[2, frames]` sum of the stems
    stems : the stems, whose own samples must stay within full scale, too, to be written to files
    sample_rate : frames a second
    master : target loudness, ceiling, timing
    workers : true peaks measured at once; the result does not depend on it

    Notes
    -----
    Loudness under the limiter is found by iteration on hop energies, which are cheap; then the limited sum
    is measured, and targets are moved by what is left until both hold. Where peaks stand so high and so dense that
    the limiter holds everything down, it recovers faster and looks less far ahead. What is below the absolute
    gate, or shorter than a loudness block, is not made louder.
    """
    stems = tuple(stems)
    for haste in HASTE:
        gains, is_there = _gains_at(total, stems, sample_rate, master, workers, haste)
        if is_there:
            break
    return gains


def _gains_at(
    total: Samples, stems: tuple[Samples, ...], sample_rate: int, master: Master, workers: int, haste: float
) -> tuple[Samples, bool]:
    """Return the gain of every frame with a limiter `haste` times as fast, and whether that is loud enough."""
    frames = total.shape[1]
    hops_per_block = round(0.4 * sample_rate / limiter.HOP)
    energies = loudness.k_energies(total, sample_rate, limiter.HOP, workers)
    open_lufs = loudness.integrated_lufs(energies, hops_per_block)
    silent = open_lufs == float("-inf")
    gain_db = 0.0 if silent else master.loudness_lufs - open_lufs
    highest_db = gain_db + (0.0 if silent else MAX_LIMITING_LU)
    ceiling = np.float32(db_to_gain(master.true_peak_dbtp))
    ceiling_db, target_lufs = master.true_peak_dbtp - 0.05, master.loudness_lufs
    measured_db = min(highest_db, gain_db + USUAL_LIMITING_LU)
    peaks = _peaks(total, stems, master, measured_db, workers)

    def curve_at(gain_db: float) -> limiter.Curve:
        gain = np.float32(db_to_gain(gain_db))
        shape = limiter.gain_curve(
            peaks * gain,
            db_to_gain(ceiling_db),
            sample_rate,
            master.lookahead_ms / float(np.sqrt(haste)),
            haste * master.release_db_per_s,
        )
        return shape * gain

    def loudness_at(curve: limiter.Curve) -> float:
        middle = 0.5 * (curve[:-1] + curve[1:]).astype(np.float64)
        return loudness.integrated_lufs(energies * middle**2, hops_per_block)

    curve = curve_at(gain_db)
    gains = draw_lines(curve, limiter.HOP, frames)
    for _ in range(PASSES):
        slope = 1.0  # of loudness over gain: the harder the limiter works, the less a gain brings
        for _ in range(STEPS):
            reached = loudness_at(curve)
            miss = target_lufs - reached
            if abs(miss) < 0.2 * TOLERANCE_LU or (miss > 0 and gain_db >= highest_db):
                break
            before_db, gain_db = gain_db, min(gain_db + miss / slope, highest_db)
            if gain_db > measured_db:
                measured_db = highest_db
                peaks = _peaks(total, stems, master, measured_db, workers)
            curve = curve_at(gain_db)
            if abs(gain_db - before_db) > 1e-3:
                slope = float(np.clip((loudness_at(curve) - reached) / (gain_db - before_db), 0.2, 1.0))
        gains = draw_lines(curve, limiter.HOP, frames)
        limited = total * gains
        high = np.flatnonzero(peaks * np.maximum(curve[:-1], curve[1:]) > NEAR_CEILING * ceiling)
        peak = loudness.true_peak_at(limited, high, limiter.HOP)
        miss = master.loudness_lufs - loudness.loudness_lufs(limited, sample_rate, workers)
        if peak <= ceiling and (abs(miss) <= TOLERANCE_LU or (miss > 0 and gain_db >= highest_db)):
            break
        ceiling_db -= 20.0 * float(np.log10(peak / ceiling)) + 0.02 if peak > ceiling else 0.0
        target_lufs += 0.0 if silent else miss
        curve = curve_at(gain_db)
    return gains, silent or miss <= TOLERANCE_LU


def _peaks(
    total: Samples, stems: tuple[Samples, ...], master: Master, gain_db: float, workers: int
) -> npt.NDArray[np.float32]:
    """Return the peak of every hop that limits a gain of up to `gain_db`; lower peaks may be estimates.

    Stems may peak at full scale, so theirs count less by the ceiling.
    """
    ceiling, quiet = np.float32(db_to_gain(master.true_peak_dbtp)), np.float32(db_to_gain(-gain_db))
    peaks = loudness.true_peaks(total, limiter.HOP, float(0.95 * ceiling * quiet), workers)
    for stem in stems:
        if max(stem.max(initial=0.0), -stem.min(initial=0.0)) > quiet:
            own = loudness.sample_peaks(stem, limiter.HOP).reshape(-1)[: len(peaks)]
            np.maximum(peaks, ceiling * own, out=peaks)
    return peaks
