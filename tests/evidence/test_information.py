"""Entropy, information and distance from uniform, on spaces that can be listed."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core.evidence.information import (
    chi_square_divergence,
    extreme_masses,
    marginal_entropy,
    mutual_information_error,
    mutual_information_nats,
    rarest,
    total_variation_bounds,
    uniform_to_marginal_nats,
)
from fluxttice_core.evidence.marginal import estimate_marginal
from fluxttice_core.measure import entropy_nats, hill_number_of_masses, total_variation
from tests.support import TERCILE


def groups_of(*groups):
    return np.array(groups, dtype=float)


def information_of(marginal):
    return mutual_information_nats(marginal.groups, marginal.conditional_entropy_nats)


def test_entropy_by_hand():
    assert entropy_nats(np.array([0.5, 0.25, 0.25, 0.0])) == pytest.approx(1.5 * math.log(2))
    assert entropy_nats(np.array([1.0, 0.0])) == 0.0


def test_information_against_the_enumerated_joint():
    """Three equally likely latents, two trits: I(x; z) as sum p(x, z) log p(x, z) / p(x) p(z)."""
    rng = np.random.default_rng(0)
    trits = rng.dirichlet(np.ones(3), size=(3, 2))
    joint = np.array(
        [
            [each[0, a] * each[1, b] / 3 for a, b in itertools.product(range(3), repeat=2)]
            for each in trits
        ]
    )
    marginal = joint.sum(axis=0)
    truth = sum(
        joint[z, x] * math.log(joint[z, x] / (marginal[x] / 3))
        for z, x in itertools.product(range(3), range(9))
    )
    conditional = -sum(
        joint[z, x] * math.log(3 * joint[z, x]) for z, x in itertools.product(range(3), range(9))
    )
    measured = mutual_information_nats(groups_of(marginal, marginal), conditional)
    assert measured == pytest.approx(truth, rel=1e-12)


def test_entropy_of_the_marginal_never_exceeds_its_limit():
    first, second = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    assert marginal_entropy(groups_of(first, second))[0] == math.log(2)


def test_entropy_of_the_marginal_is_debiased():
    first, second = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.25, 0.15])
    expected = (
        2 * entropy_nats((first + second) / 2) - (entropy_nats(first) + entropy_nats(second)) / 2
    )
    assert marginal_entropy(groups_of(first, second))[0] == pytest.approx(expected, rel=1e-14)


def test_chi_square_and_total_variation_by_hand():
    p = np.array([0.5, 0.25, 0.25, 0.0])
    assert chi_square_divergence(groups_of(p, p)) == pytest.approx(4 * 0.375 - 1)
    assert total_variation(p) == pytest.approx(0.25)
    uniform = np.full(4, 0.25)
    assert chi_square_divergence(groups_of(uniform, uniform)) == 0.0
    assert total_variation(uniform) == 0.0
    # A half that met only what the other did not: less than nothing in common.
    assert chi_square_divergence(groups_of([1, 0], [0, 1])) == -1.0


def test_chi_square_from_halves_is_unbiased_and_from_one_sample_is_not():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(30, 4.0))
    truth = 30 * (p**2).sum() - 1
    halves = rng.multinomial(60, p, size=(4000, 2)) / 60
    unbiased = [chi_square_divergence(groups_of(*pair)) for pair in halves]
    naive = 30 * (halves.mean(axis=1) ** 2).sum(axis=1) - 1
    noise = np.std(unbiased) / math.sqrt(len(unbiased))
    assert abs(np.mean(unbiased) - truth) < 4 * noise
    assert naive.mean() - truth > 20 * noise


def terciles(latents):
    """One latent axis per trit, cut where N(0, 1) has thirds: a perfect codebook."""
    axis = latents[:, :9].astype(np.float64)
    middle = np.full_like(axis, TERCILE)
    return 1e5 * np.stack([-axis, middle, axis], axis=-1)


def test_the_positive_control_reads_as_perfect():
    marginal = estimate_marginal(terciles, 9, 400_000, seed=0)
    assert information_of(marginal) == pytest.approx(math.log(19683), abs=5e-3)
    assert abs(chi_square_divergence(marginal.groups)) < 6 * math.sqrt(2 * 19683) / 400_000 * 2
    assert marginal.conditional_entropy_nats < 1e-3


def test_equal_cells_that_are_blurred_lose_information_and_keep_their_marginal():
    sharp = estimate_marginal(terciles, 9, 50_000, seed=0)
    blurred = estimate_marginal(lambda latents: terciles(latents) / 1e5, 9, 50_000, seed=0)
    assert information_of(blurred) < 3.0
    assert information_of(sharp) > 9.5
    # Coverage alone would prefer the blurred one: its chi-square is as small.
    assert chi_square_divergence(blurred.groups) < 0.6


def test_a_decoder_that_ignores_its_code_carries_no_information():
    constant = np.random.default_rng(2).normal(size=(9, 3))
    marginal = estimate_marginal(
        lambda latents: np.broadcast_to(constant, (len(latents), 9, 3)), 9, 1000, seed=0
    )
    assert abs(information_of(marginal)) < 1e-9
    assert marginal.conditional_entropy_standard_error == pytest.approx(0, abs=1e-7)


def sampled_groups(p, draws, groups, rng):
    return rng.multinomial(draws // groups, p, size=groups) / (draws // groups)


def test_the_errors_are_those_of_repeated_measurements():
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.full(60, 3.0))
    values, errors = [], []
    for _ in range(300):
        measured = groups_of(*sampled_groups(p, 3200, 16, rng))
        values.append(mutual_information_nats(measured, 0.0))
        errors.append(mutual_information_error(measured, np.zeros(16)))
    assert abs(np.mean(values) - entropy_nats(p)) < 4 * np.std(values) / math.sqrt(300)
    assert 0.85 < np.mean(errors) / np.std(values) < 1.25


def test_total_variation_lies_in_its_bracket():
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.full(200, 5.0))
    truth = total_variation(p)
    lows, highs = zip(
        *(total_variation_bounds(sampled_groups(p, 4000, 16, rng)) for _ in range(50)), strict=True
    )
    assert np.mean(lows) < truth < np.mean(highs)
    uniform = np.full(200, 1 / 200)
    low, high = total_variation_bounds(sampled_groups(uniform, 4000, 16, rng))
    assert low < 0.03 < high


def test_extremes_and_the_rarest_are_found():
    p = np.full(50, 0.0202)
    p[7], p[11] = 0.0002, 1 - 0.0202 * 48 - 0.0002
    groups = sampled_groups(p, 400_000, 16, np.random.default_rng(5))
    masses = extreme_masses(groups)
    assert masses["minimum"][0] <= masses["minimum"][1]
    assert masses["minimum"][1] == pytest.approx(0.01, abs=0.005)
    assert masses["maximum"][0] == pytest.approx(50 * p[11], rel=0.02)
    assert rarest(groups, 1)[0][0] == 7
    listed = rarest(groups, 5)
    assert [mass for _, mass in listed] == sorted(mass for _, mass in listed)
    assert len(listed) == 5


def test_divergence_from_uniform_by_hand_and_without_mass():
    p = np.array([0.5, 0.25, 0.25])
    value, _ = uniform_to_marginal_nats(groups_of(p, p, p))
    assert value == pytest.approx(-math.log(3) - np.log(p).mean())
    assert uniform_to_marginal_nats(groups_of([1, 0, 0], p, p))[0] < math.inf
    assert uniform_to_marginal_nats(groups_of([1, 0, 0], [0.5, 0.5, 0]))[0] == math.inf


def test_hill_numbers_of_equal_masses_are_their_number():
    for order in (0, 1, 2, 3):
        assert hill_number_of_masses(np.full(81, 1 / 81), order) == pytest.approx(81)
    assert hill_number_of_masses(np.array([0.9, 0.1, 0.0]), 0) == 2
