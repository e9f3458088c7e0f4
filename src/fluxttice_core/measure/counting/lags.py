"""Whether a draw equals the one k places before it too often or too seldom, for every k at once.

If draws are independent and alike, every order of them is as likely as any other. So the pairs of
equal draws at each lag are held against their mean and variance over all orders of the same draws,
which follow from the counts per id alone. Where equal pairs are few they are counted lag by lag;
where they are many, ids become a few numbers each, whose autocorrelation is one Fourier transform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# Equal pairs up to which each is looked at.
MOST_PAIRS = 10_000_000
# Numbers per id, where ids become numbers: more of them see weaker dependence and cost more.
NUM_SIGNS = 8
# A few pairs where none was expected prove nothing.
FEWEST_MORE = 8.0


@dataclass(frozen=True, slots=True)
class LagFault:
    """The lag at which equal draws are furthest from what a random order has.

    ``equal`` and ``expected``: pairs of equal draws at this lag, counted and over all orders.
    ``num_lags``: how many lags stand out.
    """

    lag: int
    equal: int
    expected: float
    num_lags: int


def lag_fault(blocks: list[NDArray[np.int64]], tail: float) -> LagFault | None:
    """Look for dependence at all lags within blocks of successive draws.

    Parameters
    ----------
    blocks : ids in the order in which they were drawn, each ``(length,)``.
    tail : the chance of a false alarm at any lag that is allowed for (Bernstein's bound, shared
        out evenly between the lags).

    Returns
    -------
    The lag that stands out most, or None.
    """
    blocks = [block for block in blocks if len(block) > 1]
    num_lags = max((len(block) for block in blocks), default=1) - 1
    if num_lags < 1:
        return None
    _, inverse, counts = np.unique(np.concatenate(blocks), return_inverse=True, return_counts=True)
    if len(counts) in (1, len(inverse)):
        return None
    codes = np.split(inverse, np.cumsum([len(block) for block in blocks])[:-1])
    pairs = _pairs([len(block) for block in blocks], num_lags)
    if int((counts * (counts - 1) // 2).sum()) <= MOST_PAIRS:
        score = _score_of_counts(_equal_pairs(codes, num_lags), pairs, counts)
    else:
        score = _score_of_signs(codes, pairs, counts)
    # Two tails at each lag.
    found = np.flatnonzero(score > math.log(2.0 * num_lags / tail))
    if not len(found):
        return None
    best = int(np.argmax(score))
    equal = sum(int(np.count_nonzero(x[best + 1 :] == x[: -best - 1])) for x in codes)
    share = float((counts * (counts - 1.0)).sum()) / len(inverse) / (len(inverse) - 1)
    return LagFault(best + 1, equal, float(pairs[best]) * share, len(found))


def _pairs(lengths: list[int], num_lags: int) -> NDArray[np.float64]:
    """Pairs of draws at each lag 1 .. num_lags, equal or not."""
    lags = np.arange(1, num_lags + 1)
    pairs = np.zeros(num_lags)
    for length, times in zip(*np.unique(lengths, return_counts=True), strict=True):
        pairs += times * np.maximum(length - lags, 0)
    return pairs


def _equal_pairs(codes: list[NDArray[np.int64]], num_lags: int) -> NDArray[np.float64]:
    """Equal pairs at each lag, by the places of each id: as many steps as there are pairs."""
    found = np.zeros(num_lags + 1)
    for block in codes:
        places = np.argsort(block, kind="stable")
        ids = block[places]
        left = np.arange(len(block))
        step = 0
        while True:
            step += 1
            left = left[left < len(block) - step]
            left = left[ids[left] == ids[left + step]]
            if not len(left):
                break
            lags = np.bincount(places[left + step] - places[left])
            found[: len(lags)] += lags
    return found[1:]


def _score_of_counts(
    equal: NDArray[np.float64], pairs: NDArray[np.float64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Minus the logarithm of the chance of so far an excess, at each lag."""
    once, variance = _moments(pairs, counts)
    excess = equal - pairs * once
    excess = np.where(excess > 0, np.maximum(excess - FEWEST_MORE, 0.0), -excess)
    return bernstein(excess, variance, 1.0)


def _moments(
    pairs: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Chance that two draws are equal, and the variance of the equal pairs, over all orders.

    Two pairs that share a draw are both equal where three draws are.
    """
    # Python's integers: the difference of what is nearly equal must be exact.
    times, ids = (values.tolist() for values in np.unique(counts, return_counts=True))
    num = int(counts.sum())
    two = sum(k * t * (t - 1) for t, k in zip(times, ids, strict=True))
    three = sum(k * t * (t - 1) * (t - 2) for t, k in zip(times, ids, strict=True))
    one = Fraction(two, num * (num - 1))
    chained = Fraction(three, max(num * (num - 1) * (num - 2), 1)) - one**2
    apart = Fraction(0)
    if num > 3:
        four = two**2 - 4 * three - 2 * two
        apart = Fraction(four, num * (num - 1) * (num - 2) * (num - 3)) - one**2
    # A pair (i, i + k) shares its last draw with (i + k, i + 2 k), where that is in the block.
    doubled = np.zeros(len(pairs))
    half = len(pairs) // 2
    doubled[:half] = pairs[1 : 2 * half : 2]
    variance = (
        pairs * float(one - one**2)
        + 2 * doubled * float(chained)
        + np.maximum(pairs * (pairs - 1) - 2 * doubled, 0.0) * float(apart)
    )
    return float(one), variance


def _score_of_signs(
    codes: list[NDArray[np.int64]], pairs: NDArray[np.float64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """As :func:`_score_of_counts`, from ids that became vectors y of random signs.

    ``sum_i y_i . y_(i+k)`` of vectors whose mean is 0 has, over all orders, nearly the mean 0 and
    the variance ``tr S^2`` for each pair, where S is their covariance.
    """
    num = int(counts.sum())
    signs = _vectors(len(counts))
    signs -= (counts @ signs) / num
    covariance = (signs.T * counts) @ signs / num
    size = 2 ** math.ceil(math.log2(2 * max(map(len, codes))))
    power = np.zeros(size // 2 + 1)
    for block in codes:
        for column in signs.T:
            transform = np.fft.rfft(column[block], size)
            power += transform.real**2 + transform.imag**2
    products = np.fft.irfft(power, size)[1 : len(pairs) + 1]
    excess = np.abs(products + pairs * float(np.trace(covariance)) / (num - 1))
    variance = pairs * float((covariance**2).sum())
    largest = float((signs**2).sum(axis=1).max())
    return bernstein(np.maximum(excess - FEWEST_MORE, 0.0), variance, largest)


def _vectors(num_ids: int) -> NDArray[np.float64]:
    """Few ids: one number that is 1 for each. Many: random signs, always the same."""
    if num_ids <= NUM_SIGNS:
        return np.eye(num_ids)
    return np.random.default_rng(0).choice([-1.0, 1.0], (num_ids, NUM_SIGNS))


def bernstein(
    excess: NDArray[np.float64], variance: NDArray[np.float64], largest: float
) -> NDArray[np.float64]:
    """``x^2 / (2 V + 2 b x / 3)``: a bound of minus the logarithm of the chance of an excess x.

    Parameters
    ----------
    excess : x, at least 0.
    variance : V of the sum.
    largest : b, what one term adds at most.
    """
    below = 2.0 * variance + 2.0 * largest * excess / 3.0
    return np.divide(excess**2, below, out=np.zeros_like(excess), where=below > 0)
