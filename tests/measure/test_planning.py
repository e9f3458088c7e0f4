"""How many draws: answers from pilots against those of the laws that the pilots came from."""

import json
import math

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError, FluxtticeError
from fluxttice_core.measure.planning.apart import _power, laws_apart, noncentral_limits
from fluxttice_core.measure.planning.law import fit_law
from fluxttice_core.measure.planning.search import least_draws
from fluxttice_core.measure.planning.widths import _ends, _width

N = 300
RANK = np.arange(1, N + 1)
LAWS = {"uniform": np.ones(N), "zipf": 1.0 / RANK, "geometric": 0.97**RANK}
LAWS = {name: law / law.sum() for name, law in LAWS.items()}
WANTED = {
    "hill_number_2": (0.1, True),
    "unseen_mass": (0.02, False),
    "hill_number_1": (0.1, True),
}


def counted(law, num_draws, rng):
    return measure.FrequencyCounts.of_counts(rng.multinomial(num_draws, law))


def true_draws(law, figure, width, relative, rng):
    """The least n at which the median width is as wanted, of samples of the law itself."""
    space = measure.Space(len(law))

    def reached(n):
        widths = [_width(counted(law, n, rng), figure, space, relative=relative) for _ in range(31)]
        return np.median(widths) <= width

    return least_draws(reached, 2_000, 20, 10**7)


def widths_held(name, figure, runs, pilot=1_000):
    """How often the interval holds the true n, within 3 %; and how the value lies to it."""
    law, rng = LAWS[name], np.random.default_rng(3)
    width, relative = WANTED[figure]
    true = true_draws(law, figure, width, relative, rng)
    held, ratios = 0, []
    for seed in range(runs):
        plan = measure.draws_for_width(
            counted(law, pilot, rng), figure, width, relative=relative, space=N, seed=seed
        )
        low, high = plan.interval
        held += low <= 1.03 * true and (high is None or 1.03 * high >= true)
        ratios.append(plan.value / true)
    return held / runs, np.median(ratios)


@pytest.mark.parametrize(
    ("name", "figure"),
    [(name, "unseen_mass") for name in LAWS]
    + [("uniform", "hill_number_2"), ("geometric", "hill_number_2"), ("zipf", "hill_number_1")],
)
def test_the_draws_for_a_width(name, figure):
    held, ratio = widths_held(name, figure, 2)
    assert held >= 0.5
    assert 0.4 <= ratio <= 1.6


@pytest.mark.assurance
@pytest.mark.parametrize("figure", WANTED)
@pytest.mark.parametrize("name", LAWS)
def test_the_draws_for_a_width_in_many_pilots(name, figure):
    held, ratio = widths_held(name, figure, 100)
    assert held >= 0.9
    assert 0.5 <= ratio <= 1.5


def test_the_upper_end_allows_for_a_tail_that_the_pilot_hides():
    """3 % of the mass on ids too rare for the pilot to count: Chao1 sees hardly any of them."""
    law = np.concatenate([np.full(50, 0.88 / 50), np.full(300, 3e-4), np.full(50_000, 6e-7)])
    rng = np.random.default_rng(0)
    true = least_draws(
        lambda n: (
            np.median(
                [
                    _width(counted(law, n, rng), "unseen_mass", measure.Space(), relative=False)
                    for _ in range(9)
                ]
            )
            <= 0.005
        ),
        10_000,
        20,
        10**6,
    )
    ends = [
        measure.draws_for_width(counted(law, 600, rng), "unseen_mass", 0.005, seed=seed).interval
        for seed in range(4)
    ]
    assert all(low < true < high for low, high in ends)


def test_an_interval_of_the_planned_draws_is_as_wide_as_was_planned():
    rng, law = np.random.default_rng(0), LAWS["zipf"]
    plan = measure.draws_for_width(counted(law, 1_000, rng), "hill_number_2", 0.1, relative=True)
    widths = []
    for _ in range(40):
        low, high = measure.hill_number(counted(law, round(plan.interval[1]), rng), 2).interval
        widths.append((high - low) / float(measure.hill_number_of_masses(law, 2)))
    assert np.median(widths) <= 0.1
    assert np.median(widths) > 0.07


def test_more_draws_are_needed_for_less_width():
    counts = np.random.default_rng(1).multinomial(1_000, LAWS["zipf"])
    wide, narrow = (
        measure.draws_for_width(counts, "hill_number_2", width, relative=True)
        for width in (0.1, 0.05)
    )
    # As the inverse square.
    assert 3.0 < narrow.value / wide.value < 5.0


