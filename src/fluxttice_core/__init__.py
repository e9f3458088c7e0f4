"""Generative models of all 19,683 two-input ternary gates, with claims that can be re-measured."""

from __future__ import annotations

from importlib.metadata import version as _version

from .api import (
    certify,
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
from .errors import FluxtticeError
from .gates import Gate, gate
from .operations import generate_all_operations

__version__ = _version("fluxttice_core")

__all__ = [
    "Checkpoint",
    "FluxtticeError",
    "Gate",
    "certify",
    "coverage_report",
    "decode",
    "encode",
    "gate",
    "generate_all_operations",
    "load",
    "sample",
    "sample_batches",
    "to_torch",
    "train",
    "verify",
]
