"""The partition: PyTorch's permutation without PyTorch, cut floor, floor, rest."""

import numpy as np
import pytest
import torch

from fluxttice_core.gates.splits import split_operations, torch_permutation

SEEDS = [0, 1, 42, 123, 2024, 2**31, 2**32 - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_is_torch_randperm(seed):
    expected = torch.randperm(19683, generator=torch.Generator().manual_seed(seed))
    assert np.array_equal(torch_permutation(19683, seed), expected.numpy())


@pytest.mark.parametrize("num_items", [1, 2, 3, 100])
def test_is_torch_randperm_for_short_lists(num_items):
    expected = torch.randperm(num_items, generator=torch.Generator().manual_seed(42))
    assert torch_permutation(num_items, 42).tolist() == expected.tolist()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("fractions", "sizes"),
    [
        ((0.8, 0.1, 0.1), (15746, 1968, 1969)),
        ((0.7, 0.2, 0.1), (13778, 3936, 1969)),
        ((1 / 3, 1 / 3, 1 / 3), (6561, 6561, 6561)),
        ((0.5, 0.5, 0.0), (9841, 9841, 1)),
        ((1.0, 0.0, 0.0), (19683, 0, 0)),
    ],
)
def test_parts_are_a_partition_cut_in_order(seed, fractions, sizes):
    split = split_operations(seed, *fractions)
    assert (len(split.train), len(split.validation), len(split.test)) == sizes
    joined = np.concatenate(list(split.parts().values()))
    assert np.array_equal(joined, torch_permutation(19683, seed))
    assert np.array_equal(np.sort(joined), np.arange(19683))
    assert joined.dtype == np.int64
    assert list(split.parts()) == ["train", "validation", "test"]


def test_default_is_the_split_of_v5_5():
    order = torch.randperm(19683, generator=torch.Generator().manual_seed(42)).numpy()
    split = split_operations()
    assert np.array_equal(split.train, order[:15746])
    assert np.array_equal(split.validation, order[15746:17714])
    assert np.array_equal(split.test, order[17714:])


def test_another_seed_holds_out_others():
    first, second = split_operations(42), split_operations(43)
    shared = len(np.intersect1d(first.test, second.test))
    assert shared < 350  # 197 expected, standard deviation 13


def test_fractions_must_add_up():
    with pytest.raises(ValueError, match=r"add up to 1; got 0\.8 \+ 0\.1 \+ 0\.2 = 1\.1"):
        split_operations(42, 0.8, 0.1, 0.2)


@pytest.mark.parametrize("fractions", [(-1, 1, 1), (2, -1, 0), (float("nan"), 0.5, 0.5)])
def test_each_fraction_is_one(fractions):
    with pytest.raises(ValueError, match=r"must lie in 0 \.\. 1 and add up to 1"):
        split_operations(42, *fractions)


def test_global_streams_stay_where_they_were():
    np.random.seed(5)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    split_operations(7)
    assert np.array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
