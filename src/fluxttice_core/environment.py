"""The machine: where a figure was measured, as plain values, and how it is asked to work."""

from __future__ import annotations

import hashlib
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .threads import available_cores, openblas

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
    kernels = "".join(f", {library['architecture']} kernels" for library in openblas().info())
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


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def peak_memory_bytes() -> int | None:
    """Peak resident memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
