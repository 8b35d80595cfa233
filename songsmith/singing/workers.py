"""Phrases rendered side by side, in this process and in helpers.

Much of the work keeps Python's lock, so threads help little; a helper is a Python process of its own that reads
phrases from its standard input and writes their sound to its standard output. It runs a function, not a copy of the
caller's program, so it works from any script, shell or notebook. Every phrase is rendered alone, so which
process does it makes no difference.
"""

from __future__ import annotations

import contextlib
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt

from songsmith.cache import Cache
from songsmith.errors import SongsmithError
from songsmith.singing.alone import kept_sounds
from songsmith.singing.heart import Progress, phrase_key, render_phrase
from songsmith.singing.network import load_network, shared_network
from songsmith.singing.phrase import Phrase, phrase_from_bytes, phrase_to_bytes

Sound = npt.NDArray[np.float32]
Results = queue.SimpleQueue[tuple[int, Sound] | SongsmithError]

WORTH_A_HELPER_S = 30.0  # of song; a helper needs about a second to start
_LENGTH = struct.Struct("<q")
# Ctrl-C reaches helpers, too, but it is their caller who ends them, by closing their input.
_SERVE = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    " from songsmith.singing.workers import serve; serve()"
)


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
    """Start a helper and give it phrases until none is left."""
    try:
        helper = _helper()
    except OSError as err:
        results.put(SongsmithError(f"a singing process cannot be started ({err.strerror}): try one worker"))
        return
    with helper:
        assert helper.stdin is not None  # for the type checker: both are pipes
        assert helper.stdout is not None
        while True:
            try:
                i = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                _write(helper.stdin, phrase_to_bytes(phrases[i]))
                results.put((i, np.frombuffer(_read(helper.stdout), np.float32)))
            except (OSError, EOFError):
                code = helper.wait()
                results.put(SongsmithError(f"a singing process ended early (exit code {code}): try fewer workers"))
                break
        with contextlib.suppress(OSError):  # it may be gone
            helper.stdin.close()


def _helper() -> subprocess.Popen[bytes]:
    """Start a helper, which imports this program's modules from where this program has them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-P", "-c", _SERVE]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def serve() -> None:
    """Render the phrases that arrive on standard input until it closes: the main loop of a helper."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to standard error
    network = load_network()
    while True:
        try:
            phrase = phrase_from_bytes(_read(sys.stdin.buffer))
        except EOFError:
            return
        _write(output, render_phrase(network, phrase).tobytes())


def _write(pipe: IO[bytes], body: bytes) -> None:
    """Write a message: its length, then its bytes."""
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def _read(pipe: IO[bytes]) -> bytes:
    """Return the next message; raise EOFError at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    body = pipe.read(_LENGTH.unpack(head)[0])
    if len(body) < _LENGTH.unpack(head)[0]:
        raise EOFError
    return body
