"""Where a figure was measured: versions, machine and memory, as plain values."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any


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
