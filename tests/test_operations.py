"""Index, trits, tables: laws over the whole space, in both libraries, and what is refused."""

import numpy as np
import pytest
import torch

from fluxttice_core import operations as ops
from fluxttice_core.errors import OperationError

ALL = np.arange(ops.NUM_OPERATIONS)


def test_definition_of_every_operation():
    """Entry k = floor(i / 3^k) mod 3 - 1, by plain integers."""
    expected = [[i // 3**k % 3 - 1 for k in range(9)] for i in range(19683)]
    assert ops.generate_all_operations().tolist() == expected
    assert ops.generate_all_operations().dtype == np.int8


def test_rows_of_the_specification():
    everything = ops.generate_all_operations()
    assert (everything[0] == -1).all()
    assert (everything[9841] == 0).all()
    assert (everything[19682] == 1).all()


def test_input_pairs_are_in_the_specified_order():
    assert (
        *((-1, -1), (-1, 0), (-1, 1)),
        *((0, -1), (0, 0), (0, 1)),
        *((1, -1), (1, 0), (1, 1)),
    ) == ops.INPUT_PAIRS


@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_every_direction_round_trips_over_the_space(library):
    indices = library(ALL)
    trits = ops.trits_from_indices(indices)
    tables = ops.tables_from_trits(trits)
    assert type(trits) is type(tables) is type(indices)
    assert (ops.indices_from_trits(trits) == indices).all()
    assert (ops.trits_from_tables(tables) == trits).all()
    assert (ops.indices_from_tables(ops.tables_from_indices(indices)) == indices).all()
    for form in (indices, trits, tables):
        assert (ops.as_trits(form) == trits).all()
        assert type(ops.as_trits(form)) is type(indices)


def test_table_is_read_by_its_inputs():
    rng = np.random.default_rng(0)
    for index in rng.integers(0, 19683, 50):
        trits, table = ops.trits_from_indices(index), ops.tables_from_indices(index)
        for k, (a, b) in enumerate(ops.INPUT_PAIRS):
            assert table[a + 1, b + 1] == trits[k]


def test_leading_shapes_are_kept():
    trits = ops.trits_from_indices(ALL[:12].reshape(2, 3, 2))
    assert trits.shape == (2, 3, 2, 9)
    assert ops.tables_from_trits(trits).shape == (2, 3, 2, 3, 3)
    assert ops.indices_from_trits(trits).shape == (2, 3, 2)
    assert ops.indices_from_trits([0] * 9) == 9841


def test_whole_floats_and_lists_are_numbers_too():
    assert ops.as_trits([0.0, 19682.0]).tolist() == [[-1] * 9, [1] * 9]
    assert ops.as_trits([[1.0] * 9]).dtype == np.int8


def test_empty_batches_stay_empty():
    assert ops.as_trits(np.empty((0, 9))).shape == (0, 9)
    assert ops.as_trits([]).shape == (0, 9)


def test_heptavintimal_round_trips_over_the_space():
    names = [ops.heptavintimal_from_index(int(index)) for index in ALL]
    assert len(set(names)) == ops.NUM_OPERATIONS
    assert [ops.index_from_heptavintimal(name) for name in names] == ALL.tolist()
    assert ops.index_from_heptavintimal("zzz") == 19682
    # Minimum: row a = -1 is all -1; row 0 is (-, 0, 0); row +1 is (-, 0, +).
    assert ops.heptavintimal_from_index(15633) == "0CP"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[0] * 9, [0] * 4 + [2] + [0] * 4], ["row 1", "column 4", "is 2", "{-1, 0, +1}"]),
        ([[0.5] * 9], ["row 0", "0.5"]),
        ([[float("nan")] * 9], ["row 0", "nan"]),
        ([[2] * 9, [0] * 9, [3] * 9], ["row 0", "1 more rows"]),
        ([5, 19683], ["row 1", "19683", "0 .. 19682"]),
        ([-1], ["row 0", "-1"]),
        ([1.5], ["1.5"]),
        ([[0] * 8], ["(1, 8)", "(n, 9)"]),
        (5, ["()", "list"]),
        ([[True] * 9], ["bool"]),
        (["min"], ["numbers"]),
        ([[0] * 9, [0] * 8], ["different length"]),
        (np.zeros((2, 3, 4)), ["(2, 3, 4)"]),
    ],
)
def test_wrong_values_are_named(values, words):
    with pytest.raises(OperationError) as caught:
        ops.as_trits(values)
    for word in words:
        assert word in str(caught.value)


def test_wrong_tensors_are_named():
    with pytest.raises(OperationError, match="row 1, column 8 is 7"):
        ops.indices_from_trits(torch.tensor([[0] * 9, [0] * 8 + [7]]))
    with pytest.raises(OperationError, match="expected trits of shape"):
        ops.tables_from_trits(torch.zeros(4, 8))


@pytest.mark.parametrize("name", ["", "00", "0000", "00J", "0 0"])
def test_wrong_heptavintimal_names_are_refused(name):
    with pytest.raises(OperationError, match="three heptavintimal digits"):
        ops.index_from_heptavintimal(name)


def test_the_input_is_not_changed_and_not_shared():
    given = np.zeros((2, 9), dtype=np.int8)
    result = ops.as_trits(given)
    result[:] = 1
    assert (given == 0).all()
