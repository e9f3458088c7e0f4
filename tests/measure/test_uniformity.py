"""Draws beside fair dice: every figure against enumeration."""

import itertools
import math

import numpy as np
import pytest

from fluxttice_core.measure import (
    chi_square_divergence,
    chi_square_to_uniform,
    observed_coverage,
    observed_richness,
    ratio_to_uniform,
    uniform_limit,
)

SKEWED = np.array([0.5, 0.3, 0.2, 0.0])


def mean_over_samples(p, n, statistic):
    """The mean of a statistic of counts over every sequence of n draws."""
    return math.fsum(
        math.prod(p[i] for i in sequence) * statistic(np.bincount(sequence, minlength=len(p)))
        for sequence in itertools.product(range(len(p)), repeat=n)
    )


def test_the_chi_square_is_unbiased():
    for p in (SKEWED, np.full(4, 0.25)):
        mean = mean_over_samples(p, 5, lambda counts: float(chi_square_to_uniform(counts, 4)))
        assert mean == pytest.approx(chi_square_divergence(p), abs=1e-12)
    alone = chi_square_to_uniform([1], 4)
    assert (alone.value, alone.reason) == (None, "too few draws")


def test_the_limit_is_the_mean_coverage_of_fair_dice():
    for n in (1, 3, 6):
        mean = mean_over_samples(
            np.full(3, 1 / 3), n, lambda counts: float(observed_coverage(counts, 3))
        )
        assert float(uniform_limit([n], 3)) == pytest.approx(mean, abs=1e-12)
        assert observed_coverage([n], 3).limit == float(uniform_limit([n], 3))


def test_the_ratio_is_one_in_the_mean_of_fair_dice():
    mean = mean_over_samples(
        np.full(3, 1 / 3), 6, lambda counts: float(ratio_to_uniform(counts, 3))
    )
    assert mean == pytest.approx(1.0, abs=1e-12)


def test_coverage_is_of_the_space_and_the_interval_that_of_the_richness():
    counts = [3, 1, 0, 2]
    assert float(observed_coverage(counts, 8)) == 3 / 8
    ratio, limit = ratio_to_uniform(counts, 8), float(uniform_limit(counts, 8))
    low, high = observed_richness(counts, 8).interval
    assert ratio.interval == (low / (8 * limit), high / (8 * limit))
    assert float(ratio) == pytest.approx(3 / 8 / limit)
    assert observed_richness(counts, 8).limit == 8 * limit
