"""Batches of passages for the denoiser, and what it loses on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from accompaniment_windows import Song, asked_of, draw_known
from numpy.typing import NDArray
from torch import Tensor

from songsmith.accompaniment.latent.denoiser import Denoiser
from songsmith.accompaniment.latent.rolls import BEATS, DRUM_CLASSES, PARTS
from songsmith.accompaniment.latent.sampler import inputs

RARE = 0.005
"""Share of all drum strokes below which a class of percussion is rare."""

ENOUGH = 0.05
"""Share of a song's strokes that are rare from which it is trained on twice as often."""


def draw_batch(
    songs: Sequence[Song],
    sums: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    bars: int,
    size: int,
    rng: np.random.Generator,
    device: str,
    *,
    varied: bool,
) -> tuple[Tensor, ...]:
    """Return a batch of passages of songs.

    Parameters
    ----------
    sums : [songs] running sum of how often each is drawn
    allowed : [songs] which may be drawn
    bars, size : of a passage, of the batch
    varied : whether passages are shorter or longer now and then
    """
    if varied and rng.random() < 0.3:
        bars = int(rng.choice([bars // 2, 3 * bars // 4, 5 * bars // 4]))
    if not any(len(song.asked) >= bars for song, may in zip(songs, allowed, strict=True) if may):
        bars = max(len(song.asked) for song, may in zip(songs, allowed, strict=True) if may)
    codes, plays, known, asked = [], [], [], []
    while len(codes) < size:
        index = min(int(np.searchsorted(sums, rng.random() * sums[-1])), len(songs) - 1)
        if not allowed[index] or len(songs[index].asked) < bars:
            continue
        song = songs[index]
        first = int(rng.integers(0, len(song.asked) - bars + 1))
        codes.append(song.codes[first : first + bars].astype(np.float32))
        plays.append(played(song, first, first + bars))
        known.append(draw_known(bars, song.asked.plays[first : first + bars], rng))
        asked.append(asked_of(song, first, first + bars, rng))
    return (
        torch.from_numpy(np.stack(codes)).to(device),
        torch.from_numpy(np.stack(plays)).to(device),
        torch.from_numpy(np.stack(known).astype(np.float32)).to(device),
        *(torch.from_numpy(value).to(device) for value in inputs(asked)),
    )


def denoiser_loss(network: Denoiser, batch: tuple[Tensor, ...], random: torch.Generator, without: float) -> Tensor:
    """Return what the denoiser loses on a batch, in which a share `without` of the passages has no words."""
    clean, plays, known, text, numbers, choices, bars = batch
    bare = torch.rand(len(clean), generator=random).to(clean.device) < without
    open_text, open_numbers, open_choices = without_words(text, numbers, choices)
    text = torch.where(bare[:, None], open_text, text)
    numbers = torch.where(bare[:, None], open_numbers, numbers)
    choices = torch.where(bare[:, None], open_choices, choices)
    time = torch.sigmoid(torch.randn(len(clean), generator=random) + 0.3).to(clean.device)
    noise = torch.randn(clean.shape, generator=random).to(clean.device)
    wide = known.repeat_interleave(clean.shape[2] // len(PARTS), dim=2)
    share = time[:, None, None] * (1.0 - wide)
    noisy = (1.0 - share) * clean + share * noise
    with torch.autocast(clean.device.type, torch.bfloat16, enabled=clean.device.type == "cuda"):
        found = network(noisy, time, known, text, numbers, choices, bars)
    counted = plays * (1.0 - wide)
    off = ((found.float() - clean).square() * counted).sum((1, 2)) / counted.sum((1, 2)).clamp(min=1.0)
    return (off / (time + 0.05)).mean()


def without_words(text: Tensor, numbers: Tensor, choices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is left of passages' wishes where nobody says how they should sound: tempo and meter."""
    numbers = numbers.clone()
    numbers[:, 5] = 0.0
    open_choices = torch.zeros_like(choices)
    open_choices[:, 1] = choices[:, 1]
    return torch.zeros_like(text), numbers, open_choices


def song_weights(songs: Sequence[Song]) -> NDArray[np.float64]:
    """Return how often passages of songs are trained on.

    By their length; drums alone and piano alone less, styles with many songs less for each of them, songs with rare
    drums twice as often.
    """
    counts = Counter(song.styles[:1] for song in songs)
    rare = rare_shares(songs)
    weights = []
    for song, share in zip(songs, rare, strict=True):
        weight = min(len(song.asked), 32) / counts[song.styles[:1]] ** 0.5
        if song.source == "pop909" or not song.asked.plays[:, 1:].any():
            weight *= 0.35
        weights.append(weight * (1.0 + min(1.0, share / ENOUGH)))
    return np.array(weights)


def rare_shares(songs: Sequence[Song]) -> NDArray[np.float64]:
    """Return how many of the drum strokes of songs are of classes that are rare in all of them, [songs]."""
    heard = np.zeros((len(songs), len(DRUM_CLASSES)))
    row_of = {key: row for row, keys in enumerate(DRUM_CLASSES) for key in keys}
    for number, song in enumerate(songs):
        keys, counts = np.unique(song.notes[song.notes[:, 1] == 0, 3], return_counts=True)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            if key in row_of:
                heard[number, row_of[key]] += count
    rare = heard.sum(axis=0) < RARE * heard.sum()
    return np.asarray(heard[:, rare].sum(axis=1) / np.maximum(heard.sum(axis=1), 1.0))


def played(song: Song, first: int, last: int) -> NDArray[np.float32]:
    """Return which of the codes of a passage are of beats that are played in, [bars, numbers] float32."""
    plays = song.asked.plays[first:last]
    size = song.codes.shape[1] // (len(PARTS) * BEATS)
    beats = np.arange(BEATS) < song.asked.beats
    found = plays[:, :, None, None] & beats[None, None, :, None]
    return (
        np.broadcast_to(found, (last - first, len(PARTS), BEATS, size)).reshape(last - first, -1).astype(np.float32)
    )
