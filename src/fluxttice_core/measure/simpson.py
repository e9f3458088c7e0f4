"""The sum of squared masses, from the pairs of equal draws; its inverse is the number of order 2.

References
----------
Simpson (1949), Nature 163. Hill (1973), Ecology 54. Fay & Feuer (1997), Statist. Med. 16. Clopper &
Pearson (1934), Biometrika 26.
"""

from __future__ import annotations

import math

from .binomial import binomial_interval
from .estimate import Estimate
from .frequencies import FrequencyCounts
from .poisson import RARE_EVENTS, weighted_sum_interval

_NO_REPEAT = "no id was drawn twice"


def inverse_simpson(frequencies: FrequencyCounts, size: int | None) -> Estimate:
    """Effective number of order 2, ``n (n - 1) / sum x (x - 1)``, at most the size of the space.

    >>> inverse_simpson(FrequencyCounts((200, 400), (2, 1)), None)
    Estimate(2.7 ids, 95 % interval 2.5 .. 2.8, n = 800)
    """
    low, high = pairs_ends(frequencies)
    if size is not None:
        low, high = min(low, float(size)), min(high, float(size))
    pairs, n = frequencies.repeated_pairs, frequencies.num_draws
    value = n * (n - 1) / pairs if pairs else None
    return Estimate(
        value if value is None or size is None else min(value, float(size)),
        (max(low, 1.0), high if math.isfinite(high) else None),
        unit="ids",
        method="inverse of the unbiased sum of squares; interval from that of the number of "
        "repeated pairs (gamma limits after Fay & Feuer 1997)",
        limit=None if size is None else float(size),
        n=n,
        reason=_NO_REPEAT if value is None else None,
    )


def pairs_ends(frequencies: FrequencyCounts) -> tuple[float, float]:
    """95 % limits of ``1 / sum p^2``; the upper one infinite before any id has repeated.

    The number of repeated pairs, ``sum_t binom(t, 2) F_t``, is a sum of nearly Poisson counts with
    weights. Its variance is the unbiased one, at least that of a Poisson number, at most that of
    the weighted sum. One event more may be a repeat of the commonest id, and half as heavy again
    (simulated: heavy tails, few draws).

    Where one id takes nearly all draws, the draws of others are the rare events, each of which
    makes n - 1 pairs of different draws; the sum is at least the square of that id's own mass.
    """
    n = frequencies.num_draws
    weighted = [
        (t * (t - 1) / 2, k) for t, k in zip(frequencies.times, frequencies.num_ids, strict=True)
    ]
    pairs, everything = frequencies.repeated_pairs / 2, n * (n - 1) / 2
    if not everything:
        return 1.0, math.inf
    variance = math.fsum(weight**2 * k for weight, k in weighted)
    unbiased, different = 0.0, everything - pairs
    if pairs and n > 3:
        unbiased = (simpson_relative_error(frequencies) * pairs) ** 2
        variance = min(variance, max(unbiased, pairs))
    low, high = weighted_sum_interval(pairs, variance, 1.5 * frequencies.times[-1])
    if pairs and different**2 <= RARE_EVENTS * unbiased:
        least = everything * binomial_interval(frequencies.times[-1], n)[0] ** 2
        most = weighted_sum_interval(different, unbiased, n - 1.0)[1]
        low = min(low, max(everything - most, least))
    return everything / high, everything / low if low else math.inf


def simpson_relative_error(frequencies: FrequencyCounts) -> float:
    """Standard error of the unbiased ``sum p^2``, relative to it.

    The squared error is the square of the estimate less the unbiased estimate of the square, from
    pairs of pairs without a common draw; at least what it is where all masses are equal.
    """
    n, pairs = frequencies.num_draws, frequencies.repeated_pairs
    triples = sum(
        t * (t - 1) * (t - 2) * k
        for t, k in zip(frequencies.times, frequencies.num_ids, strict=True)
    )
    # Whole numbers to the end: both squares agree in most of their digits.
    disjoint = pairs**2 - 4 * triples - 2 * pairs
    variance = 1.0 - disjoint * n * (n - 1) / ((n - 2) * (n - 3) * pairs**2)
    return math.sqrt(max(variance, 2.0 * (1.0 / pairs - 1.0 / (n * (n - 1)))))
