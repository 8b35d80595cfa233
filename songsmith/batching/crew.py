"""Workers that take the next task as soon as they are free, and are replaced when they die.

Each has a thread here that starts it, gives it tasks and waits for its answers, so that nobody is idle while the
caller looks at a result. The same for processes of this machine and for actors on a cluster.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from songsmith.batching.item import Item
from songsmith.errors import SongsmithError


class WorkerDied(SongsmithError):  # noqa: N818 - named after what is the matter
    """A worker ended, or had to be ended, before it answered."""


class Worker(Protocol):
    """Does one task after another."""

    def do(self, task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a task; raise WorkerDied where there will be none."""

    def kill(self) -> None:
        """End it at once; called from any thread, also while it works."""

    def end(self) -> None:
        """End it and give back all it has; called when it does nothing, also where it is dead."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The answer to a task for an item, or the failure of the worker; and how long it took."""

    item: Item
    task: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    failure: Exception | None
    seconds: float


class Crew:
    """A fixed number of workers.

    Parameters
    ----------
    starts : for each worker what starts it; called again where it died
    leave : called when all have gone
    """

    def __init__(self, starts: Sequence[Callable[[], Worker]], leave: Callable[[], None] | None = None) -> None:
        self._leave = leave
        self.size = len(starts)
        self._tasks: queue.SimpleQueue[tuple[Item, Mapping[str, Any]] | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._given = 0
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[int, Worker] = {}
        self._threads = [
            threading.Thread(target=self._serve, args=(place, start), daemon=True)
            for place, start in enumerate(starts)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> int:
        """How many tasks were given and not yet taken back as outcomes."""
        return self._given

    @property
    def has_room(self) -> bool:
        """Whether another task would find a free worker now or soon."""
        return self._given < 2 * self.size

    @property
    def has_outcome(self) -> bool:
        """Whether `take` would not wait."""
        return not self._outcomes.empty()

    def give(self, item: Item, task: Mapping[str, Any]) -> None:
        """Give a task to whoever is free first."""
        self._given += 1
        self._tasks.put((item, task))

    def take(self) -> Outcome:
        """Wait for the next task that is over and return what came of it."""
        outcome = self._outcomes.get()
        self._given -= 1
        return outcome

    def close(self) -> None:
        """End all workers, those at work, too, and wait until they are gone."""
        self._closing.set()
        for _ in self._threads:
            self._tasks.put(None)
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            with suppress(Exception):  # it may be dead already, in whatever way
                worker.kill()
        for thread in self._threads:
            thread.join()
        if self._leave is not None:
            self._leave()

    def _serve(self, place: int, start: Callable[[], Worker]) -> None:
        """Have one worker do tasks until there are no more."""
        try:
            while (given := self._tasks.get()) is not None and not self._closing.is_set():
                item, task = given
                begun = time.monotonic()
                answer: Mapping[str, Any] | None = None
                failure: Exception | None = None
                try:
                    answer = self._worker(place, start).do(task)
                except Exception as err:
                    failure = err
                    self._dismiss(place)
                self._outcomes.put(Outcome(item, task, answer, failure, time.monotonic() - begun))
        finally:
            self._dismiss(place)

    def _worker(self, place: int, start: Callable[[], Worker]) -> Worker:
        if place not in self._workers:
            worker = start()
            with self._lock:
                self._workers[place] = worker
            if self._closing.is_set():  # it was started behind the back of `close`
                worker.kill()
        return self._workers[place]

    def _dismiss(self, place: int) -> None:
        with self._lock:
            worker = self._workers.pop(place, None)
        if worker is not None:
            with suppress(Exception):
                worker.end()
