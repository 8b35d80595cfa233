"""A recording read: its beats and bars, key, chords, sections, loudness and voice, as one value.

Sound comes in as `Audio`; stems of it, where there are any, by the names that separation gives them (`vocals`,
`drums`, `bass`, `other`, or `vocals` and `instrumental`). Beats are counted from the first one found, a beat being a
quarter note in every meter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.analysis.beats import activations_of, find_bars
from songsmith.analysis.chords import confidence, follow_chords, hear_chords, write_chords
from songsmith.analysis.features import (
    FPS,
    RATE,
    Frames,
    between,
    mono_of,
    onset_spectrogram,
    pitch_spectrogram,
    tuning_of,
)
from songsmith.analysis.key import find_key
from songsmith.analysis.sections import FoundSection, find_sections
from songsmith.analysis.voice import bars_with_voice, melody_of, voice_in_mix, voice_in_stem
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.mixing.loudness import OFFSET_LUFS, integrated_lufs, k_energies
from songsmith.plan import Chord
from songsmith.timeline import Timeline
from songsmith.tunes.hum import HeardNote

Curve = npt.NDArray[np.float64]

SHORTEST_S = 4.0
LONGEST_S = 1800.0
SILENT_LUFS = -65.0
LOUDNESS_PERIOD_S = 0.1
LEAST_BEAT_CONFIDENCE = 0.33
"""A recording in which pulses are heard less surely than this has no beat."""

SPEECH = (0.65, 0.3)
"""A recording whose beats and chords are both less sure than this is speech or noise, not music.

