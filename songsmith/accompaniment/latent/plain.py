"""The trained networks without PyTorch: what `vae` and `denoiser` define and training trains, in numpy, to draw with.

A passage of sixteen bars is small: PyTorch takes longer to load than the networks take to draw a song. The arithmetic
is that of the classes of the same names there, and a test holds both against each other. Weights are those of a file
of ours, matrices turned so that they are multiplied from the right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.rolls import BEATS, LENGTHS, PARTS, TICKS_PER_BEAT

if TYPE_CHECKING:
    from songsmith.accompaniment.latent.denoiser import Denoiser
    from songsmith.accompaniment.latent.vae import Coders

Array = NDArray[np.float32]
Weights = Mapping[str, Array]

PITCHED_PARTS = len(PARTS) - 1
CHORD_FEATURES = 24
TIMES = 32
"""Numbers that tell the denoiser how noisy codes are."""

FASTEST_RATE = 6.0
"""Natural logarithm of the fastest of their frequencies."""

SLOWEST_TURN = 2.0
"""Logarithm to base 10 of how much slower the last of the rotations of bars is than the first."""

TEXT_SCALE = 128.0**0.5
NORM_FLOOR = 1e-5
_TABLES = ("choices.", "row.")


def turned(tensors: Weights) -> dict[str, Array]:
    """Return weights with the matrices of linear layers turned to [in, out]."""
    return {
        name: np.ascontiguousarray(
            value.T if name.endswith(".weight") and not name.startswith(_TABLES) else value, np.float32
        )
        for name, value in tensors.items()
    }


def _linear(x: Array, weights: Weights, name: str) -> Array:
    out: Array = x @ weights[f"{name}.weight"]
    out += weights[f"{name}.bias"]
    return out


def _silu(x: Array) -> Array:
    from scipy.special import expit

    return np.asarray(x * expit(x), np.float32)


def _gelu(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(np.float32(0.5) * x * (np.float32(1.0) + erf(x * np.float32(0.5**0.5))), np.float32)


def _normed(x: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + NORM_FLOOR), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PlainCoder:
    """The coder of beats of drums, or of pitched parts: see `vae.BeatCoder`."""

    weights: Weights
    rows: int
    channels: int

    def encode(self, rolls: Array, extra: Array) -> Array:
        """Return the mean codes [beats, code] of rolls [beats, 12, rows, channels]."""
        n = len(rolls)
        columns = _silu(_linear(rolls.reshape(n, TICKS_PER_BEAT, -1), self.weights, "column_in"))
        hidden = _silu(_linear(np.concatenate([columns.reshape(n, -1), extra], axis=1), self.weights, "into"))
        hidden = hidden + _silu(_linear(hidden, self.weights, "into_deep"))
        return np.split(_linear(hidden, self.weights, "code"), 2, axis=1)[0]

    def decode(self, code: Array, extra: Array) -> tuple[Array, Array, Array]:
        """Return the logits of onsets [beats, 12, rows], and the features of ticks and beats that `notes` needs."""
        given = np.concatenate([code, extra], axis=1)
        hidden = _silu(_linear(given, self.weights, "out"))
        hidden = hidden + _silu(_linear(hidden, self.weights, "out_deep"))
        columns = _silu(_linear(hidden, self.weights, "column_out")).reshape(len(code), TICKS_PER_BEAT, -1)
        logits = _linear(columns, self.weights, "onset")
        return logits + _linear(given, self.weights, "onset_direct")[:, None, :], columns, hidden

    def notes(
        self, columns: Array, hidden: Array, beat: NDArray[np.int64], tick: NDArray[np.int64], row: NDArray[np.int64]
    ) -> tuple[Array, Array]:
        """Return logits of the lengths [notes, lengths] and the velocities [notes] of notes in decoded beats."""
        from scipy.special import expit

        own = np.concatenate([columns[beat, tick] + self.weights["row.weight"][row], hidden[beat]], axis=1)
        found = _linear(_silu(_linear(own, self.weights, "note")), self.weights, "note_out")
        return found[:, : len(LENGTHS)], np.asarray(expit(found[:, -1]), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PlainCoders:
    """The two coders, and mean and deviation [5, code] of their codes."""

    drums: PlainCoder
    pitched: PlainCoder
    mean: Array
    deviation: Array

    @classmethod
    def of(cls, tensors: Weights) -> PlainCoders:
        """Return the coders of tensors named as in `vae.Coders`; raise KeyError where one is missing."""
        own = {
            kind: turned({k.partition(".")[2]: v for k, v in tensors.items() if k.startswith(f"{kind}.")})
            for kind in ("drums", "pitched")
        }
        made = {}
        for kind, weights in own.items():
            rows = len(weights["row.weight"])
            made[kind] = PlainCoder(weights, rows, len(weights["column_in.weight"]) // rows)
        mean, deviation = (np.asarray(tensors[name], np.float32) for name in ("mean", "deviation"))
        return cls(made["drums"], made["pitched"], mean, deviation)

    @classmethod
    def of_network(cls, coders: Coders) -> PlainCoders:
        """Return the coders that a network of PyTorch is."""
        return cls.of({name: value.detach().cpu().float().numpy() for name, value in coders.state_dict().items()})

    @property
    def code(self) -> int:
        """Numbers in the code of a beat of a part."""
        return int(self.mean.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class PlainDenoiser:
    """The denoiser: see `denoiser.Denoiser`."""

    weights: Weights
    heads: int

    @classmethod
    def of(cls, tensors: Weights, heads: int) -> PlainDenoiser:
        """Return the denoiser of tensors named as in `denoiser.Denoiser`; raise KeyError where one is missing."""
        found = cls(turned(tensors), heads)
        if found.weights["clean.weight"].shape[1] != found.weights["noisy.weight"].shape[0] or found.width % heads:
            raise ValueError("the sizes of the denoiser do not fit")
        return found

    @classmethod
    def of_network(cls, denoiser: Denoiser) -> PlainDenoiser:
        """Return the denoiser that a network of PyTorch is."""
        tensors = {name: value.detach().cpu().float().numpy() for name, value in denoiser.state_dict().items()}
        return cls.of(tensors, denoiser.size.heads)

    @property
    def numbers(self) -> int:
        """Numbers in the code of a bar."""
        return int(self.weights["noisy.weight"].shape[0])

    @property
    def width(self) -> int:
        return int(self.weights["noisy.weight"].shape[1])

    def told(
        self, known: Array, text: Array, numbers: Array, choices: NDArray[np.int64], bars: Array
    ) -> Callable[[Array, float, slice], Array]:
        """Return what takes noisy codes, their share of noise and which rows are asked for, and gives clean codes.

        Parameters
        ----------
        known : [bars, 5] 1 where the codes of a part are given
        text, numbers, choices, bars : see `Features`, with rows in front
        """
        weights, width, count = self.weights, self.width, bars.shape[1]
        rate = np.exp(np.linspace(0.0, FASTEST_RATE, TIMES // 2, dtype=np.float32))
        wish = _linear(text * np.float32(TEXT_SCALE), weights, "text")
        for i in range(choices.shape[1]):
            wish = wish + weights[f"choices.{i}.weight"][choices[:, i]]
        spread = np.broadcast_to(known, (len(bars), *known.shape))
        asked = _linear(np.concatenate([bars, spread], axis=2), weights, "asked")
        size = width // self.heads
        turn = np.arange(count, dtype=np.float32)[:, None] * (
            np.float32(10.0) ** -np.linspace(0.0, SLOWEST_TURN, size // 2, dtype=np.float32)
        )
        cos, sin = np.cos(turn), np.sin(turn)
        layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))

        def clean(noisy: Array, time: float, rows: slice) -> Array:
            angle = np.float32(time) * rate
            clock = np.concatenate([np.sin(angle), np.cos(angle)])
            given = np.concatenate([numbers[rows], np.broadcast_to(clock, (len(numbers[rows]), TIMES))], axis=1)
            whole = wish[rows] + _linear(given, weights, "given")
            whole = _silu(_linear(_silu(whole), weights, "whole"))
            x = _linear(noisy, weights, "noisy")[None] + asked[rows]
            modulation = _linear(whole, weights, "modulate").reshape(len(whole), 6, width)
            for number in range(layers):
                x = self._layer(x, f"layers.{number}.", modulation, cos, sin)
            scale, shift = np.split(_linear(whole, weights, "final")[:, None, :], 2, axis=2)
            return _linear(_normed(x) * (1 + scale) + shift, weights, "clean")

        return clean

    def _layer(self, x: Array, name: str, modulation: Array, cos: Array, sin: Array) -> Array:
        weights = self.weights
        a, b, gate, c, d, gate2 = np.moveaxis((modulation + weights[f"{name}modulation"])[:, :, None, :], 1, 0)
        rows, bars, width = x.shape
        inside = _normed(x) * (1 + a) + b
        mixed = _linear(inside, weights, f"{name}qkv").reshape(rows, bars, 3, self.heads, -1)
        q, k, v = mixed.transpose(2, 0, 3, 1, 4)
        scores = _turned(q, cos, sin) @ _turned(k, cos, sin).swapaxes(2, 3)
        scores *= np.float32((width // self.heads) ** -0.5)
        odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
        odds /= odds.sum(axis=-1, keepdims=True)
        seen = (odds @ v).swapaxes(1, 2).reshape(rows, bars, width)
        x = x + (1 + gate) * _linear(seen, weights, f"{name}mixed")
        inside = _normed(x) * (1 + c) + d
        out: Array = x + (1 + gate2) * _linear(_gelu(_linear(inside, weights, f"{name}up")), weights, f"{name}down")
        return out


def _turned(x: Array, cos: Array, sin: Array) -> Array:
    """Return queries or keys [rows, heads, bars, size] rotated by the angles of their bars [bars, size / 2]."""
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def code_shape(bars: int, code: int) -> tuple[int, int, int, int]:
    """Return the shape of the codes of bars, by part, beat and number."""
    return bars, len(PARTS), BEATS, code
