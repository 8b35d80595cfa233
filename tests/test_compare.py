"""Songs laid beside each other: what differs is said, what is the same is not, wrong folders get one clear line."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import example_song
import numpy as np
import pytest
from PIL import Image

from songsmith.audio import Audio
from songsmith.brief import Brief
from songsmith.cli import main
from songsmith.compare import read_songs, rows
from songsmith.errors import InputError
from songsmith.picture.comparison import comparison
from songsmith.song import Mix


def tone(hertz: float) -> Mix:
    """Return ten seconds of a sine wave as a mix."""
    wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(441000) / 44100)
    audio = Audio(np.stack([wave, wave]).astype(np.float32), 44100)
    return Mix(audio, {"bass": audio})


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two songs: another prompt, seed and sound, one note higher in the second."""
    song = example_song.song()
    replace(song, audio=tone(200.0)).save(tmp_path / "a")
    notes = (replace(song.notes[0], pitch=62), *song.notes[1:])
    brief = Brief("bright calm", "folk", 90.0, "C major", "4/4", ("calm",), ("piano",), (), song.brief.texture, 0.5)
    replace(song, audio=tone(2000.0), notes=notes, brief=brief, seed=8).save(tmp_path / "b")
    return tmp_path / "a", tmp_path / "b"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_what_differs_is_found(folders: tuple[Path, Path]) -> None:
    songs = read_songs(folders)
    found = {f"{row.group}.{row.name}": row.values for row in rows(songs) if row.differs}
    assert found["asked.prompt"] == ("calm", "bright calm")
    assert found["asked.seed"] == ("7", "8")
    assert found["written.range"] == ("C4 to C5", "D4 to C5")
    assert [round(int(value.split()[0]), -2) for value in found["sounds.brightness"]] == [200, 2000]
    assert set(found) <= {
        "asked.prompt", "asked.seed", "written.range", "written.mean pitch", "written.mean step",
        "sounds.brightness", "sounds.loudness",
    }  # fmt: skip


def test_a_song_does_not_differ_from_its_copy(tmp_path: Path) -> None:
    song = example_song.song()
    for name in ("a", "b"):
        song.save(tmp_path / name)
    assert not any(row.differs for row in rows(read_songs([tmp_path / "a", tmp_path / "b"])))


def test_names_tell_folders_apart(tmp_path: Path) -> None:
    for name in ("x/song", "y/song"):
        example_song.song().save(tmp_path / name)
    assert [item.name for item in read_songs([tmp_path / "x/song", tmp_path / "y/song"])] == ["x/song", "y/song"]


def test_the_picture_has_a_strip_for_each_song(folders: tuple[Path, Path], tmp_path: Path) -> None:
    example_song.song().save(tmp_path / "silent")
    songs = read_songs([*folders, tmp_path / "silent"])
    png = comparison(songs)
    assert png == comparison(songs)
    width, height = Image.open(io.BytesIO(png)).size
    assert width == 1600
    assert Image.open(io.BytesIO(comparison(songs[:2]))).size[1] < height


def test_the_spectrum_shows_where_the_sound_is(folders: tuple[Path, Path]) -> None:
    from songsmith.picture.comparison import BANDS, HIGH_HZ, LOW_HZ, _power, _shares

    for item, hertz in zip(read_songs(folders), (200.0, 2000.0), strict=True):
        share = _shares(_power(item.sound, np.asarray([44100, 88200])))
        loudest = share.mean(axis=1).argmax()
        assert abs(loudest - BANDS * np.log(hertz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ)) < 1.5


def test_the_command_prints_a_table_json_and_a_picture(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "compare", *folders, "--out", tmp_path / "both.png")
    assert (code, err) == (0, "")
    assert "bright calm" in out
    assert "same: " in out
    assert out.splitlines()[-1] == f"picture: {tmp_path / 'both.png'}"
    assert Image.open(tmp_path / "both.png").format == "PNG"
    code, out, err = run(capsys, "compare", *folders, "--json")
    table = json.loads(out)
    assert [song["name"] for song in table["songs"]] == ["a", "b"]
    assert table["songs"][1]["asked"]["prompt"] == "bright calm"
    assert "asked.seed" in table["differs"]
    assert "written.tempo" not in table["differs"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a"], "1 song folder cannot be compared: give 2 to 8"),
        (["a"] * 9, "9 song folders cannot be compared: give 2 to 8"),
        (["a", "a"], "a: is given twice; give each song once"),
        (["a", "none"], "none: there is no such folder; give the folder of a song"),
        (["a", "b", "--out", "x.jpg"], "x.jpg: is no name for a picture; give one that ends in .png"),
        (["a", "b", "--out", "none/x.png"], "none: there is no such folder; make it, or choose another place"),
    ],
)
def test_wrong_arguments_get_one_line(
    folders: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folders[0].parent)
    code, out, err = run(capsys, "compare", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("songsmith: ")
    assert err.count("\n") == 1
    assert message in err


def test_from_python_too(folders: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="0 song folders cannot be compared: give 2 to 8"):
        read_songs([])


@pytest.mark.parametrize(
    ("err", "message"),
    [
        (OSError(28, "No space left on device"), "standard output cannot be written (No space left on device)"),
        (
            OSError(28, "No space left on device", "a/b"),
            "a/b: cannot be written (No space left on device): make room",
        ),
        (PermissionError(13, "Permission denied", "a/b"), "a/b: cannot be used (Permission denied): see that it is"),
        (OSError(24, "Too many open files", "a/b"), "a/b: cannot be opened (Too many open files): close other"),
    ],
)
def test_what_the_system_refuses_is_said_of_the_right_thing(err: OSError, message: str) -> None:
    from songsmith.cli import _worded

    assert _worded(err).startswith(message)


def test_nothing_of_a_strangers_song_reaches_the_terminal_raw(tmp_path: Path) -> None:
    """Titles, names of parts, labels and words may hold what a terminal obeys."""
    plain = example_song.song()
    section = replace(plain.plan.sections[1], label="Verse\x1b[2J")
    odd = replace(
        plain,
        title="Moon\x1b]0;x\x07\u202e",
        brief=replace(plain.brief, style="folk\x1b[1m", mood=("calm\r",), voice="heart\x9b2J"),
        plan=replace(plain.plan, sections=(plain.plan.sections[0], section, *plain.plan.sections[2:])),
    )
    folders = [plain.save(tmp_path / "a"), odd.save(tmp_path / "b")]
    found = rows(read_songs(folders))
    assert {"title", "style", "form"} <= {row.name for row in found if row.differs}
    assert all(value.isprintable() for row in found for value in row.values)
