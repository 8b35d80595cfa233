"""Learns what keys look like: python scripts/train_analysis_key.py WEIGHTS.safetensors [--pop909 FOLDER] [--plans N]

From the chords of songs on paper (any style, key and form) and of POP909, both with their keys. The chords are
disturbed as a listener would mistake them. The weights are added to the file of the other networks. Every tenth song
is kept out.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from analysis_corpus import moved_symbol
from safetensors.torch import load_file, save_file
from train_analysis import chord_class

from songsmith.analysis.classes import CHORDS, NO_CHORD, QUALITIES
from songsmith.analysis.key import FEATURES, KEY_MODES, key_features, turned
from songsmith.form import plan_song
from songsmith.prompt import Overrides, understand
from songsmith.styles import style_names
from songsmith.theory import LETTERS, SHARP_NAMES

Song = tuple[npt.NDArray[np.int64], int, int]
"""Chord class of each half beat, tonic and mode."""

MODE_SHARES = (0.42, 0.42, 0.08, 0.08)


def planned_songs(count: int) -> list[Song]:
    rng = np.random.default_rng(5)
    songs = []
    for seed in range(count):
        style, mode = str(rng.choice(style_names())), int(rng.choice(4, p=MODE_SHARES))
        tonic = int(rng.integers(12))
        asked = Overrides(style, None, f"{SHARP_NAMES[tonic]} {KEY_MODES[mode]}", None, None)
        reading = understand(style, 50_000 + seed, asked)
        plan = plan_song(reading.brief, None, reading.style, seed, float(rng.uniform(40, 150)))
        path = [number for c in plan.chords for number in [chord_class(c.symbol)[0]] * round(2 * c.duration)]
        songs.append((np.asarray(path), tonic, mode))
    return songs


def pop_songs(folder: Path) -> list[Song]:
    songs = []
    for song in sorted(path for path in folder.iterdir() if (path / "key_audio.txt").exists()):
        keys = (song / "key_audio.txt").read_text().split()
        if len(keys) != 3:  # a song that changes its key
            continue
        name, _, mode = keys[2].partition(":")
        tonic = (LETTERS[name[0]] + name.count("#") - name.count("b")) % 12
        path = []
        for line in (song / "chord_audio.txt").read_text().splitlines():
            a, b, symbol = line.split()
            path += [chord_class(moved_symbol(symbol, 0))[0]] * max(1, round(4 * (float(b) - float(a))))
        songs.append((np.asarray(path), tonic, 0 if mode == "maj" else 1))
    return songs


def disturbed(path: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return chords as a listener would hear them: now and then another quality, another chord, or none."""
    kinds = np.asarray([0, 1, 0, 0, 1, 0, 0, 1, 0, 1])
    result = path[path >= 0].copy()
    edges = [0, *(np.flatnonzero(np.diff(result)) + 1).tolist(), len(result)]
    level = rng.uniform(0.0, 0.3)
    for a, b in pairwise(edges):
        dice = rng.random()
        number = int(result[a])
        if number == NO_CHORD or dice > level:
            continue
        root, quality = divmod(number, len(QUALITIES))
        if dice < 0.5 * level:
            alike = [q for q in range(len(QUALITIES)) if kinds[q] == kinds[quality]]
            result[a:b] = root * len(QUALITIES) + int(rng.choice(alike))
        elif dice < 0.8 * level:  # a third away: two tones in common
            up = int(rng.choice((3, 4, 8, 9)))
            result[a:b] = (root + up) % 12 * len(QUALITIES) + (1 - kinds[quality])
        else:
            result[a:b] = int(rng.integers(CHORDS))
    return result


def tones_of(path: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    intervals = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 5, 7), (0, 2, 7), (0, 3, 6), (0, 4, 8), (0, 3, 6, 10))  # fmt: skip  # noqa: E501
    tones = np.full(12, 0.02 * max(1, len(path)))
    for number in path[path != NO_CHORD]:
        root, quality = divmod(int(number), len(QUALITIES))
        for interval in intervals[quality]:
            tones[(root + interval) % 12] += 1.0
    return tones * np.exp(rng.normal(0, 0.15, 12))


def table(songs: list[Song], rng: np.random.Generator, copies: int) -> tuple[torch.Tensor, torch.Tensor]:
    rows, targets = [], []
    for path, tonic, mode in songs:
        for _ in range(copies):
            heard = disturbed(path, rng)
            if not (heard != NO_CHORD).any():
                continue
            if rng.random() < 0.5 and len(heard) > 64:  # a part of the song
                first = int(rng.integers(0, len(heard) - 48))
                heard = heard[first : first + int(rng.integers(48, len(heard)))]
            rows.append(turned(key_features(heard, tones_of(heard, rng))))
            targets.append(tonic * len(KEY_MODES) + mode)
    return torch.from_numpy(np.stack(rows)).float(), torch.tensor(targets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--pop909", type=Path)
    parser.add_argument("--plans", type=int, default=900)
    options = parser.parse_args()
    torch.set_num_threads(1)
    songs = planned_songs(options.plans) + (pop_songs(options.pop909) if options.pop909 else [])
    rng = np.random.default_rng(0)
    training = table([song for k, song in enumerate(songs) if k % 10 != 9], rng, 3)
    kept_out = table([song for k, song in enumerate(songs) if k % 10 == 9], rng, 1)
    weights = torch.zeros(len(KEY_MODES), FEATURES, requires_grad=True)
    bias = torch.zeros(len(KEY_MODES), requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=150, line_search_fn="strong_wolfe")

    def scores(features: torch.Tensor) -> torch.Tensor:
        return (features @ weights.T + bias).flatten(1)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(scores(training[0]), training[1]) + 2e-4 * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    with torch.no_grad():
        for name, (features, targets) in (("training", training), ("kept out", kept_out)):
            print(f"{name}: {float((scores(features).argmax(1) == targets).float().mean()):.3f} of {len(targets)}")
    arrays = load_file(options.weights) if options.weights.exists() else {}
    arrays["key.weights"], arrays["key.bias"] = weights.detach().half().contiguous(), bias.detach().half()
    save_file(arrays, options.weights)


if __name__ == "__main__":
    main()
