"""Whole songs: complete, reproducible to the byte, and measured by outside oracles."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import songsmith
from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.pipeline import make
from songsmith.song import Song

SHEET = """
# Title: Copper Kettle
[Verse]
Copper kettle on the fire
Seven sparrows on the wire
[Chorus]
Morning comes in by the door
27 shoes upon the floor (upon the floor)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small song on disk, made without a cache."""
    place = tmp_path_factory.mktemp("songs") / "kettle"
    make("folk, 100 BPM, D minor", SHEET, seed=7, use_cache=False).save(place)
    return place


@pytest.fixture(scope="module")
def song(folder: Path) -> Song:
    return songsmith.load(folder)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_song_is_what_was_asked_for(song: Song) -> None:
    assert (song.title, song.seed, song.plan.key, song.plan.meter) == ("Copper Kettle", 7, "D minor", "4/4")
    assert song.timeline.tempo == 100.0
    assert [note.syllable for note in song.notes if not note.slur] == list(range(len(song.lyrics.syllables)))
    assert {p.syllable for p in song.performance.phonemes} - {None} == set(range(len(song.lyrics.syllables)))
    assert all(a.end == b.start for a, b in pairwise(song.performance.phonemes))
    backends = dict(song.provenance.backends)
    assert backends["lyricist"] is None
    assert {role: backend.name for role, backend in backends.items() if backend} == {
        "accompanist": "diffusion", "singer": "heart", "soundfont": "TimGM6mb",
    }  # fmt: skip
    for role in ("accompanist", "singer"):
        assert len(dict(backends[role].facts)["weights_sha256"]) == 64
    group = [voice.lyrics.lines[0].words for voice in song.voices if voice.kind == "backing"]
    assert [[word.text for word in words] for words in group] == [["upon", "the", "floor"]] * 2
    assert "backing_vocals" in song.read_audio().stems


def test_beats_span_the_audio(song: Song) -> None:
    duration = song.read_audio().mix.duration_s
    assert song.timeline.beats[-2] < duration <= song.timeline.beats[-1]
    assert np.allclose(np.diff(song.timeline.beats), 0.6, atol=1e-5)


def test_the_report_finds_nothing_wrong(song: Song) -> None:
    assert song.report is not None
    assert song.report["findings"] == []
    assert song.report["voice"]["in_tune"] >= 0.93
    assert song.report["voice"]["legato"] >= 0.75
    assert song.report["sound"]["stem_sum_error"] <= 1e-4


def test_load_then_save_gives_the_same_files(song: Song, folder: Path, tmp_path: Path) -> None:
    again = song.save(tmp_path / "again")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file())
    assert [name for name in names if digest(folder / name) != digest(again / name)] == []


def test_same_bytes_in_a_fresh_process_after_another_song(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, songsmith\n"
        "songsmith.make('rock', '[Verse]\\nAnother song was here\\n', seed=1, workers=1)\n"
        "songsmith.make('folk, 100 BPM, D minor', sys.argv[1], seed=7, workers=1).save(sys.argv[2])\n"
    )
    place = tmp_path / "again"
    environment = {"SONGSMITH_CACHE": str(tmp_path / "cache"), "PATH": "", "PYTHONHASHSEED": "99"}
    subprocess.run([sys.executable, "-c", code, SHEET, str(place)], check=True, env=environment)
    for name in ("mix.wav", "dry/vocals.wav", "song.json", "song.mid", "performance.npz", "lyrics.lrc"):
        assert digest(place / name) == digest(folder / name), name


def test_the_cache_changes_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path / "cache"))
    for name in ("cold", "warm"):
        make("folk, 100 BPM, D minor", SHEET, seed=7).save(tmp_path / name)
        assert digest(tmp_path / name / "mix.wav") == digest(folder / "mix.wav"), name
    entries = list((tmp_path / "cache").rglob("*.sound"))
    assert entries
    monkeypatch.setattr("songsmith.singing.workers.render_phrase", None)  # all is there: nothing may be rendered
    make("folk, 100 BPM, D minor", SHEET, seed=7)


def test_a_cache_that_cannot_be_written_is_told_and_changes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path / "file"))
    told: list[str] = []
    make("folk, 100 BPM, D minor", SHEET, seed=7, warn=told.append).save(tmp_path / "song")
    assert len(told) == 1
    for name in ("song.json", "mix.wav"):
        assert digest(tmp_path / "song" / name) == digest(folder / name), name


def test_another_seed_gives_another_melody_and_arrangement(song: Song) -> None:
    other = make("folk, 100 BPM, D minor", SHEET, seed=8)
    assert [(n.onset, n.pitch) for n in other.notes] != [(n.onset, n.pitch) for n in song.notes]
    assert [part.notes for part in other.parts] != [part.notes for part in song.parts]


def test_nothing_is_fetched(tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('the network was used')\n"
        "socket.socket.connect = refuse; socket.create_connection = refuse; socket.getaddrinfo = refuse\n"
        "import songsmith\n"
        "songsmith.make('bossa', '[Verse]\\nZorbling quixotry\\n').save(sys.argv[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "song")],
        capture_output=True,
        text=True,
        env={"SONGSMITH_CACHE": str(tmp_path / "cache"), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_song_can_be_made_again_from_its_json(folder: Path) -> None:
    table = json.loads((folder / "song.json").read_text(encoding="utf-8"))
    lines = [
        f"[{section['label']}]\n" + "\n".join(line["text"] for line in section["lines"])
        for section in table["lyrics"]["sections"]
    ]
    brief = table["brief"]
    again = make(
        brief["prompt"], f"# Title: {table['title']}\n" + "\n".join(lines), table["seed"],
        style=brief["style"], tempo=brief["tempo"], key=brief["key"], meter=brief["meter"], voice=brief["voice"],
    )  # fmt: skip
    assert [[n.onset, n.pitch] for n in again.notes] == [[n["onset"], n["pitch"]] for n in table["notes"]]


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"lyrics": "Привет мир"}, InputError, "line 1"),
        ({"lyrics": Lyrics("en", ())}, InputError, "no words"),
        ({"lyrics": SHEET, "seed": -1}, InputError, "seed -1"),
        ({"lyrics": SHEET, "length_s": float("inf")}, InputError, "length inf"),
    ],
)
def test_what_cannot_be_made(keywords: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make("folk", **keywords)  # type: ignore[arg-type]


def test_a_section_in_another_style_has_stems_of_its_own() -> None:
    sheet = "[Verse]\nCopper kettle on the fire\n[Chorus: style=rock]\nMorning comes in by the door\n"
    song = make("folk, 120 BPM", sheet, seed=1)
    assert song.report is not None
    assert song.report["findings"] == []
    names = [part.name for part in song.parts]
    assert "harmony-rock" in names
    stems = song.read_audio().stems
    assert set(stems) >= {"vocals", *names}
    rate, beat_s = stems["harmony-rock"].sample_rate, 60.0 / 120.0
    chorus = next(s for s in song.plan.sections if s.kind == "chorus")
    start, end = (int(bar * 4 * beat_s * rate) for bar in (chorus.bar, chorus.bar + chorus.bars))
    guitar = stems["harmony-rock"].samples
    assert np.abs(guitar[:, start:end]).max() > 100 * np.abs(guitar[:, : start - rate // 10]).max()
