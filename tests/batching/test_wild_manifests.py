"""Ten thousand rows of strangers through the whole command: told, never a traceback, nothing outside the folder."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from batching.batches import environment
from batching.test_rows import NAMES, ROWS, SHEET
from hypothesis import HealthCheck, Phase, given, seed, settings

COMMAND = [sys.executable, "-m", "songsmith", "batch"]
COUNT = 10_000


def wild_rows(count: int) -> list[Any]:
    """Return rows that hypothesis makes up, the same at any time."""
    found: list[Any] = []

    @seed(7)
    @given(ROWS)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def collect(row: Any) -> None:
        found.append(row)

    collect()
    return found


def as_json(row: Any) -> str:
    """Return a row as a line of JSONL, with what JSON has no word for as Python writes it."""
    return json.dumps(row, default=repr)


def torn(line: bytes, chance: random.Random) -> bytes:
    """Return a line with a few of its bytes cut, doubled or overwritten."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(line) + 1)
        line = chance.choice(
            (line[:at], line[:at] + line[at + 1 :], line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :])
        )
    return line.replace(b"\n", b" ")


def write_jsonl(path: Path, rows: list[Any]) -> None:
    """Write rows a line each, a third of them torn."""
    chance = random.Random(1)
    lines = [as_json(row).encode() for row in rows]
    path.write_bytes(b"".join((torn(line, chance) if chance.random() < 0.33 else line) + b"\n" for line in lines))


def write_csv(path: Path, rows: list[Any]) -> None:
    """Write the rows that are mappings under the keys of a song, and one for what has no column."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*NAMES, "other"])
    for row in rows:
        cells = row if isinstance(row, dict) else {"other": row}
        known = [cells.get(name) for name in NAMES]
        odd = [value for name, value in cells.items() if name not in NAMES]
        writer.writerow(["" if cell is None else str(cell) for cell in (*known, *odd[:1])])
    path.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))


def everything_in(folder: Path, but: Path) -> list[tuple[str, int, int]]:
    """Return what is in a folder and was not changed, outside one folder in it."""
    return [
        (path.relative_to(folder).as_posix(), path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
        if not path.is_relative_to(but)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_ten_thousand_wild_rows_through_the_command(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    (place / "words").mkdir(parents=True)
    (place / "words" / "sheet.txt").write_text(SHEET)
    (tmp_path / "secret.txt").write_text(SHEET)
    (place / "link.txt").symlink_to(tmp_path / "secret.txt")
    (place / "device.txt").symlink_to("/dev/zero")
    (place / "loop.txt").symlink_to(place / "loop.txt")
    os.mkfifo(place / "pipe.txt")
    manifest = place / f"wild.{kind}"
    rows = wild_rows(COUNT)
    assert len(rows) == COUNT
    {"jsonl": write_jsonl, "csv": write_csv}[kind](manifest, rows)
    out = place / "out"
    before = everything_in(tmp_path, out)

    # What is a row of a song is given up at once: it is the reading that is tried here, a row beside the other.
    options = ("--out", out, "--quiet", "--attempts", "1", "--timeout", "0.05", "--no-cache")
    done = subprocess.run(
        [*COMMAND, str(manifest), *map(str, options)],
        capture_output=True,
        text=True,
        cwd=place,
        env=environment(tmp_path / "cache"),
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.startswith("songsmith: ")
    assert done.stderr.count("\n") == 1
    assert everything_in(tmp_path, out) == before
    told = json.loads((out / "summary.json").read_text())["items"]
    assert len(told) >= 0.9 * COUNT, "blank lines are no rows"
    assert len({item["row"] for item in told}) == len(told)
    assert all(item["state"] == "done" or (item["error"] and "\n" not in item["error"]) for item in told)
    assert "internal error" not in json.dumps(told)
    made = {item["folder"] for item in told if item["state"] == "done"}
    assert {path.name for path in out.iterdir()} == {".batch", "summary.json", *made}
    logs = [log.read_text(errors="replace") for log in (out / ".batch").glob("*.log")]
    assert "Traceback" not in "".join(logs)
