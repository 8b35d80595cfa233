"""Drawing from scores, many drafts at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAFTS = 12
"""Drafts of a line that are written side by side, of which the best is kept."""


def draw(
    scores: npt.NDArray[np.float32], allowed: npt.NDArray[np.bool_], rng: np.random.Generator, temperature: float
) -> tuple[Ints, Floats]:
    """Draw one candidate a row.

    Parameters
    ----------
    scores : `[drafts, candidates]` logits
    allowed : of the same shape; at least one a row
    temperature : 1 draws as often as the scores say, less keeps nearer to the likeliest

    Returns
    -------
    choice : `[drafts]`
    likelihood : `[drafts]` log probability of each choice among the allowed, at temperature 1
    """
    logits = np.where(allowed, scores.astype(np.float64), -np.inf)
    top = logits.max(axis=1, keepdims=True)
    normal = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    noise = -np.log(-np.log(np.maximum(rng.random(logits.shape), 1e-300)))
    choice = np.argmax(np.where(allowed, logits / temperature + noise, -np.inf), axis=1)
    return choice, normal[np.arange(len(choice)), choice]
