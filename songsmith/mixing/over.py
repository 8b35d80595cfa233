"""A voice over a recording that is finished: the voice fits itself in, the recording only gives way a little.

The recording's samples are multiplied with one gain curve and nothing else: constant, but for a dip of a few decibels
while somebody sings. The curve is a line between points, which are handed out, so that the recording can be had back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mixing import balance, clarity, loudness, spectral
from songsmith.mixing.channels import (
    FINE_HOPS_PER_S,
    HOPS_PER_S,
    BackingVoice,
    Space,
    vocal_channel,
    voices_channel,
)
from songsmith.mixing.curves import draw_out
from songsmith.mixing.settings import BACKING_VOCALS, VOCALS, ClarityAim, MixSettings
from songsmith.mixing.strip import Strip
from songsmith.song import Mix
from songsmith.units import db_to_gain

BACKING = "backing"
"""Name of the stem of the recording."""

POINT_S = 0.1
FLAT = 1e-6
"""Points that lie this near to a line between their neighbours are left out."""

DECIMALS = 7
PEAK_HOP = 64
GIVE_WAY_S = 0.006
LEAST_VOICE = 0.35
RARE_VOICE, RARE = 0.7, 0.02
"""The voice is turned down further than the first at no more than the second share of its time."""

STEP_DB, STEPS = 0.5, 24
LEAST_GAIN, MOST_GAIN = 1e-4, 1e4

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GainCurve:
    """A gain over time: a line between points, `times_s` rising and `gains` linear; held outside them."""

    times_s: tuple[float, ...]
    gains: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times_s or len(self.times_s) != len(self.gains):
            raise InputError("a gain curve needs as many gains as times, and one at least")

    def at_frames(self, frames: int, sample_rate: int) -> Samples:
        """Return the gain of every frame."""
        times = np.arange(frames) / sample_rate
        return np.asarray(np.interp(times, self.times_s, self.gains), np.float32)

    def times_gain(self, factor: float) -> GainCurve:
        """Return the curve multiplied with a factor, rounded as its text is."""
        return GainCurve(self.times_s, tuple(round(gain * factor, DECIMALS) for gain in self.gains))

    def __str__(self) -> str:
        return " ".join(
            f"{time:.3f}:{gain:.{DECIMALS}f}" for time, gain in zip(self.times_s, self.gains, strict=True)
        )

    @classmethod
    def parse(cls, text: str) -> GainCurve:
        """Return the curve written as `0:0.5 1.2:0.45`; raise InputError for any other text."""
        try:
            pairs = [tuple(map(float, point.split(":"))) for point in text.split()]
            times, gains = zip(*((time, gain) for time, gain in pairs), strict=True)
        except ValueError as err:
            raise InputError(f"gains of a recording cannot be read ({err}): sing over the recording again") from err
        usable = all(LEAST_GAIN < gain < MOST_GAIN for gain in gains) and all(a < b for a, b in pairwise(times))
        if not usable or not np.isfinite(times).all():
            raise InputError("gains of a recording are out of order or of range: sing over the recording again")
        return cls(times, gains)


def mix_over(
    vocal: Audio,
    backing: Audio,
    settings: MixSettings,
    texture: Texture,
    voices: Sequence[BackingVoice] = (),
) -> tuple[Mix, GainCurve]:
    """Return the mix of a voice over a recording, and what the recording was multiplied with.

    Parameters
    ----------
    vocal : mono at the rate of the recording, before any effect
    backing : stereo; the mix has its length
    settings : the preset: level, ducking, room of the voice; loudness and ceiling of the whole
    texture : of the voice
    voices : behind the lead
    """
    rate, frames = backing.sample_rate, backing.frames
    space = Space.of(settings, texture, rate, frames)
    hops = -(-frames // space.hop)
    lead = vocal_channel(VOCALS, vocal, space)
    energies, bands = _measured(backing, space)
    presence = lead.presence if lead.presence is not None else np.zeros(1)
    singing = balance.per_longer_hop(presence, FINE_HOPS_PER_S // HOPS_PER_S, hops)
    duck = balance.duck_gain(singing, settings.duck.depth_db) ** 2
    curve = balance.vocal_gain(lead.energies, energies * duck, singing, settings.vocal)
    wanted = ClarityAim(settings.clarity.audibility, 0.0, settings.clarity.dip_hz, settings.clarity.lift_db)
    _, lift_db = balance.clearing(lead.bands * (curve**2)[:, None], lambda _: bands * duck[:, None], wanted)
    voice_gain = draw_out(curve * db_to_gain(lift_db), space.hop, frames)
    stems = {VOCALS: lead.samples * voice_gain}
    group, behind = None, 1.0
    if voices:
        group = voices_channel(BACKING_VOCALS, voices, space)
        lufs = loudness.integrated_lufs(lead.energies * curve**2, loudness.HOPS_PER_BLOCK)
        behind = float(db_to_gain(lufs)) if lufs > float("-inf") else 1.0
        stems[BACKING_VOCALS] = group.samples * np.float32(behind)
    points = _points(presence, settings.duck.depth_db, frames / rate)
    under = backing.samples * points.at_frames(frames, rate)
    voice = _sum(stems.values(), frames)
    whole, give_way = _levels(under, voice, rate, settings)
    points = points.times_gain(whole)
    gain = give_way * np.float32(whole)
    stems = {name: samples * gain for name, samples in stems.items()}
    strips = {VOCALS: Strip.of(lead.voices, voice_gain * gain, None)}
    if group is not None:
        strips[BACKING_VOCALS] = Strip.of(group.voices, np.asarray(gain * np.float32(behind), np.float32), None)
    stems[BACKING] = backing.samples * points.at_frames(frames, rate)
    total = _sum(stems.values(), frames)
    finished = {name: Audio(np.ascontiguousarray(samples), rate) for name, samples in stems.items()}
    return Mix(Audio(total, rate), finished, vocal, strips), points


def _sum(stems: Iterable[Samples], frames: int) -> Samples:
    total = np.zeros((2, frames), np.float32)
    for samples in stems:
        total += samples
    return total


def _measured(backing: Audio, space: Space) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the K-weighted energies of a recording `[hops]`, and those of its third octaves `[hops, bands]`."""
    frequencies_hz = spectral.bin_frequencies(space.sample_rate, space.hop)
    heard = spectral.k_power(frequencies_hz, space.sample_rate)
    weights = np.concatenate([heard[:, None], clarity.band_weights(frequencies_hz)], axis=1)
    table = spectral.hop_energies(backing.samples, space.hop, weights)
    return table[:, 0], table[:, 1:]


