"""Workers on a Ray cluster: an actor each, which loads the models once and works with one thread.

An actor that sees the folder of the batch, as on this machine or on a shared disk, writes into it; any other sends
the files back, and they are written here. Files that rows name, but for lyrics, must be where the actors see them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from songsmith.batching.crew import Worker, WorkerDied
from songsmith.batching.folder import OWN, is_full, sync_tree
from songsmith.batching.local import MEMORY, ONE_THREAD
from songsmith.errors import InputError, MissingPart, SongsmithError

LONGEST_START_S = 600.0
"""An actor waits for room on the cluster as long as that; others may be at work there."""


def _ray() -> Any:
    return import_module("ray")


def check_ray() -> None:
    """Raise MissingPart where Ray is not installed."""
    try:
        _ray()
    except ImportError as err:
        raise MissingPart(
            "the engine ray needs Ray: install it with pip install 'songsmith[ray]', or use --engine local"
        ) from err


class Maker:
    """What an actor is: it makes one item after another.

    Parameters
    ----------
    mark, secret : a file in the folder of the batch and what it holds, which show whether this is the same disk
    """

    def __init__(self, mark: str, secret: str) -> None:
        self._is_shared = False
        with suppress(OSError):
            self._is_shared = Path(mark).read_text() == secret

    def pid(self) -> int:
        """Return the id of the actor's process."""
        return os.getpid()

    def make(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Do a task; the answer has the files under `files` where the folder is not to be seen from here."""
        from songsmith.batching import jobs

        if self._is_shared:
            return jobs.run(task)
        ray = _ray()

        with tempfile.TemporaryDirectory(prefix="songsmith-") as place:
            folder = Path(place) / "made"
            answer = jobs.run({**task, "place": str(folder)})
            if answer["ok"]:
                files = sorted(path for path in folder.rglob("*") if path.is_file())
                answer["files"] = [
                    (path.relative_to(folder).as_posix(), ray.put(path.read_bytes())) for path in files
                ]
            return answer


class RayWorker:
    """An actor on the cluster.

    Parameters
    ----------
    handle : of the actor
    timeout_s : an item that takes longer costs it its life
    """

    def __init__(self, handle: Any, timeout_s: float) -> None:
        self._handle, self._timeout_s = handle, timeout_s

    def do(self, task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a task, its files written; raise WorkerDied where the actor died or takes too long."""
        ray = _ray()
        from ray.exceptions import GetTimeoutError, RayError

        try:
            answer: dict[str, Any] = ray.get(self._handle.make.remote(dict(task)), timeout=self._timeout_s)
            files = answer.pop("files", None)
            if files is not None:
                self._fetch(files, Path(task["place"]))
        except GetTimeoutError as err:
            raise WorkerDied(f"took longer than {self._timeout_s:g} s and was ended") from err
        except RayError as err:
            raise WorkerDied(f"its worker died ({_short(err)})") from err
        return answer

    def _fetch(self, files: Sequence[tuple[str, Any]], place: Path) -> None:
        """Write the files that an actor sent."""
        ray = _ray()

        for name, content in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise SongsmithError(f"a worker sent a file called {name[:80]!r}, which leads out of its folder")
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(ray.get(content))
        sync_tree(place)

    def kill(self) -> None:
        """End the actor."""
        ray = _ray()

        ray.kill(self._handle)

    def end(self) -> None:
        """End the actor."""
        self.kill()


def ray_starts(
    workers: int | None, out: Path, timeout_s: float, address: str | None, gpus_per_worker: float
) -> tuple[Sequence[Callable[[], Worker]], Callable[[], None]]:
    """Return what starts each worker on the cluster, and what disconnects from it.

    Parameters
    ----------
    workers : how many; None for one for each CPU of the cluster
    out : folder of the batch
    address : of the cluster; None for the one this process is connected to, or else a new one on this machine
    gpus_per_worker : kept for each

    Raises InputError where there is no cluster at the address, or it never has what a worker needs.
    """
    ray = _ray()

    is_own = not ray.is_initialized()
    if is_own:
        _connect(address, workers)

    def leave() -> None:
        if is_own:
            ray.shutdown()

    try:
        has = ray.cluster_resources()
        cpus, gpus = float(has.get("CPU", 0.0)), float(has.get("GPU", 0.0))
        if cpus < 1.0 or gpus < gpus_per_worker:
            raise InputError(
                f"the cluster has {cpus:g} CPUs and {gpus:g} GPUs, a worker needs 1 and {gpus_per_worker:g}: "
                "add nodes, or ask for less with --gpus-per-worker"
            )
        count = workers or max(1, int(min(cpus, gpus / gpus_per_worker if gpus_per_worker else cpus)))
        mark, secret = out / OWN / "mark", token_hex(16)
        mark.write_text(secret)
        environment = {**ONE_THREAD, **MEMORY}
        for name in ("SONGSMITH_CACHE",):
            if name in os.environ:
                environment[name] = os.environ[name]
        maker = ray.remote(
            num_cpus=1, num_gpus=gpus_per_worker, max_restarts=0, runtime_env={"env_vars": environment}
        )(Maker)
    except BaseException:
        leave()
        raise

    def start() -> Worker:
        handle = maker.remote(str(mark), secret)
        try:
            ray.get(handle.pid.remote(), timeout=LONGEST_START_S)
        except Exception:
            ray.kill(handle)
            raise
        return RayWorker(handle, timeout_s)

    return [start] * count, leave


def _connect(address: str | None, workers: int | None) -> None:
    """Connect to a cluster, or begin one on this machine."""
    ray = _ray()

    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        if address is not None or "RAY_ADDRESS" in os.environ:
            ray.init(address=address, log_to_driver=False, logging_level="error")
        else:
            ray.init(
                num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="error",
                _node_ip_address="127.0.0.1",
            )  # fmt: skip
    except Exception as err:  # Ray raises what it likes, plain Exception among it
        if is_full(err):
            raise
        where = address or os.environ.get("RAY_ADDRESS")
        if where is None:
            raise SongsmithError(
                f"Ray could not be begun on this machine ({_short(err)}): try --engine local"
            ) from err
        raise InputError(
            f"no Ray cluster answers at {where} ({_short(err)}): see that it runs, or leave out --ray-address"
        ) from err


def _short(err: BaseException) -> str:
    """Return the first line of what Ray says."""
    lines = [line.strip() for line in str(err).splitlines() if line.strip()]
    line = lines[0] if lines else type(err).__name__
    return line if len(line) <= 200 else line[:197] + "..."
