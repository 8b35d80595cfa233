"""Multi-track MIDI files of anybody's as songs to learn accompaniments from.

Who plays what is told by channels, programs, names of tracks and how they play; chords are the ones that fit best to
what sounds in each half bar. A file that cannot be used is told with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
from accompaniment_songs import LONGEST, PARTS, QUALITY_NAMES, TICKS_PER_BEAT, RawSong, snap
from numpy.typing import NDArray

from songsmith.keyfinding import estimate_key
from songsmith.theory import QUALITIES, SHARP_NAMES

LARGEST_FILE = 4_000_000
LARGEST_FOLDER = 5_000
FEWEST_BARS, MOST_BARS = 8, 1_000
SECTION_BARS = 8
METERS = {(4, 4): "4/4", (2, 2): "4/4", (3, 4): "3/4", (6, 8): "6/8"}
TUNES = re.compile(r"melod|vocal|voice|sing|solo|lead vox|lyric|karaoke", re.IGNORECASE)
BASSES, PADS = range(32, 40), (*range(48, 55), *range(88, 96))
CHORDS = ("maj", "min", "7", "maj7", "min7", "dim", "sus4", "maj6")
OUTSIDE, SEVENTH = 0.7, 0.12
"""What a note outside a chord counts against it, and what a chord of four notes has to make up for."""


class UnusableError(Exception):
    """Why a file cannot be learned from."""


@dataclass(slots=True)
class Voice:
    """A channel of a track: its name, program and notes (onset and end in ticks of a beat, pitch, velocity)."""

    name: str
    program: int
    is_drum: bool
    notes: list[tuple[float, float, int, int]] = field(default_factory=list)


def read_folder(folder: Path) -> tuple[list[RawSong], list[str]]:
    """Return the songs of the MIDI files of a folder and of those in it, and a report of what was usable."""
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not a folder: give one with MIDI files")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi") and path.is_file())
    if not paths:
        raise SystemExit(f"there are no MIDI files (.mid, .midi) in {folder}")
    if len(paths) > LARGEST_FOLDER:
        raise SystemExit(f"{len(paths)} MIDI files are too many: use {LARGEST_FOLDER} at most")
    songs, lines, seen = [], [], set()
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            song, left_out = read_file(path, folder)
            if song.notes.tobytes() in seen:
                raise UnusableError("it is the same as another file")
            seen.add(song.notes.tobytes())
        except UnusableError as err:
            lines.append(f"not used  {name}: {err}")
            continue
        songs.append(song)
        parts = ", ".join(song.programs)
        rest = f"; left out: {', '.join(left_out)}" if left_out else ""
        key = f"{SHARP_NAMES[song.key[0]]} {'minor' if song.key[1] else 'major'}"
        lines.append(
            f"used      {name}: {len(song.bars)} bars of {song.meter}, {song.tempo:g} BPM, {key}, "
            f"{chord_share(song):.0%} of the notes in the chords found; {parts}{rest}"
        )
    bars = sum(len(song.bars) for song in songs)
    lines.append(f"{len(songs)} of {len(paths)} files can be used: {bars} bars")
    return songs, lines


def read_file(path: Path, folder: Path) -> tuple[RawSong, list[str]]:
    """Return the song of a file and the names of the tracks that were left out; raise UnusableError."""
    if path.stat().st_size > LARGEST_FILE:
        raise UnusableError(f"it has {path.stat().st_size} bytes, more than {LARGEST_FILE}")
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, IndexError, KeyError) as err:
        raise UnusableError(f"it cannot be read as MIDI ({err or type(err).__name__})") from err
    if file.ticks_per_beat <= 0:
        raise UnusableError("it counts frames, not beats")
    voices, meters, tempi = events(file)
    if len(meters) > 1:
        raise UnusableError(f"its meter changes ({', '.join(f'{a}/{b}' for a, b in meters)})")
    counted = next(iter(meters), (4, 4))
    if counted not in METERS:
        raise UnusableError(f"its meter is {counted[0]}/{counted[1]}: 4/4, 3/4 and 6/8 are known")
    meter = METERS[counted]
    beats = 4 if meter == "4/4" else 3
    chosen, left_out = roles(voices)
    if not chosen:
        raise UnusableError("no track of it plays an accompaniment")
    rows = [
        (*divmod(snap(start), beats * TICKS_PER_BEAT), PARTS.index(part), pitch, length(start, end), velocity)
        for part, voice in chosen.items()
        for start, end, pitch, velocity in voice.notes
    ]
    table = np.array(sorted({(bar, part, tick, pitch): (bar, part, tick, pitch, ticks, strength)
                             for bar, tick, part, pitch, ticks, strength in rows}.values()), np.int64)  # fmt: skip
    table[:, 0] -= table[0, 0]
    bars = int(table[-1, 0]) + 1
    if bars < FEWEST_BARS:
        raise UnusableError(f"it has {bars} bars, fewer than {FEWEST_BARS}")
    if bars > MOST_BARS:
        raise UnusableError(f"it has {bars} bars, more than {MOST_BARS}")
    weights = chroma(table, bars, beats)
    if not weights.any():
        raise UnusableError("nothing but drums plays in it")
    found = estimate_key(weights.sum((0, 1)))
    key = (0, False) if found is None else (found.tonic, found.is_minor)
    words = tuple(
        dict.fromkeys(w for w in re.split(r"[^a-z]+", str(path.relative_to(folder)).lower()[:-4]) if len(w) > 1)
    )
    return RawSong(
        "user", f"user/{path.stem}", path.stem, meter, float(round(tempi)), key,
        {part: 0 if part == "drums" and voice.program > 127 else voice.program for part, voice in chosen.items()},
        (" ".join(words),) if words else ("song",), (path.stem,), chords(weights, table, beats),
        sections(bars), table.astype(np.int16),
    ), left_out  # fmt: skip


def events(file: mido.MidiFile) -> tuple[list[Voice], dict[tuple[int, int], None], float]:
    """Return the voices of a file, its meters in order, and its tempo where most is played."""
    voices: dict[tuple[int, int], Voice] = {}
    meters: dict[tuple[int, int], None] = {}
    tempi: list[tuple[int, float]] = []
    last = 0
    unit = TICKS_PER_BEAT / file.ticks_per_beat
    for number, track in enumerate(file.tracks):
        now, programs, open_notes = 0, defaultdict(int), defaultdict(list)
        for message in track:
            now += message.time
            if message.type == "time_signature":
                meters[message.numerator, message.denominator] = None
            elif message.type == "set_tempo" and message.tempo > 0:
                tempi.append((now, 60_000_000 / message.tempo))
            elif message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type in ("note_on", "note_off"):
                key = (message.channel, message.note)
                if open_notes[key] and (message.type == "note_off" or message.velocity == 0):
                    start, velocity = open_notes[key].pop(0)
                    drum = message.channel == 9
                    voice = voices.setdefault(
                        (number, message.channel), Voice(track.name, programs[message.channel], drum)
                    )
                    voice.notes.append((start * unit, max(now, start + 1) * unit, message.note, velocity))
                elif message.type == "note_on" and message.velocity > 0:
                    open_notes[key].append((now, message.velocity))
        last = max(last, now)
    tempi.sort()
    spans = [(after - at, tempo) for (at, tempo), (after, _) in zip(tempi, [*tempi[1:], (last, 0.0)], strict=True)]
    tempo = max(spans)[1] if spans else 120.0
    return list(voices.values()), meters, min(240.0, max(30.0, tempo))


def roles(voices: list[Voice]) -> tuple[dict[str, Voice], list[str]]:
    """Return who plays each part, and the names of those who play none: the tune, and a second player of a part."""
    chosen: dict[str, Voice] = {}
    left_out: list[str] = []
    drums = [voice for voice in voices if voice.is_drum and voice.notes]
    if drums:
        chosen["drums"] = Voice("drums", drums[0].program, True, [note for voice in drums for note in voice.notes])
    pitched = sorted((v for v in voices if not v.is_drum and v.notes), key=lambda v: (-len(v.notes), v.name))
    for voice in pitched:
        part = None if TUNES.search(voice.name) else role(voice)
        if part is None or part in chosen:
            left_out.append(voice.name.strip()[:40] or f"program {voice.program}")
        else:
            chosen[part] = voice
    return {part: chosen[part] for part in PARTS if part in chosen}, left_out


def role(voice: Voice) -> str:
    """Return the part that a voice plays as."""
    starts, ends, pitches = (np.array(column, float) for column in list(zip(*voice.notes, strict=True))[:3])
    together = len(starts) / len(np.unique(np.round(starts)))
    if voice.program in BASSES or (np.median(pitches) < 48 and together < 1.3):
        return "bass"
    if float(np.median(ends - starts)) >= 1.75 * TICKS_PER_BEAT and (voice.program in PADS or together >= 1.8):
        return "pad"
    return "harmony" if together >= 1.5 else "figure"


def length(start: float, end: float) -> int:
    """Return the ticks that a note lasts."""
    return max(1, min(LONGEST, round(end - start)))


def chroma(notes: NDArray[np.int64], bars: int, beats: int) -> NDArray[np.float64]:
    """Return how long each pitch class sounds in each beat, the bass twice, [bars, beats, 12]."""
    found = np.zeros((bars * beats, 12))
    for bar, part, tick, pitch, ticks, _ in notes.tolist():
        if part == 0:
            continue
        start = bar * beats * TICKS_PER_BEAT + tick
        for beat in range(start // TICKS_PER_BEAT, min(bars * beats, (start + ticks - 1) // TICKS_PER_BEAT + 1)):
            inside = min(start + ticks, (beat + 1) * TICKS_PER_BEAT) - max(start, beat * TICKS_PER_BEAT)
            found[beat, pitch % 12] += inside * (2.0 if PARTS[part] == "bass" else 1.0)
    return found.reshape(bars, beats, 12)


def chords(weights: NDArray[np.float64], notes: NDArray[np.int64], beats: int) -> NDArray[np.int8]:
    """Return the chord of each beat, [bars, 4, 3], one to each half bar of 4/4 and to each bar of 3/4 and 6/8."""
    bars = len(weights)
    found = np.full((bars, 4, 3), -1, np.int8)
    found[..., :2] = 0
    lows = {(bar, tick // TICKS_PER_BEAT): pitch for bar, part, tick, pitch, *_ in notes[::-1].tolist() if part == 1}
    templates = np.zeros((12, len(CHORDS), 12))
    for root in range(12):
        for number, name in enumerate(CHORDS):
            templates[root, number, [(root + step) % 12 for step in QUALITIES[name]]] = 1.0
    size = templates.sum(2)
    now = (0, 0, -1)
    for bar in range(bars):
        for first, last in ((0, 2), (2, 4)) if beats == 4 else ((0, 3),):
            heard = weights[bar, first:last].sum(0)
            if heard.any():
                share = heard / heard.sum()
                inside = templates @ share
                fit = inside - OUTSIDE * (1.0 - inside) - SEVENTH * (size - 3)
                low = next((lows[bar, beat] for beat in range(first, last) if (bar, beat) in lows), None)
                if low is not None:
                    fit[low % 12] += 0.15
                root, quality = np.unravel_index(int(fit.argmax()), fit.shape)
                bass = int(root)
                if low is not None and templates[root, quality, low % 12]:
                    bass = low % 12
                now = (int(root), bass, QUALITY_NAMES.index(CHORDS[quality]))
            found[bar, first : 4 if last == beats else last] = now
    return found


def chord_share(song: RawSong) -> float:
    """Return the share of pitched notes that are in the chord found for their beat."""
    inside = total = 0
    for bar, part, tick, pitch, _, _ in song.notes.tolist():
        root, bass, quality = song.chords[bar, min(3, tick // TICKS_PER_BEAT)].tolist()
        if part and quality >= 0:
            tones = {(root + step) % 12 for step in QUALITIES[QUALITY_NAMES[quality]]} | {bass}
            inside, total = inside + (pitch % 12 in tones), total + 1
    return inside / max(1, total)


def sections(bars: int) -> NDArray[np.int16]:
    """Return bars as sections of eight, as `RawSong` has them: verses, the last bar an ending."""
    number = np.arange(bars) // SECTION_BARS
    place = np.arange(bars) % SECTION_BARS
    left = np.minimum(SECTION_BARS, bars - number * SECTION_BARS) - place
    flags = np.where(np.arange(bars) == bars - 1, 2, 0)
    return np.stack([np.ones(bars), number, place, left, flags, np.zeros(bars)], axis=1).astype(np.int16)
