"""The report on draws: its fields, its degenerate cases, and that on a distribution."""

import copy
import itertools
import json
import math
import os
import pickle
import signal

import numpy as np
import pytest

from fluxttice_core import coverage_report, measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.gates.operations import GATES, generate_all_operations
from fluxttice_core.measure import (
    FrequencyCounts,
    WordSpace,
    chao1,
    check_independence,
    distribution,
)

NAMED = ("observed_richness", "chao1", "good_turing_coverage", "unseen_mass", "hill_numbers")


def measured(chunks, *, reference=None, **options):
    """The report on chunks of draws, against chunks of a reference."""
    reference = None if reference is None else iter(reference)
    return measure.draws(iter(chunks), reference=reference, known_spaces=(GATES,), **options)


def strict(report):
    """The report through JSON as the standard has it: no NaN, no infinity."""
    return json.loads(json.dumps(report.as_dict(), allow_nan=False))


def test_the_figures_of_a_sample():
    draws = np.random.default_rng(0).integers(0, 500, 1_000)
    report = measured([draws[:300], draws[300:]], space=500, num_draws=(100, 1_500, 9_999))
    counts = FrequencyCounts.of(draws)
    assert report.num_draws == 1_000
    assert report.observed_richness == len(set(draws.tolist()))
    assert report.coverage == report.observed_richness / 500
    assert report.uniform_limit == pytest.approx(1 - (499 / 500) ** 1_000)
    assert report.ratio == pytest.approx(report.coverage / report.uniform_limit)
    assert report.ratio_ci[0] < 1 < report.ratio_ci[1]
    assert report.chao1 == float(chao1(counts, space=500)) == 500
    assert report.chao1_ci == (pytest.approx(report.chao1, abs=60), None)
    assert report.unseen_mass == counts.seen(1) / 1_000
    assert report.good_turing_coverage == 1 - report.unseen_mass
    low, high = report.unseen_mass_ci
    assert report.good_turing_coverage_ci == (1 - high, 1 - low)
    assert report.hill_numbers[0] == report.observed_richness
    assert report.hill_numbers[1] == pytest.approx(500, rel=0.1)
    assert report.hill_numbers[2] == pytest.approx(500, rel=0.1)
    assert report.chi_square == pytest.approx(0, abs=0.15)
    at = {n: (richness, limit) for n, richness, limit in report.curve}
    assert {100, 1_500} < set(at)
    assert 9_999 not in at
    assert at[1_000][0] == pytest.approx(report.observed_richness)
    assert at[100][0] == pytest.approx(at[100][1], rel=0.02)
    assert report.independence.holds
    assert not report.interrupted


def test_the_keys_of_the_json():
    draws = np.random.default_rng(0).integers(0, 500, 1_000)
    record = strict(measured([draws], space=500))
    assert {"num_draws", "uniform_limit", "ratio", "ratio_ci", *NAMED} < set(record)
    assert {f"{name}_ci" for name in NAMED} < set(record)
    assert set(record["hill_numbers"]) == set(record["hill_numbers_ci"]) == {"0", "1", "2"}
    assert record["chao1_ci"][1] is None
    assert record["independent"] is True
    assert record["schema"] == "fluxttice_core/draws-report/v2"


# What version 2 of the JSON has had from its beginning; it may gain keys and loses none.
KEYS = {
    "schema",
    "source",
    "num_draws",
    "num_groups",
    "space_size",
    "confidence_level",
    *(name for name in NAMED),
    *(f"{name}_ci" for name in NAMED),
    "coverage",
    "uniform_limit",
    "ratio",
    "ratio_ci",
    "chi_square",
    "curve",
    "fair_dice_p_value",
    "independent",
    "independence",
    "comparison",
    "interrupted",
    "counted_on_disk",
    "estimators",
}


@pytest.mark.parametrize("space", [None, 500])
@pytest.mark.parametrize("draws", [np.arange(500), np.arange(500) % 7])
def test_the_json_keeps_its_keys(draws, space):
    record = strict(measured([np.random.default_rng(0).permutation(draws)], space=space))
    assert set(record) == KEYS | {"estimates"}
    assert set(record["estimators"]) == {
        "observed_richness",
        "chao1",
        "good_turing_coverage",
        "hill_numbers",
        "curve",
        "chi_square",
        "fair_dice_p_value",
    }
    for name, estimate in record["estimates"].items():
        assert set(estimate) == {"value", "interval", "unit", "method", "limit", "n", "reason"}
        if name in KEYS:
            assert estimate["value"] == record[name]
        if f"{name}_ci" in KEYS:
            assert estimate["interval"] == record[f"{name}_ci"]
    for order in (1, 2):
        estimate = record["estimates"][f"hill_number_{order}"]
        assert estimate["value"] == record["hill_numbers"][str(order)]
        assert estimate["interval"] == record["hill_numbers_ci"][str(order)]


