"""Drawing codes from the denoiser: few steps from noise to music.

Codes at time t are (1 - t) clean + t noise. Each step takes what the denoiser holds for clean and mixes it with new
noise of an earlier time; new noise at every step mends what earlier steps got wrong. Guidance moves the clean codes
away from what would be played without words.

Source: X. Liu et al., "Flow straight and fast", arXiv:2209.03003, 2022, for the codes in between; J. Ho et al.,
"Denoising diffusion probabilistic models", arXiv:2006.11239, 2020, for new noise at every step; J. Ho, T. Salimans,
"Classifier-free diffusion guidance", arXiv:2207.12598, 2022.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from songsmith.accompaniment.latent.conditions import MEASURED, Features
from songsmith.accompaniment.latent.denoiser import Denoiser

STEPS = 14
GUIDANCE = 2.0
GUIDED_UNTIL = 0.1
"""Share of noise below which the words no longer guide: what is left is detail."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the networks to one thread while the block runs: the same sums in the same order wherever it runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def times(steps: int, start: float) -> NDArray[np.float64]:
    """Return the shares of noise from `start` to 0, closer together near 0."""
    return np.asarray(start * (1.0 - np.linspace(0.0, 1.0, steps + 1)) ** 1.2)


def inputs(asked: Sequence[Features]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return text, numbers, choices and bars of passages of one length, as the denoiser takes them."""
    return (
        torch.from_numpy(np.stack([f.text for f in asked])),
        torch.from_numpy(np.stack([f.numbers for f in asked])),
        torch.from_numpy(np.stack([f.choices for f in asked])),
        torch.from_numpy(np.stack([f.bars for f in asked])),
    )


def without_words(text: Tensor, numbers: Tensor, choices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is left of a passage's wishes where nobody says how it should sound: tempo and meter."""
    numbers = numbers.clone()
    numbers[:, 5] = 0.0
    open_choices = torch.zeros_like(choices)
    open_choices[:, 1] = choices[:, 1]
    return torch.zeros_like(text), numbers, open_choices


@torch.inference_mode()
def sample(
    denoiser: Denoiser,
    asked: Features,
    noise: NDArray[np.float32],
    *,
    guidance: float = GUIDANCE,
    steps: int = STEPS,
    known: NDArray[np.bool_] | None = None,
    codes: NDArray[np.float32] | None = None,
    amount: float = 1.0,
    other: Features | None = None,
    at: float = 0.0,
) -> NDArray[np.float32]:
    """Return the codes of a passage, [bars, numbers].

    Parameters
    ----------
    noise : [bars, steps + 1, numbers], to start from and for each step
    guidance : how strongly the words are followed: 0 not at all, 1 as learned, more for more than that
    known : [bars, 5] parts of bars whose `codes` stay as they are
    codes : [bars, numbers] of a passage that is there
    amount : share of noise to start from: below 1 the passage in `codes` is varied rather than made anew
    other, at : what else is asked of the same bars, and how far towards it, 0 to 1, the passage lies
    """
    device = next(denoiser.parameters()).device
    passages = inputs([asked] if other is None else [asked, other])
    text, numbers, choices, bars = (value.to(device) for value in passages)
    shares = [1.0] if other is None else [1.0 - at, at]
    if guidance != 1.0:
        open_text, open_numbers, open_choices = without_words(text[:1], numbers[:1], choices[:1])
        open_bars = bars[:1].clone()
        open_bars[..., MEASURED] = 0.0
        text, numbers = torch.cat([text, open_text]), torch.cat([numbers, open_numbers])
        choices, bars = torch.cat([choices, open_choices]), torch.cat([bars, open_bars])
    said = len(shares)
    fresh = torch.from_numpy(noise)[None].to(device)
    start = fresh[:, :, 0]
    kept = torch.zeros(1, len(noise), 5, device=device)
    given = torch.zeros_like(start)
    if codes is not None:
        given = torch.from_numpy(np.ascontiguousarray(codes))[None].to(device)
    if known is not None:
        kept = torch.from_numpy(known.astype(np.float32))[None].to(device)
    wide = kept.repeat_interleave(start.shape[2] // 5, dim=2)
    x = start if amount >= 1.0 else (1.0 - amount) * given + amount * start
    ladder = times(max(2, round(steps * min(1.0, amount + 0.2))), min(amount, 1.0))
    for number, (now, then) in enumerate(pairwise(ladder.tolist())):
        x = torch.where(wide > 0, given, x)
        guided = guidance != 1.0 and (now >= GUIDED_UNTIL or guidance == 0.0)
        rows = slice(said, None) if guidance == 0.0 else slice(0, said + 1 if guided else said)
        count = len(text[rows])
        found = denoiser(
            x.expand(count, -1, -1), torch.full((count,), now, device=device), kept.expand(count, -1, -1),
            text[rows], numbers[rows], choices[rows], bars[rows],
        )  # fmt: skip
        clean = found[:1] if guidance == 0.0 else sum(share * found[i : i + 1] for i, share in enumerate(shares))
        if guided and guidance > 0.0:
            clean = found[said:] + guidance * (clean - found[said:])
        x = (1.0 - then) * clean + then * fresh[:, :, number + 1]
    x = torch.where(wide > 0, given, x)
    return np.asarray(x[0].float().cpu().numpy(), np.float32)
