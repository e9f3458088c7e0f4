"""Counts are taken in every form by every estimator, or refused with what was expected."""

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import FrequencyCounts, as_frequencies

COUNTS = [4, 0, 2, 1, 1]
OF_COUNTS = {
    "observed_richness": measure.observed_richness,
    "chao1": measure.chao1,
    "sample_coverage": measure.sample_coverage,
    "unseen_mass": measure.unseen_mass,
    "shannon_entropy": measure.shannon_entropy,
    "hill_number": lambda counts: measure.hill_number(counts, 2),
    "observed_coverage": lambda counts: measure.observed_coverage(counts, 9),
    "uniform_limit": lambda counts: measure.uniform_limit(counts, 9),
    "ratio_to_uniform": lambda counts: measure.ratio_to_uniform(counts, 9),
    "chi_square_to_uniform": lambda counts: measure.chi_square_to_uniform(counts, 9),
    "rarefied_richness": lambda counts: measure.rarefied_richness(counts, 3),
    "extrapolated_richness": lambda counts: measure.extrapolated_richness(counts, 12),
    "richness_curve": lambda counts: measure.richness_curve(counts, [3, 12]),
    "check_independence": measure.check_independence,
    "counts": measure.counts,
    "as_frequencies": as_frequencies,
}
every = pytest.mark.parametrize("name", OF_COUNTS)


@every
@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.array,
        lambda counts: np.array(counts, dtype=np.uint8),
        lambda counts: np.array(counts, dtype=float),
        lambda counts: sorted(counts) + [0] * 5,
        lambda counts: dict(enumerate(counts)),
        lambda counts: {f"id {place}": np.int32(count) for place, count in enumerate(counts)},
        lambda counts: FrequencyCounts((1, 2, 4), (2, 1, 1)),
        lambda counts: FrequencyCounts.of_histogram({4: 1, 1: 2, 3: 0, 2: 1}),
    ],
    ids=[
        "tuple",
        "array",
        "uint8",
        "float",
        "another order",
        "mapping",
        "mapping of labels",
        "summarised",
        "histogram",
    ],
)
def test_counts_in_every_form(name, form):
    assert OF_COUNTS[name](form(COUNTS)) == OF_COUNTS[name](COUNTS)


@every
@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([], "at least one draw, got none"),
        ([0, 0], "at least one draw, got none"),
        (FrequencyCounts((), ()), "at least one draw, got none"),
        ([3, -1], r"counts per id \(n,\), whole numbers of at least 0; row 1 holds -1"),
        ([3, 0.5], r"row 1 holds 0\.5"),
        ([3, np.nan], "row 1 holds nan"),
        ([[3, 1]], r"got shape \(1, 2\); give one sample"),
        (5, r"got shape \(\)"),
        (["a"], "got values of <U1"),
        ([True], "got values of bool"),
        ({"a": -3}, "row 0 holds -3"),
        ({"a": "b"}, "got values of <U1"),
        ({}, "at least one draw, got none"),
        (None, "got values of object"),
        ([[1], [1, 2]], "rows of different length"),
    ],
)
def test_what_are_no_counts(name, counts, message):
    with pytest.raises(DrawsError, match=message):
        OF_COUNTS[name](counts)


@pytest.mark.parametrize(
    ("histogram", "message"),
    [
        ({0: 3}, "times of at least 1, got 3 ids drawn 0 times"),
        ({2: -1}, "got -1 ids drawn 2 times"),
        ({2: 1.5}, r"row 0 holds 1\.5"),
        ({"a": 1}, "got values of <U1"),
        ([3, 1], "got list"),
    ],
)
def test_what_is_no_histogram(histogram, message):
    with pytest.raises(DrawsError, match=message):
        FrequencyCounts.of_histogram(histogram)


@pytest.mark.parametrize(
    "name",
    ["observed_coverage", "uniform_limit", "ratio_to_uniform", "chi_square_to_uniform"],
)
@pytest.mark.parametrize(
    ("space", "message"),
    [
        (3, "at most 3 different ids, got 4; name the right space size"),
        (None, "a space of known size"),
        (0, "a space of at least one id, got 0"),
        ("9", "a space of at least one id, got '9'"),
    ],
)
def test_what_is_no_space_for_these_counts(name, space, message):
    with pytest.raises(DrawsError, match=message):
        getattr(measure, name)(COUNTS, space)


@pytest.mark.parametrize("order", [-1, 0.5, 3, "1"])
def test_what_is_no_order(order):
    with pytest.raises(DrawsError, match="order 0, 1 or 2"):
        measure.hill_number(COUNTS, order)


def test_a_space_may_be_a_number_or_a_record():
    for function in (measure.ratio_to_uniform, measure.observed_richness, measure.shannon_entropy):
        assert function(COUNTS, 9) == function(COUNTS, measure.Space(9))
        assert function(COUNTS, 9) == function(COUNTS, measure.WordSpace(2, 3))
