"""Programme loudness and true peak.

Loudness is in LUFS (LU where relative), measured on K-weighted block energies, so that one filtering of a
stem serves its level, the balance between stems and the gating. Samples are `[channels, frames]`.

Source: ITU-R BS.1770-4, annex 1 (K weighting, gating) and annex 2 (true peak by oversampling four times).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.units import gain_to_db

Energies = npt.NDArray[np.float64]

HOPS_PER_BLOCK = 4  # tenths of a second in a loudness block of 400 ms
SILENCE_LUFS = -70.0  # the absolute gate: what is quieter is not programme
OFFSET_LUFS = -0.691
RELATIVE_GATE_LU = -10.0
OVERSAMPLING = 4
_CHUNK_HOPS = 1024
_BLOCK_HOPS = 32
_CHUNK_BLOCKS = 64
# Every phase of the interpolation filter is a straight line between two samples, and a filter on the second
# difference of the samples whose taps' magnitudes sum to this.
_BEND_SHARE = 0.46
_REACH = 12  # frames to each side that the interpolation filter looks at, and two more


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was measured of a mix while it was made, so that nobody measures it again.

    Parameters
    ----------
    samples : `[channels, frames]` what was measured
    energies : `[hops]` K-weighted mean square of every tenth of a second
    true_peak : largest magnitude between and on the samples, linear; None where that was not looked for
    """

    samples: npt.NDArray[np.float32]
    energies: Energies
    true_peak: float | None = None


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


def k_energies(samples: npt.NDArray[np.float32], sample_rate: int, hop: int, workers: int = 1) -> Energies:
    """Return the K-weighted mean square of every `hop` frames, channels added: `[hops]`, the last one padded.

    `workers` is how many channels are filtered at once; the result does not depend on it.
    """
    with ThreadPoolExecutor(workers) as pool:
        each = list(pool.map(lambda channel: channel_energies(channel, sample_rate, hop), samples))
    return np.asarray(np.sum(each, axis=0), np.float64)


