"""Beats and bars out of activations whose truth is known: any tempo, drift and meter."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.analysis.beats import Activations, find_bars
from songsmith.analysis.classes import METERS
from songsmith.analysis.features import FPS
from songsmith.analysis.pulses import follow_pulses, settle
from songsmith.timeline import Meter


def curve(times: np.ndarray, seconds: float, height: float = 0.9) -> np.ndarray:
    """Return an activation with bumps at times, three frames wide."""
    places = np.arange(int(seconds * FPS))
    found = np.full(len(places), 0.02)
    for time in times:
        found = np.maximum(found, height * np.exp(-0.5 * ((places - time * FPS) / 0.8) ** 2))
    return found


def pulses(bpm: float, seconds: float, drift: float = 0.0, start: float = 0.3) -> np.ndarray:
    """Return pulse times whose tempo goes up and down by `drift`."""
    times, now = [], start
    while now < seconds:
        times.append(now)
        now += 60.0 / bpm * (1.0 + drift * np.sin(2 * np.pi * now / 20.0))
    return np.asarray(times)


def activations(times: np.ndarray, first: int, meter: str, seconds: float) -> Activations:
    count = Meter.parse(meter).pulses_per_bar
    meters = np.full((int(seconds * FPS), len(METERS)), 0.1)
    meters[:, METERS.index(meter)] = 0.8
    zero = np.zeros(int(seconds * FPS))
    parts = 3 if meter == "6/8" else 2
    fine = np.interp(np.arange(0, len(times) - 1, 1.0 / parts), np.arange(len(times)), times)
    strong, all_, hats = curve(times[first::count], seconds), curve(times, seconds), curve(fine, seconds, 0.5)
    flux = np.stack([strong + 0.5 * all_, all_, hats + all_], axis=1)
    return Activations(all_, strong, zero, meters, flux)


@settings(max_examples=15, deadline=None)
@given(bpm=st.floats(45, 200), drift=st.floats(0, 0.05), start=st.floats(0.05, 0.9))
def test_pulses_are_followed_at_any_tempo(bpm: float, drift: float, start: float) -> None:
    times = pulses(bpm, 24.0, drift, start)
    activation = curve(times, 24.0)
    found = settle(follow_pulses(activation, 36.0, 230.0), activation)
    assert np.all(np.diff(found) > 0)
    assert mir_eval.beat.f_measure(times, found) > 0.93
    inner = found[(found > 3) & (found < 21)]
    off = np.abs(times[None, :] - inner[:, None]).min(axis=1)
    assert np.percentile(off, 90) < 0.025


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("first", [0, 1])
def test_bars_of_every_meter(meter: str, first: int) -> None:
    times = pulses(92.0, 40.0, 0.03)
    bars = find_bars(activations(times, first, meter, 40.0))
    assert str(bars.meter) == meter
    beats, downbeats = bars.beats()
    true = times[first :: bars.meter.pulses_per_bar]
    assert mir_eval.beat.f_measure(true, beats[downbeats[(downbeats >= 0) & (downbeats < len(beats))]]) > 0.95
    gaps = np.diff(downbeats)
    assert np.all(gaps == bars.meter.beats_per_bar)


def test_a_beat_is_a_quarter_in_six_eight() -> None:
    bars = find_bars(activations(pulses(60.0, 30.0), 0, "6/8", 30.0))
    beats, _ = bars.beats()
    assert 60.0 / np.median(np.diff(beats)) == pytest.approx(90.0, rel=0.01)


def test_a_tempo_that_is_named_is_kept_to() -> None:
    times = pulses(140.0, 24.0)
    half = find_bars(activations(times, 0, "4/4", 24.0), tempo=70.0)
    assert 60.0 / np.median(np.diff(half.pulses)) == pytest.approx(70.0, rel=0.05)


def test_noise_is_unsure() -> None:
    rng = np.random.default_rng(0)
    zero = np.zeros(1000)
    flat = Activations(
        rng.uniform(0.0, 0.1, 1000), rng.uniform(0.0, 0.1, 1000), zero, np.full((1000, 3), 1 / 3), np.zeros((1000, 3))
    )
    assert find_bars(flat).beat_confidence < 0.2
