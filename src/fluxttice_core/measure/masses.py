"""Masses of a listed space, as every call that takes them reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .values import to_array

# The largest error of a sum of masses that is taken for rounding.
_ROUNDING = 1e-6


def as_masses(masses: Any) -> NDArray[np.float64]:
    """Return probabilities ``(N,)`` that add up to 1 to the last digit.

    Parameters
    ----------
    masses : of every id, an array, list or tensor of numbers that add up to 1.

    Raises
    ------
    DrawsError
        Another shape, negative or not finite masses, or a sum that is not 1 to six digits.

    Examples
    --------
    >>> as_masses([0.5, 0.25, 0.25]).tolist()
    [0.5, 0.25, 0.25]
    """
    if hasattr(masses, "detach") and hasattr(masses, "double"):
        # NumPy has no bfloat16; float64 holds its values exactly.
        masses = masses.detach().cpu().double().numpy()
    expected = "masses (N,), numbers that add up to 1"
    array = to_array(masses, expected)
    if array.dtype.kind not in "biuf":
        raise DrawsError(f"expected {expected}, got values of {array.dtype}")
    p = array.astype(np.float64)
    if p.ndim != 1 or not p.size:
        raise DrawsError(f"expected masses (N,), finite and none below 0, got shape {p.shape}")
    wrong = ~np.isfinite(p) | (p < 0)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DrawsError(
            f"expected masses (N,), finite and none below 0; that of id {place:,} is {p[place]}"
        )
    total = float(p.sum())
    if abs(total - 1.0) > _ROUNDING:
        raise DrawsError(
            f"expected masses that add up to 1, got a sum of {total:.8g}; divide rewards by "
            "their sum"
        )
    return p / total
