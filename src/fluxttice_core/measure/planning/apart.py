"""The draws that it takes to tell two generators apart, from a pilot of each.

References
----------
Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 25.3 (power by simulation).
Chao et al. (2014), Ecol. Monogr. 84 (the fitted law). Abdel-Aty (1954), Biometrika 41 (the
noncentral chi-square law).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ...rng import numpy_generator
from ..arguments import CALLBACK, SEED, SHARE, checked
from ..estimate import Z95, Estimate
from ..frequencies import FrequencyCounts
from ..pairs.permutation import MOST_DRAWS, aligned, two_sample_test
from .law import FittedLaw, fit_law, too_small
from .search import least_draws
from .stopping import require_share

_FURTHEST = 1_000
_FEWEST = 10
_CLOSE = 1.05
# Pairs of samples behind the test's limits, and behind the power.
_OF_ONE_LAW, _OF_TWO = 400, 200
_PERMUTED = 200
# Of more ids than these fewer pairs, and the normal law.
_LARGE, _FEW = 20_000, 80
_MOST_IDS = 200_000
# Counts in memory at a time.
_CELLS = 2**21
_MOST_UNSEEN = 0.5
_Counts = NDArray[np.int64]


@checked(
    power=SHARE,
    level=SHARE,
    seed=SEED,
    on_search=CALLBACK,
)
def draws_to_tell_apart(
    counts_a: Any,
    counts_b: Any,
    *,
    power: float = 0.8,
    level: float = 0.05,
    seed: int = 0,
    on_search: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Draws of each of two generators of which :func:`two_sample_test` tells them apart.

    Pilots of one law differ too: only what is above that is taken for a difference of the laws. It
    is estimated in three parts, each with its 95 % interval: along the entropy, along the sum of
    squares, and all else, by chi-square. With these laws, and with those at the ends of all
    intervals, samples are simulated and tested as :func:`two_sample_test` tests. The ids that
    neither pilot has met are taken to be alike in both.

    Parameters
    ----------
    counts_a, counts_b : of the pilots, per id, ``(N,)`` each, the same ids.
    power : chance to tell them apart, above the level and below 1.
    level : chance to call one law two, above 0 and below 1.
    seed : of the exchanges and samples.
    on_search : called with the searches done, and all.

    Returns
    -------
    Estimate in draws of each. Where the pilots may be of one law the value is withheld, and the
    interval open above: with fewer draws than its lower end they are not told apart.

    Raises
    ------
    DrawsError
        Counts of different ids, of no draws, or a power or level that is none.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 25.3.

    Examples
    --------
    >>> draws_to_tell_apart([40, 30, 20, 10], [20, 25, 25, 30])
    Estimate(80 draws, 95 % interval 19 .. 249, n = 100)
    """
    a, b = aligned(counts_a, counts_b)
    require_share("level", level)
    require_share("power", power)
    if not level < power:
        raise DrawsError(f"expected a power above the level of {level!r}, got {power!r}")
    num_a, num_b = int(a.sum()), int(b.sum())
    answer = Estimate(
        None,
        unit="draws",
        method=f"least n of each of which the two-sample test at {100 * level:g} % tells them "
        f"apart in {100 * power:g} % of samples simulated from the pilots",
        n=min(num_a, num_b),
    )
    pooled = FrequencyCounts.of_counts(a + b)
    reason = _unusable(a, b, pooled)
    if reason is not None:
        return replace(answer, reason=reason)
    rng = numpy_generator(seed, "simulation")
    ends = laws_apart(a, b, pooled, rng)

    def needed(masses: NDArray[np.float64]) -> int | None:
        return least_draws(
            lambda n: _power(masses, n, level, rng) >= power,
            min(num_a, num_b),
            _FEWEST,
            min(_FURTHEST * max(num_a, num_b), MOST_DRAWS // 2 - 1),
            _CLOSE,
        )

    found = []
    for place, masses in enumerate(ends, start=1):
        found.append(needed(masses))
        if on_search is not None:
            on_search(place, len(ends))
    least, value, most = found
    if least is None:
        most_draws = min(_FURTHEST * max(num_a, num_b), MOST_DRAWS // 2 - 1)
        return replace(answer, reason=f"not told apart by {most_draws:,} draws of each")
    if two_sample_test(a, b, seed=seed).p_value > level:
        value = most = None
        reason = "the pilots may be of one law: draw more, and plan again"
    elif value is None:
        reason = f"beyond {_FURTHEST:,} times the draws of the pilots"
    if value is not None:
        # Simulated, each by itself: not in order where they lie close.
        least, most = min(least, value), None if most is None else max(most, value)
    interval = (float(least), None if most is None else float(most))
    return replace(answer, value=value, interval=interval, reason=reason)


def _unusable(a: _Counts, b: _Counts, pooled: FrequencyCounts) -> str | None:
    for counts, name in ((a, "A"), (b, "B")):
        reason = too_small(FrequencyCounts.of_counts(counts))
        if reason is not None:
            return f"{name}: {reason}"
    if pooled.observed_richness > _MOST_IDS:
        return f"over {_MOST_IDS:,} different ids take too long to simulate: give smaller pilots"
    if pooled.seen(1) > _MOST_UNSEEN * pooled.num_draws:
        return "the pilots are too small: over half of the mass is of ids that neither met"
    return None


def laws_apart(
    a: _Counts, b: _Counts, pooled: FrequencyCounts, rng: np.random.Generator
) -> tuple[NDArray[np.float64], ...]:
    """Pairs of laws that differ as much as the pilots may, as they likely do, and as they must.

    Each ``(3, ids)``: the masses of A, of B and of both, those of ids that neither met behind.
    """
    law = fit_law(pooled)
    counts = a + b
    order = np.argsort(counts, kind="stable")[np.count_nonzero(counts == 0) :]
    a, b, counts = a[order], b[order], counts[order]
    num_a, num_b, num_all = int(a.sum()), int(b.sum()), int(counts.sum())
    scale = num_a * num_b / num_all
    shares = counts / num_all
    apart = a / num_a - b / num_b
    # Under exchanged labels the part along each of these has the variance 1 / scale.
    along = _orthonormal([np.log(shares), shares], shares)
    parts = [float((one * apart / shares).sum()) for one in along]
    rest = apart - sum((part * one for part, one in zip(parts, along, strict=True)), 0.0 * apart)
    observed, freedom = scale * float((rest**2 / shares).sum()), len(shares) - 1 - len(along)
    least = likeliest = most = 0.0
    if freedom > 0 and observed > 0.0:
        of_one = _of_one_law(counts, num_a, rng) - len(along)
        likeliest = max(observed - float(of_one.mean()), 0.0)
        least, most = noncentral_limits(observed, float(of_one.mean()), float(of_one.var()))
    # As the law's masses are shrunk, in the same order.
    shrunk = law.masses / shares
    pairs = []
    for place, more in ((1, most), (0, likeliest), (-1, least)):
        moved = math.sqrt(more / observed) * rest if more else np.zeros(len(rest))
        for part, one in zip(parts, along, strict=True):
            moved = moved + math.copysign(_size(part, scale**-0.5, place), part) * one
        pairs.append(_masses(law, shrunk * moved / 2.0))
    return tuple(pairs)


def _of_one_law(counts: _Counts, num_a: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Chi-square of the pooled draws with their labels exchanged, ``(times,)``."""
    num_all = int(counts.sum())
    num_b = num_all - num_a
    expected = counts * (num_a / num_all)
    found = []
    step = max(1, _CELLS // len(counts))
    for start in range(0, _PERMUTED, step):
        size = min(step, _PERMUTED - start)
        of_a = rng.multivariate_hypergeometric(counts, num_a, size=size, method="marginals")
        found.append(((of_a - expected) ** 2 / counts).sum(axis=1) * num_all**2 / (num_a * num_b))
    return np.concatenate(found)


def _size(part: float, error: float, place: int) -> float:
    """The size of a part: at its upper end, likeliest, at its lower end."""
    if place:
        return max(abs(part) + place * Z95 * error, 0.0)
    return math.sqrt(max(part**2 - error**2, 0.0))


def _orthonormal(
    functions: list[NDArray[np.float64]], shares: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Directions that change the means of these functions, and no mass in all.

    Orthonormal in ``sum x y / shares``; none for a function that is the same for all ids.
    """
    found: list[NDArray[np.float64]] = []
    for each in functions:
        one = shares * (each - float(shares @ each))
        size = math.sqrt(float((one**2 / shares).sum()))
        for other in found:
            one = one - float((one * other / shares).sum()) * other
        left = math.sqrt(float((one**2 / shares).sum()))
        if left > 1e-6 * size and left > 0.0:
            found.append(one / left)
    return found


def noncentral_limits(observed: float, mean: float, variance: float) -> tuple[float, float]:
    """95 % limits of what chi-square has above its mean under one law.

    By the cube root of the noncentral chi-square law (Abdel-Aty 1954), with the degrees of freedom
    that mean and variance tell.

    >>> [round(end, 1) for end in noncentral_limits(18.0, 3.0, 6.0)]  # exactly 3.8 and 36.0
    [3.6, 34.8]
    """
    if not variance > 0.0:
        return 0.0, max(observed - mean, 0.0)
    scale = variance / (2.0 * mean)
    freedom, value = mean / scale, observed / scale

    def errors(above: float) -> float:
        total = freedom + above
        spread = 2.0 * (1.0 + above / total) / (9.0 * total)
        return ((value / total) ** (1.0 / 3.0) - (1.0 - spread)) / math.sqrt(spread)

    def solve(level: float) -> float:
        low, high = 0.0, value + 10.0 * math.sqrt(value) + 20.0
        if errors(low) < level:
            return 0.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if errors(middle) < level else (middle, high)
        return low

    return scale * solve(Z95), scale * solve(-Z95)


def _masses(law: FittedLaw, half: NDArray[np.float64]) -> NDArray[np.float64]:
    num_rest = law.num_rest or 0
    rest = np.full(num_rest, law.rest / max(num_rest, 1))
    moved = [np.append(law.masses + sign * half, rest) for sign in (1.0, -1.0, 0.0)]
    masses = np.maximum(moved, 0.0)
    total: NDArray[np.float64] = masses / masses.sum(axis=1, keepdims=True)
    return total


def _power(
    masses: NDArray[np.float64], num_draws: int, level: float, rng: np.random.Generator
) -> float:
    """Share of pairs of samples whose statistics are beyond all but few of those of one law."""
    of_a, of_b, of_both = masses
    is_large = len(of_both) > _LARGE
    null = _scores(of_both, of_both, num_draws, _FEW if is_large else _OF_ONE_LAW, rng)
    limits = np.quantile(null, 1.0 - level / len(null), axis=1)
    if is_large:
        # Nearly normal; two of the three without their sign.
        tails = [NormalDist().inv_cdf(1.0 - level / (len(null) * sides)) for sides in (1, 2, 2)]
        limits = np.sqrt((null**2).mean(axis=1)) * tails
        limits[0] = null[0].mean() + null[0].std() * tails[0]
    scores = _scores(of_a, of_b, num_draws, _FEW if is_large else _OF_TWO, rng)
    return float((scores > limits[:, None]).any(axis=0).mean())


def _scores(
    of_a: NDArray[np.float64],
    of_b: NDArray[np.float64],
    num_draws: int,
    num_pairs: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """The three statistics of the test, ``(3, pairs)``, of samples of one size."""
    step = max(1, _CELLS // len(of_a))
    parts = []
    for start in range(0, num_pairs, step):
        size = min(step, num_pairs - start)
        a, b = (rng.multinomial(num_draws, law, size=size) for law in (of_a, of_b))
        pooled = np.maximum(a + b, 1)
        # Less the ids that were met, its mean over exchanges of the labels.
        labels = ((a - b) ** 2 / pooled).sum(axis=1) - np.count_nonzero(a + b, axis=1)
        entropy = [(x * np.log(np.maximum(x, 1))).sum(axis=1) for x in (a, b)]
        squares = [(x * (x - 1.0)).sum(axis=1) for x in (a, b)]
        parts.append(
            np.array([labels, *(np.abs(one - other) for one, other in (entropy, squares))])
        )
    return np.concatenate(parts, axis=1)
