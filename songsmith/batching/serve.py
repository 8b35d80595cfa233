"""A worker process of the local engine: tasks on standard input, answers on standard output, a JSON line each.

It ends with its input: a worker never outlives the run that started it, whatever that died of. What libraries print
goes to standard error, which is a log file.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
from typing import Any


def main() -> None:
    """Do the tasks that arrive until there are no more."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    from songsmith.batching.jobs import run

    while True:
        answers.write(json.dumps(run(tasks.get())).encode() + b"\n")
        answers.flush()


def _listen(tasks: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass on what arrives; at the end of it end the process, whatever it is doing."""
    for line in sys.stdin.buffer:
        tasks.put(json.loads(line))
    os._exit(0)