def test_absolute_and_relative_widths_are_the_same_question():
    counts = np.random.default_rng(1).multinomial(1_000, LAWS["geometric"])
    value = float(measure.hill_number(counts, 2))
    shares = measure.draws_for_width(counts, "hill_number_2", 0.1, relative=True)
    ids = measure.draws_for_width(counts, "hill_number_2", 0.1 * value)
    assert shares.value == pytest.approx(ids.value, rel=0.15)


def test_a_pilot_that_tells_too_little_gets_no_number():
    counts = measure.FrequencyCounts.of_histogram({1: 500, 2: 10})
    for plan in (
        measure.draws_for_width(counts, "hill_number_2", 0.1, relative=True),
        measure.draws_to_see(counts, 0.01),
    ):
        assert plan.value is None
        assert "the pilot is too small: 10 of its 520 draws repeat an id" in plan.reason


def test_a_width_that_no_draws_reach_gets_no_number():
    plan = measure.draws_for_width([60, 40, 20], "hill_number_2", 1e-9)
    assert (plan.value, plan.interval) == (None, None)
    assert "not reached by 10,000 times the draws" in plan.reason


# The fitted law.


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize("size", [None, N])
@pytest.mark.parametrize("name", LAWS)
def test_a_fitted_law_has_all_the_mass_and_the_unbiased_sum_of_squares(name, size, is_long):
    frequencies = counted(LAWS[name], 800, np.random.default_rng(2))
    law = fit_law(frequencies, size, is_long=is_long)
    assert law.masses.sum() + law.rest == pytest.approx(1.0)
    assert law.masses.min() >= 0.0
    squares = (law.masses**2).sum() + (law.rest**2 / law.num_rest if law.num_rest else 0.0)
    unbiased = frequencies.repeated_pairs / (800 * 799)
    assert squares == pytest.approx(max(unbiased, squares.clip(max=1 / N)), rel=0.02)


def test_a_fitted_law_of_a_space_that_was_drawn_whole_leaves_nothing():
    law = fit_law(measure.FrequencyCounts((1, 9), (1, 2)), 3)
    assert (law.rest, law.num_rest) == (0.0, 0)


def test_samples_of_a_fitted_law_have_its_tail():
    frequencies = measure.FrequencyCounts.of_histogram({1: 100, 2: 20, 60: 10})
    law, rng = fit_law(frequencies, is_long=True), np.random.default_rng(0)
    assert law.num_rest is None
    sample = law.sample(100_000, rng)
    assert sample.num_draws == 100_000
    # Of a tail without an end every draw is new.
    assert sample.seen(1) == pytest.approx(100_000 * law.rest, rel=0.05)


# A share of the mass.


@pytest.mark.parametrize("name", LAWS)
def test_the_draws_that_see_a_share_of_the_mass(name):
    law, rng, mass = LAWS[name], np.random.default_rng(5), 0.9
    true = measure.draws_to_reach(lambda n: 1.0 - float(law @ (1.0 - law) ** n), mass, 1e6)
    held, runs, values = 0, 40, []
    for _ in range(runs):
        plan = measure.draws_to_see(counted(law, 700, rng), mass)
        low, high = plan.interval
        held += low <= true and (high is None or high >= true)
        values.append(plan.value or math.inf)
    assert held / runs >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)
    assert 0.85 < np.median(values) / true < 1.15


def test_a_share_far_beyond_the_pilot_gets_a_least_number_alone():
    plan = measure.draws_to_see(np.random.default_rng(0).multinomial(300, LAWS["uniform"]), 0.999)
    assert plan.value is None
    assert "more than twice the 300 draws" in plan.reason
    assert plan.interval == (600.0, None)


# Two generators.

