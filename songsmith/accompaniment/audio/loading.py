"""Finding pretrained audio models and running them alike each time.

A model is a folder, or a name on the Hugging Face hub that is looked for in that hub's own cache; it is downloaded
only where the user says so. Weights are safetensors, nothing is unpickled, no code of a model's own is run.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lyrics.text import printable
from songsmith.errors import InputError, MissingPart
from songsmith.fieldreader import read_json
from songsmith.seeds import generator

EXTRA = "audio-models"
FILES = ("*.json", "*.txt", "*.model")
"""What of a repository is downloaded besides weights: settings, tokenizers."""

WEIGHTS, WEIGHTS_OF_PARTS = "*.safetensors", "*/*.safetensors"
"""Weights of a model, and those of a pipeline, whose parts have folders of their own."""

LARGEST_JSON = 4 * 2**20
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
COMPONENT_PACKAGES = ("diffusers", "transformers")
BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where a model is: its folder, what it is called, and its revision where it is from the hub."""

    folder: Path
    name: str
    revision: str | None = None

    def facts(self, package: str) -> dict[str, str]:
        """Return what provenance says of the model and of the package that runs it."""
        version = str(getattr(need(package), "__version__", "unknown"))
        known = {"model": self.name, "runs_on": f"{package} {version}"}
        if self.revision is not None:
            return {**known, "revision": self.revision}
        return {**known, "weights_sha256": weights_sha256(self.folder)}


def need(package: str) -> Any:
    """Return a package of the extra; raise MissingPart with the line that installs it."""
    try:
        return importlib.import_module(package)
    except ImportError as err:
        raise MissingPart(
            f"an audio model as accompanist needs {package} ({printable(str(err))[:120]}): "
            f"run: pip install 'songsmith[{EXTRA}]'"
        ) from err


def find_model(place: str, fetch: bool, weights: str = WEIGHTS) -> ModelPlace:
    """Return where a model is, downloaded first where it is not there and that is wished.

    Parameters
    ----------
    place : folder, or name on the hub
    fetch : whether it may be downloaded
    weights : pattern of the files of weights that are downloaded

    Raises InputError for what is neither a folder nor a name, MissingPart where it is not on this machine.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return ModelPlace(path.resolve(), printable(path.resolve().name))
    if path.exists() or place.startswith((".", "/", "~")) or not HUB_NAME.fullmatch(place):
        raise InputError(
            f"{printable(place)[:200]}: is no folder; give the folder of a model, or its name on the hub, owner/model"
        )
    hub, errors = need("huggingface_hub"), need("huggingface_hub.errors")
    try:
        with without_bars():
            folder = Path(hub.snapshot_download(place, local_files_only=not fetch, allow_patterns=[*FILES, weights]))
    except (OSError, ValueError, errors.HfHubHTTPError) as err:
        reason = " ".join(str(err).split())[:160]
        if fetch:
            raise MissingPart(f"the model {place!r} cannot be downloaded ({reason}): give a folder of it") from err
        raise MissingPart(
            f"the model {place!r} is not on this machine: add --fetch to download it, or give a folder of it"
        ) from err
    return ModelPlace(folder, place, folder.name)


def settings_of(model: ModelPlace, file: str, what: str) -> Mapping[str, Any]:
    """Return the settings in a file of a model's folder; raise InputError where it is not there or no table."""
    path = model.folder / file
    if not path.is_file():
        raise InputError(f"{model.name}: is no {what}: its folder has no {file}")
    table = read_json(path, LARGEST_JSON)
    if not isinstance(table, dict):
        raise InputError(f"{model.name}: is no {what}: its {file} is no table")
    return table


def check_pipeline(model: ModelPlace, wanted: str, what: str) -> Mapping[str, Any]:
    """Return the index of a pipeline of diffusers; raise InputError where it is another one or names foreign code."""
    index = settings_of(model, "model_index.json", what)
    if index.get("_class_name") != wanted:
        raise InputError(f"{model.name}: is no {what}: it is a {str(index.get('_class_name'))[:60]}, not a {wanted}")
    own = (*COMPONENT_PACKAGES, "stable_audio", "ace_step")
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list):
            continue
        if len(value) != 2 or value[0] not in (None, *own):
            raise InputError(
                f"{model.name}: its part {printable(str(name))[:40]!r} is from {printable(str(value[0]))[:40]!r}: "
                f"only parts of {' and '.join(COMPONENT_PACKAGES)} are loaded"
            )
    return index


def pipeline_class(name: str) -> Any:
    """Return a class of diffusers; raise MissingPart where the version that is installed has none of that name."""
    diffusers = need("diffusers")
    found = getattr(diffusers, name, None)
    if found is None:
        raise MissingPart(f"diffusers {diffusers.__version__} has no {name}: run: pip install 'diffusers>=0.42'")
    return found


@contextmanager
def loading(model: ModelPlace, what: str) -> Iterator[None]:
    """Load a model in the block: keep it quiet, and raise InputError for whatever is wrong with its files."""
    if not any(model.folder.rglob("*.safetensors")):
        raise InputError(
            f"{model.name}: is no {what} that is read: its folder has no weights as safetensors, and no others are"
        )
    try:
        with without_bars(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of what those packages will change in themselves
            yield
    except (InputError, MissingPart):
        raise
    except Exception as err:  # whatever strangers' files make two large packages raise
        reason = printable(" ".join(str(err).split()))[:160]
        raise InputError(f"{model.name}: is no {what} that can be read ({type(err).__name__}: {reason})") from err


def load_pipeline(model: ModelPlace, name: str, what: str) -> Any:
    """Return a pipeline of diffusers, the class of a name, with the weights of a model."""
    device, numbers = device_and_type()
    kind = pipeline_class(name)
    with loading(model, what):
        pipeline = kind.from_pretrained(model.folder, dtype=numbers, use_safetensors=True, local_files_only=True)
        pipeline.to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@lru_cache(maxsize=4)
def weights_sha256(folder: Path) -> str:
    """Return one hash of all weights in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def device_and_type() -> tuple[str, Any]:
    """Return where a model runs and in which numbers: float32 on a CPU, half as long on a GPU."""
    torch = need("torch")
    if not torch.cuda.is_available():
        return "cpu", torch.float32
    return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def chance(seed: int, *names: str | int) -> int:
    """Return the seed of a part of what a model plays."""
    return int(generator(seed, "accompanist", *names).integers(2**31))


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Draw the same numbers and add them up in the same order each time: torch's own state is put back after."""
    torch = need("torch")
    threads = torch.get_num_threads()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            with quietly(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", module=r"torchsde\b")  # of rounding at the ends of its interval
                yield
        finally:
            torch.set_num_threads(threads)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers and diffusers from telling anything but errors."""
    loggers = [importlib.import_module(f"{need(name).__name__}.utils.logging") for name in COMPONENT_PACKAGES]
    levels = [logger.get_verbosity() for logger in loggers]
    for logger in loggers:
        logger.set_verbosity_error()
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.set_verbosity(level)


@contextmanager
def without_bars() -> Iterator[None]:
    """Keep what loads or downloads a model quiet, its progress bars included."""
    with quietly(), redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        yield
