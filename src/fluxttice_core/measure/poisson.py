"""Exact limits where few events are counted or expected: their number is Poisson.

References
----------
Garwood (1936), Biometrika 28. Fay & Feuer (1997), Statist. Med. 16.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .arguments import checked, real, whole
from .estimate import Z95

# Below so many expected rare events (repeats, or ids unseen) the normal law is not used.
RARE_EVENTS = 30.0
# Beyond these the sums of single chances take too long, and the normal law is exact enough.
MOST_EXPECTED = 1e9


@checked(mean=real(0, MOST_EXPECTED), standard_error=real(0, MOST_EXPECTED))
def poisson_interval(mean: float, standard_error: float = 0.0) -> tuple[int, int]:
    """Smallest central interval of counts that a Poisson variable meets at least 95 times in 100.

    Parameters
    ----------
    mean : of at least 0.
    standard_error : of the mean, which is then taken at both ends of its own interval.

    Examples
    --------
    >>> poisson_interval(1.0)
    (0, 3)
    """
    low = _quantile(max(mean - Z95 * standard_error, 0.0), 0.025)
    return low, _quantile(mean + Z95 * standard_error, 0.975)


def _quantile(mean: float, level: float) -> int:
    # From where next to nothing lies below: exp(-mean) itself has no float for a large mean.
    count = max(math.floor(mean - 12.0 * math.sqrt(mean) - 12.0), 0)
    term = (
        math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        if count
        else math.exp(-mean)
    )
    total = term
    while total < level and count < mean + 40.0 * math.sqrt(mean + 1.0):
        count += 1
        term *= mean / count
        total += term
    return count


@checked(count=whole(0))
@lru_cache(maxsize=2048)
def poisson_mean_interval(count: int) -> tuple[float, float]:
    """Exact central 95 % limits of a Poisson mean from one count (Garwood 1936).

    Parameters
    ----------
    count : events counted, at least 0; above 1,000 by Byar's approximation, right to five digits.

    Examples
    --------
    >>> [round(end, 3) for end in poisson_mean_interval(0)]
    [0.0, 3.689]
    """
    if count > 1000:
        low = count * (1 - 1 / (9 * count) - Z95 / (3 * math.sqrt(count))) ** 3
        up = count + 1
        return low, up * (1 - 1 / (9 * up) + Z95 / (3 * math.sqrt(up))) ** 3

    def solve(most: int, level: float) -> float:
        low, high = 1e-12, most + 20.0 + 10.0 * math.sqrt(most + 1.0)
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if at_most(middle, most) > level else (low, middle)
        return 0.5 * (low + high)

    return (solve(count - 1, 0.975) if count else 0.0), solve(count, 0.025)


def at_most(mean: float, most: int) -> float:
    """Chance that a Poisson variable of this mean is at most ``most``.

    >>> round(at_most(1.0, 1), 4)
    0.7358
    """
    steps = np.arange(1, most + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(mean) - np.log(steps))])
    return float(np.exp(logs - mean).sum())


def weighted_sum_interval(total: float, variance: float, largest: float) -> tuple[float, float]:
    """95 % limits of the mean of a sum of Poisson counts with weights, from one such sum.

    A gamma law takes the place of the Poisson's exact limits: with the mean and the variance of the
    sum for the lower limit, with one event more of the largest weight for the upper one (Fay &
    Feuer 1997). With all weights 1 these are Garwood's limits.

    Parameters
    ----------
    total : the sum, ``sum w x``.
    variance : its estimate, ``sum w^2 x`` or better.
    largest : the largest weight that one event more may have.

    Examples
    --------
    >>> [round(end, 3) for end in weighted_sum_interval(0.0, 0.0, 1.0)]
    [0.0, 3.689]
    """
    low = 0.0
    if total > 0.0:
        low = gamma_quantile(total**2 / variance, 0.025) * variance / total
    mean, spread = total + largest, variance + largest**2
    return low, gamma_quantile(mean**2 / spread, 0.975) * spread / mean


def gamma_quantile(shape: float, level: float) -> float:
    """Quantile of the gamma law of this shape and scale 1, by bisection.

    >>> round(gamma_quantile(1.0, 0.5), 6)  # log 2
    0.693147
    """
    if shape > 1e5:  # Wilson & Hilferty (1931), right to seven digits there
        z = Z95 if level > 0.5 else -Z95
        return shape * (1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3
    low, high = 0.0, shape + 40.0 + 20.0 * math.sqrt(shape)
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if gamma_below(shape, middle) < level else (low, middle)
    return 0.5 * (low + high)


def gamma_below(shape: float, x: float) -> float:
    """Chance that a gamma variable of this shape and scale 1 is below x.

    By its series below the mean, by its continued fraction above (Press et al. 2007, section 6.2).

    >>> round(gamma_below(1.0, 1.0), 6)  # 1 - 1/e
    0.632121
    """
    if x <= 0.0:
        return 0.0
    scale = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1.0:
        term = total = 1.0 / shape
        k = shape
        while term > total * 1e-15:
            k += 1.0
            term *= x / k
            total += term
        return total * scale
    tiny = 1e-300
    b, c, d = x + 1.0 - shape, 1.0 / tiny, 1.0 / (x + 1.0 - shape)
    fraction, change, i = d, 0.0, 0
    while abs(change - 1.0) > 1e-14 and i < 100_000:
        i += 1
        factor = -i * (i - shape)
        b += 2.0
        d = factor * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + factor / c
        c = c if abs(c) > tiny else tiny
        change = d * c
        fraction *= change
    return 1.0 - scale * fraction
