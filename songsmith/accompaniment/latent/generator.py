"""The trained model as a whole: notes to codes, codes to notes, and new passages from what is asked of them.

A song is made passage by passage, each drawn alone with its own noise, so that nothing depends on what else is made
at the same time. A passage sees the bars before it, which stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.conditions import Conditions, features
from songsmith.accompaniment.latent.plain import PlainCoders, PlainDenoiser, code_shape
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.errors import InputError, MissingPart
from songsmith.seeds import generator
from songsmith.threads import single_threaded

if TYPE_CHECKING:
    from songsmith.accompaniment.latent.denoiser import Denoiser
    from songsmith.accompaniment.latent.vae import Coders

WEIGHTS = Path(__file__).with_name("weights.safetensors")
LARGEST_FILE = 400_000_000
PASSAGE = 16
"""Bars that the model sees at a time."""

CONTEXT = 4
"""Bars before a passage that it is made to follow."""

THRESHOLDS = (0.5, 0.5, 0.5, 0.5, 0.5)
"""Probabilities from which a note of each part is played."""


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """The networks; make one with `Generator.load`.

    Parameters
    ----------
    typical : [styles + 1, 3, 5] usual strokes a beat of the parts in each style at low, middle and high energy
    learned : the same of all songs that the model learned from, whose styles are wider than ours
    thresholds : probabilities from which a note of each part is played
    """

    coders: PlainCoders
    denoiser: PlainDenoiser
    typical: NDArray[np.float32]
    learned: NDArray[np.float32]
    thresholds: tuple[float, ...] = THRESHOLDS

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Generator:
        """Return the model in a file of weights; raise MissingPart where it is not there."""
        return _load(path)

    @classmethod
    def of_networks(
        cls, coders: Coders, denoiser: Denoiser, typical: NDArray[np.float32], learned: NDArray[np.float32]
    ) -> Generator:
        """Return the model that networks of PyTorch are."""
        return cls(PlainCoders.of_network(coders), PlainDenoiser.of_network(denoiser), typical, learned)

    @property
    def numbers(self) -> int:
        """Numbers in the code of a bar."""
        return self.denoiser.numbers

    def sample(
        self,
        asked: Conditions,
        seed: int,
        *names: str | int,
        guidance: float | None = None,
        steps: int | None = None,
        keep: NDArray[np.bool_] | None = None,
        start_from: NDArray[np.float32] | None = None,
        amount: float = 1.0,
        noise: NDArray[np.float32] | None = None,
        other: Conditions | None = None,
        at: float = 0.0,
    ) -> NDArray[np.float32]:
        """Return the codes of a song, [bars, numbers].

        Parameters
        ----------
        seed, names : of the noise; equal ones give equal codes
        guidance : how strongly the words are followed, see `sampler.GUIDANCE`
        keep : [bars, 5] parts of bars that stay as they are in `start_from`
        start_from : [bars, numbers] codes of the song that is varied
        amount : 0 to 1, how far from `start_from` the rest may go: 1 makes it anew
        noise : as `noise` gives it, in place of that of the seed
        other, at : what else is asked of the same bars, and how far towards it, 0 to 1, the song lies
        """
        from songsmith.accompaniment.latent.sampler import GUIDANCE, STEPS, sample

        bars = len(asked)
        if noise is None:
            noise = self.noise(bars, seed, *names, steps=steps)
        codes = np.zeros((bars, self.numbers), np.float32) if start_from is None else start_from.copy()
        known = np.zeros((bars, len(PARTS)), bool) if keep is None else keep.copy()
        for first, last in passages(bars):
            if known[first:last].all():
                continue
            with single_threaded():
                codes[first:last] = sample(
                    self.denoiser,
                    features(asked.window(first, last)),
                    noise[first:last],
                    guidance=GUIDANCE if guidance is None else guidance,
                    steps=steps or STEPS,
                    known=known[first:last],
                    codes=codes[first:last],
                    amount=1.0 if start_from is None else amount,
                    other=None if other is None else features(other.window(first, last)),
                    at=at,
                )
            known[first:last] = True
        return codes

    def noise(self, bars: int, seed: int, *names: str | int, steps: int | None = None) -> NDArray[np.float32]:
        """Return the noise of a song, [bars, steps + 1, numbers], each bar's its own."""
        from songsmith.accompaniment.latent.sampler import STEPS

        size = ((steps or STEPS) + 1, self.numbers)
        return np.stack(
            [generator(seed, "diffusion", *names, bar).standard_normal(size, np.float32) for bar in range(bars)]
        )

    def encode(self, notes: NDArray[np.int16], asked: Conditions) -> NDArray[np.float32]:
        """Return the codes of notes, [bars, numbers]; 0 where a part is silent.

        Parameters
        ----------
        notes : [notes, 6] bar, part, tick, pitch, ticks, velocity
        asked : for chords, key and meter
        """
        from songsmith.accompaniment.latent.coding import encode

        with single_threaded():
            return encode(self.coders, notes, asked.chords, asked.tonic, asked.beats)

    def decode(self, codes: NDArray[np.float32], asked: Conditions) -> NDArray[np.int16]:
        """Return the notes of codes, [notes, 6], of the parts that are asked to play."""
        from songsmith.accompaniment.latent.coding import decode

        with single_threaded():
            return decode(self.coders, codes, asked, self.thresholds)

    def close_loop(
        self, codes: NDArray[np.float32], asked: Conditions, seed: int, *names: str | int, bars: int = 2
    ) -> NDArray[np.float32]:
        """Return codes whose last bars lead back into the first: they are made again between their neighbours."""
        turned = len(asked) // 2
        order = np.roll(np.arange(len(asked)), turned)
        keep = np.ones((len(asked), len(PARTS)), bool)
        keep[turned - bars : turned] = False
        made = self.sample(asked.reordered(order), seed, *names, "loop", keep=keep, start_from=codes[order])
        found = np.empty_like(made)
        found[order] = made
        return found


