"""Draws against a known target: coverage beside its limit, mass outside, modes.

All take counts per id ``(N,)`` and the masses ``(N,)`` that the target gives the same ids.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import DrawsError
from ..arguments import checked, whole
from ..binomial import binomial_interval
from ..coverage import never_drawn
from ..estimate import Estimate, Interval
from ..frequencies import FrequencyCounts
from ..masses import as_masses
from ..richness import observed_richness
from .split import Split, split


def ratio_to_target(counts: Any, masses: Any) -> Estimate:
    """Share of the target's ids that was met, over the share that a perfect sampler meets.

    The limit of the coverage is ``L(n) = (1/N) sum_x 1 - (1 - q_x)^n``
    (:func:`expected_coverage`): of fair dice only where the target is uniform. A generator more
    even than its target exceeds it.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``; ids without mass are not of its N.

    Returns
    -------
    Estimate of a ratio, whose limit is 1.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Colwell et al. (2012), J. Plant Ecol. 5 (the interval).

    Examples
    --------
    >>> ratio_to_target([5, 2, 1, 0], [0.7, 0.1, 0.1, 0.1])
    Estimate(1.1076 ratio, 95 % interval 0.3692 .. 1.4768, limit 1.0000, n = 8)
    """
    c, q, n, outside = split(counts, masses)
    limit = float((1.0 - never_drawn(q, n)).sum())
    seen = int(np.count_nonzero(c))
    # All that lies outside is one id more, so that the draws are n.
    more = int(outside > 0)
    found = observed_richness(FrequencyCounts.of_counts(np.append(c, outside)), len(q) + more)
    return Estimate(
        seen / limit,
        _scaled(found.interval, more, limit),
        unit="ratio",
        method="ids met over sum 1 - (1 - q)^n; the interval is that of the expected distinct ids",
        limit=1.0,
        n=n,
        reason=found.reason,
    )


def _scaled(interval: Interval | None, less: int, over: float) -> Interval | None:
    if interval is None:
        return None
    low, high = (None if end is None else max(end - less, 0.0) / over for end in interval)
    return low, high


def target_coverage(counts: Any, masses: Any) -> Estimate:
    """Share of the ids with mass in the target that was met: an exact count, beside its limit.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``; ids without mass are not of its N.

    Returns
    -------
    Estimate of a share, whose limit is that of a perfect sampler, ``L(n)``.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory, vol. 1, section IV.2 (occupancy).

    Examples
    --------
    >>> target_coverage([5, 2, 1, 0], [0.7, 0.1, 0.1, 0.1])
    Estimate(75.00 % share, limit 67.71 %, n = 8)
    """
    c, q, n, _ = split(counts, masses)
    return Estimate(
        float(np.count_nonzero(c)) / len(q),
        unit="share",
        method="ids met over the ids with mass; limit sum 1 - (1 - q)^n / N",
        limit=float((1.0 - never_drawn(q, n)).mean()),
        n=n,
    )


def mass_outside(counts: Any, masses: Any) -> Estimate:
    """Mass that the generator gives ids to which the target gives none.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.

    Returns
    -------
    Estimate of a mass with exact binomial limits; a perfect sampler has 0.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26.

    Examples
    --------
    >>> mass_outside([98, 2], [1.0, 0.0])
    Estimate(0.02000 mass, 95 % interval 0.00243 .. 0.07038, limit 0.00000, n = 100)
    """
    _, _, n, outside = split(counts, masses)
    return Estimate(
        outside / n,
        binomial_interval(outside, n),
        unit="mass",
        method="share of the draws, exact binomial limits (Clopper & Pearson 1934)",
        limit=0.0,
        n=n,
    )


@checked(num_modes=whole())
def modes_met(counts: Any, masses: Any, num_modes: int = 1) -> Estimate:
    """How many of the target's modes were drawn at all, beside what a perfect sampler meets.

    The modes are the ids whose mass is at least that of the ``num_modes``-th largest: of a plateau
    all.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.
    num_modes : how many of the largest masses, ties beside them.

    Returns
    -------
    Estimate in ids, an exact count, whose limit is the expectation of a perfect sampler.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together; fewer than one mode, or more than ids.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory, vol. 1, section IV.2 (occupancy).

    Examples
    --------
    >>> modes_met([3, 0, 1, 0], [0.4, 0.4, 0.1, 0.1])
    Estimate(1 ids, limit 1.7, n = 4)
    """
    part, modes = _modes(counts, masses, num_modes)
    return Estimate(
        int(np.count_nonzero(part.counts[modes])),
        unit="ids",
        method=f"exact count, of {int(modes.sum()):,} modes; limit sum 1 - (1 - q)^n over these",
        limit=float((1.0 - never_drawn(part.masses[modes], part.num_draws)).sum()),
        n=part.num_draws,
    )


@checked(num_modes=whole())
def mass_of_modes(counts: Any, masses: Any, num_modes: int = 1) -> Estimate:
    """Mass that the generator gives the target's modes, beside what the target gives them.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.
    num_modes : how many of the largest masses, ties beside them.

    Returns
    -------
    Estimate of a mass with exact binomial limits; its limit is the target's.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together; fewer than one mode, or more than ids.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26.

    Examples
    --------
    >>> mass_of_modes([3, 0, 1, 0], [0.4, 0.4, 0.1, 0.1])
    Estimate(0.75000 mass, 95 % interval 0.19412 .. 0.99369, limit 0.80000, n = 4)
    """
    part, modes = _modes(counts, masses, num_modes)
    drawn = int(part.counts[modes].sum())
    return Estimate(
        drawn / part.num_draws,
        binomial_interval(drawn, part.num_draws),
        unit="mass",
        method="share of the draws, exact binomial limits (Clopper & Pearson 1934)",
        limit=float(part.masses[modes].sum()),
        n=part.num_draws,
    )


def _modes(counts: Any, masses: Any, num_modes: int) -> tuple[Split, Any]:
    part = split(counts, masses)
    return part, part.masses >= threshold_of_modes(part.masses, num_modes)


def threshold_of_modes(masses: Any, num_modes: int) -> float:
    """Mass from which on an id is one of the modes; less a rounding error, so that ties stay.

    >>> threshold_of_modes([0.5, 0.3, 0.2], 2) < 0.3
    True
    """
    q = as_masses(masses)
    num_ids = int(np.count_nonzero(q))
    if not 1 <= num_modes <= num_ids:
        raise DrawsError(
            f"expected from 1 to {num_ids:,} modes, the ids with mass, got {num_modes!r}"
        )
    return float(np.partition(q, len(q) - num_modes)[len(q) - num_modes]) * (1.0 - 1e-9)
