"""Index, trits, tables: laws over the whole space, in both libraries, and what is refused."""

import sys

import numpy as np
import pytest
import torch

from fluxttice_core.errors import OperationError
from fluxttice_core.gates import operations as ops

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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int32])
def test_tensors_of_any_number_type_are_taken(dtype):
    trits = torch.tensor([[-1, 0, 1] * 3], dtype=dtype, requires_grad=dtype.is_floating_point)
    found = ops.as_trits(trits)
    assert found.tolist() == [[-1, 0, 1] * 3]
    assert found.dtype == torch.int8
    assert not found.requires_grad


def test_arrays_need_no_torch(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    assert (ops.indices_from_tables(ops.tables_from_indices(ALL)) == ALL).all()
    assert "torch" not in sys.modules


def test_every_array_of_all_operations_is_fresh():
    ops.generate_all_operations()[:] = 0
    assert (ops.generate_all_operations()[0] == -1).all()


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
    ("table", "name"),
    [
        # Both as the people who use this notation published them, with their tables.
        ([[1, 1, 1], [0, 0, 1], [-1, 0, 1]], "ZRP"),
        ([[-1, 0, 0], [0, 0, 0], [0, 0, 0]], "CDD"),
    ],
)
def test_heptavintimal_order_is_the_published_one(table, name):
    assert ops.heptavintimal_from_index(ops.indices_from_tables(table)) == name


@pytest.mark.parametrize("index", [7, 7.0, np.int16(7), torch.tensor(7)])
def test_one_index_of_any_type_has_a_heptavintimal_name(index):
    assert ops.heptavintimal_from_index(index) == "700"


@pytest.mark.parametrize("index", [-1, 19683, 0.5, True, None])
def test_wrong_indices_have_no_heptavintimal_name(index):
    with pytest.raises(OperationError, match="expected"):
        ops.heptavintimal_from_index(index)
    with pytest.raises(OperationError, match="one operation index"):
        ops.heptavintimal_from_index([7])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [[0] * 9, [0] * 4 + [2] + [0] * 4],
            ["row 1, column 4 holds 2;", "{-1, 0, +1}", "subtract"],
        ),
        ([[0.5] * 9], ["row 0, column 0 holds 0.5;"]),
        ([[float("nan")] * 9], ["row 0", "nan"]),
        ([[2] * 9, [0] * 9, [3] * 9], ["row 0, column 0 holds 2 (2 rows are wrong)"]),
        ([np.eye(3), np.diag([0, 0, 2])], ["row 1, cell (2, 2) holds 2.0;"]),
        ([5, 19683], ["row 1 holds 19683;", "0 .. 19682", "rows of nine"]),
        ([0, -1, 1, 0, 0, 0, 0, 0, -1], ["row 1 holds -1 (2 rows are wrong); trits go in as rows"]),
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


def test_a_single_gate_has_no_row_to_name():
    with pytest.raises(OperationError, match=r"\+1\}; column 4 holds 2;"):
        ops.indices_from_trits([0, 0, 0, 0, 2, 0, 0, 0, 0])
    with pytest.raises(OperationError, match=r"\+1\}; cell \(1, 1\) holds 5;"):
        ops.trits_from_tables([[0, 0, 0], [0, 5, 0], [0, 0, 0]])
    with pytest.raises(OperationError, match="the value is 19683;"):
        ops.trits_from_indices(19683)
    with pytest.raises(OperationError, match=r"row \(1, 2\), column 8 holds 3;"):
        ops.indices_from_trits(np.where(np.arange(54).reshape(2, 3, 9) == 53, 3, 0))


def test_wrong_tensors_are_named():
    with pytest.raises(OperationError, match="row 1, column 8 holds 7"):
        ops.indices_from_trits(torch.tensor([[0] * 9, [0] * 8 + [7]]))
    with pytest.raises(OperationError, match="expected trits of shape"):
        ops.tables_from_trits(torch.zeros(4, 8))


@pytest.mark.parametrize("name", ["", "00", "0000", "00J", "0 0", "zzſ", None])
def test_wrong_heptavintimal_names_are_refused(name):
    with pytest.raises(OperationError, match="three heptavintimal digits"):
        ops.index_from_heptavintimal(name)


def test_the_input_is_not_changed_and_not_shared():
    given = np.zeros((2, 9), dtype=np.int8)
    result = ops.as_trits(given)
    result[:] = 1
    assert (given == 0).all()
