"""Coverage of known masses: the share of the space that n draws meet, and the limit beside it.

Three quantities that are easily confused: ``C(n)``, the *expected* coverage of n independent
draws; the coverage of *one real run* of n draws, which scatters around it; and ``U(n)``, the
expected coverage of fair dice, the limit of every independent sampler.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import checked, function, numbers, real, whole
from .estimate import Z95
from .poisson import RARE_EVENTS, poisson_interval


@checked(num_draws=real(0), space_size=whole(1))
def uniform_coverage(num_draws: float, space_size: int) -> float:
    """Expected coverage of fair dice: ``U(n) = 1 - (1 - 1/N)^n``, the limit for independent draws.

    Parameters
    ----------
    num_draws : n.
    space_size : N, the number of ids.

    Raises
    ------
    DrawsError
        A negative n, or no ids.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory, vol. 1, section IV.2 (occupancy).

    Examples
    --------
    >>> round(uniform_coverage(50_000, 19_683), 4)
    0.9212
    """
    if num_draws < 0 or space_size < 1:
        raise DrawsError(
            f"expected num_draws of at least 0 and a space of at least one id, got {num_draws} and "
            f"{space_size}"
        )
    if space_size == 1:
        return float(num_draws > 0)
    return -math.expm1(num_draws * math.log1p(-1.0 / space_size))


@checked(probabilities=numbers(1), num_draws=real(0))
def expected_coverage(probabilities: NDArray[Any], num_draws: float) -> float:
    """``C(n) = (1/N) sum_x 1 - (1 - p(x))^n`` of independent draws from a known distribution.

    Parameters
    ----------
    probabilities : masses of all N ids, ``(N,)``.
    num_draws : n, any number of at least 0.

    Examples
    --------
    >>> expected_coverage(np.array([0.5, 0.5]), 1)
    0.5
    """
    return float(1.0 - never_drawn(probabilities, num_draws).mean())


def never_drawn(probabilities: NDArray[Any], num_draws: float) -> NDArray[np.float64]:
    """``(1 - p)^n``, the chance of each id to stay unseen, accurate for small p."""
    p = np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
    if num_draws == 0:
        return np.ones_like(p)
    with np.errstate(divide="ignore"):
        unseen: NDArray[np.float64] = np.exp(num_draws * np.log1p(-p))
    return unseen


@checked(masses=numbers(1), squares=numbers(1), num_latents=whole(1), num_draws=real(0))
def thinned_coverage(
    masses: NDArray[Any], squares: NDArray[Any], num_latents: int, num_draws: float
) -> float:
    """Expected coverage of n <= M draws from a marginal estimated on M latents, nearly unbiased.

    Coverage is concave in p, so noise in an estimated p lowers it: by 2 % of the space at
    n = 50,000 for a sharp decoder and M = 262,144. Keeping each latent with chance n/M instead
    gives the unbiased ``q(x) = prod_i (1 - (n/M) p(x | z_i))`` for ``(1 - p)^n``: rarefaction, with
    the draw of x averaged out. Its logarithm is taken from the first two moments of ``p(x | z)``,
    as if every latent that bears on x gave it ``v = squares / masses``; exact for a sharp decoder
    (v = 1, which is Hurlbert's rarefaction) and for one that ignores z (v = p); between them the
    error is of third order in n/M.

    Parameters
    ----------
    masses, squares : ``E_z p(x | z)`` and ``E_z p(x | z)^2`` over the latents, ``(N,)``.
    num_latents : M, behind both.
    num_draws : n, at most M.

    Raises
    ------
    DrawsError
        More draws than latents, or arrays of other shapes.

    Examples
    --------
    >>> p = np.full(4, 0.25)  # the code is ignored: nothing to correct
    >>> round(thinned_coverage(p, p**2, 100, 3) - expected_coverage(p, 3), 12)
    0.0
    """
    p = np.clip(np.asarray(masses, dtype=np.float64), 0.0, 1.0)
    if np.shape(squares) != p.shape:
        raise DrawsError(f"expected a square for each of {len(p):,} masses, got {len(squares):,}")
    kept = num_draws / num_latents
    if kept > 1.0:
        raise DrawsError(f"{num_latents} latents can be thinned to at most as many draws")
    v = np.divide(squares, p, out=np.zeros_like(p), where=p > 0)
    v = np.clip(v, p, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_q = np.where(v > 0, num_latents * p / v * np.log1p(-kept * v), 0.0)
        # Thinning draws a number of latents around n, not n: what that changes for large p.
        log_q += num_draws * np.log1p(-p) - num_latents * np.log1p(-kept * p)
    return float(1.0 - np.exp(np.nan_to_num(log_q, nan=-np.inf)).mean())


@checked(probabilities=numbers(1), num_draws=whole(0))
def distinct_variance(probabilities: NDArray[Any], num_draws: int) -> float:
    """Variance of the number of distinct ids in one run of n independent draws.

    ``sum q (1 - q) - n (sum p q / (1 - p))^2`` with ``q = (1 - p)^n``: the second term is there
    because the draws add up to n. To good accuracy for p small and n large (simulated in the
    tests).

    Parameters
    ----------
    probabilities : masses of all N ids, ``(N,)``.
    num_draws : n.

    Examples
    --------
    >>> round(distinct_variance(np.full(400, 1 / 400), 300), 1)
    32.5
    """
    p = np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
    q = never_drawn(p, num_draws)
    rest = np.maximum(1.0 - p, np.finfo(float).tiny)
    return max(float((q * (1.0 - q)).sum() - num_draws * float((p * q / rest).sum()) ** 2), 0.0)


@checked(probabilities=numbers(1), num_draws=whole(0), expected=real(), standard_error=real(0))
def run_interval(
    probabilities: NDArray[Any], num_draws: int, *, expected: float, standard_error: float = 0.0
) -> tuple[float, float]:
    """Interval in which the coverage of one real run of n draws falls 95 times in 100.

    Normal in general. Where few repeats or few unseen ids are expected, their number is
    Poisson and the interval the exact discrete one.

    Parameters
    ----------
    probabilities : the distribution, or an estimate of it, ``(N,)``.
    num_draws : n.
    expected : C(n), a fraction; better known than from ``probabilities`` where it was debiased.
    standard_error : of ``expected``; widens the interval.

    Examples
    --------
    >>> p = np.full(400, 1 / 400)
    >>> [round(end, 3) for end in run_interval(p, 300, expected=expected_coverage(p, 300))]
    [0.5, 0.556]
    """
    size = len(probabilities)
    distinct, error = expected * size, standard_error * size
    unseen, repeats = size - distinct, num_draws - distinct
    if min(unseen, repeats) < RARE_EVENTS:
        rare = max(min(unseen, repeats), 0.0)
        low, high = poisson_interval(rare, error)
        ends = (
            (size - high, size - low) if unseen <= repeats else (num_draws - high, num_draws - low)
        )
        return max(ends[0], 0) / size, ends[1] / size
    half = Z95 * math.sqrt(distinct_variance(probabilities, num_draws) + error**2)
    return max(distinct - half, 0.0) / size, min(distinct + half, float(size), num_draws) / size


@checked(coverage_at=function, share=real(), most=real(0, may_be_infinite=True))
def draws_to_reach(coverage_at: Callable[[float], float], share: float, most: float) -> float:
    """Smallest (real) n <= ``most`` with ``coverage_at(n) >= share``; infinite if there is none.

    Parameters
    ----------
    coverage_at : expected coverage as an increasing function of n.
    share : of the space, to be reached.
    most : the largest n looked at.

    Examples
    --------
    >>> draws_to_reach(lambda n: expected_coverage(np.array([0.5, 0.5]), n), 0.75, 1e6)
    2.0
    """
    low, high = 0.0, 1.0
    while coverage_at(high) < share:
        if high >= most:
            return math.inf
        low, high = high, min(2.0 * high, most)
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if coverage_at(middle) < share else (low, middle)
    return round(high, 5)
