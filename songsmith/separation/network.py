"""The network of `songsmith-mini`: four masks over time and frequency from the loudness of a spectrum's bands.

Each band of values (`songsmith.separation.bands`) of four signals (left, right, their mean and half their difference)
becomes `width` channels by a linear layer of its own. A U-Net of three scales looks at bands and frames; at every
scale a pair of linear layers over all bands joins the convolutions, so that what happens in the bass is known in the
treble. Two layers a band, the first of which sees the band's values once more, turn the result into one mask for each
source, which sum to 1.

Source: the split into bands with layers of their own is that of Luo & Yu, "Music Source Separation with Band-Split
RNN", 2022; linear layers over frequency inside a convolutional U-Net are those of Choi et al., "Investigating U-Nets
with Various Intermediate Blocks for Spectrogram-Based Singing Voice Separation", ISMIR 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from songsmith.separation.bands import BAND_VALUES, BANDS, VALUES

SOURCES = ("drums", "bass", "other", "vocals")
SIGNALS = 4
EXPONENT = 0.15
FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the network is: channels at each scale, dilations at the coarsest, units before the masks.

    `later` are the dilations of blocks that change nothing at first, put behind the others when these have learned.
    """

    widths: tuple[int, int, int] = (24, 48, 128)
    dilations: tuple[int, ...] = (1, 2, 4)
    later: tuple[int, ...] = (1, 4, 2, 8)
    units: int = 96


class Block(nn.Module):
    """Two 3 × 3 convolutions around a skip, then two linear layers over all bands around another."""

    def __init__(self, channels: int, bands: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=(1, dilation), dilation=(1, dilation), bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        self.gather = nn.Linear(bands, max(8, bands // 2), bias=False)
        self.spread = nn.Linear(max(8, bands // 2), bands, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return what became of `[batch, channels, frames, bands]`."""
        y = functional.relu(self.first_norm(self.first(x)), inplace=True)
        x = functional.relu(x + self.second_norm(self.second(y)), inplace=True)
        joined: Tensor = self.spread(functional.relu(self.gather(x), inplace=True))
        return x + joined


class LaterBlock(nn.Module):
    """The same as an addition to what passes by, nothing at first: a trained network can be made deeper with it."""

    def __init__(self, channels: int, bands: int, dilation: int = 1) -> None:
        super().__init__()
        self.first_norm = nn.BatchNorm2d(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=(1, dilation), dilation=(1, dilation), bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.gather = nn.Linear(bands, max(8, bands // 2), bias=False)
        self.spread = nn.Linear(max(8, bands // 2), bands, bias=False)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.spread.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return what became of `[batch, channels, frames, bands]`."""
        y = self.first(functional.relu(self.first_norm(x), inplace=True))
        x = x + self.second(functional.relu(self.second_norm(y), inplace=True))
        joined: Tensor = self.spread(functional.relu(self.gather(x), inplace=True))
        return x + joined


class BandNetwork(nn.Module):
    """Masks of four sources from the energies of a mixture."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        shape = shape or Shape()
        fine, middle, coarse = shape.widths
        self.register_buffer("mean", torch.zeros(SIGNALS, VALUES))
        self.register_buffer("deviation", torch.ones(SIGNALS, VALUES))
        self.enter = nn.ModuleList([nn.Linear(SIGNALS * values, fine) for values in BAND_VALUES])
        self.down_fine = Block(fine, BANDS)
        self.to_middle = nn.Conv2d(fine, middle, 2, 2)
        self.down_middle = Block(middle, BANDS // 2)
        self.to_coarse = nn.Conv2d(middle, coarse, 2, 2)
        self.coarse = nn.Sequential(*[Block(coarse, BANDS // 4, dilation) for dilation in shape.dilations])
        self.later = nn.Sequential(*[LaterBlock(coarse, BANDS // 4, dilation) for dilation in shape.later])
        self.from_coarse = nn.ConvTranspose2d(coarse, middle, 2, 2)
        self.up_middle = Block(middle, BANDS // 2)
        self.later_middle = LaterBlock(middle, BANDS // 2, 2)
        self.from_middle = nn.ConvTranspose2d(middle, fine, 2, 2)
        self.up_fine = Block(fine, BANDS)
        self.hidden = nn.Linear(2 * fine, shape.units)
        self.direct = nn.ModuleList([nn.Linear(SIGNALS * values, shape.units, bias=False) for values in BAND_VALUES])
        self.leave = nn.ModuleList([nn.Linear(shape.units, len(SOURCES) * values) for values in BAND_VALUES])

    def features(self, energies: Tensor) -> Tensor:
        """Return energies compressed and brought to one level and spread for each value."""
        return ((energies + FLOOR) ** EXPONENT - self.mean[:, None]) / self.deviation[:, None]

    def forward(self, energies: Tensor) -> Tensor:
        """Return masks `[batch, frames, 4 sources, values]` that sum to 1 over the sources.

        Parameters
        ----------
        energies : `[batch, 4 signals, frames, values]`, mean energy a line; the mean over the mixture's left and
            right is about 1; frames are a multiple of 4
        """
        batch, _, frames, _ = energies.shape
        features = self.features(energies).transpose(1, 2)
        split = torch.split(features, list(BAND_VALUES), -1)
        parts = [part.reshape(batch, frames, -1) for part in split]
        bands = [enter(part) for enter, part in zip(self.enter, parts, strict=True)]
        entered = functional.relu(torch.stack(bands, 2)).permute(0, 3, 1, 2).contiguous()
        fine = self.down_fine(entered)
        middle = self.down_middle(self.to_middle(fine))
        coarse = self.later(self.coarse(self.to_coarse(middle)))
        middle = self.later_middle(self.up_middle(middle + self.from_coarse(coarse)))
        fine = self.up_fine(fine + self.from_middle(middle))
        seen = torch.stack([direct(part) for direct, part in zip(self.direct, parts, strict=True)], 1)
        hidden = functional.relu(self.hidden(torch.cat([fine, entered], 1).permute(0, 3, 2, 1)) + seen)
        masks = [leave(hidden[:, band]) for band, leave in enumerate(self.leave)]
        return torch.cat([mask.reshape(batch, frames, len(SOURCES), -1) for mask in masks], -1).softmax(2)
