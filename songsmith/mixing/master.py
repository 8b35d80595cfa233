"""The master: the gain curve that brings a sum of stems to its loudness under a true-peak ceiling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
CERTAIN = 0.95  # share of the ceiling from which on true peaks are looked for wherever they may be
FILE_STEPS = 2**23  # to full scale in files of 24 bits: the mix is in memory what it is in its file
NEAR_CEILING = 0.75  # hops that come this near are measured again after the gain, which varies within them


@dataclass(frozen=True, slots=True, eq=False)
class Mastered:
    """A sum of stems at its loudness.

    Parameters
    ----------
    gain : `[frames]` gain of every frame, for the sum and for each stem alike
    measured : the sum after this gain, and what it measures
    reached : whether it is loud enough
    """

    gain: Samples
    measured: loudness.Measured
    reached: bool


def master_gain(
    total: Samples, stems: Iterable[Samples], sample_rate: int, master: Master, workers: int = 2
) -> Samples:
    """Return the gain of every frame, for the sum and for each stem alike: `[frames]`; see `mastered`."""
    return mastered(total, stems, sample_rate, master, workers).gain


def mastered(
    total: Samples, stems: Iterable[Samples], sample_rate: int, master: Master, workers: int = 2
) -> Mastered:
    """Return the gain that brings a sum to its loudness, and the sum after it.

    Parameters
    ----------
    total : `[2, frames]` sum of the stems
    stems : the stems, whose own samples must stay within full scale, too, to be written to files
    sample_rate : frames a second
    master : target loudness, ceiling, timing
    workers : what is measured at once; the result does not depend on it

    Notes
    -----
    Loudness under the limiter is found by iteration on hop energies, which are cheap; then the limited sum
    is measured, and targets are moved by what is left until both hold. Where peaks stand so high and so dense that
    the limiter holds everything down, it recovers faster and looks less far ahead. What is below the absolute
    gate, or shorter than a loudness block, is not made louder.
    """
    stems = tuple(stems)
    with ThreadPoolExecutor(workers) as pool:
        desk = _Desk.of(total, stems, sample_rate, master, pool, workers)
        for haste in HASTE:
            done = desk.with_haste(haste)
            if done.reached:
                break
    return done


@dataclass(frozen=True, slots=True, eq=False)
class _Desk:
    """A sum of stems on its way to its loudness.

    Parameters
    ----------
    energies : `[hops]` K-weighted
    rough : peaks of the sum
    highest : largest magnitude of the samples of each stem
    """

    total: Samples
    stems: tuple[Samples, ...]
    sample_rate: int
    master: Master
    pool: ThreadPoolExecutor
    workers: int
    energies: npt.NDArray[np.float64]
    rough: loudness.RoughPeaks
    highest: tuple[float, ...]

    @classmethod
    def of(
        cls,
        total: Samples,
        stems: tuple[Samples, ...],
        sample_rate: int,
        master: Master,
        pool: ThreadPoolExecutor,
        workers: int,
    ) -> _Desk:
        """Measure what the gain does not change."""
        energies = _energies(total, sample_rate, limiter.HOP, pool)
        rough = pool.submit(loudness.RoughPeaks.of, total, limiter.HOP)
        highest = pool.map(lambda stem: float(max(stem.max(initial=0.0), -stem.min(initial=0.0))), stems)
        return cls(total, stems, sample_rate, master, pool, workers, energies(), rough.result(), tuple(highest))

    def with_haste(self, haste: float) -> Mastered:
        """Return what comes of a limiter `haste` times as fast."""
        master, frames = self.master, self.total.shape[1]
        hops_per_block = round(0.4 * self.sample_rate / limiter.HOP)
        open_lufs = loudness.integrated_lufs(self.energies, hops_per_block)
        silent = open_lufs == float("-inf")
        gain_db = 0.0 if silent else master.loudness_lufs - open_lufs
        highest_db = gain_db + (0.0 if silent else MAX_LIMITING_LU)
        ceiling = np.float32(db_to_gain(master.true_peak_dbtp))
        ceiling_db, target_lufs = master.true_peak_dbtp - 0.05, master.loudness_lufs
        measured_db = min(highest_db, gain_db + USUAL_LIMITING_LU)
        peaks = self.peaks(measured_db)

        def curve_at(gain_db: float) -> limiter.Curve:
            gain = np.float32(db_to_gain(gain_db))
            shape = limiter.gain_curve(
                peaks * gain,
                db_to_gain(ceiling_db),
                self.sample_rate,
                master.lookahead_ms / float(np.sqrt(haste)),
                haste * master.release_db_per_s,
            )
            return shape * gain

        def loudness_at(curve: limiter.Curve) -> float:
            middle = 0.5 * (curve[:-1] + curve[1:]).astype(np.float64)
            return loudness.integrated_lufs(self.energies * middle**2, hops_per_block)

        curve = curve_at(gain_db)
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
                    peaks = self.peaks(measured_db)
                curve = curve_at(gain_db)
                if abs(gain_db - before_db) > 1e-3:
                    slope = float(np.clip((loudness_at(curve) - reached) / (gain_db - before_db), 0.2, 1.0))
            gains = draw_lines(curve, limiter.HOP, frames)
            high = np.flatnonzero(peaks * np.maximum(curve[:-1], curve[1:]) > NEAR_CEILING * ceiling)
            measured = self.limited(gains, high, CERTAIN * ceiling)
            peak = measured.true_peak or 0.0
            miss = master.loudness_lufs - loudness.integrated_lufs(measured.energies, loudness.HOPS_PER_BLOCK)
            if peak <= ceiling and (abs(miss) <= TOLERANCE_LU or (miss > 0 and gain_db >= highest_db)):
                break
            ceiling_db -= 20.0 * float(np.log10(peak / ceiling)) + 0.02 if peak > ceiling else 0.0
            target_lufs += 0.0 if silent else miss
            curve = curve_at(gain_db)
        return Mastered(gains, measured, silent or miss <= TOLERANCE_LU)

    def peaks(self, gain_db: float) -> npt.NDArray[np.float32]:
        """Return the peak of every hop that limits a gain of up to `gain_db`; lower peaks may be estimates.

        Stems may peak at full scale, so theirs count less by the ceiling.
        """
        ceiling, quiet = np.float32(db_to_gain(self.master.true_peak_dbtp)), np.float32(db_to_gain(-gain_db))
        loud = [stem for stem, highest in zip(self.stems, self.highest, strict=True) if highest > quiet]
        owns = self.pool.map(lambda stem: loudness.sample_peaks(stem, limiter.HOP), loud)
        least = float(CERTAIN * ceiling * quiet)
        peaks = loudness.true_peaks(self.total, limiter.HOP, least, self.workers, self.rough)
        for own in owns:
            np.maximum(peaks, ceiling * own.reshape(-1)[: len(peaks)], out=peaks)
        return peaks

    def limited(self, gains: Samples, high: npt.NDArray[np.intp], certain: np.float32) -> loudness.Measured:
        """Return the sum after a gain, measured: its true peak at some hops, known where it is at least `certain`."""
        limited = np.empty_like(self.total)

        def limit(side: int) -> None:
            out = limited[side]
            np.multiply(self.total[side], gains, out=out)
            out *= np.float32(FILE_STEPS)
            np.rint(out, out=out)
            out *= np.float32(1.0 / FILE_STEPS)

        list(self.pool.map(limit, range(len(limited))))
        energies = _energies(limited, self.sample_rate, self.sample_rate // 10, self.pool)
        parts = [part for part in np.array_split(high, self.workers) if len(part)]
        tops = self.pool.map(lambda part: loudness.true_peak_at(limited, part, limiter.HOP), parts)
        peak = max(tops, default=0.0)
        return loudness.Measured(limited, energies(), peak if peak >= certain else None)


def _energies(
    samples: Samples, sample_rate: int, hop: int, pool: ThreadPoolExecutor
) -> Callable[[], npt.NDArray[np.float64]]:
    """Begin to measure K-weighted energies, a channel beside the other; return what waits for them."""
    each = [pool.submit(loudness.channel_energies, channel, sample_rate, hop) for channel in samples]
    return lambda: np.asarray(np.sum([one.result() for one in each], axis=0), np.float64)
