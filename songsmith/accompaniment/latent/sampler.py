"""Drawing codes from the denoiser: few steps from noise to music.

Codes at time t are (1 - t) clean + t noise. Each step takes what the denoiser holds for clean and mixes it with new
noise of an earlier time; new noise at every step mends what earlier steps got wrong. Guidance moves the clean codes
away from what would be played without words.

Source: X. Liu et al., "Flow straight and fast", arXiv:2209.03003, 2022, for the codes in between; J. Ho et al.,
"Denoising diffusion probabilistic models", arXiv:2006.11239, 2020, for new noise at every step; J. Ho, T. Salimans,
"Classifier-free diffusion guidance", arXiv:2207.12598, 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.conditions import MEASURED, Features
from songsmith.accompaniment.latent.plain import PlainDenoiser
from songsmith.accompaniment.latent.rolls import PARTS

STEPS = 14
GUIDANCE = 2.0
GUIDED_UNTIL = 0.1
"""Share of noise below which the words no longer guide: what is left is detail."""


def times(steps: int, start: float) -> NDArray[np.float64]:
    """Return the shares of noise from `start` to 0, closer together near 0."""
    return np.asarray(start * (1.0 - np.linspace(0.0, 1.0, steps + 1)) ** 1.2)


def inputs(
    asked: Sequence[Features],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """Return text, numbers, choices and bars of passages of one length, as the denoiser takes them."""
    return (
        np.stack([f.text for f in asked]),
        np.stack([f.numbers for f in asked]),
        np.stack([f.choices for f in asked]),
        np.stack([f.bars for f in asked]),
    )


def without_words(asked: Features) -> Features:
    """Return what is left of a passage's wishes where nobody says how it should sound: tempo, meter, chords, form."""
    numbers = asked.numbers.copy()
    numbers[5] = 0.0
    choices = np.zeros_like(asked.choices)
    choices[1] = asked.choices[1]
    bars = asked.bars.copy()
    bars[:, MEASURED] = 0.0
    return Features(np.zeros_like(asked.text), numbers, choices, bars)


def sample(
    denoiser: PlainDenoiser,
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
    passages = [asked] if other is None else [asked, other]
    shares = [np.float32(1.0)] if other is None else [np.float32(1.0 - at), np.float32(at)]
    said = len(passages)
    if guidance != 1.0:
        passages.append(without_words(asked))
    kept = np.zeros((len(noise), len(PARTS)), np.float32) if known is None else known.astype(np.float32)
    given = np.zeros_like(noise[:, 0]) if codes is None else codes
    clean_of = denoiser.told(kept, *inputs(passages))
    wide = kept.repeat(noise.shape[2] // len(PARTS), axis=1) > 0
    x = noise[:, 0]
    if amount < 1.0:
        x = np.float32(1.0 - amount) * given + np.float32(amount) * x
    ladder = times(max(2, round(steps * min(1.0, amount + 0.2))), min(amount, 1.0))
    for number, (now, then) in enumerate(pairwise(ladder.tolist())):
        x = np.where(wide, given, x)
        guided = guidance != 1.0 and (now >= GUIDED_UNTIL or guidance == 0.0)
        if guidance == 0.0:
            clean = clean_of(x, now, slice(said, None))[0]
        else:
            found = clean_of(x, now, slice(0, said + 1 if guided else said))
            clean = sum((share * found[i] for i, share in enumerate(shares)), np.zeros_like(x))
            if guided:
                clean = found[said] + np.float32(guidance) * (clean - found[said])
        x = np.float32(1.0 - then) * clean + np.float32(then) * noise[:, number + 1]
    return np.where(wide, given, x)
