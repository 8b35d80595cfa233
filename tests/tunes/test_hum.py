"""Notes out of hummed sound: synthetic hums with vibrato, glides, noise and odd tuning, whose notes are known."""

from __future__ import annotations

from pathlib import Path

import mir_eval
import numpy as np
import pytest
import soundfile

from songsmith.errors import InputError
from songsmith.tunes import read_tune
from songsmith.tunes.beatgrid import find_beats, quantise
from songsmith.tunes.hum import _read, hear_notes

RATE = 22050
TEMPO = 100.0
TUNE = [
    (0.0, 1.0, 57), (1.0, 0.5, 59), (1.5, 0.5, 61), (2.0, 2.0, 62), (4.0, 1.0, 62), (5.0, 1.0, 66), (6.0, 2.0, 64),
    (8.5, 0.5, 64), (9.0, 0.5, 62), (9.5, 0.5, 61), (10.0, 1.0, 59), (11.0, 1.0, 64), (12.0, 0.5, 61),
    (12.5, 0.5, 59), (13.0, 3.0, 57),
]  # fmt: skip


def hum(
    vibrato: float = 0.35, noise_db: float = -40.0, tuning: float = 0.0, late_s: float = 0.015, higher: int = 0
) -> np.ndarray:
    """Return the tune hummed, so many semitones higher: late and early notes, glides into them, vibrato."""
    rng = np.random.default_rng(5)
    beat = 60.0 / TEMPO
    times = np.arange(int(17.5 * beat * RATE)) / RATE
    pitch, level = np.full(len(times), 57.0 + higher), np.zeros(len(times))
    before = 56.5
    for onset, duration, number in TUNE:
        start = 0.3 + onset * beat + rng.normal(0.0, late_s)
        end = start + duration * beat * 0.93
        inside = (times >= start) & (times < end)
        t = times[inside] - start
        wave = vibrato * np.clip((t - 0.2) / 0.2, 0, 1) * np.sin(2 * np.pi * 5.6 * t)
        glide = (before - number) * 0.45 * (1 - np.tanh((t - 0.03) / 0.02))
        pitch[inside] = number + tuning + higher + glide + wave
        level[inside] = np.minimum(1, t / 0.03) * np.minimum(1, (end - times[inside]) / 0.05)
        before = float(number)
    phase = 2 * np.pi * np.cumsum(440.0 * 2 ** ((pitch - 69) / 12)) / RATE
    sound = 0.2 * level * sum(np.sin(h * phase) / h**1.6 for h in range(1, 9))
    return np.asarray(sound + rng.normal(0, 0.2 * 10 ** (noise_db / 20), len(times)))


@pytest.mark.parametrize(
    "way", [{}, {"vibrato": 0.7}, {"noise_db": -20.0}, {"tuning": 0.35}, {"tuning": -0.4}, {"late_s": 0.03}]
)
def test_hummed_notes_are_heard(way: dict[str, float], tmp_path: Path) -> None:
    sound = hum(**way)
    heard, tuning = hear_notes(sound, RATE)
    beat = 60.0 / TEMPO
    true = np.array([(0.3 + o * beat, 0.3 + (o + 0.93 * d) * beat) for o, d, _ in TUNE])
    found = np.array([(note.start_s, note.end_s) for note in heard])
    hz = [440.0 * 2 ** ((np.array(p) - 69) / 12) for p in ([r[2] for r in TUNE], [n.pitch for n in heard])]
    _, _, score, _ = mir_eval.transcription.precision_recall_f1_overlap(
        true, hz[0], found, hz[1], onset_tolerance=0.1, offset_ratio=None
    )
    assert score >= 0.95
    assert abs(tuning - way.get("tuning", 0.0)) < 0.08

    path = tmp_path / "hum.wav"
    soundfile.write(path, sound, RATE)
    tune = read_tune(path, tempo=TEMPO)
    assert [(n.onset, n.pitch) for n in tune.notes] == [(onset, pitch) for onset, _, pitch in TUNE]
    assert tune.tempo == TEMPO
    assert read_tune(path).tempo == pytest.approx(TEMPO, rel=0.01)


@pytest.mark.parametrize("higher", [-19, 0, 12, 22])
def test_bass_and_soprano_are_heard(higher: int) -> None:
    """From D2 to E6: where Praat's ceiling is too low the highest notes come out an octave lower."""
    notes, _ = hear_notes(hum(higher=higher), RATE)
    assert [note.pitch - higher for note in notes] == [row[2] for row in TUNE]


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (192_000, 8)])
def test_other_rates_and_channels_are_heard_alike(rate: int, channels: int, tmp_path: Path) -> None:
    sound = hum()
    times = np.arange(int(len(sound) / RATE * rate)) / rate
    finer = np.interp(times, np.arange(len(sound)) / RATE, sound)
    path = tmp_path / "hum.wav"
    soundfile.write(path, np.tile(finer[:, None], channels), rate)
    tune = read_tune(path, tempo=TEMPO)
    assert [(n.onset, n.pitch) for n in tune.notes] == [(onset, pitch) for onset, _, pitch in TUNE]


@pytest.mark.parametrize("rate", [8000, 22_050, 44_101, 96_000])
def test_blocks_join_without_a_seam(rate: int, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    count = 7 * rate + 13
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(count) / rate), rate, subtype="FLOAT")
    samples, read_rate = _read(path)
    every = max(1, rate // 22_050)
    assert read_rate == rate // every
    expected = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(len(samples)) * every / rate)
    assert abs(len(samples) - count / every) <= 17
    inside = slice(20, -20)
    assert np.abs(samples[inside] - expected[inside]).max() < 5e-3


def test_a_rest_stays_and_a_breath_does_not() -> None:
    spans = [(0.0, 0.55), (0.6, 1.15), (1.8, 2.4)]
    beats = find_beats([0.0, 0.6, 1.8], [0.55, 0.55, 0.6], 100.0)
    assert quantise(spans, beats) == [(0.0, 1.0), (1.0, 1.0), (3.0, 1.0)]


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.zeros(RATE * 3), "0 notes can be heard"),
        (np.random.default_rng(0).normal(0, 0.1, RATE * 3), "no melody"),
        (np.zeros(100), "too short"),
    ],
)
def test_what_is_no_melody(sound: np.ndarray, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, sound, RATE)
    with pytest.raises(InputError, match=message):
        read_tune(path)


def test_a_broken_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(b"RIFF" + b"\0" * 100)
    with pytest.raises(InputError, match="not a readable sound file"):
        read_tune(path)
