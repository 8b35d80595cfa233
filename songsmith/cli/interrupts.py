"""Being asked to end, by Ctrl-C or SIGTERM: KeyboardInterrupt, but never in the midst of an import.

A native module whose import is interrupted says that it cannot be initialised, forgets the interrupt or ends the
process. So the interrupt waits until the import is over, which is a second at most.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

AGAIN_S = 0.02
_IMPORTING = "<frozen importlib._bootstrap>"


def listen() -> None:
    """Take both signals from now on; nothing is changed outside the main thread, where that cannot be done."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            later = threading.Timer(AGAIN_S, _send, (number,))
            later.daemon = True
            later.start()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _send(number: int) -> None:
    """Send the signal to the main thread once more; what that waits for is interrupted, too."""
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(signal.Signals(number))
