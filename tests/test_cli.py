"""The command line as a user meets it: what it prints, what it refuses and with which exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from songsmith.cli import main

SHEET = "[Verse]\nCopper kettle on the fire\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a sheet, and a cache of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path / "cache"))
    (folder / "sheet.txt").write_text(SHEET)
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line and return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


MAKE = ("make", "folk", "--lyrics", "sheet.txt", "--out", "song")

BAD = {
    "missing sheet": (("make", "folk", "--lyrics", "nowhere.txt"), 2, "nowhere.txt"),
    "directory as sheet": (("make", "folk", "--lyrics", "."), 2, "is a folder"),
    "binary sheet": (("make", "folk", "--lyrics", "binary.txt"), 2, "binary.txt"),
    "empty sheet": (("make", "folk", "--lyrics", "empty.txt"), 2, "empty.txt"),
    "1 MB sheet": (("make", "folk", "--lyrics", "large.txt"), 2, "large.txt"),
    "4000 BPM": ((*MAKE, "--tempo", "4000"), 2, "4000"),
    "4000 BPM in the prompt": (("make", "folk, 4000 BPM", *MAKE[2:]), 2, "4000"),
    "tempo in words": ((*MAKE, "--tempo", "brisk"), 2, "'brisk'"),
    "H major": ((*MAKE, "--key", "H major"), 2, "'H major'"),
    "5/4": ((*MAKE, "--meter", "5/4"), 2, "'5/4'"),
    "length 0": ((*MAKE, "--length", "0"), 2, "length 0"),
    "length nan": ((*MAKE, "--length", "nan"), 2, "length nan"),
    "length of 90 seconds past the minute": ((*MAKE, "--length", "1:90"), 2, "minutes and seconds (1:30)"),
    "length in words": ((*MAKE, "--length", "short"), 2, "'short' is no length"),
    "length too short": ((*MAKE, "--length", "1"), 2, "too short"),
    "length too long": ((*MAKE, "--length", "1e9"), 2, "minutes"),
    "negative seed": ((*MAKE, "--seed", "-1"), 2, "seed -1"),
    "huge seed": ((*MAKE, "--seed", str(2**70)), 2, "seed"),
    "empty prompt": (("make", " ", *MAKE[2:]), 2, "prompt is empty"),
    "unknown voice": ((*MAKE, "--voice", "caruso"), 2, "'caruso'"),
    "unknown accompanist": ((*MAKE, "--accompanist", "orchestra"), 2, "'orchestra'"),
    "unknown style": ((*MAKE, "--style", "polka-core"), 2, "'polka-core'"),
    "broken style file": ((*MAKE, "--style", "broken.toml"), 2, "broken.toml"),
    "style file of something else": ((*MAKE, "--style", "other.toml"), 2, "other.toml"),
    "broken voice file": ((*MAKE, "--voice", "broken.toml"), 2, "broken.toml"),
    "missing SoundFont": ((*MAKE, "--soundfont", "nowhere.sf2"), 3, "nowhere.sf2"),
    "broken SoundFont": ((*MAKE, "--soundfont", "broken.sf2"), 2, "broken.sf2"),
    "output is a file": (("make", "folk", "--lyrics", "sheet.txt", "--out", "sheet.txt"), 2, "sheet.txt"),
    "output below a file": (("make", "folk", "--lyrics", "sheet.txt", "--out", "sheet.txt/song"), 2, "sheet.txt"),
    "unwritable output": (("make", "folk", "--lyrics", "sheet.txt", "--out", "/proc/song"), 2, "/proc"),
    "output that is there": (("make", "folk", "--lyrics", "sheet.txt", "--out", "there"), 2, "--overwrite"),
    "foreign folder": (("make", "folk", "--lyrics", "sheet.txt", "--out", "there", "--overwrite"), 2, "song.json"),
    "output is here": (("make", "folk", "--lyrics", "sheet.txt", "--out", "."), 2, "where you are working"),
    "argument of broken bytes": (("make", "folk \udcff", "--lyrics", "sheet.txt"), 2, "UTF-8"),
    "unknown option": ((*MAKE, "--louder"), 2, "--louder"),
    "unknown verb": (("sang",), 2, "'sang'"),
    "no prompt": (("make",), 2, "prompt"),
    "words for too few bars": (("make", "folk", "--lyrics", "tight.txt", "--out", "song"), 2, "[Verse]"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "binary.txt").write_bytes(bytes(range(256)) * 8)
    (place / "empty.txt").write_text("# nothing\n\n")
    (place / "large.txt").write_text("la la la\n" * 120_000)
    (place / "tight.txt").write_text("[Verse: bars=1]\n" + "remember tomorrow, remember the holiday\n" * 9)
    (place / "broken.toml").write_text("tempo = [")
    (place / "other.toml").write_text('name = "a thing"\n')
    (place / "broken.sf2").write_bytes(b"RIFF\x00\x00\x00\x00sfbk")
    (place / "there").mkdir()
    (place / "there" / "diary.txt").write_text("mine")
    before = sorted(place.rglob("*"))
    arguments, code, mention = BAD[name]
    ended, out, err = run(capsys, *arguments)
    assert ended == code, err
    assert err.startswith("songsmith: ")
    assert err.count("\n") == 1, err
    assert mention in err
    assert "Traceback" not in err
    assert out == ""
    assert sorted(place.rglob("*")) == before


def test_make_writes_a_song_and_says_where(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *MAKE, "--json")
    assert code == 0, err
    told = json.loads(out)
    folder = Path(told["folder"])
    assert folder == place / "song"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} >= {
        "mix.wav", "song.json", "song.mid", "lyrics.lrc", "report.json", "performance.npz", "dry/vocals.wav",
        "stems/vocals.wav",
    }  # fmt: skip
    assert told["tempo"] == json.loads((folder / "song.json").read_text())["plan"]["tempo"]
    assert err == ""
    assert run(capsys, *MAKE)[0] == 2, "never overwritten"
    assert run(capsys, *MAKE, "--overwrite", "--quiet", "--seed", "1")[0] == 0
    assert json.loads((folder / "song.json").read_text())["seed"] == 1


def test_default_folder_is_named_after_the_title_and_new(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "sheet.txt").write_text("# Title: Copper & Tin\n" + SHEET)
    folders = [json.loads(run(capsys, "make", "folk", "--lyrics", "sheet.txt", "--json")[1])["folder"] for _ in "12"]
    assert [Path(folder).name for folder in folders] == ["copper-tin", "copper-tin-2"]


@pytest.mark.parametrize("verb", ["voices", "styles", "doctor"])
def test_lists(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, verb)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) >= 2
    code, out, err = run(capsys, verb, "--json")
    assert code == 0
    assert len(json.loads(out)) >= 1


def test_help_has_examples_and_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for verb in ("make", "voices", "styles", "doctor"):
        assert verb in out
    assert "Example" in out
    assert "Example" in run(capsys, "make", "--help")[1]
    assert run(capsys, "--version")[1].startswith("songsmith ")


def test_the_module_runs(place: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "songsmith", "styles"], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "folk" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_so_and_leaves_nothing(place: Path, number: signal.Signals) -> None:
    before = sorted(place.iterdir())
    (place / "sheet.txt").write_text("[Verse]\n" + "Copper kettle on the fire\n" * 40)
    command = [sys.executable, "-u", "-c", INTERRUPTIBLE, "make", "folk", "--lyrics", "sheet.txt", "--out", "song"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=place) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "singing\n"
        process.send_signal(number)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == "songsmith: interrupted; nothing was written\n"
    assert sorted(place.iterdir()) == before


INTERRUPTIBLE = """
import sys
from songsmith import cli, pipeline

