"""Estimates from draws alone: what was seen, what was not, and how sure that is.

``F_k`` is the number of ids drawn exactly k times among n draws. Three different things are named
apart here: *richness*, how many ids there are; *sample coverage*, the probability mass of the ids
seen (Good and Turing); and *coverage* of a known space, the share of it seen (``coverage.py``).

References
----------
Good (1953) Biometrika 40. Chao (1984) Scand. J. Statist. 11; (1987) Biometrics 43. Esty (1983)
Ann. Statist. 11. Efron & Stein (1981) Ann. Statist. 9. Colwell et al. (2012) J. Plant Ecol. 5.
Chao, Wang & Jost (2013) Methods Ecol. Evol. 4. Chao et al. (2014) Ecol. Monogr. 84.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .coverage import RARE_EVENTS, rarefied_richness
from .jackknife import Z95
from .tally import FrequencyCounts

Interval = tuple[float, float]


def chao1(frequencies: FrequencyCounts) -> float:
    """Bias-corrected Chao1, ``S + F1 (F1 - 1) / (2 (F2 + 1))``: a *lower* bound of the richness.

    >>> chao1(FrequencyCounts((1, 2), (4, 1)))
    8.0
    """
    once, twice = frequencies.seen(1), frequencies.seen(2)
    return frequencies.observed_richness + once * (once - 1) / (2 * (twice + 1))


def chao1_lower(frequencies: FrequencyCounts) -> float:
    """Lower limit of the richness that holds 95 times in 100; never below what was seen.

    The lower end of Chao's (1987) log-normal interval, at 1.96 errors: where all ids are equally
    likely Chao1 is no lower bound but an estimate, and 1.645 leave nothing to spare (simulated).
    There is no upper end: nothing in the draws bounds how many ids are rarer still.
    """
    once, twice = frequencies.seen(1), frequencies.seen(2)
    unseen = once * (once - 1) / (2 * (twice + 1))
    if unseen == 0:
        return float(frequencies.observed_richness)
    below = twice + 1
    variance = (
        unseen
        + once * (2 * once - 1) ** 2 / (4 * below**2)
        + once**2 * twice * (once - 1) ** 2 / (4 * below**4)
    )
    factor = math.exp(Z95 * math.sqrt(math.log1p(variance / unseen**2)))
    # Ids are whole: less than one more is none.
    return float(frequencies.observed_richness + math.floor(unseen / factor))


def good_turing_coverage(frequencies: FrequencyCounts) -> float:
    """Sample coverage ``1 - F1 / n`` (Good 1953): the mass of the ids seen. Not a richness.

    >>> good_turing_coverage(FrequencyCounts((1, 2), (1, 2)))
    0.8
    """
    return 1.0 - frequencies.seen(1) / frequencies.num_draws


def unseen_mass_interval(frequencies: FrequencyCounts) -> Interval:
    """95 % interval of the mass that the ids seen leave out.

    The squared error of ``F1 / n`` is ``(F1 + 2 F2) / n^2`` (Esty 1983, for a small share); the
    part of F1 is taken from its exact Poisson limits, so that it holds with no singleton too.
    """
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


@lru_cache(maxsize=2048)
def poisson_mean_interval(count: int) -> Interval:
    """Exact central 95 % limits of a Poisson mean from one count (Garwood 1936).

    >>> [round(end, 3) for end in poisson_mean_interval(0)]
    [0.0, 3.689]
    """
    if count > 1000:  # Byar's approximation, right to five digits there
        low = count * (1 - 1 / (9 * count) - Z95 / (3 * math.sqrt(count))) ** 3
        up = count + 1
        return low, up * (1 - 1 / (9 * up) + Z95 / (3 * math.sqrt(up))) ** 3

    def at_most(mean: float, most: int) -> float:
        steps = np.arange(1, most + 1)
        logs = np.concatenate([[0.0], np.cumsum(np.log(mean) - np.log(steps))])
        return float(np.exp(logs - mean).sum())

    def solve(most: int, level: float) -> float:
        low, high = 1e-12, most + 20.0 + 10.0 * math.sqrt(most + 1.0)
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if at_most(middle, most) > level else (low, middle)
        return 0.5 * (low + high)

    return (solve(count - 1, 0.975) if count else 0.0), solve(count, 0.025)


def expected_richness_interval(
    frequencies: FrequencyCounts, space_size: int | None = None
) -> Interval:
    """95 % interval of the expected number of distinct ids in n independent draws.

    Their variance is what as many draws again would add, less ``F1^2 / n`` because the draws add
    up to n (Colwell et al. 2012). Where few draws repeat or few ids were drawn once, that number is
    Poisson and its exact limits are used.
    """
    seen, n, once = frequencies.observed_richness, frequencies.num_draws, frequencies.seen(1)
    unseen = math.inf if space_size is None else float(space_size - seen)
    top = min(float(n), seen + unseen)
    if n - seen < RARE_EVENTS:
        low, high = poisson_mean_interval(n - seen)
        return max(n - high, 1.0), min(n - low, top)
    # Chao1 is a lower bound, and S and F1 rise together: with fewer unseen than these the spread
    # would be understated (simulated), also where the space says that there are fewer.
    pool = 1.75 * (chao1(frequencies) - seen)
    more = -pool * math.expm1(-once / pool) if pool else 0.0
    # Ids are whole: never less than the spread of one.
    below = above = Z95 * math.sqrt(max(more - once**2 / n, 1.0))
    if once < RARE_EVENTS:
        low, high = poisson_mean_interval(once)
        below = max(below, _rarity(frequencies) * (once - low))
        above = max(above, _rarity(frequencies) * (high - once))
    return max(seen - below, 1.0), min(seen + above, top)


def _rarity(frequencies: FrequencyCounts) -> float:
    """Share of the Poisson spread of the ids drawn once that is left beside those drawn twice.

    1 if no id was drawn twice: what was drawn once may be of any number of ids. Else they are
    about ``F1^2 / 2 F2`` ids, most of which are sure to be drawn.
    """
    ratio = 2.0 * frequencies.seen(2) / max(frequencies.seen(1), 1)
    return math.sqrt(-math.expm1(-ratio) / ratio) if ratio else 1.0


def extrapolated_richness(
    frequencies: FrequencyCounts, num_draws: int, space_size: int | None = None
) -> float:
    """Expected distinct ids in ``num_draws`` >= n draws, by the unseen that Chao1 or the space say.

    ``S + F0 (1 - (1 - F1 / (n F0 + F1))^(m - n))`` (Chao et al. 2014); trust it to twice n.
    """
    more = num_draws - frequencies.num_draws
    if more < 0:
        raise ValueError(
            f"expected at least {frequencies.num_draws} draws, got {num_draws}; rarefy instead"
        )
    once = frequencies.seen(1)
    unseen = chao1(frequencies) - frequencies.observed_richness
    if space_size is not None:
        unseen = min(unseen, space_size - frequencies.observed_richness)
    if not once or not unseen:
        return float(frequencies.observed_richness)
    rate = once / (frequencies.num_draws * unseen + once)
    return frequencies.observed_richness - unseen * math.expm1(more * math.log1p(-rate))


def shannon_entropy_nats(frequencies: FrequencyCounts) -> float:
    """Entropy in nats of what the draws come from, nearly unbiased (Chao, Wang & Jost 2013).

    >>> round(shannon_entropy_nats(FrequencyCounts((500,), (2,))), 2)  # two equal ids
    0.69
    """
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
    return once / n * _tail_series(n, share)


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


def _tail_series(n: int, share: float) -> float:
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


def inverse_simpson(frequencies: FrequencyCounts) -> float | None:
    """Hill number of order 2, ``n (n - 1) / sum x (x - 1)``; None before any id has repeated.

    ``sum x (x - 1) / (n (n - 1))`` is the unbiased estimate of ``sum p^2``.
    """
    pairs = repeated_pairs(frequencies)
    n = frequencies.num_draws
    return n * (n - 1) / pairs if pairs else None


def repeated_pairs(frequencies: FrequencyCounts) -> int:
    """``sum x (x - 1)``: ordered pairs of equal draws."""
    return sum(t * (t - 1) * k for t, k in zip(frequencies.times, frequencies.num_ids, strict=True))


def hill_intervals(frequencies: FrequencyCounts) -> dict[int, Interval | None]:
    """95 % intervals of the Hill numbers of order 1 and 2; none of fewer than 300 draws.

    On the scale of their logarithms. They are given whatever share of the mass is unseen: given
    from some estimated share on, they would be given to lucky samples (simulated). That of order 1
    reaches higher by 40 % of what the unseen add, because their number is a lower bound.
    """
    result: dict[int, Interval | None] = {1: None, 2: None}
    n, once, twice = frequencies.num_draws, frequencies.seen(1), frequencies.seen(2)
    if n < 300:
        return result
    entropy = shannon_entropy_nats(frequencies)
    variance, of_singleton = _entropy_variance(frequencies)
    # Few singletons: by how much their exact Poisson limit lies above the normal one.
    excess = max((poisson_mean_interval(once)[1] - once) ** 2 - Z95**2 * once, 0.0)
    excess *= (_rarity(frequencies) * of_singleton) ** 2
    half = Z95 * math.sqrt(variance)
    above = math.sqrt(half**2 + excess) + 0.4 * _unseen_entropy(n, once, twice)
    result[1] = max(math.exp(entropy - half), 1.0), math.exp(entropy + above)
    second = inverse_simpson(frequencies)
    if second is not None:
        half = Z95 * _simpson_relative_error(frequencies)
        result[2] = max(second * math.exp(-half), 1.0), second * math.exp(half)
    return result


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
    return max(jackknife - 0.35 * pairs, jackknife / 4), float(g(np.array([1]))[0]) + of_once


def _simpson_relative_error(frequencies: FrequencyCounts) -> float:
    """Standard error of the unbiased ``sum p^2``, relative to it.

    The squared error is the square of the estimate less the unbiased estimate of the square, from
    pairs of pairs without a common draw; at least what it is where all masses are equal.
    """
    n, pairs = frequencies.num_draws, repeated_pairs(frequencies)
    triples = sum(
        t * (t - 1) * (t - 2) * k
        for t, k in zip(frequencies.times, frequencies.num_ids, strict=True)
    )
    # Whole numbers to the end: both squares agree in most of their digits.
    disjoint = pairs**2 - 4 * triples - 2 * pairs
    variance = 1.0 - disjoint * n * (n - 1) / ((n - 2) * (n - 3) * pairs**2)
    return math.sqrt(max(variance, 2.0 * (1.0 / pairs - 1.0 / (n * (n - 1)))))


def richness_curve(
    frequencies: FrequencyCounts, num_draws: list[int], space_size: int | None = None
) -> list[tuple[int, float]]:
    """Expected distinct ids at each n: rarefied up to the draws there are, extrapolated beyond."""
    return [
        (
            n,
            rarefied_richness(frequencies.times, frequencies.num_ids, n)
            if n <= frequencies.num_draws
            else extrapolated_richness(frequencies, n, space_size),
        )
        for n in num_draws
    ]
