"""A batch on its way: rows are read, looked up in the journal and given to the crew, and what comes back is entered.

Rows are read one by one. What comes back is moved to its place, entered, and handed to the caller. No more rows are
held than there are workers, twice.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from songsmith.batching import jobs
from songsmith.batching.crew import Crew, Outcome
from songsmith.batching.folder import BatchFolder, DiskFull, is_full
from songsmith.batching.item import BatchResult, Item, Refused
from songsmith.batching.journal import DONE, FAILED, Journal
from songsmith.batching.manifest import BadRow
from songsmith.batching.rows import Reader
from songsmith.batching.summary import Summary, summarise, write_summary
from songsmith.errors import InputError
from songsmith.fieldreader import read_json

MAX_REPORT_BYTES = 10_000_000


class Batch:
    """A batch on its way: an iterator over results, in the order in which they come.

    It ends by itself, or with `close`, or at the end of a `with` block; `summary` then says what came of it.
    """

    def __init__(
        self,
        rows: Iterator[tuple[int, object]],
        reader: Reader,
        folder: BatchFolder,
        journal: Journal,
        hire: Callable[[], Crew],
        attempts: int,
        use_cache: bool,
    ) -> None:
        self._rows, self._reader, self._folder, self._journal = rows, reader, folder, journal
        self._hire, self._attempts, self._use_cache = hire, attempts, use_cache
        self._crew: Crew | None = None
        self._again: deque[Item] = deque()
        self._known: set[str] = set()  # of the items at work those that an earlier run began
        self._tasks = 0
        self._begun = time.monotonic()
        self._made = 0
        self._summary: Summary | None = None
        self._results = self._run()

    def __iter__(self) -> Iterator[BatchResult]:
        return self

    def __next__(self) -> BatchResult:
        try:
            return next(self._results)
        except StopIteration:
            self.close()
            raise
        except BaseException:
            with suppress(Exception):  # the first failure is the one to tell
                self.close()
            raise

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()
            return
        with suppress(Exception):
            self.close()

    @property
    def out(self) -> Path:
        """The folder of the batch."""
        return self._folder.root

    @property
    def summary(self) -> Summary:
        """What came of the rows seen so far, or of all once the batch is over."""
        return self._summary or self._summarise()

    def close(self) -> None:
        """End the workers, those at work, too, write `summary.json` and give the folder back.

        What was not finished is made when the batch is resumed.
        """
        if self._summary is not None:
            return
        try:
            if self._crew is not None:
                self._crew.close()
        finally:
            self._results.close()
            self._summary = self._summarise()
            try:
                self._folder.discard(self._folder.work)
                write_summary(self._summary, self._journal.entries(), self._folder.root)
            except OSError as err:
                raise self._worded(err) from err
            finally:
                try:
                    self._journal.close()
                finally:
                    self._folder.release()

    def _run(self) -> Generator[BatchResult, None, None]:
        """Make what is to be made and yield what comes of it."""
        is_over = False
        while True:
            crew, result = self._crew, None
            if crew is not None and crew.has_outcome:
                result = self._settle(crew.take())
            elif self._again:
                self._give(self._again.popleft())
            elif not is_over and (crew is None or crew.has_room):
                found = self._next()
                is_over = found is None
                if isinstance(found, Item):
                    self._give(found)
                else:
                    result = found
            elif crew is not None and crew.busy:
                result = self._settle(crew.take())
            else:
                return
            if result is not None:
                yield result

    def _next(self) -> Item | BatchResult | None:
        """Return the next item to make, or what came of a row without making anything, or None at the end."""
        for row, raw in self._rows:
            try:
                if isinstance(raw, BadRow):
                    raise raw
                item = self._reader.read(raw, row)
                entry = self._journal.see(item)
            except DiskFull:
                raise
            except InputError as err:
                refused = Refused(row, _id_of(raw), str(err))
                self._journal.refuse(refused)
                return BatchResult(row, refused.id, None, None, refused.error)
            if entry is not None:
                self._known.add(item.id)
            if entry is None or (entry.content, entry.id) != (item.content, item.id):
                return item
            if entry.state == DONE and self._folder.is_there(item.id):
                self._known.discard(item.id)
                place = self._folder.place(item.id)
                report = _report_in(place)
                return BatchResult(row, item.id, place, report, None, entry.seconds, entry.attempts, True)
            if entry.state == DONE:
                self._journal.reopen(item)
            elif entry.state == FAILED and entry.attempts >= self._attempts:
                self._known.discard(item.id)
                error = f"was tried {entry.attempts} times: {entry.error}"
                return BatchResult(row, item.id, None, None, error, entry.seconds, entry.attempts, True)
            return item
        return None

    def _give(self, item: Item) -> None:
        if self._crew is None:
            self._crew = self._hire()
        self._journal.write()
        self._tasks += 1
        task = {
            "id": item.id,
            "job": item.job,
            "options": dict(item.options),
            "place": str(self._folder.work / f"{self._journal.run}-{self._tasks}"),
            "use_cache": self._use_cache,
        }
        self._crew.give(item, task)

    def _settle(self, outcome: Outcome) -> BatchResult | None:
        """Put what came of a task to where it belongs; return None where the item is tried once more."""
        item, answer, seconds = outcome.item, outcome.answer, round(outcome.seconds, 3)
        made = Path(outcome.task["place"])
        warnings: tuple[str, ...] = ()
        if answer is None:
            assert outcome.failure is not None  # an outcome has one or the other
            kind, error = jobs.FAULT, str(outcome.failure)
            if is_full(outcome.failure):
                raise DiskFull(self._folder.root) from outcome.failure
        else:
            warnings = tuple(answer["warnings"])
            if answer["ok"]:
                try:
                    place = self._folder.put_in_place(made, item.id, item.id in self._known)
                    attempts = self._journal.finish(item, seconds)
                    self._known.discard(item.id)
                    self._made += 1
                    return BatchResult(
                        item.row, item.id, place, answer["report"], None, seconds, attempts, False, warnings
                    )
                except InputError as err:
                    if isinstance(err, DiskFull):
                        raise
                    kind, error = jobs.WRONG, str(err)
                except OSError as err:
                    raise self._worded(err) from err
            else:
                kind, error = str(answer["kind"]), str(answer["error"])
        self._folder.discard(made)
        if kind == jobs.FULL:
            raise DiskFull(self._folder.root)
        most = self._attempts if kind == jobs.FAULT else 0
        attempts, once_more = self._journal.fail(item, error, seconds, most)
        if once_more:
            self._again.append(item)
            return None
        self._known.discard(item.id)
        return BatchResult(item.row, item.id, None, None, error, seconds, attempts, False, warnings)

    def _summarise(self) -> Summary:
        return summarise(self._journal, self._folder.root, time.monotonic() - self._begun, self._made)

    def _worded(self, err: OSError) -> InputError:
        if is_full(err):
            return DiskFull(self._folder.root)
        return InputError(f"{err.filename or self._folder.root}: cannot be written ({err.strerror})")


def _id_of(raw: object) -> str:
    """Return the id that a refused row gives, where it is one that can be shown."""
    given = raw.get("id") if isinstance(raw, Mapping) else None
    return given if isinstance(given, str) and 0 < len(given) <= 80 and given.isprintable() else ""


def _report_in(folder: Path) -> Mapping[str, Any] | None:
    """Return the report of a folder that was made before; None where it has none."""
    path = folder / "report.json"
    if not path.is_file():
        return None
    try:
        report = read_json(path, MAX_REPORT_BYTES)
    except InputError:
        return None
    return report if isinstance(report, dict) else None
