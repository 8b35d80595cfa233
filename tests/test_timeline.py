from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songsmith.errors import InputError
from songsmith.timeline import Meter, Timeline


@given(
    st.lists(st.floats(0.05, 2.0), min_size=1, max_size=40),
    st.lists(st.floats(-10, 60), min_size=1, max_size=20),
)
def test_beats_and_seconds_are_inverse(gaps: list[float], positions: list[float]) -> None:
    beats = tuple(np.concatenate([[0.0], np.cumsum(gaps)]).tolist())
    timeline = Timeline(120.0, beats, (0,))
    there = timeline.beats_to_seconds(positions)
    assert np.allclose(timeline.seconds_to_beats(there), positions, atol=1e-6)


def test_steady_timeline() -> None:
    timeline = Timeline.steady(100.0, 12, 4)
    assert timeline.beats[:3] == (0.0, 0.6, 1.2)
    assert len(timeline.beats) == 13
    assert timeline.downbeats == (0, 4, 8, 12)
    assert timeline.seconds(3.5) == pytest.approx(2.1)


@pytest.mark.parametrize(("text", "beats", "pulses"), [("4/4", 4, 4), ("3/4", 3, 3), ("6/8", 3, 2)])
def test_meters(text: str, beats: int, pulses: int) -> None:
    meter = Meter.parse(text)
    assert (meter.beats_per_bar, meter.pulses_per_bar, str(meter)) == (beats, pulses, text)


@pytest.mark.parametrize("text", ["5/4", "", "4", "4/4/4", "waltz"])
def test_unknown_meters_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="4/4, 3/4, 6/8"):
        Meter.parse(text)


@pytest.mark.parametrize(("beats", "downbeats"), [((0.0,), (0,)), ((0.0, 1.0, 1.0), (0,)), ((0.0, 1.0), (2,))])
def test_broken_timelines_are_refused(beats: tuple[float, ...], downbeats: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        Timeline(100.0, beats, downbeats)
