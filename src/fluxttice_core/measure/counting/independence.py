"""Whether draws can be independent at all; if not, no estimate from them means anything.

An enumerator meets every operation once and would score a coverage of 1.28 times the limit. So
draws that repeat less than fair dice could, whose counts are more even than chance allows, of
which some number of times is missing, or that follow one another, are named for what they are.
Each test is one-sided against *every* distribution: uneven masses only add repeats and spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import checked, series_of
from ..coverage import uniform_coverage
from ..frequencies import FrequencyCounts, as_frequencies
from ..poisson import RARE_EVENTS, at_most
from ..space import Space, as_space, whole_numbers
from .lags import LagFault, lag_fault

# Standard errors, or the Poisson tail of as many: one false alarm in over a million.
THRESHOLD = 5.0
TAIL = 2.9e-7


@dataclass(frozen=True, slots=True)
class Independence:
    """What speaks against independent draws.

    ``faults``: what independent draws would not do, in words; empty if nothing was found.
    ``could_tell``: whether there were draws enough for any test to fail, and their order is known.
    ``order_known``: of counts alone, copies and chains can leave no trace.

    Examples
    --------
    >>> check_independence([1] * 10_000, space=19_683).faults[0][:30]
    '0 repeats among 10,000 draws, '
    """

    faults: tuple[str, ...]
    could_tell: bool
    order_known: bool = True

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against independence."""
        return not self.faults


def _block(values: Any, name: str) -> NDArray[np.int64]:
    """A block of ids in their order."""
    array = whole_numbers(values, f"{name} as blocks (n,) of whole numbers")
    if array.ndim != 1:
        raise DrawsError(f"expected {name} as blocks (n,), got shape {array.shape}")
    return array


@checked(order=series_of(_block, "blocks of ids"))
def check_independence(
    counts: Any,
    space: Space | int | None = None,
    *,
    order: Sequence[NDArray[np.int64]] = (),
) -> Independence:
    """Test draws against what no independent sampler does.

    Each test raises one false alarm in over a million samples.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`; equal neighbours are looked at only where these
        hold them.
    space : None if unknown.
    order : blocks of successive draws ``(length,)``, of a million in all at most, in which equal
        draws are looked for at every distance.

    Returns
    -------
    What speaks against independence, and whether anything could.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Wilson & Hilferty (1931), Proc. Natl. Acad. Sci. 17 (the spread of the counts).

    Examples
    --------
    >>> check_independence(FrequencyCounts((1,), (10_000,)), 19_683).holds  # never a repeat
    False
    """
    frequencies, space_size = as_frequencies(counts), as_space(space).size
    n, seen = frequencies.num_draws, frequencies.observed_richness
    faults, could_tell = [], False
    if space_size is not None and space_size > 1:
        expected = n - space_size * uniform_coverage(n, space_size)
        could_tell = math.exp(-expected) < TAIL
        if _too_few_repeats(n - seen, expected, n, space_size):
            faults.append(
                f"{n - seen:,} repeats among {n:,} draws, where fair dice have {expected:,.0f} and "
                "any other independent sampler more: drawn without replacement, or enumerated"
            )
    spread = _spread(frequencies)
    if spread is not None:
        could_tell = True
        if spread < -THRESHOLD:
            faults.append(
                f"counts per id are more even than chance allows ({-spread:.1f} standard errors): "
                "a cycle, or counts that were balanced"
            )
    lonely = _lonely_count(frequencies)
    if lonely is not None:
        times, num_ids, expected = lonely
        faults.append(
            f"{num_ids:,} ids were drawn {times:,} times each, where chance has at most "
            f"{expected:,.0f} beside those drawn once less and once more: copies, or counts that "
            "were balanced"
        )
    follow = _adjacency(frequencies)
    if abs(follow) > THRESHOLD:
        often = "more" if follow > 0 else "less"
        faults.append(
            f"a draw equals the one before it {often} often than their counts say "
            f"({frequencies.adjacent_repeats:,} times, {abs(follow):.1f} standard errors off): a "
            "chain, or a sorted list"
        )
    elif order:
        faults += _distance_faults(order)
    order_known = frequencies.adjacent_repeats is not None
    return Independence(tuple(faults), could_tell and order_known, order_known)


def _too_few_repeats(repeats: int, expected: float, n: int, space_size: int) -> bool:
    if repeats >= expected:
        return False
    if expected < RARE_EVENTS:
        return at_most(expected, repeats) < TAIL
    # The variance of distinct ids (distinct_variance), for equal masses in closed form.
    unseen = math.exp(n * math.log1p(-1.0 / space_size))
    variance = (
        space_size * unseen * (1 - unseen) - n * (space_size * unseen / (space_size - 1)) ** 2
    )
    return repeats < expected - THRESHOLD * math.sqrt(max(variance, 0.0)) - 1.0


