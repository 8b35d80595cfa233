"""Demucs's networks as separators: the pretrained ones and any local repository.

A model is one network or a bag of them, whose estimates are averaged with a weight for each source. The arithmetic
is that of `demucs.apply.apply_model`; what differs is how it is run (`songsmith.separation.overlap`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from songsmith.errors import InputError, MissingPart
from songsmith.separation.checkpoints import file_sha256, load_checkpoint
from songsmith.separation.locations import PRETRAINED, find_weights, own_folder
from songsmith.separation.separator import Level, Samples

OVERLAP = 0.25
LONGEST_S = 120.0
LARGEST_BAG = 16
LARGEST_YAML = 100_000


class DemucsSeparator:
    """One network of Demucs, or several.

    Parameters
    ----------
    networks : of the same sources, rate and channels
    weights : for each network a number for each source; None for equal ones
    segment_s : length of a segment; None for the networks' own
    """

    overlap = OVERLAP
    sees_outside = True

    def __init__(
        self,
        name: str,
        networks: Sequence[Any],
        weights_sha256: str,
        weights: Sequence[Sequence[float]] | None = None,
        segment_s: float | None = None,
        device: str = "cpu",
    ) -> None:
        import torch

        first = networks[0]
        self.name, self.version, self.weights_sha256 = name, version("demucs"), weights_sha256
        self.sources = tuple(str(source) for source in first.sources)
        self.sample_rate = int(first.samplerate)
        for network in networks:
            alike = (tuple(network.sources), network.samplerate, network.audio_channels)
            if alike != (tuple(first.sources), first.samplerate, 2):
                raise InputError(f"separator {name!r} is of networks of other sources, rates or channels than stereo")
        if "vocals" not in self.sources or "other" not in self.sources:
            raise InputError(f"separator {name!r} gives {', '.join(self.sources)}: vocals and other have to be there")
        table = np.ones((len(networks), len(self.sources))) if weights is None else np.asarray(weights, np.float64)
        if table.shape != (len(networks), len(self.sources)) or not np.all(np.isfinite(table)) or np.any(table < 0):
            raise InputError(f"separator {name!r} has weights that are not a number for each network and source")
        if np.any(table.sum(0) <= 0):
            raise InputError(f"separator {name!r} has no network for one of its sources")
        self._shares = (table / table.sum(0)).astype(np.float32)
        own = [float(network.segment) for network in networks]
        transformer = [type(network).__name__ == "HTDemucs" for network in networks]
        self._fixed = any(network.use_train_segment for network in networks if type(network).__name__ == "HTDemucs")
        self.longest_s = min([length for length, fixed in zip(own, transformer, strict=True) if fixed] or [LONGEST_S])
        self.segment_s = min(min(own), self.longest_s) if segment_s is None else min(segment_s, self.longest_s)
        self.on_cpu = device == "cpu"
        try:
            self._device = torch.device(device)
            self._networks = [network.to(self._device) for network in networks]
        except (RuntimeError, AssertionError) as err:
            reason = str(err).splitlines()[0][:160]
            raise InputError(f"device {device!r} cannot be used ({reason}): leave it out for the CPU") from err

    def wanted(self, frames: int, segment: int) -> int:
        """Return the length that the networks compute with."""
        lengths = [
            int(network.valid_length(frames)) for network in self._networks if hasattr(network, "valid_length")
        ]
        return max(frames, *lengths, segment if self._fixed else 0, 0)

    def separate(self, mix: Samples, level: Level) -> Samples:
        """Return the sources of `[2, frames]`, at most a segment."""
        import torch

        deviation = level.deviation + 1e-8
        frames = mix.shape[-1]
        with torch.inference_mode():
            samples = torch.from_numpy((mix - np.float32(level.mean)) / np.float32(deviation))[None].to(self._device)
            total = np.zeros((len(self.sources), 2, frames), np.float32)
            for network, share in zip(self._networks, self._shares, strict=True):
                found = self._run(network, samples)[0].cpu().numpy()
                total += share[:, None, None] * found
        return np.asarray(total * np.float32(deviation) + np.float32(level.mean), np.float32)

    @staticmethod
    def _run(network: Any, samples: Any) -> Any:
        """Return what a network makes of `[1, 2, frames]`, given the length it wants."""
        import torch

        frames = samples.shape[-1]
        wanted = frames
        if hasattr(network, "valid_length"):
            wanted = max(frames, int(network.valid_length(frames)))
        before = (wanted - frames) // 2
        padded = torch.nn.functional.pad(samples, (before, wanted - frames - before))
        return network(padded)[..., before : before + frames]


def load_pretrained(name: str, device: str = "cpu") -> DemucsSeparator:
    """Return a model of Demucs's authors; raise MissingPart where its weights are not on this machine."""
    paths = find_weights(name)
    if paths is None:
        files = ", ".join(Path(file).name for file in PRETRAINED[name].files)
        raise MissingPart(
            f"the weights of {name} are not on this machine: get them with 'songsmith fetch {name}' (or --fetch), or "
            f"put {files} into {own_folder()}; songsmith-mini works without"
        )
    model = PRETRAINED[name]
    table = [[float(source == only) for source in ("drums", "bass", "other", "vocals")] for only in model.only]
    return _bag(name, paths, table or None, model.segment_s, device)


