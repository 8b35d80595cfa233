"""Whole songs with sung vocals, from lyrics and a prompt.

    import songsmith

    song = songsmith.make("warm folk waltz, 96 BPM", lyrics="[Verse]\\nCopper kettle on the fire", seed=3)
    song.save("kettle")

Importing this package loads nothing heavy: each function is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from songsmith.accompanying import accompany
    from songsmith.analysis import analyse
    from songsmith.batching.run import batch
    from songsmith.editing.edit import edit
    from songsmith.errors import InputError, MissingPart, SongsmithError
    from songsmith.evaluation import evaluate
    from songsmith.extension.extend import extend
    from songsmith.over import sing
    from songsmith.pipeline import make
    from songsmith.separation.api import separate
    from songsmith.song import Song
    from songsmith.songfolder import load
    from songsmith.writing import write

__all__ = [
    "InputError",
    "MissingPart",
    "Song",
    "SongsmithError",
    "__version__",
    "accompany",
    "analyse",
    "batch",
    "edit",
    "evaluate",
    "extend",
    "load",
    "make",
    "separate",
    "sing",
    "write",
]

_HOMES = {
    "InputError": "songsmith.errors",
    "MissingPart": "songsmith.errors",
    "Song": "songsmith.song",
    "SongsmithError": "songsmith.errors",
    "batch": "songsmith.batching.run",
    "accompany": "songsmith.accompanying",
    "analyse": "songsmith.analysis",
    "edit": "songsmith.editing.edit",
    "evaluate": "songsmith.evaluation",
    "extend": "songsmith.extension.extend",
    "load": "songsmith.songfolder",
    "make": "songsmith.pipeline",
    "separate": "songsmith.separation.api",
    "sing": "songsmith.over",
    "write": "songsmith.writing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'songsmith' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
