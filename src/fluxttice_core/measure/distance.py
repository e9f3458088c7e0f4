"""Distances of known masses from uniform."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import checked, numbers


@checked(probabilities=numbers(1))
def total_variation(probabilities: NDArray[Any]) -> float:
    """Total variation distance from uniform, ``(1/2) sum_x |p(x) - 1/N|``; biased high by noise.

    Parameters
    ----------
    probabilities : masses of all N ids, ``(N,)``.

    Examples
    --------
    >>> total_variation(np.array([0.5, 0.5, 0.0, 0.0]))
    0.5
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return float(0.5 * np.abs(p - 1.0 / len(p)).sum())


@checked(probabilities=numbers(1))
def chi_square_divergence(probabilities: NDArray[Any]) -> float:
    """Chi-square divergence from uniform, ``N sum_x p(x)^2 - 1``; biased high by noise.

    Parameters
    ----------
    probabilities : masses of all N ids, ``(N,)``.

    Examples
    --------
    >>> chi_square_divergence(np.array([0.5, 0.5, 0.0, 0.0]))
    1.0
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return float(len(p) * (p @ p) - 1.0)
