"""Entropy and effective numbers of what the draws come from, corrected for what was not seen.

References
----------
Simpson (1949), Nature 163. Hill (1973), Ecology 54. Efron & Stein (1981), Ann. Statist. 9. Chao,
Wang & Jost (2013), Methods Ecol. Evol. 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .estimate import Z95, Estimate
from .frequencies import FrequencyCounts, as_frequencies
from .poisson import poisson_mean_interval
from .richness import observed_richness, rarity
from .space import Space, as_space

# Of fewer draws no interval is given: none held in simulation.
FEWEST_DRAWS = 300
_TOO_FEW = "too few draws"
_ENTROPY = "entropy of Chao, Wang & Jost (2013)"
_ENTROPY_INTERVAL = "interval by the jackknife less its second order"


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
    Estimate in nats; of fewer than 300 draws without an interval.

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
    Estimate(0.8989 nats, 95 % interval 0.8641 .. 0.9434, limit 1.3863, n = 1,000)
    """
    frequencies, size = as_frequencies(counts), as_space(space).size
    most = math.inf if size is None else math.log(size)
    entropy = entropy_value(frequencies)
    ends = _entropy_ends(frequencies, entropy)
    return Estimate(
        min(entropy, most),
        None if ends is None else (min(max(ends[0], 0.0), most), min(ends[1], most)),
        unit="nats",
        method=f"{_ENTROPY}; {_ENTROPY_INTERVAL}",
        limit=None if size is None else most,
        n=frequencies.num_draws,
        reason=_TOO_FEW if ends is None else None,
    )


def hill_number(counts: Any, order: int, space: Space | int | None = None) -> Estimate:
    """Hill number: how many ids of equal mass would be as diverse as what the draws come from.

    Order 0 is :func:`observed_richness`; order 1 is ``exp H`` of :func:`shannon_entropy`; order 2
    is ``n (n - 1) / sum x (x - 1)``, the inverse of the unbiased estimate of ``sum p^2``, withheld
    before any id has repeated. The intervals lie on the scale of the logarithms, and are given
    whatever mass is unseen: given from some estimated share on, they would be given to lucky
    samples (simulated).

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    order : 0, 1 or 2; the larger, the less the rare ids count.
    space : no effective number of ids exceeds its size.

    Returns
    -------
    Estimate in ids; of fewer than 300 draws without an interval (orders 1 and 2).

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
    Estimate(2.7 ids, 95 % interval 2.6 .. 2.8, n = 800)
    """
    if order not in (0, 1, 2):
        raise DrawsError(f"expected order 0, 1 or 2, got {order!r}; masses have every order")
    frequencies, size = as_frequencies(counts), as_space(space).size
    if order == 0:
        return observed_richness(frequencies, size)
    value, ends, method = (_order_1 if order == 1 else _order_2)(frequencies)
    most = math.inf if size is None else float(size)
    return Estimate(
        None if value is None else min(value, most),
        None if ends is None else (min(max(ends[0], 1.0), most), min(ends[1], most)),
        unit="ids",
        method=method,
        limit=None if size is None else most,
        n=frequencies.num_draws,
        reason=_TOO_FEW if ends is None else None,
    )


_Figure = tuple[float | None, tuple[float, float] | None, str]


def _order_1(frequencies: FrequencyCounts) -> _Figure:
    entropy = entropy_value(frequencies)
    ends = _entropy_ends(frequencies, entropy)
    interval = None if ends is None else (math.exp(ends[0]), math.exp(ends[1]))
    return math.exp(entropy), interval, f"exp of the {_ENTROPY}; {_ENTROPY_INTERVAL}"


def _order_2(frequencies: FrequencyCounts) -> _Figure:
    method = "inverse of the unbiased sum of squares; interval by the unbiased variance of that sum"
    pairs, n = frequencies.repeated_pairs, frequencies.num_draws
    if not pairs:
        return None, None, method
    value = n * (n - 1) / pairs
    if n < FEWEST_DRAWS:
        return value, None, method
    half = Z95 * simpson_relative_error(frequencies)
    return value, (value * math.exp(-half), value * math.exp(half)), method


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


def _entropy_ends(frequencies: FrequencyCounts, entropy: float) -> tuple[float, float] | None:
    """95 % interval of the entropy, open above zero; it reaches higher by 40 % of the unseen.

    Their part is a lower bound, as their number is.
    """
    n, once, twice = frequencies.num_draws, frequencies.seen(1), frequencies.seen(2)
    if n < FEWEST_DRAWS:
        return None
    variance, of_singleton = _entropy_variance(frequencies)
    # Few singletons: by how much their exact Poisson limit lies above the normal one.
    excess = max((poisson_mean_interval(once)[1] - once) ** 2 - Z95**2 * once, 0.0)
    excess *= (rarity(frequencies) * of_singleton) ** 2
    half = Z95 * math.sqrt(variance)
    above = math.sqrt(half**2 + excess) + 0.4 * _unseen_entropy(n, once, twice)
    return entropy - half, entropy + above


def _entropy_variance(frequencies: FrequencyCounts) -> tuple[float, float]:
    """Variance of the estimated entropy, and what one id drawn once adds to the estimate.

    The entropy is a sum of ``g(x)`` over the counts x. The jackknife, ``J1`` = sum of
    ``x (g(x) - g(x-1))^2`` less what the fixed n explains, counts the part of second order twice
    (Efron & Stein 1981);
    half of ``J2 = sum x (x-1) (g(x) - 2 g(x-1) + g(x-2))^2`` takes it away again. Here 35 %,
    for what is left of the bias (simulated).
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
    jackknife = float((num_ids * times * first**2).sum())
    jackknife -= float((num_ids * times * first).sum()) ** 2 / n
    pairs = float((num_ids * times * (times - 1) * second**2).sum())
    # Without a repeat it is a difference of equals, and comes out below zero by rounding.
    variance = max(jackknife - 0.35 * pairs, jackknife / 4, 0.0)
    return variance, float(g(np.array([1]))[0]) + of_once


def simpson_relative_error(frequencies: FrequencyCounts) -> float:
    """Standard error of the unbiased ``sum p^2``, relative to it.

    The squared error is the square of the estimate less the unbiased estimate of the square, from
    pairs of pairs without a common draw; at least what it is where all masses are equal.
    """
    n, pairs = frequencies.num_draws, frequencies.repeated_pairs
    triples = sum(
        t * (t - 1) * (t - 2) * k
        for t, k in zip(frequencies.times, frequencies.num_ids, strict=True)
    )
    # Whole numbers to the end: both squares agree in most of their digits.
    disjoint = pairs**2 - 4 * triples - 2 * pairs
    variance = 1.0 - disjoint * n * (n - 1) / ((n - 2) * (n - 3) * pairs**2)
    return math.sqrt(max(variance, 2.0 * (1.0 / pairs - 1.0 / (n * (n - 1)))))
