"""The same networks of Demucs with the same results, sooner on a CPU.

Three changes, none of which touches a weight's meaning: attention goes through torch's fused kernel, which never
holds the table of all pairs (as large as the whole network, and slow to fill); the factors at the end of residual
branches are multiplied into the layer before them; and convolutions over single frames, of few channels and many
rows, are plain matrix products. Differences are those of rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class FusedAttention(nn.Module):
    """What `torch.nn.MultiheadAttention` computes, without its table of attention."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.heads = attention.num_heads
        self.weight, self.bias = attention.in_proj_weight, attention.in_proj_bias
        self.out = attention.out_proj

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **asked: Any) -> tuple[Tensor, None]:
        """Return what attends, `[batch, frames, channels]`; masks are not taken."""
        if asked.get("attn_mask") is not None or asked.get("key_padding_mask") is not None:
            raise ValueError("fused attention takes no mask")
        width = query.shape[-1]
        batch = len(query)
        parts: list[Tensor] = []
        for place, x in enumerate((query, key, value)):
            rows = slice(place * width, (place + 1) * width)
            bias = None if self.bias is None else self.bias[rows]
            projected = functional.linear(x, self.weight[rows], bias)
            parts.append(projected.reshape(batch, -1, self.heads, width // self.heads).transpose(1, 2))
        attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]).transpose(1, 2).flatten(2)
        return self.out(attended), None


class FrameProduct(nn.Module):
    """A convolution whose kernel is one frame, as a product of matrices."""

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.weight = nn.Parameter(convolution.weight[:, :, 0].contiguous(), requires_grad=False)
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return `[batch, channels out, frames]` of `[batch, channels in, frames]`."""
        weight = self.weight.expand(len(x), -1, -1)
        if self.bias is None:
            return torch.bmm(weight, x)
        return torch.baddbmm(self.bias[None, :, None], weight, x)


def quickened(network: Any) -> Any:
    """Change a network of Demucs's in place and return it; only for computing with, not for training."""
    from demucs.demucs import DConv
    from demucs.transformer import CrossTransformerEncoderLayer, MyTransformerEncoderLayer

    with torch.no_grad():
        for module in list(network.modules()):
            if isinstance(module, MyTransformerEncoderLayer | CrossTransformerEncoderLayer):
                _quicken_attention(module)
            elif isinstance(module, DConv):
                branches: Any = module.layers
                for layer in branches:
                    _fold_scale(layer)
                    _quicken_frames(layer)
    return network.train(False).requires_grad_(False)


def _quicken_attention(layer: Any) -> None:
    for name in ("self_attn", "cross_attn"):
        attention: object = getattr(layer, name, None)
        if isinstance(attention, nn.MultiheadAttention) and _is_plain(attention):
            setattr(layer, name, FusedAttention(attention))
            _fold(layer, "gamma_1", getattr(layer, name).out)
    _fold(layer, "gamma_2", layer.linear2)


def _is_plain(attention: nn.MultiheadAttention) -> bool:
    joined = attention.in_proj_weight is not None
    return bool(joined and attention.batch_first and attention.bias_k is None and not attention.add_zero_attn)


def _fold(layer: Any, name: str, linear: nn.Linear) -> None:
    """Multiply the factors of a branch into the linear layer that ends it."""
    scale = getattr(getattr(layer, name), "scale", None)
    if scale is not None:
        linear.weight.mul_(scale[:, None])
        if linear.bias is not None:
            linear.bias.mul_(scale)
        setattr(layer, name, nn.Identity())


def _fold_scale(layer: Any) -> None:
    """Multiply the factors behind a gated unit into the norm before it: those of the half that is not the gate."""
    *_, norm, gate, last = layer
    scale = getattr(last, "scale", None)
    if isinstance(norm, nn.GroupNorm) and isinstance(gate, nn.GLU) and scale is not None:
        norm.weight[: len(scale)].mul_(scale)
        norm.bias[: len(scale)].mul_(scale)
        layer[len(layer) - 1] = nn.Identity()


def _quicken_frames(layer: Any) -> None:
    for place, module in enumerate(layer):
        if isinstance(module, nn.Conv1d) and module.kernel_size == (1,) and module.groups == 1:
            layer[place] = FrameProduct(module)