TILTED = RANK**-1.1 / (RANK**-1.1).sum()
STEPPED = np.where(RANK <= N // 2, 1.25, 0.75) / N


def apart(law_a, law_b, runs, pilot=1_500, **options):
    """True n; the share of intervals that hold it within a tenth; the values given."""
    rng = np.random.default_rng(7)
    masses = np.array([law_a, law_b, (law_a + law_b) / 2])
    true = least_draws(lambda n: _power(masses, n, 0.05, rng) >= 0.8, 1_000, 10, 10**5)
    held, values = 0, []
    for seed in range(runs):
        a, b = rng.multinomial(pilot, law_a), rng.multinomial(pilot, law_b)
        plan = measure.draws_to_tell_apart(a, b, seed=seed, **options)
        low, high = plan.interval
        held += low <= 1.1 * true and (high is None or 1.1 * high >= true)
        values.append(plan.value)
    return true, held / runs, values


@pytest.mark.parametrize(
    ("law_a", "law_b"), [(LAWS["zipf"], TILTED), (LAWS["uniform"], STEPPED)], ids=["tilt", "step"]
)
def test_the_draws_that_tell_two_generators_apart(law_a, law_b):
    true, held, values = apart(law_a, law_b, 3)
    assert held >= 0.6
    told = [value for value in values if value is not None]
    assert told
    assert 0.3 < np.median(told) / true < 3.5


@pytest.mark.assurance
@pytest.mark.parametrize(
    ("law_a", "law_b"), [(LAWS["zipf"], TILTED), (LAWS["uniform"], STEPPED)], ids=["tilt", "step"]
)
def test_the_draws_that_tell_two_generators_apart_in_many_pilots(law_a, law_b):
    _, held, _ = apart(law_a, law_b, 60)
    assert held >= 0.9


def test_simulated_power_is_that_of_the_test():
    rng = np.random.default_rng(1)
    masses = np.array([LAWS["zipf"], TILTED, (LAWS["zipf"] + TILTED) / 2])
    told = [
        measure.two_sample_test(
            rng.multinomial(700, masses[0]), rng.multinomial(700, masses[1]), num_permutations=99
        ).p_value
        <= 0.05
        for _ in range(100)
    ]
    assert _power(masses, 700, 0.05, rng) == pytest.approx(np.mean(told), abs=0.15)


def test_pilots_of_one_law_are_told_apart_by_no_number_of_draws():
    rng, values = np.random.default_rng(4), []
    for seed in range(4):
        a, b = (rng.multinomial(500, LAWS["zipf"]) for _ in range(2))
        plan = measure.draws_to_tell_apart(a, b, seed=seed)
        values.append(plan.value)
        assert plan.interval[0] >= 10
        if plan.value is None:
            assert plan.reason == "the pilots may be of one law: draw more, and plan again"
            assert plan.interval[1] is None
    assert values.count(None) >= 3


@pytest.mark.parametrize("num_ids", [1, 2, 3])
def test_few_ids_leave_no_rest_to_differ_in(num_ids):
    rng = np.random.default_rng(num_ids)
    for seed in range(6):
        a, b = (rng.multinomial(150, rng.dirichlet(np.ones(num_ids))) for _ in range(2))
        plan = measure.draws_to_tell_apart(a, b, seed=seed)
        low, high = plan.interval or (None, None)
        assert (low is None) == (num_ids == 1)
        if plan.value is not None:
            assert low <= plan.value <= (high or plan.value)


def test_the_difference_of_two_ids_is_what_two_shares_make_it():
    """0.9 and 0.7: the exact test of these is simulated, and the pilots bound its n."""
    masses = np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2]])
    rng = np.random.default_rng(0)
    true = least_draws(lambda n: _power(masses, n, 0.05, rng) >= 0.8, 100, 10, 10**4)
    low, high = measure.draws_to_tell_apart([270, 30], [210, 90]).interval
    assert low < true < high


def test_an_answer_reaches_as_far_below_as_its_pilots_stray_above():
    ends = _ends(100, [100, 98, 160], [100, 300])
    assert ends == (round(100**2 / 160), 300.0)
    assert _ends(100, [100, 50], [100, None]) == (50.0, None)
    assert _ends(100, [100, 50], [100]) == (50.0, 200.0)


def test_the_parts_of_a_difference_make_the_whole():
    """At the likeliest and beyond, laws differ along the pilots' difference, and mass is kept."""
    rng = np.random.default_rng(0)
    a, b = rng.multinomial(4_000, LAWS["zipf"]), rng.multinomial(2_000, TILTED)
    pooled = measure.FrequencyCounts.of_counts(a + b)
    distances = []
    for masses in laws_apart(a, b, pooled, rng):
        assert masses.sum(axis=1) == pytest.approx(1.0)
        distances.append(float(np.abs(masses[0] - masses[1]).sum()))
    assert distances == sorted(distances, reverse=True)
    true = float(np.abs(LAWS["zipf"] - TILTED).sum())
    assert distances[-1] < true < distances[0]


def test_limits_of_chi_square_against_simulation():
    rng = np.random.default_rng(0)
    for observed, freedom in ((18.0, 3), (150.0, 100)):
        low, high = noncentral_limits(observed, freedom, 2.0 * freedom)
        below = [
            np.mean(rng.noncentral_chisquare(freedom, end, 40_000) < observed)
            for end in (low, high)
        ]
        assert below == pytest.approx([0.975, 0.025], abs=0.01)
    assert noncentral_limits(2.0, 3.0, 6.0)[0] == 0.0


