"""Samples compared at equal completeness: sample coverage at another n, richness at a coverage.

References
----------
Chao & Jost (2012), Ecology 93. Chao et al. (2014), Ecol. Monogr. 84.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import SHARE, checked, wholes
from ..estimate import Z95, Estimate, Interval
from ..frequencies import FrequencyCounts, as_frequencies
from ..poisson import RARE_EVENTS
from ..richness import BIAS_CORRECTED, CLASSIC, chao1_unseen, chao1_value, check_form
from ..unseen import still_unseen, unseen_interval, unseen_share
from .curve_intervals import gamma_limits, rise_limits, sum_variance
from .rarefaction import missing_shares, new_ids

_METHOD = "by sample coverage (Chao & Jost 2012)"
_FEW = "too few repeats: the coverage is hardly known"


@checked(num_draws=wholes(0))
def sample_coverage_curve(counts: Any, num_draws: Iterable[int]) -> dict[int, Estimate]:
    """Expected sample coverage at each n: the mass of the ids seen in fewer draws, or more.

    Below n ``1 - sum_x m_x/n binom(n - m_x, m) / binom(n - 1, m)``, unbiased; from n on
    ``1 - F1/n A^(m - n + 1)`` with ``A = (n - 1) F1 / ((n - 1) F1 + 2 F2)``, at most what can be
    expected.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    num_draws : the m wanted.

    Returns
    -------
    Estimates of a mass by m, in the order given, each with the interval of its expectation.

    Raises
    ------
    DrawsError
        No counts, or a negative m.

    References
    ----------
    Chao & Jost (2012), Ecology 93; Harris (1959), Ann. Math. Statist. 30 (the interval beyond n).

    Examples
    --------
    >>> curve = sample_coverage_curve([3, 2, 1, 1], [1, 7, 14])
    >>> {n: round(float(coverage), 3) for n, coverage in curve.items()}
    {1: 0.19, 7: 0.755, 14: 0.917}
    """
    frequencies = as_frequencies(counts)
    return {m: _coverage_at(frequencies, m) for m in num_draws}


def _coverage_at(frequencies: FrequencyCounts, num_draws: int) -> Estimate:
    n = frequencies.num_draws
    if num_draws < 0:
        raise DrawsError(f"expected at least 0 draws, got {num_draws}")
    if num_draws < n:
        unseen = _sum(frequencies, _unseen_weights(n, num_draws))
    else:
        unseen = unseen_share(frequencies, n, num_draws - n)
    low, high = _coverage_interval(frequencies, num_draws, unseen)
    interval = (min(max(low, 0.0), 1.0 - unseen), max(min(high, 1.0), 1.0 - unseen))
    return Estimate(1.0 - unseen, interval, unit="mass", method=f"expected, {_METHOD}", n=n)


def _coverage_interval(
    frequencies: FrequencyCounts, num_draws: int, unseen: float
) -> tuple[float, float]:
    n = frequencies.num_draws
    if not num_draws:
        return 0.0, 0.0
    if n - frequencies.observed_richness < RARE_EVENTS:
        # Coverage is concave in the draws: between in proportion to them and not at all.
        ratio, ends = num_draws / n, _reached(frequencies)
        return min(ratio, 1.0) * ends[0], max(ratio, 1.0) * ends[1]
    if num_draws < n:
        variance = sum_variance(frequencies, _unseen_weights(n, num_draws), 0.1)
        few, many = gamma_limits(unseen, variance, 1.0 / n)
    else:
        few, many = _later_unseen(frequencies, num_draws)
    return 1.0 - many, 1.0 - few


def _reached(frequencies: FrequencyCounts) -> tuple[float, float]:
    """95 % limits of the sample coverage of the draws that there are."""
    low, high = unseen_interval(frequencies)
    return 1.0 - high, 1.0 - low


def _later_unseen(frequencies: FrequencyCounts, num_draws: int) -> tuple[float, float]:
    """95 % limits of the expected mass unseen after more draws than there are."""
    n = frequencies.num_draws
    more = num_draws / n - 1.0

    def least(once: float, twice: float, _: float) -> float:
        return once / n * math.exp(-2.0 * twice / once * more) if once else 0.0

    def most(once: float, twice: float, thrice: float) -> float:
        if not once or not twice:
            return once / n
        mean, part = 2.0 * twice / once, 1.0
        if 2.0 * twice**2 < 3.0 * once * thrice:
            part, mean = 2.0 * twice**2 / (3.0 * once * thrice), 3.0 * thrice / twice
        return once / n * (1.0 - part + part * math.exp(-mean * more))

    few, below, _ = rise_limits(frequencies, least, with_seen=False)
    many, _, above = rise_limits(frequencies, most, with_seen=False)
    return few - below, max(few, many) + above


@checked(coverage=SHARE)
def richness_at_coverage(counts: Any, coverage: float, form: str = BIAS_CORRECTED) -> Estimate:
    """Expected distinct ids in as many draws as see a given share of the mass.

    Two samples are compared fairly at equal coverage, where equal n favours the more even one. Up
    to the coverage of the draws by rarefaction, beyond by Chao's extrapolation, a lower bound. The
    interval is open above where the draws may cover less than what is asked for.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    coverage : mass of the ids seen, above 0 and below 1.
    form : of Chao1, beyond the draws: "bias-corrected", or "classic" as in iNEXT.

    Returns
    -------
    Estimate in ids; without an interval where fewer than 30 draws are repeats.

    Raises
    ------
    DrawsError
        No counts, a coverage that is none, or another form.

    References
    ----------
    Chao & Jost (2012), Ecology 93; Chao et al. (2014), Ecol. Monogr. 84.

    Examples
    --------
    >>> richness_at_coverage([30, 20, 10, 5, 2, 1, 1, 1], 0.8)
    Estimate(3.5 ids, 95 % interval 2.7 .. 4.6, n = 70)
    >>> richness_at_coverage([30, 20, 10, 5, 2, 1, 1, 1], 0.97)
    Estimate(9.0 ids, 95 % interval 3.5 .., n = 70)
    """
    frequencies = as_frequencies(counts)
    check_form(form, (BIAS_CORRECTED, CLASSIC))
    n, seen = frequencies.num_draws, frequencies.observed_richness
    interval: Interval | None
    if coverage <= 1.0 - frequencies.seen(1) / n and n > 1:
        value, interval = _interpolated(frequencies, coverage)
    else:
        value, interval = _extrapolated(frequencies, coverage, form)
    few = n - seen < RARE_EVENTS
    return Estimate(
        value,
        None if few else interval,
        unit="ids",
        method=f"expected, {_METHOD}",
        n=n,
        reason=_FEW if few else None,
    )


def _interpolated(frequencies: FrequencyCounts, coverage: float) -> tuple[float, Interval]:
    n = frequencies.num_draws
    low, high = 0, n - 1
    while high - low > 1:
        middle = (low + high) // 2
        reached = 1.0 - _sum(frequencies, _unseen_weights(n, middle)) >= coverage
        low, high = (low, middle) if reached else (middle, high)
    unseen = [_unseen_weights(n, m) for m in (low, high)]
    before, after = (1.0 - _sum(frequencies, each) for each in unseen)
    share = (coverage - before) / (after - before)

    def distinct(times: NDArray[np.int64]) -> NDArray[np.float64]:
        missing = [missing_shares(n, times, m) for m in (low, high)]
        return 1.0 - (1.0 - share) * missing[0] - share * missing[1]

    new = _sum(frequencies, lambda times: missing_shares(n, times, low)) - _sum(
        frequencies, lambda times: missing_shares(n, times, high)
    )
    ids_per_mass = new / (after - before)

    def weights(times: NDArray[np.int64]) -> NDArray[np.float64]:
        # At a given coverage more mass unseen means more draws, and so more ids.
        of_unseen = (1.0 - share) * unseen[0](times) + share * unseen[1](times)
        return distinct(times) + ids_per_mass * of_unseen

    value = _sum(frequencies, distinct)
    half = Z95 * math.sqrt(max(sum_variance(frequencies, weights, 0.2), (high / n) ** 2)) / value
    # Where the draws may cover less than that, nothing in them bounds what is expected.
    known = coverage <= _reached(frequencies)[0]
    least = max(value * math.exp(-half), 1.0)
    return value, (min(least, value), value * math.exp(half) if known else None)


def _extrapolated(
    frequencies: FrequencyCounts, coverage: float, form: str
) -> tuple[float, Interval]:
    n, once, seen = frequencies.num_draws, frequencies.seen(1), frequencies.observed_richness
    left = still_unseen(frequencies, n)
    if not left:
        return float(seen), (float(seen), None)
    # Real draws, from one less than n on: where the coverage is known without extrapolation.
    more = math.log(n * (1.0 - coverage) / once) / math.log(left) - 1.0
    value = seen + new_ids(once, chao1_value(frequencies, form) - seen, n, more)

    def rise(once: float, twice: float, _: float) -> float:
        # The same without A: n (1 - C) of F1 are left.
        return chao1_unseen(once, twice) * (1.0 - n * (1.0 - coverage) / once) if once else 0.0

    _, below, _ = rise_limits(frequencies, rise)
    return value, (max(value - below, 1.0), None)


def _unseen_weights(n: int, num_draws: int) -> Any:
    """Mass that an id drawn so often adds to what ``num_draws`` draws leave unseen."""

    def weights(times: NDArray[np.int64]) -> NDArray[np.float64]:
        fewer = np.maximum(times - 1, 0)
        shares: NDArray[np.float64] = times / n * missing_shares(n - 1, fewer, num_draws)
        return shares

    return weights


def _sum(frequencies: FrequencyCounts, weights: Any) -> float:
    times, num_ids = np.array(frequencies.times), np.array(frequencies.num_ids)
    return math.fsum((num_ids * weights(times)).tolist())
