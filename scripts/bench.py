"""Times whole songs, batches, separation and growth, side by side with what people would use instead.

Every measurement is a process of its own (`bench_runs`, `bench_beside`), so that memory and cold starts are those
of a user. All are on the processor and in the same run: compare ratios, not seconds of different machines. The cache
is empty and not used. A table goes to standard output, all figures to a JSON file where one is named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from songsmith.batching.local import MEMORY

HERE = Path(__file__).resolve().parent
WORDS = (
    "copper kettle on the fire", "silver rain along the wire", "every window holds a light",
    "someone sings into the night", "carry me across the water", "tell it to your son and daughter",
    "all the roads are turning home", "nobody should walk alone",
)  # fmt: skip
SECTIONS = ("Verse", "Chorus")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: `seconds` of work for `audio_s` seconds of sound, and the peak of its largest process."""

    group: str
    name: str
    seconds: float
    audio_s: float | None = None
    peak_mb: float | None = None
    note: str = ""

    @property
    def times_real(self) -> float | None:
        """Seconds of sound in a second of work."""
        return None if not self.audio_s else self.audio_s / self.seconds


def sheet(lines: int) -> str:
    """Return a sheet of so many lines, eight to a section."""
    rows: list[str] = []
    for number in range(lines):
        if number % 8 == 0:
            rows.append(f"[{SECTIONS[number // 8 % 2]} {number // 16 + 1}]")
        rows.append(WORDS[(number + number // 8) % 8].capitalize())
    return "\n".join(rows) + "\n"


def measured(script: str, *arguments: str, threads: int | None = None, worker: bool = False) -> dict[str, Any]:
    """Run a measurement in a process and return what it says, with `wall_s`, `cpu_s` and `peak_mb`.

    `worker` gives it the memory settings of a worker of a batch.
    """
    environment = {**os.environ, **(MEMORY if worker else {})}
    if threads is not None:
        environment |= {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"bench: {script} {' '.join(arguments)} ended with {process.returncode}")
    said = json.loads(text.splitlines()[-1])
    return {**said, "wall_s": wall_s, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}


def whole_songs(quick: bool) -> Iterator[Row]:
    """A song from the shell, and the same in a process that is warm, by stage."""
    length = 60 if quick else 180
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words.txt"
        words.write_text(sheet(8 if quick else 24))
        said = measured("bench_runs.py", "shell", str(words), str(length), folder)
        yield Row("song", f"{length} s from the shell", said["wall_s"], said["audio_s"], said["peak_mb"])
        for workers in (2, 1):
            said = measured("bench_runs.py", "stages", str(words), str(length), str(workers), worker=True)
            for state in ("cold", "warm"):
                stages = said[state]["stages"]
                note = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages.items())
                seconds = said[state]["seconds"] + (said["import_s"] if state == "cold" else 0.0)
                if state == "cold":
                    note = f"importing {said['import_s']:.2f}, {note}"
                name = f"{length} s {state}, {workers} worker{'s' if workers > 1 else ''}"
                yield Row("song", name, seconds, said[state]["audio_s"], said["peak_mb"], note)


def batches(quick: bool) -> Iterator[Row]:
    """Songs an hour with one worker and with two."""
    count = 4 if quick else 12
    paces = {}
    for workers in (1, 2):
        said = measured("bench_runs.py", "batch", str(count), str(workers), "8")
        paces[workers] = 3600 * count / said["seconds"]
        note = f"{paces[workers]:.0f} songs an hour, {said['song_cpu_s']:.2f} s of processor time each"
        if workers == 2:
            note += f"; {paces[2] / paces[1]:.2f} times one worker"
        name = f"{count} songs, workers: {workers}"
        yield Row("batch", name, said["seconds"], said["audio_s"], said["worker_peak_mb"], note)


def separation(quick: bool) -> Iterator[Row]:
    """Our separator beside the command of Demucs."""
    length = 20 if quick else 60
    said = measured("bench_runs.py", "separate", str(length))
    if "missing" in said:
        yield Row("separation", "songsmith-mini", 0.0, None, None, said["missing"])
    else:
        yield Row("separation", f"{said['model']}, 4 stems, warm", said["seconds"], length, said["peak_mb"])
    said = measured("bench_beside.py", "demucs", str(length))
    note = "random weights, the command with its defaults, start included"
    yield Row("separation", "htdemucs, 4 stems", said["seconds"], length, said["child_peak_mb"], note)


def beside(quick: bool) -> Iterator[Row]:
    """What people would use instead of the accompaniment, and plain speech of the voice's teacher."""
    said = measured("bench_beside.py", "musicgen", "30" if quick else "100")
    note = f"random weights; {said['steps']} of 50 steps a second of sound and the codec timed, drawn out linearly"
    yield Row("instead", "MusicGen-small, accompaniment", said["seconds"], said["audio_s"], said["peak_mb"], note)
    said = measured("bench_beside.py", "kokoro")
    if "missing" in said:
        yield Row("instead", "Kokoro-82M, speech", 0.0, None, None, said["missing"])
    else:
        yield Row("instead", "Kokoro-82M int8, speech", said["seconds"], said["audio_s"], said["peak_mb"])


def growth(quick: bool) -> Iterator[Row]:
    """Longer songs, more lines, more songs: time a second of song, and memory."""
    for length in (30, 120) if quick else (30, 120, 600):
        said = measured("bench_runs.py", "length", str(length), threads=1)
        yield Row("growth", f"{length} s song", said["seconds"], said["audio_s"], said["peak_mb"], "one worker, warm")
    for lines in (10, 100) if quick else (10, 100, 1000):
        said = measured("bench_runs.py", "lines", str(lines), threads=1)
        note = f"on paper only, {1000 * said['seconds'] / lines:.1f} ms a line"
        yield Row("growth", f"{lines} lines", said["seconds"], said["audio_s"], said["peak_mb"], note)
    counts = (1, 12) if quick else (1, 20, 200)
    for count in counts:
        said = measured("bench_runs.py", "batch", str(count), "1", "2")
        memory = said["worker_mb"]
        note = f"worker {memory[-1]:.0f} MB in the end"
        if len(memory) > 20:
            note += f", {100 * (max(memory[20:]) / max(memory[:20]) - 1):+.1f} % at most after the 20th"
        yield Row("growth", f"{count} songs", said["seconds"], said["audio_s"], said["worker_peak_mb"], note)


GROUPS = {"song": whole_songs, "batch": batches, "separation": separation, "instead": beside, "growth": growth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="shorter songs and fewer of them: a few minutes")
    parser.add_argument("--only", choices=GROUPS, action="append", help="this group, may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    asked = parser.parse_args()
    rows: list[Row] = []
    for name in asked.only or GROUPS:
        for row in GROUPS[name](asked.quick):
            rows.append(row)
            print(f"bench: {row.group}: {row.name}: {row.seconds:.2f} s", file=sys.stderr)
    rows += ratios(rows)
    show(rows)
    if asked.json is not None:
        machine = {"cores": os.cpu_count(), "machine": platform.machine(), "load": os.getloadavg()}
        table = [{**asdict(row), "times_real": row.times_real} for row in rows]
        asked.json.write_text(json.dumps({"machine": machine, "rows": table}, indent=1) + "\n")


def ratios(rows: list[Row]) -> list[Row]:
    """Return how many times faster than MusicGen-small a warm song is, where both were timed."""
    warm = next((row for row in rows if "warm, 2 workers" in row.name), None)
    other = next((row for row in rows if row.name.startswith("MusicGen")), None)
    if warm is None or other is None or warm.times_real is None or other.times_real is None:
        return []
    note = f"a whole song is made {warm.times_real / other.times_real:.0f} times as fast as its accompaniment alone"
    return [Row("ratio", "songsmith warm : MusicGen-small", warm.seconds, warm.audio_s, None, note)]


def show(rows: list[Row]) -> None:
    table = Table("", "what", "seconds", "of sound", "x real time", "peak MB", "", box=None, pad_edge=False)
    for row in rows:
        cells = [row.audio_s, row.times_real, row.peak_mb]
        texts = [
            "" if value is None else f"{value:.{digits}f}" for value, digits in zip(cells, (0, 2, 0), strict=True)
        ]
        table.add_row(row.group, row.name, f"{row.seconds:.2f}", *texts, row.note)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    print(f"load of the machine over the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
