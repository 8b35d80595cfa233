"""Songs to learn accompaniments from, as plain arrays: what the readers of data write and the trainer reads.

Positions are ticks, 12 to a beat (a quarter note), counted within a bar: 48 in a bar of 4/4, 36 in 3/4 and 6/8.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songsmith.theory import QUALITIES

TICKS_PER_BEAT = 12
BEATS = 4
PARTS = ("drums", "bass", "harmony", "pad", "figure")
KINDS = ("intro", "verse", "chorus", "bridge", "outro")
QUALITY_NAMES = tuple(QUALITIES)
LONGEST = 96
"""Ticks that a note lasts at most."""

_CLEAN = (0, 3, 4, 6, 8, 9, 12)
_REACH = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class RawSong:
    """A song of parts.

    Parameters
    ----------
    source, family, name : where it is from; a family is never split between training and test
    meter, tempo : `4/4`, quarter notes a minute
    key : tonic and whether it is minor
    programs : part to General MIDI program
    words : what is known of it in words (descriptions, names)
    grooves : names of what is played, `bars[:, 5]` counts in them
    chords : [bars, 4, 3] int8: root, bass and quality of each beat; quality -1 for none
    bars : [bars, 6] int16: kind, section, place in it, bars left in it, flags (1 fill, 2 ending), groove
    notes : [notes, 6] int16: bar, part, tick, pitch, ticks, velocity
    styles : names of styles it stands for
    """

    source: str
    family: str
    name: str
    meter: str
    tempo: float
    key: tuple[int, bool]
    programs: dict[str, int]
    words: tuple[str, ...]
    grooves: tuple[str, ...]
    chords: NDArray[np.int8]
    bars: NDArray[np.int16]
    notes: NDArray[np.int16]
    styles: tuple[str, ...] = ()
    captions: tuple[str, ...] = field(default=())


def snap(position: float) -> int:
    """Return the tick of a position in ticks: one that divides the beat in two, three or four where it is near."""
    beat, inside = divmod(position, TICKS_PER_BEAT)
    nearest = min(_CLEAN, key=lambda tick: abs(tick - inside))
    return int(beat) * TICKS_PER_BEAT + (nearest if abs(nearest - inside) <= _REACH else round(inside))


def save_songs(path: Path, songs: Sequence[RawSong]) -> None:
    """Write songs into one npz file."""
    meta = [
        {
            "source": s.source, "family": s.family, "name": s.name, "meter": s.meter, "tempo": s.tempo,
            "key": [s.key[0], s.key[1]], "programs": s.programs, "words": s.words, "grooves": s.grooves,
            "styles": s.styles, "captions": s.captions, "bars": len(s.bars), "notes": len(s.notes),
        }
        for s in songs
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part.npz")
    np.savez_compressed(
        temporary,
        meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
        chords=np.concatenate([s.chords for s in songs]).astype(np.int8),
        bars=np.concatenate([s.bars for s in songs]).astype(np.int16),
        notes=np.concatenate([s.notes for s in songs]).astype(np.int16),
    )
    temporary.replace(path)


def load_songs(paths: Iterable[Path]) -> list[RawSong]:
    """Return the songs of npz files, in order."""
    songs = []
    for path in paths:
        with np.load(path) as file:
            meta = json.loads(file["meta"].tobytes())
            chords, bars, notes = file["chords"], file["bars"], file["notes"]
        bar = note = 0
        for entry in meta:
            here, there = slice(bar, bar + entry["bars"]), slice(note, note + entry["notes"])
            bar, note = here.stop, there.stop
            songs.append(
                RawSong(
                    entry["source"], entry["family"], entry["name"], entry["meter"], entry["tempo"],
                    (entry["key"][0], entry["key"][1]), entry["programs"], tuple(entry["words"]),
                    tuple(entry["grooves"]), chords[here], bars[here], notes[there],
                    tuple(entry["styles"]), tuple(entry["captions"]),
                )
            )  # fmt: skip
    return songs
