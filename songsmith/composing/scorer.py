"""A small network that says how likely each of several candidates is: the only learned thing in the composer.

Everything known about a candidate is a handful of whole numbers, one for each feature, and each number is a row
of a table. The rows are added; the score is a linear part plus one hidden layer:

    score = sum of linear[row] + out . relu(bias + sum of hidden[row])

so it is a log-linear model with a hidden layer beside it. Only gathers, additions and one dot product are needed,
which give the same bits whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from songsmith.errors import MissingPart

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

WEIGHTS = Path(__file__).resolve().parent / "melody.safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """One trained network.

    Parameters
    ----------
    offsets : `[features]` where the rows of each feature begin
    linear : `[rows] float32`
    hidden : `[rows, units] float32`
    bias, out : `[units] float32`
    """

    offsets: Ints
    linear: Floats
    hidden: Floats
    bias: Floats
    out: Floats

    def scores(self, features: Sequence[Ints]) -> Floats:
        """Return scores of the shape that the features broadcast to; each counts rows from 0 within its own."""
        flat = self.linear[features[0] + self.offsets[0]]
        deep = self.bias + self.hidden[features[0] + self.offsets[0]]
        for feature, offset in zip(features[1:], self.offsets[1:], strict=True):
            rows = feature + offset
            flat = flat + self.linear[rows]
            deep = deep + self.hidden[rows]
        np.maximum(deep, 0.0, out=deep)
        return np.asarray(flat + (deep * self.out).sum(axis=-1), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class MelodyModel:
    """All that was learned from songs.

    Parameters
    ----------
    start, gap, pitch : scorers of where a line begins, when the next syllable comes, and how high
    lengths : `[idioms, 2, gaps + 1, gaps + 1]` share of note lengths in steps by the steps to the next note,
        inside a line and at its end
    splits : `[2, gaps + 1, 4]` share of syllables with 1 to 4 notes by their steps, inside a line and at its end
    first_parts : `[gaps + 1, gaps + 1]` share of lengths of the first of several notes by the syllable's steps
    """

    start: Scorer
    gap: Scorer
    pitch: Scorer
    lengths: Floats
    splits: Floats
    first_parts: Floats


@cache
def load_melody_model(path: Path = WEIGHTS) -> MelodyModel:
    """Return the melody model; raise MissingPart where its file is not there."""
    from safetensors.numpy import load_file

    if not path.is_file():
        raise MissingPart(f"{path}: the weights of the melody model are not there: install songsmith again")
    return model_from_arrays(load_file(path))


def model_from_arrays(arrays: Mapping[str, npt.NDArray[np.generic]]) -> MelodyModel:
    """Return the model made of named arrays, as they stand in its file (float16 there)."""

    def floats(name: str) -> Floats:
        return np.asarray(arrays[name], dtype=np.float32)

    def scorer(name: str) -> Scorer:
        offsets = np.asarray(arrays[f"{name}.offsets"], dtype=np.int64)
        parts = [floats(f"{name}.{part}") for part in ("linear", "hidden", "bias", "out")]
        return Scorer(offsets, *parts)

    tables = [floats(name) for name in ("lengths", "splits", "first_parts")]
    return MelodyModel(scorer("start"), scorer("gap"), scorer("pitch"), *tables)
