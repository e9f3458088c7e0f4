"""The marginal a draw at a time: the product of nine chosen probabilities for every operation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def marginal(probabilities: NDArray[np.float64], trits: NDArray[np.int8]) -> NDArray[np.float64]:
    """Mean of ``p(x | z)`` over latents ``(n, 9, 3)``, for all operations ``trits`` ``(N, 9)``."""
    total = np.zeros(len(trits))
    classes = trits.astype(np.int64) + 1
    places = np.arange(9)
    for each in probabilities:
        total += each[places, classes].prod(axis=1)
    return total / len(probabilities)
