"""Random choices that one seed decides, each under its own name, whatever else is drawn."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of what is called `names` in a lyric of this seed."""
    import numpy as np

    digest = hashlib.sha256("\x1f".join(map(str, ("lyricist", *names))).encode()).digest()
    key = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(k) for k in key)))