def channel_energies(channel: npt.NDArray[np.float32], sample_rate: int, hop: int) -> Energies:
    """Return the K-weighted mean square of every `hop` frames of one channel."""
    from scipy.signal import sosfilt

    sections = k_weighting(sample_rate)
    frames = len(channel)
    chunk = max(1, sample_rate // hop) * hop
    state = np.zeros((len(sections), 2))
    energies = np.zeros(-(-frames // hop))
    for start in range(0, frames, chunk):
        weighted, state = sosfilt(sections, channel[start : start + chunk], zi=state)
        if len(weighted) % hop:
            weighted = np.pad(weighted, (0, -len(weighted) % hop))
        framed = weighted.reshape(-1, hop)
        energies[start // hop : start // hop + len(framed)] = np.einsum("hi,hi->h", framed, framed) / hop
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


def loudness_lufs(samples: npt.NDArray[np.float32], sample_rate: int, workers: int = 1) -> float:
    """Return the integrated loudness of `[channels, frames]`; minus infinity for silence."""
    return integrated_lufs(tenth_energies(samples, sample_rate, workers), HOPS_PER_BLOCK)


def tenth_energies(samples: npt.NDArray[np.float32], sample_rate: int, workers: int = 1) -> Energies:
    """Return the K-weighted mean square of every tenth of a second, channels added: `[hops]`."""
    return k_energies(samples, sample_rate, sample_rate // 10, workers)


def energy_to_lufs(energy: float) -> float:
    """Return the loudness of a K-weighted mean square."""
    return OFFSET_LUFS + 10.0 * float(np.log10(energy)) if energy > 0 else float("-inf")


def lufs_to_energy(loudness: float) -> float:
    """Return the K-weighted mean square of a loudness."""
    return float(10.0 ** ((loudness - OFFSET_LUFS) / 10.0))


@dataclass(frozen=True, slots=True, eq=False)
class RoughPeaks:
    """What is known of peaks without looking between the samples.

    Parameters
    ----------
    own : `[blocks, 32]` largest magnitude of the samples of every hop, over all channels
    tops : `[blocks]` what no true peak of a block comes to
    """

    own: npt.NDArray[np.float32]
    tops: npt.NDArray[np.float32]

    @classmethod
    def of(cls, samples: npt.NDArray[np.float32], hop: int) -> RoughPeaks:
        """Look at `[channels, frames]`."""
        own = sample_peaks(samples, hop)
        tops = np.pad(own.max(axis=1) + np.float32(_BEND_SHARE) * _bends(samples, _BLOCK_HOPS * hop), 1)
        return cls(own, np.maximum(np.maximum(tops[:-2], tops[2:]), tops[1:-1]))


def true_peaks(
    samples: npt.NDArray[np.float32],
    hop: int,
    least: float = 0.0,
    workers: int = 2,
    rough: RoughPeaks | None = None,
) -> npt.NDArray[np.float32]:
    """Return the largest magnitude between and on the samples of every `hop` frames, over all channels: `[hops]`.

    Blocks of 32 hops whose true peaks cannot come to `least` are left at their sample peak, which is quick. `rough`
    is what is known of these samples already.
    """
    count = -(-samples.shape[1] // hop)
    block = _BLOCK_HOPS * hop
    rough = rough or RoughPeaks.of(samples, hop)
    own = rough.own.copy()
    chosen = np.flatnonzero(1.01 * rough.tops >= least) if least > 0.0 else np.arange(len(own))
    offsets = np.arange(block + 2 * _REACH) - _REACH
    last = samples.shape[1] - 1

    def peaks_of(some: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        index = some[:, None] * block + offsets
        pieces = samples[:, np.clip(index, 0, last)]
        if some[0] * block < _REACH or some[-1] * block + block + _REACH > last:
            pieces *= (index >= 0) & (index <= last)
        fine = _oversampled(pieces)[..., OVERSAMPLING * _REACH : -OVERSAMPLING * _REACH]
        fine = fine.reshape(len(samples), len(some), _BLOCK_HOPS, -1)
        return np.asarray(np.maximum(fine.max(axis=3), -fine.min(axis=3)).max(axis=0), np.float32)

    pieces = [chosen[start : start + _CHUNK_BLOCKS] for start in range(0, len(chosen), _CHUNK_BLOCKS)]
    with ThreadPoolExecutor(workers) as pool:
        for piece, peaks in zip(pieces, pool.map(peaks_of, pieces), strict=True):
            own[piece] = peaks
    return own.reshape(-1)[:count]


def sample_peaks(samples: npt.NDArray[np.float32], hop: int) -> npt.NDArray[np.float32]:
    """Return the largest magnitude of the samples of every hop, over all channels, 32 hops a row: `[blocks, 32]`."""
    block = _BLOCK_HOPS * hop
    frames = samples.shape[1]
    whole = frames // block
    out = np.zeros((-(-frames // block), _BLOCK_HOPS), np.float32)
    for channel in samples:
        framed = channel[: whole * block].reshape(whole, _BLOCK_HOPS, hop)
        np.maximum(out[:whole], np.maximum(framed.max(axis=2), -framed.min(axis=2)), out=out[:whole])
        if whole < len(out):
            rest = np.abs(np.pad(channel[whole * block :], (0, len(out) * block - frames))).reshape(_BLOCK_HOPS, hop)
            np.maximum(out[-1], rest.max(axis=1), out=out[-1])
    return out


def _bends(samples: npt.NDArray[np.float32], block: int) -> npt.NDArray[np.float32]:
    """Return the largest magnitude of the second difference of the samples of every block: `[blocks]`."""
    frames = samples.shape[1]
    out = np.zeros(-(-frames // block), np.float32)
    rows = 64
    for channel in samples:
        for row in range(0, len(out), rows):
            start, stop = row * block, min((row + rows) * block, frames)
            piece = np.zeros(rows * block + 2, np.float32)
            known = channel[max(0, start - 1) : stop + 1]
            first = 1 if start == 0 else 0
            piece[first : first + len(known)] = known
            step = np.diff(piece)
            bend = np.diff(step).reshape(rows, block)[: len(out) - row]
            np.maximum(
                out[row : row + rows], np.maximum(bend.max(axis=1), -bend.min(axis=1)), out=out[row : row + rows]
            )
    return out


def true_peak_at(samples: npt.NDArray[np.float32], hops: npt.NDArray[np.intp], hop: int) -> float:
    """Return the largest magnitude between and on the samples of some hops, over all channels, linear."""
    window = np.arange(hop + 2 * _REACH) - _REACH
    last = samples.shape[1] - 1
    highest = 0.0
    for first in range(0, len(hops), _CHUNK_HOPS):
        index = hops[first : first + _CHUNK_HOPS, None] * hop + window
        pieces = samples[:, np.clip(index, 0, last)]
        if index[0, 0] < 0 or index[-1, -1] > last:
            pieces *= (index >= 0) & (index <= last)
        fine = _oversampled(pieces)[..., OVERSAMPLING * _REACH : -OVERSAMPLING * _REACH]
        highest = max(highest, float(fine.max()), -float(fine.min()))
    return highest


def true_peak_dbtp(samples: npt.NDArray[np.float32]) -> float:
    """Return the true peak in dB relative to full scale; -120 for silence."""
    highest = max(samples.max(initial=0.0), -samples.min(initial=0.0))  # what cannot come to it need not be looked at
    return float(gain_to_db(float(true_peaks(samples, 64, float(highest)).max(initial=0.0))))


def _oversampled(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(samples, OVERSAMPLING, 1, axis=-1), dtype=np.float32)
