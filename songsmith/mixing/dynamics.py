"""What changes with the sound's own level before it is placed: de-esser and compressor.

Samples are `[channels, frames]` float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.mixing.curves import draw_out

Samples = npt.NDArray[np.float32]

CHUNK = 44100


def deess(samples: Samples, sample_rate: int, split_hz: float, depth_db: float) -> Samples:
    """Return a mono vocal whose sibilants are turned down: the band above `split_hz`, where it outweighs the rest.

    Both bands are weighed by their energy over 10 ms; at equal energy the upper band loses half of `depth_db`,
    at +6 dB all of it.
    """
    from scipy.signal import butter, sosfilt

    hop = sample_rate // 100
    upper = sosfilt(butter(2, split_hz, "high", fs=sample_rate, output="sos").astype(np.float32), samples)
    upper_level, all_level = hop_energy(upper, hop), hop_energy(samples, hop)
    excess_db = 10.0 * np.log10((upper_level + 1e-10) / (np.maximum(all_level - upper_level, 0.0) + 1e-10))
    cut_db = depth_db * np.clip((excess_db + 6.0) / 12.0, 0.0, 1.0)
    cut_db[all_level < 1e-8] = 0.0
    cut_db = np.convolve(np.pad(cut_db, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    loss = draw_out(1.0 - 10.0 ** (-cut_db / 20.0), hop, samples.shape[1])
    upper *= loss
    return np.asarray(samples - upper, dtype=np.float32)


def highpass(samples: Samples, sample_rate: int, frequency_hz: float) -> Samples:
    """Return a signal without what is below a frequency, at 12 dB an octave."""
    from scipy.signal import butter, sosfilt

    sections = butter(2, frequency_hz, "high", fs=sample_rate, output="sos").astype(np.float32)
    return np.asarray(sosfilt(sections, samples, axis=-1), np.float32)


def compress(
    samples: Samples, sample_rate: int, threshold_db: float, ratio: float, attack_ms: float, release_ms: float
) -> None:
    """Turn down what is above a threshold, in place."""
    import pedalboard

    compressor = pedalboard.Compressor(threshold_db, ratio, attack_ms, release_ms)
    board: Any = pedalboard.Pedalboard([compressor])  # type: ignore[attr-defined]
    for start in range(0, samples.shape[1], CHUNK):
        part = samples[:, start : start + CHUNK]
        part[:] = board(part, sample_rate, buffer_size=CHUNK, reset=False)


def hop_energy(samples: Samples, hop: int) -> npt.NDArray[np.float64]:
    """Return the mean square of every hop, channels added; what is missing from the last one counts as silence."""
    frames = samples.shape[1]
    whole = frames // hop * hop
    framed = samples[:, :whole].reshape(len(samples), -1, hop)
    out = np.zeros(-(-frames // hop))
    out[: whole // hop] = np.einsum("chi,chi->h", framed, framed)
    if whole < frames:
        out[-1] = np.einsum("ci,ci->", samples[:, whole:], samples[:, whole:])
    return out / hop
