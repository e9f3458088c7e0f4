"""A checkpoint as it is published: what identifies the weights, and what trains them again."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ...artifacts.checkpoint import Checkpoint
from ...artifacts.metadata import PUBLISHED
from ...canonical import canonical_json
from ...config import parse_config
from ...errors import CertificateError, ConfigError
from ...strict_json import read_json
from .claims import split_digest


def publish(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint as it is published: the same tensors, the metadata that is needed.

    A foreign file's values that JSON cannot hold, such as infinities, are left behind, and a
    configuration that this version cannot read.
    """
    metadata: dict[str, Any] = {}
    for key in PUBLISHED:
        if checkpoint.metadata.get(key) is None:
            continue
        try:
            text = canonical_json(checkpoint.metadata[key])
            metadata[key] = read_json(text)
        except (ValueError, TypeError, RecursionError):
            continue
    try:
        parse_config(metadata.get("config"))
    except ConfigError:
        metadata.pop("config", None)
        metadata.pop("config_hash", None)
    if "source_sha256" not in metadata and checkpoint.file_sha256 is not None:
        metadata["source_sha256"] = checkpoint.file_sha256
    return replace(checkpoint, metadata=MappingProxyType(metadata))


def check_split(checkpoint: Checkpoint, published: Checkpoint) -> None:
    """Refuse a file whose partition is not the one that its published configuration gives.

    Raises
    ------
    CertificateError
        The partition would be lost, because published weights carry the configuration only.
    """
    told = replace(published, _split=None).split
    if split_digest(told) != split_digest(checkpoint.split):
        raise CertificateError(
            f"{checkpoint.source}: the recorded split is not the one that the configuration gives; "
            "held-out figures could not be measured again"
        )
