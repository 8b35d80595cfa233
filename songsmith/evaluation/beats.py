"""The tempo that is heard in a mix, by a beat tracker that knows nothing of the plan.

Source: D. P. W. Ellis, "Beat tracking by dynamic programming", J. New Music Research 36 (2007), as in librosa.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio, resampled
from songsmith.errors import MissingPart

RATE = 22050
HOP = 64  # 2.9 ms: with the usual 256 the gaps between beats round to 11.6 ms, which is 1 % of a tempo
TEMPO_LEVELS = (0.5, 2.0 / 3.0, 1.0, 1.5, 2.0)


def heard_tempo(mix: Audio, asked: float) -> float:
    """Return the tempo in quarter notes a minute, by a line through the beats found near the asked one.

    Half, double and the triplet levels of the asked tempo count as it. 0 where no beat is heard.
    """
    try:
        import librosa
    except ImportError as err:
        raise MissingPart(
            "the beat tracker is not installed (librosa): pip install librosa, "
            "or evaluate without it (--no-words, listen=False)"
        ) from err
    mono = resampled(mix.samples.mean(axis=0, dtype=np.float64), mix.sample_rate, RATE)
    strength = librosa.onset.onset_strength(y=mono.astype(np.float32), sr=RATE, hop_length=HOP)
    _, found = librosa.beat.beat_track(
        onset_envelope=strength, sr=RATE, hop_length=HOP, start_bpm=asked, units="time"
    )
    if len(found) < 4:
        return 0.0
    beats: npt.NDArray[np.float64] = np.asarray(found, np.float64)
    gap = float(np.median(np.diff(beats)))
    first = float(beats[0])
    index = np.rint(np.subtract(beats, first) / gap)
    heard = 60.0 / float(np.polyfit(index, beats, 1)[0])
    nearest: float = min((heard / level for level in TEMPO_LEVELS), key=lambda tempo: abs(tempo - asked))
    return round(nearest, 2)
