"""Intervals of draws against a target hold in 93.5 of 100 simulated data sets or more.

500 data sets of each kind by ``make assurance``; fewer, with their own noise, by ``make test``.
"""

import math

import numpy as np
import pytest

from fluxttice_core import measure

N = 400
RANK = np.arange(1, N + 1)
TARGETS = {
    "uniform": np.ones(N),
    "zipf": 1.0 / RANK,
    "steep": RANK**-1.5,
    "two-level": np.where(RANK <= N // 2, 9.0, 1.0),
    "log-normal": np.exp(1.5 * np.random.default_rng(0).standard_normal(N)),
}
HELD = 0.935


def generators(q):
    yield "perfect", q
    yield "noisy", 0.8 * q + 0.2 / N
    yield "one id too often", 0.98 * q + 0.02 * (RANK == N)
    yield "half", np.where(RANK % 2, q, 0.0) / q[RANK % 2 == 1].sum()
    skewed = q * np.random.default_rng(5).gamma(1.0, 1.0, N)
    yield "skewed", skewed / skewed.sum()


def share_held(q, p, n, num):
    """Of chi-square and of the ratio: share of the intervals given that hold the truth."""
    truth = {
        "chi-square": float((p * p / q).sum() - 1.0),
        "ratio": measure.expected_coverage(p, n) / measure.expected_coverage(q, n),
    }
    functions = {"chi-square": measure.chi_square_to_target, "ratio": measure.ratio_to_target}
    held = {name: [] for name in truth}
    for counts in np.random.default_rng([1, n]).multinomial(n, p, size=num):
        for name, function in functions.items():
            interval = function(counts, q).interval
            if interval is not None:
                low, high = interval
                held[name].append(low - 1e-9 <= truth[name] <= high + 1e-9)
    return {name: (float(np.mean(values)), len(values)) for name, values in held.items() if values}


def simulate(target, n, num):
    q = TARGETS[target] / TARGETS[target].sum()
    return {name: share_held(q, p, n, num) for name, p in generators(q)}


def check(found):
    for name, each in found.items():
        for figure, (share, given) in each.items():
            least = HELD - 3 * math.sqrt(HELD * (1 - HELD) / given)
            assert share >= least, (figure, name, share)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n", [200, 500, 1_500, 6_000])
def test_intervals_hold(target, n):
    check(simulate(target, n, 100))


@pytest.mark.assurance
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n", [200, 500, 1_500, 6_000, 50_000])
def test_intervals_hold_in_many_data_sets(target, n, intervals_record):
    found = simulate(target, n, 2_000)
    regimes = {f"{n:,} draws of a {name} generator": each for name, each in found.items()}
    intervals_record("target", f"{target}, {n:,} draws", 2_000, regimes)
    check(found)


def test_whether_chi_square_has_an_interval_depends_on_the_target_and_n_alone():
    q = TARGETS["steep"] / TARGETS["steep"].sum()
    for n, given in ((500, False), (6_000, True)):
        for counts in np.random.default_rng(3).multinomial(n, q, size=30):
            assert (measure.chi_square_to_target(counts, q).interval is not None) is given


@pytest.mark.parametrize("rare", [0.02, 0.05, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("n", [20, 60, 200, 500])
def test_chi_square_of_a_coin_holds_for_every_coin(rare, n):
    """Exactly, over every outcome: no simulation."""
    intervals = [measure.chi_square_to_target([c, n - c], [rare, 1 - rare]) for c in range(n + 1)]
    if intervals[0].interval is None:
        assert all(found.interval is None for found in intervals)
        return
    low, high = np.array([found.interval for found in intervals]).T
    ways = np.array([float(math.comb(n, c)) for c in range(n + 1)])
    c = np.arange(n + 1)
    for p in np.linspace(0.004, 0.996, 249):
        truth = p * p / rare + (1 - p) ** 2 / (1 - rare) - 1
        chance = ways * p**c * (1 - p) ** (n - c)
        assert chance[(low - 1e-12 <= truth) & (truth <= high + 1e-12)].sum() >= HELD, p
