"""The Ray engine on a real Ray of this machine, begun here: the same songs, whatever actor dies."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batching.batches import is_clean, rows, sung, tree

import songsmith
from songsmith.batching.cluster import Maker, RayWorker
from songsmith.errors import InputError

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'songsmith[ray]'")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Begin a Ray of two CPUs that listens on this machine only."""
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=150_000_000,
        log_to_driver=False,
        logging_level="error",
        _node_ip_address="127.0.0.1",
    )
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path / "cache"))


def actor_processes() -> list[int]:
    """Return the ids of the processes of our actors on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.joinpath("cmdline").read_bytes().startswith(b"ray::Maker"):
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def test_the_same_songs_though_an_actor_is_killed(cluster: None, tmp_path: Path) -> None:
    over = threading.Event()

    def kill_one() -> None:
        while not over.is_set():
            for actor in actor_processes():
                os.kill(actor, signal.SIGKILL)
                return

    values = [*sung(3), {"id": "bad", "prompt": "folk", "tempo": -1}]
    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        results = {result.id: result for result in songsmith.batch(values, tmp_path / "ray", workers=2, engine="ray")}
    finally:
        over.set()
        killer.join()
    assert [results[name].ok for name in ("s0", "s1", "s2", "bad")] == [True, True, True, False]
    assert sum(result.attempts for result in results.values()) == 4, "one of three was tried twice"
    assert ray.is_initialized(), "a cluster that was connected before stays so"
    assert is_clean(tmp_path / "ray")
    assert all(result.ok for result in songsmith.batch(sung(3), tmp_path / "local", workers=1))
    assert tree(tmp_path / "ray") == tree(tmp_path / "local")
    again = list(songsmith.batch(sung(3), tmp_path / "ray", engine="ray", resume=True))
    assert all(result.resumed for result in again)


def test_a_worker_that_does_not_see_the_folder_sends_its_files(cluster: None, tmp_path: Path) -> None:
    maker: Any = ray.remote(num_cpus=1)(Maker)
    row = {**sung(1)[0], "format": "wav"}
    task: dict[str, Any] = {"id": row.pop("id"), "job": "make", "options": row, "use_cache": False}
    (tmp_path / "mark").write_text("secret")
    for secret, name in (("secret", "shared"), ("another", "sent")):
        worker = RayWorker(maker.remote(str(tmp_path / "mark"), secret), 300.0)
        answer = worker.do({**task, "place": str(tmp_path / name)})
        assert answer["ok"]
        assert "files" not in answer
        worker.end()
    assert (tmp_path / "sent" / "mix.wav").is_file()
    assert tree(tmp_path / "sent") == tree(tmp_path / "shared")


def test_what_the_cluster_does_not_have(cluster: None, tmp_path: Path) -> None:
    running = songsmith.batch(rows(1), tmp_path / "out", engine="ray", gpus_per_worker=1.0)
    with pytest.raises(InputError, match=r"has 2 CPUs and 0 GPUs, a worker needs 1 and 1: add nodes"):
        list(running)
