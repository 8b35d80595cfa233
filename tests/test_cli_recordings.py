"""The verbs that take recordings: what they print, and the one line that they end with where the input is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from songsmith.audio import Audio
from songsmith.cli import main

RATE = 44100


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    code = ended.value.code
    assert isinstance(code, int)
    return code


def clicks(path: Path, bpm: float = 120.0, seconds: float = 14.0) -> Path:
    """Write a band of three: a kick on the beat, a hat between, and a chord a bar in C, A minor, F and G."""
    rng = np.random.default_rng(0)
    frames = int(seconds * RATE)
    samples = np.zeros(frames)
    times = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * 60 * times) * np.exp(-times * 18)
    hat = rng.normal(0, 1, len(times)) * np.exp(-times * 90)
    beat = 60.0 / bpm
    for k in range(int(seconds / beat)):
        for sound, place, level in ((kick, k * beat, 0.6 if k % 4 == 0 else 0.4), (hat, (k + 0.5) * beat, 0.12)):
            start = int(place * RATE)
            length = min(len(sound), frames - start)
            samples[start : start + length] += level * sound[:length]
    chords = ((48, 60, 64, 67), (45, 60, 64, 69), (41, 60, 65, 69), (43, 59, 62, 67))
    for bar in range(int(seconds / (4 * beat))):
        start, stop = int(bar * 4 * beat * RATE), min(frames, int((bar + 1) * 4 * beat * RATE))
        t = np.arange(stop - start) / RATE
        for pitch in chords[bar % 4]:
            hz = 440.0 * 2 ** ((pitch - 69) / 12)
            samples[start:stop] += 0.05 * np.exp(-t) * sum(np.sin(2 * np.pi * hz * h * t) / h for h in range(1, 6))
    Audio(np.asarray(samples[None] * 0.7, np.float32), RATE).write(path)
    return path


def test_analyse_prints_all_of_it_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = clicks(tmp_path / "band.wav")
    picture = tmp_path / "band.png"
    assert run("analyse", str(file), "--out", str(picture), "--json") == 0
    table = json.loads(capsys.readouterr().out)
    assert table["tempo"] == pytest.approx(120.0, rel=0.04) or table["tempo"] == pytest.approx(60.0, rel=0.04)
    assert table["beats"] == sorted(table["beats"])
    assert all(0 <= d < len(table["beats"]) for d in table["downbeats"])
    assert sum(c["duration"] for c in table["chords"]) == pytest.approx(len(table["beats"]) - 1)
    assert set(table["confidence"]) == {"beats", "downbeats", "meter", "key", "chords"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_analyse_prints_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = clicks(tmp_path / "band.wav")
    assert run("analyse", str(file), "--out", str(tmp_path / "a.png")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:6]] == ["tempo", "meter", "key", "voice", "chords"]
    assert lines[-1] == f"picture: {tmp_path / 'a.png'}"


def sound(path: Path, samples: np.ndarray) -> Path:
    Audio(np.asarray(samples, np.float32), RATE).write(path)
    return path


def test_wrong_recordings_are_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    words = tmp_path / "words.txt"
    words.write_text("[Verse]\nCopper kettle on the fire\n")
    silent = sound(tmp_path / "silent.wav", np.zeros((1, 8 * RATE)))
    short = sound(tmp_path / "short.wav", rng.normal(0, 0.1, (1, 3 * RATE)))
    noise = sound(tmp_path / "noise.wav", rng.normal(0, 0.1, (1, 12 * RATE)))
    band = clicks(tmp_path / "band.wav", seconds=9.0)
    long_words = tmp_path / "long.txt"
    long_words.write_text("[Verse]\n" + "Copper kettle on the fire in the morning of the day\n" * 12)
    picture = ("--out", str(tmp_path / "x.png"))
    cases = (
        (("analyse", str(tmp_path / "none.wav")), "no such file; give the path of a recording"),
        (("analyse", str(tmp_path)), "is not a file; give the path of a recording"),
        (("analyse", str(words), *picture), "not a readable audio file"),
        (("analyse", str(silent), *picture), "the recording is silent"),
        (("analyse", str(short), *picture), "the recording lasts 3.0 s: give at least 4 s of music"),
        (("analyse", str(noise), *picture), "no beat can be found in the recording"),
        (("analyse", str(band), "--out", str(tmp_path / "x.jpg")), "a picture is written to a file ending in .png"),
        (("sing", str(words), "--over", str(noise)), "no beat can be found in the recording"),
        (
            ("sing", str(long_words), "--over", str(band), "--keep-vocals"),
            "the lyrics do not fit: they need at least",
        ),
        (("accompany", str(silent), "--prompt", "folk"), "is silent"),
        (("accompany", str(short), "--prompt", "folk"), "lasts 3.0 s: give 5 to 900 s of singing"),
        (("accompany", str(band), "--prompt", "folk", "--format", "aiff"), "audio format 'aiff' is not known"),
    )
    for arguments, message in cases:
        assert run(*arguments) == 2, arguments
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1, told
        assert told[0].startswith("songsmith: ")
        assert message in told[0], told[0]
    assert not list(tmp_path.glob("*.png"))
