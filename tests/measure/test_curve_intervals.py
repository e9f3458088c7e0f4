"""Intervals along the curves hold in 93.5 of 100 simulated data sets or more, in every tail.

1,500 data sets of each law and size by ``make assurance``; fewer, with their own noise allowed for,
by ``make test``.
"""

import math
from collections import defaultdict

import numpy as np
import pytest

from fluxttice_core.measure import (
    FrequencyCounts,
    expected_coverage,
    extrapolated_richness,
    good_toulmin,
    observed_richness,
    richness_at_coverage,
    richness_curve,
    sample_coverage_curve,
)


def ranks(size):
    return np.arange(1, size + 1.0)


LAWS = {
    "uniform-400": lambda: np.ones(400),
    "uniform-19683": lambda: np.ones(19_683),
    "uniform-1e6": lambda: np.ones(10**6),
    "zipf-1": lambda: 1 / ranks(19_683),
    "zipf-1.1-1e6": lambda: ranks(10**6) ** -1.1,
    "zipf-1.2": lambda: ranks(19_683) ** -1.2,
    "zipf-1.5": lambda: ranks(19_683) ** -1.5,
    "log-normal-1.2": lambda: np.exp(1.2 * np.random.default_rng(9).standard_normal(2_000)),
    "log-normal-2": lambda: np.exp(2 * np.random.default_rng(9).standard_normal(20_000)),
    "two-level": lambda: np.where(ranks(400) <= 200, 9.0, 1.0),
    "geometric": lambda: 0.97 ** ranks(400),
}
SHARES = (0.05, 0.25, 0.6, 0.95, 1.25, 1.5, 2.0, 4.0)
HELD = 0.935


def simulate(law, n, num):
    """Name -> (share of intervals that hold, how many were given)."""
    p = LAWS[law]()
    p /= p.sum()
    wanted = [max(2, int(share * n)) for share in SHARES]
    richness = {m: len(p) * expected_coverage(p, m) for m in [*wanted, n]}
    coverage = {m: 1.0 - float((p * np.exp(m * np.log1p(-p))).sum()) for m in wanted}
    held = defaultdict(list)

    def see(name, estimate, truth):
        if estimate.interval is not None:
            low, high = estimate.interval
            high = math.inf if high is None else high
            held[name].append(low - 1e-9 <= truth <= high + 1e-9)

    cumulative = np.cumsum(p)
    rng = np.random.default_rng([3, n])
    for _ in range(num):
        draws = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
        counts = FrequencyCounts.of(draws)
        for m, share in zip(wanted, SHARES, strict=True):
            see(f"richness at {share} n", richness_curve(counts, [m])[m], richness[m])
            see(f"coverage at {share} n", sample_coverage_curve(counts, [m])[m], coverage[m])
            if share <= 2.0:
                at = richness_at_coverage(counts, coverage[m])
                see(f"richness at the coverage of {share} n", at, richness[m])
            if share > 1.0:
                found = good_toulmin(counts, m / n - 1.0)
                see(f"new ids to {share} n", found, richness[m] - richness[n])
    return {name: (float(np.mean(each)), len(each)) for name, each in held.items()}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [300, 2_000])
def test_intervals_of_the_curves(law, n):
    for name, (share, given) in simulate(law, n, 60).items():
        assert share >= HELD - 3 * math.sqrt(HELD * (1 - HELD) / given), (name, share, given)


@pytest.mark.assurance
@pytest.mark.parametrize("law", LAWS)
def test_intervals_of_the_curves_at_length(law, intervals_record):
    found = {n: simulate(law, n, 1_500) for n in (300, 2_000)}
    intervals_record("curves", law, 1_500, {f"{n:,} draws": each for n, each in found.items()})
    for n, each in found.items():
        for name, (share, given) in each.items():
            # Of a few data sets only, their own noise.
            noise = 0.0 if given > 1_000 else 3 * math.sqrt(HELD * (1 - HELD) / given)
            assert share >= HELD - noise, (n, name, share, given)


def test_at_n_the_interval_is_that_of_what_was_observed():
    counts = FrequencyCounts.of(np.random.default_rng(1).integers(0, 500, 800))
    for space in (None, 500):
        at_n = richness_curve(counts, [800], space)[800]
        assert at_n.interval == observed_richness(counts, space).interval


@pytest.mark.parametrize("space", [None, 450, 10**6])
def test_intervals_hold_their_value_and_stay_possible(space):
    rng = np.random.default_rng(2)
    vectors = [[1], [1, 1, 1], [5], [1, 1], [2, 2], [1] * 400, [1] * 40 + [400], [3] * 100]
    vectors += [rng.poisson(rng.gamma(0.5, 4.0, 90)).tolist() for _ in range(60)]
    for vector in vectors:
        counts = FrequencyCounts.of_counts(np.array(vector))
        n = counts.num_draws
        wanted = sorted({1, max(1, n // 2), n, n + 1, 2 * n, 50 * n})
        for m, found in richness_curve(counts, wanted, space).items():
            low, high = found.interval
            assert min(m, 1) <= low <= float(found) + 1e-9, (vector, m)
            assert float(found) - 1e-9 <= high <= min(m, space or m), (vector, m)


def test_the_check_fails_on_intervals_that_are_too_narrow(monkeypatch):
    monkeypatch.setattr("fluxttice_core.measure.curves.curve_intervals.Z95", 1.2)
    found = simulate("zipf-1", 2_000, 60)
    share, given = found["richness at 0.6 n"]
    assert share < HELD - 3 * math.sqrt(HELD * (1 - HELD) / given)


def test_no_id_drawn_twice_is_no_certainty_that_there_are_none():
    """The lower end is that of as many ids drawn twice as Poisson limits allow beside none."""
    counts, unseen = [1] * 60 + [3] * 60, 60 * 59 / (2 * (3.689 + 1))
    new = -unseen * math.expm1(720 * math.log1p(-60 / (240 * unseen + 60)))
    low, _ = extrapolated_richness(counts, 960).interval
    assert low <= 120 + new


def test_the_extrapolation_says_more_where_the_space_is_known():
    counts = FrequencyCounts.of(np.random.default_rng(1).integers(0, 500, 800))
    free, bound = (extrapolated_richness(counts, 3_000, space) for space in (None, 500))
    assert bound.interval[1] <= 500 < free.interval[1]
