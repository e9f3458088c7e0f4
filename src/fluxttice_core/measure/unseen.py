"""Mass: the probability of the ids seen, and of those not. Not a number of ids.

References
----------
Good (1953), Biometrika 40. Esty (1983), Ann. Statist. 11.
"""

from __future__ import annotations

import math
from typing import Any

from .estimate import Z95, Estimate
from .frequencies import FrequencyCounts, as_frequencies
from .poisson import poisson_mean_interval

_INTERVAL = "interval after Esty (1983) with exact Poisson limits"


def sample_coverage(counts: Any) -> Estimate:
    """Sample coverage of Good and Turing, ``1 - F1 / n``: the mass of the ids seen.

    Not the share of a space that was met, which is :func:`observed_coverage`.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.

    Returns
    -------
    Estimate of a mass.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Good (1953), Biometrika 40; Esty (1983), Ann. Statist. 11.

    Examples
    --------
    >>> sample_coverage([50, 49, 1])
    Estimate(0.99000 mass, 95 % interval 0.93673 .. 1.00000, n = 100)
    """
    frequencies = as_frequencies(counts)
    n = frequencies.num_draws
    low, high = _unseen_interval(frequencies)
    return Estimate(
        1.0 - frequencies.seen(1) / n,
        (1.0 - high, 1.0 - low),
        unit="mass",
        method=f"1 - F1 / n (Good 1953), the mass of the ids seen; {_INTERVAL}",
        n=n,
    )


def unseen_mass(counts: Any) -> Estimate:
    """Mass of the ids never drawn, ``F1 / n``: the chance that the next draw is new.

    The squared error of ``F1 / n`` is ``(F1 + 2 F2) / n^2`` (Esty, for a small share); the part of
    F1 is taken from its exact Poisson limits, so that it holds with no singleton too.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.

    Returns
    -------
    Estimate of a mass.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Good (1953), Biometrika 40; Esty (1983), Ann. Statist. 11.

    Examples
    --------
    >>> unseen_mass([50, 49, 1])
    Estimate(0.01000 mass, 95 % interval 0.00000 .. 0.06327, n = 100)
    """
    frequencies = as_frequencies(counts)
    n = frequencies.num_draws
    return Estimate(
        frequencies.seen(1) / n,
        _unseen_interval(frequencies),
        unit="mass",
        method=f"F1 / n (Good 1953); {_INTERVAL}",
        n=n,
    )


def _unseen_interval(frequencies: FrequencyCounts) -> tuple[float, float]:
    n, once, twice = frequencies.num_draws, frequencies.seen(1), frequencies.seen(2)
    low, high = poisson_mean_interval(once)
    # One pair more than was seen: with none, the spread would be taken for nothing.
    spread = 2.0 * Z95**2 * (twice + 1)
    # A share of the draws: a binomial, not a Poisson, number of singletons.
    shrink = max(1.0 - once / n, 0.0)
    below = once - math.sqrt(shrink * (once - low) ** 2 + spread)
    above = once + math.sqrt(shrink * (high - once) ** 2 + spread)
    if once > n / 10:
        # Wilson's score limits: the variance is that of the share supposed, not of the share seen.
        factor = Z95**2 / n
        centre = once + Z95**2 / 2
        half = math.sqrt(centre**2 - (1 + factor) * (once**2 - spread - 2 * Z95**2))
        below = min(below, (centre - half) / (1 + factor))
        above = max(above, (centre + half) / (1 + factor))
    return max(below, 0.0) / n, min(above / n, 1.0)
