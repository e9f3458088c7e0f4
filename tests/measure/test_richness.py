"""Estimators from counts against scikit-bio, exact fractions, published formulas and hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from skbio.diversity.alpha import chao1 as skbio_chao1
from skbio.diversity.alpha import goods_coverage as skbio_goods_coverage

from fluxttice_core.measure import (
    OF_DRAWS,
    FrequencyCounts,
    chao1,
    entropy_nats,
    extrapolated_richness,
    hill_number,
    observed_richness,
    poisson_mean_interval,
    rarefied_richness,
    richness_at_least,
    richness_curve,
    sample_coverage,
    shannon_entropy,
    unseen_mass,
)
from fluxttice_core.measure.diversity import harmonic, tail_series
from fluxttice_core.measure.simpson import simpson_relative_error


def count_vectors(num=300):
    """Counts of ids, zeros among them: without singletons, without pairs, heavy and even."""
    rng = np.random.default_rng(0)
    yield from ([1], [5], [1, 1], [2, 2], [1, 2], [0, 3, 0], [1] * 40, [10**6, 1, 1, 2])
    for _ in range(num):
        size = int(rng.integers(1, 60))
        mean = rng.gamma(0.5, 4.0, size)
        counts = rng.poisson(mean)
        if counts.sum():
            yield counts.tolist()


def of(counts):
    return FrequencyCounts.of_counts(np.array(counts))


def test_chao1_and_goods_coverage_are_those_of_scikit_bio():
    for counts in count_vectors():
        assert float(chao1(counts)) == skbio_chao1(np.array(counts), bias_corrected=True)
        assert float(sample_coverage(counts)) == skbio_goods_coverage(np.array(counts))


def exact_rarefaction(counts, n):
    total = sum(counts)
    whole = math.comb(total, n)
    return sum(1 - Fraction(math.comb(total - count, n), whole) for count in counts)


def test_rarefaction_is_the_exact_fraction():
    for counts in count_vectors(60):
        frequencies, total = of(counts), sum(counts)
        if total > 5_000:
            continue
        for n in {0, 1, total // 3, total // 2, total - 1, total}:
            got = float(rarefied_richness(frequencies, n))
            assert got == pytest.approx(float(exact_rarefaction(counts, n)), rel=1e-12, abs=1e-12)


def test_rarefaction_of_large_counts_is_the_exact_fraction():
    counts = [1, 2, 3, 1_000, 20_000, 2_000_000]
    frequencies = of(counts)
    for n in (1, 10, 1_000, 30_000):
        got = float(rarefied_richness(frequencies, n))
        assert got == pytest.approx(float(exact_rarefaction(counts, n)), rel=1e-12)


def published_entropy(counts):
    """Chao, Wang & Jost (2013), equation 7, term by term in 60 digits."""
    from decimal import Decimal, localcontext

    n = sum(counts)
    once, twice = counts.count(1), counts.count(2)
    with localcontext() as context:
        context.prec = 60
        value = sum(
            Decimal(x) / n * sum((Decimal(1) / k for k in range(x, n)), Decimal(0))
            for x in counts
            if 1 <= x <= n - 1
        )
        if twice:
            a = Decimal(2 * twice) / ((n - 1) * once + 2 * twice)
        else:
            a = Decimal(2) / ((n - 1) * (once - 1) + 2) if once else Decimal(1)
        if once and a < 1:
            series = sum(((1 - a) ** r / r for r in range(1, n)), Decimal(0))
            value += Decimal(once) / n * (1 - a) ** (1 - n) * (-a.ln() - series)
        return float(value)


@pytest.mark.parametrize("seed", range(30))
def test_the_entropy_is_the_published_formula(seed):
    rng = np.random.default_rng(seed)
    counts = [int(x) for x in rng.poisson(rng.gamma(0.6, 3.0, 30)) if x]
    counts = counts or [1]
    assert float(shannon_entropy(counts)) == pytest.approx(published_entropy(counts), rel=1e-9)


@pytest.mark.parametrize(
    "counts", [[1], [7], [1, 1], [1] * 30, [2, 2, 2], [1, 5], [1, 1, 5], [1, 2], [40, 1, 2, 2]]
)
def test_the_entropy_at_the_edges_of_the_formula(counts):
    assert float(shannon_entropy(counts)) == pytest.approx(
        published_entropy(counts), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("n", [1, 2, 10, 1_000, 100_000])
@pytest.mark.parametrize("share", [0.9, 0.3, 0.01, 1e-4])
def test_the_tail_series_is_its_sum(n, share):
    j = np.arange(1, 10**6)
    direct = math.fsum(np.exp(j * math.log1p(-share)) / (n - 1 + j))
    assert tail_series(n, share) == pytest.approx(direct, rel=1e-9)
    assert tail_series(n, 1.0) == 0.0


def geometric(size, ratio):
    p = ratio ** np.arange(size)
    return p / p.sum()


@pytest.mark.parametrize(
    "p",
    [np.full(50, 0.02), geometric(100, 0.9), np.random.default_rng(1).dirichlet(np.ones(60))],
    ids=["uniform", "geometric", "dirichlet"],
)
def test_the_entropy_is_nearly_unbiased(p):
    """Within a tenth of the bias of the plug-in entropy, which is what it is for."""
    rng = np.random.default_rng(2)
    samples = rng.multinomial(150, p, size=1_500)
    truth = entropy_nats(p)
    plug_in = np.mean([entropy_nats(sample / 150) for sample in samples]) - truth
    estimates = [float(shannon_entropy(sample)) for sample in samples]
    noise = np.std(estimates) / math.sqrt(1_500)
    assert plug_in < -30 * noise
    assert abs(np.mean(estimates) - truth) < 0.1 * abs(plug_in) + 3 * noise


def test_simpson_is_unbiased_over_every_sample():
    """``sum x (x - 1) / (n (n - 1))`` and its squared error, over all 3^6 samples of six draws."""
    p, n = np.array([0.5, 0.3, 0.2]), 6
    mean = second = error = 0.0
    for sequence in itertools.product(range(3), repeat=n):
        weight = math.prod(p[i] for i in sequence)
        frequencies = of(np.bincount(sequence, minlength=3))
        estimate = frequencies.repeated_pairs / (n * (n - 1))
        mean += weight * estimate
        second += weight * estimate**2
        triples = sum(
            t * (t - 1) * (t - 2) * k
            for t, k in zip(frequencies.times, frequencies.num_ids, strict=True)
        )
        pairs = frequencies.repeated_pairs
        disjoint = (pairs**2 - 4 * triples - 2 * pairs) / math.perm(n, 4)
        error += weight * (estimate**2 - disjoint)
    assert mean == pytest.approx(p @ p, abs=1e-12)
    assert error == pytest.approx(second - mean**2, abs=1e-12)


def test_the_error_of_simpson_is_that_of_its_formula():
    frequencies = of([4, 3, 2, 1])
    pairs, triples, n = 12 + 6 + 2, 24 + 6, 10
    estimate = pairs / 90
    disjoint = (pairs**2 - 4 * triples - 2 * pairs) / math.perm(n, 4)
    by_hand = math.sqrt(max(estimate**2 - disjoint, 2 * estimate * (1 - estimate) / 90)) / estimate
    assert simpson_relative_error(frequencies) == pytest.approx(by_hand, rel=1e-9)


def test_hill_numbers_by_hand():
    # 2, 2 of 4 draws: pairs 2 + 2 = 4 of 12.
    assert float(hill_number([2, 2], 2)) == 3.0
    assert hill_number([1, 1, 1], 2).value is None
    assert float(hill_number([5], 2)) == 1.0
    assert float(hill_number([5], 1)) == math.exp(float(shannon_entropy([5]))) == 1.0
    assert hill_number([2, 2], 0) == observed_richness([2, 2])
    # 2, 2: 2 * (2/4) (1/2 + 1/3).
    assert float(shannon_entropy([2, 2])) == pytest.approx(1 / 2 + 1 / 3)


@pytest.mark.parametrize("k", [0, 1, 5, 999, 1_000, 1_001, 5_000, 200_000])
def test_harmonic_numbers(k):
    assert float(harmonic(k)[0]) == pytest.approx(math.fsum(1 / i for i in range(1, k + 1)), 1e-14)


# Garwood's limits as tabled (Pearson & Hartley, Biometrika Tables, 40), and 1,001 by bisection.
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (2, 0.2422, 7.225),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (30, 20.241, 42.827),
        (50, 37.111, 65.919),
    ],
)
def test_garwood_limits(count, low, high):
    got = poisson_mean_interval(count)
    assert got == pytest.approx((low, high), abs=6e-4)


@pytest.mark.parametrize("count", [3, 100, 1_000, 1_001, 20_000])
def test_garwood_limits_have_their_tails(count):
    low, high = poisson_mean_interval(count)

    def at_most(mean, most):
        k = np.arange(most + 1)
        logs = k * math.log(mean) - mean - np.concatenate([[0], np.cumsum(np.log(k[1:]))])
        return float(np.exp(logs).sum())

    assert at_most(high, count) == pytest.approx(0.025, rel=2e-3)
    assert 1 - at_most(low, count - 1) == pytest.approx(0.025, rel=2e-3)


def test_extrapolation_meets_its_ends():
    frequencies = of([1] * 20 + [2] * 10 + [9])
    n, seen = frequencies.num_draws, frequencies.observed_richness
    assert extrapolated_richness(frequencies, n).value == seen
    far, bounded = (extrapolated_richness(frequencies, 10**9, most) for most in (None, seen + 3))
    assert float(far) == pytest.approx(float(chao1(frequencies)))
    assert float(bounded) == pytest.approx(seen + 3)
    # The next draw is new with the mass that is unseen.
    rise = float(extrapolated_richness(frequencies, n + 1)) - seen
    assert rise == pytest.approx(20 / n, rel=0.03)
    with pytest.raises(ValueError, match=f"expected at least {n} draws, got {n - 1}"):
        extrapolated_richness(frequencies, n - 1)


def test_the_curve_rises_through_what_was_observed():
    frequencies = FrequencyCounts.of(np.random.default_rng(3).integers(0, 500, 800))
    curve = richness_curve(frequencies, [1, 100, 799, 800, 801, 1_600], 500)
    richness = [float(value) for value in curve.values()]
    assert richness == sorted(richness)
    assert richness[0] == pytest.approx(1.0)
    assert richness[3] == pytest.approx(frequencies.observed_richness)
    assert richness[-1] < 500
    truth = 500 * (1 - (1 - 1 / 500) ** 1_600)
    assert richness[-1] == pytest.approx(truth, rel=0.03)


@pytest.mark.parametrize("space", [None, 60, 10**4, 3**27, 2**62])
def test_intervals_hold_the_estimate_and_stay_possible(space):
    for counts in count_vectors(100):
        frequencies = of(counts)
        n, seen = frequencies.num_draws, frequencies.observed_richness
        if space is not None and seen > space:
            continue
        low, high = observed_richness(frequencies, space).interval
        assert 1 <= low <= seen <= high <= min(n, space or n)
        low, high = unseen_mass(frequencies).interval
        assert 0 <= low <= frequencies.seen(1) / n <= high <= 1
        bound = chao1(frequencies)
        assert bound.interval[1] is None
        assert seen <= bound.interval[0] <= float(bound)
        least = richness_at_least(frequencies, space)
        assert least.interval[1] is None
        before = (float(least), least.interval[0])
        for order in (1, 2):
            found = OF_DRAWS[f"hill_number_{order}"](frequencies, space)
            low, high = found.interval
            # An upper end: of order 1 in a known space only, of order 2 once an id has repeated.
            assert (high is None) == (space is None and (order == 1 or found.value is None))
            high = math.inf if high is None else high
            assert 1 <= low <= high <= (space or math.inf)
            if found.value is None:
                assert found.reason == "no id was drawn twice"
                continue
            assert low <= float(found) * (1 + 1e-12)
            # Richness, order 1, order 2: what is printed never rises.
            assert float(found) <= before[0] * (1 + 1e-12)
            assert low <= before[1] * (1 + 1e-12)
            before = (float(found), low)
            assert float(found) <= high * (1 + 1e-12)


@pytest.mark.parametrize("size", [5, 49, 512, 19_683])
def test_an_upper_end_that_reaches_the_space_is_its_size(size):
    """Not exp(log(size)), which lies just below it for some sizes."""
    counts = np.ones(size, dtype=np.int64)
    assert hill_number([2, *counts[1:]], 1, space=size).interval[1] == size
