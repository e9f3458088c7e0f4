"""Every coverage estimator against a space small enough to enumerate, and by simulation."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core.measure import (
    distinct_variance,
    draws_to_reach,
    entropy_nats,
    expected_coverage,
    jackknife,
    rarefied_coverage,
    run_interval,
    thinned_coverage,
    uniform_coverage,
)

N = 19_683
SKEWED = np.array([0.5, 0.3, 0.2])


def share_met(counts):
    return np.count_nonzero(counts) / len(counts)


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
    assert round(100 * uniform_coverage(num_draws, N), digits) == percent


def test_no_ten_thousand_draws_cover_more_than_half():
    assert uniform_coverage(10_000, N) < 10_000 / N < 0.509


def test_limit_of_a_single_point_and_of_no_draw():
    assert uniform_coverage(1, 1) == 1.0
    assert uniform_coverage(0, 1) == uniform_coverage(0, N) == 0.0


@pytest.mark.parametrize("num_draws", [0, 1, 2, 3, 5, 7])
@pytest.mark.parametrize("p", [SKEWED, np.array([0.9, 0.1]), np.array([0.0, 1.0])])
def test_expected_coverage_is_the_enumeration(p, num_draws):
    assert expected_coverage(p, num_draws) == pytest.approx(
        enumerated_coverage(p, num_draws), abs=1e-13
    )


@pytest.mark.parametrize("num_draws", [1, 10_000, 195_000])
def test_expected_coverage_of_equal_masses_is_the_limit(num_draws):
    p = np.full(19_683, 1 / 19_683)
    assert expected_coverage(p, num_draws) == pytest.approx(
        uniform_coverage(num_draws, N), rel=1e-12
    )


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
        share_met(counts), rel=1e-9
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
def test_the_jackknife_removes_most_of_the_bias(functional):
    rng, p = np.random.default_rng(3), uneven()
    plug_in, mended, errors = [], [], []
    for _ in range(400):
        groups = rng.multinomial(125, p, size=8) / 125
        plug_in.append(functional(groups.mean(axis=0)))
        value, error = jackknife(groups, functional)
        mended.append(value)
        errors.append(error)
    truth = functional(p)
    noise = np.std(mended) / math.sqrt(len(mended))
    bias_before, bias_after = np.mean(plug_in) - truth, np.mean(mended) - truth
    assert bias_before < -20 * noise
    assert abs(bias_after) < 0.15 * abs(bias_before)
    assert 0.8 < np.mean(errors) / np.std(mended) < 1.25


def estimated(values, num_draws):
    """Thinned coverage from the values p(x | z_i), (M, N)."""
    return thinned_coverage(values.mean(axis=0), (values**2).mean(axis=0), len(values), num_draws)


@pytest.mark.parametrize("num_draws", [1, 10, 60, 200])
def test_thinning_a_sharp_decoder_is_rarefaction(num_draws):
    """Every latent decides: the masses are counts, and Hurlbert's formula is exact."""
    counts = np.random.default_rng(4).integers(0, 9, 100)
    sharp = np.repeat(np.eye(100), counts, axis=0)
    assert estimated(sharp, num_draws) == pytest.approx(
        rarefied_coverage(counts, num_draws), abs=0.25 * num_draws / len(sharp) ** 2 * 10
    )


@pytest.mark.parametrize("sharpness", [0.5, 3.0, 20.0])
@pytest.mark.parametrize("num_draws", [30, 75, 120])
def test_thinning_is_unbiased_where_the_plain_value_is_not(sharpness, num_draws):
    """Decoders from noise to certainty, 300 latents, 60 operations, against the true marginal."""
    rng = np.random.default_rng(5)
    axes = rng.normal(size=(4, 60)) * sharpness

    def latents_to_masses(number):
        logits = rng.normal(size=(number, 4)) @ axes
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    truth = expected_coverage(latents_to_masses(400_000).mean(axis=0), num_draws)
    plain, thinned = [], []
    for _ in range(400):
        values = latents_to_masses(300)
        plain.append(expected_coverage(values.mean(axis=0), num_draws))
        thinned.append(estimated(values, num_draws))
    noise = np.std(thinned) / 20
    assert abs(np.mean(thinned) - truth) < 4 * noise + 2e-4
    if sharpness > 1 and num_draws > 100:
        assert np.mean(plain) - truth < -5 * noise


def test_thinning_reaches_no_further_than_its_latents():
    with pytest.raises(ValueError, match="5 latents"):
        thinned_coverage(np.full(3, 1 / 3), np.full(3, 1 / 9), 5, 6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_draws_to_reach_inverts_the_curve(share):
    p = np.random.default_rng(6).dirichlet(np.full(300, 2.0))
    n = draws_to_reach(lambda draws: expected_coverage(p, draws), share, 1e9)
    assert expected_coverage(p, n) == pytest.approx(share, abs=1e-7)
    with_a_hole = np.append(p, 0.0)
    assert draws_to_reach(lambda n: expected_coverage(with_a_hole, n), 0.999, 1e9) == math.inf


@pytest.mark.parametrize("num_draws", [200, 1_000, 2_000, 5_000, 12_000, 20_000])
def test_real_runs_fall_into_their_interval(num_draws):
    """Few repeats, the middle, few unseen: 95 in 100 at each."""
    rng = np.random.default_rng(7)
    p = rng.dirichlet(np.full(2_000, 8.0))
    low, high = run_interval(p, num_draws, expected=expected_coverage(p, num_draws))
    runs = np.array([share_met(rng.multinomial(num_draws, p)) for _ in range(500)])
    held = ((runs >= low - 1e-12) & (runs <= high + 1e-12)).mean()
    assert 0.92 < held <= 1.0
    spread = 2 * 1.96 * runs.std()
    assert high - low < 1.5 * spread + 3 / 2_000


def test_an_error_of_the_expectation_widens_the_interval():
    p = uneven()
    plain = run_interval(p, 300, expected=0.7)
    wide = run_interval(p, 300, expected=0.7, standard_error=0.05)
    assert wide[0] < plain[0]
    assert wide[1] > plain[1]


@pytest.mark.parametrize("num_draws", [10_000, 50_000])
def test_real_runs_fall_where_the_formula_says(num_draws):
    """Mean C(n); variance sum q(1 - q) - n (sum p q / (1 - p))^2 with q = (1 - p)^n."""
    rng = np.random.default_rng(4)
    p = rng.dirichlet(np.full(19_683, 5.0))
    variance = distinct_variance(p, num_draws)
    centre = expected_coverage(p, num_draws)
    runs = [share_met(rng.multinomial(num_draws, p)) for _ in range(120)]
    scores = (np.array(runs) - centre) * 19_683 / math.sqrt(variance)
    assert abs(scores.mean()) < 4 / math.sqrt(120)
    assert 0.75 < scores.std() < 1.25
    assert np.abs(scores).max() < 4.5
