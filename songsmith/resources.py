"""Where the files that come with the install are, and how the TOML presets among them are read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from songsmith.errors import InputError, MissingPart

LARGEST_PRESET = 1_000_000
"""Bytes."""

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


def load_preset(kind: str, name: str) -> dict[str, Any]:
    """Return the table of a preset, given by name or as the path of a `.toml` file.

    Raises InputError for an unknown name, a file that cannot be read and one that is not TOML.
    """
    singular = kind.rstrip("s")
    if name.endswith(".toml"):
        path = Path(name)
    elif name in preset_names(kind):
        path = config_folder() / kind / f"{name}.toml"
    else:
        known = ", ".join(preset_names(kind))
        raise InputError(f"{singular} {name!r} is not known: use one of {known}, or the path of a .toml file")
    return load_table(path)


def load_preset_head(kind: str, name: str) -> dict[str, Any]:
    """Return the keys of a built-in preset that stand before its first table: quick, where only they are wanted."""
    text = (config_folder() / kind / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text.partition("\n[")[0])


def load_table(path: Path) -> dict[str, Any]:
    """Return the table of a TOML file; raise InputError where it cannot be read, is too large or is not TOML."""
    try:
        if path.stat().st_size > LARGEST_PRESET:
            raise InputError(f"{path}: larger than {LARGEST_PRESET} bytes, which no preset is")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise InputError(f"{path}: cannot be read ({err.strerror}); check the path") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise InputError(f"{path}: not a valid TOML file ({err}); mend it or use a built-in preset") from err
