"""What the mix measures: loudness, peaks, silence, and whether the stems sum to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from songsmith.audio import Audio
from songsmith.mixing.loudness import HOPS_PER_BLOCK, integrated_lufs, tenth_energies, true_peak_dbtp
from songsmith.song import Mix
from songsmith.units import gain_to_db

SILENCE_DBFS = -55.0


def sound(audio: Mix, sections_end_s: float, sum_error: float | None = None) -> dict[str, float | None]:
    """Measure the mix.

    `loudness_lufs` is integrated (BS.1770, None for silence), `true_peak_dbtp` four times oversampled,
    `stem_sum_error` the largest difference between the mix and the sum of its stems, `clipped_samples` those at
    full scale, `longest_silence_s` the longest stretch under -55 dBFS before the last section ends. `sum_error` is
    that largest difference where it is known, which saves reading the stems.
    """
    if sum_error is None:
        sum_error = stem_sum_error(audio.mix, audio.stems)
    samples, known = audio.mix.samples, audio.known
    energies = known.energies if known is not None else tenth_energies(samples, audio.mix.sample_rate, 2)
    peak = known.true_peak if known is not None else None
    return {
        "duration_s": round(audio.mix.duration_s, 3),
        "loudness_lufs": _rounded(integrated_lufs(energies, HOPS_PER_BLOCK)),
        "true_peak_dbtp": round(true_peak_dbtp(samples) if peak is None else float(gain_to_db(peak)), 2),
        "clipped_samples": int(np.count_nonzero(samples >= 0.99999) + np.count_nonzero(samples <= -0.99999)),
        "stem_sum_error": float(f"{sum_error:.1e}"),
        "longest_silence_s": round(longest_silence_s(audio.mix, sections_end_s), 2),
    }


def stem_sum_error(mix: Audio, stems: Mapping[str, Audio]) -> float:
    """Return the largest difference between a mix and the sum of its stems; infinity where lengths differ."""
    rest = mix.samples.copy()
    for stem in stems.values():
        if stem.samples.shape != rest.shape:
            return float("inf")
        rest -= stem.samples
    return float(max(rest.max(initial=0.0), -rest.min(initial=0.0)))


def longest_silence_s(audio: Audio, end_s: float) -> float:
    """Return the longest time under -55 dBFS (RMS of 50 ms) before `end_s`."""
    hop = audio.sample_rate // 20
    used = min(audio.frames, int(end_s * audio.sample_rate)) // hop * hop
    framed = audio.samples[:, :used].reshape(audio.channels, -1, hop)
    power = np.einsum("chi,chi->h", framed, framed) / (hop * audio.channels)
    loud = np.flatnonzero(power > 10.0 ** (SILENCE_DBFS / 10.0))
    edges = np.concatenate([[-1], loud, [used // hop]])
    return float((np.diff(edges) - 1).max()) * hop / audio.sample_rate


def _rounded(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
