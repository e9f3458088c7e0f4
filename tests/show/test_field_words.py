"""Sentences for a field repeat the figures of the report, and say what they depend on."""

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.show.draws_text import draws_text
from fluxttice_core.show.field_words import FIELDS, field_words


@pytest.fixture(scope="module")
def report():
    return measure.draws(np.random.default_rng(0).integers(0, 512, 1000), space=512)


def test_a_chemist(report):
    unique, seen = field_words(report, "chemistry")
    assert f"{report.observed_richness / 1000:.2%}".replace("%", " %") in unique
    assert "equal n" in unique
    low, high = report.unseen_mass_ci
    for value in (1 - report.unseen_mass, report.unseen_mass, low, high):
        assert f"{100 * value:.2f} %" in seen


def test_a_codebook_trainer(report):
    usage, perplexity, unmet = field_words(report, "codebook")
    assert f"{100 * report.coverage:.2f} %" in usage
    assert f"{100 * report.uniform_limit:.2f} %" in usage
    plug_in = float(report.estimates["plug_in_perplexity"])
    assert f"{plug_in:,.1f}" in perplexity
    assert f"{report.hill_numbers[1]:,.1f}" in perplexity
    assert unmet.startswith(f"{512 - report.observed_richness} codes were never met.")
    # A code of that mass is missed once in twenty: 0.997^1000 is 0.0496.
    assert "0.003 or more" in unmet


def test_an_ecologist(report):
    seen, richness = field_words(report, "ecology")
    assert "individual" in seen
    assert f"{report.observed_richness} were recorded" in richness
    assert "lower bound" in richness
    low = report.estimates["richness_at_least"].interval[0]
    assert f"at least {low:,.1f}" in richness


@pytest.mark.parametrize("field", FIELDS)
def test_of_dependent_draws_nothing_is_said(field):
    report = measure.draws(np.repeat(np.arange(500), 8), space=500)
    assert field_words(report, field) == []


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_withheld_is_not_repeated(field):
    for few in ([1], [1, 2], [1, 1]):
        for sentence in field_words(measure.draws(few), field):
            assert "None" not in sentence
            assert "nan" not in sentence


@pytest.mark.parametrize("field", FIELDS)
def test_they_stand_before_the_closing_words(report, field):
    text = draws_text(report, field)
    first = field_words(report, field)[0][:40]
    assert text.index(first) < text.index("Nothing speaks against independent draws")
    assert draws_text(report).count(first) == 0