def test_pilots_that_hardly_repeat_get_no_number():
    a = np.append(np.ones(500, dtype=int), np.zeros(500, dtype=int))
    plan = measure.draws_to_tell_apart(a, a[::-1])
    assert (plan.value, plan.interval) == (None, None)
    assert plan.reason.startswith("A: the pilot is too small")
    b = np.append(np.full(40, 2), np.ones(900, dtype=int))
    plan = measure.draws_to_tell_apart(np.append(b, 0 * b), np.append(0 * b, b))
    assert "over half of the mass" in plan.reason


# The report, and what is refused.


def test_draws_and_counts_give_the_same_plan():
    draws = np.random.default_rng(0).choice(N, 900, p=LAWS["zipf"])
    of_draws = measure.plan_draws(draws, reach=0.9)
    of_counts = measure.plan_draws(np.bincount(draws), kind="counts", reach=0.9)
    chunks = measure.plan_draws(iter(np.split(draws, 9)), reach=0.9)
    assert of_draws.needed == of_counts.needed == chunks.needed
    assert of_draws.independence[0].order_known
    assert not of_counts.independence[0].order_known


def test_two_pilots_of_labels():
    rng = np.random.default_rng(0)
    a = [f"id {draw}" for draw in rng.choice(N, 900, p=LAWS["zipf"])]
    b = [f"id {draw}" for draw in rng.choice(N, 700)]
    report = measure.plan_draws(a, b, power=0.9, names=("a", "b"))
    assert (report.goal, report.num_draws, report.independent) == ("apart", (900, 700), True)
    assert report.needed.value < 300
    record = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert record["needed"]["value"] == report.needed.value
    assert record["wanted"] == {"power": 0.9, "level": 0.05}


def test_dependent_pilots_get_no_number():
    draws = np.sort(np.random.default_rng(0).choice(N, 900, p=LAWS["zipf"]))
    for report in (
        measure.plan_draws(draws, reach=0.9),
        measure.plan_draws(draws, figure="hill_number_2", width=0.1),
        measure.plan_draws(draws, draws[::-1]),
    ):
        assert not report.independent
        assert report.needed.value is report.needed.interval is None
        assert report.needed.reason == "the draws are not independent"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: measure.plan_draws([0, 1, 1]),
        lambda: measure.plan_draws([0, 1, 1], reach=0.9, width=1.0, figure="hill_number_1"),
        lambda: measure.plan_draws([0, 1, 1], width=1.0),
        lambda: measure.plan_draws([0, 1, 1], figure="hill_number_1"),
        lambda: measure.plan_draws([0, 1, 1], reach=0.9, kind="masses"),
        lambda: measure.plan_draws([], reach=0.9),
        lambda: measure.plan_draws(iter([]), reach=0.9),
        lambda: measure.plan_draws(["a", "b"], reach=0.9, space=1),
        lambda: measure.plan_draws(["a", "a"], ["b", "b"], space=1),
        lambda: measure.draws_to_see([1, 2], 1.0),
        lambda: measure.draws_to_see([1, 2], "0.5"),
        lambda: measure.draws_for_width([1, 2], "ratio", 0.1, space=9),
        lambda: measure.draws_for_width([1, 2], "hill_number_1", 0.1),
        lambda: measure.draws_for_width([1, 2], "hill_number_2", 0.0),
        lambda: measure.draws_for_width([1, 2], "hill_number_2", "wide"),
        lambda: measure.draws_to_tell_apart([1, 2], [1, 2, 3]),
        lambda: measure.draws_to_tell_apart([1, 2], [1, 2], power=0.04),
        lambda: measure.draws_to_tell_apart([1, 2], [1, 2], power="0.8"),
        lambda: measure.draws_to_tell_apart([1, 2], [1, 2], level=1.0),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(DrawsError, match="expected") as error:
        wrong()
    assert isinstance(error.value, FluxtticeError)


@pytest.mark.parametrize("least", [1, 50])
@pytest.mark.parametrize("start", [1, 50, 3_000, 10**6])
@pytest.mark.parametrize("true", [1, 3, 49, 51, 777, 90_000])
def test_the_search_comes_within_three_per_cent(true, start, least):
    found = least_draws(lambda n: n >= true, start, least, 10**6)
    assert max(true, least) <= found <= max(1.031 * true + 1, least)
