"""Channels of the desk: equalisers, compressors, de-esser, room and echoes, on pedalboard.

Samples are `[channels, frames]` float32. Everything is brought to `WORKING_DB` before its channel, so that a
compressor's threshold means the same for every source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.brief import Texture
from songsmith.mixing.settings import PartChannel, PartSettings, VocalChannel

Samples = npt.NDArray[np.float32]

WORKING_DB = -18.0
CHUNK = 44100
ROOM_HIGHPASS_HZ = 220.0
ROOM_LEVEL = 0.52  # makes the room as strong as a broadband sound at amount 1
SPREAD_S = 0.013
ECHOES_S = (0.083, 0.119)  # left, right


def process_part(
    samples: Samples, sample_rate: int, channel: PartChannel, part: PartSettings, texture: Texture
) -> Samples:
    """Return a part after its equaliser, compressor, pan and width: stereo, still without tone and room."""
    chain = [*_highpass(channel.highpass_hz), *_equaliser(channel)]
    if channel.compressor_ratio > 1.0:
        chain.append(_compressor(channel.compressor_db, channel.compressor_ratio, 12.0, 120.0))
    out = _run(chain, samples, sample_rate)
    _place(out, sample_rate, channel.spread, _width(texture), part.pan)
    return out


def add_tone(samples: Samples, sample_rate: int, texture: Texture) -> Samples:
    """Return a signal, as bright and as worn as the texture asks; the signal itself where that is neutral."""
    chain = _tone(texture)
    return _run(chain, samples, sample_rate) if chain else samples


def process_vocal(samples: Samples, sample_rate: int, channel: VocalChannel, texture: Texture) -> Samples:
    """Return a mono vocal after its equaliser, de-esser and compressor, still mono and without a room."""
    clean = _run(_highpass(channel.highpass_hz), samples, sample_rate)
    soft = deess(clean, sample_rate, channel.deess_hz, channel.deess_db)
    chain = [_compressor(channel.compressor_db, channel.compressor_ratio, 8.0, 120.0)]
    return _run([*chain, *_equaliser(channel), *_tone(texture)], soft, sample_rate)


def place_vocal(mono: Samples, sample_rate: int, channel: VocalChannel, texture: Texture) -> Samples:
    """Return a mono vocal in its room: stereo, the voice in the middle, two soft echoes at the sides."""
    stereo = np.repeat(mono, 2, axis=0)
    echo_gain = np.float32(10.0 ** (channel.delay_db / 20.0) * _reverb(1.0, texture))
    for side, delay_s in enumerate(ECHOES_S):
        frames = round(delay_s * sample_rate)
        if frames < mono.shape[1]:
            stereo[side, frames:] += echo_gain * mono[0, :-frames]
    add_room(stereo, sample_rate, channel.reverb, texture)
    return stereo


def add_room(stereo: Samples, sample_rate: int, send: float, texture: Texture) -> None:
    """Add its room to a signal, in place; at a send of 1 it is about as strong as the signal."""
    import pedalboard

    amount = _reverb(send, texture)
    if amount <= 0.0:
        return
    room = pedalboard.Reverb(room_size=0.45, damping=0.5, wet_level=ROOM_LEVEL, dry_level=0.0, width=1.0)
    board: Any = pedalboard.Pedalboard([pedalboard.HighpassFilter(ROOM_HIGHPASS_HZ), room])  # type: ignore[attr-defined]
    for start in range(0, stereo.shape[1], CHUNK):
        part = stereo[:, start : start + CHUNK]
        wet = board(part, sample_rate, buffer_size=CHUNK, reset=False)
        wet *= np.float32(amount)
        part += wet


def deess(samples: Samples, sample_rate: int, split_hz: float, depth_db: float) -> Samples:
    """Return a vocal whose sibilants are turned down: the band above `split_hz`, where it outweighs the rest.

    Both bands are weighed by their energy over 10 ms; at equal energy the upper band loses half of `depth_db`,
    at +6 dB all of it.
    """
    from scipy.signal import butter, sosfilt

    hop = sample_rate // 100
    upper = sosfilt(butter(2, split_hz, "high", fs=sample_rate, output="sos"), samples).astype(np.float32)
    upper_level, all_level = _hop_energy(upper, hop), _hop_energy(samples, hop)
    excess_db = 10.0 * np.log10((upper_level + 1e-10) / (np.maximum(all_level - upper_level, 0.0) + 1e-10))
    cut_db = depth_db * np.clip((excess_db + 6.0) / 12.0, 0.0, 1.0)
    cut_db[all_level < 1e-8] = 0.0
    cut_db = np.convolve(np.pad(cut_db, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    loss = draw_out(1.0 - 10.0 ** (-cut_db / 20.0), hop, samples.shape[1])
    upper *= loss
    return np.asarray(samples - upper, dtype=np.float32)


def draw_out(values: npt.NDArray[np.float64], hop: int, frames: int) -> Samples:
    """Return the value of every frame from one for each hop, by straight lines between middles: `[frames]`."""
    edges = np.concatenate([values[:1], 0.5 * (values[1:] + values[:-1]), values[-1:]]).astype(np.float32)
    return draw_lines(edges, hop, frames)


def draw_lines(edges: Samples, hop: int, frames: int) -> Samples:
    """Return the straight lines through values at the hops' edges, one more than there are hops: `[frames]`."""
    ramp = np.arange(hop, dtype=np.float32) / np.float32(hop)
    lines = (edges[1:] - edges[:-1])[:, None] * ramp
    lines += edges[:-1, None]
    return lines.reshape(-1)[:frames]


