"""Processes that render phrases for this one, kept for the next song.

A helper takes about a second to start and to load the network. So it stays after the song that it was started for,
until it has had nothing to do for `IDLE_S`, and at the longest as long as this process. It runs a function, not a
copy of the caller's program, so it works from any script, shell or notebook; phrases arrive on its standard input,
and their sound leaves by its standard output.
"""

from __future__ import annotations

import atexit
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

import numpy as np
import numpy.typing as npt

from songsmith.singing.heart import render_phrase
from songsmith.singing.network import load_network
from songsmith.singing.phrase import Phrase, phrase_from_bytes, phrase_to_bytes

Sound = npt.NDArray[np.float32]

IDLE_S = 60.0
MOST_KEPT = 3
ONE_THREAD: Mapping[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_LENGTH = struct.Struct("<q")
# Ctrl-C reaches helpers, too, but it is their caller who ends them, by closing their input.
_SERVE = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    " from songsmith.singing.helpers import serve; serve()"
)


class Helper:
    """A process that renders phrases; it imports this program's modules from where this program has them.

    Raises OSError where it cannot be started.
    """

    def __init__(self) -> None:
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def render(self, phrase: Phrase) -> Sound:
        """Return the sound of a phrase; raise OSError or EOFError where the process ends before it is there."""
        return np.frombuffer(self._answer(phrase_to_bytes(phrase)), np.float32)

    def is_there(self) -> bool:
        """Return whether the process is alive and answers."""
        try:
            return self._answer(b"") == b""
        except (OSError, EOFError):
            return False

    def end(self) -> int:
        """End the process and return its exit code."""
        with suppress(OSError):  # it may be gone
            self._input.close()
        code = self.process.wait()
        self._output.close()
        return code

    def kill(self) -> None:
        """End the process at once; it has nothing to lose."""
        self.process.kill()
        self.end()

    def _answer(self, message: bytes) -> bytes:
        _write(self._input, message)
        return _read(self._output)

    @property
    def _input(self) -> IO[bytes]:
        assert self.process.stdin is not None  # for the type checker: both are pipes
        return self.process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


_kept: list[Helper] = []
_lock = threading.Lock()


def hire() -> Helper:
    """Return a helper that was kept, or else a new one; raise OSError where none can be started."""
    while True:
        with _lock:
            helper = _kept.pop() if _kept else None
        if helper is None:
            return Helper()
        if helper.is_there():
            return helper
        helper.kill()


def keep(helper: Helper) -> None:
    """Keep a helper that is well for the next song, or end it where enough are kept."""
    with _lock:
        has_room = len(_kept) < MOST_KEPT
        if has_room:
            _kept.append(helper)
    if not has_room:
        helper.end()


@atexit.register
def dismiss() -> None:
    """End all helpers that are kept."""
    with _lock:
        gone = _kept.copy()
        _kept.clear()
    for helper in gone:
        helper.kill()


def _forget() -> None:
    """Leave helpers to the process that started them: this one is a copy of it."""
    global _lock
    _lock = threading.Lock()
    _kept.clear()


if hasattr(os, "register_at_fork"):  # not on every system
    os.register_at_fork(after_in_child=_forget)


def serve() -> None:
    """Render the phrases that arrive on standard input until it closes, or none comes for long.

    The main loop of a helper.
    """
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to standard error
    network = load_network()
    while True:
        idle = threading.Timer(IDLE_S, os._exit, (0,))
        idle.daemon = True
        idle.start()
        try:
            message = _read(sys.stdin.buffer)
        except EOFError:
            return
        finally:
            idle.cancel()
        _write(output, render_phrase(network, phrase_from_bytes(message)).tobytes() if message else b"")


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
