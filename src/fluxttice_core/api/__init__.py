"""The library's verbs: load, encode, decode, sample, train, coverage_report, certify, verify.

NumPy in, NumPy out through the reference path; PyTorch in, PyTorch out. What a call computes
depends on its arguments alone, never on what else is installed. No call changes a model's mode or
a global random state.
"""

from ..loading import as_checkpoint, load, to_torch
from .certificates import certify, inspect_certificate, verify
from .codec import decode, encode
from .report import coverage_report
from .sampling import sample, sample_batches
from .training import train

__all__ = [
    "as_checkpoint",
    "certify",
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
