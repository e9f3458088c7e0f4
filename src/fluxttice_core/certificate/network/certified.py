"""What the levels of a network's certificate check: its claims, and the files they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...artifacts.checkpoint import Checkpoint, checkpoint_from_safetensors
from ...errors import CheckpointError
from ...seal import Findings
from .format import WEIGHTS
from .predicate import NetworkPredicate


@dataclass(frozen=True, slots=True)
class Certified:
    """The predicate, the weights it is about, and every file of the folder by name."""

    predicate: NetworkPredicate
    checkpoint: Checkpoint
    files: Mapping[str, bytes]


def read_certified(
    predicate: NetworkPredicate, files: Mapping[str, bytes], findings: Findings
) -> Certified | None:
    """Read the weights of a folder whose hashes were checked; None if they cannot be read."""
    try:
        checkpoint = checkpoint_from_safetensors(files[WEIGHTS], WEIGHTS)
    except CheckpointError as error:
        findings.add("false-claim", WEIGHTS, "weights in the v5.5 layout", str(error)[:300])
        return None
    return Certified(predicate, checkpoint, files)
