"""The pretrained Demucs models: their files, and where those may lie on this machine.

A model is one or several networks, each a checkpoint named after its signature; the list is that of the demucs
package's `remote/` folder. They are looked for in songsmith's own cache, where `songsmith fetch` puts them, then
where the demucs program has left them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from songsmith.cache import cache_folder

URL = "https://dl.fbaipublicfiles.com/demucs/"


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model of Demucs's authors: `files` are `folder/signature-hash.th`, `only` the one source each is for."""

    files: tuple[str, ...]
    only: tuple[str, ...] = ()
    segment_s: float | None = None

    @property
    def signatures(self) -> tuple[str, ...]:
        return tuple(Path(file).name.partition("-")[0] for file in self.files)


_HYBRID, _MDX = "hybrid_transformer/", "mdx_final/"

PRETRAINED = {
    "htdemucs": Pretrained((f"{_HYBRID}955717e8-8726e21a.th",)),
    "htdemucs_ft": Pretrained(
        (
            f"{_HYBRID}f7e0c4bc-ba3fe64a.th",
            f"{_HYBRID}d12395a8-e57c48e6.th",
            f"{_HYBRID}92cfc3b6-ef3bcb9c.th",
            f"{_HYBRID}04573f0d-f3cf25b2.th",
        ),
        only=("drums", "bass", "other", "vocals"),
    ),
    "htdemucs_6s": Pretrained((f"{_HYBRID}5c90dfd2-34c22ccb.th",)),
    "mdx_extra": Pretrained(
        (
            f"{_MDX}e51eebcc-c1b80bdd.th",
            f"{_MDX}a1d90b5c-ae9d2452.th",
            f"{_MDX}5d2d6c55-db83574e.th",
            f"{_MDX}cfa93e08-61801ae1.th",
        ),
        segment_s=44.0,
    ),
}


def own_folder() -> Path:
    """Return the folder that `songsmith fetch` puts weights into."""
    return cache_folder() / "separation"


def folders() -> Iterator[Path]:
    """Yield the folders in which the weights of a model may be."""
    yield own_folder()
    torch_home = os.environ.get("TORCH_HOME")
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    yield (Path(torch_home) if torch_home else cache_home / "torch") / "hub" / "checkpoints"
    hub = os.environ.get("HF_HUB_CACHE")
    huggingface = Path(hub) if hub else Path(os.environ.get("HF_HOME") or cache_home / "huggingface") / "hub"
    yield from sorted(huggingface.glob("models--adefossez--*Demucs*/snapshots/*"))


def find_weights(name: str) -> tuple[Path, ...] | None:
    """Return the files of a pretrained model where all of them are in one folder, else None."""
    model = PRETRAINED[name]
    for folder in folders():
        for candidates in (
            [folder / Path(file).name for file in model.files],
            [folder / f"{signature}.safetensors" for signature in model.signatures],
        ):
            if all(path.is_file() for path in candidates):
                return tuple(candidates)
    return None