def passages(bars: int) -> Iterator[tuple[int, int]]:
    """Yield first and last bar (exclusive) of the passages of a song, each with some bars of the one before."""
    if bars <= PASSAGE + CONTEXT:
        yield 0, bars
        return
    first = 0
    while True:
        last = min(bars, first + PASSAGE)
        yield first, last
        if last == bars:
            return
        first = last - CONTEXT


@cache
def weights_hash(path: Path = WEIGHTS) -> str:
    """Return the hash of a file of weights."""
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _load(path: Path) -> Generator:
    if not path.is_file():
        raise MissingPart(
            f"the weights of the accompanist are not at {path}: install songsmith again, "
            "or use --accompanist patterns"
        )
    from safetensors import SafetensorError, safe_open

    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path} has {path.stat().st_size} bytes, weights of the accompanist at most {LARGEST_FILE}")
    try:
        with safe_open(path, framework="numpy") as file:
            told = file.metadata() or {}
            tensors = {
                name: np.asarray(file.get_tensor(name), np.float32)
                for name in file.keys()  # noqa: SIM118 (not a mapping)
            }
        return _built(told, tensors)
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError) as err:
        raise InputError(
            f"{path} has no weights of this accompanist in it: use a file that scripts/train_accompanist.py made"
        ) from err


def _built(told: Mapping[str, str], tensors: Mapping[str, NDArray[np.float32]]) -> Generator:
    """Return the model of what a file of weights tells of itself, and its tensors."""
    coders, denoiser = (
        {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        for prefix in ("coders.", "denoiser.")
    )
    cuts = told.get("thresholds", "")
    thresholds = tuple(float(value) for value in cuts.split()) if cuts else THRESHOLDS
    made = Generator(
        PlainCoders.of(coders), PlainDenoiser.of(denoiser, int(told["denoiser.heads"])),
        tensors["typical"], tensors["learned"], thresholds,
    )  # fmt: skip
    if made.numbers != math.prod(code_shape(1, made.coders.code)) or len(thresholds) != len(PARTS):
        raise ValueError("the sizes of coders and denoiser do not fit")
    return made
