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
from .richness import check_form

_INTERVAL = "interval after Esty (1983) with exact Poisson limits"


GOOD, CHAO_JOST = "good", "chao-jost"


def sample_coverage(counts: Any, form: str = GOOD) -> Estimate:
    """Sample coverage: the mass of the ids seen, by Good and Turing or by Chao and Jost.

    "good" is ``1 - F1 / n``, the mean coverage of n - 1 draws; "chao-jost", as iNEXT gives,
    ``1 - F1/n (n - 1) F1 / ((n - 1) F1 + 2 F2)``, that of n draws. The interval is that of Good's
    in both forms. Not the share of a space that was met, which is :func:`observed_coverage`.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    form : "good" or "chao-jost".

    Returns
    -------
    Estimate of a mass.

    Raises
    ------
    DrawsError
        No counts, or another form.

    References
    ----------
    Good (1953), Biometrika 40; Esty (1983), Ann. Statist. 11; Chao & Jost (2012), Ecology 93.

    Examples
    --------
    >>> sample_coverage([50, 49, 1])
    Estimate(0.99000 mass, 95 % interval 0.93673 .. 1.00000, n = 100)
    >>> round(float(sample_coverage([50, 46, 2, 1, 1], form="chao-jost")), 5)
    0.9802
    """
    frequencies = as_frequencies(counts)
    check_form(form, (GOOD, CHAO_JOST))
    n, method = frequencies.num_draws, "1 - F1 / n (Good 1953)"
    low, high = unseen_interval(frequencies)
    value = 1.0 - frequencies.seen(1) / n
    if form == CHAO_JOST:
        value = 1.0 - unseen_share(frequencies, n)
        method = "1 - F1/n (n-1) F1 / ((n-1) F1 + 2 F2) (Chao & Jost 2012)"
    return Estimate(
        value,
        (min(1.0 - high, value), max(1.0 - low, value)),
        unit="mass",
        method=f"{method}, the mass of the ids seen; {_INTERVAL}",
        n=n,
    )


def unseen_share(frequencies: FrequencyCounts, num_samples: int, further: int = 0) -> float:
    """Return the mass unseen after n draws and further ones (Chao & Jost 2012).

    For incidences ``num_samples`` are the sampling units, and ``F1 / n`` the share of those ids
    that are in one unit in all incidences.
    """
    once = frequencies.seen(1)
    return once / frequencies.num_draws * still_unseen(frequencies, num_samples) ** (further + 1)


def still_unseen(frequencies: FrequencyCounts, num_samples: int) -> float:
    """Return what one further draw, or unit, leaves of the unseen mass."""
    once, twice, others = frequencies.seen(1), frequencies.seen(2), num_samples - 1
    if not twice:
        # As iNEXT: as if one id more had been drawn twice, and one less once.
        once, twice = max(once - 1, 0), 1
    return others * once / (others * once + 2 * twice)


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
        unseen_interval(frequencies),
        unit="mass",
        method=f"F1 / n (Good 1953); {_INTERVAL}",
        n=n,
    )


def unseen_interval(frequencies: FrequencyCounts) -> tuple[float, float]:
    """Return the interval of :func:`unseen_mass`, for estimates that build on it."""
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
