"""Strips of a song along its time: sections, waveform, loudness, notes, spectrum.

Each draws itself into a box of the canvas, whose x runs with time in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.parts import Part
from songsmith.audio import Audio
from songsmith.mixing.loudness import OFFSET_LUFS, k_energies
from songsmith.performance import Performance
from songsmith.picture.canvas import (
    BLACK,
    BLUE,
    FAINT,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    YELLOW,
    Canvas,
    Points,
    fitting_size,
    shortened,
)
from songsmith.plan import Chord
from songsmith.score import Note
from songsmith.song import Song
from songsmith.timeline import Meter
from songsmith.units import hz_to_midi

QUIETEST_LUFS, LOUDEST_LUFS = -40.0, -6.0

SECTION_COLORS = {
    "verse": SKY,
    "prechorus": GREEN,
    "chorus": ORANGE,
    "hook": ORANGE,
    "drop": ORANGE,
    "postchorus": YELLOW,
    "build": GREEN,
    "bridge": PURPLE,
}
"""Colour of a section by its kind, light grey for the others; the label says it, too."""

PART_COLORS = (BLUE, GREEN, VERMILLION, PURPLE, ORANGE, SKY)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the page and the seconds that it shows from left to right."""

    left: float
    top: float
    right: float
    bottom: float
    start_s: float
    end_s: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def x(self, seconds: float) -> float:
        share = (seconds - self.start_s) / (self.end_s - self.start_s)
        return self.left + share * (self.right - self.left)

    def xs(self, seconds: npt.NDArray[np.floating[Any]]) -> Points:
        share = (seconds - self.start_s) / (self.end_s - self.start_s)
        return np.asarray(self.left + share * (self.right - self.left), dtype=np.float64)

    def shows(self, start_s: float, end_s: float) -> bool:
        return end_s > self.start_s and start_s < self.end_s


@dataclass(frozen=True, slots=True)
class PitchScale:
    """MIDI notes from the bottom to the top of a box."""

    low: float
    high: float

    @classmethod
    def around(cls, pitches: Iterable[float], least: float = 10.0) -> PitchScale:
        """Return the scale that shows all pitches, and `least` semitones at the least."""
        found = list(pitches) or [60.0]
        low, high = min(found) - 1.0, max(found) + 1.0
        missing = max(0.0, least - (high - low)) / 2
        return cls(low - missing, high + missing)

    def y(self, pitch: float, box: Box) -> float:
        return box.bottom - (pitch - self.low) / (self.high - self.low) * box.height


