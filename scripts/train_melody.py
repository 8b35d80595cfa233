"""Trains the melody model: python scripts/train_melody.py DATA --out songsmith/composing/melody.safetensors

DATA is a folder with OpenEWLD and POP909 unpacked. Needs torch besides the project; minutes on one CPU core.
Every fifth song, by the hash of its name, is never seen in training. Checkpoints are written after every epoch
to `--work`; `--resume` goes on from there.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from melody_corpus import load_corpus
from melody_rows import Rows, gap_rows, length_counts, merge, pitch_rows, split_counts, start_rows
from safetensors.numpy import save_file

from songsmith.composing.gaps import GAP_SIZES, START_SIZES
from songsmith.composing.pitches import PITCH_SIZES

HEADS = {"start": (start_rows, START_SIZES), "gap": (gap_rows, GAP_SIZES), "pitch": (pitch_rows, PITCH_SIZES)}


class Network(torch.nn.Module):
    """The scorer of `songsmith.composing.scorer`, with dropout on its hidden units."""

    def __init__(self, rows: int, units: int, dropout: float) -> None:
        super().__init__()
        self.units = units
        self.table = torch.nn.EmbeddingBag(rows, units + 1, mode="sum")
        torch.nn.init.normal_(self.table.weight, std=0.05)
        with torch.no_grad():
            self.table.weight[:, 0] = 0.0
        self.bias = torch.nn.Parameter(torch.zeros(units))
        self.out = torch.nn.Parameter(torch.randn(units) * 0.2)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, features: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        n, c, f = features.shape
        total = self.table(features.reshape(n * c, f)).reshape(n, c, -1)
        score = total[..., 0]
        if self.units:
            score = score + self.dropout(torch.relu(total[..., 1:] + self.bias)) @ self.out
        return score.masked_fill(~allowed, -1e9)


def loss_of(network: Network, rows: Rows, offsets: torch.Tensor, batch: int = 2048) -> float:
    network.eval()
    total = 0.0
    with torch.no_grad():
        for i in range(0, len(rows.target), batch):
            features = torch.from_numpy(rows.features[i : i + batch]).long() + offsets
            scores = network(features, torch.from_numpy(rows.allowed[i : i + batch]))
            target = torch.from_numpy(rows.target[i : i + batch])
            total += float(torch.nn.functional.cross_entropy(scores, target, reduction="sum"))
    return total / len(rows.target)


def train_head(name: str, train: Rows, test: Rows, sizes: tuple[int, ...], args: argparse.Namespace) -> dict:
    """Train one scorer; return its arrays."""
    torch.manual_seed(args.seed)
    offsets = torch.tensor(np.cumsum([0, *sizes[:-1]]))
    network = Network(sum(sizes), args.units, args.dropout)
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=args.decay)
    checkpoint = args.work / f"{name}.pt"
    first = 0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["epoch"] + 1
    for epoch in range(first, args.epochs):
        began = time.time()
        for group in optimizer.param_groups:
            group["lr"] = args.rate * (1 - epoch / args.epochs)
        network.train()
        order = np.random.default_rng([args.seed, epoch]).permutation(len(train.target))
        total = 0.0
        for i in range(0, len(order), args.batch):
            pick = np.sort(order[i : i + args.batch])
            features = torch.from_numpy(train.features[pick]).long() + offsets
            scores = network(features, torch.from_numpy(train.allowed[pick]))
            loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(train.target[pick]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(pick)
        print(
            f"{name} epoch {epoch}: train {total / len(order):.4f} held-out {loss_of(network, test, offsets):.4f} "
            f"({time.time() - began:.0f} s)",
            flush=True,
        )
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
        torch.save(state, checkpoint)
    table = network.table.weight.detach().numpy()
    return {
        f"{name}.offsets": offsets.numpy().astype(np.int32),
        f"{name}.linear": table[:, 0].astype(np.float16),
        f"{name}.hidden": np.ascontiguousarray(table[:, 1:]).astype(np.float16),
        f"{name}.bias": network.bias.detach().numpy().astype(np.float16),
        f"{name}.out": network.out.detach().numpy().astype(np.float16),
    }


def smoothed(counts: np.ndarray, strength: float = 2.0) -> np.ndarray:
    """Return shares along the last axis; places seen seldom lean on the mean over the axes before."""
    prior = counts.sum(axis=tuple(range(counts.ndim - 2)), keepdims=True) + 1e-3
    prior = prior / prior.sum(axis=-1, keepdims=True)
    mixed = counts + strength * prior
    return (mixed / mixed.sum(axis=-1, keepdims=True)).astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="scratch folder: corpus table and checkpoints")
    parser.add_argument("--units", type=int, default=40, help="hidden units; 0 trains a log-linear model")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--pop-songs", type=int, default=240, help="songs of POP909 the pitches are learned from")
    parser.add_argument("--heads", default="start,gap,pitch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    songs = load_corpus(args.data, args.work / "corpus.json")
    sheets, pop = ([s for s in songs if s.corpus == name and not s.held_out] for name in ("openewld", "pop909"))
    train = sheets + pop
    test = [s for s in songs if s.held_out]
    print(f"{len(train)} songs to learn from, {len(test)} held out", flush=True)
    arrays: dict[str, np.ndarray] = {}
    for name in args.heads.split(","):
        build, sizes = HEADS[name]
        used = sheets + pop[: args.pop_songs] if name == "pitch" else train
        learned, unseen = (
            merge(rows for song in group if (rows := build(song)) is not None) for group in (used, test)
        )
        top = learned.features.reshape(-1, len(sizes)).max(axis=0)
        if learned.features.min() < 0 or any(t >= s for t, s in zip(top, sizes, strict=True)):
            raise SystemExit(f"{name}: a feature is outside its table: {top} of {sizes}")
        print(f"{name}: {len(learned.target)} rows, {len(unseen.target)} held out", flush=True)
        arrays |= train_head(name, learned, unseen, sizes, args)
    splits, parts = split_counts(train)
    arrays |= {
        "lengths": smoothed(length_counts(train)),
        "splits": smoothed(splits),
        "first_parts": smoothed(parts[None])[0],
    }
    save_file(arrays, args.out, metadata={"made_by": "scripts/train_melody.py", "seed": str(args.seed)})
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
