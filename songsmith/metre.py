"""How strong each place in a bar is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.timeline import Meter

Strengths = npt.NDArray[np.float64]

_LEVELS = {
    "4/4": ((0.5, 0.3), (1.0, 0.6), (2.0, 0.85)),
    "3/4": ((0.5, 0.3), (1.0, 0.6)),
    "6/8": ((0.5, 0.35), (1.5, 0.8)),
}
"""(step in beats, strength) for each meter, the downbeat apart."""


def metric_strength(positions: npt.ArrayLike, meter: Meter) -> Strengths:
    """Return the strength of positions in beats from a bar line: 1 on the downbeat, 0 on a sixteenth.

    Source: the metrical grid of F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal Music" (1983),
    one level for each doubling (tripling) of the pulse.
    """
    place = np.mod(np.asarray(positions, np.float64), meter.beats_per_bar)
    strength = np.zeros_like(place)
    for step, level in _LEVELS[str(meter)]:
        on = np.abs(place / step - np.round(place / step)) < 1e-3
        strength = np.where(on, np.maximum(strength, level), strength)
    at_line = np.minimum(place, meter.beats_per_bar - place) < 1e-3
    return np.where(at_line, 1.0, strength)
