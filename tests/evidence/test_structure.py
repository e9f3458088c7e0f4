"""Structure of codes, on geometries whose figures are known."""

import numpy as np
import pytest

from fluxttice_core.evidence import structure
from fluxttice_core.evidence.structure import (
    measure_structure,
    nearest_at_hamming_1,
    pearson,
    ranks,
    renamed_values,
)
from fluxttice_core.measure.space import WordSpace
from fluxttice_core.model.layout import GATES

OPERATIONS = GATES.enumerate().astype(np.float64)
RENAMED = renamed_values(GATES).astype(np.float64)


def spearman(first, second):
    return pearson(ranks(first), ranks(second))


def nearest(codes):
    return nearest_at_hamming_1(codes, OPERATIONS)


def test_ranks_share_ties():
    assert ranks(np.array([10, 30, 20, 20])).tolist() == [1.0, 4.0, 2.5, 2.5]


def test_spearman_is_blind_to_any_rising_change():
    x = np.random.default_rng(0).normal(size=500)
    assert spearman(x, np.exp(3 * x)) == pytest.approx(1.0)
    assert spearman(x, -x) == pytest.approx(-1.0)
    assert pearson(x, np.exp(3 * x)) < 0.8
    assert np.isnan(pearson(x, np.ones(500)))


def test_the_raw_trits_have_their_neighbours_one_trit_away():
    assert nearest(OPERATIONS) == 1.0


def test_dealt_out_codes_have_no_such_neighbours():
    order = np.random.default_rng(1).permutation(19683)
    assert nearest(OPERATIONS[order]) < 0.01


def test_ties_count_by_share():
    """Codes blind to trits 7 and 8: nearest are the eight that differ there alone, four by one."""
    assert nearest(OPERATIONS[:, :7]) == pytest.approx(4 / 8)


def test_the_figures_of_the_raw_trits():
    generator = np.random.default_rng(2)
    figures = measure_structure(OPERATIONS, RENAMED, GATES, "raw trits", generator, 50_000)
    assert figures.spearman_l1 == pytest.approx(0.94, abs=0.01)
    assert figures.spearman_hamming == pytest.approx(0.62, abs=0.01)


def test_one_hot_codes_do_not_mind_what_the_values_are_called():
    def one_hot(trits):
        return (trits[:, :, None] == np.array([-1, 0, 1])).reshape(-1, 27).astype(np.float64)

    generator = np.random.default_rng(3)
    figures = measure_structure(
        one_hot(OPERATIONS), one_hot(RENAMED), GATES, "checkpoint", generator, 9999
    )
    assert figures.permuted_correlation == pytest.approx(1.0)
    assert figures.spearman_hamming == pytest.approx(1.0)


def test_renaming_is_a_permutation_of_the_values():
    words = WordSpace(1, 3, lowest=-1)
    assert words.enumerate().ravel().tolist() == [-1, 0, 1]
    assert renamed_values(words).ravel().tolist() == [0, 1, -1]
    assert renamed_values(WordSpace(1, 2)).ravel().tolist() == [1, 0]


def test_blocks_of_any_height_find_the_same_neighbours(monkeypatch):
    codes = OPERATIONS @ np.random.default_rng(4).normal(size=(9, 5))
    whole = nearest(codes)
    monkeypatch.setattr(structure, "BLOCK_CELLS", 700 * 19683)
    assert nearest(codes) == whole
