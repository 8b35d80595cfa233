"""Where the files that come with the install are, and how the TOML presets among them are read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from songsmith.errors import InputError, MissingPart
from songsmith.shown import shown

LARGEST_PRESET = 1_000_000
"""Bytes."""

_SHOWN = 120

_PACKAGE = Path(__file__).resolve().parent


def config_folder() -> Path:
    """Return the folder of the presets: inside the installed package, or beside it in a checkout."""
    for folder in (_PACKAGE / "configs", _PACKAGE.parent / "configs"):
        if folder.is_dir():
            return folder
    raise MissingPart("the presets (configs/) are not there: install songsmith again")


def preset_names(kind: str) -> tuple[str, ...]:
    """Return the names of the presets of a kind (`styles`, `voices`, `mix`), sorted."""
    return tuple(sorted(path.stem for path in (config_folder() / kind).glob("*.toml")))


def preset_path(kind: str, name: str) -> Path:
    """Return the file of a preset, given by name or as the path of a `.toml` file; raise InputError for others."""
    singular = kind.rstrip("s")
    if name.endswith(".toml"):
        return Path(name)
    if name in preset_names(kind):
        return config_folder() / kind / f"{name}.toml"
    known = ", ".join(preset_names(kind))
    raise InputError(
        f"{singular} {shown(name, _SHOWN)} is not known: use one of {known}, or the path of a .toml file"
    )


def load_preset(kind: str, name: str) -> dict[str, Any]:
    """Return the table of a preset, given by name or as the path of a `.toml` file.

    Raises InputError for an unknown name, a file that cannot be read and one that is not TOML.
    """
    return load_table(preset_path(kind, name))


def load_preset_head(kind: str, name: str) -> dict[str, Any]:
    """Return the keys of a built-in preset that stand before its first table: quick, where only they are wanted."""
    text = (config_folder() / kind / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text.partition("\n[")[0])


def load_table(path: Path) -> dict[str, Any]:
    """Return the table of a TOML file; raise InputError where it cannot be read, is too large or is not TOML."""
    return parse_table(read_text(path), path)


def read_text(path: Path) -> str:
    """Return the text of a TOML file; raise InputError where it cannot be read, is too large or is not text."""
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise InputError(f"{path}: is not a file; check the path")
        with path.open("rb") as file:
            content = file.read(LARGEST_PRESET + 1)
    except OSError as err:
        raise InputError(f"{str(path)[:200]}: cannot be read ({err.strerror}); check the path") from err
    except ValueError as err:
        raise InputError(f"{str(path)[:200]!r}: cannot be the path of a file ({err}); check the path") from err
    if len(content) > LARGEST_PRESET:
        raise InputError(f"{path}: larger than {LARGEST_PRESET} bytes, which no preset is")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as err:
        raise InputError(f"{path}: not a valid TOML file ({err}); mend it or use a built-in preset") from err


def parse_table(text: str, path: Path) -> dict[str, Any]:
    """Return the table in the text of a TOML file; raise InputError naming `path` where it is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError as err:
        raise InputError(f"{path}: nested too deeply to be a preset; mend it or use a built-in preset") from err
    except ValueError as err:  # TOML that is not valid, and numbers of thousands of digits
        raise InputError(f"{path}: not a valid TOML file ({err}); mend it or use a built-in preset") from err
