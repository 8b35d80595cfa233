"""Beats to train the coder on: every beat of every part that differs from all others, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from accompaniment_songs import RawSong
from numpy.typing import NDArray
from torch import Tensor

from songsmith.accompaniment.latent.coding import likely_lengths, note_channels
from songsmith.accompaniment.latent.plain import CHORD_FEATURES, PITCHED_PARTS
from songsmith.accompaniment.latent.rolls import BEATS, LENGTHS, PARTS, TICKS_PER_BEAT, chord_features, to_beats
from songsmith.accompaniment.latent.vae import BeatCoder

VELOCITY_LEVELS = 12
COMMON = 0.02
"""Share of the strokes from which a drum is common."""

MOST_OFTEN = 4.0
"""How much more often beats with the rarest drums are drawn to train on."""


def split_of(family: str) -> str:
    """Return `train`, `val` or `test` for a family, by the hash of its name; our own styles are all trained on."""
    if family.startswith("own/"):
        return "train"
    place = hashlib.sha256(family.encode()).digest()[0] % 20
    return "test" if place < 2 else "val" if place == 2 else "train"


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Beats of drums or of pitched parts, ragged.

    Parameters
    ----------
    starts : [beats + 1] where the notes of each beat begin
    notes : [notes, 4] tick, row, length, velocity in 127ths
    extra : [beats, features] what the coder knows of each, uint8
    counts : [beats] how often each occurs
    """

    starts: NDArray[np.int64]
    notes: NDArray[np.int16]
    extra: NDArray[np.uint8]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)


