"""Fair dice are ruled out no more often than said, at any n and N, and where they ought to be."""

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.measure.uniformity import fair_dice_bound

RUNS = 4_000


def chi_squares(masses, n, seed=5):
    size = len(masses)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n, masses, size=RUNS)
    return size * (counts * (counts - 1)).sum(axis=1) / (n * (n - 1)) - 1


@pytest.mark.parametrize(("n", "size"), [(2, 3), (5, 2000), (40, 2000), (400, 400), (3000, 7)])
def test_fair_dice_are_ruled_out_no_more_often_than_said(n, size):
    found = chi_squares(np.full(size, 1 / size), n)
    bounds = np.array([fair_dice_bound(value, n, size) for value in found])
    for level in (0.01, 0.05, 0.3):
        allowed = level + 4 * np.sqrt(level * (1 - level) / RUNS)
        assert (bounds <= level).mean() <= allowed
    # What the bound rests on.
    variance = 2 * (size - 1) / (n * (n - 1))
    assert found.mean() == pytest.approx(0, abs=5 * np.sqrt(variance / RUNS))
    if (n, size) not in ((5, 2000), (40, 2000)):
        assert found.var() == pytest.approx(variance, rel=0.25)


@pytest.mark.parametrize(("n", "size"), [(400, 2000), (3000, 7)])
def test_dice_that_are_not_fair_are_ruled_out(n, size):
    masses = np.arange(1, size + 1) ** -1.0
    found = chi_squares(masses / masses.sum(), n)
    assert np.mean([fair_dice_bound(value, n, size) <= 0.05 for value in found]) > 0.99


def test_the_report_holds_the_bound_where_it_was_tested():
    rng = np.random.default_rng(3)
    report = measure.draws(rng.integers(0, 50, 500), space=50)
    assert report.fair_dice_p_value == report.as_dict()["fair_dice_p_value"] > 0.05
    assert measure.draws(rng.integers(0, 5, 500), space=50).fair_dice_p_value < 0.001
    assert measure.draws(rng.integers(0, 50, 500)).fair_dice_p_value is None
    assert measure.draws(np.repeat(np.arange(50), 10), space=50).fair_dice_p_value is None
    assert measure.draws([0], space=50).fair_dice_p_value is None
    assert measure.draws([0, 0, 0], space=1).fair_dice_p_value == 1.0
    grouped = measure.draws([0, 1, 0, 2], groups=[0, 0, 1, 1], space=5)
    assert grouped.fair_dice_p_value is None
