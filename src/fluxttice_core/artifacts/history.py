"""The metrics of a training run, one JSON line an epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import ArtifactError


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """Return one record per epoch, the latest of each; torn lines and headers are passed over.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    """
    epochs: dict[int, dict[str, Any]] = {}
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}") from None
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("epoch"), int):
            epochs[record["epoch"]] = record
    return [epochs[epoch] for epoch in sorted(epochs)]
