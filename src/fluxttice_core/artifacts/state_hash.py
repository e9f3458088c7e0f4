"""The hash that binds the whole state of a run in its checkpoint, whatever the file's bytes are."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError

STATE_HASH = "state_sha256"


def state_sha256(contents: Mapping[str, Any]) -> str:
    """SHA-256 (bare hex) of a dictionary of plain values and tensors, its own hash left out.

    Types, order and every bit count: 1, 1.0 and True differ, and so do 0.0 and -0.0.

    >>> state_sha256({"epoch": 1}) == state_sha256({"epoch": 1, "state_sha256": "any"})
    True
    >>> state_sha256({"epoch": 1}) == state_sha256({"epoch": True})
    False
    """
    digest = hashlib.sha256()
    _feed(digest.update, {key: item for key, item in contents.items() if key != STATE_HASH})
    return digest.hexdigest()


def with_state_hash(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dictionary with the hash of all the rest of it."""
    return {**contents, STATE_HASH: state_sha256(contents)}


def check_state_hash(contents: Mapping[str, Any], source: str | Path) -> bool:
    """Whether a file carries the hash of its state; older ones do not.

    Raises
    ------
    CheckpointError
        The state is not the one that was written.
    """
    if STATE_HASH not in contents:
        return False
    found = state_sha256(contents)
    if found != contents[STATE_HASH]:
        raise CheckpointError(
            f"{source}: refused: its state was changed after it was written: expected the SHA-256 "
            f"{str(contents[STATE_HASH])[:64]}, got {found}; use an unchanged copy, such as the "
            "last epoch_N.pt"
        )
    return True


def _feed(update: Callable[[bytes], object], value: Any) -> None:
    """Hash one value after what kind it is and how long."""
    if isinstance(value, Mapping):
        update(b"{%d;" % len(value))
        for key, item in value.items():
            _feed(update, key)
            _feed(update, item)
    elif isinstance(value, list | tuple):
        update(b"[%d;" % len(value))
        for item in value:
            _feed(update, item)
    elif isinstance(value, float):
        update(b"f" + struct.pack("<d", value))
    elif value is None or isinstance(value, str | int):
        text = str(value).encode("utf-8", "surrogatepass")
        update(b"%s%d;" % (type(value).__name__.encode(), len(text)) + text)
    else:
        _feed_tensor(update, value)


def _feed_tensor(update: Callable[[bytes], object], value: Any) -> None:
    import torch

    if not isinstance(value, torch.Tensor):
        # Nothing of ours; its kind counts, so that it stands in for nothing else.
        update(b"?" + type(value).__name__.encode())
        return
    try:
        flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    except (RuntimeError, TypeError, NotImplementedError):  # sparse, quantised, on no device
        update(b"?" + str(value.dtype).encode())
        return
    shape = ",".join(map(str, value.shape))
    update(f"t{value.dtype}({shape});".encode())
    update(flat.tobytes())
