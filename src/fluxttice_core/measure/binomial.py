"""Exact limits of a share, and the special functions behind them.

References
----------
Clopper & Pearson (1934), Biometrika 26. Press et al. (2007), Numerical Recipes, section 6.4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import checked, whole

_SHIFTED = 12


@checked(count=whole(0), num_draws=whole(1))
def binomial_interval(count: int, num_draws: int) -> tuple[float, float]:
    """Exact central 95 % limits of a probability from a count (Clopper & Pearson 1934).

    Parameters
    ----------
    count : draws that had the property.
    num_draws : all draws, at least one.

    Raises
    ------
    DrawsError
        No draws, or a count outside 0 .. num_draws.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26.

    Examples
    --------
    >>> [round(end, 4) for end in binomial_interval(0, 100)]
    [0.0, 0.0362]
    """
    if not 0 <= count <= num_draws or num_draws < 1:
        raise DrawsError(f"expected a count of at most all draws, got {count} of {num_draws}")
    low = _solve(count, num_draws - count + 1, 0.025) if count else 0.0
    high = _solve(count + 1, num_draws - count, 0.975) if count < num_draws else 1.0
    return low, high


def _solve(a: int, b: int, level: float) -> float:
    """Where the regularised incomplete beta function comes to a level."""
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if incomplete_beta(a, b, middle) < level else (low, middle)
    return 0.5 * (low + high)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function ``I_x(a, b)``, by its continued fraction.

    >>> round(incomplete_beta(2, 3, 0.5), 6)  # at least 2 heads of 4
    0.6875
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _fraction(a, b, x) / a if front > -745.0 else 0.0


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's continued fraction of the incomplete beta function."""
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value, step = d, 0
    while True:
        step += 1
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        change = 1.0
        for term in (even, odd):
            d, c = 1.0 / (1.0 + term * d), 1.0 + term / c
            change = c * d
            value *= change
        if abs(change - 1.0) < 1e-14 or step > 1_000_000:
            return value


def log_gamma(x: Any) -> NDArray[np.float64]:
    """Logarithm of the gamma function of positive numbers, by Stirling's series.

    >>> [round(float(value), 6) for value in log_gamma([4.0, 5.0])]  # 3!, 4!
    [1.791759, 3.178054]
    """
    x = np.asarray(x, dtype=np.float64)
    shift = np.where(x < _SHIFTED, np.ceil(_SHIFTED - x), 0.0)
    y = x + shift
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5) - 1 / (1680 * y**7)
    value = (y - 0.5) * np.log(y) - y + 0.5 * math.log(2 * math.pi) + series
    for k in range(_SHIFTED):
        value = value - np.where(k < shift, np.log(x + k), 0.0)
    return value
