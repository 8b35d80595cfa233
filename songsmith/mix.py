"""The mixer: a dry vocal and raw stems become a balanced, loud enough stereo mix, and stems that sum to it.

Every level is set by measurement (K-weighted loudness): each part against the others over the time it plays,
the vocal against everything else in the moments it sings, the whole against the loudness target. Everything
after the channels is a gain curve, the master's shared by all stems, so the stems sum to the mix.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mixing import balance, chains, loudness
from songsmith.mixing.master import master_gain
from songsmith.mixing.settings import MixSettings, PartSettings
from songsmith.song import Mix
from songsmith.units import db_to_gain, gain_to_db

MIX_SAMPLE_RATE = 44100
VOCALS = "vocals"
HOP = MIX_SAMPLE_RATE // 10  # 100 ms: a quarter of the loudness block
FINE_HOP = MIX_SAMPLE_RATE // 100

Samples = npt.NDArray[np.float32]

__all__ = ["MIX_SAMPLE_RATE", "DefaultMixer", "MixSettings", "Mixer", "PartSettings", "mix"]


class Mixer(Protocol):
    """Makes a mix of a dry vocal and raw stems."""

    def mix(
        self,
        vocal: Audio | None,
        stems: Mapping[str, Audio],
        parts: Mapping[str, PartSettings] | None = None,
        texture: Texture | None = None,
        frames: int | None = None,
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
    ) -> Mix:
        """Return the mix; see `songsmith.mix.mix`."""
        return mix(vocal, stems, self.settings, parts, texture, frames)


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    """A channel after its effects, stereo, with its K-weighted energies every 100 ms.

    `gain` brings a part to its level; `presence` is how much the voice is there every 10 ms.
    """

    name: str
    samples: Samples
    energies: loudness.Energies
    gain: float = 1.0
    presence: loudness.Energies | None = None


def mix(
    vocal: Audio | None,
    stems: Mapping[str, Audio],
    settings: MixSettings | None = None,
    parts: Mapping[str, PartSettings] | None = None,
    texture: Texture | None = None,
    frames: int | None = None,
) -> Mix:
    """Mix a vocal and stems.

    Parameters
    ----------
    vocal : mono at 44.1 kHz, before any effect; None in an instrumental
    stems : part name to stereo at 44.1 kHz, before any effect; a part's channel is found by its name
    settings : the preset, `default` where None
    parts : what the style asks of each part; parts not named there get `PartSettings()`
    texture : brightness, width, reverb and lofi of the whole, neutral where None
    frames : length of the result, that of the longest input where None; its end fades to silence

    Returns
    -------
    Mix
        44.1 kHz stereo at -14 LUFS and a true peak of at most -1 dBTP (or what the preset says), unless all
        inputs are silent: then the mix is silent, too. The stems have the mix's length and sum to it.

    Raises
    ------
    InputError
        for a wrong sample rate or number of channels, samples that are not finite, or no input at all
    """
    settings = settings or MixSettings.load()
    parts = {name: (parts or {}).get(name, PartSettings()) for name in stems}
    texture = texture or Texture()
    _check(vocal, stems)
    if frames is None:
        frames = max(audio.frames for audio in [*stems.values(), *([vocal] if vocal else [])])

    with ThreadPoolExecutor(2) as pool:
        singing = pool.submit(_vocal_channel, vocal, frames, settings, texture) if vocal else None
        playing = [
            pool.submit(_part_channel, name, stems[name], frames, settings, parts[name], texture) for name in stems
        ]
        lead = singing.result() if singing else None
        backing = [part.result() for part in playing]

    gains = _gains(lead, backing, frames, settings)
    channels = [*([lead] if lead else []), *backing]
    fade = _fade_out(frames, settings.master.fade_out_s)
    total = np.zeros((2, frames), np.float32)
    for channel in channels:
        channel.samples[:] *= gains[channel.name]
        channel.samples[:, frames - len(fade) :] *= fade
        total += channel.samples
    everything = [channel.samples for channel in channels]
    master = master_gain(total, everything, MIX_SAMPLE_RATE, settings.master)
    for samples in (total, *everything):
        samples *= master
    finished = {channel.name: Audio(channel.samples, MIX_SAMPLE_RATE) for channel in channels}
    return Mix(Audio(total, MIX_SAMPLE_RATE), finished, vocal)


def _check(vocal: Audio | None, stems: Mapping[str, Audio]) -> None:
    if vocal is None and not stems:
        raise InputError("there is nothing to mix: give a vocal or at least one stem")
    if VOCALS in stems:
        raise InputError(f"a stem is called {VOCALS!r}: that name is kept for the lead vocal, use another")
    expected = [(name, audio, 2) for name, audio in stems.items()]
    for name, audio, channels in [*expected, *([(VOCALS, vocal, 1)] if vocal else [])]:
        if audio.sample_rate != MIX_SAMPLE_RATE or audio.channels != channels:
            raise InputError(
                f"stem {name!r} has {audio.channels} channels at {audio.sample_rate} Hz: "
                f"the mixer takes {channels} at {MIX_SAMPLE_RATE} Hz"
            )


def _part_channel(
    name: str, audio: Audio, frames: int, settings: MixSettings, part: PartSettings, texture: Texture
) -> _Channel:
    desk = settings.channel(name)
    raw, lift = _at_working_level(audio, frames, name)
    plain = chains.process_part(raw, MIX_SAMPLE_RATE, desk, part, texture)
    energies = loudness.k_energies(plain, MIX_SAMPLE_RATE, HOP)
    # The level comes first: a darker tone is to be heard, and not to be made up for.
    if part.gain_db is not None and part.level_db is None:
        level_lufs = loudness.loudness_lufs(raw, MIX_SAMPLE_RATE) + part.gain_db - float(gain_to_db(lift))
    else:
        level_lufs = chains.WORKING_DB + (desk.level_db if part.level_db is None else part.level_db)
    gain = balance.level_gain(energies, level_lufs)
    samples = chains.add_tone(plain, MIX_SAMPLE_RATE, texture)
    if samples is not plain:
        energies = loudness.k_energies(samples, MIX_SAMPLE_RATE, HOP)
    chains.add_room(samples, MIX_SAMPLE_RATE, part.reverb, texture)
    return _Channel(name, samples, energies, gain)


def _vocal_channel(audio: Audio, frames: int, settings: MixSettings, texture: Texture) -> _Channel:
    raw, _ = _at_working_level(audio, frames, VOCALS)
    mono = chains.process_vocal(raw, MIX_SAMPLE_RATE, settings.vocal, texture)
    there = balance.presence(
        loudness.k_energies(mono, MIX_SAMPLE_RATE, FINE_HOP), FINE_HOP / MIX_SAMPLE_RATE, settings.duck.smooth_s
    )
    samples = chains.place_vocal(mono, MIX_SAMPLE_RATE, settings.vocal, texture)
    return _Channel(VOCALS, samples, loudness.k_energies(samples, MIX_SAMPLE_RATE, HOP), presence=there)


def _at_working_level(audio: Audio, frames: int, name: str) -> tuple[Samples, float]:
    """Return a new array of `frames` samples at the channels' working level, and the gain that took."""
    samples = np.zeros((audio.channels, frames), np.float32)
    used = min(frames, audio.frames)
    whole = used // HOP * HOP
    framed = audio.samples[:, :whole].reshape(audio.channels, -1, HOP)
    energies = np.einsum("chi,chi->h", framed, framed) / HOP
    if not (np.isfinite(energies).all() and np.isfinite(audio.samples[:, whole:used]).all()):
        raise InputError(f"stem {name!r} holds samples that are not finite numbers: render it again")
    loud = energies[energies > max(1e-7, 0.01 * energies.max(initial=0.0))]
    gain = float(db_to_gain(chains.WORKING_DB) / np.sqrt(loud.mean())) if loud.size else 1.0
    np.multiply(audio.samples[:, :used], np.float32(gain), out=samples[:, :used])
    return samples, gain


