"""Estimators from counts against exact arithmetic, other programs and simulation."""

import itertools
import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from skbio.diversity import alpha

from fluxttice_core.evidence.coverage import rarefied_richness
from fluxttice_core.evidence.richness import (
    _tail_series,
    chao1,
    chao1_lower,
    estimated_masses,
    expected_richness_interval,
    extrapolated_richness,
    good_turing_coverage,
    harmonic,
    hill_intervals,
    inverse_simpson,
    poisson_mean_interval,
    shannon_entropy_nats,
    unseen_mass_interval,
)
from fluxttice_core.evidence.tally import FrequencyCounts


def random_counts(seed, ids=40, mean=2.0):
    return np.random.default_rng(seed).poisson(mean, ids)


@pytest.mark.parametrize("seed", range(30))
def test_chao1_and_good_agree_with_another_program_to_the_last_digit(seed):
    counts = random_counts(seed, mean=0.5 + seed / 8)
    frequencies = FrequencyCounts.of_counts(counts)
    assert chao1(frequencies) == alpha.chao1(counts, bias_corrected=True)
    assert good_turing_coverage(frequencies) == alpha.goods_coverage(counts)


@pytest.mark.parametrize("seed", range(10))
def test_rarefaction_agrees_with_exact_arithmetic(seed):
    counts = random_counts(seed)
    frequencies = FrequencyCounts.of_counts(counts)
    total = int(counts.sum())
    for n in {0, 1, 2, total // 3, total - 1, total}:
        exact = sum(1 - Fraction(comb(total - int(m), n), comb(total, n)) for m in counts)
        found = rarefied_richness(frequencies.times, frequencies.num_ids, n)
        assert found == pytest.approx(float(exact), abs=1e-12)


def test_rarefaction_of_large_counts_keeps_its_digits():
    """Two ids with a hundred million draws each."""
    m, n = 10**8, 5
    exact = 2 * (1 - Fraction(comb(m, n), comb(2 * m, n)))
    assert rarefied_richness([m], [2], n) == pytest.approx(float(exact), rel=1e-12)


def direct_entropy(counts):
    """Chao, Wang & Jost (2013), equation 7 as printed."""
    counts = counts[counts > 0]
    n = int(counts.sum())
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    first = sum(x / n * sum(1 / k for k in range(x, n)) for x in counts.tolist())
    if twice:
        share = 2 * twice / ((n - 1) * once + 2 * twice)
    elif once:
        share = 2 / ((n - 1) * (once - 1) + 2)
    else:
        return first
    rest = -math.log(share) - sum((1 - share) ** r / r for r in range(1, n))
    return first + once / n * (1 - share) ** (1 - n) * rest if share < 1 else first


@pytest.mark.parametrize("seed", range(20))
def test_entropy_is_the_published_formula(seed):
    counts = random_counts(seed, ids=12, mean=1.5)
    found = shannon_entropy_nats(FrequencyCounts.of_counts(counts))
    # The printed form loses digits where (1 - A)^(1 - n) is large.
    assert found == pytest.approx(direct_entropy(counts), abs=1e-5)


@pytest.mark.parametrize(
    ("n", "share"), [(10, 0.3), (1000, 0.01), (1000, 1e-4), (10**6, 1e-5), (50, 1.0)]
)
def test_the_tail_is_its_series(n, share):
    steps = np.arange(1, int(60 / share) + 1, dtype=float)
    series = float((np.exp(steps * math.log1p(-share)) / (n - 1 + steps)).sum()) if share < 1 else 0
    assert _tail_series(n, share) == pytest.approx(series, rel=1e-8, abs=1e-15)


def test_entropy_is_nearly_unbiased_where_the_plain_value_is_not():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(150))
    truth = -float((p * np.log(p)).sum())
    found, plain = [], []
    for counts in rng.multinomial(300, p, size=400):
        found.append(shannon_entropy_nats(FrequencyCounts.of_counts(counts)))
        share = counts[counts > 0] / 300
        plain.append(-float((share * np.log(share)).sum()))
    assert abs(np.mean(found) - truth) < 0.02
    assert np.mean(plain) - truth < -0.15


