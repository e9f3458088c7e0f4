"""The library's verbs: load, encode, decode, sample, train, coverage_report, certify, verify.

NumPy in, NumPy out through the reference path; PyTorch in, PyTorch out. What a call computes
depends on its arguments alone, never on what else is installed. No call changes a model's mode or
a global random state.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..loading import as_checkpoint, load, to_torch
    from .certificates import certify, inspect_certificate, verify
    from .codec import decode, encode
    from .draws_certificates import certify_draws, certify_masses
    from .report import coverage_report
    from .sampling import sample, sample_batches
    from .training import train

__all__ = [
    "as_checkpoint",
    "certify",
    "certify_draws",
    "certify_masses",
    "coverage_report",
    "decode",
    "encode",
    "inspect_certificate",
    "load",
    "sample",
    "sample_batches",
    "to_torch",
    "train",
    "verify",
]

# Where each name comes from: it is imported when it is first asked for, so that who verifies a
# certificate of draws loads no model.
_HOMES = {
    "as_checkpoint": "..loading",
    "certify": ".certificates",
    "certify_draws": ".draws_certificates",
    "certify_masses": ".draws_certificates",
    "coverage_report": ".report",
    "decode": ".codec",
    "encode": ".codec",
    "inspect_certificate": ".certificates",
    "load": "..loading",
    "sample": ".sampling",
    "sample_batches": ".sampling",
    "to_torch": "..loading",
    "train": ".training",
    "verify": ".certificates",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
