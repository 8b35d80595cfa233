"""Checkpoints of Demucs's networks, read without running anything that is in them.

A `.th` file is read by torch with `weights_only`, which admits tensors, plain values and the few classes named here;
a `.safetensors` file says which of these it is for in its metadata. Both give the class of a network, the arguments
it is made with and its weights.

Source: the two formats are those of `demucs.states` and `demucs.hf` (demucs 4.1).
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from songsmith.errors import InputError

LARGEST_BYTES = 2 * 2**30
CLASSES = ("demucs.htdemucs.HTDemucs", "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs")


def file_sha256(path: Path) -> str:
    """Return the hash of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_checkpoint(path: Path) -> Any:
    """Return the network of a checkpoint with its weights, ready to be used.

    Raises InputError for a file that is none, whose hash is not the one in its name, or that holds anything else.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path}: is larger than {LARGEST_BYTES // 2**30} GB; give the checkpoint of a network")
        stated = path.stem.rpartition("-")[2] if "-" in path.stem and path.suffix == ".th" else ""
        if stated and not file_sha256(path).startswith(stated):
            raise InputError(f"{path}: is damaged or changed (its hash is not {stated}...); fetch it again")
    except OSError as err:
        raise InputError(f"{path}: cannot be read ({err.strerror}); give the checkpoint of a Demucs network") from err
    package = _from_safetensors(path) if path.suffix == ".safetensors" else _from_torch(path)
    return _network(path, package)


def _classes() -> dict[str, Any]:
    from demucs.demucs import Demucs
    from demucs.hdemucs import HDemucs
    from demucs.htdemucs import HTDemucs

    return dict(zip(CLASSES, (HTDemucs, HDemucs, Demucs), strict=True))


def _from_torch(path: Path) -> dict[str, Any]:
    import torch

    allowed = [*_classes().values(), Fraction, OrderedDict]
    try:
        with torch.serialization.safe_globals(allowed):
            package = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, ValueError, EOFError, OSError, KeyError) as err:
        reason = str(err).strip().splitlines()[0][:200] if str(err).strip() else type(err).__name__
        raise InputError(f"{path}: is not a checkpoint that is safe to load ({reason}); use another file") from err
    if not isinstance(package, dict):
        raise InputError(f"{path}: holds a {type(package).__name__}, not a network of Demucs; use another file")
    return package


def _from_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            said = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if "structure" in said:
            raise InputError(f"{path}: holds quantised weights, which songsmith does not read; use the plain model")
        return {
            "klass": _classes()[said["klass"]],
            "args": _plain(json.loads(said["args"])),
            "kwargs": _plain(json.loads(said["kwargs"])),
            "state": state,
        }
    except (SafetensorError, OSError, KeyError, ValueError, RecursionError) as err:
        raise InputError(
            f"{path}: is not a network of Demucs ({str(err)[:200]}); its metadata names one of {', '.join(CLASSES)}"
        ) from err


def _plain(value: Any) -> Any:
    """Return what JSON holds, with its fractions."""
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(int(value["numerator"]), int(value["denominator"]))
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _network(path: Path, package: dict[str, Any]) -> Any:
    """Return the network that a package describes."""
    kind, state = package.get("klass"), package.get("state")
    if kind is None or kind not in _classes().values() or not isinstance(state, dict):
        raise InputError(f"{path}: holds no network of Demucs; its class is one of {', '.join(CLASSES)}")
    if state.get("__quantized"):
        raise InputError(f"{path}: holds quantised weights, which songsmith does not read; use the plain model")
    known = inspect.signature(kind).parameters
    try:
        arguments = list(package.get("args") or [])
        named = {name: value for name, value in dict(package.get("kwargs") or {}).items() if name in known}
        network = kind(*arguments, **named)
        network.load_state_dict({name: value.float() for name, value in state.items()})
    except (TypeError, ValueError, AssertionError, RuntimeError, AttributeError) as err:
        reason = " ".join(str(err).split())[:200]
        raise InputError(f"{path}: its weights do not fit its network ({reason}); use another copy") from err
    return network.train(False).requires_grad_(False)
