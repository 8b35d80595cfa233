from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import parselmouth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_fonts import RATE, sine, soundfont_bytes, write

from songsmith.accompaniment.instruments import instrument
from songsmith.accompaniment.sampler import NoteRenderer, velocity_gain
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.units import cents_between, midi_to_hz

LOOP = (53, 0)
FRAMES = 4410 * 2  # whole periods of 440 Hz every 2205 frames


def tiny(folder: Path, *generators: tuple[int, int], loop: bool = True, frames: int = FRAMES) -> NoteRenderer:
    zone = (*((54, 1),) * loop, *generators, (53, 0))
    content = soundfont_bytes([sine(440, frames)], [zone], loop=(2205, 4410))
    return NoteRenderer(load_soundfont(write(folder, content)), 0, 0, RATE)


def level_db(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.asarray(sound, float) ** 2) + 1e-20))


def spectrum_peak_hz(sound: np.ndarray) -> float:
    window = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    return float(np.argmax(window) * RATE / (8 * len(sound)))


@pytest.mark.parametrize("key", [45, 57, 68, 69, 70, 81, 93])
def test_a_key_sounds_at_its_pitch_for_as_long_as_it_is_held(tmp_path: Path, key: int):
    sound = tiny(tmp_path).render(key, 100, RATE)
    assert RATE <= sound.shape[1] <= RATE + 600  # the shortest release
    assert abs(cents_between(spectrum_peak_hz(sound[0, :RATE]), midi_to_hz(float(key)))) < 1


@pytest.mark.parametrize("key", [60, 69, 76, 88, 97])
def test_there_is_no_audible_aliasing_or_image(tmp_path: Path, key: int):
    sound = tiny(tmp_path).render(key, 100, RATE)[0, 4000:40000].astype(float)
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(len(sound)))) ** 2
    centre = round(midi_to_hz(float(key)) * len(sound) / RATE)
    wanted = spectrum[centre - 8 : centre + 9].sum()
    assert 10 * np.log10((spectrum.sum() - wanted) / wanted) < -70


def test_what_would_fold_back_is_removed(tmp_path: Path):
    content = soundfont_bytes([sine(15_000, 44100)], [((53, 0),)], root=69)
    renderer = NoteRenderer(load_soundfont(write(tmp_path, content)), 0, 0, RATE)
    plain, octave_up = (renderer.render(key, 100, 15000)[:, 1000:12000] for key in (69, 81))
    assert level_db(octave_up) < level_db(plain) - 70


