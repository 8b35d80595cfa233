"""New bars put into their recording: what was before, what is new, what follows, joined stem by stem.

A voice that sounds over a seam ends its word there; where the recording goes on, that word is not heard again, and a
pickup before it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.analysis import Analysis
from songsmith.audio import Audio
from songsmith.extension.bars import Bars
from songsmith.extension.joins import fade_frames, join
from songsmith.extension.place import Held, Place, decay

VOICES = ("vocals", "backing_vocals")
"""Stems that are not played again."""

VOICE_RINGS_S = 0.5
LONGEST_WORD_S = 1.1
PICKUP_S = 0.9
HUSH_FADE_S = 0.1

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """New bars in their recording, in frames.

    `seam` is where the recording's own samples end, `downbeat` the first new one; from `rest` on they are the
    recording's again, from its `rest_from` on; `rest` is None where nothing of it follows.
    """

    mix: Samples
    stems: Mapping[str, Samples]
    seam: int
    downbeat: int
    rest: int | None
    rest_from: int


def total_of(pieces: Mapping[str, Samples]) -> Samples:
    """Return the sum of sounds."""
    return np.asarray(np.sum(list(pieces.values()), axis=0, dtype=np.float32), np.float32)


def dying(played: Samples, held: Held, lead: int, rate: int, is_drums: bool) -> Samples:
    """Return new bars whose last chord, and nothing after it, dies away."""
    length = held.frames
    start = played.shape[1] - length - fade_frames(rate) + lead
    played = played.copy()
    played[:, start:] *= decay(played.shape[1] - start, rate, is_drums)
    return played


def carry_voice(
    played: Samples, own: Samples, bars: Bars, place: Place, found: Analysis, lead: int, rate: int
) -> None:
    """Let a voice that sounds over a seam end its word there, and one that begins before the rest begin it."""
    seam = int(bars.edges[place.bar]) - lead
    at_s = seam / rate
    if seam > 0:
        ends = [end for start, end in found.voice if start < at_s < end]
        rings_s = ends[0] - at_s + 0.1 if ends and ends[0] - at_s < LONGEST_WORD_S else VOICE_RINGS_S
        count = min(round(rings_s * rate), played.shape[1], own.shape[1] - seam)
        fall = np.cos(0.5 * np.pi * np.clip(np.linspace(-1.0, 1.0, max(1, count)), 0.0, 1.0)).astype(np.float32)
        if count > 0:
            played[:, :count] += own[:, seam : seam + count] * fall[:count]
    begins = [start for start, end in found.voice if at_s - PICKUP_S < start < at_s + lead / rate < end]
    if begins and not place.ends and place.bar < bars.count:
        count = min(round((at_s - begins[0] + 0.05) * rate), seam, played.shape[1] - fade_frames(rate))
        if count > 0:
            stop = played.shape[1]
            source = own[:, seam - count : seam + fade_frames(rate)]
            rise = np.clip(np.arange(source.shape[1]) / (0.05 * rate), 0.0, 1.0).astype(np.float32)
            played[:, stop - source.shape[1] :] += source * rise


def within(
    audio: Audio,
    stems: Mapping[str, Audio],
    played: Mapping[str, Samples],
    bars: Bars,
    place: Place,
    lead: int,
    tail_lag: int,
    silent_s: float,
) -> Placed:
    """Return what was before, the new bars, and what follows, joined; voices wait `silent_s` in what follows."""
    rate = audio.sample_rate
    fade = fade_frames(rate)
    seam = max(0, int(bars.edges[place.bar]) - lead)
    tail = seam + tail_lag
    new: dict[str, Samples] = {}
    for name, stem in stems.items():
        joined = join(stem.samples[:, : seam + fade], played[name], fade)
        after = stem.samples[:, tail:]
        if silent_s and name in VOICES:
            times = np.arange(after.shape[1]) / rate - silent_s
            after = after * np.clip(times / HUSH_FADE_S, 0.0, 1.0).astype(np.float32)
        new[name] = joined if place.ends else join(joined, after, fade)
    total = total_of(new)
    total[:, :seam] = audio.samples[:, :seam]
    begin = tail + (math.ceil((silent_s + HUSH_FADE_S) * rate) if silent_s else fade)
    rest = audio.frames - begin
    if place.ends or rest <= 0:
        return Placed(total, new, seam, seam + lead, None, audio.frames)
    total[:, total.shape[1] - rest :] = audio.samples[:, begin:]
    return Placed(total, new, seam, seam + lead, total.shape[1] - rest, begin)


def hush_s(bars: Bars, place: Place, found: Analysis, lead: int, rate: int) -> float:
    """Return how long what follows the new bars is without a voice: as long as the last word before rings in it."""
    at_s = float(bars.edges[place.bar] - lead) / rate
    begun = [end for start, end in found.voice if start <= at_s - PICKUP_S and end > at_s - VOICE_RINGS_S]
    if not begun:
        return 0.0
    length_s = max(0.0, max(begun) - at_s) + VOICE_RINGS_S
    again = any(at_s - PICKUP_S < start < at_s + length_s for start, _ in found.voice)
    return 0.0 if again or length_s > LONGEST_WORD_S + VOICE_RINGS_S else length_s


def beginning(
    audio: Audio,
    stems: Mapping[str, Audio],
    played: Mapping[str, Samples],
    bars: Bars,
    new: int,
    lead: int,
    rate: int,
) -> Placed:
    """Return new bars and the recording after them; what it has before its first bar is heard under their end."""
    fade = fade_frames(rate)
    edge = int(bars.edges[0])
    pad = max(0, edge - new - lead)
    begin = pad + lead + new - edge  # of the recording
    length = next(iter(played.values())).shape[1]
    rise = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, fade, dtype=np.float32))
    put: dict[str, Samples] = {}
    for name, stem in stems.items():
        out = np.zeros((stem.channels, begin + stem.frames), np.float32)
        out[:, begin:] = stem.samples
        piece = played[name].copy()
        piece[:, :fade] *= rise
        piece[:, length - fade :] *= rise[::-1]
        stop = min(out.shape[1], pad + length)
        out[:, pad:stop] += piece[:, : stop - pad]
        put[name] = out
    total = total_of(put)
    rest = max(begin, pad + length)
    total[:, rest:] = audio.samples[:, rest - begin :]
    return Placed(total, put, 0, pad + lead, rest, rest - begin)
