"""Programme loudness and true peak.

Loudness is in LUFS (LU where relative), measured on K-weighted block energies, so that one filtering of a
stem serves its level, the balance between stems and the gating. Samples are `[channels, frames]`.

Source: ITU-R BS.1770-4, annex 1 (K weighting, gating) and annex 2 (true peak by oversampling four times).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from songsmith.units import gain_to_db

Energies = npt.NDArray[np.float64]

SILENCE_LUFS = -70.0  # the absolute gate: what is quieter is not programme
OFFSET_LUFS = -0.691
RELATIVE_GATE_LU = -10.0
OVERSAMPLING = 4
_CHUNK_HOPS = 4096
_REACH = 12  # frames to each side that the interpolation filter looks at, and two more


def k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the K-weighting filter as second-order sections `[2, 6]`: the head's shelf, then the high-pass.

    Source: the parameters of the analogue filters behind the coefficients that BS.1770-4 gives for 48 kHz,
    bilinearly transformed for any rate.
    """
    tangent = np.tan(np.pi * 1681.974450955533 / sample_rate)
    quality = 0.7071752369554196
    high = 10.0 ** (3.999843853973347 / 20.0)
    middle = high**0.4996667741545416
    a0 = 1.0 + tangent / quality + tangent**2
    shelf = [
        (high + middle * tangent / quality + tangent**2) / a0,
        2.0 * (tangent**2 - high) / a0,
        (high - middle * tangent / quality + tangent**2) / a0,
        1.0,
        2.0 * (tangent**2 - 1.0) / a0,
        (1.0 - tangent / quality + tangent**2) / a0,
    ]
    tangent = np.tan(np.pi * 38.13547087602444 / sample_rate)
    quality = 0.5003270373238773
    a0 = 1.0 + tangent / quality + tangent**2
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (tangent**2 - 1.0) / a0, (1.0 - tangent / quality + tangent**2) / a0]
    return np.asarray([shelf, high_pass])


def k_energies(samples: npt.NDArray[np.float32], sample_rate: int, hop: int) -> Energies:
    """Return the K-weighted mean square of every `hop` frames, channels added: `[hops]`, the last one padded."""
    from scipy.signal import sosfilt

    sections = k_weighting(sample_rate)
    frames = samples.shape[1]
    chunk = max(1, sample_rate // hop) * hop
    state = np.zeros((len(sections), samples.shape[0], 2))
    energies = np.zeros(-(-frames // hop))
    for start in range(0, frames, chunk):
        weighted, state = sosfilt(sections, samples[:, start : start + chunk], zi=state)
        if weighted.shape[1] % hop:
            weighted = np.pad(weighted, ((0, 0), (0, -weighted.shape[1] % hop)))
        framed = weighted.reshape(len(weighted), -1, hop)
        energies[start // hop : start // hop + framed.shape[1]] = np.einsum("chi,chi->h", framed, framed) / hop
    return energies


def integrated_lufs(energies: Energies, hops_per_block: int) -> float:
    """Return the gated loudness of hop energies, whose hop is a quarter of the block of 400 ms or shorter.

    `hops_per_block` hops make 400 ms. Returns minus infinity for what is all below the absolute gate, and
    for less than one block.
    """
    blocks = _block_means(energies, hops_per_block)
    loud = blocks[blocks > lufs_to_energy(SILENCE_LUFS)]
    if not loud.size:
        return float("-inf")
    gate = energy_to_lufs(float(loud.mean())) + RELATIVE_GATE_LU
    loud = loud[loud > lufs_to_energy(gate)]
    return energy_to_lufs(float(loud.mean()))


def _block_means(energies: Energies, hops_per_block: int) -> Energies:
    """Return the means over blocks that overlap by three quarters."""
    if len(energies) < hops_per_block:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(energies)])
    step = max(1, hops_per_block // 4)
    starts = np.arange(0, len(energies) - hops_per_block + 1, step)
    return np.asarray((sums[starts + hops_per_block] - sums[starts]) / hops_per_block)


def loudness_lufs(samples: npt.NDArray[np.float32], sample_rate: int) -> float:
    """Return the integrated loudness of `[channels, frames]`; minus infinity for silence."""
    return integrated_lufs(k_energies(samples, sample_rate, sample_rate // 10), 4)


def energy_to_lufs(energy: float) -> float:
    """Return the loudness of a K-weighted mean square."""
    return OFFSET_LUFS + 10.0 * float(np.log10(energy)) if energy > 0 else float("-inf")


def lufs_to_energy(loudness: float) -> float:
    """Return the K-weighted mean square of a loudness."""
    return float(10.0 ** ((loudness - OFFSET_LUFS) / 10.0))


def true_peaks(samples: npt.NDArray[np.float32], hop: int) -> npt.NDArray[np.float32]:
    """Return the largest magnitude between and on the samples of every `hop` frames, over all channels: `[hops]`."""
    step = _CHUNK_HOPS * hop

    def chunk_peaks(start: int) -> npt.NDArray[np.float32]:
        stop = min(start + step, samples.shape[1])
        left, right = max(0, start - _REACH), min(samples.shape[1], stop + _REACH)
        peaks = np.zeros(-(-(stop - start) // hop), np.float32)
        for channel in samples:
            fine = _oversampled(channel[left:right])[OVERSAMPLING * (start - left) : OVERSAMPLING * (stop - left)]
            fine = np.pad(fine, (0, len(peaks) * hop * OVERSAMPLING - len(fine))).reshape(len(peaks), -1)
            np.maximum(peaks, np.maximum(fine.max(axis=1), -fine.min(axis=1)), out=peaks)
        return peaks

    with ThreadPoolExecutor(2) as pool:
        chunks = list(pool.map(chunk_peaks, range(0, samples.shape[1], step)))
    return np.concatenate([np.zeros(0, np.float32), *chunks])


def true_peak_at(samples: npt.NDArray[np.float32], hops: npt.NDArray[np.intp], hop: int) -> float:
    """Return the largest magnitude between and on the samples of some hops, over all channels, linear."""
    padded = np.pad(samples, ((0, 0), (_REACH, _REACH + hop)))
    window = np.arange(hop + 2 * _REACH)
    highest = 0.0
    for first in range(0, len(hops), _CHUNK_HOPS):
        pieces = padded[:, hops[first : first + _CHUNK_HOPS, None] * hop + window]
        fine = _oversampled(pieces)[..., OVERSAMPLING * _REACH : -OVERSAMPLING * _REACH]
        highest = max(highest, float(np.abs(fine).max()))
    return highest


def true_peak_dbtp(samples: npt.NDArray[np.float32]) -> float:
    """Return the true peak in dB relative to full scale; -120 for silence."""
    return float(gain_to_db(float(true_peaks(samples, 64).max(initial=0.0))))


def _oversampled(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(samples, OVERSAMPLING, 1, axis=-1), dtype=np.float32)
