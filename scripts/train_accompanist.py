"""Trains the accompanist: python scripts/train_accompanist.py DATA --stage vae|denoiser --work FOLDER

DATA is what scripts/build_accompaniment_data.py writes. First `--stage vae`, then `--stage denoiser`, then
`--export songsmith/accompaniment/latent/weights.safetensors`. Checkpoints are written every three minutes to
`--work`; `--resume` goes on from there; `--device cuda` trains on a GPU, in bfloat16.

    python scripts/train_accompanist.py --finetune FOLDER --work WORK [--steps 300] [--export MINE.safetensors]

trains the denoiser that ships on, on the MIDI files of a folder, after telling which of them can be used and why
others cannot; `songsmith make ... --accompanist diffusion:MINE.safetensors` plays with the result.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import numpy as np
import torch
from accompaniment_coders import KINDS, anchor_of, cached_patches, coder_size, load_coders, scale_codes
from accompaniment_denoising import denoiser_loss, draw_batch, song_weights
from accompaniment_export import draw_curves, export
from accompaniment_finetuning import finetune
from accompaniment_patches import coder_loss, coder_scores, mixed, rarity, split_of
from accompaniment_songs import load_songs
from accompaniment_windows import Song, energies, held_out, to_song
from torch import Tensor
from training_run import Run, Team, draw_log

from songsmith.accompaniment.latent.conditions import STYLES
from songsmith.accompaniment.latent.denoiser import Denoiser, DenoiserSize
from songsmith.accompaniment.latent.plain import PlainCoders
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.latent.vae import BeatCoder, Coders
from songsmith.styles import LEVEL_BOUNDS


def train_coder(args: argparse.Namespace, config: dict, kind: str) -> None:
    """Train the coder of `drums` or of `pitched` parts."""
    own = config["vae"]
    torch.manual_seed(config["seed"])
    patches = {split: pair[KINDS.index(kind)] for split, pair in cached_patches(args.data, args.work).items()}
    print(kind, *(f"{split}: {len(p)} beats" for split, p in patches.items()), flush=True)
    network: BeatCoder = getattr(Coders(coder_size(config)), kind).to(args.device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=own["rate"], weight_decay=1e-4, betas=(0.9, 0.99))
    name = f"vae-{kind}"
    run = Run(args.work, name, network, optimizer, own["average"], args.minutes, args.steps, own["rate"], args.anneal)
    if args.resume:
        run.resume()
    if args.decoder_only:  # codes stay what they are, so that a denoiser trained on them stays right
        network.load_state_dict(run.averaged)
        for part in (network.column_in, network.into, network.into_deep, network.code):
            part.requires_grad_(False)
    anchor = None
    if args.near:
        network.load_state_dict(run.averaged)
        anchor = anchor_of(args, config, kind)
    data = patches["train"]
    often = np.sqrt(np.minimum(data.counts, 100))
    sums = np.cumsum(often * rarity(data, network.rows) if kind == "drums" else often)
    sample = np.random.default_rng(0).permutation(len(patches["val"]))[:4000]

    def loss_of(step: int) -> Tensor:
        rng = np.random.default_rng([config["seed"], step])
        torch.manual_seed(int(rng.integers(2**31)))  # so that a run that goes on takes the steps it would have taken
        chosen = np.minimum(np.searchsorted(sums, rng.random(own["batch"]) * sums[-1]), len(data) - 1)
        batch = mixed(data, chosen, network, own["mixed"][KINDS.index(kind)], rng, own.get("other_lengths", 0.0))
        batch = type(batch)(*(getattr(batch, field).to(args.device) for field in batch.__slots__))
        return coder_loss(network, batch, own["kl"], anchor, own.get("length_weight", 1.0))[0]

    def validate() -> dict[str, float]:
        scores = coder_scores(network.cpu(), patches["val"], sample)
        network.to(args.device)
        return {key: scores[key] for key in (("f1",) if kind == "drums" else ("f1", "length", "velocity"))}

    run.train(loss_of, validate, args.every)
    draw_log(run.rows, args.work / f"{name}.png", kind)


def prepare(args: argparse.Namespace, config: dict) -> list[Song]:
    """Return the songs of the training split with their codes; the coders, scaled, are kept in the work folder."""
    coders = load_coders(args.work, config)
    scale_codes(coders, cached_patches(args.data, args.work)["train"])
    torch.save(coders.state_dict(), args.work / "coders.pt")
    songs = load_songs(sorted(args.data.glob("*.npz")))
    ranked = energies(songs)
    kept = [
        i for i, s in enumerate(songs) if split_of(s.family) == "train" and len(s.bars) >= config["denoiser"]["bars"]
    ]
    plain = PlainCoders.of_network(coders)
    made = [to_song(songs[i], ranked[i], plain, config["seed"]) for i in kept]
    tables = typical_density(made), typical_density([song for song in made if song.source == "own"])
    torch.save(torch.from_numpy(np.stack(tables)), args.work / "densities.pt")
    print(f"{len(made)} songs, {sum(len(s.asked) for s in made)} bars", flush=True)
    return made


def typical_density(songs: list[Song]) -> np.ndarray:
    """Return the mean strokes a beat of parts where they play, [styles + 1, 3 levels of energy, 5]; row 0: all."""
    total = np.zeros((len(STYLES) + 1, 3, len(PARTS)))
    count = np.zeros_like(total)
    for song in songs:
        level = np.searchsorted(LEVEL_BOUNDS, song.asked.energy, side="right")
        for style in (0, *song.styles[:1]):
            np.add.at(total[style], level, song.asked.density * song.asked.plays)
            np.add.at(count[style], level, song.asked.plays)
    prior = total[0].sum(0) / np.maximum(count[0].sum(0), 1)
    return ((total + 8.0 * prior) / (count + 8.0)).astype(np.float32)


def train_denoiser(args: argparse.Namespace, config: dict) -> None:
    own = config["denoiser"]
    torch.manual_seed(config["seed"])
    songs = prepare(args, config)
    code = config["vae"]["code"]
    network = Denoiser(DenoiserSize(code, own["width"], own["layers"], own["heads"])).to(args.device)
    print(f"{sum(p.numel() for p in network.parameters()) / 1e6:.2f} M parameters", flush=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=own["rate"], weight_decay=0.01, betas=(0.9, 0.99))
    team = Team.gather(args.workers, args.work / "meeting") if args.workers > 1 else None
    rank, size = (team.rank, team.size) if team else (0, 1)
    run = Run(
        args.work, "denoiser", network, optimizer, own["average"], args.minutes, args.steps, own["rate"], args.anneal,
        team,
    )  # fmt: skip
    if args.resume:
        run.resume()
    weights = song_weights(songs)
    sums = np.cumsum(weights)
    held = np.array([held_out(song) for song in songs])  # what they play is validated on
    if not held.any():  # of a few songs none may be
        held[::8] = True

    def batch_of(rng: np.random.Generator, size: int, validating: bool) -> tuple[Tensor, ...]:
        return draw_batch(songs, sums, held == validating, own["bars"], size, rng, args.device, varied=not validating)

    def loss_on(batch: tuple[Tensor, ...], random: torch.Generator) -> Tensor:
        return denoiser_loss(network, batch, random, own["without_words"])

    def loss_of(step: int) -> Tensor:
        random = torch.Generator().manual_seed((step * size + rank) + 1_000_003 * config["seed"])
        rng = np.random.default_rng([config["seed"], 1, step, *([rank] if rank else [])])
        return loss_on(batch_of(rng, own["batch"] // size, False), random)

    checks = [batch_of(np.random.default_rng([7, i]), own["batch"], True) for i in range(args.checks)]

    @torch.no_grad()
    def validate() -> dict[str, float]:
        losses = [float(loss_on(batch, torch.Generator().manual_seed(i))) for i, batch in enumerate(checks)]
        return {"held out": float(np.mean(losses))}

    run.train(loss_of, validate, args.every)
    if not rank:
        draw_log(run.rows, args.work / "denoiser.png", "denoiser")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of songs; not needed to finetune")
    parser.add_argument("--stage", choices=("vae", "denoiser"))
    parser.add_argument("--coder", choices=KINDS, help="train this one of the two coders only")
    parser.add_argument("--decoder-only", action="store_true", help="leave the codes of a trained coder as they are")
    parser.add_argument("--near", type=float, default=0.0, help="train a coder on, its codes this tightly held near")
    parser.add_argument(
        "--finetune", type=Path, metavar="FOLDER", help="train what ships on, on MIDI files of your own"
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("configs/training/accompanist.toml"))
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--anneal", action="store_true", help="let the rate fall to nothing over this run")
    parser.add_argument("--every", type=int, default=500, help="steps between validations")
    parser.add_argument("--checks", type=int, default=4, help="batches that the denoiser is validated on")
    parser.add_argument("--export", type=Path, help="write the trained weights to this file")
    parser.add_argument("--curves", type=Path, help="draw the logs of all stages into this PNG")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the denoiser's batches (CPU)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    config = tomllib.loads(args.config.read_text(encoding="utf-8"))
    if args.finetune:
        finetune(args, config["denoiser"])
        return
    if args.data is None:
        parser.error("DATA is missing: the folder that scripts/build_accompaniment_data.py wrote")
    if args.stage == "vae":
        for kind in KINDS if args.coder is None else (args.coder,):
            train_coder(args, config, kind)
    if args.stage == "denoiser":
        train_denoiser(args, config)
    if args.export:
        export(args, config)
    if args.curves:
        draw_curves(args)


if __name__ == "__main__":
    main()
