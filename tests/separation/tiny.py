"""Networks of Demucs's classes with few channels and random weights, and files of them."""

from __future__ import annotations

import hashlib
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

SOURCES = ["drums", "bass", "other", "vocals"]
SHAPES: dict[str, dict[str, Any]] = {
    "HTDemucs": {
        "channels": 4,
        "dconv_comp": 2,
        "t_layers": 2,
        "t_heads": 2,
        "bottom_channels": 16,
        "segment": Fraction(3, 2),
    },
    "HDemucs": {"channels": 4, "segment": 2},
    "Demucs": {"channels": 4, "depth": 3, "segment": 2},
}


def tiny(kind: str = "HTDemucs", seed: int = 0, sources: list[str] | None = None, **others: Any) -> Any:
    """Return a network with weights large enough that every part of it counts."""
    from demucs.demucs import Demucs
    from demucs.hdemucs import HDemucs
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(seed)
    kinds = {"HTDemucs": HTDemucs, "HDemucs": HDemucs, "Demucs": Demucs}
    network = kinds[kind](sources=sources or SOURCES, **(SHAPES[kind] | others))
    for name, weight in network.named_parameters():
        if name.endswith("scale"):
            weight.data.uniform_(0.1, 0.5)
    return network.eval()


def save_th(network: Any, folder: Path, signature: str = "abcdef12") -> Path:
    """Write a checkpoint as Demucs's authors do, half precision and with its hash in its name."""
    args, kwargs = network._init_args_kwargs
    state = {name: value.half() for name, value in network.state_dict().items()}
    package = {"klass": type(network), "args": args, "kwargs": kwargs, "state": state, "training_args": {"epochs": 3}}
    buffer = io.BytesIO()
    torch.save(package, buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:8]
    path = folder / f"{signature}-{digest}.th"
    path.write_bytes(buffer.getvalue())
    return path


def save_safetensors(network: Any, path: Path) -> Path:
    """Write a checkpoint as the hub has them."""
    from safetensors.torch import save_file

    def plain(value: Any) -> Any:
        if isinstance(value, Fraction):
            return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
        return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value

    args, kwargs = network._init_args_kwargs
    kind = f"{type(network).__module__}.{type(network).__qualname__}"
    metadata = {"klass": kind, "args": json.dumps(list(args)), "kwargs": json.dumps(plain(dict(kwargs)))}
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path, metadata)
    return path
