"""One integer seed decides everything.

Each stage, section and line derives its own generator from the song's seed and its own name, so that no
result depends on the order in which things are computed or on what else is computed.
"""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of the part called `names` in a song of this seed.

    The names are hashed into the spawn key of a `numpy.random.SeedSequence`, which keeps the streams of
    different parts independent.
    """
    digest = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    key = np.frombuffer(digest[:16], dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(k) for k in key)))
