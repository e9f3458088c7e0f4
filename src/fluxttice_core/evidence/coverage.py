"""Coverage: the share of the space that n draws meet, and the limit it must be read beside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..operations import NUM_OPERATIONS


def uniform_coverage(num_draws: int, space_size: int = NUM_OPERATIONS) -> float:
    """Expected coverage of fair dice: ``U(n) = 1 - (1 - 1/N)^n``, the limit for independent draws.

    >>> round(uniform_coverage(50_000), 4)
    0.9212
    """
    return -math.expm1(num_draws * math.log1p(-1.0 / space_size)) if space_size > 1 else 1.0


def expected_coverage(probabilities: NDArray[Any], num_draws: int) -> float:
    """``C(n) = (1/N) sum_x 1 - (1 - p(x))^n`` of independent draws from a known distribution.

    >>> expected_coverage(np.array([0.5, 0.5]), 1)
    0.5
    """
    if num_draws == 0:
        return 0.0
    p = np.minimum(np.asarray(probabilities, dtype=np.float64), 1.0)
    with np.errstate(divide="ignore"):
        return float(-np.expm1(num_draws * np.log1p(-p)).mean())


def debiased(whole: float, halves: tuple[float, float]) -> float:
    """Remove a bias of order 1/M: ``2 f(all) - mean f(half)`` (Quenouille 1956).

    The plug-in coverage is biased low and the plug-in entropy too, because both are concave in p.
    """
    return 2.0 * whole - 0.5 * (halves[0] + halves[1])


def rarefied_coverage(counts: NDArray[Any], num_draws: int) -> float:
    """Expected coverage of ``num_draws`` of the draws counted, taken without replacement.

    ``C(n) = (1/N) sum_x 1 - binom(M - m_x, n) / binom(M, n)`` with M = sum of the counts: exactly
    unbiased for the expected coverage of n independent draws, n <= M (Hurlbert 1971).

    >>> round(rarefied_coverage(np.array([2, 2]), 1), 9)
    0.5
    """
    counts = np.asarray(counts)
    total = int(counts.sum())
    if not 0 <= num_draws <= total:
        raise ValueError(f"can rarefy {total} draws to at most {total}; asked for {num_draws}")
    values, multiplicity = np.unique(counts, return_counts=True)
    missing = 0.0
    for value, times in zip(values.tolist(), multiplicity.tolist(), strict=True):
        if total - value >= num_draws:
            log_ratio = (
                math.lgamma(total - value + 1)
                - math.lgamma(total - value - num_draws + 1)
                - math.lgamma(total + 1)
                + math.lgamma(total - num_draws + 1)
            )
            missing += times * math.exp(log_ratio)
    return 1.0 - missing / len(counts)


def observed_coverage(counts: NDArray[Any]) -> float:
    """Share of the space met at least once."""
    return float(np.count_nonzero(counts)) / len(counts)
