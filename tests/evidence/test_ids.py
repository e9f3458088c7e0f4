"""From what generators yield to ids."""

import numpy as np
import pytest
import torch

from fluxttice_core.errors import DrawsError
from fluxttice_core.evidence.ids import IdReader, Vocabulary, chunks_of


def read(*chunks):
    reader = IdReader()
    return reader, np.concatenate([reader.ids(chunk) for chunk in chunks])


def test_whole_numbers_are_ids_however_they_are_held():
    for given in ([3, 4], np.array([3.0, 4.0]), np.array([3, 4], "u1"), torch.tensor([3, 4])):
        reader, ids = read(given)
        assert ids.tolist() == [3, 4]
        assert reader.space_size is None


def test_rows_of_nine_trits_are_gates():
    reader, ids = read([[-1] * 9, [1] * 9], [[0] * 9])
    assert ids.tolist() == [0, 19682, 9841]
    assert reader.space_size == 19683


def test_other_rows_and_labels_are_numbered_as_they_come():
    reader, ids = read([[2, 5], [0, 1], [2, 5]], [[0, 1]])
    assert reader.space_size is None
    assert len(set(ids.tolist())) == 2
    assert ids[0] == ids[2]
    assert ids[1] == ids[3]
    _, labels = read(["CCO", "C"], ["C", "N"])
    assert labels[1] == labels[2]
    assert len(set(labels.tolist())) == 3


def test_a_shared_vocabulary_gives_equal_labels_equal_ids():
    words = Vocabulary()
    first, second = IdReader(words), IdReader(words)
    assert first.ids(["b", "a"])[1] == second.ids(["a"])[0]


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([[1.0, np.nan]], "draw 1 holds nan"),
        ([[1.0, np.inf]], "draw 1 holds inf"),
        ([[1, 2], [0.5]], r"draw 2 holds 0\.5"),
        ([[[0] * 8 + [np.nan]]], "draw 0 holds nan"),
        ([[1, 2], ["a"]], "expected numbers throughout, got labels from draw 2 on"),
        ([[[1, 2]], [3]], "expected rows of 2 categories throughout, got numbers"),
        ([[[1, 2]], [[3, 4, 5]]], "got rows of 3 categories"),
        ([5], "the single value 5"),
        ([[True, False]], "got values of bool"),
        ([[None]], "got values of object"),
        ([[[1, 2], [3]]], "rows of the same length"),
        ([np.zeros((2, 2, 2))], r"got shape \(2, 2, 2\)"),
    ],
)
def test_what_is_no_draw_is_named(chunks, words):
    with pytest.raises(DrawsError, match=words):
        read(*chunks)


def test_arrays_iterators_and_samplers_come_in_chunks():
    assert np.concatenate(list(chunks_of([1, 2, 3], 9))).tolist() == [1, 2, 3]
    assert list(chunks_of(iter([[1], [2, 3]]), 9)) == [[1], [2, 3]]
    asked = []

    def sampler(number):
        asked.append(number)
        return np.zeros(number, dtype=int)

    assert sum(map(len, chunks_of(sampler, 150_000))) == 150_000
    assert asked == [65536, 65536, 18928]
    with pytest.raises(DrawsError, match="asked for 5 draws and gave 4"):
        list(chunks_of(lambda n: [0] * 4, 5))
