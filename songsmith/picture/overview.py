"""`overview.png`: a song at one look, 1600 pixels wide.

At the top the whole song: sections, waveform with loudness, every part. Below, system after system like a score:
chords, the notes of the voice with the pitch it is to sing, and the syllables under them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from songsmith.audio import Audio
from songsmith.export.spelling import chord_symbol
from songsmith.export.sungwords import Sung, sung_words
from songsmith.picture.canvas import (
    BLACK,
    BLUE,
    FAINT,
    GREY,
    PURPLE,
    SKY,
    VERMILLION,
    Canvas,
    fitting_size,
    shortened,
    text_width,
)
from songsmith.picture.strips import (
    Box,
    Envelope,
    PitchScale,
    Times,
    clock,
    draw_beats,
    draw_clock,
    draw_notes,
    draw_part,
    draw_pitch,
    draw_sections,
    draw_voices,
    draw_waveform,
    names_of_pitches,
    part_color,
    seconds_of_bar,
)
from songsmith.song import Song

WIDTH = 1600
LEFT, RIGHT = 86, 1584
HEADER, WAVE, LANE, ROLL, ROW, GAP = 84, 72, 24, 96, 17, 16
TEXT = 12.0
SHIFT_PX = 10.0
"""How far a syllable may stand to the right of its note to make room."""

SYLLABLE_PX = 32.0
"""Room that a system gives to a syllable on the average."""

SYSTEM_S = 24.0
LONGEST_SYSTEM_BARS = 16
MOST_SYSTEMS = 60
WIDEST_TRIADS = 26
"""Semitones in a roll up to which C, E and G are named at its side; above, C only."""

TEXT_ROWS = 3


@dataclass(frozen=True, slots=True)
class _Syllable:
    """A text, where it begins and how wide it is in pixels, and its row below the notes."""

    x: float
    text: str
    row: int


@dataclass(frozen=True, slots=True)
class _System:
    bar: int
    start_s: float
    end_s: float
    right: float
    sung: bool
    syllables: tuple[_Syllable, ...]

    @property
    def text_rows(self) -> int:
        return 1 + max((syllable.row for syllable in self.syllables), default=-1)

    @property
    def height(self) -> int:
        return 2 * ROW + 6 + (ROLL + 4 + self.text_rows * ROW if self.sung else 10) + GAP


def overview(song: Song, sound: Audio | None, envelope: Envelope | None = None) -> bytes:
    """Return the picture of a song as PNG.

    Parameters
    ----------
    song : the song
    sound : its mix, None where it has none
    envelope : of the mix, where it was measured already
    """
    end_s = max(song.timeline.beats[-1], sound.duration_s if sound else 0.0)
    times = Times.of(song)
    systems = _systems(song, times)
    parts = [part for part in song.parts if part.notes]
    top = HEADER + 20 + (WAVE if sound else 0) + LANE * len(parts) + ROW + GAP + 8
    canvas = Canvas(WIDTH, top + sum(system.height for system in systems) + 26)
    _header(canvas, song, end_s)

    y = float(HEADER)
    draw_sections(canvas, Box(LEFT, y, RIGHT, y + 20, 0.0, end_s), song)
    y += 22
    if sound is not None:
        canvas.text(LEFT - 8, y + 16, "waveform", 11, GREY, "right")
        canvas.text(LEFT - 8, y + 31, "loudness", 11, VERMILLION, "right")
        draw_waveform(canvas, Box(LEFT, y, RIGHT, y + WAVE - 6, 0.0, end_s), envelope or Envelope.of(sound))
        y += WAVE
    for index, part in enumerate(parts):
        canvas.boxes([(LEFT, y, RIGHT, y + LANE - 3)], FAINT, 0.5)
        canvas.text(LEFT - 8, y + LANE / 2, shortened(part.name, 11.5, LEFT - 12), 11.5, part_color(index), "right")
        draw_part(canvas, Box(LEFT, y + 1, RIGHT, y + LANE - 4, 0.0, end_s), part, song, part_color(index))
        y += LANE
    draw_clock(canvas, Box(LEFT, y, RIGHT, y + ROW, 0.0, end_s))

    y = float(top)
    played = [note.pitch for part in parts if not part.is_drum for note in part.notes]
    sung = [note.pitch for notes in (song.notes, *(voice.notes for voice in song.voices)) for note in notes]
    scale = PitchScale.around(sung or played)
    for system in systems:
        _draw_system(canvas, song, times, system, y, scale)
        y += system.height
    _legend(canvas, song, y + 6)
    return canvas.png()


def _header(canvas: Canvas, song: Song, end_s: float) -> None:
    brief = song.brief
    room = RIGHT - 16
    canvas.text(16, 24, shortened(song.title, 24, room * 0.6, bold=True), 24, BLACK, bold=True)
    facts = f"{brief.style} · {song.plan.tempo:g} BPM · {song.plan.key} · {song.plan.meter} · {clock(end_s)}"
    voice = "" if not song.notes else f" · voice {brief.voice}"
    canvas.text(RIGHT, 24, shortened(f"{facts}{voice} · seed {song.seed}", 14, room * 0.38), 14, BLACK, "right")
    canvas.text(16, 54, shortened(f"“{brief.prompt}”", 14, room), 14, GREY)


def _legend(canvas: Canvas, song: Song, y: float) -> None:
    if not song.notes:
        return
    canvas.boxes([(LEFT, y - 4, LEFT + 26, y + 4)], SKY)
    canvas.text(LEFT + 32, y, "note of the voice", 11, GREY)
    canvas.boxes([(LEFT + 160, y - 4, LEFT + 186, y + 4)], SKY, 0.55)
    canvas.text(LEFT + 192, y, "same syllable goes on", 11, GREY)
    canvas.lines([(LEFT + 345, y, LEFT + 371, y)], VERMILLION, 1.6)
    canvas.text(LEFT + 377, y, "pitch to be sung (top: short-term loudness, -40 to -6 LUFS)", 11, GREY)
    if song.voices:
        canvas.boxes([(LEFT + 790, y - 1.5, LEFT + 816, y + 1.5)], PURPLE, 0.9)
        canvas.text(LEFT + 822, y, "further voices", 11, GREY)


def _systems(song: Song, times: Times) -> list[_System]:
    """Cut the song into systems of whole bars, all of one length, in which syllables have room."""
    bars = song.plan.bars
    bar_s = max(0.05, seconds_of_bar(song, bars) / bars)
    onsets = [start for note, (start, _) in zip(song.notes, times.notes, strict=True) if not note.slur]
    gaps = sorted(b - a for a, b in pairwise(onsets) if b - a < 2.0)
    pace_s = gaps[len(gaps) // 2] if gaps else 0.5
    wanted_s = min(SYSTEM_S, max(8.0, (RIGHT - LEFT) / SYLLABLE_PX * pace_s))
    wanted_s = max(wanted_s, bars * bar_s / MOST_SYSTEMS)
    length = max(1, min(LONGEST_SYSTEM_BARS, round(wanted_s / bar_s)))
    length = next((n for n in (length, length - 1) if n > 2 and n % 2 == 0), length)
    length = max(length, -(-bars // MOST_SYSTEMS))
    words = sung_words(song.lyrics, song.notes)
    return [_system(song, times, words, bar, min(length, bars - bar), length) for bar in range(0, bars, length)]


def _system(song: Song, times: Times, words: Sequence[Sung], bar: int, bars: int, length: int) -> _System:
    start = seconds_of_bar(song, bar)
    full = seconds_of_bar(song, bar + length) - start
    end = seconds_of_bar(song, bar + bars)
    box = Box(LEFT, 0, LEFT + (RIGHT - LEFT) * (end - start) / full, 0, start, end)
    texts = [
        (box.x(onset), word.text.replace("~", "") + ("-" if word.syllabic in ("begin", "middle") else ""))
        for (onset, _), word in zip(times.notes, words, strict=True)
        if start - 1e-6 <= onset < end - 1e-6 and word.text
    ]
    there = not song.notes or any(box.shows(*span) for span in times.notes)
    return _System(bar, start, end, box.right, there, _rows(texts))


def _rows(texts: Sequence[tuple[float, str]]) -> tuple[_Syllable, ...]:
    """Give each syllable the first row in which it does not run into the one before; the last row takes the rest."""
    free = [0.0] * TEXT_ROWS
    placed: list[_Syllable] = []
    for x, text in texts:
        width = text_width(text, TEXT)
        row = next((k for k, edge in enumerate(free) if x + SHIFT_PX >= edge), None)
        if row is None:
            row = min(range(TEXT_ROWS), key=lambda k: free[k])
        left = min(max(x, free[row]), x + SHIFT_PX)
        free[row] = left + width + 4
        placed.append(_Syllable(left, text, row))
    return tuple(placed)


def _draw_system(canvas: Canvas, song: Song, times: Times, system: _System, y: float, scale: PitchScale) -> None:
    full = system.right
    box = Box(LEFT, y, full, y + ROW, system.start_s, system.end_s)
    draw_sections(canvas, box, song, 11.5)
    canvas.text(LEFT - 8, y + ROW / 2, clock(system.start_s), 12, BLACK, "right", bold=True)
    canvas.text(LEFT - 8, y + ROW * 1.5 + 3, f"bar {system.bar + 1}", 10, GREY, "right")
    y += ROW + 3
    bottom = y + ROW + (ROLL if system.sung else 8)
    draw_beats(canvas, Box(LEFT, y, full, bottom, system.start_s, system.end_s), song)
    _chords(canvas, Box(LEFT, y, full, y + ROW, system.start_s, system.end_s), song, times)
    y += ROW
    if not system.sung:
        return
    roll = Box(LEFT, y, full, y + ROLL, system.start_s, system.end_s)
    named = (0, 4, 7) if (scale.high - scale.low) < WIDEST_TRIADS else (0,)
    marked = [pitch for pitch in range(int(scale.low) + 1, int(scale.high) + 1) if pitch % 12 in named]
    canvas.lines([(LEFT, scale.y(p, roll), full, scale.y(p, roll)) for p in marked], FAINT)
    for pitch, name in zip(marked, names_of_pitches(marked), strict=True):
        canvas.text(LEFT - 8, scale.y(pitch, roll), name, 10, GREY, "right")
    if not song.notes:
        for index, part in enumerate(part for part in song.parts if part.notes):
            if not part.is_drum:
                draw_part(canvas, roll, part, song, part_color(index), scale)
        return
    draw_voices(canvas, roll, song, times, scale)
    draw_notes(canvas, roll, song, times, scale)
    draw_pitch(canvas, roll, song.performance, scale)
    y += ROLL + 4
    for syllable in system.syllables:
        middle = y + syllable.row * ROW + ROW / 2
        canvas.text(syllable.x, middle, syllable.text, TEXT, BLACK)


def _chords(canvas: Canvas, box: Box, song: Song, times: Times) -> None:
    """Write the chord symbols that change, each shortened to the room before the next."""
    shown = [
        (max(box.start_s, start), chord.symbol)
        for chord, (start, end) in zip(song.chords, times.chords, strict=True)
        if box.shows(start + 1e-6, end - 1e-6)
    ]
    changes = [row for index, row in enumerate(shown) if index == 0 or row[1] != shown[index - 1][1]]
    for index, (start, symbol) in enumerate(changes):
        following = changes[index + 1][0] if index + 1 < len(changes) else box.end_s
        parsed = chord_symbol(symbol)
        name = "N.C." if parsed is None else str(parsed).replace("b", "♭").replace("#", "♯")
        room = max(14.0, box.x(following) - box.x(start) - 4)
        size = fitting_size(name, (12.5, 11.0, 9.5), room)
        text = shortened(name, size, room, bold=True)
        canvas.text(box.x(start) + 3, (box.top + box.bottom) / 2, text, size, BLUE, bold=True)
