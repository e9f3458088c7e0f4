"""A space says how many ids there are, and rows of categories are ids and back."""

import itertools
import pickle

import numpy as np
import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.gates.operations import generate_all_operations, indices_from_trits
from fluxttice_core.measure.space import ENUMERABLE_SIZE, Space, WordSpace, as_space

SPACES = [
    WordSpace(9, 3, lowest=-1, name="ternary"),
    WordSpace(5, 2),
    WordSpace(1, 7, lowest=3),
    WordSpace(4, 1, lowest=-5),
    WordSpace(2, 300, lowest=-150),
]
ids = pytest.mark.parametrize("space", SPACES, ids=repr)


@ids
def test_every_row_is_one_id_and_back(space):
    rows = space.enumerate()
    values = range(space.lowest, space.lowest + space.levels)
    # The first position counts least.
    by_hand = [word[::-1] for word in itertools.product(values, repeat=space.length)]
    assert rows.tolist() == [list(word) for word in by_hand]
    assert space.ids(rows).tolist() == list(range(space.size))
    assert np.array_equal(space.rows(space.ids(rows)), rows)
    assert space.ids(rows).dtype == np.int64


def test_the_order_is_that_of_the_gates():
    gates = generate_all_operations()
    space = WordSpace(9, 3, lowest=-1)
    assert space.size == 19_683
    assert np.array_equal(space.ids(gates), indices_from_trits(gates))
    assert np.array_equal(space.enumerate(), gates)
    assert space.enumerate().dtype == np.int8


@pytest.mark.parametrize(
    ("space", "dtype"),
    [
        (WordSpace(2, 128), np.int8),
        (WordSpace(2, 129), np.int16),
        (WordSpace(2, 2, lowest=-129), np.int16),
        (WordSpace(1, 2**20), np.int32),
        (WordSpace(1, 2**40), np.int64),
    ],
)
def test_rows_take_the_smallest_integers(space, dtype):
    rows = space.rows([space.size - 1, 0])
    assert rows.dtype == dtype
    assert space.ids(rows).tolist() == [space.size - 1, 0]


def test_the_largest_ids_keep_every_digit():
    space = WordSpace(63, 2)
    rows = np.array([[1] * 63, [1] + [0] * 62, [0] * 62 + [1]])
    assert space.ids(rows).tolist() == [2**63 - 1, 1, 2**62]
    assert np.array_equal(space.rows([2**63 - 1, 1, 2**62]), rows)
    with pytest.raises(
        DrawsError, match=r"at most 2\^63 ids to give the ids of its rows, got 2\^64"
    ):
        WordSpace(64, 2).ids([[0] * 64])
    with pytest.raises(DrawsError, match="number the rows as they come"):
        WordSpace(64, 2).rows([0])
    assert WordSpace(64, 2).size == 2**64


def test_three_input_gates_are_too_many_to_list():
    space = WordSpace(27, 3, lowest=-1, name="ternary-3in")
    assert space.size == 3**27
    assert not space.is_enumerable
    with pytest.raises(
        DrawsError,
        match=r"at most 16,777,216 rows to list, got 7,625,597,484,987 \(ternary-3in\); draw from",
    ):
        space.enumerate()
    rows = space.rows([3**27 - 1, 5])
    assert space.ids(rows).tolist() == [3**27 - 1, 5]


def test_which_spaces_can_be_listed():
    assert Space(ENUMERABLE_SIZE).is_enumerable
    assert not Space(ENUMERABLE_SIZE + 1).is_enumerable
    assert not Space().is_enumerable
    assert WordSpace(24, 2).is_enumerable
    assert not WordSpace(25, 2).is_enumerable


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[0, 2], [1, 1]], dtype=np.uint8),
        np.array([[0, 2], [1, 1]], dtype=">i4"),
        np.array([[0.0, 2.0], [1.0, 1.0]]),
        [[0, 2], (1, 1)],
        np.asfortranarray([[0, 2], [1, 1]]),
    ],
)
def test_rows_in_any_form(rows):
    assert WordSpace(2, 3).ids(rows).tolist() == [6, 4]


def test_no_rows_have_no_ids():
    space = WordSpace(2, 3)
    assert space.ids(np.zeros((0, 2), dtype=int)).shape == (0,)
    assert space.rows([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [[0, 1], [1, 2], [-2, 0]],
            r"categories -1 \.\. 1; row 1, position 1 holds 2 \(2 rows are",
        ),
        ([[0, 1], [0.5, 0]], r"rows \(n, 2\) of whole numbers; row 1 holds 0\.5"),
        ([[0, np.nan]], "row 0 holds nan"),
        ([[0, 2.0**60]], "row 0 holds 1.15"),
        ([0, 1], r"rows \(n, 2\), got shape \(2,\); wrap a single row in a list"),
        ([[0, 1, 0]], r"rows \(n, 2\), got shape \(1, 3\)"),
        ([[0], [1, 0]], "got rows of different length"),
        ([["a", "b"]], "got values of <U1"),
        ([[True, False]], "got values of bool"),
        (np.array([[2**63, 0]], dtype=np.uint64), "row 0, position 0 holds 9223372036854775808"),
    ],
)
def test_what_are_no_rows(rows, message):
    with pytest.raises(DrawsError, match=message):
        WordSpace(2, 3, lowest=-1).ids(rows)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0, 9, -1], r"ids in 0 \.\. 8; row 1 is 9"),
        ([0, 1, -1], "row 2 is -1"),
        ([0.5], r"row 0 holds 0\.5"),
        ([[1]], r"ids \(n,\), got shape \(1, 1\)"),
        (["a"], "got values of <U1"),
        (np.array([2**63], dtype=np.uint64), "row 0 is 9223372036854775808"),
    ],
)
def test_what_are_no_ids(given, message):
    with pytest.raises(DrawsError, match=message):
        WordSpace(2, 3, lowest=-1).rows(given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Space(0), "a space of at least one id, got 0"),
        (lambda: as_space("512"), "a space of at least one id, got '512'"),
        (lambda: as_space(float("nan")), "a space of at least one id, got nan"),
        (lambda: Space(True), "got True"),
        (lambda: WordSpace(0, 3), "a length of at least one position, got 0"),
        (lambda: WordSpace(3, 0), "at least one level at each position, got 0"),
        (lambda: WordSpace(3, 2.5), r"got 2\.5"),
        (lambda: WordSpace(3, 2, lowest="x"), "a whole lowest category, got 'x'"),
    ],
)
def test_what_is_no_space(make, message):
    with pytest.raises(DrawsError, match=message):
        make()


def test_spaces_are_values():
    assert WordSpace(2, 3) == WordSpace(2, 3)
    assert WordSpace(2, 3) != WordSpace(2, 3, lowest=-1)
    assert len({WordSpace(2, 3), WordSpace(2, 3), Space(9)}) == 2
    assert pickle.loads(pickle.dumps(WordSpace(2, 3, name="x"))) == WordSpace(2, 3, name="x")
    assert as_space(None) == Space()
    assert as_space(np.int64(7)) == Space(7)
    assert as_space(SPACES[0]) is SPACES[0]
