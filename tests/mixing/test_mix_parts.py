"""What the mixer is made of, against outside oracles: convolution, room, energies, backing voices, movement."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, fftconvolve, sosfilt

from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.mix import BackingVoice, MixSettings, mix
from songsmith.mixing import balance, clarity, curves, filters, loudness, measures, spectral, tape
from songsmith.mixing.convolve import Blocks, convolve
from songsmith.mixing.room import RoomKnobs, impulse_response
from songsmith.mixing.settings import Room

RATE = 44100


@settings(max_examples=10, deadline=None)
@given(frames=st.integers(1, 300_000), reach=st.integers(1, 40_000), seed=st.integers(0, 99))
def test_convolution_agrees_with_scipy(frames: int, reach: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    samples = random.standard_normal((2, frames)).astype(np.float32)
    impulses = random.standard_normal((2, 2, reach)) * np.exp(-np.arange(reach) / (0.2 * reach))
    impulses = impulses.astype(np.float32)
    blocks = Blocks.for_reach(reach)
    out = convolve(samples, blocks.spectrum(impulses), blocks)
    for side in range(2):
        wanted = sum(fftconvolve(samples[k], impulses[side, k])[:frames] for k in range(2))
        assert np.abs(out[side] - wanted).max() <= 2e-5 * max(1.0, np.abs(wanted).max())


@pytest.mark.parametrize("decay_s", [0.3, 1.1, 3.0])
def test_the_room_rings_as_long_as_asked_and_is_wide(decay_s: float) -> None:
    middle, side = impulse_response(Room(), decay_s, RATE).astype(np.float64)
    octave = butter(4, (707.0, 1414.0), "band", fs=RATE, output="sos")
    left = np.cumsum(sosfilt(octave, middle)[::-1] ** 2)[::-1]
    fall_db = 10 * np.log10(left / left[0] + 1e-15)
    inside = np.flatnonzero((fall_db < -5) & (fall_db > -30))
    slope = np.polyfit(inside / RATE, fall_db[inside], 1)[0]
    damped = decay_s / (1 + (1000 / Room().damping_hz) ** 1.5)
    assert -60 / slope == pytest.approx(damped, rel=0.15)
    assert abs(np.corrcoef(middle, side)[0, 1]) < 0.12
    before = impulse_response(Room(), decay_s, RATE)
    impulse_response.cache_clear()
    assert impulse_response(Room(), decay_s, RATE).tobytes() == before.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        before[0, 0] = 1.0


def test_the_room_answers_the_texture() -> None:
    knobs = [RoomKnobs.of(Room(), reverb) for reverb in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert knobs[0].amount == 0.0
    assert knobs[2] == RoomKnobs(1.0, 1.1)
    for quieter, louder in pairwise(knobs):
        assert quieter.amount < louder.amount
        assert quieter.decay_s < louder.decay_s


def test_hop_energies_agree_with_pyloudnorm_and_parseval() -> None:
    random = np.random.default_rng(2)
    t = np.arange(5 * RATE) / RATE
    samples = np.stack([np.sin(2 * np.pi * 60 * t), 0.2 * random.standard_normal(len(t))]).astype(np.float32)
    hop = RATE // 10
    frequencies_hz = spectral.bin_frequencies(RATE, hop)
    weights = np.stack([spectral.k_power(frequencies_hz, RATE), np.ones(hop + 1)], axis=1)
    energies = spectral.hop_energies(samples, hop, weights)
    wanted = pyloudnorm.Meter(RATE).integrated_loudness(samples.T)
    assert loudness.integrated_lufs(energies[:, 0], 4) == pytest.approx(wanted, abs=0.1)
    assert energies[1:-1, 1].mean() == pytest.approx((samples.astype(np.float64) ** 2).sum(axis=0).mean(), rel=0.02)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), cut_hz=st.floats(200.0, 20000.0), share=st.floats(0.05, 1.0))
def test_peaks_that_matter_are_measured_exactly(seed: int, cut_hz: float, share: float) -> None:
    noise = np.random.default_rng(seed).standard_normal((2, 60_000))
    samples = sosfilt(butter(2, cut_hz, fs=RATE, output="sos"), noise).astype(np.float32)
    every = loudness.true_peaks(samples, 35)
    least = share * float(every.max())
    quick = loudness.true_peaks(samples, 35, least)
    assert (quick[every >= least] == every[every >= least]).all()
    assert (quick[every < least] < least).all()


def test_a_dip_is_a_bell() -> None:
    sections = filters.dip_sections(2200.0, RATE)
    assert spectral.power_at(sections, np.asarray([2200.0]), RATE)[0] == pytest.approx(1.0, abs=1e-6)
    assert (spectral.power_at(sections, np.asarray([150.0, 16000.0]), RATE) < 0.1).all()


# --- the voice before the band


def noise_bands(level_db: float, seed: int, seconds: float = 3.0) -> Audio:
    noise = np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))
    return Audio((10 ** (level_db / 20) * noise).astype(np.float32), RATE)


def test_clarity_counts_what_it_says() -> None:
    voice = noise_bands(-20.0, 1)
    silent = Audio.silence(2, voice.frames, RATE)
    found = clarity.clarity(voice, silent)
    assert found is not None
    assert (found.audibility, found.glimpses) == (pytest.approx(1.0), pytest.approx(1.0))
    assert found.sung_s == pytest.approx(3.0, abs=0.1)
    assert clarity.clarity(silent, voice) is None
    for level_db in (-35.0, -26.0, -20.0, -11.0, -5.0):
        found = clarity.clarity(voice, noise_bands(level_db, 2))
        assert found is not None
        over_db = -20.0 - level_db
        assert found.speech_band_db == pytest.approx(over_db, abs=0.3)
        assert found.audibility == pytest.approx(np.clip((over_db + 15) / 30, 0, 1), abs=0.06)
    with pytest.raises(InputError, match="give both in the same rate and length"):
        clarity.clarity(voice, noise_bands(0.0, 2, 2.0))


def test_no_more_is_done_for_the_voice_than_is_needed() -> None:
    aim = MixSettings.load().clarity
    voice = np.full((50, 18), 1.0)

    def backing(level_db: float):  # type: ignore[no-untyped-def]
        return lambda dip_db: np.full((50, 18), 10 ** ((level_db - dip_db) / 10))

    assert balance.clearing(voice, backing(-20.0), aim) == (0.0, 0.0)
    assert balance.clearing(voice, backing(40.0), aim) == (aim.dip_db, aim.lift_db)
    dip_db, lift_db = balance.clearing(voice, backing(3.0), aim)
    assert 2.9 <= dip_db <= 3.2
    assert lift_db == 0.0


def test_what_makes_room_stays_within_a_phrase() -> None:
    hops = np.zeros(1000)
    for start in range(200, 600, 40):
        hops[start : start + 25] = 1.0  # words of 0.25 s, 0.15 s apart
    there = balance.presence(hops, 0.01, 0.25)
    assert there[230:560].min() > 0.99
    assert there[:150].max() == there[660:].max() == 0.0
    moved = curves.movement(balance.duck_gain(there, 6.0), 0.01)
    assert moved.depth_db == pytest.approx(6.0, abs=0.1)
    assert moved.fastest_db_per_s < 25.0


def test_movement_is_told_in_db() -> None:
    assert curves.movement(np.ones(500), 0.01) == curves.Movement(0.0, 0.0, 0.0)
    falling = 10 ** (-np.arange(500) * 0.01 * 12.0 / 20)
    assert curves.movement(falling, 0.01).fastest_db_per_s == pytest.approx(12.0)
    assert curves.movement(falling, 0.01).depth_db == pytest.approx(12.0 * 4.99)


# --- backing voices


def sung(pitch_hz: float, seconds: float = 6.0) -> Audio:
    """Return a voice that glides and trembles a little: eight notes on a scale."""
    t = np.arange(round(seconds * RATE)) / RATE
    steps = np.asarray([0, 2, 4, 5, 7, 5, 4, 2])[np.minimum(7, (t / seconds * 8).astype(int))]
    frequency = pitch_hz * 2 ** (steps / 12) * (1 + 0.004 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    tone = sum(np.sin(h * phase) / h for h in range(1, 30))
    on = np.clip(np.minimum((t % (seconds / 8)) / 0.02, (seconds / 8 - t % (seconds / 8)) / 0.05), 0, 1)
    return Audio((0.1 * tone * on).astype(np.float32)[None], RATE)


def third_octaves(mono: np.ndarray) -> np.ndarray:
    power = np.abs(np.fft.rfft(mono.astype(np.float64))) ** 2
    weights = clarity.band_weights(np.fft.rfftfreq(len(mono), 1 / RATE))
    return power @ weights


@pytest.mark.parametrize(
    ("cents", "lowest_db"),
    [pytest.param(0.0, -4.0, id="the lead itself, the worst there is"), pytest.param(8.0, -1.5, id="a double")],
)
def test_doubles_never_phase_with_the_lead_in_mono(cents: float, lowest_db: float) -> None:
    lead = sung(220.0)
    double = sung(220.0 * 2 ** (cents / 1200))
    for voices in ([BackingVoice(double, 0.0)], [BackingVoice(double, -0.6), BackingVoice(double, 0.6)]):
        result = mix(lead, {}, voices=voices)
        assert list(result.stems) == ["vocals", "backing_vocals"]
        lead_mono, group_mono = (result.stems[name].samples.mean(axis=0) for name in ("vocals", "backing_vocals"))
        together = third_octaves(lead_mono + group_mono)
        apart = third_octaves(lead_mono) + third_octaves(group_mono)
        used = apart > 1e-4 * apart.max()
        change_db = 10 * np.log10(together[used] / apart[used])
        assert change_db.min() > lowest_db
        assert abs(10 * np.log10(together.sum() / apart.sum())) < 0.75


def test_backing_voices_are_lower_and_wider_than_the_lead() -> None:
    lead = sung(220.0)
    voices = [BackingVoice(sung(277.2), -0.7, -8.0), BackingVoice(sung(330.0), 0.7, -8.0)]
    result = mix(lead, {}, voices=voices)

    def measured(name: str) -> tuple[float, float]:
        samples = result.stems[name].samples
        wide = np.linalg.norm(samples[0] - samples[1]) / np.linalg.norm(samples[0] + samples[1])
        return pyloudnorm.Meter(RATE).integrated_loudness(samples.T), wide

    (lead_lufs, lead_wide), (group_lufs, group_wide) = measured("vocals"), measured("backing_vocals")
    assert group_lufs == pytest.approx(lead_lufs - 8.0 + 3.0 - 1.5, abs=1.5)
    assert group_wide > 2 * lead_wide
    left = mix(lead, {}, voices=voices[:1]).stems["backing_vocals"].samples
    assert np.linalg.norm(left[0]) > 2 * np.linalg.norm(left[1])
    louder = mix(lead, {}, voices=[BackingVoice(sung(277.2), -0.7, -2.0)]).stems["backing_vocals"].samples
    meter = pyloudnorm.Meter(RATE)
    assert meter.integrated_loudness(louder.T) - meter.integrated_loudness(left.T) == pytest.approx(6.0, abs=1.5)


def test_a_choir_without_a_lead() -> None:
    result = mix(None, {}, voices=[BackingVoice(sung(220.0), 0.3), BackingVoice(Audio.silence(1, 9, RATE))])
    assert list(result.stems) == ["backing_vocals"]
    assert pyloudnorm.Meter(RATE).integrated_loudness(result.mix.samples.T) == pytest.approx(-14.0, abs=0.3)
    assert result.dry_vocals is None


def test_wrong_backing_voices_are_refused() -> None:
    voice = sung(220.0, 1.0)
    with pytest.raises(InputError, match=r"backing voice: pan 2 is out of range: use -1 \(left\) to 1 \(right\)"):
        BackingVoice(voice, 2.0)
    with pytest.raises(InputError, match="backing voice: level 3 dB is out of range: use -40 to 0"):
        BackingVoice(voice, 0.0, 3.0)
    with pytest.raises(InputError, match="'backing_vocals 1' has 2 channels"):
        mix(voice, {}, voices=[BackingVoice(Audio.silence(2, 99, RATE))])
    with pytest.raises(InputError, match="65 backing voices are too many: use 64 at most"):
        mix(voice, {}, voices=[BackingVoice(voice)] * 65)
    with pytest.raises(InputError, match="give one or the other"):
        mix(voice, {"backing_vocals": Audio.silence(2, 99, RATE)}, voices=[BackingVoice(voice)])


@pytest.mark.parametrize(
    ("samples", "frames"), [(99, 0), (99, -5), (0, None)], ids=["no frames", "less than none", "empty stems"]
)
def test_a_mix_of_no_length_is_refused(samples: int, frames: int | None) -> None:
    with pytest.raises(InputError, match="frames has no sound: use 1 or more, and inputs that are not empty"):
        mix(None, {"bass": Audio.silence(2, samples, RATE)}, frames=frames)


def test_the_order_of_the_stems_does_not_matter() -> None:
    stems = {name: noise_bands(-20.0, seed) for seed, name in enumerate(("drums", "bass", "pad", "harmony"))}
    one = mix(sung(220.0, 3.0), stems)
    other = mix(sung(220.0, 3.0), dict(reversed(stems.items())))
    assert list(one.stems) == ["vocals", *stems]
    assert list(other.stems) == ["vocals", *reversed(stems)]
    assert one.mix.samples.tobytes() == other.mix.samples.tobytes()
    assert all(one.stems[name].samples.tobytes() == other.stems[name].samples.tobytes() for name in one.stems)


@pytest.mark.parametrize("at", [0, -1])
def test_a_texture_is_not_measured_on_a_click_at_the_edge_or_without_a_middle(at: int) -> None:
    samples = np.zeros((2, 2 * RATE + 200), np.float32)  # the last 200 are less than a step
    samples[:, at] = 0.9
    sides = noise_bands(-20.0, 1).samples.copy()
    sides[1] = -sides[0]
    for nothing in (samples, sides):
        with pytest.raises(InputError, match="sound that both sides share: there is next to none"):
            measures.texture_measures(Audio(nothing, RATE))


def test_every_decorrelator_is_an_all_pass_of_its_own() -> None:
    responses = [filters.decorrelator(number, RATE) for number in range(4)]
    for response in responses:
        magnitude = np.abs(np.fft.rfft(response))
        assert magnitude.min() > 0.95
        assert magnitude.max() < 1.05
    overlaps = [float(np.abs(np.correlate(responses[0], other, "full")).max()) for other in responses[1:]]
    assert max(overlaps) < 0.9


# --- tape


def test_wow_moves_the_pitch_a_few_cents_and_no_more() -> None:
    import librosa

    t = np.arange(6 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * t).astype(np.float32)[None]
    assert tape.wow(tone, RATE, 0.0) is tone
    moved = tape.wow(tone, RATE, 1.0)[0]
    pitch = librosa.yin(moved, fmin=380, fmax=520, sr=RATE, frame_length=4096)[8:-8]
    cents = 1200 * np.log2(pitch / 440)
    assert 3.0 < np.abs(cents).max() < 9.0


def test_saturation_rounds_off_and_adds_odd_harmonics_only() -> None:
    t = np.arange(RATE) / RATE
    tone = (0.25 * np.sin(2 * np.pi * 500 * t)).astype(np.float32)[None]
    worn = tone.copy()
    tape.saturate(worn, 1.0)
    power = np.abs(np.fft.rfft(worn[0])) ** 2
    assert -45 < 10 * np.log10(power[1500] / power[500]) < -15
    assert power[1000] < 1e-6 * power[500]
    clean = tone.copy()
    tape.saturate(clean, -0.5)
    assert (clean == tone).all()
