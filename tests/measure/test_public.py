"""The public surface of the instrument: frozen, documented, and shown by examples that run."""

import inspect

import pytest

from fluxttice_core import measure

PUBLIC = [
    "OF_DRAWS",
    "OF_MASSES",
    "Comparison",
    "DistributionReport",
    "DrawsReport",
    "Estimate",
    "Estimator",
    "FrequencyCounts",
    "Independence",
    "Registry",
    "Space",
    "Tally",
    "WordSpace",
    "as_frequencies",
    "chao1",
    "check_independence",
    "chi_square_divergence",
    "chi_square_to_uniform",
    "counts",
    "distinct_variance",
    "distribution",
    "draws",
    "draws_to_reach",
    "entropy_nats",
    "expected_coverage",
    "extrapolated_richness",
    "hill_number",
    "hill_number_of_masses",
    "jackknife",
    "jackknife_error",
    "observed_coverage",
    "observed_richness",
    "pairwise_chi_square",
    "poisson_interval",
    "poisson_mean_interval",
    "rarefied_coverage",
    "rarefied_richness",
    "ratio_to_uniform",
    "richness_curve",
    "run_interval",
    "sample_coverage",
    "shannon_entropy",
    "thinned_coverage",
    "total_variation",
    "uniform_coverage",
    "uniform_limit",
    "unseen_mass",
]
FUNCTIONS = [name for name in PUBLIC if inspect.isfunction(getattr(measure, name))]
OF_COUNTS = [
    name
    for name in FUNCTIONS
    if next(iter(inspect.signature(getattr(measure, name)).parameters)) == "counts"
    and name not in ("as_frequencies", "rarefied_coverage")
]


def test_the_list_is_frozen():
    assert measure.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_documented_with_an_example(name):
    text = inspect.getdoc(getattr(measure, name))
    assert len(text.splitlines()[0].split()) >= 4
    assert "\n>>> " in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_names_its_parameters(name):
    text = inspect.getdoc(getattr(measure, name))
    head, _, body = text.partition("Parameters\n----------\n")
    assert head
    for parameter in inspect.signature(getattr(measure, name)).parameters:
        assert any(
            parameter in line.partition(" : ")[0].split(", ")
            for line in body.splitlines()
            if " : " in line
        ), parameter


@pytest.mark.parametrize("name", OF_COUNTS)
def test_each_estimator_says_what_it_returns_refuses_and_rests_on(name):
    text = inspect.getdoc(getattr(measure, name))
    sections = ["Parameters", "Returns", "Raises", "References", "Examples"]
    places = [text.index(f"\n{section}\n{'-' * len(section)}\n") for section in sections]
    assert places == sorted(places)


def test_the_estimators_are_found():
    assert {"chao1", "hill_number", "ratio_to_uniform", "richness_curve"} <= set(OF_COUNTS)
    assert len(OF_COUNTS) == 14
