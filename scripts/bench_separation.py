"""Times separation: scripts/bench_separation [--seconds S] [--runs N]

The same weights (the architecture of the released htdemucs, random) through the demucs command with `--shifts 0` and
through `songsmith separate`, on the same file, run in turn; and `songsmith-mini` on a longer one. Printed are wall
and processor time, the ratio of the two programs, and how far their stems are apart.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

RATE = 44100
SOURCES = ["drums", "bass", "other", "vocals"]


def released_shape(folder: Path) -> str:
    """Write a checkpoint of htdemucs's shape with random weights and return its signature."""
    import torch
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    network = HTDemucs(SOURCES, bottom_channels=512, dconv_mode=3, segment=Fraction(39, 5))
    for name, weight in network.named_parameters():
        if name.endswith("scale"):
            weight.data.uniform_(0.05, 0.3)
    args, kwargs = network._init_args_kwargs
    buffer = io.BytesIO()
    state = network.state_dict()
    torch.save({"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": state, "training_args": {}}, buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:8]
    (folder / f"random00-{digest}.th").write_bytes(buffer.getvalue())
    return "random00"


def sound(path: Path, seconds: float) -> None:
    """Write chords, beats and noise."""
    random = np.random.default_rng(0)
    time_s = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * f * time_s) / (i + 2) for i, f in enumerate((55, 220, 277, 330, 880)))
    beat = random.standard_normal(len(time_s)) * np.exp(-8 * (time_s * 2 % 1))
    samples = 0.1 * np.stack([tones + beat, tones - 0.5 * beat], 1)
    soundfile.write(path, samples.astype(np.float32), RATE, subtype="FLOAT")


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command and return its wall time and its processor time in seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def main() -> None:
    """Time both and compare what they wrote."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "repo").mkdir()
        signature = released_shape(folder / "repo")
        sound(folder / "a.wav", arguments.seconds)
        sound(folder / "long.wav", 3 * arguments.seconds)
        python = sys.executable
        theirs = [
            python,
            "-m",
            "demucs",
            "--repo",
            str(folder / "repo"),
            "-n",
            signature,
            "--shifts",
            "0",
            "-d",
            "cpu",
        ]
        theirs += ["--float32", "--clip-mode", "none", "-o", str(folder / "theirs"), str(folder / "a.wav")]
        ours = [
            python,
            "-m",
            "songsmith",
            "separate",
            str(folder / "a.wav"),
            "--model",
            str(folder / "repo"),
            "--stems",
        ]
        ours += ["4", "--no-residual", "--overwrite", "--out", str(folder / "ours")]
        small = [
            python,
            "-m",
            "songsmith",
            "separate",
            str(folder / "long.wav"),
            "--model",
            "songsmith-mini",
            "--stems",
        ]
        small += ["4", "--overwrite", "--out", str(folder / "small")]
        rows: dict[str, list[tuple[float, float]]] = {"demucs": [], "songsmith": [], "songsmith-mini": []}
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for _ in range(arguments.runs):
            for title, command in zip(rows, (theirs, ours, small), strict=True):
                rows[title].append(timed(command))
                print(
                    f"{title:16} {rows[title][-1][0]:7.1f} s wall {rows[title][-1][1]:7.1f} s processor", flush=True
                )
        best = {title: np.min(times, 0) for title, times in rows.items()}
        wall, cpu = best["demucs"] / best["songsmith"]
        print(f"songsmith is {wall:.2f} times as fast by wall time, {cpu:.2f} by processor time")
        factor = best["songsmith-mini"] / (3 * arguments.seconds)
        print(f"songsmith-mini: {factor[0]:.3f} s a second by wall time, {factor[1]:.3f} by processor time")
        for stem in SOURCES:
            wanted = soundfile.read(folder / "theirs" / signature / "a" / f"{stem}.wav")[0]
            found = soundfile.read(folder / "ours" / "a" / f"{stem}.wav")[0]
            off = 20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted) + 1e-12)
            print(f"{stem:8} differs by {off:.1f} dB")


if __name__ == "__main__":
    main()
