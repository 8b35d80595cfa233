"""Rendered pieces kept by content, so that what is unchanged is not rendered again.

An entry's name is the hash of all that its sound depends on; an entry is an array in numpy's own format
behind the sha256 of its bytes. Entries that do not match their hash are ignored and rewritten. Several
processes may share a folder: files are written under a temporary name and renamed. Losing the cache, or not
having one, changes nothing but the time taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

ENVIRONMENT = "SONGSMITH_CACHE"
LIMIT_BYTES = 512 * 2**20
KEPT_SHARE = 0.9  # what is left of the limit after older entries have gone
SUFFIX = ".sound"

Warn = Callable[[str], None]


def cache_folder() -> Path:
    """Return `$SONGSMITH_CACHE`, or the user's cache folder for songsmith."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("songsmith", appauthor=False)


class Cache:
    """A folder of arrays by content.

    Parameters
    ----------
    folder : where; None keeps nothing and finds nothing
    limit_bytes : above this the entries longest unused are deleted
    warn : told, once, that the folder cannot be written to
    """

    def __init__(self, folder: Path | None, limit_bytes: int = LIMIT_BYTES, warn: Warn | None = None) -> None:
        if limit_bytes < 0:
            raise InputError(f"a cache of {limit_bytes} bytes is not possible: use 0 or more")
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._warn = warn
        self._writable = folder is not None
        self._size: int | None = None

    def get(self, key: str) -> npt.NDArray[Any] | None:
        """Return the array kept under `key`, or None."""
        if self.folder is None:
            return None
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, body = content[:32], content[32:]
        if hashlib.sha256(body).digest() != digest:
            return None
        try:
            array: npt.NDArray[Any] = np.load(io.BytesIO(body), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            return None
        with contextlib.suppress(OSError):  # a folder that is read-only still serves
            os.utime(path)
        return array

    def put(self, key: str, array: npt.NDArray[Any]) -> None:
        """Keep an array under `key`; where the folder cannot be written to, warn once and go on without."""
        if not self._writable or self.folder is None:
            return
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        body = buffer.getvalue()
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(body).digest() + body)
                Path(temporary).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
                raise
            self._make_room(32 + len(body))
        except OSError as err:
            self._writable = False
            if self._warn is not None:
                self._warn(
                    f"cache folder {self.folder} cannot be written to ({err.strerror}): going on without;"
                    f" set ${ENVIRONMENT} to a folder that can"
                )

    def _path(self, key: str) -> Path:
        """Return the file of a key; keys are lower-case hex."""
        if self.folder is None or not re.fullmatch(r"[0-9a-f]{16,128}", key):
            raise InputError(f"cache key {key!r} is not a hash")
        return self.folder / "phrases" / key[:2] / f"{key}{SUFFIX}"

    def _make_room(self, added: int) -> None:
        """Delete the entries longest unused where the folder has grown above its limit."""
        if self._size is not None and self._size + added <= self.limit_bytes:
            self._size += added
            return
        entries = []
        for path in (self.folder or Path()).glob(f"phrases/*/*{SUFFIX}"):
            with contextlib.suppress(OSError):  # another process may have deleted it
                status = path.stat()
                entries.append((status.st_mtime_ns, path.name, status.st_size, path))
        size = sum(entry[2] for entry in entries)
        if size > self.limit_bytes:
            for _, _, length, path in sorted(entries):
                if size <= KEPT_SHARE * self.limit_bytes:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                size -= length
        self._size = size
