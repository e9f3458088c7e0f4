"""Differences of two samples at equal draws and at equal coverage, with intervals.

References
----------
Chao & Jost (2012), Ecology 93. Zou & Donner (2008), Statist. Med. 27.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...rng import numpy_generator
from ..curves.rarefaction import rarefied_value
from ..diversity import hill_number
from ..estimate import Estimate
from ..frequencies import FrequencyCounts
from ..richness import observed_richness
from ..space import Space
from ..unseen import unseen_mass

_Counts = NDArray[np.int64]


class Pair(NamedTuple):
    """A figure of both samples, and A less B."""

    a: Estimate
    b: Estimate
    difference: Estimate


def difference(a: Estimate, b: Estimate) -> Estimate:
    """A less B of independent estimates, its interval from both of theirs.

    ``d - sqrt((a - low_a)^2 + (high_b - b)^2)`` below, the like above (Zou & Donner 2008): it holds
    where theirs do, however skewed. An end that is open in one is open in the difference.

    >>> of = lambda value, low, high: Estimate(value, (low, high), unit="ids", method="", n=9)
    >>> difference(of(10.0, 7.0, 14.0), of(5.0, 4.0, 9.0))
    Estimate(5.0 ids, 95 % interval 0.0 .. 9.1, limit 0.0)
    """
    missing = [one for one in (a, b) if one.value is None or one.interval is None]
    value = None if a.value is None or b.value is None else float(a.value) - float(b.value)
    interval = None
    if not missing and value is not None:
        below = _apart(_below(a), _above(b))
        above = _apart(_above(a), _below(b))
        interval = (
            None if below is None else value - below,
            None if above is None else value + above,
        )
    if interval == (None, None):
        interval = None
    reason = next((one.reason for one in missing if one.reason is not None), None)
    return Estimate(
        value,
        interval,
        unit=a.unit,
        method=f"A less B; {a.method}; interval from both (Zou & Donner 2008)",
        limit=0.0,
        reason=(reason or "open in a space of unknown size") if interval is None else None,
    )


def _apart(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else math.hypot(one, other)


def _below(estimate: Estimate) -> float | None:
    low = None if estimate.interval is None else estimate.interval[0]
    return None if low is None else max(float(estimate) - low, 0.0)


def _above(estimate: Estimate) -> float | None:
    high = None if estimate.interval is None else estimate.interval[1]
    return None if high is None else max(high - float(estimate), 0.0)


def rarefied_unseen(frequencies: FrequencyCounts, num_draws: int) -> float:
    """Expected mass unseen after m - 1 of the draws, unbiased: ``F1 / n`` at m = n.

    ``S(m) - S(m - 1)``: what the last of m draws adds (Good 1953; Chao & Jost 2012).

    >>> rarefied_unseen(FrequencyCounts.of_counts(np.array([2, 1, 1])), 4)
    0.5
    """
    last, before = (rarefied_value(frequencies, m) for m in (num_draws, num_draws - 1))
    return max(last - before, 0.0)


def at_equal_draws(a: _Counts, b: _Counts, space: Space, seed: int) -> dict[str, Pair]:
    """Richness and unseen mass of the draws that the smaller sample has; effective numbers.

    Effective numbers are those of the laws, whatever n. The larger sample is rarefied; its interval
    is as wide as that of one random choice of so many of its draws, which is wider than need be.
    """
    most = min(int(a.sum()), int(b.sum()))
    cut = [_cut(counts, most, seed, stream) for stream, counts in enumerate((a, b))]
    whole = [FrequencyCounts.of_counts(counts) for counts in (a, b)]
    richness = [
        _moved(observed_richness(part, space), rarefied_value(every, most))
        for part, every in zip(cut, whole, strict=True)
    ]
    unseen = [
        _moved(unseen_mass(part), rarefied_unseen(every, most))
        for part, every in zip(cut, whole, strict=True)
    ]
    found = {"richness": richness, "unseen_mass": unseen}
    for order in (1, 2):
        found[f"hill_number_{order}"] = [hill_number(every, order, space) for every in whole]
    return {name: Pair(one, other, difference(one, other)) for name, (one, other) in found.items()}


def _cut(counts: _Counts, num_draws: int, seed: int, stream: int) -> FrequencyCounts:
    if int(counts.sum()) > num_draws:
        rng = numpy_generator(seed, "permutation", 1 + stream)
        counts = rng.multivariate_hypergeometric(counts, num_draws, method="marginals")
    return FrequencyCounts.of_counts(counts)


def _moved(estimate: Estimate, value: float) -> Estimate:
    """The estimate at a better value, its interval moved along."""
    if estimate.interval is None:
        return replace(estimate, value=value)
    by = value - float(estimate)
    low, high = (None if end is None else max(end + by, 0.0) for end in estimate.interval)
    return replace(estimate, value=value, interval=(low, high))


class EqualCoverage(NamedTuple):
    """Richness where both samples have seen the same mass, and the draws that it took each."""

    coverage: float
    num_draws: tuple[int, int]
    pair: Pair


def at_equal_coverage(a: _Counts, b: _Counts, space: Space, seed: int) -> EqualCoverage:
    """Richness of both samples, rarefied to the sample coverage of the one that has less.

    The mass seen is estimated too: within a sample its error and that of the richness push the
    same way, so they are added; between samples they are independent.
    """
    whole = [FrequencyCounts.of_counts(counts) for counts in (a, b)]
    seen = [1.0 - rarefied_unseen(every, every.num_draws) for every in whole]
    coverage = min(seen)
    draws = [
        every.num_draws if mass == coverage else _draws_for(every, coverage)
        for every, mass in zip(whole, seen, strict=True)
    ]
    # What a false coverage moves is the richness of the sample that is cut.
    cut_one = 0 if seen[0] > seen[1] else 1
    slope = _slope(whole[cut_one], draws[cut_one])
    richness = []
    for stream, (counts, every, most) in enumerate(zip((a, b), whole, draws, strict=True)):
        part = _cut(counts, most, seed, 2 + stream)
        found = _moved(observed_richness(part, space), rarefied_value(every, most))
        richness.append(_widened(found, unseen_mass(part), slope))
    return EqualCoverage(
        coverage,
        (draws[0], draws[1]),
        Pair(richness[0], richness[1], difference(richness[0], richness[1])),
    )


def _draws_for(frequencies: FrequencyCounts, coverage: float) -> int:
    """Fewest draws of which the sample coverage comes to a share."""
    low, high = 1, frequencies.num_draws
    while low < high:
        middle = (low + high) // 2
        reached = 1.0 - rarefied_unseen(frequencies, middle) >= coverage
        low, high = (low, middle) if reached else (middle + 1, high)
    return low


def _slope(frequencies: FrequencyCounts, num_draws: int) -> float:
    """Ids met for each further mass seen."""
    before = max(1, round(0.8 * num_draws))
    if before == num_draws:
        return 0.0
    ids = rarefied_value(frequencies, num_draws) - rarefied_value(frequencies, before)
    mass = rarefied_unseen(frequencies, before) - rarefied_unseen(frequencies, num_draws)
    return ids / mass if mass > 0 else 0.0


def _widened(richness: Estimate, unseen: Estimate, slope: float) -> Estimate:
    below, above = _below(unseen), _above(unseen)
    if richness.interval is None or below is None or above is None:
        reason = richness.reason or unseen.reason or "the mass seen has no interval"
        return replace(richness, interval=None, reason=reason)
    low, high = richness.interval
    return replace(
        richness,
        interval=(
            None if low is None else max(low - slope * below, 0.0),
            None if high is None else high + slope * above,
        ),
    )
