"""Every coverage estimator against a space small enough to enumerate, and by simulation."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core.evidence.coverage import (
    debiased,
    expected_coverage,
    observed_coverage,
    rarefied_coverage,
    uniform_coverage,
)
from fluxttice_core.evidence.information import entropy_nats

SKEWED = np.array([0.5, 0.3, 0.2])


def enumerated_coverage(p, num_draws):
    """Mean share met, over every sequence of draws with its probability."""
    return sum(
        math.prod(p[i] for i in sequence) * len(set(sequence)) / len(p)
        for sequence in itertools.product(range(len(p)), repeat=num_draws)
    )


@pytest.mark.parametrize(
    ("num_draws", "percent", "digits"),
    [
        (1_000, 4.954, 3),
        (10_000, 39.83, 2),
        (19_683, 63.21, 2),
        (50_000, 92.12, 2),
        (100_000, 99.38, 2),
        (195_000, 99.995, 3),
    ],
)
def test_the_limit_of_fair_dice(num_draws, percent, digits):
    assert round(100 * uniform_coverage(num_draws), digits) == percent


def test_no_ten_thousand_draws_cover_more_than_half():
    assert uniform_coverage(10_000) < 10_000 / 19_683 < 0.509


def test_limit_of_a_single_point_and_of_no_draw():
    assert uniform_coverage(1, 1) == 1.0
    assert uniform_coverage(0) == 0.0


@pytest.mark.parametrize("num_draws", [0, 1, 2, 3, 5, 7])
@pytest.mark.parametrize("p", [SKEWED, np.array([0.9, 0.1]), np.array([0.0, 1.0])])
def test_expected_coverage_is_the_enumeration(p, num_draws):
    assert expected_coverage(p, num_draws) == pytest.approx(
        enumerated_coverage(p, num_draws), abs=1e-13
    )


@pytest.mark.parametrize("num_draws", [1, 10_000, 195_000])
def test_expected_coverage_of_equal_masses_is_the_limit(num_draws):
    p = np.full(19_683, 1 / 19_683)
    assert expected_coverage(p, num_draws) == pytest.approx(uniform_coverage(num_draws), rel=1e-12)


def test_equal_masses_cover_most():
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = rng.dirichlet(np.ones(50))
        assert expected_coverage(p, 60) < uniform_coverage(60, 50)


@pytest.mark.parametrize("counts", [[3, 0, 2, 1], [1, 1, 1], [5], [0, 4, 4]])
def test_rarefaction_is_the_mean_over_every_subset(counts):
    draws = [kind for kind, times in enumerate(counts) for _ in range(times)]
    for n in range(len(draws) + 1):
        subsets = list(itertools.combinations(draws, n))
        mean = sum(len(set(subset)) for subset in subsets) / len(subsets) / len(counts)
        assert rarefied_coverage(np.array(counts), n) == pytest.approx(mean, abs=1e-12)


def test_rarefaction_is_unbiased_for_independent_draws():
    """Averaged over all 3^5 ways in which five draws can fall, to the last digits."""
    for n in range(1, 6):
        mean = 0.0
        for sequence in itertools.product(range(3), repeat=5):
            counts = np.bincount(sequence, minlength=3)
            weight = math.prod(SKEWED[i] for i in sequence)
            mean += weight * rarefied_coverage(counts, n)
        assert mean == pytest.approx(expected_coverage(SKEWED, n), abs=1e-12)


def test_rarefaction_to_all_draws_is_what_was_observed():
    counts = np.random.default_rng(1).integers(0, 4, 19_683)
    assert rarefied_coverage(counts, int(counts.sum())) == pytest.approx(
        observed_coverage(counts), rel=1e-9
    )


@pytest.mark.parametrize("num_draws", [5, -1])
def test_rarefaction_cannot_add_draws(num_draws):
    with pytest.raises(ValueError, match="can rarefy 4 draws to at most 4"):
        rarefied_coverage(np.array([3, 1]), num_draws)


def uneven():
    return np.random.default_rng(2).dirichlet(np.full(200, 2.0))


@pytest.mark.parametrize(
    "functional", [entropy_nats, lambda p: expected_coverage(p, 300)], ids=["entropy", "coverage"]
)
def test_debiasing_removes_most_of_the_bias(functional):
    rng, p = np.random.default_rng(3), uneven()
    halves = rng.multinomial(1000, p, size=(600, 2)) / 1000
    plug_in = [functional(pair.mean(axis=0)) for pair in halves]
    mended = [
        debiased(plain, (functional(pair[0]), functional(pair[1])))
        for plain, pair in zip(plug_in, halves, strict=True)
    ]
    truth = functional(p)
    noise = np.std(mended) / math.sqrt(len(mended))
    bias_before, bias_after = np.mean(plug_in) - truth, np.mean(mended) - truth
    assert bias_before < -20 * noise
    assert abs(bias_after) < 0.1 * abs(bias_before)


@pytest.mark.parametrize("num_draws", [10_000, 50_000])
def test_real_runs_fall_where_the_formula_says(num_draws):
    """Mean C(n); variance sum q(1 - q) - n (sum p q / (1 - p))^2 with q = (1 - p)^n."""
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.full(19_683, 5.0))
    q = (1 - p) ** num_draws
    variance = (q * (1 - q)).sum() - num_draws * ((p * q / (1 - p)).sum()) ** 2
    centre = expected_coverage(p, num_draws)
    runs = [observed_coverage(rng.multinomial(num_draws, p)) for _ in range(120)]
    scores = (np.array(runs) - centre) * 19_683 / math.sqrt(variance)
    assert abs(scores.mean()) < 4 / math.sqrt(120)
    assert 0.75 < scores.std() < 1.25
    assert np.abs(scores).max() < 4.5
