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
from accompaniment_denoising import denoiser_loss, draw_batch, song_weights
from accompaniment_finetuning import finetune
from accompaniment_patches import Anchor, Patches, coder_loss, coder_scores, dense, gather, mixed, split_of
from accompaniment_songs import load_songs
from accompaniment_windows import Song, energies, held_out, to_song
from safetensors.torch import save_file
from torch import Tensor
from training_run import Run, Team, draw_log

from songsmith.accompaniment.latent.conditions import STYLES
from songsmith.accompaniment.latent.denoiser import Denoiser, DenoiserSize
from songsmith.accompaniment.latent.plain import PlainCoders
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.latent.vae import BeatCoder, Coders, CoderSize
from songsmith.styles import LEVEL_BOUNDS

KINDS = ("drums", "pitched")
ENCODER = ("column_in.", "into.", "into_deep.", "code.")
FARTHEST = 0.03
"""Share of their variance that codes may move by after the denoiser was trained on them."""


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
    sums = np.cumsum(np.sqrt(np.minimum(data.counts, 100)))
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


@torch.no_grad()
def moved_codes(args: argparse.Namespace, config: dict, kind: str, newer: dict[str, Tensor]) -> float:
    """Return how far the codes of a coder moved since the denoiser was trained, as a share of their variance."""
    anchor = anchor_of(args, config, kind)
    coder = getattr(Coders(coder_size(config)), kind)
    coder.load_state_dict(newer)
    data = cached_patches(args.data, args.work)["val"][KINDS.index(kind)]
    batch = dense(data, np.random.default_rng(0).permutation(len(data))[:2000], coder)
    old, new = (one.encode(batch.rolls, batch.extra)[0] for one in (anchor.coder.cpu(), coder))
    return float(((new - old) / anchor.deviation.cpu()).square().mean())


def export(args: argparse.Namespace, config: dict) -> None:
    """Write the averaged weights as safetensors, in float16."""
    coders = torch.load(args.work / "coders.pt", weights_only=True)
    for kind in KINDS:
        newer = torch.load(args.work / f"vae-{kind}.pt", weights_only=True)["averaged"]
        if any(
            name.startswith(ENCODER) and not torch.allclose(coders[f"{kind}.{name}"], value, atol=1e-6)
            for name, value in newer.items()
        ):
            moved = moved_codes(args, config, kind, newer)
            if moved > FARTHEST:
                raise SystemExit(
                    f"the codes of {kind} moved by {moved:.3f} of their variance after the denoiser was trained: "
                    "train the denoiser again"
                )
            print(f"the codes of {kind} moved by {moved:.4f} of their variance after the denoiser was trained")
        coders |= {f"{kind}.{name}": value for name, value in newer.items()}
    state = torch.load(args.work / "denoiser.pt", weights_only=True)
    tensors = {f"coders.{k}": v.half() for k, v in coders.items()}
    tensors |= {f"denoiser.{k}": v.half() for k, v in state["averaged"].items()}
    tensors["learned"], tensors["typical"] = torch.load(args.work / "densities.pt", weights_only=True)
    told = {}
    if (args.work / "calibration.txt").exists():
        told["thresholds"], factors = (args.work / "calibration.txt").read_text().splitlines()
        for name in ("learned", "typical"):
            tensors[name] = tensors[name] * torch.tensor([float(factor) for factor in factors.split()])
    sizes = {**{f"vae.{k}": config["vae"][k] for k in ("code", "column", "hidden")},
             **{f"denoiser.{k}": config["denoiser"][k] for k in ("width", "layers", "heads")}}  # fmt: skip
    args.export.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, args.export,
              metadata={"step": str(state["step"]), **told, **{k: str(v) for k, v in sizes.items()}})  # fmt: skip
    args.export.chmod(0o644)
    print(f"{args.export}: {args.export.stat().st_size / 1e6:.1f} MB, step {state['step']}")


def draw_curves(args: argparse.Namespace) -> None:
    """Draw the logs of all stages into one picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    logs = {
        name: torch.load(args.work / f"{name}.pt", weights_only=True)["rows"]
        for name in ("vae-drums", "vae-pitched", "denoiser")
    }
    panels = (
        ("coders: F1 of onsets, validation", (("vae-drums", "f1"), ("vae-pitched", "f1"))),
        ("pitched coder: lengths within a tick", (("vae-pitched", "length"),)),
        ("denoiser: loss", (("denoiser", "loss"), ("denoiser", "held out"))),
    )
    figure, axes = plt.subplots(1, len(panels), figsize=(12, 3.2))
    for axis, (title, curves) in zip(axes, panels, strict=True):
        for name, key in curves:
            rows = [row for row in logs[name] if key in row]
            axis.plot([row["step"] for row in rows], [row[key] for row in rows], label=f"{name} {key}", lw=1.2)
        if "coder" in title:
            axis.set_ylim(0.8, 1.0)
        axis.set_title(title, fontsize=9)
        axis.set_xlabel("step", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=7)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(args.curves, dpi=100)


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
