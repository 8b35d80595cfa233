"""Several songs under each other on one time axis, 1600 pixels wide: what differs is seen where it happens.

For each song: sections, waveform with loudness, melody, and the spectrum over time; at the right the mean spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.compare import Compared
from songsmith.picture.canvas import BLACK, BLUE, FAINT, GREY, LIGHT, Canvas, Points, shortened
from songsmith.picture.strips import (
    Box,
    Envelope,
    PitchScale,
    Times,
    clock,
    draw_clock,
    draw_notes,
    draw_pitch,
    draw_sections,
    draw_waveform,
    names_of_pitches,
)

WIDTH = 1600
LEFT, STRIP_RIGHT, SIDE_LEFT, RIGHT = 100, 1330, 1376, 1584
TITLE, SECTION, WAVE, MELODY, SPECTRUM, GAP = 46, 20, 58, 64, 64, 20
LOW_HZ, HIGH_HZ = 50.0, 16000.0
BANDS = 64
FLOOR_DB = 70.0
COLUMNS = 615
WINDOW = 4096


def comparison(songs: Sequence[Compared]) -> bytes:
    """Return the picture of songs as PNG, the songs in the order given."""
    end_s = max(max(c.song.timeline.beats[-1], c.sound.duration_s if c.sound else 0.0) for c in songs)
    heights = [TITLE + SECTION + MELODY + (WAVE + SPECTRUM + 8 if c.sound else 4) + GAP for c in songs]
    canvas = Canvas(WIDTH, 40 + sum(heights) + 26)
    canvas.text(16, 22, f"{len(songs)} songs on one time axis", 18, BLACK, bold=True)
    canvas.text(SIDE_LEFT, 22, "mean spectrum", 12, GREY)
    scale = PitchScale.around([note.pitch for item in songs for note in item.song.notes])
    y = 40.0
    for item, height in zip(songs, heights, strict=True):
        _draw_song(canvas, item, y, scale, end_s)
        y += height
    draw_clock(canvas, Box(LEFT, y - 8, STRIP_RIGHT, y + 10, 0.0, end_s))
    return canvas.png()


def _draw_song(canvas: Canvas, item: Compared, y: float, scale: PitchScale, end_s: float) -> None:
    song = item.song
    top = y
    canvas.lines([(16, y, RIGHT, y)], LIGHT)
    canvas.text(16, y + 15, shortened(f"{item.name}: {song.title}", 15, 700, bold=True), 15, BLACK, bold=True)
    length_s = item.sound.duration_s if item.sound else song.timeline.beats[-1]
    facts = f"{song.brief.style} · {song.plan.tempo:g} BPM · {song.plan.key} · {song.plan.meter} · {clock(length_s)}"
    canvas.text(STRIP_RIGHT, y + 15, f"{facts} · seed {song.seed}", 12.5, BLACK, "right")
    canvas.text(16, y + 34, shortened(f"“{song.brief.prompt}”", 12.5, STRIP_RIGHT - 16), 12.5, GREY)
    y += TITLE
    draw_sections(canvas, Box(LEFT, y, STRIP_RIGHT, y + SECTION - 2, 0.0, end_s), song, 11.5)
    y += SECTION
    if item.sound is not None:
        canvas.text(LEFT - 8, y + WAVE / 2 - 8, "waveform", 11, GREY, "right")
        canvas.text(LEFT - 8, y + WAVE / 2 + 7, "loudness", 11, "#D55E00", "right")
        draw_waveform(canvas, Box(LEFT, y, STRIP_RIGHT, y + WAVE - 4, 0.0, end_s), Envelope.of(item.sound))
        y += WAVE
    roll = Box(LEFT, y, STRIP_RIGHT, y + MELODY - 4, 0.0, end_s)
    canvas.boxes([(roll.left, roll.top, roll.right, roll.bottom)], FAINT, 0.4)
    marked = [pitch for pitch in range(int(scale.low) + 1, int(scale.high) + 1) if pitch % 12 == 0]
    canvas.lines([(LEFT, scale.y(p, roll), STRIP_RIGHT, scale.y(p, roll)) for p in marked], LIGHT)
    for pitch, name in zip(marked, names_of_pitches(marked), strict=True):
        canvas.text(LEFT - 8, scale.y(pitch, roll), name, 10, GREY, "right")
    canvas.text(16, (roll.top + roll.bottom) / 2, "melody", 11, GREY)
    draw_notes(canvas, roll, song, Times.of(song), scale)
    draw_pitch(canvas, roll, song.performance, scale)
    y += MELODY
    if item.sound is not None:
        canvas.text(LEFT - 8, y + SPECTRUM / 2, "spectrum", 11, GREY, "right")
        for share, name in ((0.06, "16k"), (0.94, "50 Hz")):
            canvas.text(STRIP_RIGHT + 4, y + SPECTRUM * share, name, 9.5, GREY)
        shown = Box(LEFT, y, STRIP_RIGHT, y + SPECTRUM, 0.0, end_s)
        _draw_spectrum(canvas, item.sound, shown, top + TITLE)


def _power(sound: Audio, starts: npt.NDArray[np.intp]) -> Points:
    """Return the power in each band in windows that begin at some frames: `[bands, windows]`."""
    mono = sound.samples.mean(axis=0)
    mono = np.pad(mono, (0, max(0, WINDOW - len(mono))))
    shape = np.hanning(WINDOW).astype(np.float32)
    edges = np.geomspace(LOW_HZ, HIGH_HZ, BANDS + 1)
    bins = np.searchsorted(np.fft.rfftfreq(WINDOW, 1.0 / sound.sample_rate), edges)
    pieces = []
    for first in range(0, len(starts), 256):
        frames = np.stack([mono[start : start + WINDOW] for start in starts[first : first + 256]])
        power = np.abs(np.fft.rfft(frames * shape, axis=1)) ** 2
        last = power.shape[1] - 1
        pieces.append(np.stack([power[:, min(a, last) : max(a + 1, b)].mean(axis=1) for a, b in pairwise(bins)]))
    return np.concatenate(pieces, axis=1)


def _shares(power: Points) -> Points:
    """Return powers as 0 (70 dB below the loudest, or less) to 1; all 0 where there is nothing."""
    level_db = 10.0 * np.log10(power + 1e-12)
    loudest = max(float(level_db.max()), -100.0)
    return np.asarray(np.clip((level_db - loudest) / FLOOR_DB + 1.0, 0.0, 1.0))


def _draw_spectrum(canvas: Canvas, sound: Audio, shown: Box, top: float) -> None:
    """Draw the spectrum over time, and its mean at the right, 50 Hz to 16 kHz on a logarithmic scale."""
    starts = np.linspace(0, max(0, sound.frames - WINDOW), COLUMNS).astype(int)
    power = _power(sound, starts)
    canvas.image(_shares(power)[::-1], shown.left, shown.top, shown.x(sound.duration_s), shown.bottom)
    share = _shares(power.mean(axis=1))
    bottom = shown.bottom
    x = np.linspace(SIDE_LEFT, RIGHT, BANDS)
    for hz, name in ((100.0, "100"), (1000.0, "1k"), (10000.0, "10k")):
        at = SIDE_LEFT + np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ) * (RIGHT - SIDE_LEFT)
        canvas.lines([(at, top, at, bottom)], FAINT)
        canvas.text(at, bottom + 9, name, 9.5, GREY, "center")
    canvas.band(x, bottom - share * (bottom - top), np.full(BANDS, bottom), BLUE, 0.25)
    canvas.curve(x, bottom - share * (bottom - top), BLUE, 1.6)
