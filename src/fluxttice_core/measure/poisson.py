"""Exact limits where few events are counted or expected: their number is Poisson.

References
----------
Garwood (1936), Biometrika 28.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .estimate import Z95

# Below so many expected rare events (repeats, or ids unseen) the normal law is not used.
RARE_EVENTS = 30.0


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
    count, term = 0, math.exp(-mean)
    total = term
    while total < level and count < mean + 40.0 * math.sqrt(mean + 1.0):
        count += 1
        term *= mean / count
        total += term
    return count


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