def gather(songs: Iterable[RawSong]) -> tuple[Patches, Patches]:
    """Return the different beats of the drums and of the pitched parts of songs."""
    seen: list[dict[bytes, list]] = [{}, {}]
    for song in songs:
        roots, features = chord_features(song.chords, song.key[0])
        notes = to_beats(song.notes, roots)
        order = np.lexsort((notes.row, notes.tick, notes.beat))
        beat = notes.beat[order]
        table = np.stack(
            [notes.tick[order], notes.row[order], notes.length[order], np.rint(notes.velocity[order] * 127)], axis=1
        ).astype(np.int16)
        level = table.copy()
        level[:, 3] //= 128 // VELOCITY_LEVELS
        bounds = np.flatnonzero(np.diff(beat, prepend=-1))
        packed = features.astype(np.uint8)
        for slot in _silent(beat, 4 if song.meter == "4/4" else 3):
            part, bar = int(slot // BEATS % len(PARTS)), int(slot // (BEATS * len(PARTS)))
            own = packed[bar, slot % BEATS] if part else packed[:0, 0, :].reshape(-1)
            key = bytes([part]) + own.tobytes()
            seen[part > 0].setdefault(key, [table[:0], part, own, 0])[3] += 1
        for first, last in zip(bounds, [*bounds[1:], len(beat)], strict=True):
            part = int(beat[first] // BEATS % len(PARTS))
            bar = int(beat[first] // (BEATS * len(PARTS)))
            own = packed[bar, beat[first] % BEATS] if part else packed[:0, 0, :].reshape(-1)
            key = level[first:last].tobytes() + bytes([part]) + own.tobytes()
            found = seen[part > 0].get(key)
            if found is None:
                seen[part > 0][key] = [table[first:last], part, own, 1]
            else:
                found[3] += 1
    return _pack(seen[0].values(), 0), _pack(seen[1].values(), CHORD_FEATURES + PITCHED_PARTS)


def _silent(beat: NDArray[np.int64], beats: int) -> NDArray[np.int64]:
    """Return the beats without notes of bars that a part plays in."""
    bars = np.unique(beat // BEATS)
    every = (bars[:, None] * BEATS + np.arange(beats)).reshape(-1)
    return np.asarray(np.setdiff1d(every, beat))


def _pack(found: Iterable[list], width: int) -> Patches:
    rows = list(found)
    extra = np.zeros((len(rows), width), np.uint8)
    for i, (_, part, own, _) in enumerate(rows):
        if width:
            extra[i, :CHORD_FEATURES] = own
            extra[i, CHORD_FEATURES + part - 1] = 1
    notes = np.concatenate([row[0] for row in rows]) if rows else np.zeros((0, 4), np.int16)
    starts = np.cumsum([0, *(len(row[0]) for row in rows)])
    return Patches(starts, notes, extra, np.array([row[3] for row in rows], np.int64))


def rarity(patches: Patches, rows: int) -> NDArray[np.float64]:
    """Return how often a beat is drawn for the rarest of the drums in it, [beats], 1 where all are common."""
    size = np.diff(patches.starts)
    heard = np.bincount(patches.notes[:, 1], weights=np.repeat(patches.counts, size), minlength=rows)
    share = np.maximum(heard / heard.sum(), 1e-6)
    own = np.clip(np.sqrt(COMMON / share), 1.0, MOST_OFTEN)[patches.notes[:, 1]]
    found = np.ones(len(patches))
    np.maximum.at(found, np.repeat(np.arange(len(patches)), size), own)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A dense batch: `rolls` [beats, 12, rows, channels], `extra`, and its notes in as many arrays."""

    rolls: Tensor
    extra: Tensor
    beat: Tensor
    tick: Tensor
    row: Tensor
    length: Tensor
    velocity: Tensor


def dense(patches: Patches, chosen: NDArray[np.int64], network: BeatCoder) -> Batch:
    """Return the beats of these indices."""
    return _batch(_notes(patches, chosen), patches.extra[chosen], network)


def mixed(
    patches: Patches,
    chosen: NDArray[np.int64],
    network: BeatCoder,
    share: float,
    rng: np.random.Generator,
    other_lengths: float = 0.0,
) -> Batch:
    """Return the beats of these indices, a share of them mixed: some drums, or some ticks, are another beat's.

    So the coder learns that what one drum plays says little of the others, which new grooves ask of it. In a share
    `other_lengths` of pitched beats, strokes have the length of strokes elsewhere: what is played says little of how
    long it is held, either.
    """
    first = _notes(patches, chosen)
    second = _notes(patches, rng.permutation(chosen))
    column = 1 if network.extra else 2  # ticks of pitched parts, classes of drums
    places = TICKS_PER_BEAT if network.extra else network.rows
    own = rng.random((len(chosen), places)) < rng.random((len(chosen), 1))
    own[rng.random(len(chosen)) >= share] = True
    kept = [first[own[first[:, 0], first[:, column]]], second[~own[second[:, 0], second[:, column]]]]
    notes = np.concatenate(kept)
    if network.extra and other_lengths > 0.0:
        drawn = rng.choice(notes[:, 3], (len(chosen), TICKS_PER_BEAT))
        anew = (rng.random((len(chosen), 1)) < other_lengths) & (rng.random((len(chosen), TICKS_PER_BEAT)) < 0.7)
        notes[:, 3] = np.where(anew[notes[:, 0], notes[:, 1]], drawn[notes[:, 0], notes[:, 1]], notes[:, 3])
    return _batch(notes, patches.extra[chosen], network)


def _notes(patches: Patches, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the notes of beats, [notes, 5]: which of the chosen, tick, row, length, velocity in 127ths."""
    first, last = patches.starts[chosen], patches.starts[chosen + 1]
    size = last - first
    beat = np.repeat(np.arange(len(chosen)), size)
    index = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first, size)
    return np.concatenate([beat[:, None], patches.notes[index].astype(np.int64)], axis=1)


def _batch(notes: NDArray[np.int64], extra: NDArray[np.uint8], network: BeatCoder) -> Batch:
    beat, tick, row, length, velocity = torch.from_numpy(notes).T.unbind(0)
    rolls = torch.zeros(len(extra), TICKS_PER_BEAT, network.rows, network.channels)
    seen = note_channels(notes[:, 3], notes[:, 4].astype(np.float32) / 127.0, network.channels)
    rolls[beat, tick, row] = torch.from_numpy(seen)
    return Batch(rolls, torch.from_numpy(extra.astype(np.float32)), beat, tick, row, length, velocity / 127.0)


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A coder whose codes another one has to stay near, `deviation` [code] of them, `weight` of a move by one."""

    coder: BeatCoder
    deviation: Tensor
    weight: float


def coder_loss(
    coder: BeatCoder, batch: Batch, kl_weight: float, anchor: Anchor | None = None, length_weight: float = 1.0
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a batch, and its parts.

    With an `anchor`, codes may move a little from its own, and half of the beats are given back from those: so a
    denoiser that was trained on the anchor's codes stays right.
    """
    mean, log_variance = coder.encode(batch.rolls, batch.extra)
    given, moved = mean, mean.new_zeros(())
    if anchor is not None:
        with torch.no_grad():
            old, _ = anchor.coder.encode(batch.rolls, batch.extra)
        moved = anchor.weight * ((mean - old) / anchor.deviation).square().sum(1).mean()
        given = torch.where(torch.rand(len(mean), 1, device=mean.device) < 0.5, old, mean)
    code = given + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    logits, columns, hidden = coder.decode(code, batch.extra)
    onset = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, batch.rolls[..., 0], pos_weight=torch.tensor(2.0, device=logits.device), reduction="sum"
    ) / len(mean)  # fmt: skip
    lengths, velocities = coder.notes(columns, hidden, batch.beat, batch.tick, batch.row)
    n = len(mean)
    length = torch.nn.functional.cross_entropy(lengths, batch.length, reduction="sum") / n
    velocity = (velocities - batch.velocity).abs().sum() / n
    kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=1).mean()
    if not batch.extra.shape[1]:
        length = length * 0.0  # drums are struck: their lengths are not learned
    total = onset + length_weight * length + 2.0 * velocity + kl_weight * kl + moved
    return total, {"onset": onset.item(), "length": length.item(), "velocity": velocity.item(), "kl": kl.item()}


@torch.no_grad()
def coder_scores(coder: BeatCoder, patches: Patches, chosen: Sequence[int] | NDArray, threshold: float = 0.0) -> dict:
    """Return F1 of the onsets at the exact tick, share of lengths within a tick and error of velocities, and counts.

    Every beat counts as often as it occurs.
    """
    hit = said = true = near = counted = 0.0
    off = 0.0
    table = torch.tensor(LENGTHS)
    for i in range(0, len(chosen), 2048):
        index = np.asarray(chosen[i : i + 2048])
        batch = dense(patches, index, coder)
        weight = torch.from_numpy(patches.counts[index].astype(np.float32))
        code, _ = coder.encode(batch.rolls, batch.extra)
        logits, columns, hidden = coder.decode(code, batch.extra)
        found, real = logits > threshold, batch.rolls[..., 0] > 0.5
        hit += float(((found & real).sum((1, 2)) * weight).sum())
        said += float((found.sum((1, 2)) * weight).sum())
        true += float((real.sum((1, 2)) * weight).sum())
        lengths, velocities = coder.notes(columns, hidden, batch.beat, batch.tick, batch.row)
        own = weight[batch.beat]
        near += float((((table[likely_lengths(lengths.numpy())] - table[batch.length]).abs() <= 1) * own).sum())
        off += float(((velocities - batch.velocity).abs() * own).sum())
        counted += float(own.sum())
    return {
        "f1": 2 * hit / max(1.0, said + true),
        "precision": hit / max(1.0, said),
        "recall": hit / max(1.0, true),
        "length": near / max(1.0, counted),
        "velocity": off / max(1.0, counted),
        "hits": hit,
        "said": said,
        "true": true,
    }
