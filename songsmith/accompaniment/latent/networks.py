"""The trained networks as PyTorch, to train them on; songs are drawn with `plain`, which needs no PyTorch."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open

from songsmith.accompaniment.latent.denoiser import Denoiser, DenoiserSize
from songsmith.accompaniment.latent.generator import WEIGHTS
from songsmith.accompaniment.latent.vae import Coders, CoderSize


def load_networks(path: Path = WEIGHTS) -> tuple[Coders, Denoiser]:
    """Return coders and denoiser of a file of weights, in float32 on the CPU, fixed as they are."""
    with safe_open(path, framework="pt") as file:
        told = file.metadata()
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (not a mapping)
    size = {name: int(value) for name, value in told.items() if "." in name and value.isdigit()}
    coders = Coders(CoderSize(size["vae.code"], size["vae.column"], size["vae.hidden"]))
    denoiser = Denoiser(
        DenoiserSize(size["vae.code"], size["denoiser.width"], size["denoiser.layers"], size["denoiser.heads"])
    )
    for network, prefix in ((coders, "coders."), (denoiser, "denoiser.")):
        network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        network.train(False)
        network.requires_grad_(False)
    return coders, denoiser
