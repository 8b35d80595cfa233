"""The folder of a batch: who may write in it, where work is done, and how a finished folder gets to its place.

    OUT/ID/             what was made, there only when it is complete
    OUT/summary.json    what came of every row
    OUT/.batch/         journal.sqlite, the lock, logs of the workers, and work/ for what is not finished

Everything below `.batch/work` may be deleted at any time that nobody holds the lock.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from songsmith.errors import InputError
from songsmith.project import PlaceTaken, copy_foreign
from songsmith.songfolder import SONG_FILE

OWN = ".batch"
JOURNAL = "journal.sqlite"
FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(InputError):  # noqa: N818 - named after what is the matter
    """There is no room left for what is made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: the disk is full: make room, then go on with --resume (resume=True)")


@dataclass(frozen=True, slots=True, eq=False)
class BatchFolder:
    """A batch's folder, held by this process until `release`.

    Parameters
    ----------
    root : the folder
    lock : the open file whose lock says that it is held; the system gives it back however the process ends
    is_new : whether there is no batch in it yet
    """

    root: Path
    lock: IO[bytes]
    is_new: bool

    @classmethod
    def hold(cls, root: Path, resume: bool) -> BatchFolder:
        """Return the folder, made where it is not there, once nobody else holds it.

        Raises InputError where it cannot be written to, another run holds it, it holds something else, or, without
        `resume`, a batch.
        """
        import fcntl

        try:
            root = Path(root).expanduser().resolve()
            if root.exists() and not root.is_dir():
                raise InputError(f"{root}: is a file; give the name of a folder")
            own = root / OWN
            if own.is_symlink() or (own.exists() and not own.is_dir()):
                raise InputError(f"{own}: is not the folder of a batch; choose another folder")
            if root.is_dir() and not own.is_dir() and any(root.iterdir()):
                raise PlaceTaken(f"{root}: holds something else than a batch; choose another folder")
            own.mkdir(parents=True, exist_ok=True)
            lock = (own / "lock").open("ab")
        except OSError as err:
            if err.errno in FULL:
                raise DiskFull(root) from err
            raise InputError(f"{root}: cannot be written to ({err.strerror}); choose another folder") from err
        except (ValueError, RuntimeError) as err:
            raise InputError(f"{str(root)[:200]!r}: cannot be the path of a folder ({err}); choose another") from err
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            lock.close()
            raise InputError(
                f"{root}: another run writes there now; wait for its end, or choose another folder"
            ) from err
        is_new = not (own / JOURNAL).exists()
        if not is_new and not resume:
            lock.close()
            raise PlaceTaken(f"{root}: holds a batch: go on with --resume (resume=True), or choose another folder")
        return cls(root, lock, is_new)

    def release(self) -> None:
        """Give the folder back."""
        self.lock.close()

    def forsake(self) -> None:
        """Give the folder back, without a trace where there is no batch in it yet."""
        if self.is_new:
            self.discard(self.root / OWN)
            with suppress(OSError):
                self.root.rmdir()
        self.release()

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.root / OWN / JOURNAL

    @property
    def work(self) -> Path:
        """Where folders are that are not finished."""
        return self.root / OWN / "work"

    def place(self, id_: str) -> Path:
        """Return where what is made of an item comes."""
        return self.root / id_

    def is_there(self, id_: str) -> bool:
        """Return whether what is made of an item is there."""
        place = self.place(id_)
        return place.is_dir() and not place.is_symlink() and any(place.iterdir())

    def clean(self) -> None:
        """Delete what runs before left unfinished; what one had put aside and not replaced goes back."""
        aside = self.work / "aside"
        if aside.is_dir() and not self.work.is_symlink():
            for folder in sorted(aside.iterdir()):
                if not self.place(folder.name).exists():
                    folder.rename(self.place(folder.name))
        self.discard(self.work)

    def discard(self, path: Path) -> None:
        """Delete a folder of unfinished work, if it is there."""
        if path.is_symlink():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path, ignore_errors=True)

    def put_in_place(self, made: Path, id_: str, is_ours: bool) -> Path:
        """Move a finished folder to its place, over what an attempt before left there, and return the place.

        Parameters
        ----------
        is_ours : whether what is there already was made by this batch; files in it that are not a song's are kept

        Raises InputError where something else is there.
        """
        target = self.place(id_)
        if target.is_symlink() or (target.exists() and not (target.is_dir() and is_ours)):
            raise InputError(f"{target}: something is there that this batch did not make; move it away")
        if not target.exists():
            made.rename(target)
        else:
            if (made / SONG_FILE).is_file():
                copy_foreign(target, made)
            aside = self.work / "aside"
            aside.mkdir(exist_ok=True)
            target.rename(aside / id_)
            made.rename(target)
            self.discard(aside / id_)
        sync(target.parent)
        return target


def sync_tree(folder: Path) -> None:
    """Make sure that all files of a folder are on the disk, should the power fail now."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() or path.is_dir():
            sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Make sure that a file, or the list of a folder's files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(err: BaseException | None) -> bool:
    """Return whether a failure, or one behind it, is for want of room."""
    seen: set[int] = set()
    while err is not None and id(err) not in seen:
        seen.add(id(err))
        if isinstance(err, OSError) and err.errno in FULL:
            return True
        if isinstance(err, sqlite3.OperationalError) and "full" in str(err):
            return True
        err = err.__cause__ or err.__context__
    return False