@given(st.integers(100, 44100), st.integers(30, 100))
@settings(max_examples=25, deadline=None)
def test_a_shorter_note_is_the_longer_one_until_its_release(
    tmp_path_factory: pytest.TempPathFactory, frames: int, key: int
):
    renderer = tiny(tmp_path_factory.mktemp("font"), (33, -12000), (34, -4000), (36, 0), (37, 200))
    longer = renderer.render(key, 100, 60000)
    shorter = renderer.render(key, 100, frames)
    same = max(0, frames // 32 * 32 - 32)
    np.testing.assert_array_equal(shorter[:, :same], longer[:, :same])


def test_loops_stop_where_they_are_told_to(tmp_path: Path):
    once = tiny(tmp_path, loop=False).render(69, 100, RATE)
    assert FRAMES - 64 < once.shape[1] < FRAMES + 64
    until_release = tiny(tmp_path, (54, 3), (38, 1200)).render(69, 100, RATE)
    tail = until_release[0, RATE:]
    assert level_db(until_release[0, RATE - 2000 : RATE]) > -20
    assert level_db(tail[7000:9000]) < -80  # played out: loop end to sample end, at most 6615 frames
    looping = tiny(tmp_path, (38, 1200)).render(69, 100, RATE)
    assert level_db(looping[0, RATE + 7000 : RATE + 9000]) > -50


def test_the_volume_envelope_has_its_stages(tmp_path: Path):
    second, half = 0, -1200
    sound = tiny(tmp_path, (33, half), (34, half), (35, half), (36, second), (37, 300), (38, second))
    note = sound.render(69, 127, 3 * RATE)[0]
    full = level_db(note[int(1.1 * RATE) : int(1.4 * RATE)])

    def at(time_s: float) -> float:
        return level_db(note[int((time_s - 0.02) * RATE) : int((time_s + 0.02) * RATE)]) - full

    assert level_db(note[: int(0.49 * RATE)]) < -100
    assert at(0.75) == pytest.approx(20 * np.log10(0.5), abs=0.2)
    assert at(1.6) == pytest.approx(-10.0, abs=0.3)  # decay: 100 dB a second, down to the sustain level
    assert at(2.5) == pytest.approx(-30.0, abs=0.1)
    assert at(3.3) == pytest.approx(-60.0, abs=0.3)


def test_attenuation_pan_and_velocity(tmp_path: Path):
    plain = tiny(tmp_path).render(69, 127, 20000)
    assert level_db(tiny(tmp_path, (48, 60)).render(69, 127, 20000)) == pytest.approx(level_db(plain) - 6, abs=0.01)
    left = tiny(tmp_path, (17, -500)).render(69, 127, 20000)
    assert level_db(left[1]) < -100
    assert level_db(left[0]) == pytest.approx(level_db(plain[0]) + 3.01, abs=0.05)
    assert velocity_gain(127) == 1.0
    assert 20 * np.log10(velocity_gain(64)) == pytest.approx(-40 * np.log10(127 / 64))


def test_tunings_add_up(tmp_path: Path):
    tuned = tiny(tmp_path, (51, 2), (52, 30)).render(69, 100, RATE)[0, :RATE]
    assert abs(cents_between(spectrum_peak_hz(tuned), 440 * 2 ** (230 / 1200))) < 1
    half = tiny(tmp_path, (56, 50)).render(81, 100, RATE)[0, :RATE]
    assert abs(cents_between(spectrum_peak_hz(half), midi_to_hz(75.0))) < 1


def test_the_filter_follows_its_envelope(tmp_path: Path):
    closed = (8, 4000)  # 82 Hz
    assert (
        level_db(tiny(tmp_path, closed).render(69, 127, RATE)) < level_db(tiny(tmp_path).render(69, 127, RATE)) - 20
    )
    falling = tiny(tmp_path, closed, (11, 6000), (28, 0), (29, 1000)).render(69, 127, 2 * RATE)[0]
    assert level_db(falling[2000:6000]) > level_db(falling[RATE : RATE + 20000]) + 20


def test_exclusive_classes_are_told(tmp_path: Path):
    assert tiny(tmp_path).exclusive_class(69, 100) == 0
    assert tiny(tmp_path, (57, 3)).exclusive_class(69, 100) == 3
    kit = NoteRenderer(load_soundfont(find_soundfont("TimGM6mb")), 128, 0, RATE)
    assert kit.exclusive_class(42, 100) == kit.exclusive_class(46, 100) > 0


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("piano", (36, 48, 60, 72, 84)),
        ("electric bass", (28, 35, 43, 50)),
        ("acoustic bass", (28, 35, 43, 50)),
        ("acoustic guitar", (40, 52, 64, 76)),
        ("strings", (48, 60, 72)),
        ("flute", (62, 74, 86)),
    ],
)
def test_the_default_soundfont_is_in_tune_by_other_ears(name: str, keys: tuple[int, ...]):
    renderer = NoteRenderer(load_soundfont(find_soundfont("TimGM6mb")), 0, instrument(name).program, RATE)
    for key in keys:
        sound = renderer.render(key, 100, RATE).mean(0)[:RATE]
        wanted = midi_to_hz(float(key))
        praat = parselmouth.Sound(sound.astype(float), RATE).to_pitch_ac(
            pitch_floor=max(25.0, wanted / 1.6), pitch_ceiling=wanted * 1.6
        )
        heard = praat.selected_array["frequency"]
        heard = heard[heard > 0][5:-5]
        assert abs(cents_between(float(np.median(heard)), wanted)) < 15, (name, key)
        yin = librosa.yin(sound, fmin=max(25.0, wanted / 1.6), fmax=wanted * 1.6, sr=RATE, frame_length=8192)
        assert abs(cents_between(float(np.median(yin[4:-8])), wanted)) < 25, (name, key)
