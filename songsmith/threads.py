"""One thread to a unit of work: the linear algebra below numpy is kept from starting threads of its own.

Phrases, stems and songs are worked on side by side already. Threads inside one of them only wait for each other:
on a busy machine the mixer took five times as long with them, and sums may come out in another order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

_VARIABLE = "OPENBLAS_NUM_THREADS"


@contextmanager
def single_threaded() -> Iterator[None]:
    """Limit linear algebra to one thread while the block runs, in libraries loaded already and in those to come."""
    from threadpoolctl import ThreadpoolController

    # Before its version 3.8 the system calls back for each library, and what is raised in such a call is lost. Ctrl-C
    # is raised in the main thread only, so that it is heard where another one looks for the libraries.
    with ThreadPoolExecutor(1) as beside:
        libraries = beside.submit(ThreadpoolController).result()
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = "1"
    try:
        with libraries.limit(limits=1, user_api="blas"):
            yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
