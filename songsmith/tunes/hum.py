"""A tune out of a recording of one voice humming or singing (or one instrument): pitch, then notes, then beats.

Praat's autocorrelation pitch is followed by a hidden Markov model whose states are the semitones of the singer's own
tuning and silence: vibrato and glides stay inside a note because leaving it costs more than straying from it.
Notes of one pitch are parted where the voice stops or its level dips. `beatgrid` finds the beats.

Sources: P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17 (1993), for the
pitch; M. Ryynänen and A. Klapuri, "Modelling of note events for singing transcription", SAPA (2004), for the idea of
note models joined by a Markov chain. The costs are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError
from songsmith.tunes.beatgrid import find_beats, quantise
from songsmith.tunes.tune import Tune, TuneNote

if TYPE_CHECKING:
    import soundfile

Frames = npt.NDArray[np.float64]

LONGEST_S = 900.0
SHORTEST_S = 0.5
STEP_S = 0.01
PITCH_RANGE_HZ = (60.0, 1600.0)
RATES = (8_000, 192_000)
ENOUGH_RATE = 22_050
BLOCK = 1 << 18
"""Frames read at once."""

QUIET_DB = 36.0
"""What lies this far below the loud parts is not sung."""

VIBRATO_S = 0.13
"""Pitch is averaged over this long: most of a vibrato cycle, little of a fast note."""

STRAY = 1.6
"""Cost a frame and semitone away from a note's pitch, up to `FAR` semitones."""

FAR = 1.6
CHANGE = 14.0
"""Cost of going to another note: about 0.08 s a semitone off."""

SHORTEST_NOTE_S = 0.08
GAP_S = 0.03
DIP_DB = 5.0
DIP_S = 0.16
"""A dip in level this deep, against both sides within this time, begins a note of the same pitch."""


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note in seconds, with its MIDI number and how far, in semitones, it was sung from it."""

    start_s: float
    end_s: float
    pitch: int
    off: float


def tune_from_recording(path: Path, tempo: float | None = None, meter: str | None = None) -> Tune:
    """Return the tune that is hummed, sung or played in a recording.

    Parameters
    ----------
    path : a sound file of one voice, at most `LONGEST_S` long
    tempo : quarter notes a minute, None to find it
    meter : that the tune is in, None to leave it open
    """
    samples, rate = _read(path)
    notes, tuning = hear_notes(samples, rate)
    if len(notes) < 3:
        raise InputError(
            f"{path}: {len(notes)} notes can be heard, which is no melody; record one voice, close to the microphone"
        )
    beats = find_beats([note.start_s for note in notes], [note.end_s - note.start_s for note in notes], tempo)
    rows = quantise([(note.start_s, note.end_s) for note in notes], beats)
    remarks = [f"{len(notes)} notes were heard in the recording, at {beats.tempo:g} BPM"]
    if abs(tuning) >= 0.1:
        remarks.append(f"the recording is tuned {100 * tuning:+.0f} cents from A = 440 Hz: brought to it")
    return Tune(
        source=str(path),
        notes=tuple(
            TuneNote(onset, duration, note.pitch) for (onset, duration), note in zip(rows, notes, strict=True)
        ),
        tempo=beats.tempo,
        meter=meter,
        barred=False,
        remarks=tuple(remarks),
    )


def _read(path: Path) -> tuple[Frames, int]:
    """Return the mono samples and the rate of a sound file within the limits."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            seconds = len(file) / file.samplerate
            if not RATES[0] <= file.samplerate <= RATES[1] or file.channels > 8:
                raise InputError(
                    f"{path}: has {file.channels} channels at {file.samplerate} Hz; record mono or stereo at 44100 Hz"
                )
            if seconds > LONGEST_S:
                raise InputError(
                    f"{path}: lasts {seconds:.0f} s; a tune may last {LONGEST_S:.0f} s: cut the recording"
                )
            samples, rate = _mono(file)
    except (soundfile.SoundFileError, OSError, RuntimeError) as err:
        raise InputError(f"{path}: is not a readable sound file ({err}); save it as WAV") from err
    if len(samples) < SHORTEST_S * rate:
        raise InputError(f"{path}: lasts {len(samples) / rate:.2f} s, which is too short for a melody")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: holds samples that are not numbers; save it again")
    return samples, rate


