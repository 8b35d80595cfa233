"""The measures themselves, on sounds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
import singer_measures as measure

from songsmith.audio import Audio
from songsmith.performance import Performance, PhonemeSpan

RATE = 44_100
SPANS = (
    PhonemeSpan("SP", 0.0, 0.5),
    PhonemeSpan("T", 0.5, 0.6, 0),
    PhonemeSpan("AA1", 0.6, 1.5, 0),
    PhonemeSpan("SP", 1.5, 2.0),
)


def sound(late_s: float = 0.0, cents: float = 0.0, click: float = 0.0, hum: float = 0.0) -> tuple[Audio, Performance]:
    """Return a buzz of 220 Hz where the vowel of `SPANS` is, with faults."""
    times = np.arange(2 * RATE) / RATE
    f0_hz = 220.0 * 2.0 ** (cents / 1200.0)
    wave = sum(np.sin(2 * np.pi * k * f0_hz * times) / k for k in range(1, 12))
    wave *= 0.1 * np.clip((times - 0.6 - late_s) / 0.002 + 0.5, 0, 1) * np.clip((1.5 - times) / 0.01, 0, 1)
    wave[round(0.6 * RATE)] += click
    wave += hum * np.sin(2 * np.pi * 1000 * times) * (times > 1.6)
    frames = np.arange(401) * 0.005
    curve = np.where((frames >= 0.5) & (frames < 1.5), 220.0, 0.0).astype(np.float32)
    return Audio(wave.astype(np.float32)[None], RATE), Performance(SPANS, 0.005, curve, np.zeros(401, np.float32))


@pytest.mark.parametrize("track", [measure.praat_pitch, measure.swift_pitch])
@pytest.mark.parametrize("cents", [0.0, 30.0, 70.0])
def test_pitch(track: object, cents: float) -> None:
    audio, performance = sound(cents=cents)
    heard = measure.pitch_errors(track(audio), performance, np.asarray([0.6, 1.5]))  # type: ignore[operator]
    assert heard.frames > 40
    assert heard.median_cents == pytest.approx(cents, abs=4.0)
    assert heard.within == pytest.approx(float(cents < 50.0), abs=0.05)


@pytest.mark.parametrize("late_s", [-0.02, 0.0, 0.035])
def test_onsets(late_s: float) -> None:
    assert measure.vowel_onsets_ms(*sound(late_s)) == pytest.approx([1000 * late_s], abs=6.0)


def test_clicks_and_rests() -> None:
    quiet, fault = measure.join_steps(*sound()), measure.join_steps(*sound(click=0.6))
    assert quiet[0] <= 1.1 * quiet[1]
    assert fault[0] > 2.0 * fault[1]
    assert measure.rest_level_db(*sound()) < -100.0
    assert measure.rest_level_db(*sound(hum=0.01)) > -40.0


def test_levels() -> None:
    pitch, level_db = measure.vowel_levels_db(*sound())
    assert pitch == pytest.approx([57.0], abs=0.01)
    power = sum((0.1 / k) ** 2 / 2 for k in range(1, 12))
    assert level_db == pytest.approx([10 * np.log10(power)], abs=0.2)
