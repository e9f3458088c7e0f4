"""The jackknife and the pairwise chi-square, by hand and by simulation."""

import math

import numpy as np
import pytest

from fluxttice_core.measure import jackknife, pairwise_chi_square


def test_a_mean_has_no_bias_and_its_textbook_error():
    groups = np.random.default_rng(0).normal(size=(12, 1))
    value, error = jackknife(groups, lambda mean: mean[0])
    assert value == pytest.approx(groups.mean())
    assert error == pytest.approx(groups.std(ddof=1) / math.sqrt(12))


def test_the_square_of_a_mean_loses_its_bias_exactly():
    """E m^2 = mu^2 + s^2 / n: an error of order 1/n and no other, so all of it goes."""
    groups = np.array([[1.0], [2.0], [6.0]])
    value, _ = jackknife(groups, lambda mean: mean[0] ** 2)
    assert value == pytest.approx(9.0 - groups.var(ddof=1) / 3)


def test_several_statistics_at_once():
    groups = np.random.default_rng(1).random((5, 3))
    values, errors = jackknife(groups, lambda mean: np.array([mean[0], mean.sum()]))
    alone = jackknife(groups, lambda mean: mean.sum())
    assert values[1] == pytest.approx(alone[0])
    assert errors[1] == pytest.approx(alone[1])


def test_pairwise_chi_square_is_the_product_over_pairs():
    groups = np.random.default_rng(2).dirichlet(np.ones(7), size=4)
    pairs = [groups[i] @ groups[j] for i in range(4) for j in range(4) if i != j]
    assert pairwise_chi_square(groups)[0] == pytest.approx(7 * np.mean(pairs) - 1, abs=1e-12)


def test_pairwise_chi_square_is_unbiased_and_knows_its_error():
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.full(40, 5.0))
    truth = 40 * (p @ p) - 1
    found = [pairwise_chi_square(rng.multinomial(50, p, size=16) / 50) for _ in range(1500)]
    values, errors = np.array(found).T
    assert abs(values.mean() - truth) < 4 * values.std() / math.sqrt(len(values))
    assert 0.9 < errors.mean() / values.std() < 1.15
