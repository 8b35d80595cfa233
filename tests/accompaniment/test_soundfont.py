from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_fonts import sine, soundfont_bytes, write

from songsmith.accompaniment.sampler import NoteRenderer
from songsmith.accompaniment.soundfont import ENVIRONMENT_NAME, find_soundfont, load_soundfont
from songsmith.errors import InputError, MissingPart

TINY = soundfont_bytes([sine(440, 4000)], [((54, 1), (53, 0))], loop=(1000, 2000))


def test_the_default_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(ENVIRONMENT_NAME, raising=False)
    path = find_soundfont()
    assert path == Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
    font = load_soundfont(path)
    assert font.name == "TimGM6mb"
    assert font.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_user_names_another_by_path_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path, TINY)
    assert find_soundfont(path) == path
    monkeypatch.setenv(ENVIRONMENT_NAME, str(path))
    assert find_soundfont() == path
    assert find_soundfont("TimGM6mb").name == "TimGM6mb.sf2"


def test_a_missing_soundfont_is_named_with_what_there_is(tmp_path: Path):
    for name in ("NoSuchFont", str(tmp_path / "gone.sf2")):
        with pytest.raises(MissingPart, match=r"is not there: use .*TimGM6mb"):
            find_soundfont(name)


def test_every_program_and_kit_of_the_default_can_be_read():
    font = load_soundfont(find_soundfont("TimGM6mb"))
    assert {program for bank, program, _ in font.presets if bank == 0} == set(range(128))
    for bank, program, _ in font.presets:
        zones = font.zones(bank, program)
        assert zones
        assert all(0 <= zone.sample < len(font.samples) for zone in zones)
    with pytest.raises(InputError, match="has no drum kit 99"):
        font.zones(128, 99)


def test_preset_values_are_added_to_instrument_values_and_ranges_intersect(tmp_path: Path):
    instrument = [((17, 100),), ((43, 60 << 8 | 40), (48, 20), (53, 0)), ((17, -50), (53, 0))]
    preset = [((48, 30),), ((43, 70 << 8 | 50), (41, 0)), ((44, 127 << 8 | 64), (48, 5), (17, 7), (41, 0))]
    font = load_soundfont(write(tmp_path, soundfont_bytes([sine(440, 400)], instrument, preset)))
    zones = font.zones(0, 0)
    assert [(z.keys, z.velocities) for z in zones] == [
        ((50, 60), (0, 127)),
        ((50, 70), (0, 127)),
        ((40, 60), (64, 127)),
        ((0, 127), (64, 127)),
    ]
    assert [(z.generators["pan"], z.generators["attenuation"]) for z in zones] == [
        (100, 50),
        (-50, 30),
        (107, 25),
        (-43, 5),
    ]


def test_vorbis_samples_are_decoded(tmp_path: Path):
    plain = sine(440, 22050)
    path = write(tmp_path, soundfont_bytes([plain], [((53, 0),)], vorbis=True), "tiny.sf3")
    frames, _, _ = load_soundfont(path).sample_frames(0)
    assert np.sqrt(np.mean((frames[: len(plain)] - plain / 32768) ** 2)) < 0.02


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a SoundFont"),
        (b"RIFF\x04\x00\x00\x00WAVE" * 9, "not a SoundFont"),
        (TINY[:2000], "cut off"),
        (TINY.replace(b"pdta", b"adtp").replace(b"phdr", b"rhdp"), "phdr is missing"),
        (TINY.replace(b"smpl", b"lpms"), "no samples"),
        (soundfont_bytes([sine(440, 400)], [((53, 7),)]), "names the sample 7"),
        (soundfont_bytes([sine(440, 400)], [((53, 0),)], [((41, 9),)]), "names the instrument 9"),
        (soundfont_bytes([sine(440, 400)], [((53, 0),)], rate=7), "has the rate 7 Hz"),
        (soundfont_bytes([sine(440, 400)], [((53, 0),)], vorbis=True).replace(b"OggS", b"Ogg?"), "decoded"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, message: str):
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=message) as caught:
        NoteRenderer(load_soundfont(path), 0, 0, 44100).render(69, 100, 1000)
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        load_soundfont(tmp_path)


@given(st.lists(st.tuples(st.integers(0, len(TINY) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_an_input_error_or_harmless(tmp_path: Path, damage: list[tuple[int, int]]):
    content = bytearray(TINY)
    for place, value in damage:
        content[place] = value
    path = write(tmp_path, bytes(content), "damaged.sf2")
    try:
        sound = NoteRenderer(load_soundfont(path), 0, 0, 44100).render(69, 100, 2000)
    except InputError:
        return
    assert np.all(np.isfinite(sound))


@given(st.binary(min_size=1, max_size=40), st.integers(0, 300))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_tables_are_an_input_error_or_harmless(tmp_path: Path, damage: bytes, place: int):
    start = min(TINY.index(b"phdr") + 8 + place, len(TINY) - len(damage))
    path = write(tmp_path, TINY[:start] + damage + TINY[start + len(damage) :], "damaged.sf2")
    try:
        sound = NoteRenderer(load_soundfont(path), 0, 0, 44100).render(69, 100, 2000)
    except InputError:
        return
    assert np.all(np.isfinite(sound))
