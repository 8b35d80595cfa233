"""The denoiser that ships, trained on on a user's own MIDI files."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from accompaniment_denoising import denoiser_loss, draw_batch, song_weights
from accompaniment_midi import read_folder
from accompaniment_windows import energies, to_song
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from training_run import Run

from songsmith.accompaniment.latent.generator import WEIGHTS, Generator
from songsmith.accompaniment.latent.networks import load_networks

RATE = 2e-4
STEPS = 300
HELD_OUT = 8
"""Every so many-th song is validated on, where there are as many."""


def finetune(args: argparse.Namespace, own: dict, start: Path = WEIGHTS) -> Path:
    """Train on the MIDI files of a folder and return the file of weights; the report goes to stdout and `--work`."""
    raw, report = read_folder(args.finetune)
    args.work.mkdir(parents=True, exist_ok=True)
    (args.work / "report.txt").write_text("\n".join(report) + "\n", encoding="utf-8")
    print("\n".join(report), flush=True)
    if not raw:
        raise SystemExit(f"no MIDI file in {args.finetune} can be learned from: the lines above say why")
    torch.manual_seed(0)
    model = Generator.load(start)
    songs = [to_song(song, level, model.coders, 0) for song, level in zip(raw, energies(raw), strict=True)]
    network = load_networks(start)[1].to(args.device).train(True).requires_grad_(True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01, betas=(0.9, 0.99))
    steps = STEPS if args.steps == 10**9 else args.steps
    run = Run(args.work, "finetuned", network, optimizer, 0.98, args.minutes, steps, RATE, anneal=True)
    if args.resume:
        run.resume()
    sums = np.cumsum(song_weights(songs))
    held = np.zeros(len(songs), bool)
    if len(songs) >= HELD_OUT:
        held[HELD_OUT - 1 :: HELD_OUT] = True
    size = min(own["batch"], 16)

    def batch_of(rng: np.random.Generator, validating: bool) -> tuple[Tensor, ...]:
        allowed = held if validating and held.any() else ~held
        return draw_batch(songs, sums, allowed, own["bars"], size, rng, args.device, varied=not validating)

    def loss_of(step: int) -> Tensor:
        batch = batch_of(np.random.default_rng([3, step]), False)
        return denoiser_loss(network, batch, torch.Generator().manual_seed(step), own["without_words"])

    checks = [batch_of(np.random.default_rng([5, i]), True) for i in range(2)]

    @torch.no_grad()
    def validate() -> dict[str, float]:
        found = [
            float(denoiser_loss(network, batch, torch.Generator().manual_seed(i), own["without_words"]))
            for i, batch in enumerate(checks)
        ]
        return {"held out" if held.any() else "on the songs": float(np.mean(found))}

    run.train(loss_of, validate, min(args.every, max(1, steps // 4)))
    target = args.export or args.work / "accompanist.safetensors"
    with safe_open(start, framework="pt") as file:
        told = dict(file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    tensors |= {f"denoiser.{name}": value.half().cpu().contiguous() for name, value in run.averaged.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target, metadata={**told, "finetuned": f"{len(songs)} songs, {run.step} steps"})
    print(f"{target}: play with it by --accompanist diffusion:{target}")
    return target
