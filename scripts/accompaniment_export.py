"""From the checkpoints of a work folder to the file of weights that is shipped, and the picture of their training."""

from __future__ import annotations

import argparse

import numpy as np
import torch
from accompaniment_coders import KINDS, anchor_of, cached_patches, coder_size
from accompaniment_patches import dense
from safetensors.torch import save_file
from torch import Tensor

from songsmith.accompaniment.latent.vae import Coders

ENCODER = ("column_in.", "into.", "into_deep.", "code.")
FARTHEST = 0.03
"""Share of their variance that codes may move by after the denoiser was trained on them."""


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
