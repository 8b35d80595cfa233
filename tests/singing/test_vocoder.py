"""The vocoder: an envelope is found whatever the pitch, and what is sung of it has that envelope and that pitch."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from songsmith.singing.vocoder import BINS, FRAME_S, SIZE, log_envelope, synthesize

RATE = 24000
HZ = np.linspace(0.0, RATE / 2, BINS)
FORMANTS_HZ = (600.0, 1500.0, 2600.0)
DB = 10.0 / np.log(10.0)


@cache
def vowel() -> npt.NDArray[np.float32]:
    """Return a log power envelope with three formants, `[BINS]`."""
    level = sum(
        np.exp(-(((HZ - at) / 220.0) ** 2)) * height for at, height in zip(FORMANTS_HZ, (5, 4, 3), strict=True)
    )
    return np.asarray(level - 8.0 - HZ / 3000.0, np.float32)


def sung(f0_hz: float, noise: float, seconds: float = 1.0) -> npt.NDArray[np.float32]:
    """Return that vowel, held: at a pitch, or as noise where there is nothing else."""
    count = round(seconds / FRAME_S)
    return synthesize(
        np.full(count, f0_hz),
        np.full(count, noise < 1.0),
        np.repeat(vowel()[None], count, axis=0),
        np.full((count, BINS), noise, np.float32),
        RATE,
        np.random.default_rng(0),
    )


def found(sound: npt.NDArray[np.float32], f0_hz: float, voiced: bool) -> npt.NDArray[np.float64]:
    """Return the mean of the envelopes found away from the ends, in decibels."""
    times = np.arange(0.2, len(sound) / RATE - 0.2, FRAME_S)
    flags = np.full(len(times), voiced)
    return DB * np.mean(log_envelope(sound, np.full(len(times), f0_hz), flags, times, RATE), axis=0)


@pytest.mark.parametrize(("f0_hz", "most_db"), [(110.0, 1.0), (220.0, 2.0), (330.0, 3.0)])
def test_the_envelope_of_what_is_sung_is_what_was_asked_for(f0_hz: float, most_db: float) -> None:
    """As far as harmonics so far apart can tell."""
    off = found(sung(f0_hz, 0.02), f0_hz, voiced=True) - DB * vowel()
    judged = (1.5 * f0_hz < HZ) & (HZ < 8000.0)
    assert np.sqrt(np.mean(off[judged] ** 2)) < most_db
    assert abs(np.mean(off[judged])) < 1.0


def test_noise_has_the_envelope_too() -> None:
    sound = sung(200.0, 1.0, seconds=4.0)
    power = np.mean(
        [
            np.abs(np.fft.rfft(p * np.hanning(SIZE))) ** 2
            for p in sound[: len(sound) // SIZE * SIZE].reshape(-1, SIZE)
        ],
        axis=0,
    )
    off = DB * np.log(power / np.sum(np.hanning(SIZE) ** 2)) - DB * vowel()
    smooth = np.convolve(off, np.ones(15) / 15, "same")[20:-40]
    assert np.abs(smooth).max() < 2.0
    assert abs(np.mean(off[20:-40])) < 0.7


@pytest.mark.parametrize("f0_hz", [130.81, 261.63, 523.25, 880.0])
def test_praat_hears_the_pitch(f0_hz: float) -> None:
    import parselmouth

    pitch = parselmouth.Sound(sung(f0_hz, 0.02).astype(float), RATE).to_pitch_ac(pitch_floor=75, pitch_ceiling=1100)
    heard = pitch.selected_array["frequency"][10:-10]
    assert (heard > 0).all()
    assert np.abs(1200.0 * np.log2(heard / f0_hz)).max() < 2.0


def test_power_does_not_depend_on_pitch() -> None:
    levels = [10 * np.log10(np.mean(sung(f0_hz, 0.02)[2400:-2400] ** 2)) for f0_hz in (110.0, 150.0, 180.0, 220.0)]
    assert np.ptp(levels) < 1.5


def test_where_it_is_loud_and_where_it_is_not() -> None:
    """A step of 60 dB is over within 10 ms."""
    level = np.repeat(vowel()[None], 200, axis=0)
    level[:100] -= 60.0 / DB
    noise = np.ones((200, BINS), np.float32)
    sound = synthesize(np.full(200, 200.0), np.zeros(200, bool), level, noise, RATE, np.random.default_rng(1))
    loud = np.sqrt(np.mean(sound[13200:] ** 2))
    assert np.sqrt(np.mean(sound[: 100 * 120 - 240] ** 2)) < 0.002 * loud
    assert np.sqrt(np.mean(sound[100 * 120 + 120 : 100 * 120 + 600] ** 2)) > 0.5 * loud


def test_same_generator_same_bytes_and_nothing_is_changed() -> None:
    assert sung(200.0, 0.3).tobytes() == sung(200.0, 0.3).tobytes()
    sound = sung(200.0, 0.3)
    kept = sound.copy()
    found(sound, 200.0, voiced=True)
    assert np.array_equal(sound, kept)
    assert len(sound) == RATE
