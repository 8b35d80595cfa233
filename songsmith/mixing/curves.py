"""Gains that move: drawn from values for each hop to one for each frame, and how much they move.

A gain curve is linear; movement is told in dB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_SPAN_S = 0.1
"""Movement is taken over this time: what is slower is heard as pumping, what is faster as a softened attack."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How much a gain moves.

    Parameters
    ----------
    depth_db : from its highest to its lowest
    typical_db : from its highest to its 5th percentile
    fastest_db_per_s : 99th percentile of its change over 0.1 s, up or down
    """

    depth_db: float
    typical_db: float
    fastest_db_per_s: float


def movement(gain: npt.NDArray[np.floating], hop_s: float) -> Movement:
    """Measure how much a linear gain, one value for each hop, moves."""
    level_db = 20.0 * np.log10(np.maximum(gain.astype(np.float64), 1e-6))
    span = max(1, round(RATE_SPAN_S / hop_s))
    if len(level_db) <= span:
        return Movement(0.0, 0.0, 0.0)
    change = np.abs(level_db[span:] - level_db[:-span]) / (span * hop_s)
    highest = level_db.max()
    return Movement(
        float(highest - level_db.min()),
        float(highest - np.percentile(level_db, 5)),
        float(np.percentile(change, 99)),
    )


def draw_out(values: npt.NDArray[np.float64], hop: int, frames: int) -> Samples:
    """Return the value of every frame from one for each hop, by straight lines between middles: `[frames]`."""
    edges = np.concatenate([values[:1], 0.5 * (values[1:] + values[:-1]), values[-1:]]).astype(np.float32)
    return draw_lines(edges, hop, frames)


def draw_lines(edges: Samples, hop: int, frames: int) -> Samples:
    """Return the straight lines through values at the hops' edges, one more than there are hops: `[frames]`."""
    ramp = np.arange(hop, dtype=np.float32) / np.float32(hop)
    lines = (edges[1:] - edges[:-1])[:, None] * ramp
    lines += edges[:-1, None]
    return lines.reshape(-1)[:frames]
