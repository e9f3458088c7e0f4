"""Whatever a generator yields becomes ids, or is refused by the number of the draw."""

import itertools
import time

import numpy as np
import pandas
import pyarrow
import pytest
import torch

from fluxttice_core import measure
from fluxttice_core.errors import DrawsError
from fluxttice_core.gates.operations import GATES, NUM_OPERATIONS, generate_all_operations
from fluxttice_core.measure import Space, Tally, WordSpace
from fluxttice_core.measure.counting.ids import IdReader, Vocabulary
from fluxttice_core.measure.counting.reading import CHUNK, chunks_of


def read(*chunks, vocabulary=None, **options):
    reader = IdReader(vocabulary, **options)
    return [reader.ids(chunk).tolist() for chunk in chunks], reader


@pytest.mark.parametrize(
    "values",
    [
        [3, 0, 7],
        (3, 0, 7),
        np.array([3, 0, 7], dtype=np.uint8),
        np.array([3, 0, 7], dtype=">i8"),
        np.array([3.0, 0.0, 7.0]),
        np.array([3, 0, 7], dtype=np.float32),
        torch.tensor([3, 0, 7]),
        torch.tensor([3.0, 0.0, 7.0], requires_grad=True),
        range(3, 4),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_numbers_are_ids(values):
    ids, reader = read(values)
    assert ids[0] == list(map(int, values))
    assert reader.kind == "numbers"
    assert reader.space == Space()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan], "whole numbers that float64 can tell apart; draw 5 holds nan"),
        ([1.5, 2.0], r"draw 4 holds 1.5 \(1 values are wrong\)"),
        ([0.0, -np.inf], "draw 5 holds -inf"),
        ([2.0**53 + 2, 1.0], "draw 4 holds 9007199254740994"),
        (np.array([20_000.0], dtype=np.float16), "that float16 can tell apart; draw 4 holds"),
        ([True, False], "got values of bool"),
        ([1j], "got values of complex128"),
        ([None, 1], "got values of object"),
        ([2**70], "1180591620717411303424, which no type of 64 bits holds"),
        (np.array(["2020"], dtype="M8[Y]"), "got values of datetime64"),
        ([1, "a"], "got both in one chunk"),
        ([["a", 1]], "got both in one chunk"),
        ([[1, 2], [3]], "rows of different lengths"),
        (5, r"chunks of draws \(n,\) or rows \(n, k\), got the single value 5"),
        ("abc", "got the single value 'abc'"),
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (np.zeros((2, 0)), r"got shape \(2, 0\)"),
        ([[1.0, 2.0], [3.0, np.nan]], r"draw 5 holds nan"),
        (np.array([b"\xff"]), "bytes that are not UTF-8"),
    ],
)
def test_what_is_no_draw_is_refused_by_its_number(values, message):
    reader = IdReader()
    reader.ids([1, 2, 3, 4])
    with pytest.raises(DrawsError, match=message):
        reader.ids(values)


KINDS = {
    "numbers": [1, 2],
    "labels": ["a", "b"],
    "rows of 2 numbers": [[1, 2]],
    "rows of 3 numbers": [[1, 2, 3]],
    "rows of 2 labels": [["a", "b"]],
}


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(KINDS, 2)))
def test_kinds_do_not_mix(first, second):
    reader = IdReader()
    reader.ids(KINDS[first])
    message = f"expected {first} throughout, got {second} from draw {len(KINDS[first])} on"
    with pytest.raises(DrawsError, match=message):
        reader.ids(KINDS[second])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [[], np.zeros((0, 9)), np.array([], dtype=str)])
def test_no_draws_are_of_any_kind(kind, nothing):
    (before, ids, after), reader = read(nothing, KINDS[kind], nothing)
    assert (before, after) == ([], [])
    assert len(ids) == len(KINDS[kind])
    assert reader.kind == kind


def test_labels_are_numbered_as_they_come():
    (first, second), _ = read(["b", "a", "b"], np.array(["c", "a"]))
    labels = dict(zip(["b", "a", "b", "c", "a"], first + second, strict=True))
    assert sorted(labels.values()) == [0, 1, 2]
    assert first[0] == first[2]
    assert first[1] == second[1]


