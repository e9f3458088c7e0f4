"""What a checkpoint says of its weights beside them: which keys, and what they may hold."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CheckpointError
from .state_hash import STATE_HASH

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a training checkpoint says of its weights: what identifies them and what is needed to train
# them again. This is told of a file, and published with its weights.
PUBLISHED = (
    *("epoch", "phase", "rho", "seed", "num_threads", "format_version", "code_version"),
    *("torch_version", "config", "config_hash", "selection_score", "best_epoch", "best"),
    *("best_val_loss", "source_sha256", "compiled", "device"),
)
# What only going on with the run needs; histories are neither.
RESUMED = ("model", "optimizer", "split", "rng_states", "steering", STATE_HASH)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def is_fraction(value: Any) -> bool:
    """Whether this is a number in 0 .. 1."""
    return _is_number(value) and 0 <= value <= 1


def is_positive(value: Any) -> bool:
    """Whether this is a finite number above 0."""
    return _is_number(value) and value > 0


def _is_epoch(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_best(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(item, dict)
        and all(item.get(key) is None or _is_number(item[key]) for key in ("value", "epoch"))
        for item in value.values()
    )


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


_METADATA_RULES = {
    "epoch": (_is_epoch, "a whole number from 0"),
    "rho": (is_fraction, "a number in 0 .. 1"),
    "selection_score": (_is_number, "a number"),
    "best": (_is_best, "a value and an epoch by name"),
    "config": (_is_mapping, "a mapping"),
}


def check_metadata(metadata: Mapping[str, Any], source: str | Path) -> None:
    """Refuse values of this package's keys that no writer of them would have left."""
    faults = [
        f"{key} is {str(metadata[key])[:40]!r}, expected {expected}"
        for key, (is_right, expected) in _METADATA_RULES.items()
        if metadata.get(key) is not None and not is_right(metadata[key])
    ]
    if faults:
        raise CheckpointError("\n  ".join([f"{source}: the metadata cannot be used", *faults]))
