"""Draws beside fair dice over a known space: the share met, the limit, and the distance."""

from __future__ import annotations

from typing import Any

from ..errors import DrawsError
from .coverage import uniform_coverage
from .estimate import Estimate
from .frequencies import FrequencyCounts, as_frequencies, size_for
from .richness import expectation_interval
from .space import Space

CHI_SQUARE = "N sum x (x - 1) / (n (n - 1)) - 1, unbiased"


def observed_coverage(counts: Any, space: Space | int) -> Estimate:
    """Share of the space met at least once, ``S / N``; an exact count of these draws.

    Not a mass, which is :func:`sample_coverage`. Its limit is that of :func:`uniform_limit`.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : all ids that there are.

    Returns
    -------
    Estimate of a share, without an interval.

    Raises
    ------
    DrawsError
        No counts, no size, or more distinct ids than the space has.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory, vol. 1, section IV.2 (occupancy).

    Examples
    --------
    >>> observed_coverage([2, 1, 1], space=6)
    Estimate(50.00 % share, limit 51.77 %, n = 4)
    """
    frequencies, size = _of_known_size(counts, space)
    n = frequencies.num_draws
    return Estimate(
        frequencies.observed_richness / size,
        unit="share",
        method="distinct ids over the size of the space, an exact count",
        limit=uniform_coverage(n, size),
        n=n,
    )


def uniform_limit(counts: Any, space: Space | int) -> Estimate:
    """Share of the space that as many throws of fair dice meet in expectation, ``1-(1-1/N)^n``.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : all ids that there are.

    Returns
    -------
    Estimate of a share, exact.

    Raises
    ------
    DrawsError
        No counts, no size, or more distinct ids than the space has.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory, vol. 1, section IV.2 (occupancy).

    Examples
    --------
    >>> uniform_limit([2, 1, 1], space=6)
    Estimate(51.77 % share, n = 4)
    """
    frequencies, size = _of_known_size(counts, space)
    n = frequencies.num_draws
    return Estimate(uniform_coverage(n, size), unit="share", method="1 - (1 - 1 / N)^n, exact", n=n)


def ratio_to_uniform(counts: Any, space: Space | int) -> Estimate:
    """Observed share of the space over that of fair dice, ``S / (N (1 - (1 - 1/N)^n))``.

    The figure of merit at every n. The interval is that of :func:`observed_richness`.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : all ids that there are.

    Returns
    -------
    Estimate of a ratio, whose limit is 1.

    Raises
    ------
    DrawsError
        No counts, no size, or more distinct ids than the space has.

    References
    ----------
    Colwell et al. (2012), J. Plant Ecol. 5 (the interval).

    Examples
    --------
    >>> ratio_to_uniform([2, 1, 1], space=6)
    Estimate(0.9657 ratio, 95 % interval 0.3219 .. 1.2795, limit 1.0000, n = 4)
    """
    frequencies, size = _of_known_size(counts, space)
    n = frequencies.num_draws
    uniform_richness = size * uniform_coverage(n, size)
    low, high = expectation_interval(frequencies, size)
    return Estimate(
        frequencies.observed_richness / uniform_richness,
        (low / uniform_richness, high / uniform_richness),
        unit="ratio",
        method="distinct ids over those expected of fair dice; the interval is that of the "
        "expected distinct ids",
        limit=1.0,
        n=n,
    )


def chi_square_to_uniform(counts: Any, space: Space | int) -> Estimate:
    """Chi-square divergence from uniform, ``N sum x (x - 1) / (n (n - 1)) - 1``, unbiased.

    Estimates ``N sum p^2 - 1``; slightly negative values are noise.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : all ids that there are.

    Returns
    -------
    Estimate without an interval, whose limit is 0; withheld of one draw.

    Raises
    ------
    DrawsError
        No counts, no size, or more distinct ids than the space has.

    References
    ----------
    Simpson (1949), Nature 163 (the unbiased sum of squares).

    Examples
    --------
    >>> chi_square_to_uniform([5, 0, 0], space=3)
    Estimate(2.0000 chi-square, limit 0.0000, n = 5)
    """
    frequencies, size = _of_known_size(counts, space)
    n = frequencies.num_draws
    return Estimate(
        size * frequencies.repeated_pairs / (n * (n - 1)) - 1.0 if n > 1 else None,
        unit="chi-square",
        method=CHI_SQUARE,
        limit=0.0,
        n=n,
        reason=None if n > 1 else "too few draws",
    )


def fair_dice_bound(chi_square: float, num_draws: int, size: int) -> float:
    """Bound the chance that fair dice come out at least as uneven as this, at any n and N.

    Of uniform independent draws the pairs of equal ones are uncorrelated, so the unbiased
    chi-square has mean 0 and variance ``2 (N - 1) / (n (n - 1))``, exactly; Cantelli's inequality
    then needs no distribution. It is wide: what lies 4.4 deviations out gets 0.05.

    Parameters
    ----------
    chi_square : of :func:`chi_square_to_uniform`.
    num_draws : n, at least 2, independent of each other.
    size : N, all ids that there are.

    References
    ----------
    Cantelli (1928), Atti Congr. Int. Mat. Bologna 6 (the inequality); Goldreich & Ron (2000), ECCC
    TR00-020 (the test by pairs).

    Examples
    --------
    >>> fair_dice_bound(1.0, 2, 2), fair_dice_bound(-0.1, 9, 9)
    (0.5, 1.0)
    """
    if chi_square <= 0.0:
        return 1.0
    return 1.0 / (1.0 + chi_square**2 * num_draws * (num_draws - 1) / (2.0 * (size - 1)))


def _of_known_size(counts: Any, space: Space | int) -> tuple[FrequencyCounts, int]:
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    if size is None:
        raise DrawsError("expected a space of known size, got one of unknown size; give its size")
    return frequencies, size
