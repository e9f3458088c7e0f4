"""The machine: where a figure was measured, as plain values, and how it is asked to work."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_ROOT = Path(__file__).parents[2]


def describe_environment() -> dict[str, Any]:
    """Return the versions and the machine; no host or user name.

    >>> sorted(describe_environment())
    ['cpu', 'num_cores', 'platform', 'python', 'versions']
    """
    versions: dict[str, str | None] = {}
    for package in ("fluxttice_core", "numpy", "torch"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_model(),
        "num_cores": available_cores(),
        "versions": versions,
    }


def describe_build() -> dict[str, Any]:
    """Return the linear algebra of NumPy, and which source this is.

    ``blas`` ends in the kernels chosen for this processor, where OpenBLAS tells: sums in float32
    differ between them in the last digits, and their speed by a factor.

    ``source_sha256`` is what ``find . -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum``
    gives in the package's folder. From a checkout also ``commit``, and ``lock_sha256``, that of the
    lock file as it lies there.

    >>> describe_build()["source_sha256"] == describe_build()["source_sha256"]
    True
    """
    import numpy as np

    built_with = np.show_config(mode="dicts")
    blas = built_with["Build Dependencies"]["blas"]
    package = Path(__file__).parent
    names = sorted(f"./{path.relative_to(package).as_posix()}" for path in package.rglob("*.py"))
    listing = "".join(f"{_file_sha256(package / name)}  {name}\n" for name in names)
    kernels = "".join(f", {library['architecture']} kernels" for library in _openblas().info())
    build = {
        "blas": f"{blas.get('name')} {blas.get('version')}{kernels}",
        "source_sha256": hashlib.sha256(listing.encode()).hexdigest(),
    }
    lock, commit = _ROOT / "requirements/lock.txt", _commit(_ROOT / ".git")
    if commit is not None and lock.exists():
        build |= {"commit": commit, "lock_sha256": _file_sha256(lock)}
    return build


def _file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _commit(repository: Path) -> str | None:
    """The commit that HEAD names, read from the files of a repository; None if that fails."""
    try:
        head = (repository / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (repository / name).exists():
            return (repository / name).read_text().strip()
        packed = (repository / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


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
                self.limit = _openblas().limit(limits=1)
            self.number += 1

    def leave(self) -> None:
        with self.lock:
            self.number -= 1
            if self.number == 0:
                self.limit.restore_original_limits()


_ONE_BLAS_THREAD = _Holders()


@lru_cache(maxsize=1)
def _openblas() -> ThreadpoolController:
    """Every OpenBLAS in this process."""
    import numpy as np  # noqa: F401  (loads its own)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(internal_api="openblas")


def peak_memory_bytes() -> int | None:
    """Peak resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
