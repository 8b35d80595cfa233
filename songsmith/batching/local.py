"""Workers on this machine: a Python process each, which loads the models once and works with one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from songsmith.batching.crew import Worker, WorkerDied

ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    "1",
)
"""Environment of a worker: workers side by side do not fight for cores."""

MEMORY: Mapping[str, str] = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1536 * 2**20),
}
"""Environment of a worker for the GNU C library: one heap, which keeps the memory of arrays for the next song and
gives back what is more than a song needs: a worker neither grows nor pays for every page anew."""

_SERVE = "from songsmith.batching.serve import main; main()"
LONGEST_ANSWER = 50_000_000


class LocalWorker:
    """A worker process.

    Parameters
    ----------
    log : file that gets what it prints
    timeout_s : an item that takes longer costs it its life
    """

    def __init__(self, log: Path, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        environment = {**os.environ, **ONE_THREAD, **MEMORY}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the run, which ends its workers
            )

    def do(self, task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a task; raise WorkerDied where the process ends, or takes too long."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(self._timeout_s, end)
        timer.daemon = True
        timer.start()
        line = b""
        try:
            assert self._process.stdin is not None  # for the type checker: both are pipes
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline(LONGEST_ANSWER)
        except (OSError, ValueError):  # its end of the pipe is gone
            pass
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self._process.kill()
            code = self._process.wait()
            if late.is_set():
                raise WorkerDied(f"took longer than {self._timeout_s:g} s and was ended")
            raise WorkerDied(f"its worker died ({_cause(code)})")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End the process."""
        self._process.kill()

    def end(self) -> None:
        """End the process and close the pipes to it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # for the type checker
            with suppress(OSError):  # what was still to be written
                pipe.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid


def local_starts(count: int, logs: Path, timeout_s: float) -> Sequence[Callable[[], Worker]]:
    """Return what starts each of `count` workers, which write logs into a folder."""

    def start(number: int) -> Callable[[], Worker]:
        return lambda: LocalWorker(logs / f"worker-{number}.log", timeout_s)

    return [start(number) for number in range(1, count + 1)]


def _cause(code: int) -> str:
    """Say what a process died of."""
    import signal

    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name
