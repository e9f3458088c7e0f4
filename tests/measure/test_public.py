"""The public surface of the instrument: frozen, documented, and shown by examples that run."""

import inspect

import pytest

from fluxttice_core import measure

PUBLIC = [
    "OF_DRAWS",
    "OF_INCIDENCE",
    "OF_MASSES",
    "OF_TARGET",
    "CodebookMeter",
    "CodebookUsage",
    "Comparison",
    "DistributionReport",
    "DrawsReport",
    "Estimate",
    "Estimator",
    "Floor",
    "FrequencyCounts",
    "IncidenceCounts",
    "IncidenceReport",
    "Independence",
    "PlanReport",
    "Registry",
    "Space",
    "StoppingReport",
    "Tally",
    "TargetReport",
    "TargetSample",
    "TwoSampleTest",
    "TwoSamplesReport",
    "UnseenMassStop",
    "WordSpace",
    "against_target",
    "as_frequencies",
    "as_incidence",
    "as_masses",
    "binomial_interval",
    "chao1",
    "chao2",
    "check_independence",
    "chi_square_divergence",
    "chi_square_to_target",
    "chi_square_to_uniform",
    "codebook_usage",
    "compare_samples",
    "counts",
    "distinct_variance",
    "distribution",
    "draws",
    "draws_for_width",
    "draws_to_reach",
    "draws_to_see",
    "draws_to_tell_apart",
    "entropy_nats",
    "expected_coverage",
    "extrapolated_richness",
    "good_toulmin",
    "hill_curve",
    "hill_number",
    "hill_number_of_masses",
    "incidence",
    "incidence_coverage",
    "jackknife",
    "jackknife_error",
    "jensen_shannon_to_target",
    "kl_from_target",
    "l1_floor",
    "l1_to_target",
    "mass_of_modes",
    "mass_outside",
    "modes_met",
    "observed_coverage",
    "observed_richness",
    "pairwise_chi_square",
    "perfect_sampler_floors",
    "plan_draws",
    "plug_in_perplexity",
    "poisson_interval",
    "poisson_mean_interval",
    "rarefied_coverage",
    "rarefied_richness",
    "rarefied_units",
    "ratio_to_target",
    "ratio_to_uniform",
    "richness_at_coverage",
    "richness_at_least",
    "richness_curve",
    "run_interval",
    "sample_coverage",
    "sample_coverage_curve",
    "shannon_entropy",
    "target_coverage",
    "thinned_coverage",
    "total_variation",
    "total_variation_to_target",
    "two_sample_test",
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
    assert len(OF_COUNTS) == 34
