"""How strong each place in a bar is.

Source: the metrical grid of F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal Music" (1983), one level
for each doubling (tripling) of the pulse.
"""

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

STRONG, A_BEAT = 0.8, 0.6
NEAR_BEATS = 0.05
"""A note this near to a place counts as on it for `metric_level`."""


def metric_strength(positions: npt.ArrayLike, meter: Meter) -> Strengths:
    """Return the strength of positions in beats from a bar line: 1 on the downbeat, 0 on a sixteenth."""
    place = np.mod(np.asarray(positions, np.float64), meter.beats_per_bar)
    strength = np.zeros_like(place)
    for step, level in _LEVELS[str(meter)]:
        on = np.abs(place / step - np.round(place / step)) < 1e-3
        strength = np.where(on, np.maximum(strength, level), strength)
    at_line = np.minimum(place, meter.beats_per_bar - place) < 1e-3
    return np.where(at_line, 1.0, strength)


def metric_level(beat: float, meter: Meter) -> int:
    """Return how strong a position is in its bar: 3 where a strong beat is, 2 a beat, 1 an eighth, 0 between."""
    place = beat % meter.beats_per_bar
    steps = (*_LEVELS[str(meter)], (float(meter.beats_per_bar), 1.0))
    strength = max(
        (level for step, level in steps if abs(place - step * round(place / step)) < NEAR_BEATS), default=0.0
    )
    return 3 if strength >= STRONG else 2 if strength >= A_BEAT else int(strength > 0.0)
