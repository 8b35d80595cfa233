"""`songsmith-mini`: our own small separator, which comes with the install.

Short-time spectra, masks by a network (`songsmith.separation.network`), a Wiener filter, and back; see
docs/models/songsmith-mini.md for what it was trained on and how good it is.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from songsmith import __version__
from songsmith.errors import InputError, MissingPart
from songsmith.separation.bands import HOP, SAMPLE_RATE
from songsmith.separation.separator import Level, Samples

if TYPE_CHECKING:
    from torch import Tensor

    from songsmith.separation.network import BandNetwork

NAME = "songsmith-mini"
WEIGHTS = Path(__file__).with_name("mini.safetensors")
SOURCES: tuple[str, ...] = ("drums", "bass", "other", "vocals")
SEGMENT_S = 512 * HOP / SAMPLE_RATE
LONGEST_S = 60.0
SOFTNESS = 0.5  # exponent of the masks, chosen on songs trained on: they are too bold where the network is unsure
SCALES = 4  # frames are a multiple of this
LATER = (0, 2)  # frames of silence put before: the coarse scales see it cut up in more than one way


@cache
def _network(path: Path) -> tuple[BandNetwork, str]:
    """Return the network with the weights of a file, and their hash."""
    import torch
    from safetensors.torch import load

    from songsmith.separation.network import BandNetwork

    try:
        content = path.read_bytes()
    except OSError as err:
        raise MissingPart(f"the weights of {NAME} are not there ({path.name}): install songsmith again") from err
    network = BandNetwork()
    weights = {name: value.float() for name, value in load(content).items()}
    missing = network.load_state_dict(weights, strict=False)
    lacking = [name for name in missing.missing_keys if not name.endswith("num_batches_tracked")]
    if lacking or missing.unexpected_keys:
        raise MissingPart(f"the weights of {NAME} are of another version: install songsmith again")
    network.train(False).requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network, hashlib.sha256(content).hexdigest()


class Mini:
    """The separator `songsmith-mini`."""

    name = NAME
    version = __version__
    sources: tuple[str, ...] = SOURCES
    sample_rate = SAMPLE_RATE
    segment_s = SEGMENT_S
    longest_s = LONGEST_S
    overlap = 0.1
    sees_outside = False
    on_cpu = True

    def __init__(self, weights: Path = WEIGHTS, device: str = "cpu") -> None:
        if device != "cpu":
            raise InputError(f"{NAME} runs on the CPU only, where it is quick: leave out the device {device!r}")
        self._network, self.weights_sha256 = _network(weights)

    def wanted(self, frames: int, segment: int) -> int:
        """Return a segment: a short piece at an end is seen with what comes before it."""
        return segment

    def separate(self, mix: Samples, level: Level) -> Samples:
        """Return the four sources of `[2, frames]`; the loudness of the whole recording is of no account."""
        import torch

        with torch.inference_mode():
            return np.asarray(self._sources(torch.from_numpy(np.ascontiguousarray(mix))).numpy())

    def _sources(self, mix: Tensor) -> Tensor:
        import torch

        from songsmith.separation.spectra import sound, spectrum, to_lines, to_values, wiener

        frames = mix.shape[-1]
        spectra = spectrum(mix)
        left, right = spectra[0], spectra[1]
        signals = torch.stack([left, right, (left + right) / 2, (left - right) / 2])
        energies = to_values(signals.real**2 + signals.imag**2)
        scale = energies[:2].mean().clamp_min(1e-12)
        count = energies.shape[-1]
        masks = torch.zeros(())
        for late in LATER:
            wanted = -(-(count + late) // SCALES) * SCALES
            padded = torch.nn.functional.pad(energies / scale, (late, wanted - late - count))
            masks = masks + self._network(padded.transpose(1, 2)[None])[0, late : late + count]
        masks = (masks.permute(1, 2, 0) / len(LATER)) ** SOFTNESS
        masks = masks / masks.sum(0)
        return sound(wiener(spectra / scale.sqrt(), to_lines(masks)) * scale.sqrt(), frames)
