"""Claims about discrete generators that nobody has to trust: measured, sealed, and a test bed.

Two rooms stand alone, and load nothing of the gates and their models: ``fluxttice_core.measure``,
an instrument for draws or masses of any discrete generator, and ``fluxttice_core.seal``, signed
folders of evidence of any kind.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import measure as measure
    from . import seal as seal
    from .api import (
        certify,
        certify_draws,
        certify_masses,
        coverage_report,
        decode,
        encode,
        load,
        sample,
        sample_batches,
        to_torch,
        train,
        verify,
    )
    from .artifacts.checkpoint import Checkpoint
    from .citing import citation
    from .errors import FluxtticeError
    from .gates.names import Gate, gate
    from .gates.operations import generate_all_operations

__version__ = _version("fluxttice_core")

__all__ = [
    "Checkpoint",
    "FluxtticeError",
    "Gate",
    "certify",
    "certify_draws",
    "certify_masses",
    "citation",
    "coverage_report",
    "decode",
    "encode",
    "gate",
    "generate_all_operations",
    "load",
    "measure",
    "sample",
    "sample_batches",
    "seal",
    "to_torch",
    "train",
    "verify",
]

# Where each name comes from: it is imported when it is first asked for, so that who uses one room
# does not load the others.
_HOMES = dict.fromkeys(__all__, ".api") | {
    "Checkpoint": ".artifacts.checkpoint",
    "citation": ".citing",
    "FluxtticeError": ".errors",
    "Gate": ".gates.names",
    "gate": ".gates.names",
    "generate_all_operations": ".gates.operations",
}
# Packages, which are their own home.
_ROOMS = ("measure", "seal")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return _import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
