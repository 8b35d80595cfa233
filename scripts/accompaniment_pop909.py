"""POP909's piano arrangements as songs of parts: the left hand as bass, the right as harmony, the bridge as figure.

Source: Z. Wang et al., "POP909: a pop-song dataset for music arrangement generation", ISMIR 2020 (MIT licence).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pretty_midi
from accompaniment_songs import BEATS, LONGEST, QUALITY_NAMES, TICKS_PER_BEAT, RawSong, snap

from songsmith.theory import DEGREES, QUALITIES, pitch_class

LEFT_HAND = 48
"""Notes of the piano below this MIDI pitch are the left hand's."""

_NEAREST = {"sus4(b7)": "sus4", "min7": "min7"}


def songs_of(folder: Path, count: int) -> Iterator[RawSong]:
    """Yield the first songs in 4/4 of an unpacked POP909."""
    found = 0
    for path in sorted(folder.glob("[0-9]*/[0-9]*.mid")):
        song = _song(path) if found < count else None
        if song is not None:
            found += 1
            yield song


def _song(path: Path) -> RawSong | None:
    beats = np.loadtxt(path.with_name("beat_midi.txt"), ndmin=2)
    times = beats[:, 0]
    downbeats = np.flatnonzero(beats[:, 2] > 0.5)
    if len(downbeats) < 12 or np.median(np.diff(downbeats)) != 4:
        return None
    first = downbeats[0]
    bars = (len(times) - first) // 4
    whole = np.arange(first, first + bars * 4)
    midi = pretty_midi.PrettyMIDI(str(path))
    tracks = {track.name: track for track in midi.instruments}
    rows: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    for name in ("PIANO", "BRIDGE"):
        for note in tracks[name].notes if name in tracks else ():
            tick = snap((np.interp(note.start, times[whole], np.arange(len(whole)))) * TICKS_PER_BEAT)
            stop = np.interp(note.end, times[whole], np.arange(len(whole))) * TICKS_PER_BEAT
            if note.start < times[first] - 0.1 or tick >= bars * 48:
                continue
            part = 4 if name == "BRIDGE" else 1 if note.pitch < LEFT_HAND else 2
            length = int(min(LONGEST, max(1, round(stop - tick))))
            rows.setdefault((tick // 48, part, tick % 48, note.pitch), (length, note.velocity))
    notes = np.array([(*at, *rest) for at, rest in sorted(rows.items())], np.int16).reshape(-1, 6)
    chords = _chords(path.with_name("chord_midi.txt"), times[whole])
    if chords is None or len(notes) < bars * 3:
        return None
    key_line = path.with_name("key_audio.txt").read_text().split()
    tonic, _, mode = key_line[2].partition(":")
    tempo = round(60.0 / float(np.median(np.diff(times))), 1)
    flags = np.zeros(bars, int)
    flags[-1] = 2
    place = np.arange(bars) % 8
    left = np.minimum(8 - place, bars - np.arange(bars))
    kind = np.where(np.arange(bars) < 4, 0, np.where(np.arange(bars) >= bars - 4, 4, 1))
    table = np.stack([kind, np.arange(bars) // 8, place, left, flags, np.zeros(bars, int)], axis=1)
    slow = tempo < 84
    return RawSong(
        "pop909", f"pop909/{path.parent.name}", path.stem, "4/4", tempo, (pitch_class(tonic), mode == "min"),
        {"bass": 0, "harmony": 0, "figure": 0},
        ("piano ballad" if slow else "piano pop", "Chinese pop song, piano arrangement"), ("Piano",),
        chords, table.astype(np.int16), notes, ("ballad", "pop") if slow else ("pop", "ballad"),
    )  # fmt: skip


def _chords(path: Path, times: np.ndarray) -> np.ndarray | None:
    """Return root, bass and quality of each beat of each bar; None where a line cannot be read."""
    found = np.full((len(times), 3), -1, np.int8)
    for line in path.read_text().splitlines():
        start, end, symbol = line.split()
        here = (times > float(start) - 0.05) & (times < float(end) - 0.05)
        if symbol == "N":
            continue
        match = re.fullmatch(r"([A-G][#b]?)(?::([^/]+))?(?:/(.+))?", symbol)
        if match is None:
            return None
        quality = _NEAREST.get(match[2] or "maj", match[2] or "maj")
        if quality not in QUALITIES:
            return None
        root = pitch_class(match[1])
        bass = (root + DEGREES.get(match[3] or "1", 0)) % 12
        found[here] = (root, bass, QUALITY_NAMES.index(quality))
    return found.reshape(-1, BEATS, 3)
