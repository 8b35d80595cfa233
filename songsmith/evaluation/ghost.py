"""Energy beside the harmonics of the sung pitch: a second, out-of-tune voice behind the lead would show here.

Clean singing lies at -23 dB or lower; a ghost of the speaking pitch was measured at -19.
"""

from __future__ import annotations

import numpy as np

from songsmith.audio import Audio
from songsmith.evaluation.voice import Times
from songsmith.song import Song

WINDOW_S = 0.09
STEP_S = 0.05
SHORTEST_NOTE_S = 0.3
STEADY_CENTS = 40.0  # a glide or a deep vibrato smears harmonics by itself
HIGHEST_HZ = 2000.0


def ghost_db(song: Song, dry: Audio, times: Times, f0_hz: Times) -> float | None:
    """Return the median of the energy off the harmonics over that on them, in dB, below 2 kHz, in long notes.

    `times` and `f0_hz` are a pitch track with 0 where unvoiced. None where no moment is long and steady enough.
    """
    rate = dry.sample_rate
    count = int(WINDOW_S * rate)
    window = np.hanning(count)
    hz = np.fft.rfftfreq(4 * count, 1.0 / rate)
    hz = hz[hz < HIGHEST_HZ]
    found: list[float] = []
    for note in song.notes:
        start, end = song.timeline.seconds(note.onset), song.timeline.seconds(note.end)
        if end - start < SHORTEST_NOTE_S:
            continue
        for at in np.arange(start + 0.1, end - 0.1 - WINDOW_S, STEP_S):
            pitch = f0_hz[(times >= at) & (times <= at + WINDOW_S)]
            piece = dry.samples[0, int(at * rate) : int(at * rate) + count]
            if not pitch.size or (pitch <= 0).any() or len(piece) < count:
                continue
            middle = float(np.median(pitch))
            if np.ptp(1200.0 * np.log2(pitch / middle)) > STEADY_CENTS:
                continue
            power = np.abs(np.fft.rfft(piece * window, 4 * count)[: len(hz)]) ** 2
            near = np.abs(hz - np.round(hz / middle) * middle) <= np.maximum(2.2 * rate / count, 0.012 * hz)
            band = hz > 0.6 * middle
            found.append(10.0 * np.log10((power[band & ~near].sum() + 1e-12) / (power[band & near].sum() + 1e-12)))
    return round(float(np.median(found)), 1) if found else None
