"""Distances of draws from a known target; of the plain ones much is chance, and has its floor.

All take counts per id ``(N,)`` and the masses ``(N,)`` that the target gives the same ids. How a
perfect sampler scatters is said by :func:`perfect_sampler_floors`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..estimate import Z95, Estimate
from ..poisson import poisson_mean_interval
from . import divergence
from .floors import l1_floor
from .split import Split, split

OUTSIDE = "draws where the target has no mass: it is infinite"
# Of a perfect sampler the estimate must be this near to normal (its skewness): known beforehand
# from the target and n, so that no interval is given to lucky samples only.
_MOST_SKEWED = 0.1
_TOO_FEW = "too few draws for the rarest ids of this target"


def chi_square_to_target(counts: Any, masses: Any) -> Estimate:
    """Chi-square divergence from the target, ``sum c (c - 1) / (n (n - 1) q) - 1``, unbiased.

    Estimates ``sum p^2 / q - 1``; slightly negative values are noise. The interval is taken on the
    scale of the logarithm of ``sum p^2 / q`` from the variance of the pairs of draws; its upper
    end allows for what one rare id of the target, drawn at most once, can add unseen.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate whose limit is 0; withheld with draws where the target has no mass, since it is
    infinite, and of one draw. No interval where the pairs that a perfect sampler draws are few.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Simpson (1949), Nature 163; Hoeffding (1948), Ann. Math. Statist. 19 (the variance).

    Examples
    --------
    >>> chi_square_to_target([400, 300, 100], [0.5, 0.25, 0.25])
    Estimate(0.1227 chi-square, 95 % interval 0.0680 .. 0.1820, limit 0.0000, n = 800)
    """
    part = split(counts, masses)
    n = part.num_draws
    value: float | None = float(divergence.chi_square(*part))
    interval, reason = None, None
    if part.num_outside or n < 2:
        value, reason = None, OUTSIDE if part.num_outside else "too few draws"
    elif n < 4 or _skewness(part) > _MOST_SKEWED:
        reason = _TOO_FEW
    else:
        interval = _chi_square_interval(part)
    return Estimate(
        value,
        interval,
        unit="chi-square",
        method="sum c (c - 1) / (n (n - 1) q) - 1, unbiased; interval by the variance of its pairs",
        limit=0.0,
        n=n,
        reason=reason,
    )


def _skewness(part: Split) -> float:
    """Skewness of the estimate of a perfect sampler, whose pairs of id x are nearly Poisson."""
    q = part.masses
    return 4.0 * float((1.0 / q).sum()) / (part.num_draws * (2.0 * len(q)) ** 1.5)


def _chi_square_interval(part: Split) -> tuple[float, float]:
    c, q, n = part.counts.astype(np.longdouble), part.masses, part.num_draws
    # Long, since two squares agree in most of their digits.
    size = np.longdouble(n)
    pairs = (c * (c - 1) / q).sum()
    squares = (c * (c - 1) / q**2).sum()
    triples = (c * (c - 1) * (c - 2) / q**2).sum()
    disjoint = pairs**2 - 4 * triples - 2 * squares
    variance = 1 - disjoint * size * (size - 1) / ((size - 2) * (size - 3) * pairs**2)
    # At least what it is where draws and target agree, and no pair says more than another.
    least = 2 * (squares / pairs**2 - 1 / (size * (size - 1)))
    half = Z95 * math.sqrt(max(float(variance), float(least), 0.0))
    whole = float(pairs / (size * (size - 1)))
    rare = np.where(part.counts == 0, poisson_mean_interval(0)[1], poisson_mean_interval(1)[1])
    unseen = float(np.max(np.where(part.counts <= 1, (rare / n) ** 2 / q, 0.0)))
    above = whole * (math.exp(half) + _skewed(part, half / Z95)) + unseen
    # Mass not met at all is missing from every other id.
    below = whole * math.exp(-half) * max(1.0 - poisson_mean_interval(0)[1] / n, 0.0) ** 2
    # The spread grows with the distance supposed: near none, that of the estimate is too small.
    near, free = n * (whole - 1.0), float(len(q) - 1)
    steep = 1.0
    if near > 0.0:
        steep = max(((half / Z95 * whole * n) ** 2 - 2.0 * free) / (4.0 * near), 1.0)
    spread = math.sqrt((2.0 * steep * Z95) ** 2 + 2.0 * free + max(4.0 * steep * near, -free))
    score = (near + 2.0 * steep * Z95**2 + Z95 * spread) / n if free else 0.0
    return max(below - 1.0, 0.0), max(above - 1.0, score, 0.0)


def _skewed(part: Split, error: float) -> float:
    """How much further the upper end lies because few ids make up the estimate.

    Of one id drawn c times the estimate goes with c^2, whose exact limits lie ``z^2 k s`` higher
    than the normal ones, k being its skewness and s its error; so of all, relative to it.
    """
    c, q, n = part.counts, part.masses, part.num_draws
    if not error:
        return 0.0
    # What each draw adds, over the sum of what all add.
    each = 2.0 * np.maximum(c - 1, 0) / q
    total = float(c @ each) / 2.0
    third = float(c @ (each - 2.0 * total / n) ** 3) / total**3
    return Z95**2 * max(third, 0.0) / error**2


def l1_to_target(counts: Any, masses: Any) -> Estimate:
    """L1 distance of the shares drawn from the target, ``sum |c / n - q|``; biased high by chance.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate whose limit is the exact mean of a perfect sampler, :func:`l1_floor`.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Diaconis & Zabell (1991), Statist. Sci. 6 (the floor).

    Examples
    --------
    >>> l1_to_target([6, 2, 2], [0.5, 0.25, 0.25])
    Estimate(0.2 L1, limit 0.3483, n = 10)
    """
    part = split(counts, masses)
    return Estimate(
        float(divergence.l1(*part)),
        unit="L1",
        method="sum |c / n - q|; floor of a perfect sampler exact (De Moivre)",
        limit=l1_floor(part.masses, part.num_draws),
        n=part.num_draws,
    )


def total_variation_to_target(counts: Any, masses: Any) -> Estimate:
    """Total variation of the shares drawn from the target: half of the L1 distance.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate whose limit is the exact mean of a perfect sampler.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Diaconis & Zabell (1991), Statist. Sci. 6 (the floor).

    Examples
    --------
    >>> total_variation_to_target([6, 2, 2], [0.5, 0.25, 0.25])
    Estimate(0.10000 mass, limit 0.17415, n = 10)
    """
    part = split(counts, masses)
    return Estimate(
        float(divergence.total_variation(*part)),
        unit="mass",
        method="sum |c / n - q| / 2; floor of a perfect sampler exact (De Moivre)",
        limit=0.5 * l1_floor(part.masses, part.num_draws),
        n=part.num_draws,
    )


def jensen_shannon_to_target(counts: Any, masses: Any) -> Estimate:
    """Jensen-Shannon divergence of the shares drawn from the target; biased high by chance.

    ``H((p + q) / 2) - (H(p) + H(q)) / 2`` in nats, between 0 and log 2.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate in nats; the floor of a perfect sampler is simulated, :func:`perfect_sampler_floors`.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Lin (1991), IEEE Trans. Inf. Theory 37.

    Examples
    --------
    >>> jensen_shannon_to_target([4, 0], [0.0, 1.0])
    Estimate(0.6931 nats, n = 4)
    """
    part = split(counts, masses)
    return Estimate(
        float(divergence.jensen_shannon(*part)),
        unit="nats",
        method="H((p + q) / 2) - (H(p) + H(q)) / 2 of the plain shares; floor simulated",
        n=part.num_draws,
    )


def kl_from_target(counts: Any, masses: Any) -> Estimate:
    """Kullback-Leibler divergence of the draws seen from the target, ``sum q log(q / p)``.

    Of plain shares it is infinite as soon as one id was not drawn, so half a draw is added to each:
    ``p = (c + 1/2) / (n + K/2)`` over the K ids with mass.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate in nats; the floor of a perfect sampler is simulated, :func:`perfect_sampler_floors`.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Krichevsky & Trofimov (1981), IEEE Trans. Inf. Theory 27 (the half).

    Examples
    --------
    >>> kl_from_target([4, 0], [0.5, 0.5])
    Estimate(0.5108 nats, n = 4)
    """
    part = split(counts, masses)
    return Estimate(
        float(divergence.kullback_leibler(*part)),
        unit="nats",
        method="sum q log(q / p) with half a draw added to each id; floor simulated",
        n=part.num_draws,
    )
