"""Estimates from draws alone: what was seen, what was not, and how sure that is.

``F_k`` is the number of ids drawn exactly k times among n draws. Three different things are named
apart here: *richness*, how many ids there are; *sample coverage*, the probability mass of the ids
seen (Good and Turing); and *coverage* of a known space, the share of it seen (``coverage.py``).

References
----------
Good (1953) Biometrika 40. Chao (1984) Scand. J. Statist. 11; (1987) Biometrics 43. Esty (1983)
Ann. Statist. 11. Colwell et al. (2012) J. Plant Ecol. 5. Chao, Wang & Jost (2013) Methods Ecol.
Evol. 4. Chao et al. (2014) Ecol. Monogr. 84.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .coverage import RARE_EVENTS, distinct_variance, rarefied_richness
from .jackknife import Z95
from .tally import FrequencyCounts

Interval = tuple[float, float]
# Beyond so many ids the replicates behind an interval would take minutes.
MAX_INTERVAL_IDS = 2_000_000


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
    likely Chao1 is no lower bound but an estimate, and 1.645 hold too seldom (simulated).
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
    return frequencies.observed_richness + unseen / factor


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
    # Half a step more: a repeat takes two singletons away, so that F1 moves in twos.
    below = math.sqrt(shrink * (once - low) ** 2 + spread) + 1.0
    above = math.sqrt(shrink * (high - once) ** 2 + spread) + 1.0
    return max(once - below, 0.0) / n, min((once + above) / n, 1.0)


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


def estimated_masses(
    frequencies: FrequencyCounts, space_size: int | None = None
) -> NDArray[np.float64]:
    """Masses of an assemblage that would give such draws (Chao et al. 2014, appendix G).

    The ids seen lose to the unseen what Good and Turing say they must, the rare most; the unseen
    share it evenly, as many as the space holds.

    Returns
    -------
    ``(ids,)``, adding up to 1; the masses of the unseen stand last.
    """
    n = frequencies.num_draws
    times = np.array(frequencies.times, dtype=np.float64)
    num_ids = np.array(frequencies.num_ids)
    if space_size is None:
        # Twice what Chao1 says, which is a lower bound: fewer unseen ids would understate the
        # spread (simulated).
        num_unseen = math.ceil(2 * (chao1(frequencies) - frequencies.observed_richness))
    else:
        num_unseen = space_size - frequencies.observed_richness
    missing = frequencies.seen(1) / n if num_unseen else 0.0
    share = times / n
    taken = share * np.exp(n * np.log1p(-np.minimum(share, 1 - 1e-16)))
    total = float((taken * num_ids).sum())
    kept = share - taken * (missing / total if total > 0 else 0.0)
    seen = np.repeat(np.maximum(kept, 0.0), num_ids)
    unseen = np.full(num_unseen, missing / max(num_unseen, 1))
    masses = np.concatenate([seen, unseen])
    result: NDArray[np.float64] = masses / masses.sum()
    return result


def expected_richness_interval(
    frequencies: FrequencyCounts, space_size: int | None = None
) -> Interval | None:
    """95 % interval of the expected number of distinct ids in n independent draws.

    The spread is that of the closed form over :func:`estimated_masses`. Where few ids are unseen,
    or few draws repeat, their number is Poisson and its exact limits are used.
    """
    seen, n = frequencies.observed_richness, frequencies.num_draws
    unseen = math.inf if space_size is None else space_size - seen
    if min(unseen, n - seen) < RARE_EVENTS:
        low, high = poisson_mean_interval(int(min(unseen, n - seen)))
        top = n if n - seen <= unseen else seen + unseen
        return max(top - high, 1.0), float(top - low)
    if seen > MAX_INTERVAL_IDS:
        return None
    half = Z95 * math.sqrt(distinct_variance(estimated_masses(frequencies, space_size), n))
    return max(seen - half, 1.0), min(seen + half, float(min(n, seen + unseen)))


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
    once, twice = frequencies.seen(1), frequencies.seen(2)
    if not once:
        return seen
    share = 2 * twice / ((n - 1) * once + 2 * twice) if twice else 2 / ((n - 1) * (once - 1) + 2)
    return seen + once / n * _tail_series(n, share)


def harmonic(number: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Harmonic numbers ``1 + 1/2 + ... + 1/k``, exactly to 1,000 and by their expansion beyond.

    >>> [round(float(value), 4) for value in harmonic(np.array([0, 1, 4]))]
    [0.0, 1.0, 2.0833]
    """
    k = np.atleast_1d(np.asarray(number, dtype=np.float64))
    table = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, 1001))])
    safe = np.maximum(k, 1.0)
    far = np.log(safe) + 0.57721566490153286 + 1 / (2 * safe) - 1 / (12 * safe**2)
    return np.where(k <= 1000, table[np.minimum(k, 1000).astype(int)], far)


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


def hill_intervals(
    frequencies: FrequencyCounts,
    generator: np.random.Generator,
    space_size: int | None = None,
    *,
    num_replicates: int = 200,
) -> dict[int, Interval | None]:
    """95 % intervals of the Hill numbers of order 1 and 2.

    The spread over draws from :func:`estimated_masses` (Chao et al. 2014). It describes chance,
    not bias: where the ids seen hold under nine tenths of the mass, or of fewer than 200 draws, no
    interval is given.
    """
    none: dict[int, Interval | None] = {1: None, 2: None}
    size = max(chao1(frequencies), space_size or 0)
    if (
        good_turing_coverage(frequencies) < 0.9
        or frequencies.num_draws < 200
        or size > MAX_INTERVAL_IDS
    ):
        return none
    masses = estimated_masses(frequencies, space_size)
    num = int(max(30, min(num_replicates, 20_000_000 // len(masses))))
    logs: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(num):
        replicate = FrequencyCounts.of_counts(generator.multinomial(frequencies.num_draws, masses))
        logs[1].append(shannon_entropy_nats(replicate))
        second = inverse_simpson(replicate)
        if second is not None:
            logs[2].append(math.log(second))
    centres = {1: shannon_entropy_nats(frequencies), 2: _log(inverse_simpson(frequencies))}
    result = dict(none)
    for order, values in logs.items():
        centre = centres[order]
        if centre is not None and len(values) == num:
            half = Z95 * float(np.std(values, ddof=1))
            result[order] = max(math.exp(centre - half), 1.0), math.exp(centre + half)
    return result


def _log(value: float | None) -> float | None:
    return None if value is None else math.log(value)


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
