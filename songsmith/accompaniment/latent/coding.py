"""Notes to codes and back, with the coders."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from songsmith.accompaniment.latent.conditions import Conditions
from songsmith.accompaniment.latent.rolls import (
    BEATS,
    LENGTHS,
    PARTS,
    TICKS_PER_BEAT,
    BeatNotes,
    chord_features,
    from_beats,
    to_beats,
)
from songsmith.accompaniment.latent.vae import CHORD_FEATURES, Coders

LONGEST_LOG = 6.6
"""About the logarithm to base 2 of the longest of `LENGTHS`: what the encoder sees of lengths is divided by it."""


def note_channels(length: Tensor, velocity: Tensor, channels: int) -> Tensor:
    """Return what the encoder sees of notes, [notes, channels].

    That they start, how strong, how long, and where the length stands in turns of half a beat and of two, so that
    neighbouring lengths are told apart; drums have the first three.
    """
    ticks = torch.tensor(LENGTHS, device=length.device)[length].float()
    angle = 2.0 * torch.pi * ticks[:, None] / torch.tensor([6.0, 24.0], device=length.device)
    plain = torch.stack([torch.ones_like(velocity), velocity, torch.log2(ticks) / LONGEST_LOG], dim=-1)
    return torch.cat([plain, angle.sin(), angle.cos()], dim=-1)[:, :channels]


@torch.inference_mode()
def encode(
    coders: Coders, notes: NDArray[np.int16], chords: NDArray[np.int8], tonic: int, beats: int
) -> NDArray[np.float32]:
    """Return the codes of the bars of a song, of mean 0 and deviation 1, [bars, 5 * 4 * code]; 0 where a part rests.

    Parameters
    ----------
    notes : [notes, 6] bar, part, tick, pitch, ticks, velocity
    chords, tonic : see `Conditions`
    beats : in a bar
    """
    bars = len(chords)
    roots, tones = chord_features(chords, tonic)
    own = to_beats(notes, roots)
    found = torch.zeros(bars, len(PARTS), BEATS, coders.size.code)
    plays = np.zeros((bars, len(PARTS)), bool)
    plays[own.beat // BEATS // len(PARTS), own.beat // BEATS % len(PARTS)] = True
    for part in range(len(PARTS)):
        network = coders.pitched if part else coders.drums
        at = np.flatnonzero(plays[:, part])
        if not len(at):
            continue
        slot = np.full(bars * BEATS, -1)
        slot[(at[:, None] * BEATS + np.arange(beats)).reshape(-1)] = np.arange(len(at) * beats)
        mine = own.beat // BEATS % len(PARTS) == part
        beat = slot[own.beat[mine] // (BEATS * len(PARTS)) * BEATS + own.beat[mine] % BEATS]
        rolls = torch.zeros(len(at) * beats, TICKS_PER_BEAT, network.rows, network.channels)
        rolls[beat, own.tick[mine], own.row[mine]] = note_channels(
            torch.from_numpy(own.length[mine]), torch.from_numpy(own.velocity[mine]), network.channels
        )
        mean, _ = network.encode(rolls, _extra(part, tones[at, :beats].reshape(-1, CHORD_FEATURES)))
        mean = (mean - coders.mean[part]) / coders.deviation[part]
        found[torch.from_numpy(at), part, :beats] = mean.reshape(len(at), beats, -1)
    return np.asarray(found.reshape(bars, -1).numpy(), np.float32)


@torch.inference_mode()
def decode(
    coders: Coders, codes: NDArray[np.float32], asked: Conditions, thresholds: tuple[float, ...]
) -> NDArray[np.int16]:
    """Return the notes of codes, [notes, 6], where `asked.plays`; `thresholds` are probabilities, one a part."""
    bars, beats = len(codes), asked.beats
    roots, tones = chord_features(asked.chords, asked.tonic)
    code = torch.from_numpy(np.ascontiguousarray(codes)).reshape(bars, len(PARTS), BEATS, -1)
    pieces: list[tuple[NDArray[np.int64], ...]] = []
    velocities: list[NDArray[np.float32]] = []
    for part in range(len(PARTS)):
        network = coders.pitched if part else coders.drums
        at = np.flatnonzero(asked.plays[:, part])
        if not len(at):
            continue
        own = code[torch.from_numpy(at), part, :beats].reshape(len(at) * beats, -1)
        own = own * coders.deviation[part] + coders.mean[part]
        logits, columns, hidden = network.decode(own, _extra(part, tones[at, :beats].reshape(-1, CHORD_FEATURES)))
        cut = float(np.log(thresholds[part] / (1.0 - thresholds[part])))
        beat, tick, row = (logits > cut).nonzero(as_tuple=True)
        lengths, strength = network.notes(columns, hidden, beat, tick, row)
        place = beat.numpy()
        index = (at[place // beats] * len(PARTS) + part) * BEATS + place % beats
        length = lengths.argmax(1).numpy() if part else np.zeros(len(place), np.int64)
        pieces.append((index, tick.numpy(), row.numpy(), length))
        velocities.append(strength.numpy())
    if not pieces:
        return np.zeros((0, 6), np.int16)
    index, tick_, row_, length_ = (np.concatenate(values) for values in zip(*pieces, strict=True))
    return from_beats(BeatNotes(index, tick_, row_, length_, np.concatenate(velocities)), roots)


def _extra(part: int, tones: NDArray[np.float32]) -> Tensor:
    """Return what the coder of a part knows of beats: their chords and which part it is; nothing for the drums."""
    if part == 0:
        return torch.zeros(len(tones), 0)
    which = np.zeros((len(tones), len(PARTS) - 1), np.float32)
    which[:, part - 1] = 1.0
    return torch.from_numpy(np.concatenate([tones, which], axis=1))
