"""The encoder's summary against values worked out by hand."""

import math

import numpy as np
import pytest

from fluxttice_core.evidence.posterior import (
    histogram_entropy,
    participation_ratio,
    summarise_posterior,
)
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import perfect_weights


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_the_hand_built_posterior(pathway):
    """Means are 1.2 times a fair trit on nine axes, 0 on seven; log-variance -3 and 0."""
    posterior = summarise_posterior(ReferenceVAE(perfect_weights()), pathway)
    spread = 1.2**2 * 2 / 3
    kl = 0.5 * (spread + math.exp(-3) - 1 + 3)
    np.testing.assert_allclose(posterior.kl_per_dimension_nats, [kl] * 9 + [0] * 7, atol=1e-6)
    assert posterior.kl_nats == pytest.approx(9 * kl, rel=1e-6)
    assert posterior.num_active == 9
    assert posterior.participation_ratio == pytest.approx(9, rel=1e-6)
    assert posterior.mean_variance == pytest.approx(9 / 16 * spread, rel=1e-6)
    assert posterior.histogram_entropy_nats == pytest.approx(9 / 16 * math.log(3), rel=1e-6)
    assert posterior.histogram_outside == 0.0


def test_mass_beyond_the_histogram_is_stated():
    posterior = summarise_posterior(ReferenceVAE(perfect_weights(code=4.0)), "A")
    assert posterior.histogram_outside == pytest.approx(9 / 16 * 2 / 3)
    assert posterior.histogram_entropy_nats == 0.0


def test_the_threshold_decides_what_is_active():
    network = ReferenceVAE(perfect_weights(code=0.02, log_variance=0.0))
    kl = 0.5 * 0.02**2 * 2 / 3
    assert summarise_posterior(network, "A", kl * 0.9).num_active == 9
    assert summarise_posterior(network, "A", kl * 1.1).num_active == 0


def test_an_overflowing_log_variance_stays_a_number():
    posterior = summarise_posterior(ReferenceVAE(perfect_weights(log_variance=5000.0)), "A")
    assert np.isfinite(posterior.kl_per_dimension_nats).all()
    assert posterior.kl_nats > 1e20


def test_participation_ratio_counts_directions():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(50_000, 5))
    assert participation_ratio(cloud) == pytest.approx(5, rel=0.01)
    assert participation_ratio(cloud * [1, 0, 0, 0, 0]) == pytest.approx(1)
    # Eigenvalues 4 and 1: (4 + 1)^2 / (16 + 1).
    grid = np.array([[2, 1], [2, -1], [-2, 1], [-2, -1]])
    assert participation_ratio(grid) == pytest.approx(25 / 17)
    rotation = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    assert participation_ratio(grid @ rotation) == pytest.approx(25 / 17)
    assert participation_ratio(np.zeros((10, 3))) == 0.0


def test_histogram_entropy_by_hand():
    # Bins are 0.12 wide: two values in one bin, two in another, one outside.
    values = np.array([0.01, 0.02, 1.01, 1.02, 3.5])[:, None]
    entropy, outside = histogram_entropy(values)
    assert entropy == pytest.approx(math.log(2))
    assert outside == pytest.approx(0.2)
    every_bin = np.linspace(-2.94, 2.94, 50)[:, None]
    assert histogram_entropy(every_bin) == (pytest.approx(math.log(50)), 0.0)
    assert histogram_entropy(np.full((4, 1), 9.0)) == (0.0, 1.0)


def test_one_dimension_has_one_direction():
    assert participation_ratio(np.random.default_rng(0).normal(size=(100, 1))) == pytest.approx(1.0)
