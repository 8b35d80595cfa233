"""What is asked of the bars of a song, as the numbers that the denoiser reads.

The same values are measured on songs to learn from and set by a plan: what is not asked for is left open (NaN, or 0
for a choice), and the model fills it in from what it learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.rolls import BEATS, PARTS, TICKS_PER_BEAT, chord_features
from songsmith.theory import MODES

METERS = ("4/4", "3/4", "6/8")
KINDS = ("intro", "verse", "chorus", "bridge", "outro")
FEELS = ("open", "backbeat", "four-on-the-floor", "half-time", "other")
KITS = (0, 8, 16, 24, 25, 32, 40)
PROGRAMS = 1 + 128 + len(KITS)
"""Choices of an instrument: open, the programs of General MIDI, the drum kits."""

TEXT = 128
STYLES = (
    "ambient", "ballad", "bluegrass", "blues", "bossa", "celtic", "cinematic", "country", "disco", "folk", "funk",
    "gospel", "hiphop", "house", "latin", "lofi", "metal", "pop", "punk", "reggae", "rnb", "rock", "soul", "swing",
    "synthwave", "techno", "trance", "trap",
)  # fmt: skip
REGISTER_CENTRES = (0.0, 40.0, 60.0, 62.0, 70.0)
"""MIDI pitches about which the registers of the parts are counted, in octaves."""

_PLACES = 16
_LEFT = 9
BAR_FEATURES = len(KINDS) + _PLACES + _LEFT + 2 + BEATS * 36 + 24 + 3 * len(PARTS) + 2 * len(PARTS) + 2
MEASURED = slice(BAR_FEATURES - 2 - 4 * len(PARTS), BAR_FEATURES - 2)
"""Columns of the features of bars that say how dense and how high parts are."""

GLOBAL_NUMBERS = 6


_ROWS = ("kind", "place", "left", "fill", "ending", "chords", "plays", "density", "register", "energy")


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """What is asked of bars that follow each other.

    Parameters
    ----------
    text : [128] float32, the meaning of the prompt; zeros for none
    style : index in `STYLES` + 1, 0 for open
    meter : index in `METERS`
    tempo : quarter notes a minute
    tonic, mode : of the key
    swing : 0 to 1, NaN for open
    feel : index in `FEELS`
    programs : [5] choice of an instrument for each part, see `program_choice`
    kind, place, left : [bars] int, section kind, bars from its start, bars left in it (1 for its last)
    fill, ending : [bars] bool, bars that lead on, bars that close the song
    chords : [bars, 4, 3] int8, see `rolls.chord_features`
    following : [4, 3] int8 the chords of the bar after the last
    plays : [bars, 5] bool, which parts play
    density : [bars, 5] strokes a beat, NaN for open
    register : [bars, 5] mean pitch in octaves from `REGISTER_CENTRES`, NaN for open
    energy : [bars] 0 to 1, NaN for open
    """

    text: NDArray[np.float32]
    style: int
    meter: int
    tempo: float
    tonic: int
    mode: str
    swing: float
    feel: int
    programs: NDArray[np.int64]
    kind: NDArray[np.int64]
    place: NDArray[np.int64]
    left: NDArray[np.int64]
    fill: NDArray[np.bool_]
    ending: NDArray[np.bool_]
    chords: NDArray[np.int8]
    following: NDArray[np.int8]
    plays: NDArray[np.bool_]
    density: NDArray[np.float32]
    register: NDArray[np.float32]
    energy: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def beats(self) -> int:
        """Beats in a bar."""
        return BEATS if self.meter == 0 else 3

    @property
    def roots(self) -> NDArray[np.int64]:
        """[bars, 4] the pitch class that rows are counted from."""
        return np.asarray(chord_features(self.chords, self.tonic)[0])

    def window(self, first: int, last: int) -> Conditions:
        """Return what is asked of bars `first` to `last` (exclusive)."""
        following = self.chords[last] if last < len(self) else self.following
        return self._with(np.arange(len(self))[first:last], following)

    def reordered(self, order: NDArray[np.int64]) -> Conditions:
        """Return what is asked of these bars in this order, the first following the last."""
        return self._with(order, self.chords[order[0]])

    def _with(self, bars: NDArray[np.int64], following: NDArray[np.int8]) -> Conditions:
        rows = {name: getattr(self, name)[bars] for name in _ROWS}
        return Conditions(
            text=self.text, style=self.style, meter=self.meter, tempo=self.tempo, tonic=self.tonic, mode=self.mode,
            swing=self.swing, feel=self.feel, programs=self.programs, following=following, **rows,
        )  # fmt: skip


def program_choice(program: int, is_drum: bool) -> int:
    """Return the choice that stands for a General MIDI program or drum kit."""
    if is_drum:
        return 129 + (KITS.index(program) if program in KITS else 0)
    return 1 + program


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Conditions as the denoiser reads them.

    Parameters
    ----------
    text : [128] float32
    numbers : [6] float32: tempo, its square, minor or not, swing and whether it is known, whether there is text
    choices : [8] int64: style, meter, feel, instrument of each part
    bars : [bars, BAR_FEATURES] float32
    """

    text: NDArray[np.float32]
    numbers: NDArray[np.float32]
    choices: NDArray[np.int64]
    bars: NDArray[np.float32]


