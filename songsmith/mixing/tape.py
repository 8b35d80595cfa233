"""What lo-fi adds besides a narrower band: saturation, wow, hiss and crackle.

`lofi` runs from 0, nothing, to 1; below 0 there is nothing to add. Saturation is each channel's own, wow is the
same for all channels, so that they stay together, and the noise is a stem of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.seeds import generator

Samples = npt.NDArray[np.float32]

WOW_HZ = (0.55, 1.37)  # no common period, so that it does not repeat by the bar
WOW_CENTS = (5.0, 2.0)  # at lofi 1
DRIVE = 0.9  # at lofi 1, of a signal at -18 dB RMS
NOISE_LUFS = (-68.0, -34.0)  # just above lofi 0, and at 1, relative to the mix
CRACKLES_PER_S = 7.0
_KNEE = 0.35
_CHUNK = 2**16


def saturate(samples: Samples, lofi: float) -> None:
    """Round off what is loud, in place: the more, the louder."""
    if lofi <= 0.0:
        return
    drive = np.float32(DRIVE * lofi / _KNEE)
    for start in range(0, samples.shape[1], _CHUNK):
        part = samples[:, start : start + _CHUNK]
        part /= np.sqrt(np.float32(1.0) + np.square(part * drive))


def wow(samples: Samples, sample_rate: int, lofi: float, begins: int = 0) -> Samples:
    """Return a signal whose pitch drifts a few cents up and down; the signal itself where lofi is 0 or less.

    The delay that moves is read between samples by straight lines. `begins` is the frame of the song that the
    signal begins at.
    """
    if lofi <= 0.0:
        return samples
    frames = samples.shape[1]
    out = np.empty_like(samples)
    for start in range(0, frames, _CHUNK):
        stop = min(start + _CHUNK, frames)
        times_s = np.arange(begins + start, begins + stop) / sample_rate
        delay = np.zeros(stop - start)
        for rate_hz, cents in zip(WOW_HZ, WOW_CENTS, strict=True):
            swing_s = lofi * (2.0 ** (cents / 1200.0) - 1.0) / (2.0 * np.pi * rate_hz)
            delay += swing_s * sample_rate * (1.0 - np.cos(2.0 * np.pi * rate_hz * times_s))
        position = np.maximum(np.arange(start, stop) - delay, 0.0)
        whole = position.astype(np.intp)
        share = (position - whole).astype(np.float32)
        after = np.minimum(whole + 1, frames - 1)
        for channel, target in zip(samples, out, strict=True):
            near = channel[whole]
            target[start:stop] = near + share * (channel[after] - near)
    return out


def noise(frames: int, sample_rate: int) -> Samples:
    """Return the hiss of a tape and the crackle of a record, stereo, before their level is set."""
    from scipy.signal import butter, sosfilt

    random = generator(0, "tape noise")
    hiss = random.standard_normal((2, frames), np.float32)
    sections = np.concatenate(
        [
            butter(1, 300.0, "high", fs=sample_rate, output="sos"),
            butter(1, 5000.0, "low", fs=sample_rate, output="sos"),
        ]
    ).astype(np.float32)
    sound: Samples = sosfilt(sections, hiss, axis=1).astype(np.float32)
    count = int(CRACKLES_PER_S * frames / sample_rate)
    clicks = np.zeros((2, frames), np.float32)
    clicks[:, random.integers(0, frames, count)] = random.pareto(2.5, count) * random.choice((-1.0, 1.0), count)
    np.clip(clicks, -4.0, 4.0, out=clicks)
    sound += sosfilt(butter(2, (900.0, 4500.0), "band", fs=sample_rate, output="sos"), clicks, axis=1) * np.float32(9)
    return sound


def noise_lufs(lofi: float) -> float | None:
    """Return how loud the noise is against the mix, in LU; None where there is none."""
    if lofi <= 0.0:
        return None
    least, most = NOISE_LUFS
    return least + (most - least) * float(np.sqrt(lofi))
