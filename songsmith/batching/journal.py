"""The journal of a batch: what was tried, and what came of it.

A SQLite file in write-ahead mode: an entry that is committed survives whatever ends the process, and a reader may
look while the batch runs. An item is done once its folder is in its place and on the disk, and only then is it
entered as done. Items in work need no entry to be started over, so an interruption is never counted as an attempt.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from songsmith import __version__
from songsmith.batching.folder import DiskFull, is_full
from songsmith.batching.ids import same_folder
from songsmith.batching.item import Item, Refused
from songsmith.errors import InputError

FORMAT = 1
WAITING, DONE, FAILED = "waiting", "done", "failed"
PENDING_WRITES = 1000
"""Entries of rows that need no work, written together."""

_TABLES = """
CREATE TABLE IF NOT EXISTS batch (format INTEGER NOT NULL, songsmith TEXT NOT NULL, run INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, row INTEGER NOT NULL, job TEXT NOT NULL, content TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT, seconds REAL NOT NULL, finished REAL,
    run INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (row INTEGER NOT NULL, id TEXT NOT NULL, error TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of an item: see the columns of its table."""

    row: int
    id: str
    job: str
    content: str
    state: str
    attempts: int
    error: str | None
    seconds: float


class Journal:
    """The journal in a file, opened for a new run of its batch, whose number is `run`.

    Raises InputError where the file is no journal, or one that another version of songsmith began: its songs would
    not be of one kind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten = 0
        try:
            self._base = sqlite3.connect(path, timeout=30.0, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_TABLES)
            known = self._base.execute("SELECT format, songsmith, run FROM batch").fetchone()
            if known is not None and known[:2] != (FORMAT, __version__):
                raise InputError(
                    f"{path.parent.parent}: was begun by songsmith {known[1]}, this is {__version__}, whose songs may"
                    " differ: go on with that version, or begin again in another folder"
                )
            self.run = 1 if known is None else int(known[2]) + 1
            if known is None:
                self._base.execute("INSERT INTO batch VALUES (?, ?, ?)", (FORMAT, __version__, self.run))
            else:
                self._base.execute("UPDATE batch SET run = ?", (self.run,))
            self._base.execute("DELETE FROM refused")
            self._base.commit()
        except sqlite3.Error as err:
            raise self._error(err) from err

    def close(self) -> None:
        """Write what is waiting and close the file."""
        try:
            self._base.commit()
        except sqlite3.Error as err:
            raise self._error(err) from err
        finally:
            self._base.close()

    def see(self, item: Item) -> Entry | None:
        """Note that an item is asked for in this run, and return what is known of it from before.

        An item that has changed since is a new one, but that its folder may be there. Raises InputError where the
        run has another item for the same folder.
        """
        name = same_folder(item.id)
        try:
            found = self._base.execute(
                "SELECT row, id, job, content, state, attempts, error, seconds, run FROM items WHERE name = ?",
                (name,),
            ).fetchone()
            if found is not None and found[8] == self.run:
                raise InputError(f"row {item.row}: id {item.id!r} is that of row {found[0]}, too: give each its own")
            entry = None if found is None else Entry(*found[:8])
            if entry is None or (entry.content, entry.id) != (item.content, item.id):
                self._base.execute(
                    "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, 0, NULL, 0.0, NULL, ?)",
                    (name, item.id, item.row, item.job, item.content, WAITING, self.run),
                )
            else:
                self._base.execute("UPDATE items SET row = ?, run = ? WHERE name = ?", (item.row, self.run, name))
            self._write_later()
        except sqlite3.Error as err:
            raise self._error(err) from err
        return entry

    def refuse(self, refused: Refused) -> None:
        """Note a row that is no item."""
        try:
            self._base.execute("INSERT INTO refused VALUES (?, ?, ?)", (refused.row, refused.id, refused.error))
            self._write_later()
        except sqlite3.Error as err:
            raise self._error(err) from err

    def write(self) -> None:
        """Write what is waiting, for good."""
        try:
            self._base.commit()
            self._unwritten = 0
        except sqlite3.Error as err:
            raise self._error(err) from err

    def finish(self, item: Item, seconds: float) -> int:
        """Enter, for good, that an item is made and in its place, and return how many attempts there were."""
        return self._enter(item, DONE, None, seconds)[0]

    def fail(self, item: Item, error: str, seconds: float, most: int) -> tuple[int, bool]:
        """Enter, for good, that an attempt failed; return how many there were and whether there is to be another.

        Parameters
        ----------
        most : attempts; 0 where another would fail, too
        """
        attempts, state = self._enter(item, FAILED, error, seconds, most)
        return attempts, state == WAITING

    def _enter(self, item: Item, state: str, error: str | None, seconds: float, most: int = 0) -> tuple[int, str]:
        """Count an attempt at an item and enter its state, `WAITING` instead while there are fewer than `most`."""
        name = same_folder(item.id)
        try:
            self._base.execute(
                "UPDATE items SET attempts = attempts + 1, state = CASE WHEN attempts + 1 < ? THEN ? ELSE ? END,"
                " error = ?, seconds = ?, finished = ? WHERE name = ?",
                (most, WAITING, state, error, seconds, time.time(), name),
            )
            self.write()
            attempts, entered = self._base.execute(
                "SELECT attempts, state FROM items WHERE name = ?", (name,)
            ).fetchone()
        except sqlite3.Error as err:
            raise self._error(err) from err
        return int(attempts), str(entered)

    def reopen(self, item: Item) -> None:
        """Note that a done item is to be made again, as its folder is gone."""
        try:
            self._base.execute("UPDATE items SET state = ? WHERE name = ?", (WAITING, same_folder(item.id)))
        except sqlite3.Error as err:
            raise self._error(err) from err

    def counts(self) -> dict[str, int]:
        """Return how many rows of this run are done, failed (refused ones with them) and still to be made."""
        counted = {DONE: 0, FAILED: 0, WAITING: 0}
        rows = self._base.execute("SELECT state, COUNT(*) FROM items WHERE run = ? GROUP BY state", (self.run,))
        counted.update({state: int(number) for state, number in rows})
        counted[FAILED] += int(self._base.execute("SELECT COUNT(*) FROM refused").fetchone()[0])
        return counted

    def entries(self) -> Iterator[Entry]:
        """Yield what is known of every row of this run, in their order; one that was refused has no content."""
        yield from (
            Entry(*row)
            for row in self._base.execute(
                "SELECT row, id, job, content, state, attempts, error, seconds FROM items WHERE run = ?"
                f" UNION ALL SELECT row, id, '', '', '{FAILED}', 0, error, 0.0 FROM refused ORDER BY row",
                (self.run,),
            )
        )

    def _write_later(self) -> None:
        self._unwritten += 1
        if self._unwritten >= PENDING_WRITES:
            self._base.commit()
            self._unwritten = 0

    def _error(self, err: sqlite3.Error) -> InputError:
        if is_full(err):
            return DiskFull(self._path.parent.parent)
        return InputError(f"{self._path}: is not a journal that can be used ({err}); choose another folder")
