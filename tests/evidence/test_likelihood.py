"""Likelihood: the exact figure, the bound, and the order between them."""

import math

import numpy as np
import pytest

from fluxttice_core.evidence.likelihood import measure_likelihood, negative_elbo_nats
from fluxttice_core.evidence.marginal import estimate_marginal
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.gates.splits import split_operations
from fluxttice_core.model.controls import collapsed_weights, perfect_weights, untrained_weights
from fluxttice_core.model.reference import ReferenceVAE


def groups_of(weights, pathway, num_latents=60_000):
    model = ReferenceVAE(weights, np.float32)
    return estimate_marginal(lambda z: model.logits(z, pathway), 16, num_latents, 0).groups


def test_the_bound_of_one_operation_by_hand():
    model = ReferenceVAE(untrained_weights(0))
    mean, logvar = model.encode(generate_all_operations()[[7]], "A")
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar).sum()
    noise = np.random.default_rng(3).standard_normal((19683, 16))[[7]]
    logits = model.logits(mean + np.exp(logvar / 2) * noise, "A")[0]
    chosen = logits[np.arange(9), generate_all_operations()[7] + 1]
    nll = float((np.log(np.exp(logits).sum(axis=1)) - chosen).sum())
    found = negative_elbo_nats(model, "A", np.random.default_rng(3), num_draws=1)[7]
    assert found == pytest.approx(nll + kl, rel=1e-10)


@pytest.mark.parametrize("make", [untrained_weights, collapsed_weights])
def test_the_bound_lies_above_the_likelihood(make):
    weights = make(1)
    rows = measure_likelihood(
        ReferenceVAE(weights),
        "B",
        groups_of(weights, "B"),
        split_operations().parts(),
        np.random.default_rng(0),
    )
    assert [row.split for row in rows] == ["train", "validation", "test"]
    for row in rows:
        assert row.gap_nats > 0
        assert row.negative_log_likelihood_nats > 9.8


def test_the_perfect_codebook_has_the_likelihood_of_the_limit():
    rows = measure_likelihood(
        ReferenceVAE(perfect_weights()),
        "A",
        groups_of(perfect_weights(), "A", 200_000),
        {"all": np.arange(19683)},
        np.random.default_rng(0),
    )
    assert rows[0].negative_log_likelihood_nats == pytest.approx(math.log(19683), abs=0.02)
    # Ten nats more: what a Gaussian cannot fit of a cell.
    assert 19 < rows[0].negative_elbo_nats < 21


def test_an_operation_without_mass_is_infinitely_unlikely():
    groups = np.full((4, 19683), 1 / 19682)
    groups[:, 5] = 0.0
    rows = measure_likelihood(
        ReferenceVAE(untrained_weights(0)),
        "A",
        groups,
        {"with": np.array([5, 6]), "without": np.array([6, 7])},
        np.random.default_rng(0),
        num_draws=1,
    )
    assert rows[0].negative_log_likelihood_nats == math.inf
    assert rows[1].negative_log_likelihood_nats == pytest.approx(math.log(19682))
