"""The channels of the desk: each makes stereo of a raw sound, and measures it for the balance.

Everything is brought to `WORKING_DB` before its channel, so that a compressor's threshold means the same for
every source. All that is linear (equaliser, tone, width, pan, echoes, room) is one convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mixing import balance, clarity, dynamics, filters, loudness, spectral, tape
from songsmith.mixing.convolve import Blocks, Spectrum, convolve
from songsmith.mixing.room import RoomKnobs, impulse_response
from songsmith.mixing.settings import MixSettings, PartChannel, PartSettings
from songsmith.units import db_to_gain, gain_to_db

Samples = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

WORKING_DB = -18.0
HOPS_PER_S = 10  # a hop is a quarter of a loudness block
FINE_HOPS_PER_S = 100
SPREAD_S = 0.013
ECHOES_S = (0.083, 0.119)  # left, right
VOICE_SEND = 1.5  # backing voices stand further back than the lead: so many times its room


@dataclass(frozen=True, slots=True, eq=False)
class BackingVoice:
    """A voice behind the lead: a harmony, a double, one of a group.

    Parameters
    ----------
    audio : mono at the mix's rate, before any effect
    pan : -1 left to 1 right
    level_db : loudness relative to the lead's, each over the time it sings
    """

    audio: Audio
    pan: float = 0.0
    level_db: float = -9.0

    def __post_init__(self) -> None:
        if not -1.0 <= self.pan <= 1.0:
            raise InputError(f"backing voice: pan {self.pan:g} is out of range: use -1 (left) to 1 (right)")
        if not -40.0 <= self.level_db <= 0.0:
            raise InputError(f"backing voice: level {self.level_db:g} dB is out of range: use -40 to 0")


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """What all channels of one mix share: the texture, and the transforms of its tone and room.

    Parameters
    ----------
    room : `[2, bins]`, the room's middle and side at a send of 1
    width : factor of all that is at the sides
    echo : factor of echoes
    """

    settings: MixSettings
    texture: Texture
    sample_rate: int
    frames: int
    blocks: Blocks
    tone: Spectrum
    room: Spectrum
    width: float
    echo: float

    @classmethod
    def of(cls, settings: MixSettings, asked: Texture, sample_rate: int, frames: int) -> Space:
        """Return the space of a mix: the preset's own character under the texture that is asked for."""
        texture = settings.character.under(asked)
        knobs = RoomKnobs.of(settings.room, texture.reverb)
        response = impulse_response(settings.room, knobs.decay_s, sample_rate)
        length = round(filters.LENGTH_S * sample_rate)
        blocks = Blocks.for_reach(length + (response.shape[1] if knobs.amount > 0 else 0))
        tone = blocks.spectrum(filters.impulse_response(filters.tone(texture), sample_rate))
        width = 1.0 + (0.8 if texture.width > 0 else 1.0) * texture.width
        room = np.zeros((2, blocks.bins), np.complex64)
        if knobs.amount > 0:
            room = blocks.spectrum(response) * np.float32(knobs.amount)
            room[1] *= np.float32(width)
        return cls(settings, texture, sample_rate, frames, blocks, tone, room, width, min(2.0, 1.0 + texture.reverb))

    @property
    def hop(self) -> int:
        return self.sample_rate // HOPS_PER_S

    @property
    def fine_hop(self) -> int:
        return self.sample_rate // FINE_HOPS_PER_S

    def pan_gains(self, pan: float) -> tuple[float, float]:
        """Return the gains of left and right for a place, which goes with the width; the power stays."""
        place = float(np.clip(pan * min(self.width, 1.4), -1.0, 1.0))
        angle = (place + 1.0) * np.pi / 4.0
        return float(np.sqrt(2.0) * np.cos(angle)), float(np.sqrt(2.0) * np.sin(angle))


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A channel after its effects.

    Parameters
    ----------
    samples : `[2, frames]`
    energies : `[hops]` K-weighted
    bands : `[hops, bands]` in the third octaves of `songsmith.mixing.clarity`
    gain : brings a part to its level
    presence : how much the lead is there every 10 ms, None in other channels
    voices : what each voice of a channel of voices was multiplied with: before its effects, and after them
    """

    name: str
    samples: Samples
    energies: Array
    bands: Array
    gain: float = 1.0
    presence: Array | None = None
    voices: tuple[tuple[float, float], ...] = ()


def part_channel(name: str, audio: Audio, part: PartSettings, space: Space) -> Channel:
    """Return the channel of an instrumental part, a stereo stem."""
    desk = space.settings.channel(name)
    samples, lift = at_working_level(audio, space.frames, name, space.hop)
    halves = _middle_and_side(samples)
    own = space.blocks.spectrum(filters.impulse_response(filters.equaliser(desk), space.sample_rate))
    placed = _placed(own * space.tone, desk, part.pan, part.reverb, space)[:, : len(halves)]
    # The level comes before tone and room: a darker sound is to be heard, and not to be made up for.
    plain = np.abs(own) ** 2 * np.float32(2.0 * (1.0 + desk.spread**2))
    raw, energies, bands = _energies(halves, np.full_like(plain, 2.0), plain, placed, space)
    if desk.compressor_ratio > 1.0:
        before = dynamics.hop_energy(halves, space.hop)
        dynamics.compress(halves, space.sample_rate, desk.compressor_db, desk.compressor_ratio, 12.0, 120.0)
        change = (dynamics.hop_energy(halves, space.hop) + 1e-12) / (before + 1e-12)
        energies, bands = energies * change[:, None], bands * change[:, None]
    if part.gain_db is not None and part.level_db is None:
        level_lufs = loudness.integrated_lufs(raw, loudness.HOPS_PER_BLOCK) + part.gain_db - float(gain_to_db(lift))
    else:
        level_lufs = WORKING_DB + (desk.level_db if part.level_db is None else part.level_db)
    gain = balance.level_gain(energies[:, 0], level_lufs + desk.trim_db)
    tape.saturate(halves, space.texture.lofi)
    halves = tape.wow(halves, space.sample_rate, space.texture.lofi)
    return Channel(name, convolve(halves, placed, space.blocks), energies[:, 1], bands, gain)


def vocal_channel(name: str, audio: Audio, space: Space) -> Channel:
    """Return the channel of the lead: in the middle, in its room, with two soft echoes at the sides."""
    raw, lift = at_working_level(audio, space.frames, name, space.hop)
    mono = _evened(raw, space)
    there = balance.presence(
        dynamics.hop_energy(mono, space.fine_hop), 1.0 / FINE_HOPS_PER_S, space.settings.duck.smooth_s
    )
    placed = _vocal_response(space)
    mono = _worn(mono, space)
    still = np.ones(space.blocks.bins, np.float32)
    _, energies, bands = _energies(mono, still, still, placed, space)
    sound = convolve(mono, placed, space.blocks)
    return Channel(name, sound, energies[:, 1], bands, presence=there, voices=((lift, 1.0),))


def vocal_again(raw: Samples, space: Space, start: int) -> Samples:
    """Return what `vocal_channel` makes of a piece of the lead, which is at its working level: `[2, frames]`.

    `start` is the frame of the song that the piece begins at; what comes before it is not heard in the room.
    """
    return convolve(_worn(_evened(raw, space), space, start), _vocal_response(space), space.blocks)


def _evened(raw: Samples, space: Space) -> Samples:
    """Return the lead without rumble, its sibilants and what is loud turned down."""
    desk = space.settings.vocal
    mono = dynamics.highpass(raw, space.sample_rate, desk.highpass_hz)
    mono = dynamics.deess(mono, space.sample_rate, desk.deess_hz, desk.deess_db)
    dynamics.compress(mono, space.sample_rate, desk.compressor_db, desk.compressor_ratio, 8.0, 120.0)
    return mono


def _worn(mono: Samples, space: Space, start: int = 0) -> Samples:
    """Return a sound as the worn medium gives it that the texture asks for."""
    tape.saturate(mono, space.texture.lofi)
    return tape.wow(mono, space.sample_rate, space.texture.lofi, start)


def _vocal_response(space: Space) -> Spectrum:
    desk = space.settings.vocal
    bells = filters.impulse_response(filters.equaliser(desk)[2:], space.sample_rate)
    tone = space.blocks.spectrum(bells) * space.tone
    room = space.room * np.float32(desk.reverb)
    echo = np.float32(db_to_gain(desk.delay_db) * space.echo)
    echoes = [echo * space.blocks.delay(round(delay_s * space.sample_rate)) for delay_s in ECHOES_S]
    narrow = np.float32(min(1.0, space.width))
    middle, side = 0.5 * (echoes[0] + echoes[1]), 0.5 * narrow * (echoes[0] - echoes[1])
    response = np.stack([1.0 + middle + side + room[0] + room[1], 1.0 + middle - side + room[0] - room[1]])
    return np.asarray((response * tone)[:, None], np.complex64)


def voices_channel(name: str, voices: Sequence[BackingVoice], space: Space) -> Channel:
    """Return one channel of all backing voices, each at its level relative to a lead of 0 LUFS.

    Each goes through an all-pass of its own, so that a voice that sings the lead's notes, or even is the lead,
    neither cancels it nor colours it in mono.
    """
    desk = space.settings.channel(name)
    hops = -(-space.frames // space.hop)
    together = np.zeros((2, space.frames), np.float32)
    heard, bands = np.zeros(hops), np.zeros((hops, len(clarity.BANDS_HZ)))
    equaliser = space.blocks.spectrum(filters.impulse_response(filters.equaliser(desk), space.sample_rate))
    plain = np.float32(2.0) * np.abs(equaliser) ** 2
    factors: list[tuple[float, float]] = []
    for number, voice in enumerate(voices):
        mono, lift = at_working_level(voice.audio, space.frames, f"{name} {number + 1}", space.hop)
        mono = _evened_behind(mono, desk, space)
        placed = _behind(equaliser, desk, number, voice.pan, space)
        _, own, own_bands = _energies(mono, plain, plain, placed, space)
        level_lufs = loudness.integrated_lufs(own[:, 0], loudness.HOPS_PER_BLOCK)
        if level_lufs == float("-inf"):
            factors.append((lift, 0.0))
            continue
        gain = float(db_to_gain(voice.level_db + desk.trim_db - level_lufs))
        factors.append((lift, gain))
        together += np.float32(gain) * convolve(_worn(mono, space), placed, space.blocks)
        heard += gain**2 * own[:, 1]
        bands += gain**2 * own_bands
    return Channel(name, together, heard, bands, voices=tuple(factors))


def voices_again(
    name: str, raws: Sequence[Samples], pans: Sequence[float], gains: Sequence[float], space: Space, start: int
) -> Samples:
    """Return what `voices_channel` makes of pieces of its voices, which are at their working levels.

    Parameters
    ----------
    raws : `[1, frames]` each, in the order of the voices
    pans, gains : of each voice
    start : the frame of the song that the pieces begin at
    """
    desk = space.settings.channel(name)
    equaliser = space.blocks.spectrum(filters.impulse_response(filters.equaliser(desk), space.sample_rate))
    together = np.zeros((2, space.frames), np.float32)
    for number, (raw, pan, gain) in enumerate(zip(raws, pans, gains, strict=True)):
        if gain > 0.0 and raw.any():
            mono = _worn(_evened_behind(raw, desk, space), space, start)
            placed = _behind(equaliser, desk, number, pan, space)
            together += np.float32(gain) * convolve(mono, placed, space.blocks)
    return together


def _evened_behind(raw: Samples, desk: PartChannel, space: Space) -> Samples:
    """Return a backing voice, its sibilants and what is loud turned down."""
    mono = dynamics.deess(raw, space.sample_rate, space.settings.vocal.deess_hz, space.settings.vocal.deess_db)
    if desk.compressor_ratio > 1.0:
        dynamics.compress(mono, space.sample_rate, desk.compressor_db, desk.compressor_ratio, 8.0, 120.0)
    return mono


def _behind(equaliser: Spectrum, desk: PartChannel, number: int, pan: float, space: Space) -> Spectrum:
    """Return the response of a backing voice, the more of the room in it than in the lead."""
    loose = space.blocks.spectrum(filters.decorrelator(number, space.sample_rate))
    send = space.settings.vocal.reverb * VOICE_SEND
    return _placed(equaliser * loose * space.tone, desk, pan, send, space)[:, :1]


def noise_channel(name: str, space: Space) -> Channel:
    """Return the noise of a worn medium, before its level is set."""
    width = np.float32(min(1.0, space.width))
    placed = np.stack([np.stack([space.tone, width * space.tone]), np.stack([space.tone, -width * space.tone])])
    halves = _middle_and_side(tape.noise(space.frames, space.sample_rate))
    plain = np.full(space.blocks.bins, 2.0, np.float32)
    _, energies, bands = _energies(halves, plain, plain, placed, space)
    return Channel(name, convolve(halves, placed, space.blocks), energies[:, 1], bands)


def at_working_level(audio: Audio, frames: int, name: str, hop: int) -> tuple[Samples, float]:
    """Return a new array of `frames` samples at the channels' working level, and the gain that took."""
    samples = np.zeros((audio.channels, frames), np.float32)
    used = min(frames, audio.frames)
    whole = used // hop * hop
    framed = audio.samples[:, :whole].reshape(audio.channels, -1, hop)
    energies = np.einsum("chi,chi->h", framed, framed) / hop
    if not (np.isfinite(energies).all() and np.isfinite(audio.samples[:, whole:used]).all()):
        raise InputError(f"stem {name!r} holds samples that are not finite numbers: render it again")
    loud = energies[energies > max(1e-7, 0.01 * energies.max(initial=0.0))]
    gain = float(db_to_gain(WORKING_DB) / np.sqrt(loud.mean())) if loud.size else 1.0
    np.multiply(audio.samples[:, :used], np.float32(gain), out=samples[:, :used])
    return samples, gain


