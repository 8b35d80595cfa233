"""The ONNX models of a voicebank, made safe and repeatable.

A model may not keep weights in other files, which could be anywhere. Diffusion starts from noise and the vocoder
adds some: random operators are given fixed seeds, and a model that has any is started anew for every phrase, so
that its noise is the same wherever and whenever the phrase is sung. Each runs on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
)
_TYPES = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(bool)": np.bool_,
}

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a model: the type of its values and how many axes it has."""

    dtype: Any
    axes: int


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model of a voicebank.

    Parameters
    ----------
    path : its file, for messages
    inputs, outputs : by name
    content : what a new session is started from; None where one can be used again
    session : the one to use again
    """

    path: Path
    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    content: bytes | None
    session: Any

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs for the inputs that the model has; those it lacks are not given to it.

        Raises InputError where it asks for more, or fails.
        """
        lacking = sorted(set(self.inputs) - set(feeds))
        if lacking:
            raise InputError(
                f"{self.path}: the model asks for {lacking[0]!r}, which is not known:"
                f" known are {', '.join(sorted(feeds))}"
            )
        given = {}
        for name, wanted in self.inputs.items():
            value = np.asarray(feeds[name])
            if value.size == 1 and value.ndim != wanted.axes:
                value = value.reshape((1,) * wanted.axes)
            given[name] = np.ascontiguousarray(value.astype(wanted.dtype))
        session = self.session if self.content is None else _session(self.content, self.path)
        try:
            found = session.run(None, given)
        except Exception as err:  # onnxruntime's errors have no common class
            problem = str(err).splitlines()[0]
            raise InputError(f"{self.path}: the model fails ({problem}): it does not fit its dsconfig.yaml") from err
        return dict(zip(self.outputs, found, strict=True))


def load_model(path: Path) -> Model:
    """Return a model; raise InputError where it is none, keeps weights elsewhere or has inputs of unknown types."""
    import onnx

    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as err:  # protobuf's own errors have no public class
        raise InputError(f"{path}: not an ONNX model: get the voicebank again") from err
    if has_external_data(model):
        raise InputError(
            f"{path}: keeps its weights in another file, which is not read: save it as one file"
            " (onnx.save without external data)"
        )
    seeds = 0
    for graph in _graphs(model):
        for node in graph.node:
            if node.op_type in RANDOM:
                seeds += 1
                kept = [attribute for attribute in node.attribute if attribute.name != "seed"]
                del node.attribute[:]
                node.attribute.extend([*kept, onnx.helper.make_attribute("seed", float(seeds))])
    content = model.SerializeToString()
    session = _session(content, path)
    inputs = {}
    for value in session.get_inputs():
        if value.type not in _TYPES:
            raise InputError(f"{path}: its input {value.name!r} is a {value.type}, which is not supported")
        inputs[value.name] = Input(_TYPES[value.type], len(value.shape))
    outputs = tuple(value.name for value in session.get_outputs())
    return Model(path, inputs, outputs, content if seeds else None, None if seeds else session)


def has_external_data(model: Any) -> bool:
    """Whether an ONNX model keeps weights in other files."""
    import onnx

    return any(
        tensor.data_location == onnx.TensorProto.EXTERNAL for graph in _graphs(model) for tensor in _tensors(graph)
    )


def _session(content: bytes, path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as err:  # onnxruntime's errors have no common class
        problem = str(err).splitlines()[0]
        raise InputError(f"{path}: onnxruntime cannot run it ({problem}): get the voicebank again") from err


def _graphs(model: Any) -> Iterator[Any]:
    """Yield all that has nodes: the graph, the graphs inside its nodes, and local functions."""
    waiting = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                waiting.extend([attribute.g] if attribute.HasField("g") else [])
                waiting.extend(attribute.graphs)


def _tensors(graph: Any) -> Iterator[Any]:
    """Yield the constants of one graph."""
    yield from getattr(graph, "initializer", ())
    for sparse in getattr(graph, "sparse_initializer", ()):
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for sparse in (
                *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
                *attribute.sparse_tensors,
            ):
                yield from (sparse.values, sparse.indices)
