from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.audio import Audio, to_24_bit
from songsmith.errors import InputError


def noise(channels: int, frames: int, peak: float = 1.2) -> Audio:
    samples = np.random.default_rng(0).uniform(-peak, peak, (channels, frames)).astype(np.float32)
    return Audio(samples, 44_100)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_files_come_back_within_half_a_step_and_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    audio = noise(2, 5000)
    audio.write(tmp_path / f"a.{suffix}")
    again = Audio.read(tmp_path / f"a.{suffix}")
    assert np.abs(again.samples - np.clip(audio.samples, -1, 1)).max() <= 1.01 * 2**-23
    again.write(tmp_path / f"b.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert soundfile.info(tmp_path / f"a.{suffix}").subtype == "PCM_24"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    for place in (tmp_path / "a.wav", tmp_path / "b.wav", tmp_path):
        with pytest.raises(InputError, match="not a readable audio file"):
            Audio.read(place)


def test_shape_and_type_are_checked() -> None:
    for samples in (np.zeros(4, np.float32), np.zeros((2, 4))):
        with pytest.raises(InputError, match="float32"):
            Audio(samples, 44_100)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="sample rate"):
        Audio(np.zeros((1, 4), np.float32), 0)


@given(
    channels=st.integers(1, 3),
    frames=st.integers(1, 400),
    block=st.integers(1, 200),
    title=st.text("abc é", min_size=1, max_size=9),
    seed=st.integers(0, 99),
)
@settings(max_examples=200)
def test_wav_files_are_those_of_libsndfile(channels: int, frames: int, block: int, title: str, seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1.2, 1.2, (channels, frames)).astype(np.float32)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("songsmith.audio.BLOCK", block)
        Audio(samples, 44_100).write(Path(folder) / "own.wav", info={"title": title})
        with soundfile.SoundFile(Path(folder) / "its.wav", "w", 44_100, channels, subtype="PCM_24") as file:
            file.title = title
            file.write(to_24_bit(samples.T))
        assert (Path(folder) / "own.wav").read_bytes() == (Path(folder) / "its.wav").read_bytes()
