"""Measurements of songsmith, each run by `bench` in a process of its own; the last line printed is their JSON."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()
PROMPT = "pop, drums, bass, piano, 100 BPM"


def shell(words: str, length: str, folder: str) -> dict[str, Any]:
    """Make a song by the command, as a user does."""
    out = Path(folder) / "song"
    command = [sys.executable, "-m", "songsmith", "make", PROMPT, "--lyrics", words, "--length", length]
    os.environ["SONGSMITH_CACHE"] = str(Path(folder) / "cache")
    subprocess.run([*command, "--out", str(out), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    import soundfile

    return {"audio_s": soundfile.info(out / "mix.wav").duration}


def stages(words: str, length: str, workers: str) -> dict[str, Any]:
    """Make a song and then another in one process; return the seconds of each stage."""
    import songsmith
    from songsmith import project

    make = songsmith.make
    import_s = time.perf_counter() - STARTED
    result: dict[str, Any] = {"import_s": import_s}
    text = Path(words).read_text()
    for seed, state in enumerate(("cold", "warm")):
        marks: list[tuple[str, float]] = []

        def told(stage: str, share: float, marks: list[tuple[str, float]] = marks) -> None:
            if not marks or marks[-1][0] != stage:
                marks.append((stage, time.perf_counter()))

        begun = time.perf_counter()
        song = make(PROMPT, text, seed, length_s=float(length), use_cache=False, workers=int(workers), progress=told)
        told("saving", 0.0)
        with tempfile.TemporaryDirectory() as folder:
            project.save(song, Path(folder) / "song", workers=int(workers))
        end = time.perf_counter()
        times = [*(at for _, at in marks), end]
        spans: dict[str, float] = {}
        for (name, at), after in zip(marks, times[1:], strict=True):
            spans[name] = spans.get(name, 0.0) + after - at
        result[state] = {
            "seconds": end - begun,
            "audio_s": song.read_audio().mix.duration_s,
            "stages": {name: round(seconds, 3) for name, seconds in spans.items()},
        }
        del song  # as a worker does before it makes the next
    return result


def batch(count: str, workers: str, lines: str) -> dict[str, Any]:
    """Make a batch of songs that differ; return its seconds and the memory of the workers as it goes."""
    import songsmith

    rows = [{"prompt": PROMPT, "lyrics": bench_sheet(int(lines)), "seed": seed} for seed in range(int(count))]
    memory: list[float] = []
    peak = 0.0
    audio_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        with songsmith.batch(rows, Path(folder) / "out", workers=int(workers), use_cache=False) as running:
            for result in running:
                if result.folder is None:
                    raise SystemExit(f"bench: {result.error}")
                held = [memory_of(pid) for pid in workers_of(os.getpid())]
                memory.append(max((now for now, _ in held), default=memory[-1] if memory else 0.0))
                peak = max([peak, *(most for _, most in held)])
                audio_s += json.loads((result.folder / "song.json").read_text())["timeline"]["beats"][-1]
        seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = (used.ru_utime + used.ru_stime) / int(count)
    return {"seconds": seconds, "audio_s": audio_s, "song_cpu_s": cpu_s, "worker_mb": memory, "worker_peak_mb": peak}


def bench_sheet(lines: int) -> str:
    sys.path.insert(0, str(Path(__file__).parent))
    from bench import sheet

    return sheet(lines)


def workers_of(parent: int) -> list[int]:
    """Return the child processes of a process."""
    task = Path(f"/proc/{parent}/task")
    return [int(pid) for children in task.glob("*/children") for pid in children.read_text().split()]


def memory_of(pid: int) -> tuple[float, float]:
    """Return the resident megabytes of a process, now and at most; zeros where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    found = {line.split(":")[0]: line.split() for line in lines}
    return tuple(float(found[key][1]) / 1024 if key in found else 0.0 for key in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def separate(length: str) -> dict[str, Any]:
    """Separate noise into four stems, the network loaded before."""
    try:
        from songsmith.audio import Audio
        from songsmith.separation import separate as split
        from songsmith.separation import separator
    except ImportError:
        return {"missing": "not part of this version"}
    import numpy as np

    engine = separator("songsmith-mini")
    noise = np.random.default_rng(0).standard_normal((2, int(length) * 44_100), np.float32) * np.float32(0.1)
    split(Audio(noise[:, : 10 * 44_100], 44_100), 4, engine)
    begun = time.perf_counter()
    split(Audio(noise, 44_100), 4, engine)
    return {"seconds": time.perf_counter() - begun, "model": engine.name}


def length(seconds: str) -> dict[str, Any]:
    """Make a song of a length, alone in a warm process."""
    import songsmith

    songsmith.make(PROMPT, bench_sheet(4), 1, use_cache=False, workers=1)
    begun = time.perf_counter()
    song = songsmith.make(PROMPT, bench_sheet(4), 0, length_s=float(seconds), use_cache=False, workers=1)
    return {"seconds": time.perf_counter() - begun, "audio_s": song.read_audio().mix.duration_s}


def lines(count: str) -> dict[str, Any]:
    """Write a song of so many lines on paper: of two words each, or a thousand would last longer than a song may."""
    from songsmith.paper import write_paper

    sheet = "\n".join(
        row if row.startswith("[") else " ".join(row.split()[:2]) for row in bench_sheet(int(count)).splitlines()
    )
    write_paper(PROMPT, bench_sheet(8), 1)
    begun = time.perf_counter()
    paper = write_paper(PROMPT, sheet, 0, tempo=300.0)
    return {"seconds": time.perf_counter() - begun, "audio_s": paper.accompaniment.timeline.beats[-1]}


RUNS = {run.__name__: run for run in (shell, stages, batch, separate, length, lines)}

if __name__ == "__main__":
    print(json.dumps(RUNS[sys.argv[1]](*sys.argv[2:])))
