"""Notes of parts as beats relative to the chord, and back.

A beat has 12 ticks, a bar up to 4 beats (3 in 3/4 and 6/8). In a pitched part a note's row counts semitones from an
octave below the root of the chord that sounds in its beat, the root placed in a fixed octave for each part; so a
pattern has the same rows over every chord. In the drums a row is a class of percussion keys. A note longer than its
beat is held on from the beat it starts in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.instruments import PART_NAMES
from songsmith.theory import QUALITIES

PARTS = PART_NAMES
TICKS_PER_BEAT = 12
BEATS = 4
DRUM_ROWS = 24
PITCHED_ROWS = 48
LENGTHS = (*range(1, 49), 54, 60, 66, 72, 84, 96)
"""Lengths in ticks that a note may have."""

ROOT_ROW = 12
LOWEST_ROOT = (0, 28, 48, 48, 55)
"""Lowest MIDI pitch of the root of a chord in each part; that of the drums is not used."""

QUALITY_NAMES = tuple(QUALITIES)

# General MIDI percussion keys of each class; the first is the one that is played.
DRUM_CLASSES = (
    (36, 35), (37,), (38, 40), (39,), (42,), (44,), (46,), (43, 41, 45), (47, 48), (50,), (49, 52, 55, 57),
    (51, 59), (53,), (54,), (56, 67, 68), (60,), (61,), (62,), (63,), (64,), (65, 66), (70, 69, 71, 72, 73, 74, 82),
    (75, 76, 77, 78, 79), (81, 80),
)  # fmt: skip
DRUM_NAMES = (
    "kick", "rim", "snare", "clap", "hat", "pedal", "open", "low tom", "tom", "high tom", "crash", "ride", "bell",
    "tambourine", "cowbell", "bongo", "low bongo", "muted conga", "conga", "low conga", "timbale", "shaker", "claves",
    "triangle",
)  # fmt: skip
_CLASS_OF = {key: row for row, keys in enumerate(DRUM_CLASSES) for key in keys}


@dataclass(frozen=True, slots=True, eq=False)
class BeatNotes:
    """Notes by the beat they start in.

    Parameters
    ----------
    beat : [notes] int64, index of the beat: (bar * parts + part) * 4 + beat in the bar
    tick, row, length : [notes] int64, tick within the beat, row, index into `LENGTHS`
    velocity : [notes] float32, 0 to 1
    """

    beat: NDArray[np.int64]
    tick: NDArray[np.int64]
    row: NDArray[np.int64]
    length: NDArray[np.int64]
    velocity: NDArray[np.float32]


def root_pitches(roots: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the MIDI pitch of row `ROOT_ROW` for pitch classes of roots in parts, arrays of the same shape."""
    lowest = np.asarray(LOWEST_ROOT)[parts]
    return np.asarray(lowest + (roots - lowest) % 12, dtype=np.int64)


def length_class(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of the nearest of `LENGTHS`."""
    table = np.asarray(LENGTHS)
    return np.asarray(np.abs(table[None, :] - np.asarray(ticks)[:, None]).argmin(axis=1), dtype=np.int64)


def to_beats(notes: NDArray[np.int16], roots: NDArray[np.int64]) -> BeatNotes:
    """Return notes by beat and row.

    Parameters
    ----------
    notes : [notes, 6]: bar, part, tick in the bar, pitch, ticks, velocity (1 to 127); keys of drums that no class has
        are left out
    roots : [bars, 4] pitch class that each beat is counted from
    """
    table = notes.astype(np.int64)
    bar, part, tick, pitch, ticks, velocity = table.T
    beat = np.minimum(tick // TICKS_PER_BEAT, BEATS - 1)
    drum = part == 0
    row = pitch - root_pitches(roots[bar, beat], part) + ROOT_ROW
    row = np.where(row < 0, row % 12, np.where(row >= PITCHED_ROWS, PITCHED_ROWS - 12 + row % 12, row))
    classes = np.array([_CLASS_OF.get(key, -1) for key in range(128)])
    row = np.where(drum, classes[pitch], row)
    keep = row >= 0
    index = (bar * len(PARTS) + part) * BEATS + beat
    return BeatNotes(
        index[keep],
        (tick - beat * TICKS_PER_BEAT)[keep],
        row[keep],
        length_class(ticks[keep]),
        (velocity[keep] / 127.0).astype(np.float32),
    )


def from_beats(beats: BeatNotes, roots: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the notes that `to_beats` would cut into these beats, by bar, part, tick and pitch."""
    beat = beats.beat % BEATS
    part = beats.beat // BEATS % len(PARTS)
    bar = beats.beat // (BEATS * len(PARTS))
    keys = np.array([keys[0] for keys in DRUM_CLASSES])
    pitched = beats.row - ROOT_ROW + root_pitches(roots[bar, beat], part)
    pitch = np.where(part == 0, keys[np.minimum(beats.row, DRUM_ROWS - 1)], pitched)
    ticks = np.asarray(LENGTHS)[beats.length]
    velocity = np.clip(np.rint(beats.velocity * 127), 1, 127)
    table = np.stack([bar, part, beats.tick + beat * TICKS_PER_BEAT, pitch, ticks, velocity], axis=1)
    order = np.lexsort((table[:, 3], table[:, 2], table[:, 1], table[:, 0]))
    return np.asarray(table[order], dtype=np.int16)


def chord_features(
    chords: NDArray[np.int8], tonics: NDArray[np.int64] | int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return what the networks see of chords: roots, and tones and bass relative to them.

    Parameters
    ----------
    chords : [bars, 4, 3]: root, bass, quality of each beat; quality -1 where there is none
    tonics : pitch class that stands for the root where there is no chord

    Returns
    -------
    [bars, 4] int64 roots; [bars, 4, 24] float32: the tones of the chord from its root, then its bass
    """
    root = chords[..., 0].astype(np.int64)
    quality = chords[..., 2].astype(np.int64)
    none = quality < 0
    root = np.where(none, np.broadcast_to(np.asarray(tonics), root.shape), root)
    bass = np.where(none, root, chords[..., 1].astype(np.int64))
    tones = np.zeros((len(QUALITY_NAMES) + 1, 12), np.float32)
    for i, name in enumerate(QUALITY_NAMES):
        tones[i, list(QUALITIES[name])] = 1.0
    features = np.zeros((*root.shape, 24), np.float32)
    features[..., :12] = tones[quality]  # no chord: the last row, which is empty
    np.put_along_axis(features[..., 12:], ((bass - root) % 12)[..., None], 1.0, axis=-1)
    return root, features
