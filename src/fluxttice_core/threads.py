"""How the machine is asked to work: cores, threads and memory."""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import ConfigError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


# Beyond them nothing is gained, and PyTorch ends in a segmentation fault at 100,000.
MAX_THREADS = 1024


def check_threads(threads: object) -> int:
    """Return a number of threads that can be had.

    Raises
    ------
    ConfigError
        No whole number, or outside 1 .. 1,024.

    >>> check_threads(100_000)
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.ConfigError: threads must be at least 1 and at most 1,024; got 100000
    """
    try:
        number = operator.index(threads)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if 1 <= number <= MAX_THREADS:
        return number
    got = threads if isinstance(threads, int | float | str) else type(threads).__name__
    raise ConfigError(
        f"threads must be at least 1 and at most {MAX_THREADS:,}; got {str(got)[:40]}"
    )


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Ask glibc to keep freed memory in the process; elsewhere nothing happens.

    By default it returns large blocks to the system at once, and a training step spends a fifth
    of its time faulting the same pages in again.
    """
    import ctypes

    mmap_threshold, trim_threshold = -3, -1
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(mmap_threshold, 32 * 2**20)
    mallopt(trim_threshold, 2**30)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold NumPy's matrix products to the calling thread inside the block.

    For code that brings its own threads: those of OpenBLAS are one pool, for which callers queue,
    and on a busy machine each product waits for the slowest of them. With another BLAS nothing
    happens.

    >>> import numpy as np
    >>> with one_blas_thread():
    ...     product = np.eye(2) @ np.eye(2)
    """
    _ONE_BLAS_THREAD.enter()
    try:
        yield
    finally:
        _ONE_BLAS_THREAD.leave()


class _Holders:
    """Blocks may overlap in several threads: the first holds, and the last lets go."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0
        self.limit: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.number == 0:
                self.limit = openblas().limit(limits=1)
            self.number += 1

    def leave(self) -> None:
        with self.lock:
            self.number -= 1
            if self.number == 0:
                self.limit.restore_original_limits()


_ONE_BLAS_THREAD = _Holders()


@lru_cache(maxsize=1)
def openblas() -> ThreadpoolController:
    """Every OpenBLAS in this process."""
    import numpy as np  # noqa: F401  (loads its own)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(internal_api="openblas")
