"""A voicebank small enough to be made by a test: real ONNX models of a few operators in DiffSinger's format.

The acoustic model stretches a table of levels, one for each phoneme, to the durations; the vocoder is a few
harmonics of the pitch, at the level of the first mel bin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from onnx import ModelProto, TensorProto, helper, numpy_helper

from songsmith.singing.alphabet import ARPABET_CONSONANT_TOKENS, ARPABET_VOWEL_TOKENS

BINS = 4
VOWELS = tuple(name.lower() for name in ARPABET_VOWEL_TOKENS)
CONSONANTS = tuple(name.lower() for name in ARPABET_CONSONANT_TOKENS)
SILENT_LEVEL, CONSONANT_LEVEL, VOWEL_LEVEL = -12.0, -3.0, 0.0  # natural logarithms


def phonemes(prefix: str = "") -> tuple[str, ...]:
    """Return the names of the bank's phonemes, with a language before them if asked."""
    return ("<PAD>", "AP", "SP", *(prefix + name for name in (*VOWELS, *CONSONANTS)))


def levels(names: Sequence[str]) -> np.ndarray[Any, Any]:
    """Return the table of the acoustic model, `[phonemes, bins]` float32."""
    plain = [name.rpartition("/")[2] for name in names]
    level = [
        VOWEL_LEVEL if n in VOWELS else CONSONANT_LEVEL if n in (*CONSONANTS, "AP") else SILENT_LEVEL for n in plain
    ]
    return np.repeat(np.asarray(level, np.float32)[:, None], BINS, axis=1)


