"""Ways to count: all of them are there, described by numbers, and a tempo that is named is a tempo of quarters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_beats import activations, pulses

from songsmith.analysis.beats import find_bars, ways_to_count
from songsmith.analysis.classes import METERS
from songsmith.analysis.levels import choose, load_scale
from songsmith.timeline import Meter

SECONDS = 20.0


@settings(max_examples=8, deadline=None)
@given(bpm=st.floats(60, 160), drift=st.floats(0, 0.04), meter=st.sampled_from(METERS), first=st.integers(0, 2))
def test_every_way_to_count_is_weighed(bpm: float, drift: float, meter: str, first: int) -> None:
    ways = ways_to_count(activations(pulses(bpm, SECONDS, drift), first, meter, SECONDS))
    tried = {(way.pulses.ratio, way.pulses.shifted, str(way.meter)) for way in ways}
    turns = sum(Meter.parse(name).pulses_per_bar for name in METERS)
    assert len(ways) == len(tried) // len(METERS) * turns
    assert {(1.0, shifted, name) for shifted in (False, True) for name in METERS} <= tried
    for way in ways:
        assert way.features.shape == load_scale().straight.shape
        assert np.isfinite(way.features).all()
        assert len(way.places) == len(way.pulses.times)
        assert ((way.places >= 0) & (way.places < way.meter.pulses_per_bar)).all()
    best, chances = choose(ways)
    assert chances.sum() == pytest.approx(1.0)
    assert chances[best] == chances.max()


@pytest.mark.parametrize("meter", METERS)
def test_a_named_tempo_is_one_of_quarters(meter: str) -> None:
    """In 6/8 pulses come at two thirds of it."""
    pulse_bpm = 80.0
    quarters = pulse_bpm * Meter.parse(meter).pulse_beats
    heard = activations(pulses(pulse_bpm, 30.0), 0, meter, 30.0)
    for named in (0.9 * quarters, quarters, 1.1 * quarters):
        beats, _ = find_bars(heard, tempo=named).beats()
        assert 60.0 / np.median(np.diff(beats)) == pytest.approx(quarters, rel=0.02)


def test_nothing_to_count_is_no_bars() -> None:
    heard = activations(pulses(60.0, 3.0), 0, "4/4", 3.0)
    bars = find_bars(heard)
    assert len(bars.pulses) == 0
    assert bars.beat_confidence == 0.0
