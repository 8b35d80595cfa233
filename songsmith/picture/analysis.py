"""The analysis of a recording as one page, 1600 pixels wide: the whole at the top, then its bars with their chords.

At the top: sections, waveform with loudness, where somebody sings, the tempo beat by beat. Below, rows of bars: beats
and chords, the melody of the voice where it is known.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from songsmith.analysis import Analysis
from songsmith.audio import Audio
from songsmith.picture.canvas import BLACK, BLUE, FAINT, GREY, LIGHT, VERMILLION, WHITE, Canvas, shortened, text_width
from songsmith.picture.strips import (
    SECTION_COLORS,
    Box,
    Envelope,
    PitchScale,
    clock,
    draw_clock,
    draw_waveform,
    names_of_pitches,
)
from songsmith.theory import Key

WIDTH, LEFT, RIGHT = 1600, 100, 1584
HEAD, SECTION, WAVE, VOICE, TEMPO, CLOCK = 74, 26, 90, 22, 64, 24
CHORDS, MELODY, ROW_GAP = 34, 70, 14
ROW_BARS = (8, 12, 16, 24, 32)
MOST_ROWS = 14
TEMPO_ROOM = 0.08
"""The tempo curve shows at least this share around the median."""


def picture_of(found: Analysis, sound: Audio, title: str) -> bytes:
    """Return the picture of an analysis as PNG."""
    bars = found.bar_times
    per_row = next((n for n in ROW_BARS if len(bars) <= n * MOST_ROWS), 64)
    rows = [bars[i : i + per_row + 1] for i in range(0, max(1, len(bars) - 1), per_row)]
    melody = MELODY if found.melody else 0
    top = HEAD + SECTION + WAVE + VOICE + TEMPO + CLOCK + 16
    canvas = Canvas(WIDTH, top + len(rows) * (CHORDS + melody + ROW_GAP) + 20)
    _head(canvas, found, title)
    _whole(canvas, found, sound)
    y = float(top)
    scale = PitchScale.around([note.pitch for note in found.melody])
    for number, row in enumerate(rows):
        _row(canvas, found, row, number * per_row, y, scale, bars[1] - bars[0] if len(bars) > 1 else 1.0, per_row)
        y += CHORDS + melody + ROW_GAP
    return canvas.png()


def _head(canvas: Canvas, found: Analysis, title: str) -> None:
    canvas.text(16, 24, shortened(title, 20, 1000, bold=True), 20, BLACK, bold=True)
    sure = found.confidence
    facts = (
        f"{found.tempo:.1f} BPM · {found.meter} · {Key.parse(found.key)} · {clock(found.duration_s)} · "
        f"{found.integrated_lufs:.1f} LUFS"
    )
    canvas.text(16, 52, facts, 15, BLACK)
    canvas.text(
        RIGHT,
        52,
        f"confidence: beats {sure.beats:.2f}, bars {sure.downbeats:.2f}, meter {sure.meter:.2f}, "
        f"key {sure.key:.2f}, chords {sure.chords:.2f}",
        12,
        GREY,
        "right",
    )


def _whole(canvas: Canvas, found: Analysis, sound: Audio) -> None:
    """Draw the strips of the whole recording."""
    end = found.duration_s
    y = float(HEAD)
    bars = found.bar_times
    box = Box(LEFT, y, RIGHT, y + SECTION - 4, 0.0, end)
    canvas.text(LEFT - 8, y + 11, "sections", 11, GREY, "right")
    for section in found.sections:
        a, b = bars[section.bar], bars[section.bar + section.bars]
        canvas.boxes([(box.x(a), box.top, box.x(b) - 1, box.bottom)], SECTION_COLORS.get(section.kind, LIGHT), 0.75)
        text = f"{section.label} {section.kind}"
        if text_width(text, 11.5, bold=True) > box.x(b) - box.x(a) - 8:
            text = section.label
        canvas.text(box.x(a) + 4, (box.top + box.bottom) / 2, text, 11.5, BLACK, bold=True)
    y += SECTION
    canvas.text(LEFT - 8, y + WAVE / 2 - 8, "waveform", 11, GREY, "right")
    canvas.text(LEFT - 8, y + WAVE / 2 + 7, "loudness", 11, VERMILLION, "right")
    wave = Box(LEFT, y, RIGHT, y + WAVE - 6, 0.0, end)
    canvas.lines([(wave.x(t), wave.top, wave.x(t), wave.bottom) for t in bars[::4]], LIGHT)
    draw_waveform(canvas, wave, Envelope.of(sound))
    y += WAVE
    voice = Box(LEFT, y, RIGHT, y + VOICE - 8, 0.0, end)
    canvas.text(LEFT - 8, (voice.top + voice.bottom) / 2, "voice", 11, GREY, "right")
    canvas.boxes([(voice.left, voice.top, voice.right, voice.bottom)], FAINT)
    canvas.boxes([(voice.x(a), voice.top, voice.x(b), voice.bottom) for a, b in found.voice], BLUE)
    y += VOICE
    _tempo(canvas, found, Box(LEFT, y, RIGHT, y + TEMPO - 8, 0.0, end))
    y += TEMPO
    draw_clock(canvas, Box(LEFT, y - 4, RIGHT, y + CLOCK - 8, 0.0, end))


def _tempo(canvas: Canvas, found: Analysis, box: Box) -> None:
    """Draw the tempo, evened over four beats."""
    beats = np.asarray(found.timeline.beats)
    span = min(4, len(beats) - 1)
    tempi = 60.0 * span / (beats[span:] - beats[:-span])
    times = (beats[span:] + beats[:-span]) / 2
    room = max(TEMPO_ROOM, float(np.abs(tempi / found.tempo - 1.0).max()) * 1.1)
    low, high = found.tempo * (1 - room), found.tempo * (1 + room)
    canvas.boxes([(box.left, box.top, box.right, box.bottom)], FAINT, 0.5)
    middle = (box.top + box.bottom) / 2
    canvas.lines([(box.left, middle, box.right, middle)], LIGHT)
    canvas.curve(box.xs(times), box.bottom - (tempi - low) / (high - low) * box.height, BLUE, 1.4)
    canvas.text(LEFT - 8, box.top + 6, f"{high:.0f}", 10, GREY, "right")
    canvas.text(LEFT - 8, middle, "BPM", 11, GREY, "right")
    canvas.text(LEFT - 8, box.bottom - 6, f"{low:.0f}", 10, GREY, "right")


def _row(
    canvas: Canvas,
    found: Analysis,
    bars: np.ndarray[tuple[int], np.dtype[np.float64]],
    first: int,
    y: float,
    scale: PitchScale,
    bar_s: float,
    per_row: int,
) -> None:
    """Draw some bars: their beats, chords and melody."""
    if len(bars) < 2:
        return
    full = bars[0] + (bars[-1] - bars[0]) * per_row / (len(bars) - 1)
    box = Box(LEFT, y, RIGHT, y + CHORDS - 4, float(bars[0]), float(full))
    end = float(bars[-1])
    canvas.text(LEFT - 8, y + 9, f"bar {first + 1}", 11, BLACK, "right")
    canvas.text(LEFT - 8, y + 23, clock(float(bars[0])), 10, GREY, "right")
    edges = found.timeline.beats_to_seconds([(c.onset, c.end) for c in found.chords])
    canvas.boxes([(box.x(float(bars[0])), box.top, box.x(end), box.bottom)], FAINT, 0.6)
    beats = [t for t in found.timeline.beats if bars[0] - 1e-6 <= t <= end + 1e-6]
    canvas.lines([(box.x(t), box.bottom - 6, box.x(t), box.bottom) for t in beats], GREY)
    canvas.lines([(box.x(float(t)), box.top, box.x(float(t)), box.bottom) for t in bars], GREY, 1.4)
    for (a, b), chord in zip(edges, found.chords, strict=True):
        start, stop = max(float(a), box.start_s), min(float(b), end)
        if stop - start < 0.05:
            continue
        x = box.x(start)
        canvas.lines([(x, box.top + 4, x, box.bottom - 8)], LIGHT)
        for size in (13.0, 11.0, 9.0, 7.5):
            if text_width(chord.symbol, size, bold=True) <= box.x(stop) - x - 3:
                canvas.text(x + 3, box.top + 12, chord.symbol, size, BLACK, bold=True)
                break
    if not found.melody:
        return
    roll = Box(LEFT, y + CHORDS, RIGHT, y + CHORDS + MELODY - 4, box.start_s, box.end_s)
    canvas.boxes([(roll.left, roll.top, roll.x(end), roll.bottom)], FAINT, 0.4)
    marked = [p for p in range(int(scale.low) + 1, int(scale.high) + 1) if p % 12 == 0]
    canvas.lines([(roll.left, scale.y(p, roll), roll.x(end), scale.y(p, roll)) for p in marked], WHITE, 1.5)
    for pitch, name in zip(marked, names_of_pitches(marked), strict=True):
        canvas.text(LEFT - 8, scale.y(pitch, roll), name, 10, GREY, "right")
    notes = [n for n in found.melody if roll.shows(n.start_s, n.end_s) and n.start_s < end]
    canvas.boxes(
        [
            (
                roll.x(max(n.start_s, roll.start_s)),
                scale.y(n.pitch + 0.45, roll),
                roll.x(min(n.end_s, end)) - 1,
                scale.y(n.pitch - 0.45, roll),
            )
            for n in notes
        ],
        BLUE,
    )
    canvas.lines([(roll.x(float(t)), roll.top, roll.x(float(t)), roll.bottom) for a, t in pairwise(bars)], LIGHT)
