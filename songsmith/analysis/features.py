"""What the networks of the analysis hear: two spectrograms of a mono recording.

`onset_spectrogram` is fine in time (50 frames a second, mel bands), for beats and for where the voice is;
`pitch_spectrogram` is fine in pitch (a constant-Q transform, a band a semitone, tuned to the recording), for chords.
Both are logarithms of magnitudes of a recording brought to one level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio, resampled

Frames = npt.NDArray[np.float32]

RATE = 22_050
HOP = 441
FPS = RATE / HOP
FFT = 1024
BANDS = 72
BAND_RANGE_HZ = (30.0, 10_000.0)

PITCH_HOP = 1024
PITCH_FPS = RATE / PITCH_HOP
LOWEST_HZ = 32.703_195_662_574_83
"""C1, the lowest band of the pitch spectrogram."""

SEMITONES = 84

LEVEL_RMS = 0.1
TUNED_S = 60.0
"""The tuning is heard in at most this much of the middle of a recording."""

FLOOR_RMS = 1e-6


def mono_of(audio: Audio) -> Frames:
    """Return a recording as the features take it: `[frames]` float32, mono, at `RATE`, at one level."""
    mono = resampled(audio.samples.mean(axis=0, dtype=np.float64), audio.sample_rate, RATE)
    return levelled(np.asarray(mono, np.float32))


def levelled(mono: Frames) -> Frames:
    """Return samples at the level of the features; silence stays silent."""
    rms = float(np.sqrt(np.mean(np.square(mono, dtype=np.float64)))) if len(mono) else 0.0
    return mono if rms < FLOOR_RMS else np.asarray(mono * np.float32(LEVEL_RMS / rms), np.float32)


def onset_spectrogram(mono: Frames) -> Frames:
    """Return `[frames, BANDS]`: log magnitudes of mel bands, frame i centred on i / `FPS` seconds."""
    import librosa

    low, high = BAND_RANGE_HZ
    magnitudes = librosa.feature.melspectrogram(
        y=mono, sr=RATE, n_fft=FFT, hop_length=HOP, n_mels=BANDS, fmin=low, fmax=high, power=1.0
    )
    return np.asarray(np.log1p(10.0 * magnitudes.T), np.float32)


def tuning_of(mono: Frames) -> float:
    """Return how far a recording is tuned from A = 440 Hz, in semitones, -0.5 to 0.5."""
    import librosa

    spare = max(0, len(mono) - int(TUNED_S * RATE)) // 2
    middle = mono[spare : len(mono) - spare]
    return float(librosa.estimate_tuning(y=middle, sr=RATE)) if middle.any() else 0.0


def pitch_spectrogram(mono: Frames, tuning: float = 0.0) -> Frames:
    """Return `[frames, SEMITONES]`: log magnitudes of a constant-Q transform from C1 up, at `PITCH_FPS`."""
    import librosa

    transform = librosa.cqt(
        mono, sr=RATE, hop_length=PITCH_HOP, fmin=LOWEST_HZ, n_bins=SEMITONES, bins_per_octave=12, tuning=tuning
    )
    return np.asarray(np.log1p(10.0 * np.abs(transform).T), np.float32)


def between(spectrogram: Frames, fps: float, edges_s: npt.NDArray[np.float64]) -> Frames:
    """Return `[edges - 1, bands]`: the mean of a spectrogram between each two neighbouring times.

    Every stretch has at least the frame nearest to its middle.
    """
    sums = np.concatenate([np.zeros((1, spectrogram.shape[1])), np.cumsum(spectrogram, axis=0, dtype=np.float64)])
    last = len(spectrogram) - 1
    first = np.clip(np.ceil(edges_s[:-1] * fps), 0, last).astype(int)
    past = np.clip(np.ceil(edges_s[1:] * fps), 0, last + 1).astype(int)
    middle = np.clip(np.rint((edges_s[:-1] + edges_s[1:]) / 2 * fps), 0, last).astype(int)
    empty = past <= first
    first, past = np.where(empty, middle, first), np.where(empty, middle + 1, past)
    return np.asarray((sums[past] - sums[first]) / (past - first)[:, None], np.float32)
