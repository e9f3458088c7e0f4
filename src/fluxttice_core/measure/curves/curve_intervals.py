"""How sure a curve of richness is: intervals of the expected number of ids at another n.

Up to n every point is a sum over ids of a weight of their counts, and its variance that of the
jackknife over draws. Beyond n nothing unbiased is stable, but the counts of rare ids bound the
expectation: below by what one mass for all unseen ids would give (Chao's extrapolation), above by
what two masses would, one of which may be as small as one likes.

References
----------
Harris (1959), Ann. Math. Statist. 30 (the bounds). Efron & Stein (1981), Ann. Statist. 9. Fay &
Feuer (1997), Stat. Med. 16 (limits of a weighted sum of Poisson counts). Colwell et al. (2012), J.
Plant Ecol. 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..estimate import Z95
from ..frequencies import FrequencyCounts
from ..poisson import RARE_EVENTS, poisson_mean_interval
from ..richness import expectation_interval, once_reach

Weights = Callable[[NDArray[np.int64]], NDArray[np.float64]]
# New ids among further draws, from how many were drawn once, twice and three times.
Rise = Callable[[float, float, float], float]


def sum_variance(
    frequencies: FrequencyCounts,
    weights: Weights,
    second_order: float = 0.35,
    *,
    is_smooth: bool = True,
) -> float:
    """Variance of ``sum_x h(m_x)`` over samples of n draws, by the jackknife over draws.

    It counts the part of second order twice (Efron & Stein 1981), of which most is taken away. Of a
    smooth h that part is there even where the first is none, as where all ids are equally likely.

    Parameters
    ----------
    weights : h, of whole numbers of at least 0; ``h(0)`` is 0.
    second_order : share of that part to take away; half of it would leave no bias.
    is_smooth : whether h has no steps, whose second differences say nothing of its spread.
    """
    times, num_ids = np.array(frequencies.times), np.array(frequencies.num_ids, dtype=np.float64)
    first = weights(times) - weights(times - 1)
    second = first - (weights(times - 1) - weights(np.maximum(times - 2, 0)))
    total = float((num_ids * times * first).sum())
    variance = float((num_ids * times * first**2).sum()) - total**2 / frequencies.num_draws
    pairs = float((num_ids * times * (times - 1) * second**2).sum())
    return max(variance - second_order * pairs, pairs / 2 if is_smooth else variance / 4, 0.0)


def gamma_limits(value: float, variance: float, weight: float) -> tuple[float, float]:
    """95 % limits of the mean of a weighted sum of rare events (Fay & Feuer 1997).

    The quantiles of the gamma law are those of Wilson and Hilferty.

    Parameters
    ----------
    value, variance : of the sum.
    weight : of one event more.

    Examples
    --------
    >>> [round(end, 2) for end in gamma_limits(10.0, 10.0, 1.0)]
    [4.79, 18.39]
    """
    low = value
    if variance > 0.0:
        shape = value**2 / variance
        low = variance / value * _gamma_quantile(shape, -Z95) if shape else 0.0
    value, variance = value + weight, variance + weight**2
    if not variance:
        return low, value
    return low, variance / value * _gamma_quantile(value**2 / variance, Z95)


def _gamma_quantile(shape: float, z: float) -> float:
    root: float = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
    return shape * max(root, 0.0) ** 3


def rarefied_interval(
    frequencies: FrequencyCounts, num_draws: int, weights: Weights, size: int | None
) -> tuple[float, float]:
    """95 % interval of the expected distinct ids in fewer draws than were counted.

    Parameters
    ----------
    weights : chance that an id drawn so often is among ``num_draws`` of the draws.
    size : of the space, None if unknown.
    """
    n = frequencies.num_draws
    if num_draws >= n:
        return expectation_interval(frequencies, size)
    if num_draws <= 1:
        return float(num_draws), float(num_draws)
    most = float(num_draws if size is None else min(num_draws, size))
    if n - frequencies.observed_richness < RARE_EVENTS:
        few, many = repeats_earlier(frequencies, num_draws)
        return num_draws - many, min(num_draws - few, most)
    value = float((np.array(frequencies.num_ids) * weights(np.array(frequencies.times))).sum())
    share = num_draws / n
    # Ids are whole: never less than the spread of one.
    variance = max(sum_variance(frequencies, weights), share**2)
    pair = 2.0 * share - float(weights(np.array([2]))[0])
    few, many = gamma_limits(num_draws - value, variance, pair)
    below, above = (share * each for each in once_reach(frequencies))
    low, high = min(num_draws - many, value - below), max(num_draws - few, value + above)
    return max(low, 1.0), max(min(high, most), value)


def extrapolated_interval(
    frequencies: FrequencyCounts, num_draws: int, lower: Rise, size: int | None
) -> tuple[float, float]:
    """95 % interval of the expected distinct ids in more draws than were counted, m > n.

    Parameters
    ----------
    lower : the new ids that are expected at least.
    size : of the space, None if unknown.
    """
    n, seen = frequencies.num_draws, frequencies.observed_richness
    ratio, least = num_draws / n, expectation_interval(frequencies, size)
    most = float(num_draws if size is None else min(num_draws, size))
    if n - seen < RARE_EVENTS:
        few, many = repeats_later(frequencies, num_draws)
        value = seen + lower(*(float(frequencies.seen(times)) for times in (1, 2, 3)))
        low, high = max(num_draws - many, least[0]), min(num_draws - few, most)
        return min(low, value), max(high, value)

    def upper(once: float, twice: float, thrice: float) -> float:
        return most_new(once, twice, thrice, ratio - 1.0)

    few, below, _ = rise_limits(frequencies, lower)
    many, _, above = rise_limits(frequencies, upper)
    # Never surer than of the draws that there are.
    low = seen + few - max(below, seen - least[0])
    high = seen + max(many, few) + max(above, least[1] - seen)
    return min(max(low, least[0]), most), min(high, most)


def repeats_earlier(frequencies: FrequencyCounts, num_draws: float) -> tuple[float, float]:
    """95 % limits of the expected repeats in fewer draws, where few were seen.

    They grow at least as the draws, and at most as the pairs of draws, whatever the masses.
    """
    n = frequencies.num_draws
    low, high = expectation_interval(frequencies, None)
    draws = (num_draws - 1.0) / (n - 1.0)
    return draws * num_draws / n * (n - high), draws * (n - low)


def repeats_later(frequencies: FrequencyCounts, num_draws: float) -> tuple[float, float]:
    """95 % limits of the expected repeats in more draws, where few were seen.

    They grow at least as the draws, and at most as the pairs of draws, whatever the masses.
    """
    n = frequencies.num_draws
    low, high = expectation_interval(frequencies, None)
    if n == 1:
        return 0.0, num_draws - 1.0
    pairs = num_draws * (num_draws - 1.0) / (n * (n - 1.0))
    return num_draws / n * (n - high), min(pairs * (n - low), num_draws - 1.0)


def most_new(once: float, twice: float, thrice: float, ratio: float) -> float:
    """Most new ids that ``ratio`` times as many draws again can be expected to show.

    The masses of the ids drawn once, as drawn, have known first moments; between none and any
    mass the expectation is largest for two masses, one of them 0 (Harris 1959).

    Examples
    --------
    >>> round(most_new(118, 74, 44, 1.0), 1)
    73.7
    """
    if not once or not twice:
        return once * ratio
    mean = 2.0 * twice / once
    part = 1.0
    if 2.0 * twice**2 < 3.0 * once * thrice:
        part, mean = 2.0 * twice**2 / (3.0 * once * thrice), 3.0 * thrice / twice
    return once * ((1.0 - part) * ratio - part * math.expm1(-mean * ratio) / mean)


def rise_limits(
    frequencies: FrequencyCounts, rise: Rise, *, with_seen: bool = True
) -> tuple[float, float, float]:
    """Return a rise, and how far its expectation may lie below and above it.

    Parameters
    ----------
    rise : of the ids drawn once, twice and three times.
    with_seen : of what was seen and the rise together, rather than of the rise alone.
    """
    counts = [float(frequencies.seen(times)) for times in (1, 2, 3)]
    value, base = rise(*counts), float(with_seen)
    table = np.full(5, base)
    table[0] = 0.0
    below = above = 0.0
    for place, count in enumerate(counts):

        def at(other: float, place: int = place) -> float:
            return rise(*[other if i == place else each for i, each in enumerate(counts)])

        down = max(count - 1.0, 0.0)
        slope = (at(count + 1.0) - at(down)) / (count + 1.0 - down)
        table[place + 1] += slope
        # Few: by how much their exact Poisson limits reach further than the normal ones.
        ends = [at(end) - value for end in poisson_mean_interval(int(count))]
        normal = (Z95 * slope) ** 2 * count
        below += max(min(*ends, 0.0) ** 2 - normal, 0.0)
        above += max(max(*ends, 0.0) ** 2 - normal, 0.0)
    # Less is taken away: the slopes are estimated themselves (simulated).
    variance = sum_variance(
        frequencies, lambda times: table[np.minimum(times, 4)], 0.2, is_smooth=False
    )
    if with_seen:
        variance = max(variance, 1.0)
    half = Z95**2 * variance
    return value, math.sqrt(half + below), math.sqrt(half + above)