def load_repository(path: Path, device: str = "cpu") -> DemucsSeparator:
    """Return the model of a checkpoint, of a bag (`.yaml` beside its checkpoints), or the one a folder holds."""
    path = path.expanduser()
    if path.is_dir():
        bags, files = sorted(path.glob("*.yaml")), _checkpoints(path)
        if len(bags) == 1:
            path = bags[0]
        elif not bags and len(files) == 1:
            path = files[0]
        else:
            names = ", ".join(file.name for file in (bags or files)[:8]) or "no checkpoint (.th, .safetensors)"
            raise InputError(f"{path}: holds {names}; name the one bag (.yaml) or checkpoint that is wanted")
    if path.suffix in (".th", ".safetensors") and path.is_file():
        return _bag(path.stem, (path,), None, None, device)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return _from_yaml(path, device)
    raise InputError(f"{path}: is no Demucs repository; give a folder, a .th, .safetensors or .yaml file of one")


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".th", ".safetensors"))


def _from_yaml(path: Path, device: str) -> DemucsSeparator:
    """Return the bag that a file describes: signatures of checkpoints beside it, and weights."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        said = yaml.safe_load(text) if len(text) <= LARGEST_YAML else None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as err:
        raise InputError(f"{path}: is not a bag of models ({' '.join(str(err).split())[:160]})") from err
    said = said if isinstance(said, dict) else {}
    wanted = said.get("models")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= LARGEST_BAG:
        raise InputError(f"{path}: is not a bag of models; it has 'models: [...]' with 1 to {LARGEST_BAG} signatures")
    there = {file.stem.partition("-")[0]: file for file in _checkpoints(path.parent)}
    lacking = [str(signature)[:40] for signature in wanted if str(signature) not in there]
    if lacking:
        raise InputError(f"{path}: the checkpoints of {', '.join(lacking)} are not beside it; put them there")
    segment = said.get("segment")
    if segment is not None and not (isinstance(segment, int | float) and 0 < segment <= LONGEST_S):
        raise InputError(f"{path}: its segment is not a number of seconds up to {LONGEST_S:g}")
    weights = said.get("weights")
    if weights is not None and not _is_table(weights):
        raise InputError(f"{path}: its weights are not lists of numbers, one list a model")
    return _bag(path.stem, tuple(there[str(signature)] for signature in wanted), weights, segment, device)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, list) and all(isinstance(item, int | float) for item in row) for row in value
    ) and len({len(row) for row in value}) == 1  # fmt: skip


def _bag(name: str, paths: tuple[Path, ...], weights: Any, segment_s: float | None, device: str) -> DemucsSeparator:
    from songsmith.separation.quick import quickened

    networks = [quickened(load_checkpoint(path)) for path in paths]
    digest = hashlib.sha256("".join(file_sha256(path) for path in paths).encode()).hexdigest()
    sha256 = file_sha256(paths[0]) if len(paths) == 1 else digest
    return DemucsSeparator(name, networks, sha256, weights, segment_s, device)
