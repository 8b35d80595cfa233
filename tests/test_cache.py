"""The cache: what is put is got back, damage and other processes do no harm, and it stays within its bound."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from songsmith.cache import Cache, cache_folder
from songsmith.errors import InputError


def key_of(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.sound"))


@settings(deadline=None)
@given(arrays(np.float32, array_shapes(max_dims=2, max_side=20), elements=st.floats(-1, 1, width=32)))
def test_what_is_put_is_got_back(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("cache")
    Cache(folder).put(key_of(1), array)
    kept = Cache(folder).get(key_of(1))
    assert kept is not None
    assert kept.dtype == array.dtype
    assert kept.tobytes() == array.tobytes()
    assert Cache(folder).get(key_of(2)) is None


def test_without_a_folder_nothing_is_kept() -> None:
    cache = Cache(None)
    cache.put(key_of(1), np.ones(3, np.float32))
    assert cache.get(key_of(1)) is None


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "pickle"])
def test_damaged_entries_are_ignored_and_rewritten(tmp_path: Path, damage: str) -> None:
    cache, array = Cache(tmp_path), np.arange(1000, dtype=np.float32)
    cache.put(key_of(1), array)
    (path,) = entries(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-10] ^= 1
    elif damage == "pickle":
        import io

        buffer = io.BytesIO()
        np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        content = bytearray(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    path.write_bytes({"cut": content[:-100], "empty": b""}.get(damage, content))
    assert cache.get(key_of(1)) is None
    cache.put(key_of(1), array)
    assert np.array_equal(cache.get(key_of(1)), array)  # type: ignore[arg-type]


def test_the_longest_unused_go_first_when_it_is_full(tmp_path: Path) -> None:
    array = np.zeros(1000, np.float32)
    cache = Cache(tmp_path, limit_bytes=10 * 4200)
    for i in range(8):
        cache.put(key_of(i), array)
    import os

    for i in range(8):  # ages that do not depend on how fast the test runs
        (path,) = tmp_path.rglob(f"{key_of(i)}.sound")
        os.utime(path, ns=(i, i))
    assert cache.get(key_of(0)) is not None  # now the youngest
    for i in range(8, 14):
        cache.put(key_of(i), array)
    assert sum(path.stat().st_size for path in entries(tmp_path)) <= 10 * 4200
    assert Cache(tmp_path).get(key_of(0)) is not None
    assert Cache(tmp_path).get(key_of(1)) is None
    assert Cache(tmp_path).get(key_of(13)) is not None


def test_processes_share_a_folder(tmp_path: Path) -> None:
    program = (
        "import sys, hashlib, numpy as np; from pathlib import Path; from songsmith.cache import Cache\n"
        "cache = Cache(Path(sys.argv[1]), limit_bytes=200_000)\n"
        "for i in range(100):\n"
        "    key = hashlib.sha256(str(i % 40).encode()).hexdigest()\n"
        "    kept = cache.get(key)\n"
        "    assert kept is None or (kept == i % 40).all()\n"
        "    cache.put(key, np.full(2000, i % 40, np.float32))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert not list(tmp_path.rglob(".new-*"))


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []
    cache = Cache(tmp_path / "file" / "cache", warn=told.append)
    for i in range(3):
        cache.put(key_of(i), np.ones(3, np.float32))
        assert cache.get(key_of(i)) is None
    assert len(told) == 1
    assert "SONGSMITH_CACHE" in told[0]


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SONGSMITH_CACHE")
    assert cache_folder().name == "songsmith"


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "ABC", "short"])
def test_keys_are_hashes(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="not a hash"):
        Cache(tmp_path).get(key)
