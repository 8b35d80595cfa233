"""Trains the networks of the analysis: python scripts/train_analysis.py CORPUS --out FILE.safetensors

CORPUS is what scripts/analysis_corpus.py writes. Every tenth song (by its number) is kept out and measured. It runs
on one thread for `--minutes` of its time a network, and writes FILE four times on its way; songs that are added to
CORPUS meanwhile are taken up. `--resume` goes on from FILE, `--only` trains one of the two.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from songsmith.analysis.classes import METERS, NO_CHORD, QUALITIES
from songsmith.analysis.features import FPS, PITCH_FPS, between
from songsmith.analysis.networks import BeatNetwork, ChordNetwork
from songsmith.theory import parse_chord

CROP = 1400
STEPS = 96
WIDER = {"9": "7", "maj9": "maj7", "min9": "min7", "maj6": "maj", "min6": "min", "dim7": "dim", "minmaj7": "min"}


@dataclass(frozen=True)
class Row:
    name: str
    onsets: npt.NDArray[np.float32]
    pitches: npt.NDArray[np.float32]
    beats: npt.NDArray[np.float64]
    pulses: npt.NDArray[np.float64]
    downbeats: npt.NDArray[np.float64]
    meter: str
    chord_times: npt.NDArray[np.float64]
    chords: tuple[str, ...]
    voice: npt.NDArray[np.float64]
    has_voice: bool

    @property
    def kept_out(self) -> bool:
        return int(self.name.split("-")[1]) % 10 == 9


def read_row(path: Path) -> Row:
    data = np.load(path)
    beats, downbeats, meter = data["beats"], data["downbeats"], str(data["meter"])
    pulses = beats
    if meter == "6/8":
        last = len(beats) - 1
        pulses = np.interp(np.arange(0.0, last + 0.01, 1.5), np.arange(len(beats)), beats)
    return Row(
        path.stem, data["onsets"].astype(np.float32), data["pitches"].astype(np.float32), beats, pulses,
        beats[downbeats], meter, data["chord_times"], tuple(map(str, data["chords"])), data["voice"],
        not path.name.startswith("pop"),
    )  # fmt: skip


def chord_class(symbol: str) -> tuple[int, int, npt.NDArray[np.float32]]:
    """Return class, bass (12 for none) and tones of a chord; the class is -1 for one that is not told apart."""
    heard = np.zeros(12, np.float32)
    chord = parse_chord(symbol)
    if chord is None:
        return NO_CHORD, 12, heard
    heard[list(chord.tones)] = 1.0
    quality = symbol.partition(":")[2].partition("/")[0] or "maj"
    quality = WIDER.get(quality, quality)
    place = chord.root * len(QUALITIES) + QUALITIES.index(quality) if quality in QUALITIES else -1
    return place, chord.bass, heard


def at_times(times: npt.NDArray[np.float64], frames: int, factor: float, start: float) -> npt.NDArray[np.float32]:
    """Return a curve over frames of a crop: 1 at the frames nearest to times, 0.5 beside them (0.25 further)."""
    curve = np.zeros(frames, np.float32)
    places = (times - start) * factor * FPS
    for place in places[(places > -1) & (places < frames)]:
        middle = round(float(place))
        for off, value in ((0, 1.0), (-1, 0.5), (1, 0.5)):
            if 0 <= middle + off < frames:
                curve[middle + off] = max(curve[middle + off], value)
    return curve


def beat_example(row: Row, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return a crop `[CROP, bands]`, played faster or slower, its targets `[CROP, 3]` and its meter."""
    factor = float(np.exp(rng.uniform(-0.25, 0.25))) if rng.random() < 0.7 else 1.0
    length = CROP / factor
    first = rng.uniform(0, max(1.0, len(row.onsets) - length))
    places = first + np.arange(CROP) / factor
    low = np.clip(places.astype(int), 0, len(row.onsets) - 2)
    share = np.clip(places - low, 0.0, 1.0)[:, None].astype(np.float32)
    crop = row.onsets[low] * (1 - share) + row.onsets[low + 1] * share
    inside = places < len(row.onsets)
    crop = crop * inside[:, None]
    bands = crop.shape[1]
    tilt = np.interp(np.arange(bands), np.linspace(0, bands - 1, 5), rng.normal(0, 0.25, 5))
    crop = np.maximum(0.0, crop * np.exp(tilt + rng.normal(0, 0.2)).astype(np.float32))
    if rng.random() < 0.2:
        edge = int(rng.integers(bands))
        crop[:, : edge // 3] *= 0.0 if rng.random() < 0.5 else 1.0
        crop[:, bands - (bands - edge) // 3 :] *= 0.0 if rng.random() < 0.5 else 1.0
    start = first / FPS
    voice = np.zeros(CROP, np.float32)
    for a, b in (row.voice - start) * factor * FPS:
        voice[max(0, int(a)) : max(0, int(b))] = 1.0
    if not row.has_voice:
        voice[:] = -1.0
    beyond = places > row.beats[-1] * FPS
    targets = np.stack(
        [at_times(row.pulses, CROP, factor, start), at_times(row.downbeats, CROP, factor, start), voice], 1
    )
    targets[beyond] = -1.0
    return torch.from_numpy(crop.astype(np.float32)), torch.from_numpy(targets), METERS.index(row.meter)


def beat_loss(logits: torch.Tensor, targets: torch.Tensor, meters: torch.Tensor) -> torch.Tensor:
    known = (targets >= 0).float()
    weights = torch.tensor([4.0, 8.0, 1.0])
    losses = functional.binary_cross_entropy_with_logits(
        logits[..., :3], targets.clamp(min=0), reduction="none", pos_weight=weights
    )
    meter = functional.cross_entropy(logits[..., 3:].transpose(1, 2), meters[:, None].expand(logits.shape[:2]))
    loss: torch.Tensor = (losses * known * torch.tensor([1.0, 0.8, 0.3])).sum() / known[..., 0].sum() + 0.4 * meter
    return loss


def chord_steps(row: Row, shift: int, jitter: float, rng: np.random.Generator) -> tuple[npt.NDArray[np.float32], ...]:
    """Return steps `[steps, semitones]`, classes, basses and tones of a whole row, `shift` semitones higher."""
    edges = np.interp(np.arange(0, len(row.beats) - 0.75, 0.5), np.arange(len(row.beats)), row.beats)
    heard = between(row.pitches, PITCH_FPS, edges + rng.normal(0, jitter) if jitter else edges)
    if shift:
        heard = np.roll(heard, shift, axis=1)
        if shift > 0:
            heard[:, :shift] = 0.0
        else:
            heard[:, shift:] = 0.0
    middles = (edges[1:] + edges[:-1]) / 2
    places = np.searchsorted(row.chord_times[:, 0], middles, side="right") - 1
    table = [chord_class(symbol) for symbol in row.chords]
    classes, basses, tones = [], [], []
    for place, middle in zip(places, middles, strict=True):
        if place < 0 or middle > row.chord_times[place, 1] + 1e-6:
            (
                classes.append(-1),
                basses.append(-1),
                tones.append(np.full(12, -1.0, np.float32)),
            )
            continue
        c, b, t = table[place]
        if 0 <= c < NO_CHORD:
            root, quality = divmod(c, len(QUALITIES))
            c = (root + shift) % 12 * len(QUALITIES) + quality
        classes.append(c), basses.append((b + shift) % 12 if 0 <= b < 12 else b), tones.append(np.roll(t, shift))
    return heard, np.asarray(classes), np.asarray(basses), np.stack(tones)


def chord_example(row: Row, rng: np.random.Generator) -> tuple[torch.Tensor, ...]:
    heard, classes, basses, tones = chord_steps(row, int(rng.integers(-6, 7)), 0.02, rng)
    if len(heard) < STEPS:
        pad = STEPS - len(heard)
        heard = np.pad(heard, ((0, pad), (0, 0)))
        classes, basses = np.pad(classes, (0, pad), constant_values=-1), np.pad(basses, (0, pad), constant_values=-1)
        tones = np.pad(tones, ((0, pad), (0, 0)), constant_values=-1.0)
    first = int(rng.integers(0, len(heard) - STEPS + 1))
    part = slice(first, first + STEPS)
    tilt = np.interp(np.arange(heard.shape[1]), np.linspace(0, heard.shape[1] - 1, 6), rng.normal(0, 0.25, 6))
    crop = heard[part] * np.exp(tilt).astype(np.float32)
    return (
        torch.from_numpy(crop.astype(np.float32)), torch.from_numpy(classes[part]).long(),
        torch.from_numpy(basses[part]).long(), torch.from_numpy(tones[part].astype(np.float32)),
    )  # fmt: skip


def chord_loss(network: ChordNetwork, batch: list[tuple[torch.Tensor, ...]]) -> torch.Tensor:
    heard, classes, basses, tones = (torch.stack(parts) for parts in zip(*batch, strict=True))
    chords, bass, tone = network(heard)
    loss = functional.cross_entropy(chords.flatten(0, 1), classes.flatten(), ignore_index=-1)
    loss = loss + 0.4 * functional.cross_entropy(bass.flatten(0, 1), basses.flatten(), ignore_index=-1)
    known = (tones >= 0).float()
    raw = functional.binary_cross_entropy_with_logits(tone, tones.clamp(min=0), reduction="none")
    return loss + 0.5 * (raw * known).sum() / known.sum().clamp(min=1)


def measure(beats: BeatNetwork, chords: ChordNetwork, rows: list[Row]) -> str:
    """Return what the networks alone reach on songs kept out: losses, meters, and triads of half beats."""
    rng = np.random.default_rng(0)
    beats.eval(), chords.eval()
    losses, meters, right, triads, count = [], 0, 0, 0, 0
    with torch.inference_mode():
        for row in rows:
            example = beat_example(row, np.random.default_rng(1))
            logits = beats(example[0][None])
            losses.append(float(beat_loss(logits, example[1][None], torch.tensor([example[2]]))))
            meters += int(logits[0, :, 3:].mean(0).argmax() == example[2])
            heard, classes, _, _ = chord_steps(row, 0, 0.0, rng)
            found = chords(torch.from_numpy(heard)[None])[0][0].argmax(1).numpy()
            known = classes >= 0
            triads += int((same_triad(found) == same_triad(classes))[known].sum())
            right += int((found == classes)[known].sum())
            count += int(known.sum())
    beats.train(), chords.train()
    return (
        f"beat loss {np.mean(losses):.4f}, meters {meters}/{len(rows)}, "
        f"chords {right / max(1, count):.3f}, root and triad {triads / max(1, count):.3f}"
    )


TRIADS = {"maj": 0, "7": 0, "maj7": 0, "min": 1, "min7": 1, "sus4": 2, "sus2": 3, "dim": 4, "hdim7": 4, "aug": 5}


def same_triad(classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return numbers that are equal for chords of one root and triad."""
    kinds = np.asarray([TRIADS[quality] for quality in QUALITIES])
    count = len(QUALITIES)
    return np.where(
        classes == NO_CHORD, -5, np.where(classes < 0, -9, classes // count * 10 + kinds[classes % count])
    )


def gathered(corpus: Path, rows: dict[Path, Row]) -> tuple[list[Row], list[Row], npt.NDArray[np.float64]]:
    """Return the songs to learn from, those kept out, and how often each is taken; new files are read into `rows`."""
    for path in sorted(corpus.glob("*.npz")):
        if path not in rows and time.time() - path.stat().st_mtime > 5.0:
            rows[path] = read_row(path)
    ordered = [rows[path] for path in sorted(rows)]
    training, kept_out = [r for r in ordered if not r.kept_out], [r for r in ordered if r.kept_out]
    shares = np.asarray([1.6 if row.meter == "6/8" else 1.2 if row.meter == "3/4" else 1.0 for row in training])
    return training, kept_out, shares / shares.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--only", choices=("beats", "chords"))
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    rows: dict[Path, Row] = {}
    training, kept_out, shares = gathered(options.corpus, rows)
    print(f"{len(training)} songs, {len(kept_out)} kept out", flush=True)
    networks = {"beats": BeatNetwork(), "chords": ChordNetwork()}
    if options.resume:
        arrays = {name: values.float() for name, values in load_file(options.out).items()}
        for prefix, network in networks.items():
            network.load_state_dict(
                {n.removeprefix(f"{prefix}."): v for n, v in arrays.items() if n.startswith(f"{prefix}.")}
            )
    for name, network in networks.items():
        if options.only not in (None, name):
            continue
        network.train()
        optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-3)
        start, step, told, mean = time.process_time(), 0, 0.0, 0.0
        while (done := (time.process_time() - start) / 60.0 / options.minutes) < 1.0:
            for group in optimiser.param_groups:
                group["lr"] = options.rate * min(1.0, step / 50 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))
            picked = [training[i] for i in rng.choice(len(training), 6 if name == "beats" else 8, p=shares)]
            if name == "beats":
                parts = [beat_example(row, rng) for row in picked]
                heard, targets = torch.stack([p[0] for p in parts]), torch.stack([p[1] for p in parts])
                loss = beat_loss(network(heard), targets, torch.tensor([p[2] for p in parts]))
            else:
                loss = chord_loss(networks["chords"], [chord_example(row, rng) for row in picked])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                training, kept_out, shares = gathered(options.corpus, rows)
            mean = 0.98 * mean + 0.02 * float(loss.detach()) if step > 1 else float(loss.detach())
            if done - told > 0.24:
                told = done
                print(
                    f"{name} {done:.0%} step {step} loss {mean:.4f}; {measure(*networks.values(), kept_out)}",
                    flush=True,
                )
                write(networks, options.out)
    print(measure(*networks.values(), kept_out), flush=True)
    write(networks, options.out)


def write(networks: dict[str, torch.nn.Module], path: Path) -> None:
    """Write the weights in half precision."""
    arrays = {
        f"{prefix}.{name}": values.half().contiguous()
        for prefix, network in networks.items()
        for name, values in network.state_dict().items()
    }
    save_file(arrays, path)


if __name__ == "__main__":
    main()
