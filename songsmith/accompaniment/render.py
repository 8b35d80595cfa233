"""Parts to stems: every note of a score as sound, at its time.

Songs repeat themselves: each distinct note (key, length) of a part is rendered once and added wherever it
stands, scaled by its velocity. Stems are independent of each other and are computed in threads; a stem is one
thread's work from beginning to end, so the bytes do not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.parts import Part
from songsmith.accompaniment.sampler import NoteRenderer, velocity_gain
from songsmith.accompaniment.soundfont import DRUM_BANK, SoundFont
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.timeline import Timeline
from songsmith.units import db_to_gain

SAMPLE_RATE = 44_100
# Programs differ by 20 dB in loudness within one SoundFont. Each is brought to one level on reference keys at
# full velocity, so that a part's gain means the same for every instrument and SoundFont.
REFERENCE_LUFS = -18.0
REFERENCE_KEYS = (48, 60, 72)
BASS_KEYS, BASS_PROGRAMS = (31, 38, 45), range(32, 40)
DRUM_KEYS, DRUM_REFERENCE_LUFS = (36, 38, 42, 51), -24.0  # kick, snare, hi-hat, ride: mostly softer
REFERENCE_HELD_S, REFERENCE_S = 0.8, 1.2
MAX_LEVEL_DB = 24.0
END_FADE_S = 0.05
CHOKE_FADE_S = 0.01
_GAINS: dict[tuple[str, bool, int, int], float] = {}
ONE_SHOT_S = 30.0  # a percussion key without a loop sounds to its end, however short its note


def render_parts(
    parts: Sequence[Part],
    timeline: Timeline,
    soundfont: SoundFont,
    sample_rate: int = SAMPLE_RATE,
    frames: int | None = None,
    workers: int = 2,
) -> dict[str, Audio]:
    """Render each part to its own stem.

    Parameters
    ----------
    parts : their names must differ
    timeline : gives the time of every beat
    soundfont : what plays
    sample_rate : Hz
    frames : length of the stems; by default to the last beat of the timeline
    workers : stems computed at once

    Returns
    -------
    stems : part name to stereo `Audio` of `frames` frames, in the order of `parts`

    Raises
    ------
    InputError where two parts share a name or the SoundFont lacks a program.
    """
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise InputError(f"parts need different names, not {', '.join(names)}")
    length = frames if frames is not None else round(timeline.beats[-1] * sample_rate)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        # The largest part first, so that no thread is left with it at the end.
        order = sorted(parts, key=lambda part: (-len(part.notes), part.name))
        tasks = {
            part.name: pool.submit(render_part, part, timeline, soundfont, sample_rate, length) for part in order
        }
        return {name: tasks[name].result() for name in names}


def render_part(part: Part, timeline: Timeline, soundfont: SoundFont, sample_rate: int, frames: int) -> Audio:
    """Render one part to a stereo stem of `frames` frames; its end is faded where a sound still rings."""
    samples = np.zeros((2, frames), np.float32)
    if not part.notes:
        return Audio(samples, sample_rate)
    renderer = NoteRenderer(soundfont, DRUM_BANK if part.is_drum else 0, part.program, sample_rate)
    beats = np.array([(note.onset, note.onset + note.duration) for note in part.notes])
    edges = np.round(timeline.beats_to_seconds(beats) * sample_rate).astype(np.int64)
    level = _known_gain(renderer, part, soundfont, sample_rate)
    chokes = _chokes(part, renderer, edges[:, 0])
    scratch = np.empty((2, 1), np.float32)
    # Key by key, the longest note first: the sound of a key is then computed once, at its full length.
    order = sorted(range(len(edges)), key=lambda i: (part.notes[i].pitch, int(edges[i, 0] - edges[i, 1]), i))
    for i in order:
        note, start = part.notes[i], int(edges[i, 0])
        held = max(1, int(edges[i, 1]) - start)
        if part.is_drum and renderer.is_one_shot(note.pitch, note.velocity):
            held = round(ONE_SHOT_S * sample_rate)
        sound = renderer.render(note.pitch, note.velocity, held)
        if chokes[i] >= 0:
            sound = _choked(sound, int(chokes[i]) - start, sample_rate)
        count = min(sound.shape[1], frames - start)
        if count <= 0:
            continue
        if scratch.shape[1] < count:
            scratch = np.empty((2, count), np.float32)
        np.multiply(sound[:, :count], np.float32(level * velocity_gain(note.velocity)), out=scratch[:, :count])
        samples[:, start : start + count] += scratch[:, :count]
    fade = min(frames, round(END_FADE_S * sample_rate))
    samples[:, frames - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return Audio(samples, sample_rate)


def _known_gain(renderer: NoteRenderer, part: Part, soundfont: SoundFont, sample_rate: int) -> float:
    """Return the `level_gain` of a program, measured once in a process."""
    name = (soundfont.sha256, part.is_drum, part.program, sample_rate)
    if name not in _GAINS:
        _GAINS[name] = level_gain(renderer, part, sample_rate)
    return _GAINS[name]


def level_gain(renderer: NoteRenderer, part: Part, sample_rate: int) -> float:
    """Return the factor that brings a part's program to its reference loudness, 1 where it is silent there.

    Source: ITU-R BS.1770-4, gated loudness; the mean in decibels over the reference keys.
    """
    import pyloudnorm

    keys = DRUM_KEYS if part.is_drum else BASS_KEYS if part.program in BASS_PROGRAMS else REFERENCE_KEYS
    meter = pyloudnorm.Meter(sample_rate)
    found = []
    for key in keys:
        sound = np.zeros((2, round(REFERENCE_S * sample_rate)), np.float32)
        note = renderer.render(key, 127, round(REFERENCE_HELD_S * sample_rate))[:, : sound.shape[1]]
        sound[:, : note.shape[1]] = note
        if np.any(sound):
            found.append(float(meter.integrated_loudness(sound.T.astype(np.float64))))
    found = [loudness for loudness in found if np.isfinite(loudness)]
    if not found:
        return 1.0
    level_db = (DRUM_REFERENCE_LUFS if part.is_drum else REFERENCE_LUFS) - float(np.mean(found))
    return float(db_to_gain(float(np.clip(level_db, -MAX_LEVEL_DB, MAX_LEVEL_DB))))


def _chokes(part: Part, renderer: NoteRenderer, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each note the frame at which a later note of its exclusive class ends it, or -1."""
    ends = np.full(len(part.notes), -1, np.int64)
    following: dict[int, list[int]] = {}
    for i in sorted(range(len(part.notes)), key=lambda i: (-int(starts[i]), i)):
        group = renderer.exclusive_class(part.notes[i].pitch, part.notes[i].velocity)
        if group:
            later = [frame for frame in following.get(group, []) if frame > starts[i]]
            ends[i] = min(later, default=-1)
            following[group] = [int(starts[i]), *later[:1]]
    return ends


def _choked(sound: npt.NDArray[np.float32], frame: int, sample_rate: int) -> npt.NDArray[np.float32]:
    fade = round(CHOKE_FADE_S * sample_rate)
    if frame + fade >= sound.shape[1]:
        return sound
    cut = sound[:, : frame + fade].copy()
    cut[:, frame:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return cut
