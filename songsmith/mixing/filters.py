"""The equalisers of the desk, as responses: what pedalboard's filters do to an impulse.

They do not change over a song, so that one transform of their impulse response stands for them in the
convolution of a channel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.brief import Texture
from songsmith.mixing.settings import PartChannel, VocalChannel

Samples = npt.NDArray[np.float32]

LENGTH_S = 0.3
DIP_QUALITY = 0.55  # 1 to 4.8 kHz between the points of half the dip's power


def impulse_response(chain: list[Any], sample_rate: int) -> Samples:
    """Return what a chain of plugins makes of an impulse: `[frames]`."""
    import pedalboard

    impulse = np.zeros((1, round(LENGTH_S * sample_rate)), np.float32)
    impulse[0, 0] = 1.0
    if not chain:
        return np.asarray(impulse[0], np.float32)
    board: Any = pedalboard.Pedalboard(chain)  # type: ignore[attr-defined]
    return np.asarray(board(impulse, sample_rate, buffer_size=impulse.shape[1])[0], np.float32)


def equaliser(channel: PartChannel | VocalChannel) -> list[Any]:
    """Return a channel's high-pass of 12 dB an octave, bells and shelf."""
    import pedalboard

    chain: list[Any] = [pedalboard.HighpassFilter(channel.highpass_hz) for _ in range(2)]
    if channel.mud_db:
        chain.append(pedalboard.PeakFilter(300.0, channel.mud_db, 0.8))
    if channel.presence_db:
        chain.append(pedalboard.PeakFilter(3200.0, channel.presence_db, 0.7))
    if channel.air_db:
        chain.append(pedalboard.HighShelfFilter(8000.0, channel.air_db, 0.7))
    return chain


def tone(texture: Texture) -> list[Any]:
    """Return the filters of the song's texture; none where it is neutral."""
    import pedalboard

    chain: list[Any] = []
    if texture.brightness:
        chain.append(pedalboard.HighShelfFilter(3500.0, 6.0 * texture.brightness, 0.6))
        chain.append(pedalboard.LowShelfFilter(250.0, -2.0 * texture.brightness, 0.6))
    if texture.lofi > 0:
        lowpass_hz = 16000.0 * (3500.0 / 16000.0) ** texture.lofi
        chain += [pedalboard.LowpassFilter(lowpass_hz), pedalboard.LowpassFilter(lowpass_hz)]
        chain.append(pedalboard.HighpassFilter(20.0 + 100.0 * texture.lofi))
    elif texture.lofi < 0:
        chain.append(pedalboard.HighShelfFilter(11000.0, -5.0 * texture.lofi, 0.8))
    return chain


def dip_sections(centre_hz: float, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the band that a dip takes out of a signal, as one second-order section `[1, 6]`.

    Taking away a share `1 - g` of it leaves a bell whose middle has the gain `g`.
    """
    from scipy.signal import iirpeak

    numerator, denominator = iirpeak(centre_hz, DIP_QUALITY, fs=sample_rate)
    return np.concatenate([numerator, denominator])[None]


def decorrelator(number: int, sample_rate: int) -> Samples:
    """Return an all-pass impulse response of 25 to 60 ms, another for every number.

    A voice that goes through it has its loudness and colour, and no fixed phase against one that does not.

    Source: M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10, 1962 (all-pass sections).
    """
    from scipy.signal import lfilter

    from songsmith.seeds import generator

    random = generator(0, "decorrelator", number)
    out = np.zeros(round(LENGTH_S * sample_rate))
    out[round(random.uniform(0.014, 0.024) * sample_rate)] = 1.0
    for low_s, high_s in ((0.0011, 0.0019), (0.0023, 0.0041), (0.0047, 0.0083)):
        delay = round(random.uniform(low_s, high_s) * sample_rate)
        feedback = 0.5 if random.random() < 0.5 else -0.5
        ends = np.zeros(delay + 1)
        ends[0], ends[-1] = feedback, 1.0
        out = lfilter(ends, ends[::-1], out)
    return out.astype(np.float32)