def test_every_figure_of_the_report_is_an_estimator_called_alone():
    draws = np.random.default_rng(0).integers(0, 500, 1_000)
    report = measured([draws], space=500)
    counts = np.bincount(draws)
    assert report.estimates == {
        "observed_richness": measure.observed_richness(counts, 500),
        "richness_at_least": measure.richness_at_least(counts, 500),
        "chao1": measure.chao1(counts, space=500),
        "good_turing_coverage": measure.sample_coverage(counts),
        "unseen_mass": measure.unseen_mass(counts),
        "hill_number_1": measure.hill_number(counts, 1, 500),
        "hill_number_2": measure.hill_number(counts, 2, 500),
        "plug_in_perplexity": measure.plug_in_perplexity(counts, 500),
        "coverage": measure.observed_coverage(counts, 500),
        "uniform_limit": measure.uniform_limit(counts, 500),
        "ratio": measure.ratio_to_uniform(counts, 500),
        "chi_square": measure.chi_square_to_uniform(counts, 500),
    }
    assert report.estimates == measure.counts(counts, space=500).estimates
    assert report.coverage == report.estimates["observed_richness"].value / 500
    assert report.estimates["coverage"].limit == report.uniform_limit


def test_a_report_is_a_value():
    report = measured([[1, 2, 2]], space=5, reference=[[2]])
    assert pickle.loads(pickle.dumps(report)) == report
    assert copy.deepcopy(report) == report


@pytest.mark.parametrize("space", [None, 10**9])
def test_without_a_repeat_there_is_a_report_at_every_n(space):
    """The variance of the entropy is a difference of equals there; it came out below zero."""
    for n in (*range(300, 700, 7), 1_234, 2_999, 10**8):
        report = measure.counts(FrequencyCounts((1,), (n,)), space=space)
        if report.independence.holds:
            assert report.hill_numbers[1] >= n
        assert report.hill_numbers[2] is None


def test_far_more_repeats_than_fair_dice_have_are_judged_quickly():
    balanced = FrequencyCounts.of_counts(np.array([10**8] * 29 + [10**8 + 1]))
    assert check_independence(balanced, 2**62).faults


def test_rows_of_a_word_space():
    rows = np.random.default_rng(0).integers(0, 2, (300, 5))
    space = WordSpace(5, 2)
    report = measured([rows[:100], rows[100:]], space=space, reference=[rows[:2]])
    plain = measured([space.ids(rows)], space=32)
    assert report.space_size == 32
    assert report.estimates == plain.estimates
    assert report.comparison.reference_met == 1
    with pytest.raises(DrawsError, match=r"categories 0 \.\. 1; row 300, position 4 holds 2"):
        measured([rows, [[0, 0, 0, 0, 2]]], space=space)
    with pytest.raises(DrawsError, match=r"expected rows \(n, 5\), got shape \(1, 4\)"):
        measured([[[0, 0, 0, 0]]], space=space)
    # Ids that are no int64: the rows are numbered as they come.
    assert measured([np.eye(70, dtype=int)], space=WordSpace(70, 2)).observed_richness == 70


def test_three_input_gates_are_measured_without_a_list_of_them():
    space = WordSpace(27, 3, lowest=-1)
    rows = np.random.default_rng(0).integers(-1, 2, (2_000, 27))
    report = measure.draws(rows, space=space)
    assert report.space_size == 3**27
    assert report.estimates == measure.draws(rows, known_spaces=(space,)).estimates
    assert report.uniform_limit == pytest.approx(2_000 / 3**27, rel=1e-6)


def test_without_a_space_nothing_is_said_of_one():
    report = measured([np.random.default_rng(0).integers(0, 500, 1_000)])
    for name in ("space_size", "coverage", "uniform_limit", "ratio", "ratio_ci", "chi_square"):
        assert getattr(report, name) is None
    assert all(limit is None for *_, limit in report.curve)