def _placed(own: Spectrum, desk: PartChannel, pan: float, send: float, space: Space) -> Spectrum:
    """Return the response `[left and right, middle and side, bins]` of a sound in its place and its room.

    `spread` adds a delayed copy of the middle to one side and takes it from the other, so that mono stays.
    """
    left, right = (np.float32(gain) for gain in space.pan_gains(pan))
    width = np.float32(space.width)
    spread = width * np.float32(desk.spread) * space.blocks.delay(round(SPREAD_S * space.sample_rate))
    middle, side = (part * np.float32(send) for part in space.room)
    return np.stack(
        [
            np.stack([own * (left * (1.0 + spread) + middle + side), own * (left * width)]),
            np.stack([own * (right * (1.0 - spread) + middle - side), own * (-right * width)]),
        ]
    ).astype(np.complex64)


def _middle_and_side(samples: Samples) -> Samples:
    """Return half the sum and half the difference of two channels, in their place; the sum alone where equal."""
    samples *= np.float32(0.5)
    samples[0] += samples[1]
    np.subtract(samples[0], samples[1] * np.float32(2.0), out=samples[1])
    return samples if samples[1].any() else samples[:1]


def _energies(
    halves: Samples, raw: npt.NDArray[np.float32], plain: npt.NDArray[np.float32], placed: Spectrum, space: Space
) -> tuple[Array, Array, Array]:
    """Return what a channel's energies are, hop by hop, from one look at what goes in.

    Parameters
    ----------
    halves : `[1 or 2, frames]` middle, and side
    raw, plain : `[bins]` power gains, the same for both halves
    placed : `[2, 1 or 2, bins]` response of the channel

    Returns
    -------
    raw, K-weighted : `[hops]`
    plain, and as placed, K-weighted : `[hops, 2]`
    as placed, in third octaves : `[hops, bands]`
    """
    frequencies_hz = spectral.bin_frequencies(space.sample_rate, space.hop)
    heard = spectral.k_power(frequencies_hz, space.sample_rate)
    octaves = clarity.band_weights(frequencies_hz)
    before = np.stack([_coarse(gains, space) * heard for gains in (raw, plain)], axis=1)
    hops = -(-space.frames // space.hop)
    total = np.zeros((hops, 3 + octaves.shape[1]))
    for half, response in zip(halves, placed.swapaxes(0, 1), strict=True):
        after = _coarse(sum(part.real**2 + part.imag**2 for part in response), space)
        weights = np.concatenate([before, (after * heard)[:, None], after[:, None] * octaves], axis=1)
        total += spectral.hop_energies(half[None], space.hop, weights)
    return total[:, 0], total[:, 1:3], total[:, 3:]


def _coarse(power: npt.NDArray[np.float32], space: Space) -> Array:
    """Return the means of power gains around the bins of `spectral.hop_energies`."""
    edges = (np.arange(space.hop + 1) - 0.5) * space.blocks.size / (2 * space.hop)
    starts = np.clip(np.rint(edges).astype(np.intp), 0, space.blocks.bins - 1)
    counts = np.diff(np.append(starts, space.blocks.bins))
    return np.asarray(np.add.reduceat(power.astype(np.float64), starts) / counts)
