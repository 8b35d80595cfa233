"""A voice over a finished recording: the recording comes back, the stems make the mix, and nothing clips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mixing.loudness import loudness_lufs, true_peak_dbtp
from songsmith.mixing.over import BACKING, GainCurve, mix_over
from songsmith.mixing.settings import MixSettings

RATE = 44100


def recording(seconds: float, level: float, seed: int = 0) -> Audio:
    """Return noise with blows in it, as loud as asked."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 0.08, (2, int(seconds * RATE)))
    for start in range(0, samples.shape[1], RATE // 2):
        length = min(2000, samples.shape[1] - start)
        samples[:, start : start + length] += rng.normal(0, 0.4, (2, length)) * np.exp(-np.arange(length) / 400)
    return Audio(np.asarray(samples / np.abs(samples).max() * level, np.float32), RATE)


def voice(seconds: float, spans: tuple[tuple[float, float], ...]) -> Audio:
    times = np.arange(int(seconds * RATE)) / RATE
    sung = np.zeros(len(times))
    for start, end in spans:
        inside = (times >= start) & (times < end)
        sung[inside] = sum(np.sin(2 * np.pi * 220 * h * times[inside]) / h for h in range(1, 12))
    return Audio(np.asarray(0.1 * sung[None], np.float32), RATE)


@pytest.mark.parametrize("level", [0.05, 0.89, 1.0])
def test_the_recording_comes_back(level: float) -> None:
    backing = recording(8.0, level)
    before = backing.samples.copy()
    mix, gains = mix_over(voice(8.0, ((2.0, 4.0), (5.0, 6.5))), backing, MixSettings.load(), Texture())
    assert np.array_equal(backing.samples, before)
    back = mix.stems[BACKING].samples / gains.at_frames(backing.frames, RATE)
    assert np.abs(back - backing.samples).max() < 1e-4
    total = sum((stem.samples for stem in mix.stems.values()), np.zeros_like(mix.mix.samples))
    assert np.abs(total - mix.mix.samples).max() < 1e-4
    assert true_peak_dbtp(mix.mix.samples) <= -1.0 + 1e-3
    assert loudness_lufs(mix.mix.samples, RATE) <= -13.9


def test_the_recording_gives_way_only_under_the_voice() -> None:
    backing = recording(10.0, 0.5)
    _, gains = mix_over(voice(10.0, ((4.0, 6.0),)), backing, MixSettings.load(), Texture())
    curve = gains.at_frames(backing.frames, RATE)
    away = np.concatenate([curve[: 2 * RATE], curve[8 * RATE :]])
    assert np.ptp(away) < 1e-3 * away[0]
    assert curve[5 * RATE] < 0.9 * away[0]
    assert curve.min() > 0.7 * away[0]


def test_a_silent_voice_leaves_the_recording_alone() -> None:
    backing = recording(5.0, 0.5)
    mix, gains = mix_over(Audio.silence(1, backing.frames, RATE), backing, MixSettings.load(), Texture())
    assert len(set(gains.gains)) == 1
    assert not mix.stems["vocals"].samples.any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 5.0), st.floats(0.01, 100.0)), min_size=1, max_size=20))
def test_a_gain_curve_is_what_its_text_says(pairs: list[tuple[float, float]]) -> None:
    times = tuple(round(float(t), 3) for t in np.cumsum([p[0] for p in pairs]))
    curve = GainCurve(times, tuple(p[1] for p in pairs)).times_gain(1.0)
    assert GainCurve.parse(str(curve)) == curve


@pytest.mark.parametrize("text", ["", "a:b", "0:1 0:2", "0:-1", "0:1:2", "0:nan", "1:1e9"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="gains of a recording"):
        GainCurve.parse(text)
