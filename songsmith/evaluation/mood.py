"""Which mood a song has, read from what sounds: how pleasant (valence) and how excited (arousal) it is.

Both run from -1 to 1. A major key, a quick tempo and a bright mix make music sound happier; a quick tempo, many
notes and a bright mix make it sound more excited.

Source: J. A. Russell, "A circumplex model of affect", J. Personality and Social Psychology 39 (1980), for the plane
and the places of the words; T. Eerola et al., "Emotional expression in music: contribution, linearity, and
additivity of primary musical cues", Frontiers in Psychology 4 (2013), for which cues count and how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from songsmith.evaluation.harmony import pitch_class_weights
from songsmith.keyfinding import estimate_key
from songsmith.song import Song

PLACES: Mapping[str, tuple[float, float]] = {
    "happy": (0.8, 0.4),
    "energetic": (0.5, 0.8),
    "hopeful": (0.6, 0.2),
    "romantic": (0.5, -0.3),
    "warm": (0.5, -0.3),
    "calm": (0.4, -0.7),
    "dreamy": (0.2, -0.6),
    "plain": (0.1, -0.2),
    "nostalgic": (-0.1, -0.4),
    "melancholic": (-0.5, -0.5),
    "sad": (-0.7, -0.5),
    "dark": (-0.6, 0.1),
    "tense": (-0.5, 0.6),
    "angry": (-0.6, 0.8),
    "epic": (0.3, 0.8),
}
"""Mood words on the plane: valence, arousal."""

SLOWEST, QUICKEST = 60.0, 150.0
SPARSEST, DENSEST = 4.0, 28.0
DARKEST_HZ, BRIGHTEST_HZ = 900.0, 3600.0


def mood(song: Song, centroid_hz: float, notes_per_second: float) -> dict[str, object]:
    """Return the mood that is heard.

    `valence` and `arousal` are read from the tempo, the notes' mode, their number and the mix's brightness;
    `sounds` names the nearest words, and `agrees` says whether the result lies on the side of the plane that the
    asked words do (None where no such word was asked).
    """
    key = estimate_key(pitch_class_weights(song))
    quick = _between(song.plan.tempo, SLOWEST, QUICKEST)
    dense = _between(notes_per_second, SPARSEST, DENSEST)
    bright = _between(float(np.log(max(centroid_hz, 1.0))), float(np.log(DARKEST_HZ)), float(np.log(BRIGHTEST_HZ)))
    mode = 0.0 if key is None else (-1.0 if key.is_minor else 1.0)
    valence = 0.55 * mode + 0.3 * quick + 0.15 * bright
    arousal = 0.5 * quick + 0.35 * dense + 0.15 * bright
    return {
        "valence": round(valence, 2),
        "arousal": round(arousal, 2),
        "sounds": _nearest(valence, arousal),
        "agrees": _agrees(valence, arousal, song.brief.mood),
    }


def _between(value: float, low: float, high: float) -> float:
    """Return where a value lies between two bounds, -1 to 1."""
    return float(np.clip(2.0 * (value - low) / (high - low) - 1.0, -1.0, 1.0))


def _nearest(valence: float, arousal: float) -> list[str]:
    """Return the three nearest words."""
    return sorted(PLACES, key=lambda word: (PLACES[word][0] - valence) ** 2 + (PLACES[word][1] - arousal) ** 2)[:3]


def _agrees(valence: float, arousal: float, asked: Sequence[str]) -> bool | None:
    """Tell whether a place lies on the side of the middle of the asked words, None where none is known."""
    places = [PLACES[word] for word in asked if word in PLACES]
    if not places:
        return None
    middle = np.mean(places, axis=0)
    return bool(valence * middle[0] + arousal * middle[1] > 0.0) if np.linalg.norm(middle) > 0.15 else None
