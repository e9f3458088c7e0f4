"""Canonical bytes: the one JSON form that is hashed, and the hash of a set of tensors."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces, no NaN.

    >>> canonical_json({"b": 1, "a": [0.5, "x"]})
    b'{"a":[0.5,"x"],"b":1}'
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
    return text.encode()


def tensor_hash(tensors: Mapping[str, np.ndarray[Any, Any]]) -> str:
    """SHA-256 (bare hex) over name, type, shape and little-endian bytes of each tensor by name.

    The identity of the weights themselves: the same for a ``.pt`` and a ``.safetensors`` file.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = np.asarray(tensors[name])
        header = canonical_json([name, value.dtype.newbyteorder("=").name, list(value.shape)])
        digest.update(len(header).to_bytes(8, "little") + header)
        digest.update(value.astype(value.dtype.newbyteorder("<")).tobytes(order="C"))
    return digest.hexdigest()