DEGENERATE = {
    "one draw": ([7], None),
    "one draw of one": ([0], 1),
    "a constant": ([3] * 1_000, None),
    "a constant, space known": ([3] * 1_000, 50),
    "a constant in a space of one": ([0] * 1_000, 1),
    "two draws, equal": ([1, 1], 10),
    "two draws, not equal": ([1, 2], 10),
    "few draws, all distinct": (list(range(20)), 10**6),
    "few draws, all distinct, space unknown": (list(range(20)), None),
    "everything many times": (np.random.default_rng(1).integers(0, 9, 2_000), 9),
    "a space far too large to list": (np.random.default_rng(1).integers(0, 300, 2_000), 2**62),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_draws_give_a_correct_report(case):
    draws, space = DEGENERATE[case]
    report = measured([draws], space=space)
    strict(report)
    n, seen = len(draws), len(set(map(int, draws)))
    assert (report.num_draws, report.observed_richness) == (n, seen)
    low, high = report.observed_richness_ci
    assert 1 <= low <= seen <= high <= min(n, space or n)
    low, high = report.unseen_mass_ci
    assert 0 <= low <= report.unseen_mass <= high <= 1
    assert 1 <= report.hill_numbers[1] <= report.chao1 * 1.5
    assert report.chao1 >= report.chao1_ci[0] >= seen
    if space is not None:
        assert report.ratio == pytest.approx(report.coverage / report.uniform_limit)


def test_a_constant_has_one_id_and_says_what_it_cannot_know():
    report = measured([[3] * 1_000], space=50)
    assert report.hill_numbers == (1, 1, 1)
    assert report.unseen_mass == 0
    assert 0.003 < report.unseen_mass_ci[1] < 0.01
    assert report.ratio == pytest.approx(1 / 50)
    assert report.chi_square == pytest.approx(49)


def test_no_effective_number_exceeds_a_known_space():
    """1,000 draws of 19,683 ids repeat so seldom that open estimates reach beyond them."""
    draws = np.random.default_rng(1).integers(0, 19_683, 1_000)
    free, known = coverage_report(draws), coverage_report(draws, space=19_683)
    assert free.hill_numbers[1] > 19_683
    assert known.hill_numbers[1] == known.hill_numbers_ci[1][1] == 19_683
    assert known.hill_numbers_ci[1][0] == free.hill_numbers_ci[1][0]


@pytest.mark.parametrize("space", [None, 19_683])
def test_draws_that_are_not_independent_get_no_estimate(space):
    cycles = np.tile(np.arange(5_000), 3)
    report = measured([cycles], space=space)
    record = strict(report)
    assert not report.independence.holds
    assert record["independent"] is False
    assert record["independence"]["faults"]
    for name in ("ratio", "ratio_ci", "chao1", "unseen_mass", "good_turing_coverage"):
        assert record[name] is None
    assert record["hill_numbers"] == {"0": 5_000, "1": None, "2": None}
    assert record["curve"] == []
    assert report.observed_richness == 5_000


def test_against_a_reference():
    # 3 is new, 9 and -1 are invalid, of the reference 1 and 2 of four are met.
    report = measured(
        [[1, 2, 2, 3], [9, -1]], space=5, reference=iter([[0, 1], [2, 4, 4]]), num_draws=(2,)
    )
    found = report.comparison
    assert (found.validity, found.num_invalid) == (4 / 6, 2)
    assert found.uniqueness == 3 / 4
    assert found.novelty == pytest.approx(1 / 3)
    assert (found.reference_met, found.num_reference_ids) == (2 / 4, 4)
    assert strict(report)["comparison"]["novelty"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("space", [None, 4])
def test_labels_against_a_reference(space):
    report = measured([["a", "b"], ["z"]], space=space, reference=[["x", "b", "a"]])
    assert report.observed_richness == 3
    assert report.comparison.novelty == pytest.approx(1 / 3)
    assert report.comparison.reference_met == pytest.approx(2 / 3)
    assert report.comparison.validity is None


def test_gates_against_a_reference():
    gates = generate_all_operations()[5000:]
    report = measured([gates[[5, 9, 9]]], reference=[gates[[9, 100]]])
    assert report.space_size == 19_683
    assert report.comparison.novelty == 0.5
    ordinary = measured([[[0, 1], [5, 1], [0, 1]]])
    assert (ordinary.observed_richness, ordinary.space_size) == (2, None)


@pytest.mark.parametrize(
    ("chunks", "options", "message"),
    [
        ([], {}, "at least one draw, got none"),
        ([[], []], {}, "at least one draw, got none"),
        ([[5]], {"space": 0}, "a space of at least one id, got 0"),
        ([[5]], {"space": 5}, "draw 0 is 5"),
        ([[1, -3]], {"space": 9}, "draw 1 is -3"),
        ([[1.5]], {}, "holds 1.5"),
        ([[np.nan]], {}, "holds nan"),
        ([["a", "b", "c"]], {"space": 2}, "at most 2 different labels, got 3"),
        ([[1]], {"reference": []}, "a reference with at least one draw"),
        ([[1]], {"reference": [["a"]]}, "a reference of the same kind as the draws: numbers; got"),
        ([[7, 8]], {"space": 5, "reference": [[1]]}, "at least one draw, got none"),
        ([[1]], {"space": 5, "reference": [[9]]}, "draw 0 is 9"),
    ],
)
def test_what_cannot_be_reported(chunks, options, message):
    with pytest.raises(DrawsError, match=message):
        measured(chunks, **options)


def test_an_interruption_ends_the_reading_and_loses_no_chunk():
    """Ctrl-C while a chunk is counted waits for it; while one is awaited, it ends at once."""

    def chunks(during):
        yield [1, 2]
        if not during:
            raise KeyboardInterrupt
        yield Interrupting([1, 3])
        yield [4]

    class Interrupting(list):
        def __array__(self, dtype=None, copy=None):
            os.kill(os.getpid(), signal.SIGINT)
            return np.array(list(self), dtype=dtype)

        def __iter__(self):
            return super().__iter__()

    before = signal.getsignal(signal.SIGINT)
    report = measured(chunks(during=False))
    assert (report.num_draws, report.interrupted) == (2, True)
    assert strict(report)["interrupted"] is True
    report = measured(chunks(during=True))
    assert (report.num_draws, report.observed_richness, report.interrupted) == (4, 3, True)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interruption_before_any_draw():
    def nothing():
        raise KeyboardInterrupt
        yield

    with pytest.raises(DrawsError, match="at least one draw"):
        measured(nothing())


@pytest.mark.parametrize("num_trits", [2, 3])
def test_a_distribution_agrees_with_enumeration(num_trits):
    """Every sequence of n draws over all operations of so few trits, in float64."""
    size = 3**num_trits
    p = np.random.default_rng(num_trits).dirichlet(np.ones(size))
    longest = 5 if size == 9 else 3
    report = distribution(p, num_draws=range(1, longest + 1))
    for n, coverage, limit, (low, high) in report.coverage:
        of_p = of_fair_dice = 0.0
        for sequence in itertools.product(range(size), repeat=n):
            share = len(set(sequence)) / size
            of_p += math.prod(p[i] for i in sequence) * share
            of_fair_dice += share / size**n
        assert coverage == pytest.approx(of_p, abs=1e-12)
        assert limit == pytest.approx(of_fair_dice, abs=1e-12)
        assert 0 <= low <= high <= n / size
    assert report.entropy_nats == pytest.approx(-sum(x * math.log(x) for x in p), abs=1e-12)
    assert report.chi_square == pytest.approx(sum((x - 1 / size) ** 2 * size for x in p), abs=1e-12)
    assert report.total_variation == pytest.approx(sum(abs(x - 1 / size) for x in p) / 2, abs=1e-12)
    assert report.hill_numbers[0] == pytest.approx(size, abs=1e-12)
    assert report.hill_numbers[1] == pytest.approx(math.exp(report.entropy_nats), abs=1e-12)
    assert report.hill_numbers[2] == pytest.approx(1 / sum(x * x for x in p), abs=1e-12)
    record = strict(report)
    assert record["coverage"]["1"]["ratio"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "masses",
    [[0.5, 0.6], [0.5, 0.5, -1e-3], [0.5, np.nan], [[0.5, 0.5]], [], [np.inf, 0.0], ["a"], None],
)
def test_what_are_no_masses(masses):
    with pytest.raises(DrawsError, match="expected masses"):
        distribution(masses, num_draws=(1,))


def test_every_form_of_source():
    draws = np.random.default_rng(2).integers(0, 50, 400)
    rng = np.random.default_rng(3)
    for source in (draws, draws.tolist(), iter(np.array_split(draws, 7)), draws.astype(float)):
        report = coverage_report(source, space=50, num_draws=(10,))
        assert report.num_draws == 400
        assert report.observed_richness == len(set(draws.tolist()))
    sampler = coverage_report(lambda n: rng.integers(0, 50, n), space=50, num_draws=(10, 300))
    assert sampler.num_draws == 300
    even = coverage_report([0.25] * 4, kind="masses", num_draws=(3,))
    assert even.entropy_nats == pytest.approx(math.log(4))


def test_a_sampler_must_be_asked_for_a_number():
    with pytest.raises(DrawsError, match="how many draws to ask the sampler for, got none"):
        measure.draws(lambda n: [0] * n)


def test_an_empty_chunk_does_not_open_the_space():
    with pytest.raises(DrawsError, match="99"):
        measured([[], [0, 1, 99]], space=6)


@pytest.mark.parametrize("given", [{"space": 4}, {"reference": [1, 2]}])
@pytest.mark.parametrize(("source", "kind"), [([0.25] * 4, "masses"), (None, None)])
def test_what_has_a_meaning_for_draws_only_is_refused_elsewhere(source, kind, given):
    with pytest.raises(ValueError, match=f"{next(iter(given))} has a meaning for draws only"):
        coverage_report(source, kind=kind, **given)


def test_masses_may_be_a_tensor():
    torch = pytest.importorskip("torch")
    plain = coverage_report([0.5, 0.25, 0.25], kind="masses", num_draws=(10,))
    for dtype in (torch.float32, torch.bfloat16):
        masses = torch.tensor([0.5, 0.25, 0.25], dtype=dtype)
        assert coverage_report(masses, kind="masses", num_draws=(10,)) == plain
