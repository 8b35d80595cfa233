"""Small batches and ways to look at what came of them, for the tests."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHEET = "[Verse]\nCopper kettle on the fire\n"
PROMPT = "folk, 150 BPM"


def rows(count: int) -> list[dict[str, Any]]:
    """Return rows of short songs that differ, without a voice, which are made quickest."""
    asked = {"prompt": "folk, 200 BPM, solo guitar", "instrumental": True, "length": 8}
    return [{"id": f"s{number}", **asked, "seed": number} for number in range(count)]


def sung(count: int) -> list[dict[str, Any]]:
    """Return rows of short songs with a voice."""
    return [{"id": f"s{number}", "prompt": PROMPT, "lyrics": SHEET, "seed": number} for number in range(count)]


def write_manifest(path: Path, values: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in values))
    return path


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file of the songs in a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".batch" not in path.parts and path.name != "summary.json"
    }


def stamp(folder: Path) -> tuple[int, int, int]:
    """Return what changes where a song is made again, though its bytes may be the same."""
    mix = (folder / "mix.wav").stat()
    return folder.stat().st_ino, mix.st_ino, mix.st_mtime_ns


def journal(out: Path, columns: str = "id, state, attempts") -> list[tuple[Any, ...]]:
    """Return the entries of a journal, that of a run that goes on included; none where it has not begun."""
    try:
        base = sqlite3.connect(f"file:{out}/.batch/journal.sqlite?mode=ro", uri=True)
        try:
            return base.execute(f"SELECT {columns} FROM items ORDER BY row").fetchall()
        finally:
            base.close()
    except sqlite3.OperationalError:
        return []


def is_clean(out: Path) -> bool:
    """Return whether nothing unfinished is left in a batch's folder."""
    own = {path.name.split("-")[0].removesuffix(".log") for path in (out / ".batch").iterdir()}
    return own <= {"journal.sqlite", "lock", "worker", "mark"} and not [
        p for p in out.glob(".*") if p.name != ".batch"
    ]


def worker_processes(parent: int) -> Iterator[int]:
    """Yield the ids of the worker processes of a process."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            of = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if of == parent and b"songsmith.batching.serve" in folder.joinpath("cmdline").read_bytes():
                yield int(folder.name)
        except OSError:  # it has ended meanwhile
            continue


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "SONGSMITH_CACHE": str(cache)}