def features(asked: Conditions) -> Features:
    """Return conditions as numbers."""
    pace = float(np.log2(asked.tempo / 110.0))
    swing = 0.0 if np.isnan(asked.swing) else asked.swing
    numbers = np.array(
        [pace, pace * pace, 3 in MODES[asked.mode], swing, not np.isnan(asked.swing), bool(np.any(asked.text))],
        np.float32,
    )
    choices = np.array([asked.style, asked.meter, asked.feel, *asked.programs], np.int64)
    return Features(asked.text.astype(np.float32), numbers, choices, _bar_features(asked))


def _bar_features(asked: Conditions) -> NDArray[np.float32]:
    bars = len(asked)
    chain = np.concatenate([asked.chords, asked.following[None]])
    roots, tones = chord_features(chain, asked.tonic)
    scale = np.isin(
        (np.arange(12)[None, :] + roots[:-1, :1]) % 12, [(asked.tonic + s) % 12 for s in MODES[asked.mode]]
    )
    step = np.eye(12, dtype=np.float32)[(roots[1:, 0] - roots[:-1, asked.beats - 1]) % 12]
    chords = np.concatenate([tones[:-1], np.eye(12, dtype=np.float32)[roots[:-1]]], axis=2)
    chords[:, asked.beats :] = 0.0
    columns = [
        np.eye(len(KINDS), dtype=np.float32)[asked.kind],
        np.eye(_PLACES, dtype=np.float32)[asked.place % _PLACES],
        np.eye(_LEFT, dtype=np.float32)[np.clip(asked.left, 0, _LEFT - 1)],
        asked.fill[:, None],
        asked.ending[:, None],
        chords.reshape(bars, -1),
        scale,
        step,
        asked.plays,
        1.5 * np.log1p(np.nan_to_num(asked.density)),
        ~np.isnan(asked.density),
        2.0 * np.nan_to_num(asked.register),
        ~np.isnan(asked.register),
        (np.nan_to_num(asked.energy) - 0.5 * ~np.isnan(asked.energy))[:, None] * 2.0,
        ~np.isnan(asked.energy)[:, None],
    ]
    return np.concatenate([np.asarray(c, np.float32) for c in columns], axis=1)


def measure_bars(notes: NDArray[np.int16], bars: int, beats: int) -> dict[str, NDArray[Any]]:
    """Return what the bars of a song have of what can be asked.

    Parameters
    ----------
    notes : [notes, 6] bar, part, tick, pitch, ticks, velocity
    beats : in a bar

    Returns
    -------
    `plays`, `density`, `register` as in `Conditions`; `loudness` [bars] mean velocity, 0 to 1; `strokes` [bars]
    strokes a beat of all parts together
    """
    bar, part, tick, pitch, _, velocity = notes.astype(np.int64).T
    shape = (bars, len(PARTS))
    slot = bar * len(PARTS) + part
    count = np.bincount(slot, minlength=bars * len(PARTS)).reshape(shape)
    first = np.unique(np.stack([slot, tick], axis=1), axis=0)[:, 0] if len(notes) else slot
    strokes = np.bincount(first, minlength=bars * len(PARTS)).reshape(shape).astype(np.float32)
    strokes[:, 0] = count[:, 0]
    total = np.bincount(slot, weights=pitch, minlength=bars * len(PARTS)).reshape(shape)
    mean = total / np.maximum(count, 1)
    register = np.where(count > 0, (mean - np.asarray(REGISTER_CENTRES)) / 12.0, 0.0)
    register[:, 0] = 0.0
    loud = np.bincount(bar, weights=velocity, minlength=bars) / np.maximum(np.bincount(bar, minlength=bars), 1)
    return {
        "plays": count > 0,
        "density": (strokes / beats).astype(np.float32),
        "register": register.astype(np.float32),
        "loudness": (loud / 127.0).astype(np.float32),
        "strokes": (strokes.sum(axis=1) / beats).astype(np.float32),
    }


def measure_swing(notes: NDArray[np.int16]) -> float:
    """Return how far off-beat eighths are swung, 0 even to 1 triplets; NaN where there are few."""
    inside = notes[:, 2] % TICKS_PER_BEAT
    even, late = int(np.sum(inside == 6)), int(np.sum(inside == 8))
    return late / (even + late) if even + late >= 8 else float("nan")


def measure_feel(notes: NDArray[np.int16], bars: int, meter: int) -> int:
    """Return the index in `FEELS` of what kick and snare do in most bars of 4/4."""
    drums = notes[notes[:, 1] == 0]
    if meter != 0 or len(drums) < bars:
        return 0
    grid = np.zeros((bars, 2, 48), bool)
    kick, snare = np.isin(drums[:, 3], (35, 36)), np.isin(drums[:, 3], (37, 38, 39, 40))
    grid[drums[kick, 0], 0, drums[kick, 2]] = True
    grid[drums[snare, 0], 1, drums[snare, 2]] = True
    played = grid.any(axis=(1, 2))
    if played.sum() < 4:
        return 0
    grid = grid[played]
    four = grid[:, 0, ::12].all(axis=1).mean()
    back = (grid[:, 1, 12] & grid[:, 1, 36]).mean()
    half = (grid[:, 1, 24] & ~grid[:, 1, 12] & ~grid[:, 1, 36]).mean()
    if four > 0.6:
        return 2
    if half > 0.6:
        return 3
    return 1 if back > 0.6 else 4