def test_labels_are_equal_whatever_array_holds_them():
    words = ["CCO", "C1=CC", "é"]
    forms = (
        words,
        np.array(words),
        np.array(words, dtype=object),
        np.array([word.encode() for word in words]),
    )
    found, _ = read(*forms)
    assert all(ids == found[0] for ids in found)


def test_a_shared_vocabulary_gives_equal_ids():
    vocabulary = Vocabulary()
    (one,), _ = read(["x", "y"], vocabulary=vocabulary)
    (other,), _ = read(["y", "z", "x"], vocabulary=vocabulary)
    assert other[0] == one[1]
    assert other[2] == one[0]
    assert other[1] not in one


@pytest.mark.parametrize("width", [1, 2, 9, 200])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float64])
def test_rows_are_equal_only_where_every_number_is(width, dtype):
    rng = np.random.default_rng(width)
    span = (0, 256) if dtype == np.uint8 else (-128, 128) if dtype == np.int8 else (0, 2**50)
    some = rng.integers(*span, (40, width), endpoint=False).astype(dtype)
    rows = np.concatenate([some[rng.integers(0, 40, 100)], some])
    reader = IdReader()
    ids = np.concatenate([reader.ids(part) for part in np.array_split(rows, 4)])
    for i, j in itertools.combinations(range(len(rows)), 2):
        assert (ids[i] == ids[j]) == (rows[i] == rows[j]).all()


def test_every_gate_is_another_id_and_their_space_is_known():
    gates = generate_all_operations()
    ids, reader = read(gates, gates[::-1].astype(np.float32), known_spaces=(GATES,))
    assert sorted(ids[0]) == list(range(NUM_OPERATIONS))
    assert ids[1] == ids[0][::-1]
    assert reader.space is GATES


