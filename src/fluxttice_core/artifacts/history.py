"""The metrics of a training run, one JSON line an epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..files import read_file
from ..strict_json import read_json


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """Return one record per epoch, the latest of each; torn lines and headers are passed over.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    """
    epochs: dict[int, dict[str, Any]] = {}
    text = read_file(path, remedy="give the metrics.jsonl of a run").decode("utf-8", "replace")
    for line in text.splitlines():
        try:
            record = read_json(line)
        except (ValueError, RecursionError):
            continue
        epoch = record.get("epoch") if isinstance(record, dict) else None
        if type(epoch) is int and 0 <= epoch < 2**31:
            epochs[epoch] = record
    return [epochs[epoch] for epoch in sorted(epochs)]