def model(
    nodes: Sequence[Any], inputs: dict[str, tuple[int, list[Any]]], outputs: dict[str, list[Any]], **constants: Any
) -> ModelProto:
    """Return a model of nodes and constants; inputs by element type and shape, outputs of floats by shape."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def acoustic(
    names: Sequence[str], base: str = "e", curves: Sequence[str] = (), extra: dict[str, Any] | None = None
) -> ModelProto:
    """Return an acoustic model; `curves` in decibels change its level, `extra` inputs are asked for and not used."""
    node = helper.make_node
    nodes = [
        node("CumSum", ["durations", "one"], ["ends"]),
        node("Shape", ["f0"], ["shape"]),
        node("Gather", ["shape", "one"], ["count"]),
        node("Range", ["zero", "count", "one"], ["numbers"]),
        node("Unsqueeze", ["numbers", "axis1"], ["column"]),
        node("GreaterOrEqual", ["column", "ends"], ["after"]),
        node("Cast", ["after"], ["passed"], to=TensorProto.INT64),
        node("ReduceSum", ["passed", "axis1"], ["which"], keepdims=0),
        node("Squeeze", ["tokens", "axis0"], ["row"]),
        node("Gather", ["row", "which"], ["sung"]),
        node("Gather", ["table", "sung"], ["levels"]),
        node("Unsqueeze", ["levels", "axis0"], ["mel0"]),
    ]
    inputs = {
        "tokens": (TensorProto.INT64, [1, "n_tokens"]),
        "durations": (TensorProto.INT64, [1, "n_tokens"]),
        "f0": (TensorProto.FLOAT, [1, "n_frames"]),
        **(extra or {}),
    }
    last = "mel0"
    for k, name in enumerate(curves):
        inputs[name] = (TensorProto.FLOAT, [1, "n_frames"])
        nodes += [
            node("Mul", [name, "neper"], [f"scaled{k}"]),
            node("Unsqueeze", [f"scaled{k}", "axis2"], [f"wide{k}"]),
            node("Add", [last, f"wide{k}"], [f"mel{k + 1}"]),
        ]
        last = f"mel{k + 1}"
    scale = 1.0 if base == "e" else 1.0 / np.log(10.0)
    nodes.append(node("Identity", [last], ["mel"]))
    return model(
        nodes, inputs, {"mel": [1, "n_frames", BINS]}, zero=np.int64(0), one=np.int64(1), axis0=np.int64([0]),
        axis1=np.int64([1]), axis2=np.int64([2]), table=levels(names) * np.float32(scale),
        neper=np.float32(scale * np.log(10.0) / 20.0),
    )  # fmt: skip


def vocoder(sample_rate: int, hop_size: int, noise: float = 0.0) -> ModelProto:
    """Return a vocoder: three harmonics of the pitch; `noise` of unknown seed if asked."""
    node = helper.make_node
    nodes = [
        node("Shape", ["f0"], ["shape"]),
        node("Concat", ["shape", "hop"], ["frames"], axis=0),
        node("Unsqueeze", ["f0", "axis2"], ["f0_3"]),
        node("Expand", ["f0_3", "frames"], ["f0_4"]),
        node("Reshape", ["f0_4", "flat"], ["f0_long"]),
        node("Cast", ["f0_long"], ["hz"], to=TensorProto.DOUBLE),
        node("Div", ["hz", "rate"], ["step"]),
        node("CumSum", ["step", "one"], ["cycles"]),
        node("Floor", ["cycles"], ["whole"]),
        node("Sub", ["cycles", "whole"], ["phase64"]),
        node("Cast", ["phase64"], ["phase"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["phase", "axis2"], ["phase_3"]),
        node("Mul", ["phase_3", "turns"], ["angles"]),
        node("Sin", ["angles"], ["waves"]),
        node("ReduceMean", ["waves"], ["tone"], axes=[2], keepdims=0),
        node("Gather", ["mel", "first"], ["level"], axis=2),
        node("Exp", ["level"], ["amplitude"]),
        node("Unsqueeze", ["amplitude", "axis2"], ["amplitude_3"]),
        node("Expand", ["amplitude_3", "frames"], ["amplitude_4"]),
        node("Reshape", ["amplitude_4", "flat"], ["amplitude_long"]),
        node("RandomNormalLike", ["tone"], ["hiss"], scale=noise)
        if noise
        else node("Mul", ["tone", "none"], ["hiss"]),
        node("Add", ["tone", "hiss"], ["rough"]),
        node("Mul", ["rough", "amplitude_long"], ["waveform"]),
    ]
    inputs = {"mel": (TensorProto.FLOAT, [1, "n_frames", BINS]), "f0": (TensorProto.FLOAT, [1, "n_frames"])}
    return model(
        nodes, inputs, {"waveform": [1, "n_samples"]}, hop=np.int64([hop_size]), flat=np.int64([1, -1]),
        rate=np.float64(sample_rate), one=np.int64(1), axis2=np.int64([2]), first=np.int64(0), none=np.float32(0.0),
        turns=np.float32([2.0 * np.pi * k for k in (1, 2, 3)]),
    )  # fmt: skip


def write_bank(
    folder: Path,
    *,
    prefix: str = "",
    sample_rate: int = 44_100,
    hop_size: int = 512,
    bases: tuple[str, str] = ("e", "e"),
    curves: Sequence[str] = (),
    extra: dict[str, Any] | None = None,
    noise: float = 0.0,
    config: dict[str, Any] | None = None,
) -> Path:
    """Write a voicebank with its vocoder into a new folder and return it; `config` changes its dsconfig.yaml."""
    names = phonemes(prefix)
    (folder / "dsvocoder").mkdir(parents=True)
    if prefix:
        (folder / "phonemes.json").write_text(json.dumps({name: k for k, name in enumerate(names)}))
    else:
        (folder / "phonemes.txt").write_text("\n".join(names) + "\n")
    (folder / "acoustic.onnx").write_bytes(acoustic(names, bases[0], curves, extra).SerializeToString())
    (folder / "dsvocoder" / "vocoder.onnx").write_bytes(vocoder(sample_rate, hop_size, noise).SerializeToString())
    mel = {"sample_rate": sample_rate, "hop_size": hop_size, "num_mel_bins": BINS}
    own = {
        "phonemes": "phonemes.json" if prefix else "phonemes.txt",
        "acoustic": "acoustic.onnx",
        "vocoder": "tiny",
        **{f"use_{name}_embed": True for name in curves},
        **mel,
        "mel_base": bases[0],
        **(config or {}),
    }
    (folder / "dsconfig.yaml").write_text(yaml.safe_dump(own))
    theirs = {"name": "tiny", "model": "vocoder.onnx", **mel, "mel_base": bases[1]}
    (folder / "dsvocoder" / "vocoder.yaml").write_text(yaml.safe_dump(theirs))
    return folder


def write_variance(folder: Path, energy_db: float, by_word: bool = True) -> None:
    """Write a linguistic encoder and a variance model, which predicts one energy everywhere, into a bank."""
    node = helper.make_node
    place = folder / "dsvariance"
    place.mkdir()
    tokens = {"tokens": (TensorProto.INT64, [1, "n_tokens"])}
    words = {name: (TensorProto.INT64, [1, "n_words"]) for name in ("word_div", "word_dur")}
    lengths = {"ph_dur": (TensorProto.INT64, [1, "n_tokens"])}
    linguistic = model(
        [
            node("Cast", ["tokens"], ["real"], to=TensorProto.FLOAT),
            node("Unsqueeze", ["real", "axis2"], ["encoder_out"]),
        ],
        {**tokens, **(words if by_word else lengths)},
        {"encoder_out": [1, "n_tokens", 1]},
        axis2=np.int64([2]),
    )
    variance = model(
        [node("Mul", ["pitch", "none"], ["still"]), node("Add", ["still", "level"], ["energy_pred"])],
        {
            "encoder_out": (TensorProto.FLOAT, [1, "n_tokens", 1]),
            **lengths,
            "pitch": (TensorProto.FLOAT, [1, "n_frames"]),
            "energy": (TensorProto.FLOAT, [1, "n_frames"]),
            "retake": (TensorProto.BOOL, [1, "n_frames", 1]),
            "steps": (TensorProto.INT64, []),
        },
        {"energy_pred": [1, "n_frames"]},
        none=np.float32(0.0),
        level=np.float32(energy_db),
    )
    (place / "linguistic.onnx").write_bytes(linguistic.SerializeToString())
    (place / "variance.onnx").write_bytes(variance.SerializeToString())
    config = {
        "phonemes": "../phonemes.txt",
        "linguistic": "linguistic.onnx",
        "variance": "variance.onnx",
        "predict_dur": by_word,
        "predict_energy": True,
        "predict_breathiness": False,
        "use_continuous_acceleration": True,
        "hop_size": 256,
        "sample_rate": 44_100,
    }
    (place / "dsconfig.yaml").write_text(yaml.safe_dump(config))
