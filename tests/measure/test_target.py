"""A known target: known numbers, brute force over every multinomial outcome, and simulation."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from tests.support import hyper_grid

RNG = np.random.default_rng
SIZE = 19_683


def outcomes(q, n):
    """Every outcome of n draws as counts, and its probability."""
    for counts in itertools.product(range(n + 1), repeat=len(q)):
        if sum(counts) == n:
            ways = math.factorial(n) / math.prod(map(math.factorial, counts))
            yield np.array(counts), ways * math.prod(p**c for p, c in zip(q, counts, strict=True))


def expectation(q, n, statistic):
    return sum(chance * statistic(counts) for counts, chance in outcomes(q, n))


@pytest.mark.parametrize(
    ("ndim", "height", "n", "floor"),
    [
        (2, 8, 1_000, 0.1627),
        (2, 8, 200_000, 0.01145),
        (2, 16, 1_000, 0.3426),
        (2, 16, 200_000, 0.02409),
        (4, 8, 1_000, 1.3443),
        (4, 8, 200_000, 0.10650),
        (4, 16, 1_000, 1.9354),
        (4, 16, 200_000, 0.43453),
    ],
)
def test_the_floor_of_l1_on_the_grids_of_torchgfn(ndim, height, n, floor):
    digits = 4 if n == 1_000 else 5
    assert round(measure.l1_floor(hyper_grid(ndim, height), n), digits) == floor


def test_the_floor_and_the_limit_at_19683_ids():
    assert round(measure.l1_floor(np.full(SIZE, 1 / SIZE), 200_000), 5) == 0.24989
    # evidence: the defaults of torchgfn at (9, 3) have a limit of 99.988 % at 200,000
    limit = measure.expected_coverage(hyper_grid(9, 3), 200_000)
    assert round(100 * limit, 3) == 99.988


@pytest.mark.parametrize(
    "q", [[0.5, 0.5], [0.7, 0.2, 0.1], [0.97, 0.02, 0.01], [1.0], [0.25, 0.75]]
)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_floor_is_the_mean_over_all_outcomes(q, n):
    mean = expectation(q, n, lambda c: np.abs(c / n - q).sum())
    assert measure.l1_floor(q, n) == pytest.approx(mean, abs=1e-11)


def test_the_floor_of_huge_n():
    # n q is large: the mean deviation is that of the normal law
    floor = measure.l1_floor([0.5, 0.5], 10**9)
    assert floor == pytest.approx(2 * math.sqrt(2 * 0.25 / math.pi / 10**9), rel=1e-4)


def test_chi_square_is_unbiased_over_all_outcomes():
    p, q = [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]
    mean = expectation(p, 5, lambda c: float(measure.chi_square_to_target(c, q)))
    assert mean == pytest.approx(sum(a * a / b for a, b in zip(p, q, strict=True)) - 1, abs=1e-12)


def test_simulated_floors_are_those_of_all_outcomes():
    q, n = [0.6, 0.3, 0.1], 6
    counts = np.array([5, 0, 1])
    floors = measure.perfect_sampler_floors(counts, q, num_simulations=20_000, seed=3)
    functions = {
        "l1": measure.l1_to_target,
        "total_variation": measure.total_variation_to_target,
        "chi_square": measure.chi_square_to_target,
        "jensen_shannon": measure.jensen_shannon_to_target,
        "kullback_leibler": measure.kl_from_target,
    }
    assert set(floors) == set(functions)
    for name, function in functions.items():
        observed = float(function(counts, q))
        mean = expectation(q, n, lambda c, f=function: float(f(c, q)))
        square = expectation(q, n, lambda c, f=function: float(f(c, q)) ** 2)
        tail = expectation(
            q, n, lambda c, f=function, least=observed: float(f(c, q)) >= least - 1e-12
        )
        floor = floors[name]
        error = math.sqrt((square - mean**2) / 20_000)
        assert abs(floor.mean - mean) < 5 * error + 1e-12, name
        assert floor.standard_deviation == pytest.approx(math.sqrt(square - mean**2), rel=0.05)
        assert abs(floor.p_value - tail) < 5 * math.sqrt(tail / 20_000), name
        assert floor.excess == pytest.approx((observed - floor.mean) / floor.standard_deviation)


@pytest.mark.parametrize("size", [6, 500])
def test_the_p_values_of_a_perfect_sampler_are_uniform(size):
    q = RNG(1).dirichlet(np.ones(size))
    runs = RNG(2).multinomial(300, q, size=300)
    values = [
        measure.perfect_sampler_floors(run, q, num_simulations=99, seed=seed)
        for seed, run in enumerate(runs)
    ]
    for name in values[0]:
        p = np.sort([floors[name].p_value for floors in values])
        # Kolmogorov and Smirnov, at one in a thousand; ties only make it larger
        steps = np.arange(1, 301) / 300
        assert (steps - p).max() < 1.95 / math.sqrt(300) + 0.01, name
        assert np.mean(p <= 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300), name


def test_a_wrong_sampler_is_noticed_and_a_perfect_one_is_not():
    q = hyper_grid(4, 8)
    wrong = 0.8 * q + 0.2 / len(q)
    told = {"perfect": 0, "wrong": 0}
    for name, p in (("perfect", q), ("wrong", wrong)):
        for seed in range(40):
            counts = RNG(seed).multinomial(5_000, p)
            report = measure.against_target(
                counts, q, kind="counts", num_simulations=199, seed=seed
            )
            told[name] += report.told_apart
    assert told["perfect"] <= 7
    assert told["wrong"] == 40


def test_draws_more_even_than_chance_lie_below_the_floor():
    q = np.full(100, 0.01)
    report = measure.against_target(np.full(100, 30), q, kind="counts", num_simulations=99)
    assert not report.independence.holds
    assert report.l1 == pytest.approx(0.0)
    assert report.floors["l1"].excess is None
    assert report.told_apart is None
    assert report.estimates["l1"].limit > 0.1


def test_mass_outside_the_target_is_apart_and_chi_square_infinite():
    q = [0.5, 0.5, 0.0]
    report = measure.against_target([0, 1, 1, 0, 2, 7, -3, 0], q, num_simulations=99)
    outside = report.estimates["mass_outside"]
    assert outside.value == 3 / 8
    assert outside.interval == measure.binomial_interval(3, 8)
    assert report.chi_square is None
    assert "infinite" in report.estimates["chi_square"].reason
    assert report.p_value == 0.0
    assert report.told_apart
    assert report.l1 == pytest.approx(abs(3 / 8 - 0.5) + abs(2 / 8 - 0.5) + 3 / 8)
    assert report.num_draws == 8
    assert report.space_size == 3


def test_draws_outside_are_no_ids_of_the_target_in_its_ratio():
    limit = 2 * measure.expected_coverage(np.array([0.5, 0.5]), 40)
    ratio = measure.ratio_to_target([10, 0, 30], [0.5, 0.5, 0.0])
    low, high = measure.observed_richness([10, 30], 3).interval
    assert ratio.value == pytest.approx(1 / limit)
    assert ratio.interval == pytest.approx(((low - 1) / limit, (high - 1) / limit))


def test_no_p_value_is_less_than_one_over_one_more_than_the_runs():
    floors = measure.perfect_sampler_floors([50, 0], [0.5, 0.5], num_simulations=99)
    assert {floor.p_value for floor in floors.values()} == {0.01}


def test_all_draws_outside():
    report = measure.against_target([5, 6], [0.5, 0.5], num_simulations=19)
    assert report.l1 == 2.0
    assert report.jensen_shannon == pytest.approx(math.log(2))
    assert report.coverage == 0.0


def test_exact_binomial_limits():
    for count, n in ((0, 10), (3, 8), (8, 8), (50, 1_000)):
        low, high = measure.binomial_interval(count, n)
        terms = [math.comb(n, k) for k in range(n + 1)]

        def tail(p, ks, terms=terms, n=n):
            return sum(terms[k] * p**k * (1 - p) ** (n - k) for k in ks)

        if count:
            assert tail(low, range(count, n + 1)) == pytest.approx(0.025)
        if count < n:
            assert tail(high, range(count + 1)) == pytest.approx(0.025)
    assert measure.binomial_interval(10**8, 10**9)[0] == pytest.approx(0.1, rel=1e-3)


def test_modes():
    q = hyper_grid(2, 8)
    counts = RNG(0).multinomial(1_000, q)
    met = measure.modes_met(counts, q)
    modes = np.isclose(q, q.max())
    assert met.value == np.count_nonzero(counts[modes])
    assert met.limit == pytest.approx((1 - (1 - q[modes]) ** 1_000).sum())
    drawn = measure.mass_of_modes(counts, q)
    assert drawn.value == counts[modes].sum() / 1_000
    assert drawn.limit == pytest.approx(q[modes].sum())
    with pytest.raises(DrawsError, match="expected from 1 to 64 modes"):
        measure.modes_met(counts, q, 65)


def test_the_limit_is_that_of_the_target_not_of_dice():
    q = 1.0 / np.arange(1, 1_001)
    q /= q.sum()
    ratios = [
        float(measure.ratio_to_target(RNG(seed).multinomial(500, q), q)) for seed in range(200)
    ]
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.005)


def test_draws_counts_and_rows_are_the_same_question():
    space = measure.WordSpace(2, 3, lowest=-1)
    q = np.arange(1, 10) / 45
    draws = RNG(0).choice(9, 400, p=q)
    by_draws = measure.against_target(draws, q, num_simulations=99).as_dict()
    by_rows = measure.against_target(space.rows(draws), q, space=space, num_simulations=99)
    chunks = iter(np.split(draws, 4))
    by_chunks = measure.against_target(chunks, q, num_simulations=99)
    counts = np.bincount(draws, minlength=9)
    by_counts = measure.against_target(counts, q, kind="counts", num_simulations=99)
    assert by_draws == by_rows.as_dict() == by_chunks.as_dict()
    # Of counts the order is not known, and so less of their independence.
    assert not by_counts.independence.could_tell
    unordered = {"source": "draws", "independence": by_draws["independence"]}
    assert by_draws == by_counts.as_dict() | unordered


def test_adding_a_figure_is_one_function_and_one_registration():
    def commonest(sample, _):
        return measure.Estimate(int(np.max(sample.counts)), unit="draws", method="exact count")

    measure.OF_TARGET.add("commonest", "draws of the commonest", commonest, is_count=True)
    try:
        report = measure.against_target([2, 1], [0.5, 0.5], kind="counts", num_simulations=19)
    finally:
        measure.OF_TARGET.remove("commonest")
    assert report.as_dict()["estimates"]["commonest"]["value"] == 2


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1], [0.5, 0.6]), {}, "add up to 1, got a sum of 1.1; divide rewards by their sum"),
        (([0, 1], [1.5, -0.5]), {}, "that of id 1 is -0.5"),
        (([0, 1], [math.nan, 1.0]), {}, "that of id 0 is nan"),
        (([0, 1], [[1.0]]), {}, "got shape"),
        (([0, 1], []), {}, "got shape"),
        (([0, 1], "many"), {}, "expected masses"),
        (([0.5], [1.0]), {}, "whole numbers"),
        (([], [1.0]), {}, "at least one draw"),
        ((["C", "CC"], [0.5, 0.5]), {}, "not known which mass is whose"),
        (([[0, 1]], [0.5, 0.5]), {}, "not known which mass is whose"),
        (([0], [0.5, 0.5]), {"space": 3}, "one for each mass of the target"),
        (([0], [0.5, 0.5]), {"num_simulations": 5}, "at least 19 simulations"),
        (([0], [0.5, 0.5]), {"num_modes": 0}, "from 1 to 2 modes"),
        (([0], [0.5, 0.5]), {"kind": "masses"}, "kind 'draws' or 'counts'"),
        (([1, 2, 3], [0.5, 0.5]), {"kind": "counts"}, "each of the 2 masses"),
        (([-1, 2], [0.5, 0.5]), {"kind": "counts"}, "some below 0"),
        (([0, 0], [0.5, 0.5]), {"kind": "counts"}, "at least one draw"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(DrawsError, match=message):
        measure.against_target(*arguments, **options)
