"""What a batch makes: an item read from a row, a row that was refused, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to make.

    Parameters
    ----------
    row : its place in the manifest or iterable, from 1
    id : name of its folder
    job : `make`, `separate` or `extend`
    options : what the job takes, in values that JSON has; files as absolute paths
    content : hash of all that the result depends on, the content of files included
    """

    row: int
    id: str
    job: str
    options: Mapping[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no item, and why; `id` is empty where it could not be read."""

    row: int
    id: str
    error: str


@dataclass(frozen=True, slots=True, eq=False)
class BatchResult:
    """What came of a row.

    Parameters
    ----------
    row : its place in the manifest or iterable, from 1
    id : of the item; empty where the row has none that can be read
    folder : what was made, None where it failed
    report : what was measured on it; None where it failed and for jobs that measure nothing
    error : why it failed, None where it was made
    seconds : that its last attempt took in the worker
    attempts : how often it was tried, in earlier runs, too
    resumed : whether an earlier run of the batch had made it
    warnings : what is wrong with the machine rather than with the item
    """

    row: int
    id: str
    folder: Path | None
    report: Mapping[str, Any] | None
    error: str | None
    seconds: float = 0.0
    attempts: int = 0
    resumed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was made."""
        return self.error is None
