"""The coder of beats: a variational autoencoder that turns a beat of a part into a few numbers and back.

A column of rows (one tick) passes a network that is the same for all ticks, so that a chord's shape is learned once
for all places; the twelve columns together pass another. The decoder knows the chord, so the code need not say it. A
head over single notes gives length and velocity of those that the decoder places. Drums have a coder of their own,
the pitched parts share one that knows the part.

Source: D. Kingma, M. Welling, "Auto-encoding variational Bayes", arXiv:1312.6114, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from songsmith.accompaniment.latent.plain import CHORD_FEATURES, PITCHED_PARTS
from songsmith.accompaniment.latent.rolls import DRUM_ROWS, LENGTHS, PITCHED_ROWS, TICKS_PER_BEAT


@dataclass(frozen=True, slots=True)
class CoderSize:
    """Sizes of a coder: numbers a beat, of the features of a tick, of the hidden layers."""

    code: int = 32
    column: int = 64
    hidden: int = 320


class BeatCoder(nn.Module):
    """Codes beats of drums, or of pitched parts.

    Parameters
    ----------
    rows : of a beat
    size : of the networks
    extra : numbers that describe the beat to encoder and decoder: chord and part
    channels : numbers that the encoder sees of a note, see `coding.note_channels`
    """

    def __init__(self, rows: int, size: CoderSize, extra: int, channels: int) -> None:
        super().__init__()
        self.rows, self.extra, self.channels = rows, extra, channels
        wide = size.column * TICKS_PER_BEAT
        self.column_in = nn.Linear(rows * channels, size.column)
        self.into = nn.Linear(wide + extra, size.hidden)
        self.into_deep = nn.Linear(size.hidden, size.hidden)
        self.code = nn.Linear(size.hidden, 2 * size.code)
        self.out = nn.Linear(size.code + extra, size.hidden)
        self.out_deep = nn.Linear(size.hidden, size.hidden)
        self.column_out = nn.Linear(size.hidden, wide)
        self.onset = nn.Linear(size.column, rows)
        self.onset_direct = nn.Linear(size.code + extra, rows)
        self.row = nn.Embedding(rows, size.column)
        self.note = nn.Linear(size.column + size.hidden, 128)
        self.note_out = nn.Linear(128, len(LENGTHS) + 1)
        nn.init.constant_(self.onset.bias, -4.0)

    def encode(self, rolls: Tensor, extra: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the codes.

        Parameters
        ----------
        rolls : [beats, 12, rows, channels] of the notes that start
        extra : [beats, extra]
        """
        n = len(rolls)
        columns = torch.nn.functional.silu(self.column_in(rolls.reshape(n, TICKS_PER_BEAT, -1)))
        hidden = torch.nn.functional.silu(self.into(torch.cat([columns.reshape(n, -1), extra], dim=1)))
        hidden = hidden + torch.nn.functional.silu(self.into_deep(hidden))
        mean, log_variance = self.code(hidden).chunk(2, dim=1)
        return mean, log_variance.clamp(-12.0, 2.0)

    def decode(self, code: Tensor, extra: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of onsets [beats, 12, rows], and what `notes` needs: features of ticks and of beats."""
        given = torch.cat([code, extra], dim=1)
        hidden = torch.nn.functional.silu(self.out(given))
        hidden = hidden + torch.nn.functional.silu(self.out_deep(hidden))
        columns = torch.nn.functional.silu(self.column_out(hidden)).reshape(len(code), TICKS_PER_BEAT, -1)
        return self.onset(columns) + self.onset_direct(given)[:, None, :], columns, hidden

    def notes(
        self, columns: Tensor, hidden: Tensor, beat: Tensor, tick: Tensor, row: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return logits of the lengths [notes, lengths] and the velocities [notes] of notes in decoded beats."""
        own = torch.cat([columns[beat, tick] + self.row(row), hidden[beat]], dim=1)
        found = self.note_out(torch.nn.functional.silu(self.note(own)))
        return found[:, :-1], torch.sigmoid(found[:, -1])


class Coders(nn.Module):
    """The two coders, and the scale of their codes."""

    def __init__(self, size: CoderSize) -> None:
        super().__init__()
        self.size = size
        self.drums = BeatCoder(DRUM_ROWS, size, 0, 3)
        self.pitched = BeatCoder(PITCHED_ROWS, size, CHORD_FEATURES + PITCHED_PARTS, 7)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(1 + PITCHED_PARTS, size.code))
        self.register_buffer("deviation", torch.ones(1 + PITCHED_PARTS, size.code))
