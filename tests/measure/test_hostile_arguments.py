"""Every public function with what nobody should give: the project's errors, short, or a result."""

import math
from collections import Counter

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from tests.hostile import LONGEST_MESSAGE, faults_of

C = [4, 2, 1, 1]
M = [0.5, 0.25, 0.125, 0.125]
P = np.array(M)
G = np.array([[0.5, 0.5], [0.4, 0.6], [0.3, 0.7]])
UNITS = [[1, 0], [1, 1]]
CALLBACKS = (
    *("on_chunk", "on_simulation", "on_permutation", "on_step", "on_search", "on_pilot"),
    *("statistic", "coverage_at"),
)


def _coverage_of_four(n):
    return measure.uniform_coverage(n, 4)


def _meter(indices, **options):
    meter = measure.CodebookMeter(**options)
    meter.update(indices)
    return meter.report()


def _tally(ids, **options):
    tally = measure.Tally(**options)
    tally.add(ids)
    return tally.frequencies()


def _stop(draws, **options):
    stop = measure.UnseenMassStop(**options)
    stop.update(draws)
    return stop.report()


def _word(rows, ids, **options):
    space = measure.WordSpace(**options)
    return space.ids(rows), space.rows(ids)


def _figure(source, space):
    return measure.OF_DRAWS["chao1"](source, space)