def _mono(file: soundfile.SoundFile) -> tuple[Frames, int]:
    """Return the mean of the channels and its rate, read in blocks so that a large file needs little memory.

    Rates of twice `ENOUGH_RATE` and above are divided by a whole number, after a low-pass.
    """
    from scipy import signal

    rate = int(file.samplerate)
    every = max(1, rate // ENOUGH_RATE)
    taps = signal.firwin(16 * every + 1, 0.8 / every) if every > 1 else np.ones(1)
    kept = np.zeros(len(taps) - 1)
    pieces: list[npt.NDArray[np.float32]] = []
    passed = 0
    left = int(LONGEST_S * rate)
    while left > 0 and len(block := file.read(frames=min(BLOCK, left), dtype="float32", always_2d=True)):
        left -= len(block)
        mono = block.mean(axis=1, dtype=np.float64)
        if every > 1:
            mono, kept = signal.lfilter(taps, 1.0, mono, zi=kept)
        pieces.append(mono[(-passed) % every :: every].astype(np.float32))
        passed += len(block)
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return np.asarray(samples[len(taps) // 2 // every :], np.float64), rate // every


def hear_notes(samples: Frames, rate: int) -> tuple[list[HeardNote], float]:
    """Return the notes of one voice, and how far it is tuned from A = 440 Hz in semitones (-0.5 to 0.5)."""
    times, pitch, level_db = _track(samples, rate)
    sung = np.isfinite(pitch)
    if sung.sum() < 10:
        return [], 0.0
    smooth = _smooth(pitch)
    tuning = _tuning(smooth)
    states = _follow(smooth - tuning)
    notes: list[HeardNote] = []
    for first, past, number in _stretches(states, level_db):
        if past - first < SHORTEST_NOTE_S / STEP_S:
            continue
        inside = smooth[first:past]
        inner = inside[len(inside) // 5 : len(inside) - len(inside) // 6]
        inner = inner[np.isfinite(inner)]
        if len(inner) == 0:
            continue
        off = float(np.median(inner)) - tuning - number
        notes.append(HeardNote(float(times[first]), float(times[past - 1] + STEP_S), number, round(off, 3)))
    return notes, tuning


def _track(samples: Frames, rate: int) -> tuple[Frames, Frames, Frames]:
    """Return times, pitch in semitones (NaN where nothing is sung) and level in dB of frames of 10 ms."""
    import parselmouth

    sound = parselmouth.Sound(samples, rate)
    low, high = PITCH_RANGE_HZ
    tracked = sound.to_pitch_ac(
        time_step=STEP_S, pitch_floor=low, pitch_ceiling=high, voicing_threshold=0.45, octave_cost=0.02,
        octave_jump_cost=0.6, voiced_unvoiced_cost=0.1,
    )  # fmt: skip
    times = np.asarray(tracked.xs())
    f0_hz = np.asarray(tracked.selected_array["frequency"])
    power = np.concatenate([[0.0], np.cumsum(samples**2)])
    half = int(0.0125 * rate)
    middle = np.round(times * rate).astype(int)
    first, past = np.clip(middle - half, 0, len(samples)), np.clip(middle + half, 1, len(samples))
    level_db = 10.0 * np.log10((power[past] - power[first]) / np.maximum(1, past - first) + 1e-12)
    loud = float(np.percentile(level_db[f0_hz > 0], 90)) if (f0_hz > 0).any() else 0.0
    with np.errstate(divide="ignore"):
        pitch = np.where((f0_hz > 0) & (level_db > loud - QUIET_DB), 69.0 + 12.0 * np.log2(f0_hz / 440.0), np.nan)
    return times, pitch, level_db


def _smooth(pitch: Frames) -> Frames:
    """Return the pitch without vibrato: a running mean inside each voiced stretch, after a median of 5 frames."""
    result = pitch.copy()
    width = max(1, round(VIBRATO_S / STEP_S) // 2)
    for first, past in _runs(np.isfinite(pitch)):
        piece = pitch[first:past]
        if len(piece) >= 5:
            padded = np.pad(piece, 2, mode="edge")
            piece = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
        padded = np.pad(piece, width, mode="edge")
        result[first:past] = np.convolve(padded, np.full(2 * width + 1, 1.0 / (2 * width + 1)), mode="valid")
    return result


def _tuning(pitch: Frames) -> float:
    """Return the tuning: the circular mean of the fractions of a semitone, steady frames counting most."""
    known = np.isfinite(pitch)
    moving = np.abs(np.gradient(np.where(known, pitch, 0.0))) * known
    weight = known * np.exp(-((moving / 0.06) ** 2))
    turn = np.sum(weight * np.exp(2j * np.pi * np.where(known, pitch, 0.0)))
    return float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 1e-9 else 0.0


def _follow(pitch: Frames) -> npt.NDArray[np.int64]:
    """Return the semitone that is sung in each frame, -1 for silence: the cheapest way through the states."""
    known = np.isfinite(pitch)
    low, high = int(np.floor(np.nanmin(pitch))) - 1, int(np.ceil(np.nanmax(pitch))) + 1
    numbers = np.arange(low, high + 1)
    result = np.full(len(pitch), -1, np.int64)
    for first, past in _runs(known):
        cost = STRAY * np.minimum(np.abs(pitch[first:past, None] - numbers[None, :]), FAR)
        best = cost[0].copy()
        back = np.zeros(cost.shape, np.int64)
        stay = np.arange(len(numbers))
        for k in range(1, len(cost)):
            cheapest = int(best.argmin())
            leave = best[cheapest] + CHANGE
            moved = leave < best
            back[k] = np.where(moved, cheapest, stay)
            best = np.where(moved, leave, best) + cost[k]
        state = int(best.argmin())
        for k in range(len(cost) - 1, -1, -1):
            result[first + k] = numbers[state]
            state = int(back[k, state])
    return result


def _stretches(states: npt.NDArray[np.int64], level_db: Frames) -> list[tuple[int, int, int]]:
    """Return first and past frames and pitch of notes: one state, parted at silences and at dips of the level."""
    edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    pieces = [(a, b) for a, b in pairwise(edges) if states[a] >= 0]
    joined: list[tuple[int, int]] = []
    for first, past in pieces:  # gaps too short to be heard as a break are bridged
        before = joined[-1] if joined else None
        if before and states[before[0]] == states[first] and (first - before[1]) * STEP_S < GAP_S:
            joined[-1] = (before[0], past)
        else:
            joined.append((first, past))
    return [(*part, int(states[piece[0]])) for piece in joined for part in _at_dips(piece, level_db)]


def _at_dips(piece: tuple[int, int], level_db: Frames) -> list[tuple[int, int]]:
    """Return a stretch of one pitch cut where its level dips, as between two syllables."""
    first, past = piece
    width = round(DIP_S / STEP_S)
    least = round(SHORTEST_NOTE_S / STEP_S)
    level = level_db[first:past]
    cuts: list[int] = []
    place = least
    while place < len(level) - least:
        lowest = place + int(level[max(0, place - 2) : place + 3].argmin()) - min(2, place)
        before, after = level[max(0, place - width) : place].max(), level[place + 1 : place + 1 + width].max()
        if lowest == place and min(before, after) - level[place] >= DIP_DB:
            cuts.append(place)
            place += least
        else:
            place += 1
    edges = [first, *(first + cut for cut in cuts), past]
    return list(pairwise(edges))


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and past places of the stretches that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
