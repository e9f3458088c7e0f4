"""Counts per id beside the masses that a target gives the same ids."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..masses import as_masses
from ..space import whole_numbers


class Split(NamedTuple):
    """Counts and masses of the ids that the target gives mass, all draws, and those outside."""

    counts: NDArray[np.int64]
    masses: NDArray[np.float64]
    num_draws: int
    num_outside: int


def split(counts: Any, masses: Any) -> Split:
    """Check that counts ``(N,)`` and masses ``(N,)`` belong together; part them by the support.

    Raises
    ------
    DrawsError
        Counts that are none, masses that are none, another number of one than of the other, or
        not one draw.

    >>> split([3, 0, 1], [0.5, 0.5, 0.0])[2:]
    (4, 1)
    """
    q = as_masses(masses)
    expected = "counts per id (N,), whole numbers of at least 0"
    c = whole_numbers(counts, expected)
    if c.ndim != 1 or (c.size and int(c.min()) < 0):
        raise DrawsError(f"expected {expected}, got {'some below 0' if c.ndim == 1 else c.shape}")
    if len(c) != len(q):
        raise DrawsError(
            f"expected a count for each of the {len(q):,} masses of the target, got {len(c):,} "
            "counts; zeros are counts too"
        )
    num_draws = int(c.sum())
    if not num_draws:
        raise DrawsError("expected counts of at least one draw, got none")
    inside = c[q > 0].astype(np.int64)
    return Split(inside, q[q > 0], num_draws, num_draws - int(inside.sum()))
