"""Phrases rendered side by side, in this process and in helpers.

Much of the work keeps Python's lock, so threads help little; a helper is a process of its own. Every phrase is
rendered alone, so which process does it makes no difference.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from songsmith.cache import Cache
from songsmith.errors import SongsmithError
from songsmith.singing.alone import kept_sounds
from songsmith.singing.heart import Progress, phrase_key, render_phrase
from songsmith.singing.helpers import hire, keep
from songsmith.singing.network import shared_network
from songsmith.singing.phrase import Phrase

Sound = npt.NDArray[np.float32]
Results = queue.SimpleQueue[tuple[int, Sound] | SongsmithError]

WORTH_A_HELPER_S = 30.0  # of song; a helper needs about a second to start


def render_phrases(
    phrases: tuple[Phrase, ...], cache: Cache, workers: int, progress: Progress | None
) -> tuple[Sound, ...]:
    """Return the sound of each phrase, from the cache where it is there.

    Raises MissingPart where the voice is not installed, SongsmithError where a helper dies.
    """
    keys = [phrase_key(phrase) for phrase in phrases]
    sounds = kept_sounds(keys, cache)

    def tell() -> None:
        if progress is not None:
            progress(sum(key in sounds for key in keys), len(keys))

    tell()
    missing = {key: i for i, key in enumerate(keys) if key not in sounds}  # phrases sung alike are rendered once
    for i, sound in _rendered(phrases, sorted(missing.values(), key=lambda i: (-phrases[i].duration_s, i)), workers):
        sounds[keys[i]] = sound
        cache.put(keys[i], sound)
        tell()
    return tuple(sounds[key] for key in keys)


def _rendered(phrases: tuple[Phrase, ...], numbers: list[int], workers: int) -> Iterator[tuple[int, Sound]]:
    """Yield phrases' numbers and sounds as they are done, the longest begun first."""
    if not numbers:
        return
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    results: Results = queue.SimpleQueue()
    for i in numbers:
        waiting.put(i)
    wanted = 1 + int(sum(phrases[i].duration_s for i in numbers) / WORTH_A_HELPER_S)
    helpers = min(workers, len(numbers), wanted) - 1
    threads = [threading.Thread(target=_feed, args=(phrases, waiting, results)) for _ in range(helpers)]
    for thread in threads:
        thread.start()
    try:
        network = shared_network()  # while the helpers load theirs
        for _ in numbers:
            try:
                i = waiting.get_nowait()
            except queue.Empty:  # the helpers have the rest
                pass
            else:
                results.put((i, render_phrase(network, phrases[i])))
            result = results.get()
            if isinstance(result, SongsmithError):
                raise result
            yield result
    finally:
        _drain(waiting)
        for thread in threads:
            thread.join()


def _drain(waiting: queue.SimpleQueue[int]) -> None:
    """Leave nothing for helpers to begin."""
    try:
        while True:
            waiting.get_nowait()
    except queue.Empty:
        pass


def _feed(phrases: tuple[Phrase, ...], waiting: queue.SimpleQueue[int], results: Results) -> None:
    """Give a helper phrases until none is left."""
    try:
        helper = hire()
    except OSError as err:
        results.put(SongsmithError(f"a singing process cannot be started ({err.strerror}): try one worker"))
        return
    try:
        while True:
            i = waiting.get_nowait()
            results.put((i, helper.render(phrases[i])))
    except queue.Empty:
        keep(helper)
    except (OSError, EOFError):
        code = helper.end()
        results.put(SongsmithError(f"a singing process ended early (exit code {code}): try fewer workers"))
