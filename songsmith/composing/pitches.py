"""What the pitch scorer looks at: how high a note could be, as numbers of features.

Rows `N` are notes (or drafts of one); candidates are all pitches of a range. Everything is relative to the key, the
chord, the note before and the centre of the line, so that nothing depends on the absolute key.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.composing.gaps import LAGS
from songsmith.theory import ChordTones

Ints = npt.NDArray[np.int64]

NONE = -1
NO_INTERVAL = 99
QUALITIES = 7
"""Classes of chords: none, major, minor, dominant, diminished, augmented, suspended."""

LENGTH_CLASS = np.array([0, 0, 1, 2, 2] + [3] * 4 + [4] * 24, dtype=np.int64)
"""Classes of lengths in steps, 0 to 32: a sixteenth, an eighth, up to a quarter, up to a half, more."""

PITCH_SIZES = (
    28 * 8 * 2, 28 * 5 * 2, 12 * 2 * 2 * 3, 12 * 2 * 2 + 1, 13 * 7 * 4, 13 * 5 * 2, 12 * 13 * 2, 13 * 7,
    25 * 2 * 4, 14, 14, 14, 64, 4 * 8 * 4, 8 * 8 * 8, 2 * 3 * 8 * 4, 3 * 8 * 2, 2 * 4 * 5 * 2,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PitchRows:
    """What is known when a note gets its pitch; all `[N]` but where said.

    Parameters
    ----------
    idiom, minor, tonic : of the song
    previous : `[N, 3]` the last three pitches, the latest first, `NONE` where there is none
    root, quality, tones : of the chord that sounds: pitch class or `NONE`, class, `[N, 12]` 1 for its tones
    next_root, next_quality : of the chord that follows while or as the note ends, `NONE` and 0 where it stays
    strength : of the onset in its bar, 0 to 3
    length, length_before : classes of the steps to the next note and from the one before
    slur : 1 where the note continues its syllable
    part : 0 first note of a line, 1 inside, 2 last
    final : 1 in a line that closes a section
    phase : 0 to 3, quarter of the line
    weight : stress class of the syllable
    centre : MIDI pitch about which the line lies
    echo : `[N, 3]` the pitch at this place `LAGS` bars ago, `NONE` where no note began there
    echo_interval : `[N, 3]` the interval that led to it, `NO_INTERVAL` where there is none
    """

    idiom: int
    minor: int
    tonic: int
    previous: Ints
    root: Ints
    quality: Ints
    tones: Ints
    next_root: Ints
    next_quality: Ints
    strength: Ints
    length: Ints
    length_before: Ints
    slur: Ints
    part: Ints
    final: Ints
    phase: Ints
    weight: Ints
    centre: npt.NDArray[np.float64]
    echo: Ints
    echo_interval: Ints


def interval_class(interval: Ints) -> Ints:
    """Return 1 to 7 for intervals from a leap down over a repeat (4) to a leap up."""
    size = np.abs(interval)
    kind = np.where(size == 0, 0, np.where(size <= 2, 1, np.where(size <= 4, 2, 3)))
    return np.asarray(4 + np.sign(interval) * kind)


def chord_class(tones: ChordTones | None) -> int:
    """Return the class of a chord, 0 where there is none."""
    if tones is None:
        return 0
    above = tuple((tone - tones.root) % 12 for tone in tones.tones)
    if 4 in above:
        return 5 if 8 in above else 3 if 10 in above else 1
    if 3 in above:
        return 4 if 6 in above else 2
    return 6


def pitch_features(rows: PitchRows, pitches: Ints) -> list[Ints]:
    """Return the features of every pitch: arrays that broadcast to `[N, pitches]`."""
    pitch = pitches[None, :]
    first, second, third = (rows.previous[:, k][:, None] for k in range(3))
    known = first != NONE
    interval = np.where(known, np.clip(pitch - first, -13, 13), 14) + 13
    now = np.where(known, interval_class(pitch - first), 0)
    past = np.where(known & (second != NONE), interval_class(first - second), 0)
    older = np.where((second != NONE) & (third != NONE), interval_class(second - third), 0)
    degree = (pitch - rows.tonic) % 12
    degree_before = np.where(known, (first - rows.tonic) % 12, 12)
    root, next_root = rows.root[:, None], rows.next_root[:, None]
    above = np.where(root == NONE, 12, (pitch - root) % 12)
    above_next = np.where(next_root == NONE, 12, (pitch - next_root) % 12)
    inside = rows.tones[:, pitches % 12]
    inside_before = np.where(known, np.take_along_axis(rows.tones, np.maximum(first, 0) % 12, axis=1), 2)
    part, length = rows.part[:, None], rows.length[:, None]
    strength = rows.strength[:, None]
    height = np.clip(np.rint(pitch - rows.centre[:, None]), -12, 12).astype(np.int64) + 12
    echoes, same = [], np.zeros_like(pitch)
    for k in range(len(LAGS)):
        echo, led = rows.echo[:, k][:, None], rows.echo_interval[:, k][:, None]
        echoes.append(np.where(echo == NONE, 13, np.clip(pitch - echo, -6, 6) + 6))
        move = np.where(known, pitch - first, 0)
        unlike = np.where(np.sign(move) == np.sign(led), 2, 3)
        relation = np.where((led == NO_INTERVAL) | ~known, 0, np.where(move == led, 1, unlike))
        same = same * 4 + relation
    mode = rows.minor * 2 + rows.idiom
    final = rows.final[:, None]
    return [
        (interval * 8 + past) * 2 + rows.idiom,
        (interval * 5 + rows.length_before[:, None]) * 2 + rows.slur[:, None],
        (degree * 4 + mode) * 3 + part,
        np.where(part == 2, (degree * 2 + rows.minor) * 2 + final + 1, 0),
        (above * QUALITIES + rows.quality[:, None]) * 4 + strength,
        (above * 5 + length) * 2 + rows.idiom,
        (degree * 13 + degree_before) * 2 + rows.minor,
        above_next * QUALITIES + rows.next_quality[:, None],
        (height * 2 + rows.idiom) * 4 + rows.phase[:, None],
        *echoes,
        same,
        (rows.weight[:, None] * 8 + now) * 4 + strength,
        (older * 8 + past) * 8 + now,
        ((inside * 3 + inside_before) * 8 + now) * 4 + strength,
        (part * 8 + now) * 2 + rows.idiom,
        ((inside * 4 + strength) * 5 + length) * 2 + rows.idiom,
    ]
