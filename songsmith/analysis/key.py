"""The key of a song: how well its chords, its tones, its first and its last chord fit each of the keys.

A key is scored by a linear function of what is heard relative to its tonic, one for each mode, so that all keys of
a mode are judged alike. The weights are learned from songs whose key is known.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from songsmith.analysis.classes import NO_CHORD, QUALITIES, WEIGHTS
from songsmith.theory import Key

Table = npt.NDArray[np.float64]

KEY_MODES = ("major", "minor", "dorian", "mixolydian")
FAMILIES = {"maj": 0, "maj7": 0, "7": 1, "min": 2, "min7": 2, "dim": 3, "hdim7": 3, "sus4": 4, "sus2": 4, "aug": 0}
"""Kinds of chord that are told apart: major, dominant, minor, diminished, suspended."""

KINDS = 5
FEATURES = 12 * (KINDS + 1 + KINDS + KINDS)


def key_features(path: npt.NDArray[np.int64], tones: Table) -> Table:
    """Return `[12, rows]`: by pitch class, shares of chords and tones, and the first and the last chord.

    Parameters
    ----------
    path : chord class of each step
    tones : how much each pitch class is heard, `[12]`
    """
    found = np.zeros((12, 3 * KINDS + 1))
    sounding = [int(number) for number in path if number != NO_CHORD]
    for number in sounding:
        root, quality = divmod(number, len(QUALITIES))
        found[root, FAMILIES[QUALITIES[quality]]] += 1.0 / len(sounding)
    found[:, KINDS] = tones / max(1e-9, float(tones.sum()))
    for place, end in ((KINDS + 1, sounding[:1]), (2 * KINDS + 1, sounding[-1:])):
        for number in end:
            root, quality = divmod(number, len(QUALITIES))
            found[root, place + FAMILIES[QUALITIES[quality]]] = 1.0
    return found


def turned(features: Table) -> Table:
    """Return `[12, FEATURES]`: the features as each of the twelve tonics sees them."""
    return np.stack([np.roll(features, -tonic, axis=0).ravel() for tonic in range(12)])


def key_chances(features: Table, weights: Table, bias: Table) -> dict[Key, float]:
    """Return the chance of every key, from `weights [KEY_MODES, FEATURES]` and `bias [KEY_MODES]`."""
    scores = turned(features) @ weights.T + bias
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    return {Key(tonic, mode): float(chances[tonic, k]) for k, mode in enumerate(KEY_MODES) for tonic in range(12)}


@lru_cache(maxsize=1)
def load_key_weights(path: Path = WEIGHTS) -> tuple[Table, Table]:
    """Return the weights and biases of the modes."""
    from safetensors.numpy import load_file

    arrays = load_file(path)
    return arrays["key.weights"].astype(np.float64), arrays["key.bias"].astype(np.float64)


def find_key(path: npt.NDArray[np.int64], tones: Table) -> tuple[Key, float]:
    """Return the likeliest key of a song and its chance."""
    chances = key_chances(key_features(path, tones), *load_key_weights())
    key = max(chances, key=lambda one: chances[one])
    return key, chances[key]
