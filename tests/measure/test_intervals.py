"""Every published 95 % interval holds in 93.5 of 100 simulated data sets or more, and is not wide.

2,000 data sets of each shape and size by ``make assurance``; fewer, with their own noise allowed
for, by ``make test``.
"""

import math
from collections import defaultdict

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.measure import (
    FrequencyCounts,
    chao1,
    distinct_variance,
    expected_coverage,
    hill_number,
    hill_number_of_masses,
    observed_richness,
    poisson_interval,
    run_interval,
    uniform_coverage,
    unseen_mass,
)

N = 400
RANK = np.arange(1, N + 1)
SHAPES = {
    "uniform": np.ones(N),
    "dirichlet": np.random.default_rng(1).dirichlet(np.ones(N)),
    "zipf": 1.0 / RANK,
    "two-level": np.where(RANK <= N // 2, 9.0, 1.0),
    "geometric": 0.97**RANK,
    "hidden-tail": np.where(RANK <= 50, 1.0, 7e-5),
    "steep": 0.5 ** np.minimum(RANK, 60),
}
OTHER_SHAPES = {  # in spaces of other sizes
    "sparse-dirichlet": lambda size: np.random.default_rng(9).dirichlet(np.full(size, 0.3)),
    "steeper-zipf": lambda size: np.arange(1, size + 1) ** -1.5,
    "log-normal": lambda size: np.exp(1.2 * np.random.default_rng(9).standard_normal(size)),
    "uneven-levels": lambda size: np.where(np.arange(size) < size // 4, 5.0, 1.0),
    "uniform": np.ones,
}
SIZES = (100, 400, 1_000, 1_500, 2_500, 6_000)
HELD, WIDE = 0.935, 1.4
NORMAL = 2 * 1.959963984540054


def masses(shape):
    return SHAPES[shape] / SHAPES[shape].sum()


def simulate(shape, n, num):
    return simulate_masses(masses(shape), n, num, seed=0)


def simulate_masses(p, n, num, seed):
    """Name -> (share of intervals that hold, how many were given, width over that of the truth).

    The width is left out where the true spread is under one and a half ids (or draws, for a mass):
    of counts as small as that, exact limits are wider themselves.
    """
    size = len(p)
    truth = size * expected_coverage(p, n)
    hill = {order: hill_number_of_masses(p, order) for order in (1, 2)}
    held, widths, estimates = defaultdict(list), defaultdict(list), defaultdict(list)

    def see(name, interval, value, estimate):
        estimates[name].append(estimate)
        if interval is not None:
            low, high = interval
            high = math.inf if high is None else high
            held[name].append(low - 1e-9 <= value <= high + 1e-9)
            widths[name].append(high - low)

    for sample in np.random.default_rng([seed, n]).multinomial(n, p, size=num):
        counts = FrequencyCounts.of_counts(sample)
        seen, mass = counts.observed_richness, float(p[sample == 0].sum())
        see("richness", observed_richness(counts).interval, truth, seen)
        see("richness, space known", observed_richness(counts, size).interval, truth, seen)
        error = n * mass - counts.seen(1)
        low, high = unseen_mass(counts).interval
        see("unseen mass", (n * low, n * high), n * mass, error)
        see("chao1", chao1(counts).interval, np.count_nonzero(p), 0.0)
        for order, truth_of in hill.items():
            found = hill_number(counts, order)
            value = math.inf if found.value is None else found.value
            see(f"hill {order}", found.interval, truth_of, value)
    found = {name: summary(held[name], widths[name], estimates[name]) for name in held}
    if "hill 1" in found and (p * (1 - p) ** n).sum() > 0.03:
        # Much is unseen, and how much entropy that holds cannot be known: wide, and must be.
        found["hill 1"] = (*found["hill 1"][:2], None)
    return found


def summary(held, widths, estimates):
    spread = float(np.std(estimates)) if np.isfinite(estimates).all() else math.nan
    width = float(np.mean(widths)) / (NORMAL * spread) if spread >= 1.5 else None
    return float(np.mean(held)), len(held), width if width and math.isfinite(width) else None


def check(found, share_of):
    for name, (share, given, width) in found.items():
        least = 0.95 if name == "chao1" else HELD
        assert share >= least - share_of(least, given), (name, share, given)
        assert width is None or width <= WIDE + share_of(0, given), (name, width)


def noise(least, given):
    """Three binomial errors, and as much of a width as so few data sets leave open."""
    return 3 * math.sqrt(least * (1 - least) / given) if least else 3 * math.sqrt(0.5 / given)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", SIZES)
def test_intervals_from_draws(shape, n):
    check(simulate(shape, n, 300), noise)


def record_of(found):
    return {
        f"{n:,} draws": {name: (share, given) for name, (share, given, _) in each.items()}
        for n, each in found.items()
    }


@pytest.mark.assurance
@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_from_draws_at_length(shape, intervals_record):
    found = {n: simulate(shape, n, 2_000) for n in SIZES}
    intervals_record("draws", f"{shape}, {N} ids", 2_000, record_of(found))
    for n, each in found.items():
        try:
            check(each, lambda *_: 0.0)
        except AssertionError as error:
            raise AssertionError(f"n = {n}: {error}") from None


@pytest.mark.assurance
@pytest.mark.parametrize("size", [60, 1_500])
@pytest.mark.parametrize("shape", OTHER_SHAPES)
def test_intervals_in_other_spaces(shape, size, intervals_record):
    weights = OTHER_SHAPES[shape](size)
    found = {
        n: simulate_masses(weights / weights.sum(), n, 2_000, seed=5)
        for n in (5 * size, 15 * size, max(300, size // 2))
    }
    intervals_record("draws", f"{shape}, {size:,} ids", 2_000, record_of(found))
    for each in found.values():
        check(each, lambda *_: 0.0)


def run_shares(shape, n, num):
    """Share of real runs inside :func:`run_interval`, and its width over the true spread."""
    p = masses(shape)
    low, high = run_interval(p, n, expected=expected_coverage(p, n))
    runs = np.random.default_rng(n).multinomial(n, p, size=num)
    coverage = np.count_nonzero(runs, axis=1) / N
    spread = N * float(np.std(coverage))
    width = N * (high - low) / (NORMAL * spread) if spread >= 1 else None
    return float(np.mean((coverage >= low - 1e-12) & (coverage <= high + 1e-12))), num, width


# Where the few unseen are nearly certain to be unseen their number is fixed, not Poisson: wide.
RUNS = ("uniform", "dirichlet", "zipf", "two-level", "geometric")


@pytest.mark.parametrize("shape", RUNS)
@pytest.mark.parametrize("n", [100, 1_500, 2_400])
def test_one_real_run(shape, n):
    check({"run": run_shares(shape, n, 300)}, noise)


@pytest.mark.assurance
def test_one_real_run_at_length(intervals_record):
    found = {
        f"{shape}, {n}": run_shares(shape, n, 2_000) for shape in RUNS for n in (*SIZES, 2_400)
    }
    record = {where: {"one real run": share} for where, (share, _, _) in found.items()}
    intervals_record("known masses", f"{N} ids", 2_000, record)
    check(found, lambda *_: 0.0)


@pytest.mark.parametrize(("size", "n"), [(400, 2_400), (400, 1_600), (19_683, 195_000)])
def test_where_about_one_is_unseen(size, n):
    """The number unseen is nearly Poisson: the exact interval holds."""
    mean = size * (1 - uniform_coverage(n, size))
    low, high = poisson_interval(mean)
    rng = np.random.default_rng(5)
    num = 2_000 if size == 400 else 150
    p = np.full(size, 1 / size)
    unseen = np.array([np.count_nonzero(rng.multinomial(n, p) == 0) for _ in range(num)])
    share = np.mean((unseen >= low) & (unseen <= high))
    assert share >= HELD - (0 if num == 2_000 else noise(HELD, num))
    assert high - low <= 2 + 1.4 * NORMAL * math.sqrt(mean)


def test_the_ratio_is_the_interval_over_the_limit():
    counts = FrequencyCounts.of(np.random.default_rng(6).integers(0, N, 1_000))
    report = measure.counts(counts, space=N)
    low, high = observed_richness(counts, N).interval
    limit = N * uniform_coverage(1_000, N)
    assert report.ratio == pytest.approx(counts.observed_richness / limit)
    assert report.ratio_ci == pytest.approx((low / limit, high / limit))
    assert report.observed_richness_ci == (low, high)


def test_the_check_fails_on_intervals_that_are_wrong():
    """Half as wide, or half as wide again: both are caught at 300 data sets."""
    rng = np.random.default_rng(7)
    errors = rng.standard_normal(300) * 10
    for factor, good in ((1.0, True), (0.6, False), (1.7, False)):
        half = factor * NORMAL / 2 * 10
        found = {"x": summary(np.abs(errors) <= half, np.full(300, 2 * half), errors)}
        if good:
            check(found, noise)
        else:
            with pytest.raises(AssertionError):
                check(found, noise)


@pytest.mark.parametrize("n", [50, 400, 1_500])
def test_the_variance_of_distinct_ids(n):
    p = masses("dirichlet")
    runs = np.random.default_rng(8).multinomial(n, p, size=4_000)
    variance = np.var(np.count_nonzero(runs, axis=1))
    assert distinct_variance(p, n) == pytest.approx(variance, rel=0.15)
