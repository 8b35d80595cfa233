"""`songsmith.batch`: many songs in one run, see `songsmith.batching.running`."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from songsmith.batching.crew import Crew
from songsmith.batching.folder import BatchFolder
from songsmith.batching.journal import Journal
from songsmith.batching.keys import Source
from songsmith.batching.local import local_starts
from songsmith.batching.manifest import check_manifest, is_text_only, read_manifest
from songsmith.batching.rows import Reader
from songsmith.batching.running import Batch
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.project import check_format

ENGINES = ("local", "ray")
MOST_WORKERS = 10_000
MOST_ATTEMPTS = 100
LONGEST_TIMEOUT_S = 1e6

Row = str | Mapping[str, Any] | Brief


def batch(
    items: str | Path | Iterable[Row],
    out: str | Path,
    *,
    workers: int | None = None,
    engine: str = "local",
    resume: bool = False,
    attempts: int = 3,
    timeout_s: float = 3600.0,
    root: str | Path | None = None,
    audio_format: str = "wav",
    use_cache: bool = True,
    ray_address: str | None = None,
    gpus_per_worker: float = 0.0,
) -> Batch:
    """Make many songs; iterate over what is returned to have them made.

    Parameters
    ----------
    items : the path of a manifest, or rows: prompts, mappings of a row's keys, or `Brief`s; read as they are needed
    out : folder that gets a folder for each item, a journal and `summary.json`
    workers : items made at once; by default one for each core, or for each CPU of the cluster
    engine : `local` or `ray`
    resume : go on with the batch that is in `out`; what is done and unchanged is not made again
    attempts : how often an item is tried at most, over all runs, where its worker died or had a fault, or the run
        is resumed
    timeout_s : an item that takes longer is ended
    root : folder that files named in rows must be in; by default that of the manifest, and any for rows of Python
    audio_format : of items that do not say
    use_cache : as for `songsmith.make`; the workers share the cache
    ray_address : of the cluster; None for the one that is connected, or else a new one on this machine
    gpus_per_worker : that Ray keeps for each worker

    Raises
    ------
    InputError
        where an option, the manifest or the folder is not right; what is wrong with a row is in its result
    MissingPart
        where the engine is not installed
    """
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r} is not known: use one of {', '.join(ENGINES)}")
    if engine == "local" and (ray_address is not None or gpus_per_worker):
        raise InputError("an address and GPUs are for the engine ray: add --engine ray (engine='ray')")
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"{workers} workers are not possible: use 1 to {MOST_WORKERS}")
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise InputError(f"{attempts} attempts are not possible: use 1 to {MOST_ATTEMPTS}")
    if not 0.0 < timeout_s <= LONGEST_TIMEOUT_S:
        raise InputError(f"a timeout of {timeout_s:g} s is not possible: use up to {LONGEST_TIMEOUT_S:g}")
    if not (math.isfinite(gpus_per_worker) and gpus_per_worker >= 0.0):
        raise InputError(f"{gpus_per_worker:g} GPUs a worker are not possible: use 0 or more")
    check_format(audio_format)
    is_text = False
    if isinstance(items, str | Path):
        manifest = check_manifest(Path(items))
        root = manifest.parent if root is None else root
        is_text = is_text_only(manifest)
        rows: Iterator[tuple[int, object]] = _begun(manifest)
    else:
        rows = enumerate(items, 1)
    if engine == "ray":
        from songsmith.batching.cluster import check_ray

        check_ray()
    source = Source(None if root is None else Path(root).resolve(), is_text)
    folder = BatchFolder.hold(Path(out), resume)
    try:
        journal = Journal(folder.journal)
        folder.clean()

        def crew() -> Crew:
            if engine == "ray":
                from songsmith.batching.cluster import ray_starts

                starts, leave = ray_starts(workers, folder.root, timeout_s, ray_address, gpus_per_worker)
                return Crew(starts, leave)
            return Crew(local_starts(workers or usable_cores(), folder.work.parent, timeout_s))

        return Batch(rows, Reader(source, audio_format), folder, journal, crew, attempts, use_cache)
    except BaseException:
        folder.forsake()
        raise


def _begun(manifest: Path) -> Iterator[tuple[int, object]]:
    """Return the rows of a manifest, the first read already, so that a file that is none is told at once."""
    rows = read_manifest(manifest)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{manifest}: has no rows; write one for each item")
    return chain([first], rows)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
