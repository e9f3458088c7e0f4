"""The report on draws: promised keys, degenerate input, comparison, interruption."""

import json
import math

import numpy as np
import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.evidence.coverage import expected_coverage, uniform_coverage
from fluxttice_core.evidence.sample import measure_distribution, measure_draws

KEYS = [
    "num_draws",
    "observed_richness",
    "chao1",
    "good_turing_coverage",
    "unseen_mass",
    "hill_numbers",
    "uniform_limit",
    "ratio",
]


def uniform(num_draws, space=500, seed=0):
    return np.random.default_rng(seed).integers(0, space, num_draws)


def plain(report):
    return json.loads(json.dumps(report.as_dict(), allow_nan=False))


def test_the_promised_keys_with_an_interval_beside_each_estimate():
    record = plain(measure_draws([uniform(3000)], space=500))
    assert set(KEYS) <= set(record)
    for key in ("observed_richness", "chao1", "good_turing_coverage", "unseen_mass", "ratio"):
        low, high = record[f"{key}_ci"]
        assert low <= record[key]
        assert high is None or record[key] <= high
    assert record["chao1_ci"][1] is None
    for order in "012":
        low, high = record["hill_numbers_ci"][order]
        assert low <= record["hill_numbers"][order] <= high
    assert record["uniform_limit"] == uniform_coverage(3000, 500)
    assert record["ratio"] == pytest.approx(1, abs=0.01)
    assert record["independent"] is True
    assert record["curve"][-1]["num_draws"] == 6000


def test_without_a_space_there_is_no_limit():
    record = plain(measure_draws([uniform(3000)]))
    assert record["space_size"] is record["uniform_limit"] is record["ratio"] is None
    assert record["chao1"] == pytest.approx(500, rel=0.02)


def test_chunks_change_nothing_but_nothing():
    draws = uniform(2000)
    whole = measure_draws([draws], space=500).as_dict()
    assert measure_draws(np.array_split(draws, 13), space=500).as_dict() == whole


def test_an_enumerator_gets_no_ratio():
    report = measure_draws([np.arange(10_000)], space=19_683)
    assert not report.independence.holds
    assert report.observed_richness == 10_000
    record = plain(report)
    for key in KEYS:
        if key not in ("num_draws", "observed_richness", "uniform_limit", "hill_numbers"):
            assert record[key] is None, key
    assert record["hill_numbers"]["1"] is None


@pytest.mark.parametrize(
    "draws", [[7], [7, 7], [1, 2], [3] * 1000, list(range(20)), [0, 0, 1, 1]], ids=str
)
@pytest.mark.parametrize("space", [None, 5000])
def test_degenerate_draws_give_a_correct_report(draws, space):
    report = measure_draws([draws], space=space)
    record = plain(report)
    assert record["num_draws"] == len(draws)
    assert record["observed_richness"] == len(set(draws))
    assert record["unseen_mass"] == sum(draws.count(x) == 1 for x in set(draws)) / len(draws)
    if len(draws) < 1000:
        # Too few to tell them from anything.
        assert record["hill_numbers_ci"]["1"] is None


def test_no_draws_are_refused():
    for nothing in ([], [[]], [np.zeros(0, dtype=int)]):
        with pytest.raises(DrawsError, match="at least one draw"):
            measure_draws(nothing)
    with pytest.raises(DrawsError, match="reference with at least one"):
        measure_draws([[1]], reference=[])
    with pytest.raises(DrawsError, match="at least one id"):
        measure_draws([[1]], space=0)


def test_a_reference_gives_validity_uniqueness_and_novelty():
    report = measure_draws([[1, 1, 2, 3, 77, -1]], space=10, reference=[[2, 3], [3, 4]])
    against = report.comparison
    assert against.validity == pytest.approx(4 / 6)
    assert against.num_invalid == 2
    assert against.uniqueness == pytest.approx(3 / 4)
    assert against.novelty == pytest.approx(1 / 3)
    assert against.reference_met == pytest.approx(2 / 3)
    labels = measure_draws([["CCO", "N"]], reference=[["N", "C"]]).comparison
    assert labels.novelty == 0.5
    assert plain(report)["comparison"]["num_reference_ids"] == 3


def test_an_interruption_ends_the_reading_and_is_said():
    def chunks():
        yield uniform(100)
        raise KeyboardInterrupt

    report = measure_draws(chunks(), space=500)
    assert report.interrupted
    assert report.num_draws == 100


def test_progress_tells_the_draws_so_far():
    seen = []
    measure_draws([uniform(10), uniform(5)], on_chunk=seen.append)
    assert seen == [10, 15]


@pytest.mark.parametrize("num_draws", [1, 3, 50])
def test_a_distribution_is_measured_exactly(num_draws):
    p = np.array([0.5, 0.3, 0.2, 0.0])
    report = measure_distribution(p, num_draws=(num_draws,))
    n, value, limit, interval = report.coverage[0]
    assert value == expected_coverage(p, n)
    assert limit == uniform_coverage(n, 4)
    assert interval[0] <= value <= interval[1] + 1e-12
    assert report.entropy_nats == pytest.approx(-sum(x * math.log(x) for x in p if x))
    assert report.chi_square == pytest.approx(4 * 0.38 - 1)
    assert report.total_variation == pytest.approx(0.3)
    assert report.hill_numbers[0] == 3
    json.dumps(report.as_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("masses", "words"),
    [
        ([0.5, 0.4], r"sum of 0\.9"),
        ([1.5, -0.5], "none below 0"),
        ([np.nan, 1.0], "finite"),
        ([[0.5, 0.5]], r"masses \(N,\)"),
    ],
)
def test_what_is_no_distribution_is_refused(masses, words):
    with pytest.raises(DrawsError, match=words):
        measure_distribution(np.array(masses), num_draws=(1,))
