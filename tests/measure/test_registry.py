"""An estimator is one function and one line: it is then in the report, its JSON and its table."""

import json

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import OF_DRAWS, OF_MASSES, Estimate
from fluxttice_core.show.draws_text import draws_text

DRAWS = np.random.default_rng(0).integers(0, 50, 400)
CHAINED = np.repeat(np.arange(50), 40)


def singletons(counts, space):
    """Ids drawn once."""
    return Estimate(
        counts.seen(1), (0.0, None), unit="ids", method="exact count", n=counts.num_draws
    )


@pytest.fixture
def register():
    """Registers an estimator of draws until the end of the test."""
    names = []

    def add(name, **options):
        OF_DRAWS.add(name, "ids drawn once", singletons, **options)
        names.append(name)

    yield add
    for name in names:
        OF_DRAWS.remove(name)


def test_a_new_estimator_is_in_the_report_its_json_and_its_table(register):
    before = measure.draws(DRAWS, space=50)
    assert "singletons" not in before.estimates
    register("singletons")
    report = measure.draws(DRAWS, space=50)
    assert report.estimates["singletons"] == singletons(
        measure.FrequencyCounts.of(DRAWS), measure.Space(50)
    )
    record = json.loads(json.dumps(report.as_dict()))
    assert record["estimates"]["singletons"]["value"] == report.estimates["singletons"].value
    assert {key: value for key, value in record.items() if key != "estimates"} == json.loads(
        json.dumps({key: value for key, value in before.as_dict().items() if key != "estimates"})
    )
    line = next(line for line in draws_text(report).splitlines() if "ids drawn once" in line)
    value = report.estimates["singletons"].value_text()
    assert line.split() == ["ids", "drawn", "once", value, "0.0", ".."]


def test_the_order_of_registration_is_that_of_the_table(register):
    register("singletons")
    report = measure.draws(DRAWS, space=50)
    assert list(report.estimates) == list(OF_DRAWS)
    assert list(OF_DRAWS)[-1] == "singletons"
    text = draws_text(report)
    shown = [name for name in report.estimates if OF_DRAWS.is_shown(name)]
    assert set(report.estimates) - set(shown) == {"chao1"}
    places = [text.index(f"\n{OF_DRAWS.title(name)}  ") for name in shown]
    assert places == sorted(places)


def test_what_needs_a_space_is_left_out_without_one(register):
    register("singletons", needs_space=True)
    assert "singletons" in measure.draws(DRAWS, space=50).estimates
    unknown = measure.draws(DRAWS)
    assert "singletons" not in unknown.estimates
    assert set(OF_DRAWS) - set(unknown.estimates) == {
        "coverage",
        "uniform_limit",
        "ratio",
        "chi_square",
        "singletons",
    }


@pytest.mark.parametrize("is_count", [True, False])
def test_of_dependent_draws_only_counts_are_kept(register, is_count):
    register("singletons", is_count=is_count)
    report = measure.draws(CHAINED, space=50)
    assert not report.independence.holds
    found = report.estimates["singletons"]
    assert (found.value, found.interval) == (0 if is_count else None, None)
    assert found.reason == "the draws are not independent"
    kept = {name for name, item in report.estimates.items() if item.value is not None}
    assert kept - {"singletons"} == {
        "observed_richness",
        "plug_in_perplexity",
        "coverage",
        "uniform_limit",
    }
    assert all(item.interval is None for item in report.estimates.values())


def test_an_estimator_by_name():
    counts = measure.FrequencyCounts.of(DRAWS)
    assert OF_DRAWS["ratio"](counts, 50) == measure.ratio_to_uniform(counts, 50)
    assert OF_DRAWS["chao1"]([4, 2, 1, 1]) == measure.chao1([4, 2, 1, 1])
    with pytest.raises(DrawsError, match="a space of known size"):
        OF_DRAWS["ratio"](counts)


def test_a_name_is_taken_once(register):
    register("singletons")
    with pytest.raises(DrawsError, match="'singletons', which is taken; remove it first"):
        register("singletons")
    with pytest.raises(DrawsError, match="'chao1', which is taken"):
        register("chao1")


def test_a_report_outlives_its_estimators(register):
    OF_DRAWS.add("passing", "in passing", singletons)
    report = measure.draws(DRAWS)
    OF_DRAWS.remove("passing")
    assert "\npassing  " in draws_text(report)


def test_a_new_figure_of_masses_is_in_their_report():
    OF_MASSES.add(
        "largest",
        "largest mass",
        lambda masses, space: Estimate(float(masses.max()), unit="mass", method="exact"),
    )
    try:
        report = measure.distribution([0.5, 0.3, 0.2], num_draws=(5,))
        assert report.estimates["largest"].value == 0.5
        assert report.as_dict()["estimates"]["largest"]["value"] == 0.5
    finally:
        OF_MASSES.remove("largest")