def _gains(
    lead: _Channel | None, backing: list[_Channel], frames: int, settings: MixSettings
) -> dict[str, Samples | np.float32]:
    """Return the gain of every channel, a number or one for each frame."""
    hops, factor = -(-frames // HOP), HOP // FINE_HOP
    gains: dict[str, Samples | np.float32] = {}
    behind = np.zeros(hops)
    for channel in backing:
        gains[channel.name] = np.float32(channel.gain)
        energies = channel.energies * channel.gain**2
        depth_db = settings.channel(channel.name).duck * settings.duck.depth_db
        if lead is not None and lead.presence is not None and depth_db > 0.0:
            duck = balance.duck_gain(lead.presence, depth_db)
            gains[channel.name] = chains.draw_out(channel.gain * duck, FINE_HOP, frames)
            energies *= balance.per_longer_hop(duck, factor, hops) ** 2
        behind += energies
    if lead is not None and lead.presence is not None:
        singing = balance.per_longer_hop(lead.presence, factor, hops)
        curve = balance.vocal_gain(lead.energies, behind, singing, settings.vocal)
        gains[VOCALS] = chains.draw_out(curve, HOP, frames)
    return gains


def _fade_out(frames: int, length_s: float) -> Samples:
    """Return the falling half of a raised cosine for the end of a song, ending at 0."""
    count = min(frames, round(length_s * MIX_SAMPLE_RATE))
    return (0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / max(1, count))).astype(np.float32)
