"""`python -m lyrics SHEET`: what it prints and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lyrics

ROOT = Path(lyrics.__file__).parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lyrics", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)


def test_it_prints_the_analysed_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "kettle.txt"
    sheet.write_text(
        "# Title: Kettle\n[Verse: energy=0.5]\nBefore the kettle sings~ (ooh) 🎵\n[Outro]\n", encoding="utf-8"
    )
    done = run(str(sheet))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Kettle: 1 lines, 6 syllables\n"
        "\n"
        "[Verse] verse: energy 0.5\n"
        "   1  Before the kettle sings~ (ooh) 🎵  (6)\n"
        "      be-ˈfore  the  ˈket-tle  ˈsings~\n"
        "      B IH0.F AO1 R  DH AH0  K EH1.T AH0 L  S IH1 NG Z\n"
        "      backing ˈooh\n"
        "      backing UW1\n"
        "\n"
        "[Outro] outro, instrumental\n"
        "\n"
        "Notes\n"
        "  line 3: '🎵' is not sung\n"
    )


@pytest.mark.parametrize(
    "arguments", [(), ("a", "b"), ("missing.txt",), (".",), ("--nope",), ("--language", "tlh", "a"), ("--lexicon",)]
)
def test_wrong_input_is_one_line_and_exit_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lyrics: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("\n")


def test_every_process_says_the_same(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text("Read the florbling map, moon 🎵 ♥\nW-w-wait for the lamplight 27 times\n", encoding="utf-8")
    said = {
        subprocess.run(
            [sys.executable, "-m", "lyrics", str(sheet)],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_help() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python -m lyrics [--language CODE] [--lexicon FILE] SHEET\n")


def test_options(tmp_path: Path) -> None:
    (tmp_path / "sheet.txt").write_text("Hola, Xóchitl", encoding="utf-8")
    (tmp_path / "names.txt").write_text("xóchitl s ˈo tʃ i l", encoding="utf-8")
    done = run("--language=Spanish", "--lexicon", str(tmp_path / "names.txt"), str(tmp_path / "sheet.txt"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "ˈho-la  ˈxó-chitl\n      o1.l a0  s o1.tʃ i0 l\n" in done.stdout