def _hop_energy(samples: Samples, hop: int) -> npt.NDArray[np.float64]:
    """Return the mean square of every hop of a mono signal, the last one padded."""
    mono = samples[0]
    padded = np.pad(mono, (0, -len(mono) % hop))
    framed = padded.reshape(-1, hop)
    return np.asarray(np.einsum("hi,hi->h", framed, framed) / hop, dtype=np.float64)


def _place(stereo: Samples, sample_rate: int, spread: float, width: float, pan: float) -> None:
    """Give a stereo signal its breadth and its place, in place.

    `spread` adds a delayed copy of the middle to one side and takes it from the other, so that mono is as
    before; `width` is the factor of all that is at the sides; `pan` keeps the power.
    """
    delay = round(SPREAD_S * sample_rate)
    if (spread > 0.0 or width != 1.0) and delay < stereo.shape[1]:
        middle = 0.5 * (stereo[0] + stereo[1])
        side = np.float32(width) * (stereo[0] - middle)
        side[delay:] += np.float32(width * spread) * middle[:-delay]
        np.add(middle, side, out=stereo[0])
        np.subtract(middle, side, out=stereo[1])
    if pan != 0.0:
        angle = (pan + 1.0) * np.pi / 4.0
        stereo[0] *= np.float32(np.sqrt(2.0) * np.cos(angle))
        stereo[1] *= np.float32(np.sqrt(2.0) * np.sin(angle))


def _reverb(amount: float, texture: Texture) -> float:
    """Return how much room there is once the texture has had its say: none at -1, 2.5 times as much at 1."""
    return amount * (1.0 + (1.5 if texture.reverb > 0 else 1.0) * texture.reverb)


def _width(texture: Texture) -> float:
    """Return the factor of the stereo sides: 0.1 at -1, 1.8 at 1."""
    return 1.0 + (0.8 if texture.width > 0 else 0.9) * texture.width


def _tone(texture: Texture) -> list[Any]:
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
    return chain


def _highpass(frequency_hz: float) -> list[Any]:
    """Return a high-pass of 12 dB an octave."""
    import pedalboard

    return [pedalboard.HighpassFilter(frequency_hz), pedalboard.HighpassFilter(frequency_hz)]


def _equaliser(channel: PartChannel | VocalChannel) -> list[Any]:
    import pedalboard

    chain: list[Any] = []
    if channel.mud_db:
        chain.append(pedalboard.PeakFilter(300.0, channel.mud_db, 0.8))
    if channel.presence_db:
        chain.append(pedalboard.PeakFilter(3200.0, channel.presence_db, 0.7))
    if channel.air_db:
        chain.append(pedalboard.HighShelfFilter(8000.0, channel.air_db, 0.7))
    return chain


def _compressor(threshold_db: float, ratio: float, attack_ms: float, release_ms: float) -> Any:
    import pedalboard

    return pedalboard.Compressor(threshold_db, ratio, attack_ms, release_ms)


def _run(chain: list[Any], samples: Samples, sample_rate: int) -> Samples:
    """Return the signal after a chain of plugins, always a new array; chunks keep the work in the cache."""
    import pedalboard

    board: Any = pedalboard.Pedalboard(chain)  # type: ignore[attr-defined]
    out = np.empty_like(samples)
    for start in range(0, samples.shape[1], CHUNK):
        part = samples[:, start : start + CHUNK]
        out[:, start : start + CHUNK] = board(part, sample_rate, buffer_size=CHUNK, reset=False)
    return out