@pytest.mark.parametrize(
    ("rows", "space"),
    [
        ([[0] * 8 + [-1], [1] * 9], NUM_OPERATIONS),
        ([[-1] * 9], NUM_OPERATIONS),
        ([[0] * 9, [1] * 9], None),  # nine bits
        ([[0, 1, 2] * 3], None),  # nine digits of base three
        ([[-1, 0, 2] * 3], None),
        ([[-2, 0, 1] * 3], None),
        ([[-1] * 8], None),
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_the_space_is_claimed_for_trits_alone(rows, space, one_by_one):
    chunks = [[row] for row in rows] if one_by_one else [rows]
    _, reader = read(*chunks, known_spaces=(WordSpace(3, 3, lowest=-1), GATES))
    assert reader.space.size == space
    assert read(*chunks)[1].space.size is None


def test_rows_are_numbered_quickly():
    rows = np.random.default_rng(0).integers(-1, 2, (400_000, 9)).astype(np.int8)
    started = time.process_time()
    ids = IdReader().ids(rows)
    assert time.process_time() - started < 3
    assert len(set(ids.tolist())) == len(np.unique(rows, axis=0))


def test_sources_of_chunks():
    assert [chunk.tolist() for chunk in chunks_of([4, 5], 9)] == [[4, 5]]
    assert list(chunks_of(np.array([], dtype=int), 9)) == []
    assert [len(chunk) for chunk in chunks_of(np.zeros(CHUNK + 3, "i1"), 9)] == [CHUNK, 3]
    assert list(chunks_of(iter([[1], [2, 3]]), 9)) == [[1], [2, 3]]
    assert list(chunks_of(([n] for n in range(2)), 9)) == [[0], [1]]
    assert [chunk.tolist() for chunk in chunks_of(torch.tensor([1, 2]), 9)] == [[1, 2]]


def test_a_sampler_is_asked_for_what_is_wanted():
    asked = []

    def sampler(num_draws):
        asked.append(num_draws)
        return [0] * num_draws

    assert sum(len(chunk) for chunk in chunks_of(sampler, 2**16 + 5)) == 2**16 + 5
    assert asked == [2**16, 5]


def test_a_sampler_that_gives_too_few():
    with pytest.raises(DrawsError, match="was asked for 100 draws and gave 3"):
        list(chunks_of(lambda n: [1, 2, 3], 100))


@pytest.mark.parametrize("source", [5, np.array(5), {1, 2}])
def test_sources_that_hold_no_draws(source):
    with pytest.raises(DrawsError, match="got the single value"):
        list(chunks_of(source, 9))


@pytest.mark.parametrize("shift", [0, 2**63, 2**64 - 9])
def test_rows_of_any_offset_are_told_apart(shift):
    rows = np.random.default_rng(0).integers(0, 3, (500, 4)).astype(np.uint64) + np.uint64(shift)
    ids = Vocabulary().ids(rows)
    assert len(np.unique(ids)) == len({tuple(row) for row in rows.tolist()})
    for number in np.unique(ids):
        assert len(np.unique(rows[ids == number], axis=0)) == 1


SAME = [2**53, 2**53 + 1]
BOTH_ENDS = [-1, 2**64 - 1]


@pytest.mark.parametrize(
    "values",
    [
        np.array([-5, 3, -(2**63), 2**63 - 1]),
        np.array([2**64 - 5, 3, 2**63, 2**63 - 1], dtype=np.uint64),
        [2**64 - 5, 3, 2**63, 0],
        [-5, 3, -(2**63), 2**63 - 1],
        np.array([2**64 - 1, 3, 2**63, 0], dtype=object),
        [*SAME, 1, 0],
        pandas.Series([*SAME, 1, 2**63 - 1]),
        pandas.Series([*SAME, 1, 2**64 - 1], dtype="UInt64"),
        pandas.Categorical([*SAME, 1, 2**64 - 1]),
        pyarrow.array([*SAME, -1, -2]),
        pyarrow.chunked_array([SAME, [2**64 - 1, 0]], type=pyarrow.uint64()),
        np.array([*BOTH_ENDS, 0, 1], dtype=object).astype(str),
        ["a\0", "a", "b", "c"],
        np.array(["a\0", "a", "b", "c"], dtype=object),
        [["a\0", "b"], ["a", "b"], ["a", "c"], ["c", "c"]],
        [b"a\0", b"a", b"b", b"c"],
        pandas.Series(["a\0", "a", "b", "c"]),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_no_two_draws_are_merged(values):
    assert measure.draws(values).observed_richness == 4
    first, second = IdReader(), IdReader()
    np.testing.assert_array_equal(first.ids(values)[2:], second.ids(values)[2:])


@pytest.mark.parametrize(
    "values",
    [
        BOTH_ENDS,
        np.array(BOTH_ENDS, dtype=object),
        iter([[-1], np.array([2**64 - 1], dtype=np.uint64)]),
        iter([[2**64 - 1], [-1]]),
        pandas.Series([1, None, 2**53 + 1], dtype="Int64"),
        pandas.Series(["a", None]),
        pandas.DataFrame({"a": SAME, "b": [0.5, 1.5]}),
        pyarrow.array([1, None]),
        np.array([2.0**53]),
        [2.0**53, 1.0],
        np.ma.masked_array([1, 2, 3], mask=[0, 1, 0]),
        iter([np.ma.masked_array([1, 2, 3], mask=[0, 1, 0])]),
        [*SAME, 1.0, 0],
        pandas.DataFrame({"a": [*SAME, 0, 1], "b": np.array([2**63] * 4, dtype=np.uint64)}),
        [[2**53, 1.0], [2**53 + 1, 1.0], [0, 1], [1, 0]],
        [2**64],
        [-(2**63) - 1],
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_what_would_be_rounded_merged_or_unmasked_is_refused(values):
    with pytest.raises(DrawsError, match="expected"):
        measure.draws(values)


@pytest.mark.parametrize(("a", "b"), [(BOTH_ENDS[:1], BOTH_ENDS[1:]), (BOTH_ENDS[1:], [-1, 5])])
def test_both_ends_are_not_merged_between_samples(a, b):
    for compare in (lambda: measure.draws(a, reference=b), lambda: measure.compare_samples(a, b)):
        with pytest.raises(DrawsError, match="all with a sign or all without"):
            compare()


def test_an_array_whose_mask_hides_nothing_is_read():
    assert measure.draws(np.ma.masked_array([1, 2, 2], mask=False)).num_draws == 3


def test_negative_ids_spill_and_come_back():
    ids = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 3_000)
    ids = np.concatenate([ids, ids[:500], [-5, 3]])
    tally = Tally(spill_distinct=100)
    for part in np.array_split(ids, 7):
        tally.add(part)
        tally.frequencies()
    assert tally.spilled
    assert tally.frequencies().observed_richness == len(set(ids.tolist()))