# By name: the function, if it is no public one of that name, and arguments that it takes.
GIVEN = {
    "draws": {
        "source": [3, 1, 3, 3, 0, 1],
        "space": 4,
        "groups": None,
        "reference": None,
        "num_draws": (5,),
        "known_spaces": (),
        "name": "x",
        "on_chunk": None,
    },
    "draws in groups": (
        measure.draws,
        {"source": [3, 1, 3, 3, 0, 1], "groups": [1, 1, 2, 2, 3, 3], "reference": [1, 2, 3]},
    ),
    "counts": {"counted": C, "space": 4, "num_draws": (5,), "name": "x"},
    "distribution": {"masses": M, "num_draws": (5,), "name": "x"},
    "incidence": {"units": UNITS, "num_units": (2,), "name": "x"},
    "against_target": {
        "source": [0, 1, 2, 3, 0],
        "masses": M,
        "kind": "draws",
        "space": None,
        "num_modes": 1,
        "num_draws": 0,
        "num_simulations": 19,
        "seed": 0,
        "name": "",
        "on_chunk": None,
        "on_simulation": None,
    },
    "compare_samples": {
        "a": [0, 1, 2, 3, 0],
        "b": [0, 1, 1, 2],
        "kind": "draws",
        "space": None,
        "known_spaces": (),
        "num_draws": 0,
        "num_permutations": 19,
        "seed": 0,
        "names": ("A", "B"),
        "on_chunk": None,
        "on_permutation": None,
    },
    "plan_draws": {
        "pilot": [0, 1, 0, 2, 0, 1, 1, 0, 1] * 10,
        "other": None,
        "figure": "hill_number_2",
        "width": 0.5,
        "relative": False,
        "reach": None,
        "power": 0.8,
        "level": 0.05,
        "kind": "draws",
        "space": None,
        "known_spaces": (),
        "seed": 0,
        "names": ("A", "B"),
        "on_chunk": None,
        "on_step": None,
    },
    "as_frequencies": {"counts": C},
    "as_incidence": {"units": UNITS},
    "as_masses": {"masses": M},
    "binomial_interval": {"count": 2, "num_draws": 5},
    "chao1": {"counts": C, "form": "bias-corrected", "space": None},
    "chao2": {"units": UNITS, "form": "bias-corrected"},
    "check_independence": {"counts": C, "space": None, "order": ()},
    "chi_square_divergence": {"probabilities": P},
    "chi_square_to_target": {"counts": C, "masses": M},
    "chi_square_to_uniform": {"counts": C, "space": 4},
    "codebook_usage": {"counts": C, "size": 4},
    "distinct_variance": {"probabilities": P, "num_draws": 3},
    "draws_for_width": {
        "counts": [40, 20, 10, 10],
        "figure": "hill_number_2",
        "width": 5.0,
        "relative": False,
        "space": None,
        "seed": 0,
        "on_pilot": None,
    },
    "draws_to_reach": {"coverage_at": _coverage_of_four, "share": 0.5, "most": 100.0},
    "draws_to_see": {"counts": C, "mass": 0.5},
    "draws_to_tell_apart": {
        "counts_a": [40, 20],
        "counts_b": [20, 40],
        "power": 0.8,
        "level": 0.05,
        "seed": 0,
        "on_search": None,
    },
    "entropy_nats": {"probabilities": P},
    "expected_coverage": {"probabilities": P, "num_draws": 3},
    "extrapolated_richness": {
        "counts": C,
        "num_draws": 10,
        "space": None,
        "form": "bias-corrected",
    },
    "good_toulmin": {"counts": C, "ratio": 0.5, "form": None},
    "hill_curve": {"counts": C, "order": 2, "num_draws": [3]},
    "hill_number": {"counts": C, "order": 1, "space": None},
    "hill_number_of_masses": {"probabilities": P, "order": 1},
    "incidence_coverage": {"units": UNITS},
    "jackknife": {"groups": G, "statistic": np.mean},
    "jackknife_error": {"left_out": G},
    "jensen_shannon_to_target": {"counts": C, "masses": M},
    "kl_from_target": {"counts": C, "masses": M},
    "l1_floor": {"masses": M, "num_draws": 5},
    "l1_to_target": {"counts": C, "masses": M},
    "mass_of_modes": {"counts": C, "masses": M, "num_modes": 1},
    "mass_outside": {"counts": C, "masses": M},
    "modes_met": {"counts": C, "masses": M, "num_modes": 1},
    "observed_coverage": {"counts": C, "space": 4},
    "observed_richness": {"counts": C, "space": None},
    "pairwise_chi_square": {"groups": G},
    "perfect_sampler_floors": {
        "counts": C,
        "masses": M,
        "seed": 0,
        "num_simulations": 19,
        "on_simulation": None,
    },
    "plug_in_perplexity": {"counts": C, "space": None},
    "poisson_interval": {"mean": 2.0, "standard_error": 0.0},
    "poisson_mean_interval": {"count": 2},
    "rarefied_coverage": {"counts": np.array(C), "num_draws": 3},
    "rarefied_richness": {"counts": C, "num_draws": 3},
    "rarefied_units": {"units": UNITS, "num_units": 1},
    "ratio_to_target": {"counts": C, "masses": M},
    "ratio_to_uniform": {"counts": C, "space": 4},
    "richness_at_coverage": {"counts": C, "coverage": 0.5, "form": "bias-corrected"},
    "richness_at_least": {"counts": C, "space": None},
    "richness_curve": {"counts": C, "num_draws": [3], "space": None, "form": "bias-corrected"},
    "run_interval": {"probabilities": P, "num_draws": 3, "expected": 0.5, "standard_error": 0.0},
    "sample_coverage": {"counts": C, "form": "good"},
    "sample_coverage_curve": {"counts": C, "num_draws": [3]},
    "shannon_entropy": {"counts": C, "space": None},
    "target_coverage": {"counts": C, "masses": M},
    "thinned_coverage": {"masses": P, "squares": P**2, "num_latents": 100, "num_draws": 3},
    "total_variation": {"probabilities": P},
    "total_variation_to_target": {"counts": C, "masses": M},
    "two_sample_test": {
        "counts_a": C,
        "counts_b": C,
        "seed": 0,
        "num_permutations": 19,
        "on_permutation": None,
    },
    "uniform_coverage": {"num_draws": 3, "space_size": 4},
    "uniform_limit": {"counts": C, "space": 4},
    "unseen_mass": {"counts": C},
    "Space": {"size": 4, "name": ""},
    "TargetSample": {"counts": C, "masses": M, "num_modes": 1},
    "FrequencyCounts": {"times": (1, 2), "num_ids": (2, 1), "adjacent_repeats": None},
    "IncidenceCounts": {"num_units": 3, "times": (1, 2), "num_ids": (2, 1)},
    "CodebookMeter": (
        _meter,
        {"size": 4, "num_codebooks": 1, "ignore_index": None, "indices": [1, 2, 3, 1]},
    ),
    "Tally": (_tally, {"space_size": 4, "spill_distinct": 100, "ids": np.array([1, 2])}),
    "UnseenMassStop": (
        _stop,
        {"below": 0.01, "level": 0.05, "space": None, "known_spaces": (), "draws": [1, 2]},
    ),
    "WordSpace": (
        _word,
        {"length": 2, "levels": 3, "lowest": 0, "name": "", "rows": [[0, 1]], "ids": [0]},
    ),
    "FrequencyCounts.of_counts": (measure.FrequencyCounts.of_counts, {"counts": C}),
    "FrequencyCounts.of_histogram": (
        measure.FrequencyCounts.of_histogram,
        {"histogram": {1: 2, 2: 1}},
    ),
    "Estimator": (_figure, {"source": C, "space": 4}),
    "FrequencyCounts.of": (measure.FrequencyCounts.of, {"draws": [1, 1, 2]}),
}
# Records that functions return, and registries: nobody makes them by hand.
MADE = {
    "CodebookUsage", "Comparison", "DistributionReport", "DrawsReport", "Estimate", "Estimator",
    "Floor", "IncidenceReport", "Independence", "PlanReport", "Registry", "StoppingReport",
    "TargetReport", "TwoSampleTest", "TwoSamplesReport", "OF_DRAWS", "OF_INCIDENCE", "OF_MASSES",
    "OF_TARGET",
}  # fmt: skip


