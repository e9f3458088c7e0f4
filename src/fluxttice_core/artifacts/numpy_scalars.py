"""Numbers that NumPy wrote into a pickle, read as plain numbers without NumPy's own readers.

A loss kept as ``np.float64`` is in many people's checkpoints. ``torch.load(weights_only=True)``
refuses it, and to allow NumPy's functions would hand them whatever else a file says; these two
stand in their place and make a Python number of a few bytes, or nothing.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Any

import numpy as np


class _ScalarType:
    """What a pickle calls ``numpy.dtype``: a letter and a size, then the order of the bytes."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not re.fullmatch(r"b1|[iu][1248]|f[248]", code):
            raise ValueError(f"expected the type of one number, got {str(code)[:40]!r}")
        self.code, self.order = code, "<"

    def __setstate__(self, state: Any) -> None:
        self.order = ">" if state[1] == ">" else "<"


def _scalar(kind: Any, data: Any) -> int | float | bool:
    if not isinstance(kind, _ScalarType) or not isinstance(data, bytes):
        raise ValueError("expected the bytes of one number")
    (value,) = np.frombuffer(data, dtype=kind.order + kind.code)
    number: int | float | bool = value.item()
    return number


def numpy_scalars_as_numbers() -> AbstractContextManager[None]:
    """Within the block, ``torch.load(weights_only=True)`` reads NumPy's scalars as plain numbers.

    >>> import io, torch
    >>> file = io.BytesIO()
    >>> torch.save({"loss": np.float32(0.25)}, file)
    >>> _ = file.seek(0)
    >>> with numpy_scalars_as_numbers():
    ...     torch.load(file, weights_only=True)
    {'loss': 0.25}
    """
    from torch.serialization import safe_globals

    return safe_globals(  # type: ignore[no-any-return, no-untyped-call, unused-ignore]
        [
            (_scalar, "numpy._core.multiarray.scalar"),
            (_scalar, "numpy.core.multiarray.scalar"),
            (_ScalarType, "numpy.dtype"),
        ]
    )
