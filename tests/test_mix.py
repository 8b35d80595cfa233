"""The mix: loud enough, never too loud, the sum of its stems, the voice in front, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import example_song
import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mix import DefaultMixer, MixSettings, PartSettings, mix
from songsmith.mixing import balance, curves, dynamics, limiter, loudness, measures
from songsmith.mixing.settings import ClarityAim, Master
from songsmith.song import Mix
from songsmith.units import gain_to_db

RATE = 44100


def hum(seconds: float, start: float = 2.0, end: float = 8.0) -> Audio:
    """Return a voice that sings from `start` to `end`."""
    t = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 220.0 * h * t + 0.1 * h * np.sin(2 * np.pi * 5 * t)) / h for h in range(1, 10))
    on = np.clip(np.minimum(t - start, end - t) / 0.05, 0.0, 1.0)
    return Audio(np.asarray(0.1 * tone * on, np.float32)[None], RATE)


@pytest.fixture(scope="module")
def mixed() -> Mix:
    return mix(hum(12.0), example_song.stems(12.0))


def lufs(samples: np.ndarray) -> float:
    return float(pyloudnorm.Meter(RATE).integrated_loudness(samples.T))


def true_peak_db(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(resample_poly(samples, 4, 1, axis=1)).max()))


def as_written(samples: np.ndarray) -> np.ndarray:
    return np.round(samples.astype(np.float64) * 2**23) / 2**23


def assert_good(result: Mix, length: int) -> None:
    samples = result.mix.samples
    assert samples.shape == (2, length)
    assert result.mix.sample_rate == RATE
    assert all(stem.samples.shape == samples.shape for stem in result.stems.values())
    assert np.abs(as_written(samples) - sum(as_written(s.samples) for s in result.stems.values())).max() <= 1e-4
    assert max(np.abs(stem.samples).max() for stem in result.stems.values()) <= 1.0
    assert np.isfinite(samples).all()


def test_the_mix_keeps_its_promises(mixed: Mix) -> None:
    assert_good(mixed, 12 * RATE)
    assert list(mixed.stems) == ["vocals", "drums", "bass", "harmony"]
    assert lufs(mixed.mix.samples) == pytest.approx(-14.0, abs=0.3)
    assert true_peak_db(mixed.mix.samples) <= -1.0
    assert np.abs(mixed.mix.samples[:, -1]).max() < 1e-6
    assert mixed.dry_vocals is not None


def test_the_same_input_gives_the_same_bytes_and_stays_as_it_is(mixed: Mix) -> None:
    vocal, stems = hum(12.0), example_song.stems(12.0)
    again = mix(vocal, stems)
    assert again.mix.samples.tobytes() == mixed.mix.samples.tobytes()
    assert all(again.stems[n].samples.tobytes() == mixed.stems[n].samples.tobytes() for n in mixed.stems)
    assert vocal.samples.tobytes() == hum(12.0).samples.tobytes()
    fresh = example_song.stems(12.0)
    assert all(stems[name].samples.tobytes() == fresh[name].samples.tobytes() for name in fresh)
    assert again.dry_vocals is vocal


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 99),
    levels_db=st.tuples(*[st.floats(-40.0, 20.0)] * 4),
    length=st.integers(3 * RATE, 6 * RATE),
)
def test_any_levels_come_to_the_target(seed: int, levels_db: tuple[float, ...], length: int) -> None:
    gains = [np.float32(10 ** (level / 20)) for level in levels_db]
    stems = {
        n: Audio(s.samples * g, RATE) for (n, s), g in zip(example_song.stems(5.0, seed).items(), gains, strict=False)
    }
    result = mix(Audio(hum(5.0, 1.0, 4.0).samples * gains[3], RATE), stems, frames=length)
    assert_good(result, length)
    assert lufs(result.mix.samples) == pytest.approx(-14.0, abs=0.3)
    assert true_peak_db(result.mix.samples) <= -1.0


def test_any_number_of_workers_gives_the_same_bytes(mixed: Mix) -> None:
    for workers in (1, 5):
        again = mix(hum(12.0), example_song.stems(12.0), workers=workers)
        assert all(again.stems[n].samples.tobytes() == mixed.stems[n].samples.tobytes() for n in mixed.stems)
        assert again.mix.samples.tobytes() == mixed.mix.samples.tobytes()


@given(
    seed=st.integers(0, 2**32 - 1),
    level_db=st.floats(-60.0, 0.0),
    length=st.integers(1, 3 * RATE),
    hits=st.booleans(),
)
@settings(max_examples=25)
def test_what_the_mixer_measured_is_what_the_mix_measures(
    seed: int, level_db: float, length: int, hits: bool
) -> None:
    random = np.random.default_rng(seed)
    samples = random.standard_normal((2, length)) * 10 ** (level_db / 20)
    if hits:
        samples *= random.random(length) < 0.01
    done = mix(None, {"harmony": Audio(np.asarray(samples, np.float32), RATE)})
    known = done.known
    assert known is not None
    assert known.energies.tobytes() == loudness.tenth_energies(done.mix.samples, RATE).tobytes()
    if known.true_peak is not None:
        assert float(gain_to_db(known.true_peak)) == loudness.true_peak_dbtp(done.mix.samples)
    other = replace(done, mix=Audio(done.mix.samples.copy(), RATE))
    assert other.known is None, "it was measured of other samples"


def test_the_level_of_a_raw_stem_does_not_matter(mixed: Mix) -> None:
    stems = {name: Audio(stem.samples * np.float32(0.25), RATE) for name, stem in example_song.stems(12.0).items()}
    other = mix(Audio(hum(12.0).samples * np.float32(2.0), RATE), stems)
    assert np.abs(other.mix.samples - mixed.mix.samples).max() < 1e-4


UNAIDED = replace(MixSettings.load(), clarity=ClarityAim(audibility=0.0))
"""Levels only: nothing is dipped or raised to make the voice clearer."""


def test_the_voice_is_in_front_while_it_sings() -> None:
    result = mix(hum(12.0), example_song.stems(12.0), UNAIDED)
    sung = slice(round(2.5 * RATE), round(7.5 * RATE))
    backing = sum(stem.samples for name, stem in result.stems.items() if name != "vocals")
    over = lufs(result.stems["vocals"].samples[:, sung]) - lufs(backing[:, sung])
    assert over == pytest.approx(UNAIDED.vocal.over_backing_db, abs=0.75)


def test_parts_make_room_for_the_voice_and_drums_do_not() -> None:
    voice_on, alone = mix(hum(12.0), example_song.stems(12.0), UNAIDED), mix(None, example_song.stems(12.0), UNAIDED)
    for name, depth in (("harmony", UNAIDED.duck.depth_db), ("drums", 0.0)):
        change = 20 * np.log10(
            [
                np.linalg.norm(m.stems[name].samples[:, 4 * RATE : 6 * RATE])
                / np.linalg.norm(m.stems[name].samples[:, 9 * RATE : 11 * RATE])
                for m in (alone, voice_on)
            ]
        )
        assert change[0] - change[1] == pytest.approx(depth, abs=0.5)


def test_part_settings_are_heard() -> None:
    stems = {name: stem for name, stem in example_song.stems(6.0).items() if name != "drums"}

    def levels(part: PartSettings) -> tuple[np.ndarray, float]:
        result = mix(None, stems, parts={"harmony": part, "bass": PartSettings(level_db=0.0, reverb=0.0)})
        sides = np.linalg.norm(result.stems["harmony"].samples, axis=1)
        return sides, loudness.loudness_lufs(result.stems["harmony"].samples, RATE) - loudness.loudness_lufs(
            result.stems["bass"].samples, RATE
        )

    left, _ = levels(PartSettings(pan=-0.8, reverb=0.0))
    right, _ = levels(PartSettings(pan=0.8, reverb=0.0))
    assert left[0] > 3 * left[1]
    assert right[1] > 3 * right[0]
    _, quiet = levels(PartSettings(level_db=-12.0, reverb=0.0))
    _, loud = levels(PartSettings(level_db=-4.0, reverb=0.0))
    assert loud - quiet == pytest.approx(8.0, abs=0.5)
    assert quiet == pytest.approx(-12.0, abs=1.5)


def test_a_gain_is_a_gain_on_the_raw_stem() -> None:
    raw = {name: stem for name, stem in example_song.stems(6.0).items() if name != "drums"}
    parts = {"harmony": PartSettings(gain_db=3.0, reverb=0.0), "bass": PartSettings(gain_db=-6.0, reverb=0.0)}
    result = mix(None, raw, parts=parts)
    before = lufs(raw["harmony"].samples) - lufs(raw["bass"].samples)
    after = lufs(result.stems["harmony"].samples) - lufs(result.stems["bass"].samples)
    assert after - before == pytest.approx(9.0, abs=1.0)


def test_spread_is_gone_in_mono() -> None:
    raw = {"pad": example_song.stems(4.0)["bass"]}
    preset = replace(MixSettings.load(), master=Master(loudness_lufs=-35.0))

    def pad(spread: float) -> np.ndarray:
        channel = replace(preset.channel("pad"), spread=spread)
        part = PartSettings(level_db=-10.0, reverb=0.0)
        samples = mix(None, raw, replace(preset, parts=(("pad", channel),)), {"pad": part}).stems["pad"].samples
        return samples / np.linalg.norm(samples.sum(axis=0))

    narrow, wide = pad(0.0), pad(0.5)
    assert np.abs(narrow.sum(axis=0) - wide.sum(axis=0)).max() < 1e-5
    assert np.abs(narrow[0] - narrow[1]).max() < 1e-5
    assert np.linalg.norm(wide[0] - wide[1]) > 0.4 * np.linalg.norm(wide[0] + wide[1])


TEXTURE_STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("knob", "measure", "direction"),
    [
        ("brightness", "centroid_hz", 1),
        ("width", "side_to_mid", 1),
        ("reverb", "decay_s", 1),
        ("lofi", "bandwidth_hz", -1),
        ("lofi", "noise_floor_db", 1),
    ],
)
def test_a_knob_moves_its_own_measure_all_the_way(knob: str, measure: str, direction: int) -> None:
    stems = {name: stopped(stem, 3.0, 7.0) for name, stem in example_song.stems(3.0).items()}
    vocal = stopped(hum(3.0, 0.5, 4.0), 3.0, 7.0)
    found = []
    for value in TEXTURE_STEPS:
        sound = mix(vocal, stems, texture=replace(Texture(), **{knob: value})).mix
        found.append(
            measures.decay_s(sound, 3.0)
            if measure == "decay_s"
            else getattr(measures.texture_measures(sound), measure)
        )
    steps = direction * np.diff(found)
    # Noise is only ever added: below 0 there is none to take away.
    assert (steps[2 if measure == "noise_floor_db" else 0 :] > 0).all(), found
    assert (steps >= 0).all(), found


def stopped(audio: Audio, at_s: float, length_s: float) -> Audio:
    """Return sound that stops dead, and silence after it."""
    samples = np.zeros((audio.channels, round(length_s * RATE)), np.float32)
    count = round(at_s * RATE)
    samples[:, :count] = audio.samples[:, :count]
    return Audio(samples, RATE)


def test_mono_is_mono() -> None:
    parts = {"harmony": PartSettings(pan=0.7), "drums": PartSettings(pan=-0.3)}
    sound = mix(hum(4.0), example_song.stems(4.0), parts=parts, texture=Texture(width=-1.0)).mix.samples
    assert np.abs(sound[0] - sound[1]).max() < 1e-5


# --- edges


def test_silence_stays_silent() -> None:
    quiet = {"drums": Audio.silence(2, RATE, RATE)}
    result = mix(Audio.silence(1, RATE, RATE), quiet)
    assert_good(result, RATE)
    assert not result.mix.samples.any()


def test_a_silent_part_or_voice_does_no_harm() -> None:
    stems = {**example_song.stems(4.0), "pad": Audio.silence(2, 4 * RATE, RATE)}
    result = mix(Audio.silence(1, 4 * RATE, RATE), stems)
    assert_good(result, 4 * RATE)
    assert not result.stems["pad"].samples.any()
    assert not result.stems["vocals"].samples.any()
    assert lufs(result.mix.samples) == pytest.approx(-14.0, abs=0.3)


def test_a_voice_alone() -> None:
    result = mix(hum(5.0, 1.0, 4.0), {})
    assert_good(result, 5 * RATE)
    assert lufs(result.mix.samples) == pytest.approx(-14.0, abs=0.3)


@pytest.mark.parametrize("frames", [1, 100, 4410, 20000])
def test_very_short_songs(frames: int) -> None:
    stems = {name: Audio(stem.samples[:, :frames], RATE) for name, stem in example_song.stems(1.0).items()}
    assert_good(mix(Audio(hum(1.0, 0.0, 1.0).samples[:, :frames], RATE), stems), frames)


def test_stems_that_cancel_each_other_do_not_clip() -> None:
    t = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    bit = 0.02 * np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    pair = {"harmony": Audio(np.stack([tone, tone]), RATE), "harmony2": Audio(np.stack([bit - tone] * 2), RATE)}
    same = PartSettings(level_db=0.0, reverb=0.0)
    result = mix(None, pair, parts={"harmony": same, "harmony2": same})
    assert_good(result, 4 * RATE)


def test_a_single_click_is_limited_not_clipped() -> None:
    samples = np.zeros((2, 3 * RATE), np.float32)
    samples[:, ::RATE] = 1.0
    result = mix(None, {"drums": Audio(samples, RATE)})
    assert_good(result, 3 * RATE)
    assert true_peak_db(result.mix.samples) <= -1.0


def test_wrong_inputs_are_refused() -> None:
    stems = example_song.stems(1.0)
    with pytest.raises(InputError, match="nothing to mix"):
        mix(None, {})
    with pytest.raises(InputError, match="'drums' has 1 channels at 44100 Hz"):
        mix(None, {"drums": hum(1.0)})
    with pytest.raises(InputError, match="'vocals' has 1 channels at 24000 Hz"):
        mix(Audio(hum(1.0).samples, 24000), stems)
    with pytest.raises(InputError, match="kept for the lead"):
        mix(None, {"vocals": stems["drums"]})
    with pytest.raises(InputError, match="kept for the noise"):
        mix(None, {"noise": stems["drums"]})
    with pytest.raises(InputError, match="0 workers cannot mix: use 1 or more"):
        mix(None, stems, workers=0)
    broken = stems["drums"].samples.copy()
    broken[0, 5] = np.nan
    with pytest.raises(InputError, match="'drums' holds samples that are not finite"):
        mix(None, {"drums": Audio(broken, RATE)})
    for wrong in ({"pan": 2.0}, {"gain_db": float("nan")}, {"level_db": 21.0}, {"reverb": -0.1}):
        with pytest.raises(InputError, match="out of range"):
            PartSettings(**wrong)


def test_presets_are_checked(tmp_path: Path) -> None:
    assert DefaultMixer().settings == MixSettings.load("default")
    text = (Path(__file__).parents[1] / "configs" / "mix" / "default.toml").read_text()
    for old, new, message in (
        ("ride = 0.5", "ride = 5", "vocal.ride = 5 is not accepted"),
        ("ride = 0.5", "rdie = 0.5", "vocal.rdie = 0.5 is not accepted"),
        ("[duck]", "[dukc]", "duck is missing"),
    ):
        path = tmp_path / "mix.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=message.replace(".", r"\.")):
            MixSettings.load(str(path))


# --- what it is made of


@settings(max_examples=30, deadline=None)
@given(
    rate=st.sampled_from([44100, 48000, 24000]),
    seconds=st.floats(1.0, 6.0),
    levels=st.lists(st.floats(-60.0, 0.0), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_loudness_agrees_with_pyloudnorm(rate: int, seconds: float, levels: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces = [
        10 ** (level / 20) * random.standard_normal((2, round(seconds * rate / len(levels)) + 1)) for level in levels
    ]
    samples = np.concatenate(pieces, axis=1).astype(np.float32)
    samples = samples[:, : samples.shape[1] // (rate // 10) * (rate // 10)]
    wanted = pyloudnorm.Meter(rate).integrated_loudness(samples.T)
    assert loudness.loudness_lufs(samples, rate) == pytest.approx(wanted, abs=0.1)


def test_loudness_of_the_standards_own_signal() -> None:
    """A 997 Hz sine at full scale in one channel reads -3.01 LKFS (BS.1770-4, annex 1)."""
    for rate in (44100, 48000):
        sine = np.sin(2 * np.pi * 997 * np.arange(10 * rate) / rate).astype(np.float32)
        assert loudness.loudness_lufs(sine[None], rate) == pytest.approx(-3.01, abs=0.02)
        assert loudness.loudness_lufs(np.zeros((2, rate), np.float32), rate) == float("-inf")


def test_true_peak_sees_between_the_samples() -> None:
    t = np.arange(RATE)
    sine = np.sin(2 * np.pi * t / 4 + np.pi / 4).astype(np.float32)[None]
    assert np.abs(sine).max() < 0.708
    assert loudness.true_peak_dbtp(sine) == pytest.approx(0.0, abs=0.3)
    noise = np.random.default_rng(0).standard_normal((2, 600_000)).astype(np.float32)
    assert loudness.true_peak_dbtp(noise) == pytest.approx(true_peak_db(noise), abs=1e-4)
    peaks = loudness.true_peaks(noise, 32)
    assert peaks.shape == (18750,)
    assert loudness.true_peak_at(noise, np.arange(18750), 32) == peaks.max()
    assert (peaks >= np.abs(noise).reshape(2, -1, 32).max(axis=(0, 2)) * 0.999).all()


@settings(max_examples=60, deadline=None)
@given(
    peaks=st.lists(st.floats(0.0, 20.0, width=32), min_size=1, max_size=400),
    lookahead_ms=st.floats(1.0, 20.0),
    release=st.floats(1.0, 500.0),
)
def test_the_limiter_lets_no_peak_through(peaks: list[float], lookahead_ms: float, release: float) -> None:
    heights = np.asarray(peaks, np.float32)
    curve = limiter.gain_curve(heights, 0.9, RATE, lookahead_ms, release)
    assert curve.shape == (len(peaks) + 1,)
    assert (curve <= 1.0 + 1e-6).all()
    assert (heights * curve[:-1] <= 0.9 * (1 + 1e-5)).all()
    assert (heights * curve[1:] <= 0.9 * (1 + 1e-5)).all()
    if heights.max() <= 0.9:
        assert (curve == 1.0).all()


def test_curves_are_drawn_by_straight_lines() -> None:
    line = curves.draw_lines(np.asarray([0.0, 1.0, 0.0], np.float32), 4, 7)
    assert line.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 0.75, 0.5]
    assert curves.draw_out(np.full(3, 2.0), 10, 25).tolist() == [2.0] * 25


def test_the_vocal_is_ridden_towards_an_even_distance() -> None:
    channel = MixSettings.load().vocal
    vocal = np.concatenate([np.full(100, 1e-3), np.full(100, 1e-2)])
    backing, singing = np.full(200, 1e-3), np.ones(200)
    gain = balance.vocal_gain(vocal, backing, singing, channel)
    assert gain[20] > gain[180]
    after = vocal * gain**2
    assert 10 * np.log10(after.sum() / backing.sum()) == pytest.approx(channel.over_backing_db, abs=0.01)
    assert 10 * np.log10(after[180] / after[20]) < 7.0
    assert (balance.vocal_gain(vocal, 0 * backing, singing, channel) == 1.0).all()


def test_only_sibilants_are_turned_down() -> None:
    random = np.random.default_rng(0)
    t = np.arange(RATE) / RATE
    vowel = (0.2 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)
    hiss = (0.1 * np.diff(random.standard_normal(RATE + 1))).astype(np.float32)
    out = dynamics.deess(np.concatenate([vowel, hiss])[None], RATE, 5500.0, 6.0)[0]
    assert np.abs(out[1000 : RATE - 1000] - vowel[1000:-1000]).max() < 2e-3
    assert np.linalg.norm(out[RATE + 1000 :]) < 0.75 * np.linalg.norm(hiss[1000:])
