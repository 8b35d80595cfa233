"""The hibari voice network, cut open so that it can be told when, how high and how loud to speak.

The network that comes in the package hibari-tts turns phoneme tokens into speech in one go. Its graph is cut
here into four parts: a reader (tokens to features), and from those features the natural length of each
token, the natural energy, and, with pitch and energy given, the spectrum. Frames are 12.5 ms; token lengths
are in units of two frames. Each part runs on one thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.errors import MissingPart

WEIGHTS_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
SAMPLE_RATE = 24000
FRAME_S = 0.0125
UNIT_S = 0.025

_TEXT, _PROSODY = "/Transpose_22_output_0", "/Transpose_55_output_0"
_LENGTHS = "/Div_40_output_0"
_SPREAD_PROSODY, _SPREAD_TEXT = "/Gather_33_output_0", "/Reshape_42_output_0"
_F0, _ENERGY = "f0", "/Mul_62_output_0"
_PARTS = ("lh", "theta", "ln", "lr", "phi")
_REMEDY = "install hibari-tts==0.2.1 (pip install --force-reinstall hibari-tts==0.2.1)"

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the network makes of a phrase before any time is fixed.

    Parameters
    ----------
    text, prosody : `[1, 128, tokens]` and `[1, 192, tokens]` float32, features
    units : `[tokens]` int64, natural length of each token in 25 ms units, at least 1
    energy : `[2 * sum(units)]` float32, natural energy in 12.5 ms frames
    """

    text: Floats
    prosody: Floats
    units: Indices
    energy: Floats


@dataclass(frozen=True, slots=True, eq=False)
class VoiceNetwork:
    """The parts of the cut graph, ready to run, and the token alphabet."""

    reader: Any
    lengths: Any
    prosody: Any
    decoder: Any
    vocabulary: dict[str, int]

    def read(self, tokens: str) -> Reading:
        """Return the features, natural lengths and natural energy of a token string, pads added at both ends."""
        text, prosody, lengths = self._features(tokens)
        units = np.maximum(np.rint(lengths), 1).astype(np.int64)
        spread = np.ascontiguousarray(prosody[:, :, np.repeat(np.arange(len(units)), units)])
        (energy,) = self.prosody.run([_ENERGY], {_SPREAD_PROSODY: spread})
        return Reading(text, prosody, units, energy[0])

    def natural_lengths(self, tokens: str) -> Floats:
        """Return the natural length of each token, the pads at both ends counted, in 25 ms units, not rounded."""
        return self._features(tokens)[2]

    def _features(self, tokens: str) -> tuple[Floats, Floats, Floats]:
        ids = [0, *(self.vocabulary[token] for token in tokens), 0]
        text, prosody = self.reader.run(None, {"ids": np.asarray([ids], np.int64)})
        (raw,) = self.lengths.run(None, {_PROSODY: prosody, "speed": np.ones(1, np.float32)})
        return text, prosody, raw.reshape(-1)

    def speak(self, reading: Reading, token_of_frame: Indices, f0_hz: Floats, energy: Floats) -> Floats:
        """Return the spectrum, `[5, 601, frames]` float32: parts `lh`, `theta`, `ln`, `lr`, `phi`.

        Parameters
        ----------
        token_of_frame : `[frames]` index of the token (pads counted) that each frame stands for
        f0_hz : `[frames]`, 0 where unvoiced
        energy : `[frames]`
        """
        spread = np.ascontiguousarray(reading.text[:, :, token_of_frame])
        feeds = {_SPREAD_TEXT: spread, _F0: f0_hz[None], _ENERGY: energy[None]}
        return np.concatenate(self.decoder.run(list(_PARTS), feeds))


def load_network() -> VoiceNetwork:
    """Return the network of the installed hibari-tts; raise MissingPart where it is not there or not the one."""
    import json

    folder = _assets()
    path = folder / "hibari.onnx"
    try:
        weights = path.read_bytes()
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    except OSError as err:
        raise MissingPart(f"the voice 'heart' is incomplete ({err.strerror}: {path}): {_REMEDY}") from err
    found = hashlib.sha256(weights).hexdigest()
    if found != WEIGHTS_SHA256:
        raise MissingPart(
            f"{path} is not the voice network songsmith knows (sha256 {found[:12]}…, expected"
            f" {WEIGHTS_SHA256[:12]}…): {_REMEDY}"
        )
    return _cut(weights, vocabulary)


@lru_cache(maxsize=1)
def shared_network() -> VoiceNetwork:
    """Return the network of this process, loaded once; its parts may run in several threads at a time."""
    return load_network()


def _assets() -> Path:
    """Return the folder of the voice's files, found without importing the package."""
    from importlib.util import find_spec

    spec = find_spec("hibari")
    if spec is None or not spec.submodule_search_locations:
        raise MissingPart(f"the voice 'heart' needs the package hibari-tts: {_REMEDY}")
    return Path(next(iter(spec.submodule_search_locations))) / "assets"


def _cut(weights: bytes, vocabulary: dict[str, int]) -> VoiceNetwork:
    """Cut the graph at its named values and start a session for each part."""
    import onnx

    session = cutter(onnx.load_model_from_string(weights))
    return VoiceNetwork(
        reader=session(["ids"], [_TEXT, _PROSODY]),
        lengths=session([_PROSODY, "speed"], [_LENGTHS]),
        prosody=session([_SPREAD_PROSODY], [_F0, _ENERGY]),
        decoder=session([_SPREAD_TEXT, _F0, _ENERGY], list(_PARTS)),
        vocabulary=vocabulary,
    )


def cutter(model: Any) -> Callable[[list[str], list[str]], Any]:
    """Return what cuts a part out of an ONNX model, from inputs to outputs by name, and starts it on one thread."""
    import onnxruntime
    from onnx.utils import Extractor

    extractor = Extractor(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3

    def session(inputs: list[str], outputs: list[str]) -> Any:
        part = extractor.extract_model(inputs, outputs).SerializeToString()
        return onnxruntime.InferenceSession(part, options, providers=["CPUExecutionProvider"])

    return session
