"""Entropy and effective numbers of what the draws come from, corrected for what was not seen.

References
----------
Hill (1973), Ecology 54. Efron & Stein (1981), Ann. Statist. 9. Chao, Wang & Jost (2013), Methods
Ecol. Evol. 4.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import as_whole
from .estimate import Z95, Estimate
from .frequencies import FrequencyCounts, as_frequencies, size_for
from .poisson import RARE_EVENTS, poisson_mean_interval
from .richness import chao1, observed_richness
from .simpson import inverse_simpson, pairs_ends
from .space import Space
from .unseen import unseen_interval
from .values import shown

# Of fewer draws, or fewer repeats, the jackknife of the entropy does not hold (simulated); the
# repeats alone then bound it from below.
FEWEST_DRAWS = 300
FEWEST_PAIRS = 20.0
_ENTROPY = "entropy of Chao, Wang & Jost (2013)"
_ENTROPY_INTERVAL = (
    "lower end by the jackknife less its second order, or from the repeated pairs where they are "
    "few; upper end only in a known space, by the mass unseen"
)


def shannon_entropy(counts: Any, space: Space | int | None = None) -> Estimate:
    """Entropy in nats of what the draws come from, nearly unbiased.

    ``H = sum_x (x/n) sum_(k=x)^(n-1) 1/k + (F1/n) sum_(j>=1) (1-A)^j / (n-1+j)``, the second sum
    being what the ids never drawn add, with ``A = 2 F2 / ((n-1) F1 + 2 F2)``.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : its logarithm bounds the entropy.

    Returns
    -------
    Estimate in nats; its interval has an upper end in a known space only.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Chao, Wang & Jost (2013), Methods Ecol. Evol. 4.

    Examples
    --------
    >>> shannon_entropy([600, 300, 100], space=4)
    Estimate(0.8989 nats, 95 % interval 0.8641 .. 0.9445, limit 1.3863, n = 1,000)
    """
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    order_1 = hill_number(frequencies, 1, size)
    low, high = order_1.interval or (1.0, None)
    return Estimate(
        math.log(float(order_1)),
        (math.log(low or 1.0), None if high is None else math.log(high)),
        unit="nats",
        method=f"{_ENTROPY}; {_ENTROPY_INTERVAL}",
        limit=None if size is None else math.log(size),
        n=frequencies.num_draws,
    )


def hill_number(counts: Any, order: int, space: Space | int | None = None) -> Estimate:
    """Hill number: how many ids of equal mass would be as diverse as what the draws come from.

    Order 0 is :func:`observed_richness`; order 1 is ``exp H`` of :func:`shannon_entropy`; order 2
    is ``n (n - 1) / sum x (x - 1)``, the inverse of the unbiased estimate of ``sum p^2``, withheld
    before any id has repeated.

    The interval of order 2 follows from that of the number of repeated pairs, a sum of nearly
    Poisson counts with weights; it is one-sided where there is no pair. Order 1 is at least
    order 2, so that the lower end of that serves it too; it has an upper end in a known space only,
    where the mass unseen can be spread over so many ids and no more.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    order : 0, 1 or 2; the larger, the less the rare ids count.
    space : no effective number of ids exceeds its size.

    Returns
    -------
    Estimate in ids.

    Raises
    ------
    DrawsError
        No counts, or another order.

    References
    ----------
    Hill (1973), Ecology 54; Simpson (1949), Nature 163; Chao, Wang & Jost (2013), Methods Ecol.
    Evol. 4.

    Examples
    --------
    >>> hill_number([400, 200, 200], 2)
    Estimate(2.7 ids, 95 % interval 2.5 .. 2.8, n = 800)
    """
    if as_whole(order) not in (0, 1, 2):
        raise DrawsError(f"expected order 0, 1 or 2, got {shown(order)}; masses have every order")
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    if order == 0:
        return observed_richness(frequencies, size)
    return (_order_1 if order == 1 else inverse_simpson)(frequencies, size)


def _order_1(frequencies: FrequencyCounts, size: int | None) -> Estimate:
    entropy, (low, _) = entropy_value(frequencies), pairs_ends(frequencies)
    most = math.inf if size is None else float(size)
    value = min(math.exp(entropy), most)
    variance, of_once = _entropy_variance(frequencies)
    half = Z95 * math.sqrt(variance)
    if frequencies.num_draws >= FEWEST_DRAWS and frequencies.repeated_pairs >= 2 * FEWEST_PAIRS:
        low = max(low, math.exp(entropy - half))
    high = None
    if size is not None:
        # As long as few were drawn once, by how much their exact limits reach further.
        once = frequencies.seen(1)
        reach = poisson_mean_interval(once)[1] - once if once < RARE_EVENTS else 0.0
        further = max(reach**2 - Z95**2 * once, 0.0) * of_once**2
        upper = _entropy_upper(frequencies, size, math.hypot(half, math.sqrt(further)))
        # Not exp(log(size)), which may lie just below the size.
        high = most if upper >= math.log(size) else min(math.exp(upper), most)
        low = min(low, high)
    return Estimate(
        value,
        (max(low, 1.0), high),
        unit="ids",
        method=f"exp of the {_ENTROPY}; {_ENTROPY_INTERVAL}",
        limit=None if size is None else float(size),
        n=frequencies.num_draws,
    )


def coherent_order_1(counts: Any, space: Space | int | None = None) -> Estimate:
    """Return the effective number of order 1, raised to that of order 2 where it came out lower.

    Of masses it never does, of two estimates and of their upper ends it can where few ids repeat: a
    report must not print what cannot be.

    >>> round(float(hill_number([2, 1, 1, 1], 1)), 1), float(coherent_order_1([2, 1, 1, 1]))
    (8.2, 10.0)
    """
    first, second = hill_number(counts, 1, space), hill_number(counts, 2, space)
    value = max(float(first), second.value or 0.0)
    assert first.interval is not None
    assert second.interval is not None
    low, high = first.interval
    if high is not None:
        high = max(high, value, second.interval[1] or 0.0)
    return replace(first, value=value, interval=(low, high))


def richness_at_least(counts: Any, space: Space | int | None = None) -> Estimate:
    """Lower bound of how many ids there are: the larger of Chao1 and the effective number.

    There are at least as many ids as their effective number of order 1, and these are at least
    those of order 2; of estimates taken one by one the order can be another, so this bound is what
    stands beside them.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : no richness exceeds its size.

    Returns
    -------
    Estimate in ids, with a one-sided interval.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Chao (1984), Scand. J. Statist. 11; Hill (1973), Ecology 54.

    Examples
    --------
    >>> richness_at_least([2, 1, 1, 1, 1])
    Estimate(15.0 ids, 95 % interval 5.0 .., n = 6)
    """
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    bounds = [chao1(frequencies, space=size), coherent_order_1(frequencies, size)]
    most = math.inf if size is None else float(size)
    return Estimate(
        min(max(float(bound) for bound in bounds if bound.value is not None), most),
        (min(max(bound.interval[0] or 1.0 for bound in bounds if bound.interval), most), None),
        unit="ids",
        method="the larger of Chao1 and the effective number of order 1; one-sided interval",
        limit=None if size is None else most,
        n=frequencies.num_draws,
    )


def entropy_value(frequencies: FrequencyCounts) -> float:
    """Return the number alone, for estimates that build on it."""
    n = frequencies.num_draws
    times, num_ids = np.array(frequencies.times), np.array(frequencies.num_ids)
    # sum_{k=t}^{n-1} 1/k as a difference of harmonic numbers.
    seen = float((num_ids * times / n * (harmonic(n - 1) - harmonic(times - 1))).sum())
    return seen + _unseen_entropy(n, frequencies.seen(1), frequencies.seen(2))


def _unseen_entropy(n: int, once: int, twice: int) -> float:
    """What the ids never drawn add to the entropy of n draws."""
    if not once:
        return 0.0
    share = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    return once / n * tail_series(n, share)


def tail_series(n: int, share: float) -> float:
    """``sum_{j >= 1} (1 - A)^j / (n - 1 + j)``, what the unseen add to the entropy.

    As the integral ``int_0^inf e^-u rho / (1 - rho e^(-u/n)) du / n``, rho = 1 - A, by the
    trapezoid rule in log u: the series may need any number of terms, and the differences of the
    closed form cancel.
    """
    rho = 1.0 - share
    if rho <= 0:
        return 0.0
    step = 0.02
    u = np.exp(np.arange(-45.0, 4.5, step))
    integrand = np.exp(-u) * rho / -np.expm1(math.log(rho) - u / n) / n
    return float((integrand * u).sum() * step)


def harmonic(number: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Harmonic numbers ``1 + 1/2 + ... + 1/k``, exactly to 1,000 and by their expansion beyond.

    >>> [round(float(value), 4) for value in harmonic(np.array([0, 1, 4]))]
    [0.0, 1.0, 2.0833]
    """
    k = np.atleast_1d(np.asarray(number, dtype=np.float64))
    safe = np.maximum(k, 1.0)
    far = np.log(safe) + 0.57721566490153286 + 1 / (2 * safe) - 1 / (12 * safe**2)
    return np.where(k <= 1000, _HARMONIC[np.minimum(k, 1000).astype(int)], far)