def test_every_public_name_is_tried():
    assert set(measure.__all__) - MADE <= set(GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_hostile_arguments_end_in_an_error_of_the_project(name):
    given = GIVEN[name]
    function, given = given if isinstance(given, tuple) else (getattr(measure, name), given)
    function(**given)
    assert faults_of(function, given, callbacks=CALLBACKS) == []


def test_all_faults_are_told_at_once_with_what_to_give():
    with pytest.raises(DrawsError) as told:
        measure.against_target([0, 1], [0.5, 0.5], seed="x", num_simulations=2.5, kind=None)
    for words in ("seed as a whole number", "num_simulations as", "expected kind 'draws'", "give"):
        assert words in str(told.value)


def test_ten_thousand_counts_where_draws_are_wanted():
    with pytest.raises(DrawsError) as told:
        measure.draws(Counter({f"molecule {i}": 1 for i in range(10_000)}))
    assert len(str(told.value)) < LONGEST_MESSAGE


def test_numbers_of_numpy_are_numbers():
    assert measure.uniform_coverage(np.float32(2), np.int16(2)) == 0.75
    report = measure.draws([0, 1, 1], space=np.uint8(4), num_draws=np.array([2, 3]))
    assert report.space_size == 4


def test_what_callers_raise_is_theirs():
    def fails(*_):
        raise LookupError("of the caller")

    with pytest.raises(LookupError, match="of the caller"):
        measure.draws([1, 2], on_chunk=fails)
    with pytest.raises(LookupError, match="of the caller"):
        measure.counts(C, num_draws=(fails() for _ in range(1)))


@pytest.mark.parametrize("n", [10**6, 10**9 + 7, 10**12, 10**15, 10**18, 10**60])
def test_the_floor_of_many_draws_keeps_its_digits(n):
    normal = sum(math.sqrt(2 * p * (1 - p) / math.pi / n) for p in M)
    assert measure.l1_floor(M, n) == pytest.approx(normal, rel=1e-5)


def test_both_forms_of_the_floor_agree():
    rare = [1e-9, 3e-8, 5e-7, 2e-4]
    rare.append(1.0 - sum(rare))
    below, above = measure.l1_floor(rare, 10**9), measure.l1_floor(rare, 10**9 + 1)
    assert above == pytest.approx(below, rel=1e-5)


@pytest.mark.parametrize("mean", [500.0, 800.0, 1e4, 1e8])
def test_poisson_limits_of_large_means(mean):
    low, high = measure.poisson_interval(mean)
    assert low == pytest.approx(mean - 1.96 * math.sqrt(mean), abs=3)
    assert high == pytest.approx(mean + 1.96 * math.sqrt(mean), abs=3)


def test_orders_of_any_size():
    assert measure.hill_number_of_masses(P, 1e6) == pytest.approx(2.0, rel=1e-5)


def test_rows_are_draws_and_masses_are_real():
    rows = measure.FrequencyCounts.of([[1, 2], [1, 2], [2, 1]])
    assert (rows.times, rows.num_ids) == ((1, 2), (1, 1))
    with pytest.raises(DrawsError, match="complex"):
        measure.as_masses([0.5 + 1j, 0.5])


def test_an_unsigned_number_is_not_the_ignored_one():
    meter = measure.CodebookMeter(4, ignore_index=-1)
    with pytest.raises(DrawsError, match="18446744073709551615"):
        meter.update(np.array([2**64 - 1], dtype=np.uint64))


def test_a_space_too_large_for_figures_is_refused():
    with pytest.raises(DrawsError, match="without their space"):
        measure.WordSpace(784, 256)


@pytest.mark.parametrize("name", ["chao1", "hill_number", "shannon_entropy", "richness_at_least"])
def test_no_figure_of_more_ids_than_the_space_has(name):
    given = {"order": 1} if name == "hill_number" else {}
    with pytest.raises(DrawsError, match="at most 3 different ids, got 4"):
        getattr(measure, name)(C, space=3, **given)
