"""The key that notes sound in, by how long each pitch class is heard.

Source: C. L. Krumhansl, "Cognitive Foundations of Musical Pitch", 1990 (the method); J. Albrecht and D. Shanahan,
"The use of large corpora to train a new type of key-finding algorithm", Music Perception 31 (2013) (the profiles).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.theory import Key

KEY_PROFILES = {
    "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
}
"""Share of each pitch class, from the tonic up."""


def estimate_key(weights: npt.NDArray[np.float64]) -> Key | None:
    """Return the major or minor key whose profile fits best, None where nothing sounds.

    Parameters
    ----------
    weights : how much each pitch class is heard, `[12]`, from C up
    """
    fits = key_fits(weights)
    return max(fits, key=lambda key: fits[key]) if weights.any() else None


def key_fits(weights: npt.NDArray[np.float64]) -> dict[Key, float]:
    """Return how well each major and minor key fits: the correlation of its profile, 0 where all are heard alike."""
    flat = float(np.ptp(weights)) < 1e-12
    return {
        Key(tonic, mode): 0.0 if flat else float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1])
        for mode, profile in KEY_PROFILES.items()
        for tonic in range(12)
    }