def _spread(frequencies: FrequencyCounts) -> float | None:
    """Standard errors of the spread of the counts above that of even chances; None if blind.

    Over the ids seen alone: how many there are besides is not used.
    """
    n, seen = frequencies.num_draws, frequencies.observed_richness
    mean = n / seen
    if n - seen < 50 or not _balance_is_rare(mean, seen):
        return None
    times, ids = np.array(frequencies.times, float), np.array(frequencies.num_ids, float)
    observed = float((ids * (times - mean) ** 2).sum() / mean)
    if mean > 100:
        return _standard(observed, seen - 1, 2.0 * (seen - 1))
    # Counts of ids seen at least once are, under equal chances, zero-truncated Poisson.
    rate = _truncated_rate(mean)
    k = np.arange(1, int(mean + 40 * math.sqrt(mean) + 40))
    logs = k * math.log(rate) - np.array([math.lgamma(i + 1) for i in k.tolist()])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    spread = (k - mean) ** 2 / mean
    average = float(weight @ spread)
    variance = float(weight @ (spread - average) ** 2)
    slope = float(weight @ ((k - mean) * (spread - average)))
    # The mean is taken from the data: what it explains does not vary.
    variance -= slope**2 / float(weight @ (k - mean) ** 2)
    return _standard(observed, seen * average, seen * variance)


def _balance_is_rare(mean: float, num_ids: int) -> bool:
    """Whether all counts would be equal in less than one sample of fair dice in a million."""
    # sqrt(N) (2 pi mean)^(-(N - 1) / 2), by Stirling's formula.
    return num_ids >= 30 or (
        0.5 * (num_ids - 1) * math.log(2 * math.pi * max(mean, 1.0)) - 0.5 * math.log(num_ids)
        > -math.log(TAIL)
    )


def _standard(statistic: float, mean: float, variance: float) -> float:
    """Standard errors of a sum of squares from its mean, by its cube root (Wilson & Hilferty)."""
    spread = variance / (9.0 * mean**2)
    return ((max(statistic, 0.0) / mean) ** (1 / 3) - (1.0 - spread)) / math.sqrt(spread)


def _lonely_count(frequencies: FrequencyCounts) -> tuple[int, int, float] | None:
    """A number of times t such that more ids were drawn t times than their neighbours allow.

    Whatever the masses, ``E F_t / binom(n, t)`` is log-convex in t (Cauchy and Schwarz), so
    ``(E F_t)^2 <= c E F_(t-1) E F_(t+1)``. Each count is taken at an end of
    its own Poisson limits.
    """
    n = frequencies.num_draws
    for t, num_ids in zip(frequencies.times, frequencies.num_ids, strict=True):
        if t < 2 or t >= n:
            continue
        low = max(math.sqrt(num_ids) - THRESHOLD / 2, 0.0) ** 2
        ratio = (n - t + 1) * (t + 1) / (t * (n - t))
        near = (frequencies.seen(t - 1), frequencies.seen(t + 1))
        # 15 for 0: the mean at which none has the chance TAIL.
        most = [(math.sqrt(count + 1.0) + 2.9) ** 2 for count in near]
        if low**2 > ratio * most[0] * most[1]:
            return t, num_ids, math.sqrt(ratio * most[0] * most[1])
    return None


def _truncated_rate(mean: float) -> float:
    """Rate of the zero-truncated Poisson of this mean: ``rate / (1 - exp(-rate)) = mean``."""
    low, high = 1e-9, mean
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if middle / -math.expm1(-middle) < mean else (low, middle)
    return high


def _adjacency(frequencies: FrequencyCounts) -> float:
    """Standard errors by which equal neighbours are more frequent than in a random order."""
    expected = frequencies.repeated_pairs / frequencies.num_draws
    if frequencies.observed_richness == 1 or frequencies.adjacent_repeats is None:
        return 0.0
    excess = frequencies.adjacent_repeats - expected
    # A few neighbours where none was expected prove nothing: at least eight more.
    if excess > 0:
        excess = max(excess - 8.0, 0.0)
    return excess / math.sqrt(max(expected, 1.0))


def _distance_faults(order: Sequence[NDArray[np.int64]]) -> list[str]:
    fault = lag_fault(list(order), TAIL)
    return [] if fault is None else [lag_words(fault)]


def lag_words(fault: LagFault) -> str:
    """Say at which distance equal draws stand out.

    >>> lag_words(LagFault(2, 90, 10.0, 1))[:47]
    'a draw equals the one 2 places before it more o'
    """
    often = "more" if fault.equal > fault.expected else "less"
    others = f"; so do {fault.num_lags - 1:,} others" * (fault.num_lags > 1)
    return (
        f"a draw equals the one {fault.lag:,} places before it {often} often than their counts say "
        f"({fault.equal:,} times, where a random order has {fault.expected:,.0f}{others}): copies "
        "at a distance, a cycle, or workers that share a seed"
    )