def _points(presence: npt.NDArray[np.float64], depth_db: float, duration_s: float) -> GainCurve:
    """Return the ducking of a recording as a line between few points."""
    times = np.arange(0.0, duration_s + POINT_S, POINT_S)
    middles = (np.arange(len(presence)) + 0.5) / FINE_HOPS_PER_S
    gains = balance.duck_gain(np.interp(times, middles, presence), depth_db)
    bend = np.abs(np.diff(gains, 2))
    kept = np.concatenate([[True], bend > FLAT, [True]])
    return GainCurve(tuple(round(float(t), 3) for t in times[kept]), tuple(round(float(g), 7) for g in gains[kept]))


def _levels(under: Samples, voice: Samples, sample_rate: int, settings: MixSettings) -> tuple[float, Samples]:
    """Return the gain of the whole, and at every frame what the voice is multiplied with so that peaks have room.

    The whole is brought to the preset's loudness, or as near as goes with a voice that rarely has to give way: what
    gives way to peaks is the voice, for milliseconds, under a blow of the recording.
    """
    from scipy.ndimage import minimum_filter1d

    total = under + voice
    lufs = loudness.loudness_lufs(total, sample_rate)
    still = np.ones(total.shape[1], np.float32)
    if lufs == float("-inf"):
        return 1.0, still
    ceiling = float(db_to_gain(settings.master.true_peak_dbtp - 0.05))
    alone, both = (loudness.true_peaks(samples, PEAK_HOP).astype(np.float64) for samples in (under, total))
    sung = both > 1.02 * alone
    reach = round(GIVE_WAY_S * sample_rate / PEAK_HOP)
    window = np.hanning(2 * reach + 3)[1:-1]
    gain = float(db_to_gain(settings.master.loudness_lufs - lufs))
    for _ in range(STEPS):
        room = (ceiling / gain - alone) / np.maximum(both - alone, 1e-9)
        share = np.where(both * gain > ceiling, np.clip(room, LEAST_VOICE, 1.0), 1.0)
        if np.mean(share[sung] < RARE_VOICE) <= RARE if sung.any() else True:
            break
        gain *= float(db_to_gain(-STEP_DB))
    held = minimum_filter1d(share, 2 * reach + 1, mode="nearest")
    smooth = np.convolve(np.pad(held, reach, mode="edge"), window / window.sum(), mode="valid")
    give_way = draw_out(smooth, PEAK_HOP, total.shape[1])
    over_db = loudness.true_peak_dbtp((under + voice * give_way) * np.float32(gain)) - float(
        settings.master.true_peak_dbtp - 0.02
    )
    return round(gain * float(db_to_gain(-max(0.0, over_db))), DECIMALS), give_way
