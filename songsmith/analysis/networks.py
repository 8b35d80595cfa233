"""The two small networks of the analysis, and their weights.

`BeatNetwork` hears where pulses and downbeats fall, which meter it is and where somebody sings; convolutions over
mel bands, then dilated ones over time. `ChordNetwork` hears chord, bass and tones of each half beat; what it does
with pitches it does alike in every octave and every key.

Sources: M. E. P. Davies and S. Böck, "Temporal convolutional networks for musical audio beat tracking", EUSIPCO 2019
(dilated convolutions over time); B. McFee and J. P. Bello, "Structured training for large-vocabulary chord
recognition", ISMIR 2017 (tones and bass beside the chord). The layers are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from songsmith.analysis.classes import METERS, QUALITIES, WEIGHTS
from songsmith.analysis.features import BANDS, SEMITONES
from songsmith.errors import MissingPart

DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class _TimeBlock(nn.Module):
    """A residual dilated convolution over time."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.spread = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = x + self.mix(self.dropout(functional.elu(self.spread(x))))
        return made


class BeatNetwork(nn.Module):
    """Pulses, downbeats, meter and voice from `[batch, frames, BANDS]`."""

    def __init__(self, width: int = 40, dropout: float = 0.1) -> None:
        super().__init__()
        self.bands = nn.Sequential(
            nn.Conv2d(1, 16, (3, 5), stride=(1, 3), padding=1), nn.ELU(), nn.Dropout(dropout),
            nn.Conv2d(16, 24, (3, 4), stride=(1, 3), padding=1), nn.ELU(), nn.Dropout(dropout),
        )  # fmt: skip
        self.join = nn.Conv1d(24 * (BANDS // 9), width, 3, padding=1)
        self.blocks = nn.ModuleList(_TimeBlock(width, dilation, dropout) for dilation in DILATIONS)
        self.heads = nn.Conv1d(width, 3 + len(METERS), 1)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Return logits `[batch, frames, 6]`: pulse, downbeat, voice, and one for each of `METERS`."""
        x = self.bands(spectrogram[:, None])
        x = functional.elu(self.join(x.permute(0, 1, 3, 2).flatten(1, 2)))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.heads(functional.elu(x)).transpose(1, 2)
        return logits


class _TurnBlock(nn.Module):
    """A residual convolution over time and round the circle of pitch classes."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.turn = nn.Conv2d(width, width, (3, 12), dilation=(dilation, 1))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        around = functional.pad(x, (0, 11, 0, 0), mode="circular")
        around = functional.pad(around, (0, 0, self.dilation, self.dilation))
        made: Tensor = x + self.dropout(functional.elu(self.turn(around)))
        return made


class ChordNetwork(nn.Module):
    """Chords from `[batch, steps, SEMITONES]`, a step being half a beat."""

    def __init__(self, width: int = 40, dropout: float = 0.15) -> None:
        super().__init__()
        self.pitches = nn.Sequential(
            nn.Conv2d(1, 16, (3, 5), padding=(1, 2)), nn.ELU(),
            nn.Conv2d(16, 16, (1, 25), padding=(0, 12)), nn.ELU(), nn.Dropout(dropout),
        )  # fmt: skip
        self.fold = nn.Conv2d(16 * (SEMITONES // 12), width, 1)
        self.blocks = nn.ModuleList(_TurnBlock(width, dilation, dropout) for dilation in (1, 2, 4))
        self.heads = nn.Conv2d(width, len(QUALITIES) + 2, 1)
        self.nothing = nn.Conv1d(width, 2, 1)

    def forward(self, spectrogram: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits of chords `[batch, steps, CHORDS]`, basses `[batch, steps, 13]`, tones `[.., 12]`."""
        level = spectrogram.mean(dim=(1, 2), keepdim=True) + 1e-3
        x = self.pitches((spectrogram / level)[:, None])
        batch, channels, steps, _ = x.shape
        x = x.reshape(batch, channels, steps, SEMITONES // 12, 12).permute(0, 1, 3, 2, 4).flatten(1, 2)
        x = functional.elu(self.fold(x))
        for block in self.blocks:
            x = block(x)
        made = self.heads(x)  # [batch, qualities + 2, steps, 12]
        nothing = self.nothing(x.mean(dim=3)).transpose(1, 2)
        chords = made[:, :-2].permute(0, 2, 3, 1).flatten(2)
        bass, tones = made[:, -2], made[:, -1]
        return torch.cat([chords, nothing[..., :1]], 2), torch.cat([bass, nothing[..., 1:]], 2), tones


@contextmanager
def listening() -> Iterator[None]:
    """Run networks without gradients and on one thread: the same sums whatever else runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


@lru_cache(maxsize=1)
def load_networks(path: Path = WEIGHTS) -> tuple[BeatNetwork, ChordNetwork]:
    """Return both networks with their weights; raise MissingPart where the file is not there."""
    from safetensors.torch import load_file

    if not path.is_file():
        raise MissingPart(f"{path}: the weights of the analysis are not there: install songsmith again")
    arrays = {name: values.float() for name, values in load_file(path).items()}
    networks = BeatNetwork(), ChordNetwork()
    for prefix, network in zip(("beats.", "chords."), networks, strict=True):
        own = {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
        network.load_state_dict(own)
        network.train(False)
    return networks