def test_harmonic_numbers_pass_smoothly_from_table_to_expansion():
    exact = float(sum(Fraction(1, k) for k in range(1, 1002)))
    assert harmonic(np.array([1001]))[0] == pytest.approx(exact, rel=1e-14)
    assert harmonic(np.array([0, 1, 2])).tolist() == [0.0, 1.0, 1.5]


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904), (100, 81.364, 121.627)],
)
def test_exact_limits_of_a_poisson_mean(count, low, high):
    assert poisson_mean_interval(count) == pytest.approx((low, high), abs=1e-3)


def test_limits_of_large_counts_join_the_exact_ones():
    below, above = poisson_mean_interval(1000), poisson_mean_interval(1001)
    for end in (0, 1):
        assert 0.9 < above[end] - below[end] < 1.1


def test_second_order_by_hand():
    assert inverse_simpson(FrequencyCounts.of([1, 1, 2, 2])) == pytest.approx(4 * 3 / 4)
    assert inverse_simpson(FrequencyCounts.of([1, 2, 3])) is None


def test_sum_of_squares_is_unbiased_over_every_sequence():
    p = (0.5, 0.3, 0.2)
    mean = 0.0
    for sequence in itertools.product(range(3), repeat=4):
        weight = math.prod(p[i] for i in sequence)
        value = inverse_simpson(FrequencyCounts.of(list(sequence)))
        mean += weight * (1 / value if value else 0.0)
    assert mean == pytest.approx(sum(x * x for x in p), abs=1e-14)


def test_estimated_masses_are_a_distribution_that_gives_the_unseen_their_share():
    frequencies = FrequencyCounts.of_counts(random_counts(3, ids=200, mean=1.0))
    for space in (None, 400):
        masses = estimated_masses(frequencies, space)
        assert masses.sum() == pytest.approx(1.0)
        assert (masses >= 0).all()
        unseen = masses[frequencies.observed_richness :].sum()
        assert unseen == pytest.approx(1 - good_turing_coverage(frequencies), rel=1e-9)
    assert len(estimated_masses(frequencies, 400)) == 400


def test_extrapolation_continues_the_curve_and_stays_below_the_space():
    frequencies = FrequencyCounts.of_counts(random_counts(4, ids=300, mean=1.0))
    n, seen = frequencies.num_draws, frequencies.observed_richness
    assert extrapolated_richness(frequencies, n) == seen
    far = [extrapolated_richness(frequencies, n * k, 310) for k in (1, 2, 5, 1000)]
    assert far == sorted(far)
    assert far[-1] <= 310
    with pytest.raises(ValueError, match="rarefy instead"):
        extrapolated_richness(frequencies, n - 1)


def test_a_constant_is_known_for_what_it_is():
    constant = FrequencyCounts((1000,), (1,))
    assert chao1(constant) == chao1_lower(constant) == 1
    assert good_turing_coverage(constant) == 1.0
    assert shannon_entropy_nats(constant) == pytest.approx(0.0, abs=1e-12)
    low, high = unseen_mass_interval(constant)
    assert low == 0.0
    assert 0.003 < high < 0.006
    assert expected_richness_interval(constant, 50)[0] == 1.0


def test_no_interval_where_none_would_hold():
    rng = np.random.default_rng(0)
    few = FrequencyCounts.of(rng.integers(0, 5, 100))
    sparse = FrequencyCounts.of(rng.integers(0, 5000, 3000))
    for frequencies in (few, sparse):
        assert hill_intervals(frequencies, rng) == {1: None, 2: None}
    assert all(hill_intervals(FrequencyCounts.of(rng.integers(0, 50, 900)), rng).values())
