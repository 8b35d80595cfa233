"""The mixer: a dry vocal and raw stems become a balanced, loud enough stereo mix, and stems that sum to it.

Every level is set by measurement (K-weighted loudness): each part against the others over the time it plays,
the vocal against everything else in the moments it sings, the whole against the loudness target. Parts are
dipped in the band of speech under the voice until it is clear enough. Everything after the channels is a gain
curve, the master's shared by all stems, so the stems sum to the mix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mixing import balance, filters, loudness, spectral, tape
from songsmith.mixing.channels import (
    FINE_HOPS_PER_S,
    HOPS_PER_S,
    BackingVoice,
    Channel,
    Space,
    noise_channel,
    part_channel,
    vocal_channel,
    voices_channel,
)
from songsmith.mixing.clarity import BANDS_HZ
from songsmith.mixing.curves import draw_out
from songsmith.mixing.master import mastered
from songsmith.mixing.settings import BACKING_VOCALS, NOISE, VOCALS, MixSettings, PartSettings, mix_names
from songsmith.mixing.strip import Strip
from songsmith.song import Mix
from songsmith.units import db_to_gain

MIX_SAMPLE_RATE = 44100
LARGEST_CHOIR = 64

Samples = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]

__all__ = [
    "MIX_SAMPLE_RATE",
    "BackingVoice",
    "DefaultMixer",
    "MixSettings",
    "Mixer",
    "PartSettings",
    "mix",
    "mix_names",
]


class Mixer(Protocol):
    """Makes a mix of a dry vocal and raw stems."""

    def mix(
        self,
        vocal: Audio | None,
        stems: Mapping[str, Audio],
        parts: Mapping[str, PartSettings] | None = None,
        texture: Texture | None = None,
        frames: int | None = None,
        voices: Sequence[BackingVoice] = (),
        workers: int = 2,
    ) -> Mix:
        """Return the mix; see `songsmith.mix.mix`."""
        ...


@dataclass(frozen=True, slots=True)
class DefaultMixer:
    """The mixer that comes with songsmith, on a preset of `configs/mix/`."""

    settings: MixSettings = field(default_factory=MixSettings.load)

    def mix(
        self,
        vocal: Audio | None,
        stems: Mapping[str, Audio],
        parts: Mapping[str, PartSettings] | None = None,
        texture: Texture | None = None,
        frames: int | None = None,
        voices: Sequence[BackingVoice] = (),
        workers: int = 2,
    ) -> Mix:
        """Return the mix; see `songsmith.mix.mix`."""
        return mix(vocal, stems, self.settings, parts, texture, frames, voices, workers)


def mix(
    vocal: Audio | None,
    stems: Mapping[str, Audio],
    settings: MixSettings | None = None,
    parts: Mapping[str, PartSettings] | None = None,
    texture: Texture | None = None,
    frames: int | None = None,
    voices: Sequence[BackingVoice] = (),
    workers: int = 2,
) -> Mix:
    """Mix a vocal and stems.

    Parameters
    ----------
    vocal : mono at 44.1 kHz, before any effect; None in an instrumental
    stems : part name to stereo at 44.1 kHz, before any effect; a part's channel is found by its name, and the
        sound does not depend on their order
    settings : the preset, `default` where None
    parts : what the style asks of each part; parts not named there get `PartSettings()`
    texture : brightness, width, reverb and lofi of the whole, neutral where None
    frames : length of the result, that of the longest input where None; its end fades to silence
    voices : harmonies, doubles and groups behind the lead; they make one stem, `backing_vocals`
    workers : channels worked on at once; the result does not depend on it

    Returns
    -------
    Mix
        44.1 kHz stereo at -14 LUFS and a true peak of at most -1 dBTP (or what the preset says), unless all
        inputs are silent: then the mix is silent, too. The stems have the mix's length and sum to it. Where the
        texture is lo-fi, its hiss and crackle are a stem of their own, `noise`.

    Raises
    ------
    InputError
        for a wrong sample rate or number of channels, samples that are not finite, no input at all, or no length
    """
    settings = settings or MixSettings.load()
    parts = {name: (parts or {}).get(name, PartSettings()) for name in stems}
    _check(vocal, stems, voices, workers)
    if frames is None:
        given = [*stems.values(), *([vocal] if vocal else []), *(voice.audio for voice in voices)]
        frames = max(audio.frames for audio in given)
    if frames < 1:
        raise InputError(f"a mix of {frames} frames has no sound: use 1 or more, and inputs that are not empty")
    names = sorted(stems)
    space = Space.of(settings, texture or Texture(), MIX_SAMPLE_RATE, frames)
    with ThreadPoolExecutor(workers) as pool:
        singing = pool.submit(vocal_channel, VOCALS, vocal, space) if vocal else None
        behind = pool.submit(voices_channel, BACKING_VOCALS, voices, space) if voices else None
        playing = [pool.submit(part_channel, name, stems[name], parts[name], space) for name in names]
        lead = singing.result() if singing else None
        group = behind.result() if behind else None
        instruments = [part.result() for part in playing]
        channels = [*([lead] if lead else []), *([group] if group else []), *instruments]
        levels = _levels(lead, group, instruments, space)
        fade = _fade_out(frames, settings.master.fade_out_s)

        def faded(channel: Channel) -> None:
            level = levels[channel.name]
            if level.dip is not None:
                take_out(channel.samples, level.dip, settings.clarity.dip_hz)
            for gain in (level.gain, level.duck):
                if gain is not None:
                    channel.samples[:] *= gain
            channel.samples[:, frames - len(fade) :] *= fade

        list(pool.map(faded, channels))
        total = np.zeros((2, frames), np.float32)

        def summed(side: int) -> None:
            for channel in channels:
                total[side] += channel.samples[side]

        list(pool.map(summed, range(2)))
        noise = _noise(total, fade, space)
        if noise is not None:
            channels.append(noise)
            total += noise.samples
        everything = [channel.samples for channel in channels]
        done = mastered(total, everything, MIX_SAMPLE_RATE, settings.master, workers)
        ready = pool.map(lambda samples: np.multiply(samples, done.gain, out=samples), everything)
        strips = {
            channel.name: _strip(channel, levels[channel.name], fade, done.gain)
            for channel in (lead, group)
            if channel is not None
        }
        list(ready)
    order = {name: number for number, name in enumerate((VOCALS, BACKING_VOCALS, *stems, NOISE))}
    channels.sort(key=lambda channel: order[channel.name])
    finished = {channel.name: Audio(channel.samples, MIX_SAMPLE_RATE) for channel in channels}
    measured = done.measured
    return Mix(Audio(measured.samples, MIX_SAMPLE_RATE), finished, vocal, strips, measured=measured)


def _check(vocal: Audio | None, stems: Mapping[str, Audio], voices: Sequence[BackingVoice], workers: int) -> None:
    if vocal is None and not stems and not voices:
        raise InputError("there is nothing to mix: give a vocal or at least one stem")
    if workers < 1:
        raise InputError(f"{workers} workers cannot mix: use 1 or more")
    if len(voices) > LARGEST_CHOIR:
        raise InputError(f"{len(voices)} backing voices are too many: use {LARGEST_CHOIR} at most")
    if VOCALS in stems:
        raise InputError(f"a stem is called {VOCALS!r}: that name is kept for the lead vocal, use another")
    if BACKING_VOCALS in stems and voices:
        raise InputError(f"there are backing voices and a stem called {BACKING_VOCALS!r}: give one or the other")
    if NOISE in stems:
        raise InputError(f"a stem is called {NOISE!r}: that name is kept for the noise of lo-fi, use another")
    expected = [
        *((name, audio, 2) for name, audio in stems.items()),
        *([(VOCALS, vocal, 1)] if vocal else []),
        *((f"{BACKING_VOCALS} {number}", voice.audio, 1) for number, voice in enumerate(voices, 1)),
    ]
    for name, audio, channels in expected:
        if audio.sample_rate != MIX_SAMPLE_RATE or audio.channels != channels:
            raise InputError(
                f"stem {name!r} has {audio.channels} channels at {audio.sample_rate} Hz: "
                f"the mixer takes {channels} at {MIX_SAMPLE_RATE} Hz"
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The gain of a channel, that of its ducking, and the share of the dip's band that is taken out, by frame."""

    gain: Samples | np.float32
    duck: Samples | None = None
    dip: Samples | None = None


