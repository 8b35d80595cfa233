"""Trains how the analysis chooses among the ways to count: python scripts/train_analysis_bars.py CORPUS WEIGHTS

CORPUS is what scripts/analysis_corpus.py writes, WEIGHTS the file of scripts/train_analysis.py, whose networks are
taken as they are; the weights of the features (`songsmith.analysis.levels`) are put into it. Every way to count a
song is worth its F measures of beats and downbeats and whether its meter is right; a small network learns to prefer
the best ones. Some songs are nothing but clicks, heard clearly, so that what is plain stays plain.
What is written is learned from all songs; before that each of `--folds` parts of them (by their numbers) is kept out
in turn and measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import mir_eval
import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file, save_file
from train_analysis import Row, read_row

from songsmith.analysis.beats import Activations, Bars, activations_of, ways_to_count
from songsmith.analysis.classes import METERS
from songsmith.analysis.features import FPS, Frames
from songsmith.analysis.levels import Scale
from songsmith.timeline import Meter

Table = npt.NDArray[np.float64]
Times = npt.NDArray[np.float64]
CLICKS, CLICKS_S = 36, 30.0
WORTH = (1.0, 0.5, 0.3)
"""What F of beats, F of downbeats and the right meter are worth."""

UNITS, SEEDS = 16, 3
STEPS, RATE = 250, 0.02
STRAIGHT_PENALTY, HIDDEN_PENALTY = 0.03, 0.005
SHARPNESS = 8.0
"""How much better a way has to be to be learned as the only right one."""


@dataclass(frozen=True)
class Song:
    """The ways to count a song: features `[ways, features]`, and what each is worth.

    `worth` is `[ways, 3]`: F of beats, F of downbeats, whether the meter is right.
    """

    name: str
    features: Table
    worth: Table


def song_of(
    name: str, heard: Activations, pitches: Frames | None, meter: str, beats: Times, downbeats: Times
) -> Song | None:
    """Return a song whose beats and downbeats are known, in seconds; None where no pulses are found in it."""
    ways = ways_to_count(heard, None, pitches)
    if not ways:
        return None
    trim = mir_eval.beat.trim_beats
    worth = []
    for way in ways:
        found, firsts = Bars(way.pulses.times, way.places, way.meter, 0.0, 0.0, 0.0).beats()
        inside = firsts[(firsts >= 0) & (firsts < len(found))]
        worth.append((
            mir_eval.beat.f_measure(trim(beats), trim(found)),
            mir_eval.beat.f_measure(trim(downbeats), trim(found[inside])),
            float(str(way.meter) == meter),
        ))  # fmt: skip
    return Song(name, np.stack([way.features for way in ways]), np.asarray(worth))


def of_row(row: Row) -> Song | None:
    """Return a song of the corpus."""
    heard = activations_of(row.onsets)
    return song_of(row.name, heard, row.pitches, row.meter, row.beats, row.downbeats)


def of_clicks(number: int) -> Song | None:
    """Return a song of clicks: a low one on the first pulse of a bar, one on every pulse, softer ones between."""
    rng = np.random.default_rng([number, 79])
    name = METERS[number % len(METERS)]
    meter, parts = Meter.parse(name), 3 if name == "6/8" else 2
    bpm = float(np.exp(rng.uniform(np.log(50.0), np.log(100.0 if parts == 3 else 180.0))))
    first = int(rng.integers(meter.pulses_per_bar))
    start, drift = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.0, 0.05))
    steps = 60.0 / bpm * (1.0 + drift * np.sin(np.arange(int(CLICKS_S * bpm / 60.0)) / rng.uniform(6, 20)))
    pulses = start + np.concatenate([[0.0], np.cumsum(steps)])
    fine = np.interp(np.arange(0, len(pulses) - 1, 1.0 / parts), np.arange(len(pulses)), pulses)
    quarters = np.interp(
        np.arange(first * meter.pulse_beats % 1.0, (len(pulses) - 1) * meter.pulse_beats, 1.0),
        np.arange(len(pulses)) * meter.pulse_beats, pulses,
    )  # fmt: skip
    frames = int((pulses[-1] + 1.0) * FPS)

    def bumps(times: Times) -> Times:
        off = np.abs(np.arange(frames)[:, None] - times * FPS).min(axis=1)
        return np.asarray(np.maximum(0.02, 0.9 * np.exp(-0.5 * (off / 0.8) ** 2)))

    strong, every, soft = bumps(pulses[first :: meter.pulses_per_bar]), bumps(pulses), 0.5 * bumps(fine)
    flux = np.stack([strong + 0.5 * every, every, soft + every], axis=1)
    meters = np.full((frames, len(METERS)), 0.1)
    meters[:, METERS.index(name)] = 0.8
    heard = Activations(every, strong, np.zeros(frames), meters, flux)
    return song_of(f"clicks-{number}", heard, None, name, quarters, pulses[first :: meter.pulses_per_bar])


def fitted(songs: Sequence[Song], own: float, seeds: int = SEEDS) -> Scale:
    """Return the scale that songs teach: the mean of networks that began at several places.

    `own` is how much more songs of songsmith's own band count than the others.
    """
    every = np.concatenate([song.features for song in songs])
    middle, spread = every.mean(axis=0), every.std(axis=0) + 1e-9
    most = max(len(song.features) for song in songs)
    heard = torch.zeros(len(songs), most, len(middle))
    wanted, there = torch.zeros(len(songs), most), torch.zeros(len(songs), most, dtype=torch.bool)
    for k, song in enumerate(songs):
        count = len(song.features)
        heard[k, :count] = torch.from_numpy((song.features - middle) / spread)
        wanted[k, :count] = torch.softmax(torch.from_numpy(song.worth @ WORTH) * SHARPNESS, 0)
        there[k, :count] = True
    weights = torch.tensor([own if is_own(song.name) else 1.0 for song in songs])
    networks = [_network(heard, wanted, there, weights / weights.sum(), seed) for seed in range(seeds)]
    straight, into, bias, out = zip(*networks, strict=True)
    return Scale(
        middle, spread, np.mean(straight, axis=0),
        np.concatenate(into, axis=1), np.concatenate(bias), np.concatenate(out) / seeds,
    )  # fmt: skip


def is_own(name: str) -> bool:
    """Tell whether a song of the corpus is played by songsmith's own band."""
    return name.startswith("song-") or (name.startswith("sung-") and name.endswith("-0"))