Chords of songs are heard with 0.5 and more, those of readers with less than 0.2.
"""

VOCALS = "vocals"


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure each part of an analysis is, 0 to 1."""

    beats: float
    downbeats: float
    meter: float
    key: float
    chords: float


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was found in a recording.

    Parameters
    ----------
    duration_s : of the recording
    timeline : its beats; the first downbeat need not be the first beat
    meter : `4/4`, `3/4` or `6/8`, of the whole recording
    key : `G major`; the modes are told where they are clear
    chords : in beats of the timeline, one after the other from beat 0
    sections : of whole bars from the first downbeat on
    loudness_lufs : momentary loudness every `loudness_period_s`, of the 400 ms around each time
    integrated_lufs : gated loudness of the whole
    tuning : of the recording against A = 440 Hz, in semitones
    voice : spans in seconds in which somebody sings
    melody : the notes of the voice, where a vocal stem was given
    confidence : how sure it all is
    """

    duration_s: float
    timeline: Timeline
    meter: str
    key: str
    chords: tuple[Chord, ...]
    sections: tuple[FoundSection, ...]
    loudness_lufs: Curve
    loudness_period_s: float
    integrated_lufs: float
    tuning: float
    voice: tuple[tuple[float, float], ...]
    melody: tuple[HeardNote, ...]
    confidence: Confidence

    @property
    def tempo(self) -> float:
        """Quarter notes a minute: the median over the recording."""
        return self.timeline.tempo

    @property
    def bar_times(self) -> Curve:
        """Seconds of every downbeat: bar i goes from the i-th to the next."""
        return np.asarray(self.timeline.beats)[list(self.timeline.downbeats)]

    @property
    def has_voice(self) -> bool:
        return bool(self.voice)


def analyse(audio: Audio, stems: Mapping[str, Audio] | None = None, *, tempo: float | None = None) -> Analysis:
    """Return what is found in a recording.

    Parameters
    ----------
    audio : the mix
    stems : of the mix, by name; `vocals` is where voice and melody are read, and chords are read without it and
        without `drums`
    tempo : quarter notes a minute, where it is known about

    Raises
    ------
    InputError : for silence, less than 4 s, more than half an hour, and where no beat can be found
    MissingPart : where the weights are not installed
    """
    stems = dict(stems or {})
    check_sound(audio)
    loudness, whole_lufs = loudness_of(audio)
    if whole_lufs < SILENT_LUFS:
        raise InputError(f"the recording is silent ({whole_lufs:.0f} LUFS): give one with music in it")
    mono = mono_of(audio)
    onsets = onset_spectrogram(mono)
    activations = activations_of(onsets)
    tuning = tuning_of(mono)
    pitches = pitch_spectrogram(mono, tuning)
    bars = find_bars(activations, tempo, pitches)  # of the mix: what weighs bars has learned from mixes
    if bars.beat_confidence < LEAST_BEAT_CONFIDENCE or len(bars.pulses) < 6:
        raise InputError(
            f"no beat can be found in the recording (confidence {bars.beat_confidence:.2f}, at least "
            f"{LEAST_BEAT_CONFIDENCE:g} is needed): give music with a steady pulse, without long talk or noise"
        )
    timeline = timeline_of(*bars.beats())
    if len(timeline.downbeats) < 2:
        raise InputError("not one whole bar is in the recording: give a longer one")
    if (pitched := _pitched(stems)) is not None:
        pitches = pitch_spectrogram(pitched, tuning)
    heard = hear_chords(pitches, timeline)
    path = follow_chords(heard, timeline, bars.meter)
    sure = (bars.beat_confidence, confidence(path, heard))
    if all(one < least for one, least in zip(sure, SPEECH, strict=True)):
        raise InputError(
            f"neither beat nor chords can be made out in the recording (confidence {sure[0]:.2f} and {sure[1]:.2f}), "
            "as in speech or noise: give music with a steady pulse"
        )
    key, key_confidence = find_key(path, heard.tones.mean(axis=0))
    voice = voice_in_stem(stems[VOCALS]) if VOCALS in stems else voice_in_mix(activations.voice)
    melody = melody_of(stems[VOCALS]) if VOCALS in stems and voice else ()
    return Analysis(
        duration_s=round(audio.duration_s, 3),
        timeline=timeline,
        meter=str(bars.meter),
        key=str(key),
        chords=write_chords(path, heard, key),
        sections=_sections(timeline, heard.tones, onsets, loudness, voice),
        loudness_lufs=loudness,
        loudness_period_s=LOUDNESS_PERIOD_S,
        integrated_lufs=round(whole_lufs, 2),
        tuning=round(tuning, 3),
        voice=voice,
        melody=melody,
        confidence=Confidence(
            beats=round(bars.beat_confidence, 3),
            downbeats=round(bars.downbeat_confidence, 3),
            meter=round(bars.meter_confidence, 3),
            key=round(key_confidence, 3),
            chords=round(confidence(path, heard), 3),
        ),
    )


def check_sound(audio: Audio) -> None:
    """Refuse what cannot be analysed: too short, too long, or not numbers."""
    if audio.duration_s < SHORTEST_S:
        raise InputError(f"the recording lasts {audio.duration_s:.1f} s: give at least {SHORTEST_S:g} s of music")
    if audio.duration_s > LONGEST_S:
        raise InputError(f"the recording lasts {audio.duration_s:.0f} s: give at most {LONGEST_S:g} s")
    if not np.isfinite(audio.samples).all():
        raise InputError("the recording holds samples that are not numbers: save it again")


def timeline_of(beats: Curve, downbeats: npt.NDArray[np.int64]) -> Timeline:
    """Return the timeline of beat times, its tempo the median over eight beats."""
    span = min(8, len(beats) - 1)
    tempo = 60.0 * span / float(np.median(beats[span:] - beats[:-span]))
    times = tuple(round(float(t), 4) for t in beats)
    return Timeline(round(tempo, 2), times, tuple(int(d) for d in downbeats if 0 <= d < len(times)))


def loudness_of(audio: Audio) -> tuple[Curve, float]:
    """Return the momentary loudness every 100 ms, and that of the whole, in LUFS."""
    hop = audio.sample_rate // 10
    energies = k_energies(audio.samples, audio.sample_rate, hop)
    padded = np.pad(energies, (2, 1))
    around = np.lib.stride_tricks.sliding_window_view(padded, 4).mean(axis=1)
    lufs = np.maximum(-120.0, OFFSET_LUFS + 10.0 * np.log10(np.maximum(around, 1e-13)))
    return np.asarray(np.round(lufs, 2), np.float64), max(-120.0, integrated_lufs(energies, 4))


def _pitched(stems: Mapping[str, Audio]) -> Frames | None:
    """Return the sum of the stems that chords are played in, None where there are none."""
    wanted = [stems[name] for name in stems if name not in (VOCALS, "drums", "backing_vocals")]
    if not wanted:
        return None
    length = min(stem.frames for stem in wanted)
    total = np.zeros((1, length), np.float32)
    for stem in wanted:
        total += stem.samples.mean(axis=0)[:length]
    mono = mono_of(Audio(total, wanted[0].sample_rate))
    return mono if np.sqrt(np.mean(np.square(mono))) > 1e-5 and len(mono) > RATE else None


def _sections(
    timeline: Timeline, tones: Curve, onsets: Frames, loudness: Curve, voice: tuple[tuple[float, float], ...]
) -> tuple[FoundSection, ...]:
    """Return the sections of the bars of a timeline."""
    edges = np.asarray(timeline.beats)[list(timeline.downbeats)]
    bars = len(edges) - 1
    timbre = between(onsets, FPS, edges).astype(np.float64)
    narrow = timbre.reshape(bars, -1, 6).mean(axis=2)
    narrow = narrow - narrow.mean(axis=1, keepdims=True)
    by_bar = np.stack([tones[2 * a : 2 * b].mean(axis=0) for a, b in pairwise(timeline.downbeats)])
    power = np.asarray(10.0 ** (loudness / 10.0), np.float64)
    spans = [(int(a / LOUDNESS_PERIOD_S), int(b / LOUDNESS_PERIOD_S)) for a, b in pairwise(edges)]
    level_db = np.asarray([10.0 * np.log10(np.mean(power[a : max(a + 1, b)]) + 1e-12) for a, b in spans])
    return find_sections(by_bar, narrow, level_db, bars_with_voice(voice, edges))
