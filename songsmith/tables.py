"""TOML tables read with checks: every value by key, of the right kind and size, and none left over.

A dataclass of numbers gives its fields their bounds by `within`; `Table.numbers` reads such a dataclass, and
`check_bounds` holds one that is made in code to the same bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, fields
from typing import Any, TypeVar

from songsmith.errors import InputError
from songsmith.shown import shown

_SHOWN = 120

Numbers = TypeVar("Numbers")


def within(default: float | None, low: float, high: float) -> Any:
    """Return a dataclass field of a number from `low` to `high`; one whose default is whole takes whole numbers."""
    return field(default=default, metadata={"low": low, "high": high})


def check_bounds(numbers: Any) -> None:
    """Raise InputError for the first field of a dataclass that is out of its bounds, which `nan` always is."""
    for known in fields(numbers):
        value, bounds = getattr(numbers, known.name), known.metadata
        if value is not None and bounds and not bounds["low"] <= value <= bounds["high"]:
            name = known.name.replace("_", " ")
            raise InputError(f"{name} {value:g} is out of range: use {bounds['low']:g} to {bounds['high']:g}")


class Table:
    """A table that checks what is read from it and knows where it is, so that messages name the key.

    Parameters
    ----------
    source : what the user calls the file ("style 'folk'")
    values : the table as parsed
    where : its path in the file, empty for the whole file
    """

    def __init__(self, source: str, values: Any, where: str = "") -> None:
        self._source, self._where = source, where
        if not isinstance(values, dict):
            raise InputError(f"{source}: {where} = {shown(values, _SHOWN)} is not a table; write it as [{where}]")
        self._values: dict[str, Any] = values
        self._read: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are there, in the order of the file."""
        return tuple(self._values)

    def path(self, key: str) -> str:
        """Return the full name of a key of this table."""
        return f"{self._where}.{key}" if self._where else key

    def wrong(self, key: str, value: object, accepted: str) -> InputError:
        """Return the error that says that a value is not accepted."""
        return InputError(
            f"{self._source}: {self.path(key)} = {shown(value, _SHOWN)} is not accepted: use {accepted}"
        )

    def end(self) -> None:
        """Raise InputError where there are keys that nothing has read: they are misspelt."""
        extra = sorted(set(self._values) - self._read)
        if extra:
            raise self.wrong(extra[0], self._values[extra[0]], f"the keys {', '.join(sorted(self._read))} only")

    def table(self, key: str, optional: bool = False) -> Table:
        """Return the table under a key; with `optional` an empty one where it is missing."""
        if optional and key not in self._values:
            self._read.add(key)
            return Table(self._source, {}, self.path(key))
        return Table(self._source, self._need(key), self.path(key))

    def numbers(self, kind: type[Numbers]) -> Numbers:
        """Return this whole table as a dataclass of numbers; those it lacks keep their default."""
        values: dict[str, float] = {}
        for known in fields(kind):  # type: ignore[arg-type]
            low, high = known.metadata["low"], known.metadata["high"]
            default: Any = known.default
            if isinstance(default, int):
                values[known.name] = self.integer(known.name, low, high, default)
            else:
                values[known.name] = self.number(known.name, low, high, default)
        self.end()
        try:
            return kind(**values)
        except InputError as err:
            raise InputError(f"{self._source}: {self._where}: {err}") from err

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty, `default` where the key is missing and there is one."""
        self._read.add(key)
        if default is not None and key not in self._values:
            return default
        value = self._need(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, value, "a text")
        return value

    def texts(self, key: str, optional: bool = False) -> tuple[str, ...]:
        """Return a list of texts; with `optional` it may be empty or missing."""
        self._read.add(key)
        value = self._values.get(key, []) if optional else self._need(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, value, "a list of texts")
        if not value and not optional:
            raise self.wrong(key, value, "a list of at least one text")
        return tuple(value)

    def choice(self, key: str, accepted: Sequence[str], default: str | None = None) -> str:
        """Return a text that is one of `accepted`, `default` where the key is missing and there is one."""
        self._read.add(key)
        if default is not None and key not in self._values:
            return default
        value = self._need(key)
        if value not in accepted:
            raise self.wrong(key, value, f"one of {', '.join(accepted)}")
        return str(value)

    def choices(self, key: str, accepted: Sequence[str]) -> tuple[str, ...]:
        """Return a list of texts, each one of `accepted`."""
        values = self.texts(key)
        for value in values:
            if value not in accepted:
                raise self.wrong(key, value, f"some of {', '.join(accepted)}")
        return values

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Return a number within bounds, `default` where the key is missing and there is one."""
        self._read.add(key)
        if default is not None and key not in self._values:
            return default
        return self._number(key, self._need(key), low, high)

    def integer(self, key: str, low: int, high: int, default: int) -> int:
        """Return a whole number within bounds, `default` where the key is missing."""
        self._read.add(key)
        if key not in self._values:
            return default
        return self._integer(key, self._need(key), low, high)

    def integers(self, key: str, low: int, high: int, default: tuple[int, int]) -> tuple[int, int]:
        """Return two whole numbers within bounds, the lower first."""
        self.interval(key, low, high, default)
        first, last = self._values.get(key, default)
        return self._integer(key, first, low, high), self._integer(key, last, low, high)

    def interval(
        self, key: str, low: float, high: float, default: tuple[float, float] | None = None
    ) -> tuple[float, float]:
        """Return two numbers within bounds, the lower first."""
        self._read.add(key)
        if default is not None and key not in self._values:
            return default
        value = self._need(key)
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(key, value, f"two numbers from {low:g} to {high:g}, as [lowest, highest]")
        first, last = (self._number(key, item, low, high) for item in value)
        if first > last:
            raise self.wrong(key, value, "the lower number first")
        return first, last

    def _need(self, key: str) -> Any:
        if key not in self._values:
            raise InputError(f"{self._source}: {self.path(key)} is missing; see a built-in file for an example")
        self._read.add(key)
        return self._values[key]

    def _integer(self, key: str, value: object, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def _number(self, key: str, value: object, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, value, f"a number from {low:g} to {high:g}")
        return float(value)