def _levels(lead: Channel | None, group: Channel | None, parts: list[Channel], space: Space) -> dict[str, _Level]:
    """Return the level of every channel."""
    settings, hops = space.settings, -(-space.frames // space.hop)
    factor = FINE_HOPS_PER_S // HOPS_PER_S
    presence = lead.presence if lead is not None else None
    if lead is None or presence is None or not presence.any():
        levels = {part.name: _Level(np.float32(part.gain)) for part in parts}
        if lead is not None:
            levels[lead.name] = _Level(np.float32(1.0))
        if group is not None:
            behind = sum((part.energies * part.gain**2 for part in parts), np.zeros(hops))
            lufs = loudness.integrated_lufs(behind, loudness.HOPS_PER_BLOCK) + settings.vocal.over_backing_db
            levels[group.name] = _Level(np.float32(db_to_gain(lufs) if lufs > float("-inf") else 1.0))
        return levels

    singing = balance.per_longer_hop(presence, factor, hops)
    ducks = {
        part.name: balance.duck_gain(presence, settings.channel(part.name).duck * settings.duck.depth_db)
        for part in (*parts, *([group] if group else []))
    }
    slow = {name: balance.per_longer_hop(duck, factor, hops) ** 2 for name, duck in ducks.items()}
    behind = sum((part.energies * part.gain**2 * slow[part.name] for part in parts), np.zeros(hops))
    curve = balance.vocal_gain(lead.energies, behind, singing, settings.vocal)
    gains = {part.name: part.gain for part in parts}
    backing = list(parts)
    if group is not None:
        sung_lufs = loudness.integrated_lufs(lead.energies * curve**2, loudness.HOPS_PER_BLOCK)
        gains[group.name] = float(db_to_gain(sung_lufs))
        backing.append(group)

    shares = {part.name: settings.channel(part.name).duck for part in backing}
    bell = _dip_amplitudes(settings.clarity.dip_hz)

    def masker(dip_db: float) -> Array:
        out = np.zeros((hops, len(BANDS_HZ)))
        for part in backing:
            taken = balance.taken_out(singing, dip_db * shares[part.name])
            bands = part.bands * (gains[part.name] ** 2 * slow[part.name])[:, None]
            out += bands * np.abs(1.0 - taken[:, None] * bell) ** 2
        return out

    dip_db, lift_db = balance.clearing(lead.bands * (curve**2)[:, None], masker, settings.clarity)
    levels = {lead.name: _Level(draw_out(curve * db_to_gain(lift_db), space.hop, space.frames))}
    curves: dict[float, tuple[Samples | None, Samples | None]] = {0.0: (None, None)}
    for part in backing:
        share = shares[part.name]
        if share not in curves:
            dip = balance.taken_out(presence, dip_db * share) if dip_db > 0.0 else None
            curves[share] = (
                draw_out(ducks[part.name], space.fine_hop, space.frames),
                None if dip is None else draw_out(dip, space.fine_hop, space.frames),
            )
        levels[part.name] = _Level(np.float32(gains[part.name]), *curves[share])
    return levels


def _strip(channel: Channel, level: _Level, fade: Samples, master: Samples) -> Strip:
    """Return what was done to a channel of voices."""
    gain = master * level.gain
    if level.duck is not None:
        gain *= level.duck
    gain[len(gain) - len(fade) :] *= fade
    return Strip.of(channel.voices, gain, level.dip)


def _dip_amplitudes(centre_hz: float) -> npt.NDArray[np.complex128]:
    """Return the response of the dip's band at the middles of the third octaves of speech."""
    from scipy.signal import sosfreqz

    sections = filters.dip_sections(centre_hz, MIX_SAMPLE_RATE)
    return np.asarray(sosfreqz(sections, np.asarray(BANDS_HZ, np.float64), fs=MIX_SAMPLE_RATE)[1])


def take_out(samples: Samples, share: Samples, centre_hz: float) -> None:
    """Take a moving share of the dip's band out of a signal, in place; only where there is a share."""
    from scipy.signal import sosfilt

    sections = filters.dip_sections(centre_hz, MIX_SAMPLE_RATE).astype(np.float32)
    moving = np.concatenate([[False], share > 1e-4, [False]])
    edges = np.flatnonzero(moving[1:] != moving[:-1])
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        band = sosfilt(sections, samples[:, start:stop])
        band *= share[start:stop]
        samples[:, start:stop] -= band


def _noise(total: Samples, fade: Samples, space: Space) -> Channel | None:
    """Return the noise that the texture asks for at its level against the mix; None where there is none."""
    below_lu = tape.noise_lufs(space.texture.lofi)
    if below_lu is None or not total.any():
        return None
    channel = noise_channel(NOISE, space)
    heard = spectral.k_power(spectral.bin_frequencies(MIX_SAMPLE_RATE, space.hop), MIX_SAMPLE_RATE)[:, None]
    energies = spectral.hop_energies(total, space.hop, heard)[:, 0]
    mixed_lufs = loudness.integrated_lufs(energies, loudness.HOPS_PER_BLOCK)
    if mixed_lufs == float("-inf"):
        return None
    channel.samples[:] *= np.float32(balance.level_gain(channel.energies, mixed_lufs + below_lu))
    channel.samples[:, space.frames - len(fade) :] *= fade
    return channel


def _fade_out(frames: int, length_s: float) -> Samples:
    """Return the falling half of a raised cosine for the end of a song, ending at 0."""
    count = min(frames, round(length_s * MIX_SAMPLE_RATE))
    return (0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / max(1, count))).astype(np.float32)
