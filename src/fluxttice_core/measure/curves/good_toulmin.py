"""New ids among further draws, by Good and Toulmin, plain and smoothed.

References
----------
Good & Toulmin (1956), Biometrika 43. Efron & Thisted (1976), Biometrika 63. Orlitsky, Suresh & Wu
(2016), Proc. Natl. Acad. Sci. 113.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked, real
from ..estimate import Estimate
from ..frequencies import FrequencyCounts, as_frequencies
from ..poisson import RARE_EVENTS
from ..richness import check_form, expectation_interval
from .curve_intervals import most_new, repeats_later, rise_limits

PLAIN, EFRON_THISTED, ORLITSKY = "plain", "efron-thisted", "orlitsky"
_METHODS = {
    PLAIN: "Good & Toulmin (1956)",
    EFRON_THISTED: "Good & Toulmin with the binomial tails of Efron & Thisted (1976)",
    ORLITSKY: "Good & Toulmin with the binomial tails of Orlitsky, Suresh & Wu (2016)",
}


@checked(ratio=real(0, is_open=True))
def good_toulmin(counts: Any, ratio: float, form: str | None = None) -> Estimate:
    """New ids that ``ratio`` times as many further draws are expected to show.

    Plain ``-sum_k (-t)^k F_k``, unbiased, for t up to 1. Beyond, where it diverges, the k-th term
    is weighted by ``P(L >= k)``, L binomial of K trials of chance q: "efron-thisted" has
    ``q = 1 / (1 + t)`` and ``K = log2(n t^2 / (t - 1)) / 2``, "orlitsky" ``q = 2 / (2 + t)`` and
    ``K = log3(n t^2 / (t - 1)) / 2`` (both K from the latter).

    The interval is that of what can be expected from the ids drawn once, twice and three times,
    whatever the masses (Harris 1959).

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    ratio : t, further draws over draws, above 0.
    form : "plain", "efron-thisted" or "orlitsky"; plain up to t = 1 and orlitsky beyond if None.

    Returns
    -------
    Estimate in ids. The value is withheld beyond ``log n`` times the draws, where no estimator is
    consistent; for the plain form beyond t = 1; and where it falls outside its own interval.

    Raises
    ------
    DrawsError
        No counts, a ratio that is none, or another form.

    References
    ----------
    Good & Toulmin (1956), Biometrika 43; Efron & Thisted (1976), Biometrika 63; Orlitsky, Suresh
    & Wu (2016), Proc. Natl. Acad. Sci. 113; Harris (1959), Ann. Math. Statist. 30.

    Examples
    --------
    >>> butterflies = [118, 74, 44, 24, 29, 22, 20, 19, 20, 15, 12, 14]
    >>> butterflies += [6, 12, 6, 9, 9, 6, 10, 10, 11, 5, 3, 3]
    >>> butterflies = FrequencyCounts.of_histogram(dict(enumerate(butterflies, start=1)))
    >>> good_toulmin(butterflies, 1.0)
    Estimate(75.0 ids, 95 % interval 48.4 .. 104.3, n = 3,306)
    """
    frequencies = as_frequencies(counts)
    form = (PLAIN if ratio <= 1.0 else ORLITSKY) if form is None else form
    check_form(form, tuple(_METHODS))
    n = frequencies.num_draws
    low, high = _limits(frequencies, ratio)
    reason = _refusal(n, ratio, form)
    value = None if reason else _series(frequencies, ratio, form)
    if value is not None and not low <= value <= high:
        reason = f"{value:,.1f} is outside of what the ids drawn once to three times allow"
        value = None
    return Estimate(
        value,
        (low, high),
        unit="ids",
        method=f"{_METHODS[form]}, {ratio:g} times as many further draws; interval after Harris "
        "(1959)",
        n=n,
        reason=reason,
    )


def _refusal(n: int, ratio: float, form: str) -> str | None:
    if form == PLAIN and ratio > 1.0:
        return "the plain form diverges beyond as many further draws as there are: smooth it"
    if ratio > max(math.log(n), 1.0):
        return f"no estimator holds beyond log n = {math.log(n):.1f} times as many further draws"
    return None


def _series(frequencies: FrequencyCounts, ratio: float, form: str) -> float:
    times = np.array(frequencies.times, dtype=np.float64)
    if form == PLAIN or ratio <= 1.0:
        terms = -np.where(times % 2 == 1, -1.0, 1.0) * ratio**times
        return math.fsum((terms * np.array(frequencies.num_ids)).tolist())
    base, chance = (2, 1.0 / (1.0 + ratio)) if form == EFRON_THISTED else (3, 2.0 / (2.0 + ratio))
    trials = max(
        math.floor(0.5 * math.log(frequencies.num_draws * ratio**2 / (ratio - 1), base)), 1
    )
    tails = _binomial_tails(trials, chance)
    return math.fsum(
        -((-ratio) ** k) * tails[k] * frequencies.seen(k) for k in range(1, trials + 1)
    )


def _binomial_tails(trials: int, chance: float) -> NDArray[np.float64]:
    """``P(L >= k)`` for k = 0 .. trials."""
    masses = [
        math.comb(trials, k) * chance**k * (1.0 - chance) ** (trials - k) for k in range(trials + 1)
    ]
    return np.cumsum(masses[::-1])[::-1]


def _limits(frequencies: FrequencyCounts, ratio: float) -> tuple[float, float]:
    def least(once: float, twice: float, _: float) -> float:
        if not once or not twice:
            return once * ratio
        return -(once**2) / (2.0 * twice) * math.expm1(-2.0 * twice / once * ratio)

    def most(once: float, twice: float, thrice: float) -> float:
        return most_new(once, twice, thrice, ratio)

    n, further = frequencies.num_draws, ratio * frequencies.num_draws
    if n - frequencies.observed_richness < RARE_EVENTS:
        # Few repeats so far: at most those of the limits, and at least none, are to come.
        few, many = repeats_later(frequencies, n + further)
        low, high = expectation_interval(frequencies, None)
        return max(further - (many - (n - low)), 0.0), further - (few - (n - high))
    few, below, _ = rise_limits(frequencies, least, with_seen=False)
    many, _, above = rise_limits(frequencies, most, with_seen=False)
    return max(few - below, 0.0), min(max(many, few) + above, further)
