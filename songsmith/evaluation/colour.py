"""What colour a mix has: bright or dark, wide or narrow, dense or sparse. Numbers that mood words move."""

from __future__ import annotations

import numpy as np

from songsmith.audio import Audio
from songsmith.song import Song

_FRAME = 4096


def colour(mix: Audio) -> dict[str, float]:
    """Return the brightness and width of a mix.

    `centroid_hz` is the centre of gravity of the long-term magnitude spectrum, `rolloff_hz` the frequency below
    which 85 % of its energy lies, `side_db` the level of the side over the middle.
    """
    mid = mix.samples.mean(axis=0)
    count = mix.frames // _FRAME
    if not count:
        return {"centroid_hz": 0.0, "rolloff_hz": 0.0, "side_db": -120.0}
    frames = mid[: count * _FRAME].reshape(count, _FRAME)[:: max(1, count // 400)]
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(_FRAME).astype(np.float32), axis=1)) ** 2, axis=0)
    hz = np.fft.rfftfreq(_FRAME, 1.0 / mix.sample_rate)
    magnitude = np.sqrt(power)
    total = float(magnitude.sum())
    energy = np.cumsum(power)
    side = 0.5 * (mix.samples[0] - mix.samples[-1])
    ratio = (float(np.mean(np.square(side))) + 1e-12) / (float(np.mean(np.square(mid))) + 1e-12)
    return {
        "centroid_hz": round(float((magnitude * hz).sum()) / total, 1) if total else 0.0,
        "rolloff_hz": round(float(hz[int(np.searchsorted(energy, 0.85 * energy[-1]))]), 1) if energy[-1] else 0.0,
        "side_db": round(10.0 * float(np.log10(ratio)), 1),
    }


def register(song: Song) -> dict[str, float]:
    """Return the mean MIDI pitch of the melody and the notes a second of the whole band, 0 where there are none."""
    held = [(note.pitch, note.duration) for note in song.notes]
    beats = sum(duration for _, duration in held)
    played = sum(len(part.notes) for part in song.parts)
    seconds = song.timeline.seconds(float(song.plan.beats))
    return {
        "melody_pitch": round(sum(pitch * duration for pitch, duration in held) / beats, 1) if beats else 0.0,
        "notes_per_second": round(played / seconds, 1) if seconds else 0.0,
    }