def singing(make):
    def told(*arguments, progress, **keywords):
        def tell(stage, share):
            if stage == "singing" and share == 0.0:
                print("singing")
        return make(*arguments, progress=tell, **keywords)
    return told

pipeline.make = singing(pipeline.make)
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_end_of_an_import(place: Path, number: signal.Signals) -> None:
    (place / "native.py").write_text(
        f"import os, pathlib\nos.kill(os.getpid(), {int(number)})\npathlib.Path('imported').touch()\n"
    )
    program = (
        "import threading\nfrom songsmith.cli.interrupts import listen\nlisten()\n"
        "try:\n    import native\n    threading.Event().wait(60)\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=place)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
    assert (place / "imported").exists()
    plain = program.replace("import native", "raise_signal(number)").replace(
        "import threading", f"import threading\nfrom signal import raise_signal\nnumber = {int(number)}"
    )
    done = subprocess.run([sys.executable, "-c", plain], capture_output=True, text=True, cwd=place)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "| true"])
def test_closed_streams_do_no_harm(place: Path, closed: str) -> None:
    command = f"{sys.executable} -m songsmith styles {closed}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_full_standard_output_is_told(place: Path) -> None:
    command = f"{sys.executable} -m songsmith styles > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=place)
    assert done.returncode == 2
    assert done.stderr.startswith("songsmith: standard output cannot be written (No space left")
    assert done.stderr.count("\n") == 1


def test_default_folders_are_never_taken_twice(place: Path) -> None:
    command = [sys.executable, "-m", "songsmith", "make", "folk", "--lyrics", "sheet.txt", "--quiet"]
    running = [subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    names = sorted(path.name for path in place.iterdir() if path.is_dir())
    assert names == ["copper-kettle-on-the-fire", "copper-kettle-on-the-fire-2"]
