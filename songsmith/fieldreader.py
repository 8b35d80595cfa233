"""Values out of a JSON file that nobody has checked yet, with errors that name the file, the key and the value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from lyrics.errors import LyricsError
from songsmith.errors import InputError
from songsmith.shown import shown

_SHOWN = 60

Built = TypeVar("Built")


def read_json(path: Path, max_bytes: int) -> Any:
    """Return what a JSON file holds; raise InputError where it cannot be read, is too large or is not JSON."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not a JSON number")

    try:
        if not path.is_file():
            raise InputError(f"{path}: there is no such file; give the folder of a song")
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(f"{path}: has {size} bytes, at most {max_bytes} are read")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except OSError as err:
        raise InputError(f"{path}: cannot be read ({err.strerror})") from err
    except RecursionError as err:
        raise InputError(f"{path}: nested too deeply to be a song") from err
    except ValueError as err:
        raise InputError(f"{path}: not valid JSON ({err})") from err


@dataclass(frozen=True, slots=True)
class Field:
    """A value and where it stands: `file`, and `key` as a path like `notes[3].pitch`."""

    value: Any
    file: str
    key: str

    def error(self, problem: str) -> InputError:
        """Return the error that says what is wrong with this value."""
        return InputError(f"{self.file}: {self.key or 'the whole file'} {shown(self.value, _SHOWN)} {problem}")

    def build(self, make: Callable[[], Built]) -> Built:
        """Return what `make` makes of this value; an error of a value class gets the file and key."""
        try:
            return make()
        except (InputError, LyricsError) as err:
            if str(err).startswith(f"{self.file}: "):
                raise
            raise InputError(f"{self.file}: {self.key or 'the whole file'}: {err}") from err

    def at(self, name: str | int) -> Field:
        """Return the field of a key of an object, or of an item of a list, that is there."""
        step = f"[{name}]" if isinstance(name, int) else f".{name}" if self.key else name
        return Field(self.value[name], self.file, f"{self.key}{step}")

    def table(
        self, keys: Iterable[str], more: bool = False, optional: Mapping[str, Any] | None = None
    ) -> dict[str, Field]:
        """Return the fields of an object that must have these keys, and no others unless `more`.

        `optional` are keys that may be left out, with the value that they then have.
        """
        optional = optional or {}
        if not isinstance(self.value, dict):
            raise self.error("must be an object")
        names = list(keys)
        missing = [name for name in names if name not in self.value]
        if missing:
            raise self.error(f"lacks the key {missing[0]!r}")
        odd = sorted(set(self.value) - set(names) - set(optional))
        if odd and not more:
            raise self.error(f"has the unknown key {odd[0]!r}; known are {', '.join([*names, *optional])}")
        found = {name: self.at(name) for name in names}
        for name, default in optional.items():
            found[name] = self.at(name) if name in self.value else Field(default, self.file, f"{self.key}.{name}")
        return found

    def entries(self) -> Iterator[tuple[str, Field]]:
        """Yield the names and fields of an object with any keys."""
        if not isinstance(self.value, dict):
            raise self.error("must be an object")
        for name in self.value:
            Field(name, self.file, f"{self.key} key").text()
            yield name, self.at(name)

    def items(self) -> Iterator[Field]:
        """Yield the items of a list."""
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        for index in range(len(self.value)):
            yield self.at(index)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("must be a text")
        try:
            self.value.encode("utf-8")
        except UnicodeEncodeError:
            raise self.error("holds half a character (a lone surrogate)") from None
        return self.value

    def optional_text(self) -> str | None:
        return None if self.value is None else self.text()

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error("must be true or false")
        return self.value

    def integer(self, low: int = -(2**31), high: int = 2**31) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.error("must be a whole number")
        if not low <= self.value <= high:
            raise self.error(f"is out of range: {low} to {high} are accepted")
        return self.value

    def optional_integer(self, low: int, high: int) -> int | None:
        return None if self.value is None else self.integer(low, high)

    def optional_number(self, low: float, high: float) -> float | None:
        return None if self.value is None else self.number(low, high)

    def number(self, low: float = -1e9, high: float = 1e9) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error("must be a number")
        if not low <= self.value <= high:
            raise self.error(f"is out of range: {low:g} to {high:g} are accepted")
        return float(self.value)
