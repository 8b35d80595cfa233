"""Phrases sung one by one, each from nothing but its own value, and put where they stand.

For singers whose work is done by onnxruntime, which lets other threads run: the phrases are rendered in threads
of this process. Which thread does it, and in what order, makes no difference to the sound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.performance import Performance
from songsmith.singing.phrase import Phrase

SONG_RATE = 44_100

Sound = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


def sing_alone(
    phrases: tuple[Phrase, ...],
    key: Callable[[Phrase], str],
    render: Callable[[Phrase], Sound],
    *,
    cache: Cache | None,
    workers: int,
    progress: Progress | None,
) -> tuple[Sound, ...]:
    """Return the sound of each phrase, from the cache where it is there.

    Parameters
    ----------
    key : names all that the sound of a phrase depends on
    render : makes the sound of a phrase, `[frames]` float32 at 44.1 kHz; it is called from several threads
    """
    store = cache or Cache(None)
    keys = [key(phrase) for phrase in phrases]
    sounds = kept_sounds(keys, store)
    missing = {name: phrase for name, phrase in zip(keys, phrases, strict=True) if name not in sounds}
    if progress is not None:
        progress(sum(name in sounds for name in keys), len(keys))
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        jobs = {pool.submit(render, phrase): name for name, phrase in missing.items()}
        try:
            for job in as_completed(jobs):
                name = jobs[job]
                sounds[name] = job.result()
                store.put(name, sounds[name])
                if progress is not None:
                    progress(sum(known in sounds for known in keys), len(keys))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return tuple(sounds[name] for name in keys)


def kept_sounds(keys: Sequence[str], cache: Cache) -> dict[str, Sound]:
    """Return the sounds that a cache has under these names; what is not a sound there is left out."""
    found = {key: cache.get(key) for key in dict.fromkeys(keys)}
    return {
        key: kept for key, kept in found.items() if kept is not None and kept.ndim == 1 and kept.dtype == np.float32
    }


def placed(performance: Performance, phrases: tuple[Phrase, ...], sounds: tuple[Sound, ...]) -> Audio:
    """Return the vocal: each phrase's sound from its origin on, mono, as long as the performance."""
    samples = np.zeros(round(performance.duration_s * SONG_RATE), np.float32)
    for phrase, sound in zip(phrases, sounds, strict=True):
        first = round(phrase.origin_s * SONG_RATE)
        begin, end = max(first, 0), min(first + len(sound), len(samples))
        samples[begin:end] += sound[begin - first : end - first]
    return Audio(samples[None], SONG_RATE)
