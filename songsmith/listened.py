"""A recording to work over: read, brought to the mixer's rate, analysed, and without a voice that is in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lyrics.text import printable
from songsmith.analysis import Analysis, analyse
from songsmith.analysis.analysis import LONGEST_S
from songsmith.audio import Audio, resampled
from songsmith.errors import InputError
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.separation.reading import read_whole

SUNG_SHARE = 0.15
"""A recording in which somebody sings for more than this share of the time has a voice that is in the way."""

QUIET_VOICE_DB = 14.0
"""A separated voice that is this far below the recording was none: of bands without one it is 27, of songs 3 to 6."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording to sing over.

    Parameters
    ----------
    audio : stereo at the rate of the mixer
    found : what the analysis says of it
    name, sha256 : of its file
    told : what was done to it, in plain words
    """

    audio: Audio
    found: Analysis
    name: str
    sha256: str
    told: tuple[str, ...] = ()


def read_recording(
    over: str | Path | Audio,
    *,
    tempo: float | None = None,
    keep_vocals: bool = False,
    separator: str | None = None,
) -> Recording:
    """Return a recording, analysed; one with a voice in it without that voice, unless it is to be kept."""
    if isinstance(over, Audio):
        audio, name = over, "recording"
        sha256 = hashlib.sha256(np.ascontiguousarray(audio.samples).tobytes()).hexdigest()
    else:
        path = Path(over)
        audio, name = read_whole(path, LONGEST_S), printable(path.name)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    stereo = for_mixer(audio)
    found = analyse(audio, tempo=tempo)
    sung_s = sum(b - a for a, b in found.voice)
    if keep_vocals or sung_s <= SUNG_SHARE * found.duration_s:
        return Recording(stereo, found, name, sha256)
    stems, model = separated(stereo, separator)
    if under_db(stems["vocals"], stereo) > QUIET_VOICE_DB:  # what seemed to be a voice was an instrument
        return Recording(stereo, found, name, sha256)
    without = Audio(
        np.sum([stem.samples for name, stem in stems.items() if name != "vocals"], axis=0), MIX_SAMPLE_RATE
    )
    found = analyse(stereo, stems, tempo=tempo)
    told = f"the recording has a voice for {sung_s:.0f} s: it was separated by {model} and left out"
    return Recording(without, found, name, sha256, (told,))


def under_db(stem: Audio, whole: Audio) -> float:
    """Return by how many decibels a stem is softer than the recording it is of."""
    one, all_ = (float(np.mean(np.square(audio.samples, dtype=np.float64))) for audio in (stem, whole))
    return float(10.0 * np.log10((all_ + 1e-12) / (one + 1e-12)))


def separated(audio: Audio, model: str | None = None) -> tuple[Mapping[str, Audio], str]:
    """Return vocals, drums, bass and other of a recording, and the name of what separated them."""
    from songsmith.separation import default_model, separate

    name = model or default_model()
    return separate(audio, 4, name), name


def for_mixer(audio: Audio) -> Audio:
    """Return a recording as the mixer takes it: stereo at 44.1 kHz; one that is so already has its own samples."""
    samples = audio.samples
    if audio.channels > 2:
        raise InputError(f"the recording has {audio.channels} channels: give it in mono or stereo")
    if audio.channels == 1:
        samples = np.repeat(samples, 2, axis=0)
    samples = resampled(samples, audio.sample_rate, MIX_SAMPLE_RATE)
    return Audio(np.ascontiguousarray(samples, np.float32), MIX_SAMPLE_RATE)
