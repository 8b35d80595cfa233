"""Separation of sound in memory: what goes in comes out, in length, rate, channels and sum."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import songsmith
from songsmith.audio import Audio
from songsmith.errors import InputError, MissingPart
from songsmith.separation import Options, separate, separator
from songsmith.separation.mini import Mini
from songsmith.separation.overlap import plan_segments
from songsmith.separation.resample import resampled
from songsmith.separation.separator import FOUR_STEMS, TWO_STEMS, Level, Samples

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000)


def noise(channels: int, frames: int, seed: int = 0, level: float = 0.1) -> Samples:
    """Return noise that differs between channels."""
    return (level * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


class Quarters:
    """A separator that gives every source a share of the mix: what it should give is known exactly."""

    name, version, weights_sha256 = "quarters", "1", "0" * 64
    sources: tuple[str, ...] = ("drums", "bass", "other", "vocals")
    shares = np.array([0.1, 0.2, 0.3, 0.35], np.float32)
    sample_rate = 44100
    segment_s, longest_s, overlap = 1.3, 10.0, 0.25
    sees_outside = True
    on_cpu = True

    def wanted(self, frames: int, segment: int) -> int:
        return segment

    def separate(self, mix: Samples, level: Level) -> Samples:
        return self.shares[:, None, None] * mix


def total(stems: dict[str, Audio]) -> Samples:
    return np.asarray(np.sum([audio.samples for audio in stems.values()], 0), np.float32)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(frames=1, rate=44100, channels=2, stems=4, seed=0)
@example(frames=2, rate=8000, channels=1, stems=2, seed=0)
@given(
    frames=st.integers(1, 30_000),
    rate=st.one_of(st.sampled_from(RATES), st.integers(80, 4000).map(lambda count: 25 * count)),
    channels=st.integers(1, 8),
    stems=st.sampled_from([2, 4]),
    seed=st.integers(0, 99),
)
def test_shape_and_sum(frames: int, rate: int, channels: int, stems: int, seed: int) -> None:
    mix = Audio(noise(channels, frames, seed), rate)
    before = mix.samples.copy()
    found = separate(mix, stems, Mini())
    assert tuple(found) == (TWO_STEMS if stems == 2 else FOUR_STEMS)
    for audio in found.values():
        assert (audio.channels, audio.frames, audio.sample_rate) == (channels, frames, rate)
        assert audio.samples.dtype == np.float32
        assert np.isfinite(audio.samples).all()
    np.testing.assert_allclose(total(found), before, atol=1e-4)
    np.testing.assert_array_equal(mix.samples, before)


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (44100, 1), (44100, 5), (48000, 2), (22050, 3)])
def test_stems_are_aligned(rate: int, channels: int) -> None:
    """Below the filter of the resampler each stem is its share of the mix, sample for sample."""
    time = np.arange(3 * rate) / rate
    mix = Audio(
        np.stack([np.sin(2 * np.pi * (300 + 170 * c) * time) for c in range(channels)]).astype(np.float32), rate
    )
    found = separate(mix, 4, Quarters(), keep_residual=False)
    for name, share in zip(Quarters.sources, Quarters.shares, strict=True):
        ends = 0 if rate == 44100 else 200
        inner = slice(ends, mix.frames - ends)
        np.testing.assert_allclose(found[name].samples[:, inner], share * mix.samples[:, inner], atol=2e-4)


def test_residual_goes_to_the_rest() -> None:
    mix = Audio(noise(2, 100_000), 44100)
    four = separate(mix, 4, Quarters())
    np.testing.assert_allclose(four["other"].samples, 0.35 * mix.samples, atol=1e-6)
    np.testing.assert_allclose(four["vocals"].samples, 0.35 * mix.samples, atol=1e-6)
    two = separate(mix, 2, Quarters())
    np.testing.assert_allclose(two["instrumental"].samples, 0.65 * mix.samples, atol=1e-6)
    raw = separate(mix, 2, Quarters(), keep_residual=False)
    np.testing.assert_allclose(raw["instrumental"].samples, 0.6 * mix.samples, atol=1e-6)


@pytest.mark.parametrize("stems", [2, 4])
def test_silence_in_silence_out(stems: int) -> None:
    for audio in separate(Audio.silence(2, 50_000, 44100), stems, Mini()).values():
        assert not audio.samples.any()


def test_workers_change_nothing() -> None:
    mix = Audio(noise(2, 8 * 44100), 44100)
    one = separate(mix, 4, Mini(), workers=1, segment_s=2)
    three = separate(mix, 4, Mini(), workers=3, segment_s=2)
    for name in FOUR_STEMS:
        np.testing.assert_array_equal(one[name].samples, three[name].samples)


def test_loudness_changes_nothing_but_loudness() -> None:
    mix = noise(2, 60_000)
    loud, soft = (separate(Audio(mix * np.float32(gain), 44100), 4, Mini()) for gain in (1.0, 0.01))
    for name in FOUR_STEMS:
        np.testing.assert_allclose(soft[name].samples * 100, loud[name].samples, atol=2e-4)


def test_shifts_average() -> None:
    mix = Audio(noise(2, 200_000), 44100)
    found = separate(mix, 4, Quarters(), shifts=3)
    np.testing.assert_allclose(found["vocals"].samples, 0.35 * mix.samples, atol=1e-6)
    once, more = (separate(mix, 4, Mini(), shifts=shifts, segment_s=2)["vocals"].samples for shifts in (1, 2))
    assert not np.array_equal(once, more)


@settings(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 3_000_000),
    rate=st.sampled_from(RATES),
    overlap=st.floats(0, 0.9),
    shifts=st.integers(0, 5),
    segment=st.floats(1.0, 10.0),
)
def test_segments_cover_all(frames: int, rate: int, overlap: float, shifts: int, segment: float) -> None:
    length, segments = plan_segments(frames, rate, Quarters(), Options(shifts, overlap, segment))
    reached = 0
    for one in segments:
        assert one.start <= reached
        assert one.first <= one.start < one.stop <= one.last
        assert one.last - one.first <= length
        reached = max(reached, one.stop)
    assert (segments[0].start, reached) == (0, frames)


@settings(max_examples=40, deadline=None)
@given(rate=st.integers(80, 4000).map(lambda count: 25 * count), frames=st.integers(1, 4000))
def test_there_and_back_keeps_place(rate: int, frames: int) -> None:
    """A click stays where it was, whatever the rates."""
    click = np.zeros((1, frames), np.float32)
    click[0, frames // 2] = 1.0
    back = resampled(resampled(click, rate, 44100), 44100, rate, frames)
    assert back.shape == click.shape
    assert int(np.argmax(back[0])) == frames // 2


def test_resampling_keeps_what_is_below_the_filter() -> None:
    import soxr

    time = np.arange(48000) / 48000
    tone = np.sin(2 * np.pi * 3000 * time).astype(np.float32)
    ours = resampled(tone[None], 48000, 44100)[0]
    theirs = soxr.resample(tone, 48000, 44100, quality="VHQ")
    np.testing.assert_allclose(ours[500:-500], theirs[500 : len(ours) - 500], atol=1e-3)


@pytest.mark.parametrize(
    ("given_audio", "message"),
    [
        (Audio(np.zeros((2, 0), np.float32), 44100), "the audio: holds no sound (0 frames); give a recording"),
        (Audio(np.full((2, 9), np.nan, np.float32), 44100), "the audio: holds values that are no numbers"),
        (Audio(np.full((1, 9), np.inf, np.float32), 44100), "the first in frame 0; export it again"),
        (Audio(np.full((2, 9), 32767, np.float32), 44100), "has samples up to 3.277e+04, where full scale is 1"),
        (Audio(np.zeros((9, 9), np.float32), 44100), "has 9 channels; give a recording of 1 to 8"),
        (Audio(np.zeros((2, 9), np.float32), 200), "has 200 frames a second; give 1000 to 384000 Hz"),
        (np.zeros((2, 9)), "a ndarray cannot be separated: give the path of a file or an Audio"),
        (None, "a NoneType cannot be separated: give the path of a file or an Audio"),
    ],
)
def test_what_is_no_sound_is_told(given_audio: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        separate(given_audio, 4, Mini())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stems": 3}, "3 stems are not what songsmith-mini can give: use 2 or 4"),
        ({"stems": 6}, "6 stems are not what songsmith-mini can give: use 2 or 4"),
        ({"shifts": 99}, "99 shifts are not possible: use 1 to 20"),
        ({"overlap": 0.95}, "an overlap of 0.95 is not possible: use 0 to 0.9"),
        ({"segment_s": 0.1}, "segments of 0.1 s are too short: use 1 s or more"),
        ({"segment_s": 1e9}, "segments of 1e+09 s are too long for songsmith-mini: use 60 s at most"),
        ({"workers": 0}, "0 workers cannot separate: use 1 or more"),
        ({"device": "cuda"}, "songsmith-mini runs on the CPU only"),
        ({"model": "htdemux"}, "separator 'htdemux' is not known: use one of songsmith-mini, htdemucs"),
    ],
)
def test_options_are_checked(options: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"stems": 4, "model": "songsmith-mini"} | options
    with pytest.raises(InputError, match=re.escape(message)):
        separate(Audio(noise(2, 1000), 44100), **arguments)  # type: ignore[arg-type]


def test_the_choice_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("SONGSMITH_CACHE", "TORCH_HOME", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    told: list[str] = []
    found = songsmith.separate(Audio(noise(2, 1000), 44100), warn=told.append)
    assert tuple(found) == TWO_STEMS
    assert told == ["separated with songsmith-mini, as no model was named"]


@pytest.mark.parametrize("name", ["htdemucs", "htdemucs_ft", "htdemucs_6s", "mdx_extra"])
def test_missing_weights_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: object, name: str) -> None:
    for variable in ("SONGSMITH_CACHE", "TORCH_HOME", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    with pytest.raises(MissingPart, match=f"get them with 'songsmith fetch {name}'"):
        separator(name)


def test_sources_stand_apart() -> None:
    """A plucked bass and bursts of noise do not go into one stem."""
    rate, seconds = 44100, 6
    time = np.arange(seconds * rate) / rate
    pitch = 55 * 2 ** (np.array([0, 3, 5, 7])[(time * 2 % 4).astype(int)] / 12)  # plucked, a note each half second
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    bass = 0.3 * np.exp(-3 * (time * 2 % 1)) * sum(np.sin(k * phase) / k for k in range(1, 8))
    clicks = np.zeros(len(time))
    clicks[:: rate // 4] = 1.0
    burst = np.random.default_rng(0).standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    drums = 0.3 * np.convolve(clicks, burst)[: len(time)]
    mix = Audio(np.repeat((bass + drums)[None], 2, 0).astype(np.float32), rate)
    found = separate(mix, 4, Mini())

    def power(name: str, part: np.ndarray) -> float:
        return float(abs(np.vdot(found[name].samples[0], part)) / np.vdot(part, part).real)

    assert power("bass", bass) > max(power(name, bass) for name in ("drums", "vocals"))
    assert power("drums", drums) > max(power(name, drums) for name in ("bass", "vocals"))
