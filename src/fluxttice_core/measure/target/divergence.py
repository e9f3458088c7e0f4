"""Distances of counted draws from a target: plain functions of counts, of one sample or many.

Each takes counts ``(..., K)`` of the ids that the target gives mass, their masses ``(K,)``, the
number of draws n, and how many of these lay where the target has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
Distance = Callable[[NDArray[Any], _Floats, int, int], _Floats]


def l1(counts: NDArray[Any], masses: _Floats, num_draws: int, num_outside: int) -> _Floats:
    """``sum |c / n - q|``, the draws outside among them."""
    distance: _Floats = np.abs(counts / num_draws - masses).sum(axis=-1)
    return distance + num_outside / num_draws


def total_variation(
    counts: NDArray[Any], masses: _Floats, num_draws: int, num_outside: int
) -> _Floats:
    """Half of ``l1``."""
    return 0.5 * l1(counts, masses, num_draws, num_outside)


def chi_square(counts: NDArray[Any], masses: _Floats, num_draws: int, num_outside: int) -> _Floats:
    """``sum c (c - 1) / (n (n - 1) q) - 1``, unbiased; infinite with draws outside."""
    if num_outside or num_draws < 2:
        return np.full(counts.shape[:-1], math.inf if num_outside else math.nan)
    c = counts.astype(np.float64)
    value: _Floats = (c * (c - 1.0)) @ (1.0 / masses)
    return value / (float(num_draws) * (num_draws - 1)) - 1.0


def jensen_shannon(
    counts: NDArray[Any], masses: _Floats, num_draws: int, num_outside: int
) -> _Floats:
    """``H((p + q) / 2) - (H(p) + H(q)) / 2`` in nats, at most log 2."""
    p = counts / num_draws
    middle = 0.5 * (p + masses)
    terms: _Floats = _plogp(p) + _plogp(masses) - 2.0 * _plogp(middle)
    # Where the target has no mass, p log(p / (p / 2)) is left.
    value: _Floats = 0.5 * (terms.sum(axis=-1) + num_outside / num_draws * math.log(2.0))
    return value


def kullback_leibler(
    counts: NDArray[Any], masses: _Floats, num_draws: int, num_outside: int
) -> _Floats:
    """``sum q log(q / p)`` in nats with ``p = (c + 1/2) / (n + K/2)``.

    Of plain shares it is infinite as soon as one id was not drawn.
    """
    p = (counts + 0.5) / (num_draws + 0.5 * len(masses))
    return np.asarray(_plogp(masses).sum() - np.log(p) @ masses)


def _plogp(p: _Floats) -> _Floats:
    return p * np.log(np.where(p > 0, p, 1.0))


DISTANCES: Mapping[str, Distance] = {
    "chi_square": chi_square,
    "l1": l1,
    "total_variation": total_variation,
    "jensen_shannon": jensen_shannon,
    "kullback_leibler": kullback_leibler,
}