def _network(
    heard: torch.Tensor, wanted: torch.Tensor, there: torch.Tensor, weights: torch.Tensor, seed: int
) -> tuple[Table, Table, Table, Table]:
    """Return the weights of one network: straight, into the hidden layer, its bias, and out of it."""
    torch.manual_seed(seed)
    size = heard.shape[2]
    parts = [
        torch.zeros(size), 0.05 * torch.randn(size, UNITS), torch.zeros(UNITS), 0.1 * torch.randn(UNITS),
    ]  # fmt: skip
    straight, into, bias, out = (part.requires_grad_() for part in parts)
    optimiser = torch.optim.Adam((straight, into, bias, out), lr=RATE)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * (0.5 + 0.5 * float(np.cos(np.pi * step / STEPS))) + 1e-4
        scores = heard @ straight + torch.tanh(heard @ into + bias) @ out
        chances = torch.log_softmax(scores.masked_fill(~there, -1e9), 1)
        missed = -(wanted * chances).masked_fill(~there, 0.0).sum(1)
        loss = (missed * weights).sum() + STRAIGHT_PENALTY * (straight**2).sum()
        loss = loss + HIDDEN_PENALTY * ((into**2).sum() + (out**2).sum())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return tuple(part.detach().numpy().astype(np.float64) for part in (straight, into, bias, out))  # type: ignore[return-value]


def chosen(songs: Sequence[Song], scale: Scale) -> list[Table]:
    """Return what the chosen way is worth, of each song."""
    return [song.worth[int(scale.scores(song.features).argmax())] for song in songs]


def kept(path: Path) -> list[Song]:
    """Return the songs that `keep` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        names = [name.removesuffix(".features") for name in arrays.files if name.endswith(".features")]
        return [Song(name, arrays[f"{name}.features"], arrays[f"{name}.worth"]) for name in names]


def keep(path: Path, songs: Sequence[Song]) -> None:
    """Write songs with their ways to count."""
    arrays = {f"{s.name}.{what}": getattr(s, what) for s in songs for what in ("features", "worth")}
    np.savez_compressed(path, **arrays)


def told(songs: Sequence[Song], right: Sequence[Table]) -> str:
    """Return the means over songs, beside those of the best ways there are."""
    best = [song.worth[int((song.worth @ WORTH).argmax())] for song in songs]
    (beat, downbeat, meter), most = np.mean(right, axis=0), np.mean(best, axis=0)
    return (
        f"beat F {beat:.3f} of {most[0]:.3f}, downbeat F {downbeat:.3f} of {most[1]:.3f}, "
        f"meter {meter:.3f} ({len(songs)} songs)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--own", type=float, default=2.0, help="weight of songs of songsmith's own band")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="npz of the ways to count: read where it is there, else written")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.keep is not None and options.keep.exists():
        songs = kept(options.keep)
    else:
        read = [of_row(read_row(path)) for path in sorted(options.corpus.glob("*.npz"))]
        read += [of_clicks(number) for number in range(CLICKS)]
        songs = [song for song in read if song is not None]
        if options.keep is not None:
            keep(options.keep, songs)
    numbers = [int(song.name.split("-")[1]) for song in songs]
    right: list[Table] = []
    for fold in range(options.folds):
        inside = [s for s, number in zip(songs, numbers, strict=True) if number % options.folds != fold]
        outside = [s for s, number in zip(songs, numbers, strict=True) if number % options.folds == fold]
        right += chosen(outside, fitted(inside, options.own, 1))
    if right:
        print(f"kept out: {told(songs, right)}")
    scale = fitted(songs, options.own)
    print(f"learned from: {told(songs, chosen(songs, scale))}")
    others = {name: array for name, array in load_file(options.weights).items() if not name.startswith("levels.")}
    arrays = {f"levels.{field.name}": getattr(scale, field.name).astype(np.float32) for field in fields(Scale)}
    save_file({**others, **arrays}, options.weights)


if __name__ == "__main__":
    main()