_HARMONIC = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, 1001))])


def _entropy_upper(frequencies: FrequencyCounts, size: int, half: float) -> float:
    """Upper limit of the entropy in a space of ``size`` ids.

    The part of the ids seen is unbiased for ``H - sum p (1-p)^n sum_j (1-p)^j / (n+j)``. The inner
    sum is below ``log(1 + 1 / np)``, and by Jensen's inequality the whole below
    ``m log(1 + K / (n m))``, with m the mass and K the number of the ids unseen, both in
    expectation.
    """
    n, once, twice = frequencies.num_draws, frequencies.seen(1), frequencies.seen(2)
    seen = entropy_value(frequencies) - _unseen_entropy(n, once, twice)
    mass, unseen = unseen_interval(frequencies)[1], size - frequencies.observed_richness
    tail = mass * math.log1p(unseen / (n * mass)) if mass else 0.0
    return seen + half + tail


def _entropy_variance(frequencies: FrequencyCounts) -> tuple[float, float]:
    """Variance of the estimated entropy, and what one id drawn once adds in place of another draw.

    The entropy is a sum of ``g(x)`` over the counts x. The jackknife, ``J1`` = sum of
    ``x (g(x) - g(x-1))^2`` less what the fixed n explains, counts the part of second order twice
    (Efron & Stein 1981);
    half of ``J2 = sum x (x-1) (g(x) - 2 g(x-1) + g(x-2))^2`` takes it away again. Here 35 %,
    for what is left of the bias (simulated). That half is there even where the first order is
    none, as where all ids are equally likely.
    """
    n, once, twice = frequencies.num_draws, frequencies.seen(1), frequencies.seen(2)
    times, num_ids = np.array(frequencies.times), np.array(frequencies.num_ids)
    unseen = _unseen_entropy(n, max(once, 1), twice)
    of_once = unseen - _unseen_entropy(n, max(once, 1) - 1, twice)
    of_twice = unseen - _unseen_entropy(n, max(once, 1), max(twice - 1, 0))

    def g(x: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.where(x > 0, x / n * (harmonic(n - 1) - harmonic(np.maximum(x - 1, 0))), 0.0)

    first = g(times) - g(times - 1)
    second = first - (g(times - 1) - g(times - 2))
    first += (times == 1) * of_once + (times == 2) * (of_twice - of_once) - (times == 3) * of_twice
    mean = float((num_ids * times * first).sum()) / n
    jackknife = float((num_ids * times * first**2).sum()) - n * mean**2
    pairs = float((num_ids * times * (times - 1) * second**2).sum())
    # Without a repeat it is a difference of equals, and comes out below zero by rounding.
    variance = max(jackknife - 0.35 * pairs, pairs / 2, 0.0)
    return variance, float(g(np.array([1]))[0]) + of_once - mean
