"""What came of a batch: the figures, and `summary.json` with a line for every row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from songsmith import __version__
from songsmith.errors import InputError

if TYPE_CHECKING:
    from songsmith.batching.journal import Entry, Journal

FILE = "summary.json"
FORMAT = "songsmith-batch/1"


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a batch.

    Parameters
    ----------
    out : its folder
    done : items that are made, in earlier runs, too
    failed : rows that could not be read and items that could not be made
    waiting : items seen and not made yet: the run was ended before
    made : items made in this run
    seconds : that this run took
    """

    out: Path
    done: int
    failed: int
    waiting: int
    made: int
    seconds: float

    @property
    def songs_per_hour(self) -> float:
        """What this run made in an hour."""
        return 3600.0 * self.made / self.seconds if self.seconds > 0 else 0.0


def summarise(journal: Journal, out: Path, seconds: float, made: int) -> Summary:
    """Return the figures of a run."""
    counts = journal.counts()
    return Summary(out, counts["done"], counts["failed"], counts["waiting"], made, round(seconds, 3))


def figures(summary: Summary) -> dict[str, object]:
    """Return the figures as JSON has them."""
    return {**asdict(summary), "out": str(summary.out), "songs_per_hour": round(summary.songs_per_hour, 1)}


def write_summary(summary: Summary, entries: Iterable[Entry], out: Path) -> None:
    """Write `summary.json`, row by row, under a temporary name that is then its own."""
    target = out / FILE
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise InputError(f"{target}: is not a file that this batch wrote; move it away")
    temporary = out / ".batch" / f"summary-{token_hex(6)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            head = {"format": FORMAT, "songsmith": __version__, **figures(summary)}
            del head["out"]
            file.write(json.dumps(head, indent=1)[:-2] + ',\n "items": [')
            separator = "\n  "
            for entry in entries:
                row = {
                    "row": entry.row,
                    "id": entry.id,
                    "state": entry.state,
                    "folder": entry.id if entry.state == "done" else None,
                    "attempts": entry.attempts,
                    "seconds": entry.seconds,
                    "error": entry.error if entry.state != "done" else None,
                }
                file.write(separator + json.dumps(row, ensure_ascii=True))
                separator = ",\n  "
            file.write("\n ]\n}\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
