"""The denoiser: a transformer over the bars of a passage, all parts of a bar together.

It gets noisy codes of the bars, how noisy they are, which of them are known already, and what is asked of each bar,
and gives the codes without noise. What is asked of the whole passage (words, style, tempo, instruments) sets scale
and shift of every layer.

Source: W. Peebles, S. Xie, "Scalable diffusion models with transformers", arXiv:2212.09748, 2022; one modulation
for all layers after J. Chen et al., "PixArt-alpha", arXiv:2310.00426, 2023; rotary positions after J. Su et al.,
"RoFormer", arXiv:2104.09864, 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from songsmith.accompaniment.latent.conditions import (
    BAR_FEATURES,
    FEELS,
    GLOBAL_NUMBERS,
    METERS,
    PROGRAMS,
    STYLES,
    TEXT,
)
from songsmith.accompaniment.latent.plain import FASTEST_RATE, SLOWEST_TURN, TIMES
from songsmith.accompaniment.latent.rolls import BEATS, PARTS

_CHOICES = (len(STYLES) + 1, len(METERS), len(FEELS), *(PROGRAMS,) * len(PARTS))


@dataclass(frozen=True, slots=True)
class DenoiserSize:
    """Sizes of a denoiser: `code` numbers a beat and part, `width` of a bar in the network."""

    code: int = 32
    width: int = 256
    layers: int = 5
    heads: int = 4


class Layer(nn.Module):
    """Attention between bars, then a network for each bar."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.modulation = nn.Parameter(torch.zeros(6, width))

    def forward(self, x: Tensor, modulation: Tensor, turn: Tensor) -> Tensor:
        """Return [batch, bars, width]; `modulation` is [batch, 6, width], `turn` the rotations of the bars."""
        a, b, gate, c, d, gate2 = (modulation + self.modulation)[:, :, None, :].unbind(1)
        batch, bars, width = x.shape
        inside = nn.functional.layer_norm(x, (width,)) * (1 + a) + b
        q, k, v = self.qkv(inside).reshape(batch, bars, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(_turned(q, turn), _turned(k, turn), v)
        x = x + (1 + gate) * self.mixed(seen.transpose(1, 2).reshape(batch, bars, width))
        inside = nn.functional.layer_norm(x, (width,)) * (1 + c) + d
        out: Tensor = x + (1 + gate2) * self.down(nn.functional.gelu(self.up(inside)))
        return out


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    """Return queries or keys [batch, heads, bars, size] rotated by the angles of their bars [bars, size / 2]."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = turn.cos(), turn.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class Denoiser(nn.Module):
    """Gives codes without noise: see the module's header."""

    def __init__(self, size: DenoiserSize) -> None:
        super().__init__()
        self.size = size
        self.numbers = size.code * BEATS * len(PARTS)
        width = size.width
        self.noisy = nn.Linear(self.numbers, width)
        self.asked = nn.Linear(BAR_FEATURES + len(PARTS), width)
        self.text = nn.Linear(TEXT, width)
        self.given = nn.Linear(GLOBAL_NUMBERS + TIMES, width)
        self.choices = nn.ModuleList([nn.Embedding(n, width) for n in _CHOICES])
        for table in self.choices:
            nn.init.normal_(table.weight, std=0.3)  # type: ignore[arg-type]
        self.whole = nn.Linear(width, width)
        self.modulate = nn.Linear(width, 6 * width)
        self.layers = nn.ModuleList([Layer(width, size.heads) for _ in range(size.layers)])
        self.final = nn.Linear(width, 2 * width)
        self.clean = nn.Linear(width, self.numbers)
        nn.init.normal_(self.modulate.weight, std=0.01)
        nn.init.zeros_(self.clean.weight)

    def forward(
        self,
        noisy: Tensor,
        time: Tensor,
        known: Tensor,
        text: Tensor,
        numbers: Tensor,
        choices: Tensor,
        bars: Tensor,
    ) -> Tensor:
        """Return the codes without noise, [batch, bars, 5 * 4 * code].

        Parameters
        ----------
        noisy : [batch, bars, 5 * 4 * code] codes, by part, beat, number; those that are known without noise
        time : [batch] share of noise, 0 to 1
        known : [batch, bars, 5] 1 where the codes of a part are given
        text, numbers, choices, bars : see `Features`, with a batch in front
        """
        rate = torch.exp(torch.linspace(0.0, FASTEST_RATE, TIMES // 2, device=noisy.device))
        angle = time[:, None] * rate
        clock = torch.cat([angle.sin(), angle.cos()], dim=1)
        whole = self.text(text * TEXT**0.5) + self.given(torch.cat([numbers, clock], dim=1))
        for i, table in enumerate(self.choices):
            whole = whole + table(choices[:, i])
        whole = nn.functional.silu(self.whole(nn.functional.silu(whole)))
        x = self.noisy(noisy) + self.asked(torch.cat([bars, known], dim=2))
        modulation = self.modulate(whole).reshape(len(noisy), 6, -1)
        turn = _angles(noisy.shape[1], self.size.width // self.size.heads, noisy.device)
        for layer in self.layers:
            x = layer(x, modulation, turn)
        scale, shift = self.final(whole)[:, None, :].chunk(2, dim=2)
        found: Tensor = self.clean(nn.functional.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift)
        return found


def _angles(bars: int, size: int, device: torch.device) -> Tensor:
    """Return the rotations of positions, [bars, size / 2]."""
    rates = 10.0 ** -torch.linspace(0.0, SLOWEST_TURN, size // 2, device=device)
    return torch.arange(bars, device=device)[:, None] * rates
