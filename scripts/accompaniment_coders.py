"""The coders of a work folder and the beats that they are trained on."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from accompaniment_patches import Anchor, Patches, dense, gather, split_of
from accompaniment_songs import load_songs

from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.latent.vae import Coders, CoderSize

KINDS = ("drums", "pitched")


def cached_patches(data: Path, work: Path) -> dict[str, tuple[Patches, Patches]]:
    """Return the different beats of each split, gathered once."""
    found = {}
    for split in ("train", "val", "test"):
        pair = []
        for kind in KINDS:
            path = work / f"patches-{split}-{kind}.npz"
            if not path.exists():
                work.mkdir(parents=True, exist_ok=True)
                songs = [s for s in load_songs(sorted(data.glob("*.npz"))) if split_of(s.family) == split]
                for name, made in zip(KINDS, gather(songs), strict=True):
                    np.savez(
                        work / f"patches-{split}-{name}.npz",
                        starts=made.starts, notes=made.notes, extra=made.extra, counts=made.counts,
                    )  # fmt: skip
            with np.load(path) as file:
                pair.append(Patches(file["starts"], file["notes"], file["extra"], file["counts"]))
        found[split] = (pair[0], pair[1])
    return found


def coder_size(config: dict) -> CoderSize:
    return CoderSize(*(config["vae"][name] for name in ("code", "column", "hidden")))


def anchor_of(args: argparse.Namespace, config: dict, kind: str) -> Anchor:
    """Return the coder on whose codes the denoiser was trained."""
    coders = Coders(coder_size(config))
    coders.load_state_dict(torch.load(args.work / "coders.pt", weights_only=True))
    coders.requires_grad_(False)
    deviation = coders.deviation[0] if kind == "drums" else coders.deviation[1:].mean(0)
    return Anchor(getattr(coders, kind).to(args.device), deviation.to(args.device), args.near)


def load_coders(work: Path, config: dict) -> Coders:
    """Return the trained coders, their codes scaled to mean 0 and deviation 1."""
    coders = Coders(coder_size(config))
    for kind in KINDS:
        getattr(coders, kind).load_state_dict(torch.load(work / f"vae-{kind}.pt", weights_only=True)["averaged"])
    return coders.train(False)


@torch.no_grad()
def scale_codes(coders: Coders, pair: tuple[Patches, Patches]) -> None:
    """Set mean and deviation of the codes of each part to those of the beats of the training songs."""
    for part in range(len(PARTS)):
        data, network = pair[part > 0], coders.pitched if part else coders.drums
        own = np.arange(len(data)) if part == 0 else np.flatnonzero(data.extra[:, 24 + part - 1])
        chances = data.counts[own] / data.counts[own].sum()
        chosen = np.random.default_rng(part).choice(own, min(20000, 4 * len(own)), p=chances)
        batch = dense(data, chosen, network)
        mean, _ = network.encode(batch.rolls, batch.extra)
        coders.mean[part], coders.deviation[part] = mean.mean(0), mean.std(0).clamp(min=0.05)
