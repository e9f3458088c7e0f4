"""Where a figure was measured: versions, machine and memory, as plain values."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
        "num_cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "versions": versions,
    }


def describe_build() -> dict[str, Any]:
    """Return the linear algebra of NumPy and, run from a checkout, the source it is.

    ``blas``: name and version. ``source``: the commit, whether ``src`` differs from it, and the
    SHA-256 of the lock file; left out outside a checkout, where the version says it all.

    >>> "blas" in describe_build()
    True
    """
    import numpy as np

    built_with = np.show_config(mode="dicts")
    blas = built_with["Build Dependencies"]["blas"]
    build: dict[str, Any] = {"blas": f"{blas.get('name')} {blas.get('version')}"}
    source = _describe_source()
    return build if source is None else {**build, "source": source}


def _describe_source() -> dict[str, Any] | None:
    lock = _ROOT / "requirements/lock.txt"
    if not (_ROOT / ".git").exists() or not lock.exists():
        return None

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(_ROOT), *arguments]
        found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
        return found.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        is_modified = bool(git("status", "--porcelain", "--", "src"))
    except (OSError, subprocess.SubprocessError):
        return None
    return {
        "commit": commit,
        "is_modified": is_modified,
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest(),
    }


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


def peak_memory_bytes() -> int | None:
    """Peak resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