@dataclass(frozen=True, slots=True)
class Envelope:
    """The sound at a look.

    Parameters
    ----------
    period_s : seconds between the values
    peaks : `[values]` largest magnitude, 0 to 1
    rms : `[values]` root mean square
    loudness_lufs : `[values]` loudness of the three seconds around (short-term loudness)
    """

    period_s: float
    peaks: Points
    rms: Points
    loudness_lufs: Points

    @classmethod
    def of(cls, audio: Audio, period_s: float = 0.1, energies: Points | None = None) -> Envelope:
        """Measure a sound, but for the K-weighted `energies` of every period where they are known.

        Source: short-term loudness of EBU Tech 3341, over a window of 3 s, here centred.
        """
        hop = round(period_s * audio.sample_rate)
        count = max(1, audio.frames // hop)
        mono = np.abs(audio.samples[:, : count * hop]).max(axis=0)
        mono = np.pad(mono, (0, count * hop - len(mono))).reshape(count, hop)
        energies = (k_energies(audio.samples, audio.sample_rate, hop) if energies is None else energies)[:count]
        half = max(1, round(1.5 / period_s))
        sums = np.concatenate([[0.0], np.cumsum(energies)])
        first = np.maximum(np.arange(count) - half, 0)
        last = np.minimum(np.arange(count) + half, count)
        means = (sums[last] - sums[first]) / (last - first)
        lufs = OFFSET_LUFS + 10.0 * np.log10(np.maximum(means, 1e-12))
        squares = np.sqrt(np.mean(mono.astype(np.float64) ** 2, axis=1))
        return cls(hop / audio.sample_rate, mono.max(axis=1).astype(np.float64), squares, lufs)


@dataclass(frozen=True, slots=True)
class Times:
    """When notes, chords and the notes of further voices of a song begin and end, in seconds, in its order."""

    notes: tuple[tuple[float, float], ...]
    chords: tuple[tuple[float, float], ...]
    voices: tuple[tuple[tuple[float, float], ...], ...]

    @classmethod
    def of(cls, song: Song) -> Times:
        def spans(items: Sequence[Note] | Sequence[Chord]) -> tuple[tuple[float, float], ...]:
            edges = song.timeline.beats_to_seconds([(item.onset, item.end) for item in items])
            return tuple((float(start), float(end)) for start, end in edges.reshape(-1, 2))

        return cls(spans(song.notes), spans(song.chords), tuple(spans(voice.notes) for voice in song.voices))


def seconds_of_bar(song: Song, bar: int) -> float:
    """Return when a bar begins."""
    return song.timeline.seconds(float(bar * Meter.parse(song.plan.meter).beats_per_bar))


def draw_sections(canvas: Canvas, box: Box, song: Song, size: float = 12) -> None:
    """Draw a coloured block with its label for every section."""
    for section in song.plan.sections:
        start, end = seconds_of_bar(song, section.bar), seconds_of_bar(song, section.bar + section.bars)
        if not box.shows(start, end - 1e-6):
            continue
        left, right = box.x(max(start, box.start_s)), box.x(min(end, box.end_s))
        color = SECTION_COLORS.get(section.kind, LIGHT)
        canvas.boxes([(left, box.top, right - 1.5, box.bottom)], color, 0.75)
        fitting = fitting_size(section.label, (size, 0.85 * size), right - left - 8)
        label = shortened(section.label, fitting, right - left - 8, bold=True)
        canvas.text(left + 5, (box.top + box.bottom) / 2, label, fitting, BLACK, bold=True)


def draw_waveform(canvas: Canvas, box: Box, sound: Envelope) -> None:
    """Draw peaks, the body (RMS) and the short-term loudness."""
    times = (np.arange(len(sound.peaks)) + 0.5) * sound.period_s
    inside = (times >= box.start_s) & (times <= box.end_s)
    if inside.sum() < 2:
        return
    x, middle, half = box.xs(times[inside]), (box.top + box.bottom) / 2, box.height / 2
    for values, color in ((sound.peaks, LIGHT), (sound.rms, GREY)):
        reach = np.minimum(values[inside], 1.0) * half
        canvas.band(x, middle - reach, middle + reach, color)
    canvas.curve(x, loudness_y(sound.loudness_lufs[inside], box), VERMILLION, 1.8)


def loudness_y(lufs: Points, box: Box) -> Points:
    """Return where a loudness stands in a box."""
    share = (np.clip(lufs, QUIETEST_LUFS, LOUDEST_LUFS) - QUIETEST_LUFS) / (LOUDEST_LUFS - QUIETEST_LUFS)
    return np.asarray(box.bottom - share * box.height)


def draw_part(canvas: Canvas, box: Box, part: Part, song: Song, color: str, scale: PitchScale | None = None) -> None:
    """Draw a small piano roll of a part, over its own range unless a scale is given; a row for each drum."""
    if not part.notes:
        return
    onsets = song.timeline.beats_to_seconds([note.onset for note in part.notes])
    ends = song.timeline.beats_to_seconds([note.onset + note.duration for note in part.notes])
    pitches = np.asarray([note.pitch for note in part.notes])
    if part.is_drum:
        rows = {int(pitch): index for index, pitch in enumerate(np.unique(pitches))}
        steps, size = np.asarray([rows[int(pitch)] for pitch in pitches]), len(rows)
    else:
        low = pitches.min() if scale is None else round(scale.low)
        size = max(7, int(pitches.max() - low) + 1) if scale is None else round(scale.high - scale.low) + 1
        steps = pitches - low
    tall = box.height / size
    shapes: dict[bool, list[tuple[float, float, float, float]]] = {False: [], True: []}
    for onset, end, step, note in zip(onsets, ends, steps, part.notes, strict=True):
        if not box.shows(onset, end):
            continue
        left, bottom = box.x(max(onset, box.start_s)), box.bottom - step * tall
        right = box.x(min(end, box.end_s, onset + 0.12 if part.is_drum else end))
        top = bottom - max(1.2, tall * 0.85)
        shapes[note.velocity >= 80].append((left, top, max(left + 1.0, right - 0.6), bottom))
    for loud, alpha in ((False, 0.5), (True, 0.9)):
        canvas.boxes(shapes[loud], color, alpha)


def draw_notes(canvas: Canvas, box: Box, song: Song, times: Times, scale: PitchScale) -> None:
    """Draw the notes of the lead; slurred ones are lighter."""
    shapes: dict[bool, list[tuple[float, float, float, float]]] = {False: [], True: []}
    tall = min(9.0, max(2.0, box.height / (scale.high - scale.low) * 0.8))
    for note, (start, end) in zip(song.notes, times.notes, strict=True):
        if box.shows(start, end):
            left, right = box.x(max(start, box.start_s)), box.x(min(end, box.end_s))
            y = scale.y(note.pitch, box)
            shapes[note.slur].append((left, y - tall / 2, max(left + 1.5, right - 1.0), y + tall / 2))
    canvas.boxes(shapes[False], SKY)
    canvas.boxes(shapes[True], SKY, 0.55)


def draw_voices(canvas: Canvas, box: Box, song: Song, times: Times, scale: PitchScale) -> None:
    """Draw the notes of further voices, thinner than those of the lead."""
    rows: list[tuple[float, float, float, float]] = []
    for voice, spans in zip(song.voices, times.voices, strict=True):
        for note, (start, end) in zip(voice.notes, spans, strict=True):
            if box.shows(start, end):
                y = scale.y(note.pitch, box)
                left, right = box.x(max(start, box.start_s)), box.x(min(end, box.end_s))
                rows.append((left, y - 1.5, max(left + 1.5, right - 1.0), y + 1.5))
    canvas.boxes(rows, PURPLE, 0.9)


def draw_pitch(canvas: Canvas, box: Box, performance: Performance, scale: PitchScale) -> None:
    """Draw the intended pitch of the voice, where it sings."""
    period = performance.frame_period_s
    first, last = max(0, int(box.start_s / period)), int(box.end_s / period) + 1
    f0_hz = performance.f0_hz[first:last].astype(np.float64)
    if len(f0_hz) < 2 or not (f0_hz > 0).any():
        return
    pitch = np.where(f0_hz > 0, hz_to_midi(np.maximum(f0_hz, 1.0)), np.nan)
    pitch = np.where((pitch < scale.low) | (pitch > scale.high), np.nan, pitch)
    times = (first + np.arange(len(f0_hz))) * period
    step = max(1, round((box.end_s - box.start_s) / (box.right - box.left) / period))
    y = box.bottom - (pitch - scale.low) / (scale.high - scale.low) * box.height
    canvas.curve(box.xs(times)[::step], y[::step], VERMILLION, 1.5)


def draw_beats(canvas: Canvas, box: Box, song: Song) -> None:
    """Draw faint lines at the beats and darker ones at the bars."""
    bar = Meter.parse(song.plan.meter).beats_per_bar
    rows: dict[bool, list[tuple[float, float, float, float]]] = {False: [], True: []}
    for index, time in enumerate(song.timeline.beats):
        if box.start_s - 1e-6 <= time <= box.end_s + 1e-6:
            rows[index % bar == 0].append((box.x(time), box.top, box.x(time), box.bottom))
    canvas.lines(rows[False], FAINT, 1.0)
    canvas.lines(rows[True], LIGHT, 1.0)


def draw_clock(canvas: Canvas, box: Box, every_s: float | None = None, size: float = 11) -> None:
    """Write the time along a box of the height of a line."""
    span = box.end_s - box.start_s
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300)
    step = every_s or next((s for s in steps if span / s <= 14), 600)
    for k in range(int(np.ceil(box.start_s / step - 1e-9)), int(box.end_s // step) + 1):
        x = box.x(k * step)
        if box.left - 1 <= x <= box.right - 14:
            canvas.lines([(x, box.top, x, box.top + 4)], GREY)
            canvas.text(x + 3, (box.top + box.bottom) / 2 + 1, clock(k * step), size, GREY)


def clock(seconds: float) -> str:
    """Return minutes and seconds: `1:07`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def part_color(index: int) -> str:
    """Return the colour of the part of that index."""
    return PART_COLORS[index % len(PART_COLORS)]


def names_of_pitches(pitches: Sequence[int]) -> list[str]:
    """Return note names with their octaves: 60 is `C4`."""
    return [
        f"{['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'][pitch % 12]}{pitch // 12 - 1}"
        for pitch in pitches
    ]
