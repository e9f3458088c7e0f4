"""Fewer draws, or more: the number of distinct ids at another n than the one counted.

References
----------
Hurlbert (1971), Ecology 52. Colwell et al. (2012), J. Plant Ecol. 5. Chao et al. (2014), Ecol.
Monogr. 84.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import checked, numbers, whole, wholes
from ..estimate import Estimate
from ..frequencies import FrequencyCounts, as_frequencies, size_for
from ..richness import BIAS_CORRECTED, CLASSIC, chao1_unseen, chao1_value, check_form
from ..space import Space
from .curve_intervals import extrapolated_interval, rarefied_interval

_RAREFIED = "rarefaction: the mean over all choices of n of the draws (Hurlbert 1971), unbiased"
_EXTRAPOLATED = "extrapolation by the unseen that Chao1 or the space say (Chao et al. 2014)"


@checked(num_draws=whole())
def rarefied_richness(counts: Any, num_draws: int) -> Estimate:
    """Expected number of distinct ids among ``num_draws`` of the draws counted.

    ``S(n) = sum_x 1 - binom(M - m_x, n) / binom(M, n)`` with M the sum of the counts m: exactly
    unbiased for n independent draws, n <= M.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    num_draws : n, at most the number of draws.

    Returns
    -------
    Estimate in ids, with the interval of its expectation.

    Raises
    ------
    DrawsError
        No counts, or more draws than there are.

    References
    ----------
    Hurlbert (1971), Ecology 52; Fay & Feuer (1997), Stat. Med. 16 (the interval).

    Examples
    --------
    >>> round(float(rarefied_richness([2, 2], 2)), 4)
    1.6667
    """
    return _rarefied(as_frequencies(counts), num_draws, None)


def _rarefied(frequencies: FrequencyCounts, num_draws: int, size: int | None) -> Estimate:
    value, total = rarefied_value(frequencies, num_draws), frequencies.num_draws

    def weights(times: NDArray[np.int64]) -> NDArray[np.float64]:
        return 1.0 - missing_shares(total, times, num_draws)

    interval = rarefied_interval(frequencies, num_draws, weights, size)
    return Estimate(value, interval, unit="ids", method=_RAREFIED, n=total)


@checked(counts=numbers(1), num_draws=whole())
def rarefied_coverage(counts: NDArray[Any], num_draws: int) -> float:
    """Expected coverage of ``num_draws`` of the draws counted, over a space that is listed.

    Parameters
    ----------
    counts : per id of the whole space, ``(N,)``, zeros among them.
    num_draws : n, at most the number of draws.

    Raises
    ------
    DrawsError
        No counts, or more draws than there are.

    Examples
    --------
    >>> round(rarefied_coverage(np.array([2, 2]), 1), 9)
    0.5
    """
    return rarefied_value(as_frequencies(counts), num_draws) / len(counts)


def rarefied_value(frequencies: FrequencyCounts, num_draws: int) -> float:
    """Return the number alone, for figures that build on it."""
    total = frequencies.num_draws
    if not 0 <= num_draws <= total:
        raise DrawsError(f"can rarefy {total} draws to at most {total}; asked for {num_draws}")
    if num_draws == 0:
        return 0.0
    times, ids = np.array(frequencies.times), np.array(frequencies.num_ids)
    return math.fsum((ids * (1.0 - missing_shares(total, times, num_draws))).tolist())


def missing_shares(total: int, times: NDArray[np.int64], num_draws: int) -> NDArray[np.float64]:
    """``binom(M - m, n) / binom(M, n)``: the chance that none of m draws is among n of M."""
    # prod_{i < m} 1 - n / (M - i): a product loses no digits, where differences of log-factorials
    # of large numbers would. For many m at once by a running sum; of n and m the ratio is
    # symmetric, and exp(-800) is 0, which bounds the length.
    if total < 1:
        return np.ones(len(times))
    shares = np.zeros(len(times))
    reachable = (times.astype(np.float64) * num_draws / total <= 800.0) & (
        times <= total - num_draws
    )
    short = reachable & (times <= 1_000_000)
    if short.any():
        steps = np.arange(int(times[short].max()))
        logs = np.concatenate([[0.0], np.cumsum(np.log1p(-num_draws / (total - steps)))])
        shares[short] = np.exp(logs[times[short]])
    for place in np.flatnonzero(reachable & ~short):
        steps = np.arange(num_draws)
        shares[place] = math.exp(float(np.log1p(-int(times[place]) / (total - steps)).sum()))
    return shares


@checked(num_draws=whole(0))
def extrapolated_richness(
    counts: Any,
    num_draws: int,
    space: Space | int | None = None,
    form: str = BIAS_CORRECTED,
) -> Estimate:
    """Expected distinct ids in ``num_draws`` >= n draws, by the unseen that Chao1 or the space say.

    ``S + F0 (1 - (1 - F1 / (n F0 + F1))^(m - n))``; trust it to twice n.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    num_draws : m, at least the number of draws.
    space : no more ids than these are expected.
    form : of Chao1: "bias-corrected", or "classic" as in iNEXT.

    Returns
    -------
    Estimate in ids; the interval holds what is expected even where Chao1 is too low (Harris 1959).

    Raises
    ------
    DrawsError
        No counts, fewer draws than there are, or another form.

    References
    ----------
    Chao et al. (2014), Ecol. Monogr. 84; Harris (1959), Ann. Math. Statist. 30 (the interval).

    Examples
    --------
    >>> round(float(extrapolated_richness([3, 2, 1, 1], 14)), 3)
    4.479
    """
    frequencies = as_frequencies(counts)
    check_form(form, (BIAS_CORRECTED, CLASSIC))
    size = size_for(frequencies, space)
    value = _extrapolated(frequencies, num_draws, size, form)
    more, unseen = num_draws - frequencies.num_draws, _unseen_most(frequencies, size)

    def least_new(once: float, twice: float, _: float) -> float:
        return new_ids(once, min(chao1_unseen(once, twice), unseen), frequencies.num_draws, more)

    interval = extrapolated_interval(frequencies, num_draws, least_new, size)
    return Estimate(value, interval, unit="ids", method=_EXTRAPOLATED, n=frequencies.num_draws)


def _unseen_most(frequencies: FrequencyCounts, size: int | None) -> float:
    return math.inf if size is None else float(size - frequencies.observed_richness)


def new_ids(once: float, unseen: float, num_draws: int, more: float) -> float:
    """New ids among ``more`` draws, if the unseen ids are of one mass."""
    if once <= 0 or unseen <= 0:
        return 0.0
    rate = once / (num_draws * unseen + once)
    return -unseen * math.expm1(more * math.log1p(-rate))


def _extrapolated(
    frequencies: FrequencyCounts, num_draws: int, size: int | None, form: str
) -> float:
    n, seen, once = frequencies.num_draws, frequencies.observed_richness, frequencies.seen(1)
    if num_draws < n:
        raise DrawsError(f"expected at least {n} draws, got {num_draws}; rarefy instead")
    unseen = min(chao1_value(frequencies, form) - seen, _unseen_most(frequencies, size))
    return seen + new_ids(once, unseen, n, num_draws - n)


@checked(num_draws=wholes(0))
def richness_curve(
    counts: Any,
    num_draws: Iterable[int],
    space: Space | int | None = None,
    form: str = BIAS_CORRECTED,
) -> dict[int, Estimate]:
    """Expected distinct ids at each n: rarefied up to the draws there are, extrapolated beyond.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    num_draws : the n wanted.
    space : no more ids than these are expected.
    form : of Chao1, beyond the draws: "bias-corrected", or "classic" as in iNEXT.

    Returns
    -------
    Estimates in ids by n, in the order given, each with the interval of its expectation.

    Raises
    ------
    DrawsError
        No counts, a negative n, or another form.

    References
    ----------
    Hurlbert (1971), Ecology 52; Chao et al. (2014), Ecol. Monogr. 84.

    Examples
    --------
    >>> curve = richness_curve([3, 2, 1, 1], [1, 7, 14])
    >>> {n: round(float(richness), 3) for n, richness in curve.items()}
    {1: 1.0, 7: 4.0, 14: 4.479}
    """
    frequencies = as_frequencies(counts)
    check_form(form, (BIAS_CORRECTED, CLASSIC))
    size = size_for(frequencies, space)
    return {
        n: _rarefied(frequencies, n, size)
        if n <= frequencies.num_draws
        else extrapolated_richness(frequencies, n, space, form)
        for n in num_draws
    }
