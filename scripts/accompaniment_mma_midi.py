"""The MIDI files that MMA writes as the notes of parts: its tracks say who they are by their names."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
from accompaniment_songs import LONGEST, PARTS, snap

_HELD_PROGRAMS = frozenset((*range(16, 24), *range(40, 56), *range(88, 104)))


def read_midi(path: Path, scale: float, bar_ticks: int, bars: int) -> tuple[np.ndarray, dict[str, int]]:
    """Return the notes of a file of MMA's as rows of `RawSong.notes`, and who plays which part."""
    tracks = []
    for track in mido.MidiFile(path).tracks[1:]:
        notes, program, drum = _track(track, scale)
        if notes:
            tracks.append((track.name, np.array(notes), program, drum))
    chosen = assign(tracks)
    rows: dict[tuple[int, int, int], tuple[int, int]] = {}
    programs = {}
    for part, (notes, program) in chosen.items():
        programs[part] = program
        for tick, pitch, length, velocity in notes:
            if 0 <= tick < bars * bar_ticks:
                at = (int(tick), PARTS.index(part), int(pitch))
                rows[at] = max(rows.get(at, (0, 0)), (int(min(length, LONGEST)), int(velocity)))
    table = [(t // bar_ticks, part, t % bar_ticks, pitch, *rest) for (t, part, pitch), rest in sorted(rows.items())]
    return np.array(table, np.int16).reshape(-1, 6), programs


def _track(track: mido.MidiTrack, scale: float) -> tuple[list[tuple[int, int, int, int]], int, bool]:
    """Return ticks, pitches, lengths and velocities of a track, notes of one stroke together; its program."""
    now, program, drum = 0, 0, False
    sounding: dict[int, tuple[int, int]] = {}
    raw = []
    for message in track:
        now += message.time
        if message.type == "program_change":
            program, drum = message.program, message.channel == 9
        elif message.type == "note_on" and message.velocity:
            sounding.setdefault(message.note, (now, message.velocity))
        elif message.type in ("note_off", "note_on") and message.note in sounding:
            start, velocity = sounding.pop(message.note)
            raw.append((start, message.note, now - start, velocity))
    raw.sort()
    notes, first, last = [], -(10**9), -(10**9)
    for start, pitch, length, velocity in raw:
        if start - last > 9 or start - first > 45:  # notes of a strum follow each other within a few ticks
            first = start
        last = start
        notes.append((snap(first / scale), pitch, max(1, round(length / scale)), velocity))
    return notes, program, drum


def assign(tracks: list) -> dict[str, tuple[np.ndarray, int]]:
    """Return the notes and the program of each part.

    Drums and bass by name; of the others the one that holds its notes longest may be the pad, one that plays single
    notes the figure, the busiest of the rest the harmony.
    """
    found: dict[str, tuple[np.ndarray, int]] = {}
    others = []
    for name, notes, program, drum in tracks:
        if drum or name.upper().startswith("DRUM"):
            found["drums"] = (np.concatenate([found["drums"][0], notes]) if "drums" in found else notes,
                              program if program in (8, 16, 24, 25, 32, 40) else 0)  # fmt: skip
        elif name.upper().startswith(("BASS", "WALK")) and notes[:, 1].mean() < 60:
            if "bass" not in found or len(notes) > len(found["bass"][0]):
                found["bass"] = (notes, program)
        else:
            others.append((name, notes, program))
    features = []
    for name, notes, program in others:
        strokes = len(np.unique(notes[:, 0]))
        features.append((name, notes, program, len(notes) / strokes, float(np.median(notes[:, 2])), strokes))
    pads = [f for f in features if (f[4] >= 22 and f[3] >= 1.5) or (f[4] >= 16 and f[2] in _HELD_PROGRAMS)]
    if len(features) > 1 and pads:
        pad = max(pads, key=lambda f: (f[2] in _HELD_PROGRAMS, f[4], len(f[1])))
        found["pad"] = (pad[1], pad[2])
        features = [f for f in features if f is not pad]
    singles = [f for f in features if f[3] < 1.4]
    if singles and (len(features) > 1 or "pad" in found):
        figure = max(singles, key=lambda f: (f[5], f[0]))
        found["figure"] = (figure[1], figure[2])
        features = [f for f in features if f is not figure]
    if features:
        chords = max(features, key=lambda f: (f[3] >= 1.4, f[5], f[0]))
        found["harmony"] = (chords[1], chords[2])
        features = [f for f in features if f is not chords]
    if features and "figure" not in found:
        more = max(features, key=lambda f: (len(f[1]), f[0]))
        found["figure"] = (more[1], more[2])
    return found
