"""`songsmith separate` and `fetch`: files of any kind in, folders of stems out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from separation.tiny import save_th, tiny

from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.separation import Options
from songsmith.separation.files import separate_file
from songsmith.separation.mini import Mini
from songsmith.separation.reading import open_recording, read_whole

RATE = 22050


@pytest.fixture(autouse=True)
def _own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SONGSMITH_CACHE", "TORCH_HOME", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "caches"))


def recording(path: Path, frames: int = 30_000, channels: int = 2, rate: int = RATE, **options: str) -> np.ndarray:
    """Write a file and return what it holds."""
    samples = (0.1 * np.random.default_rng(1).standard_normal((frames, channels))).astype(np.float32)
    soundfile.write(path, samples, rate, **options)
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["separate", *arguments])
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {"subtype": "PCM_16"}),
        ("a.wav", {"subtype": "FLOAT"}),
        ("a.flac", {}),
        ("a.ogg", {"subtype": "VORBIS"}),
        ("a.mp3", {}),
        ("a.aiff", {}),
    ],
)
def test_stems_of_a_file_sum_to_it(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    samples = recording(tmp_path / name, **options)
    for stems, names in ((2, ["instrumental", "vocals"]), (4, ["bass", "drums", "other", "vocals"])):
        made = separate_file(tmp_path / name, tmp_path / f"out{stems}", Mini(), stems)
        assert sorted(path.stem for path in made.stems) == names
        assert sorted(path.stem for path in made.folder.iterdir()) == names
        read = [soundfile.read(path, dtype="float32", always_2d=True) for path in made.stems]
        assert {(one.shape, rate) for one, rate in read} == {(samples.shape, RATE)}
        np.testing.assert_allclose(sum(one for one, _ in read), samples, atol=1e-4)
        assert -120 <= made.residual_db < -10


def test_a_long_file_is_read_once_and_in_pieces(tmp_path: Path) -> None:
    """What is kept of a file is a few segments, wherever reading stands."""
    samples = recording(tmp_path / "long.flac", frames=400_000)
    with open_recording(tmp_path / "long.flac") as opened:
        for start in range(-5000, 400_000, 20_000):
            piece = opened.read(start, start + 30_000)
            inside = samples[max(0, start) : start + 30_000]
            np.testing.assert_array_equal(piece[:, max(0, -start) :][:, : len(inside)], inside.T)
            assert opened._kept.shape[1] <= 30_000


@pytest.mark.parametrize("audio_format", ["wav", "flac", "mp3"])
def test_tags_are_kept_and_the_model_is_named(tmp_path: Path, audio_format: str) -> None:
    recording(tmp_path / "song.flac", rate=44100)
    file = mutagen.File(tmp_path / "song.flac")
    file["title"], file["artist"], file["tracknumber"], file["album"] = "Étude\n no. 1", "Me", "7", "All"
    file.save()
    made = separate_file(tmp_path / "song.flac", tmp_path / "out", Mini(), 2, audio_format=audio_format)
    for path, stem in zip(made.stems, ("vocals", "instrumental"), strict=True):
        if audio_format == "wav":
            with soundfile.SoundFile(path) as written:
                said = (written.title, written.artist, written.album, written.comment)
        else:
            tags = mutagen.File(path, easy=True).tags
            said = (tags["title"][0], tags["artist"][0], tags["album"][0])
            comment = mutagen.File(path)["COMM::eng"].text[0] if audio_format == "mp3" else tags["comment"][0]
            said = (*said, comment)
        assert said[:3] == ("Étude no. 1", "Me", "All")
        assert said[3].startswith(f"{stem}, separated by songsmith")
        assert f"with songsmith-mini {made.version} (weights {made.weights_sha256[:12]})" in said[3]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_m4a_through_ffmpeg(tmp_path: Path) -> None:
    import subprocess

    recording(tmp_path / "a.wav", rate=44100, frames=50_000)
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(tmp_path / "a.wav"),
        "-metadata",
        "title=Hi",
        str(tmp_path / "-a b.m4a"),
    ]
    subprocess.run(command, check=True)
    made = separate_file(tmp_path / "-a b.m4a", tmp_path / "out", Mini(), 2)
    decoded = soundfile.read(made.stems[0])[0] + soundfile.read(made.stems[1])[0]
    assert abs(len(decoded) - 50_000) <= 2048
    assert soundfile.SoundFile(made.stems[0]).title == "Hi"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_without_sound_is_named(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=s=64x64:d=1", str(path)]
    subprocess.run(command, check=True, timeout=60)
    for said in (lambda: read_whole(path), lambda: separate_file(path, tmp_path / "out", Mini(), 2)):
        with pytest.raises(InputError, match=r"silent\.mp4: has no sound track; give a recording with sound in it"):
            said()


def test_a_file_read_whole(tmp_path: Path) -> None:
    recording(tmp_path / "a.wav", rate=8000, frames=16_000)
    expected, rate = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    audio = read_whole(tmp_path / "a.wav")
    assert audio.sample_rate == rate
    np.testing.assert_array_equal(audio.samples, expected.T)
    with pytest.raises(InputError, match=r"a\.wav: lasts 2 s: give at most 1\.5 s"):
        read_whole(tmp_path / "a.wav", longest_s=1.5)


def test_without_ffmpeg_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0 ftypM4A nothing")
    with pytest.raises(InputError, match="use wav, flac, ogg or mp3, or install ffmpeg for others"):
        separate_file(tmp_path / "a.m4a", tmp_path / "out", Mini())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.wav", b"", "is empty; give a recording with sound in it"),
        ("text.wav", b"these are words\n" * 99, "not a readable audio file"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n", "not a readable audio file"),
        ("gone.wav", None, "there is no such file; give a recording"),
        ("folder", "folder", "is not a file; give a recording"),
    ],
)
def test_unreadable_files_are_told(tmp_path: Path, name: str, content: object, message: str) -> None:
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content == "folder":
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=re.escape(message)):
        separate_file(tmp_path / name, tmp_path / "out", Mini())
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out-*"))


def test_what_is_no_sound_is_told(tmp_path: Path) -> None:
    bad = np.zeros((100, 2), np.float32)
    bad[40, 1] = np.nan
    soundfile.write(tmp_path / "nan.wav", bad, RATE, subtype="FLOAT")
    with pytest.raises(
        InputError, match=r"holds values that are no numbers .* the first in frame 40; export it again"
    ):
        separate_file(tmp_path / "nan.wav", tmp_path / "out", Mini())
    soundfile.write(tmp_path / "none.wav", bad[:0], RATE)
    with pytest.raises(InputError, match=re.escape("none.wav: holds no sound (0 frames)")):
        separate_file(tmp_path / "none.wav", tmp_path / "out", Mini())


def test_clipping_is_noted(tmp_path: Path) -> None:
    samples = np.clip(3 * np.random.default_rng(0).standard_normal((20_000, 2)), -1, 1)
    soundfile.write(tmp_path / "hot.wav", samples, RATE, subtype="FLOAT")
    made = separate_file(tmp_path / "hot.wav", tmp_path / "out", Mini())
    assert any("is at full scale: it may be clipped" in note for note in made.notes)


def test_mp3_holds_what_it_can(tmp_path: Path) -> None:
    recording(tmp_path / "six.wav", channels=6, frames=1000)
    with pytest.raises(InputError, match="has 6 channels at 22050 Hz, and mp3 holds 1 or 2 at"):
        separate_file(tmp_path / "six.wav", tmp_path / "out", Mini(), audio_format="mp3")


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    recording(tmp_path / "a.wav", frames=2000)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="is there already; choose another place or give --overwrite"):
        separate_file(tmp_path / "a.wav", tmp_path / "out", Mini())
    separate_file(tmp_path / "a.wav", tmp_path / "out", Mini(), overwrite=True, options=Options(workers=1))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "instrumental.wav",
        "mine.txt",
        "vocals.wav",
    ]


def test_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recording(tmp_path / "My song.v2.flac", frames=2000)
    assert run("My song.v2.flac") == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r".*separated/My song\.v2: vocals\.wav, instrumental\.wav \(residual -\d+ dB\)\n", out)
    assert err == "separating with songsmith-mini; 'songsmith fetch htdemucs' gets a better one\n"
    assert run("My song.v2.flac", "--model", "songsmith-mini") == 0
    assert (tmp_path / "separated-2" / "My song.v2" / "vocals.wav").exists()
    assert capsys.readouterr().err == ""


def test_a_broken_file_does_not_stop_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b").mkdir()
    for place in ("a.wav", "b/a.wav"):
        recording(tmp_path / place, frames=2000)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    files = [str(tmp_path / name) for name in ("a.wav", "bad.wav", "b/a.wav")]
    code = run(*files, "--out", str(tmp_path / "out"), "--stems", "4", "--json", "--model", "songsmith-mini")
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert code == 1
    assert re.fullmatch(
        r"songsmith: 1 of 3 files could not be separated: .*bad\.wav: not a readable audio file.*\n", err
    )
    assert [Path(row["folder"]).name for row in said["separated"]] == ["a", "a-2"]
    assert [row["file"] for row in said["failed"]] == [files[1]]
    for row in said["separated"]:
        assert set(row["stems"]) == {"vocals", "drums", "bass", "other"}
        assert all(Path(path).is_file() for path in row["stems"].values())
        assert (row["model"], row["sample_rate"], row["channels"]) == ("songsmith-mini", RATE, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{}/gone.wav"], 2, "gone.wav: there is no such file; give a recording"),
        (["{}/a.wav", "--stems", "5"], 2, "5 stems are not what songsmith-mini can give: use 2 or 4"),
        (["{}/a.wav", "--stems", "two"], 2, "'two' is not a whole number"),
        (["{}/a.wav", "--format", "xyz"], 2, "audio format 'xyz' is not known: use one of wav, flac, mp3"),
        (["{}/a.wav", "--model", "nope"], 2, "separator 'nope' is not known: use one of songsmith-mini, htdemucs"),
        (["{}/a.wav", "--model", "htdemucs"], 3, "get them with 'songsmith fetch htdemucs' (or --fetch)"),
        (["{}/a.wav", "--overlap", "1"], 2, "an overlap of 1 is not possible: use 0 to 0.9"),
        (["{}/a.wav", "--shifts", "-1"], 2, "-1 shifts are not possible: use 1 to 20"),
        (
            ["{}/a.wav", "--fetch", "--model", "songsmith-mini"],
            2,
            "there is nothing called 'songsmith-mini' to fetch",
        ),
        ([], 2, "Missing argument 'FILE...'"),
    ],
)
def test_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    recording(tmp_path / "a.wav", frames=2000)
    filled = [argument.replace("{}", str(tmp_path)) for argument in arguments]
    assert run(*filled, *(["--out", str(tmp_path / "out")])) == code
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line.startswith("songsmith: ")]
    assert len(lines) == 1
    assert message in lines[0]
    assert out == ""


def test_a_local_demucs_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "repo").mkdir()
    save_th(tiny(), tmp_path / "repo", "beefbeef")
    samples = recording(tmp_path / "a.wav", frames=100_000, rate=44100)
    out = tmp_path / "out"
    options = ("--shifts", "2", "--overlap", "0.5", "--segment", "1.2", "--workers", "1", "--format", "flac")
    assert (
        run(str(tmp_path / "a.wav"), "--model", str(tmp_path / "repo"), "--out", str(out), "--stems", "4", *options)
        == 0
    )
    read = [soundfile.read(path, always_2d=True)[0] for path in sorted((out / "a").iterdir())]
    np.testing.assert_allclose(sum(read), samples, atol=1e-4)
    assert "with beefbeef-" in mutagen.File(out / "a" / "vocals.flac")["comment"][0]
    assert capsys.readouterr().err == ""


def test_fetch_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fetch", "everything"])
    assert ended.value.code == 2
    names = "htdemucs, htdemucs_ft, htdemucs_6s, mdx_extra"
    said = f"songsmith: there is nothing called 'everything' to fetch: use one of {names}\n"
    assert capsys.readouterr().err == said
