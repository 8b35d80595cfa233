"""Presets of strangers: whatever stands in the file, or at its path, is refused in one line and in bounded time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from songsmith.errors import InputError
from songsmith.resources import LARGEST_PRESET, load_preset, load_table
from songsmith.shown import shown
from songsmith.singing.voices import is_bank, load_voice
from songsmith.tables import Table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=" + "[" * 20_000, "nested too deeply to be a preset"),
        ("a=" + "1" * 5_000, "not a valid TOML file"),
        ("a=" + "{b=" * 20_000, "nested too deeply|not a valid TOML file"),
        ("a = 1\na = 2", "not a valid TOML file"),
        ("#" * (LARGEST_PRESET + 1), "larger than 1000000 bytes"),
    ],
)
def test_spoiled_presets_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    for kind in ("styles", "voices", "mix"):
        with pytest.raises(InputError, match=message) as caught:
            load_preset(kind, str(path))
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a\0b.toml", "x" * 300 + ".toml", "none.toml"])
def test_paths_that_no_file_has_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="check the path") as caught:
        load_preset("voices", name)
    assert str(caught.value).isprintable()


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", tmp_path, Path("/dev/zero")):
        with pytest.raises(InputError, match="is not a file; check the path"):
            load_table(path)


def test_a_file_may_end_its_lines_as_windows_does(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"a = 1\r\nb = 2\r\n")
    assert load_table(tmp_path / "mine.toml") == {"a": 1, "b": 2}


def test_values_are_shown_short() -> None:
    """Written out, the first would never end."""
    bomb: object = "x"
    for _ in range(60):
        bomb = [bomb] * 10
    for value in (
        bomb,
        "y" * 10**7,
        {str(i): [bomb] for i in range(10**5)},
        1 << 10**6,
        [1 << 10**6],
        -(1 << 20_000),
    ):
        assert len(shown(value, 120)) <= 120
        assert len(str(Table("file", {"a": value}).wrong("a", value, "b"))) < 200
        with pytest.raises(InputError, match="is not a table"):
            Table("file", {"a": [value]}).table("a")
    assert shown({"b": 1, "a": ["x"]}, 60) == "{'a': ['x'], 'b': 1}"
    assert shown("a" * 60, 60) == "'" + "a" * 56 + "..."


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "x/" * 3000])
def test_a_name_that_no_folder_has_is_no_bank(name: str) -> None:
    assert not is_bank(name)
    with pytest.raises(InputError, match=r"voice .* is not known: use one of"):
        load_voice(name)
