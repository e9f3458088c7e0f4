"""Parquet, Arrow and Feather, written by the reference implementation of the formats."""

import sys

import numpy as np
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest

from fluxttice_core.artifacts.draws import arrow, read_draws
from fluxttice_core.errors import ArtifactError, MissingExtraError


@pytest.fixture(params=["parquet", "arrow", "stream", "feather"])
def read_table(request, read):
    """Write a table in each format, and read it."""

    def call(table, **options):
        sink = pyarrow.BufferOutputStream()
        if request.param == "parquet":
            pyarrow.parquet.write_table(table, sink)
        elif request.param == "feather":
            pyarrow.feather.write_feather(table, sink)
        else:
            make = pyarrow.ipc.new_file if request.param == "arrow" else pyarrow.ipc.new_stream
            with make(sink, table.schema) as writer:
                writer.write_table(table)
        suffix = {"stream": "arrow"}.get(request.param, request.param)
        return read(f"a.{suffix}", sink.getvalue().to_pybytes(), **options)

    return call


@pytest.mark.parametrize("kind", ["int8", "int64", "uint32", "uint64", "float64", "bool"])
def test_numbers(read_table, monkeypatch, kind):
    monkeypatch.setattr(arrow, "CHUNK", 64)
    ids = np.random.default_rng(0).integers(0, 2 if kind == "bool" else 100, 1000)
    assert read_table(pyarrow.table({"id": ids.astype(kind)}))[0] == ids.tolist()


def test_rows_and_labels(read_table):
    trits = np.random.default_rng(0).integers(-1, 2, (100, 9)).astype("int8")
    columns = {f"trit {place}": trits[:, place] for place in range(9)}
    draws, source = read_table(pyarrow.table(columns))
    assert draws == trits.tolist()
    assert source.form == "rows of 9 numbers"
    assert read_table(pyarrow.table({"label": ["CCO", "C", "CCO"]}))[0] == ["CCO", "C", "CCO"]
    texts = pyarrow.array(["a\0", "a", "a\0"])
    assert read_table(pyarrow.table({"label": texts}))[0] == ["a\0", "a", "a\0"]
    assert read_table(pyarrow.table({"label": texts.dictionary_encode()}))[0] == ["a\0", "a", "a\0"]
    assert read_table(pyarrow.table({"label": [b"a", "é".encode()]}))[0] == ["a", "é"]
    lists = pyarrow.array([[1, 2], [3, 4]])
    assert read_table(pyarrow.table({"input_ids": lists}))[0] == [[1, 2], [3, 4]]


def test_numbers_are_never_rounded(read_table):
    big = pyarrow.array([2**53 + 1, None, 2**53])
    draws, source = read_table(pyarrow.table({"id": big}), invalid="null")
    assert (draws, source.num_invalid) == ([2**53 + 1, 2**53], 1)
    mixed = pyarrow.table({"a": [2**53 + 1, 1], "b": [1.0, 2.0]})
    assert read_table(mixed)[0] == [[2**53 + 1, 1], [1, 2]]
    types = pyarrow.table({"a": pyarrow.array([2**53 + 1], "uint64"), "b": pyarrow.array([-1])})
    assert read_table(types)[0] == [[2**53 + 1, -1]]
    signed = pyarrow.table({"a": pyarrow.array([2**63], "uint64"), "b": pyarrow.array([-1])})
    with pytest.raises(ArtifactError, match="--labels reads them as texts"):
        read_table(signed)
    assert read_table(signed, labels=True)[0] == [(str(2**63), "-1")]


def test_columns(read_table):
    table = pyarrow.table({"smiles": ["CCO", "C", "O"], "score": [0.5, 1.5, 2.5], "n": [4, 5, 6]})
    with pytest.raises(ArtifactError, match=r"--counts n .*1 'smiles' .labels., 2 'score'"):
        read_table(table)
    draws, source = read_table(table, column="smiles")
    assert draws == ["CCO", "C", "O"]
    assert "column 'smiles' of 3, 3 labels" in source.describe()[0]
    assert read_table(table, column="smiles", counts="n")[0] == [("CCO", 4), ("C", 5), ("O", 6)]
    with pytest.raises(ArtifactError, match="'step' counts the rows: --column id"):
        read_table(pyarrow.table({"step": [0, 1, 2], "id": [5, 5, 7]}))
    with pytest.raises(ArtifactError, match="draw 0: expected whole numbers that float64"):
        read_table(table, column="score")
    times = pyarrow.table({"t": pyarrow.array([1, 2], pyarrow.timestamp("s"))})
    with pytest.raises(ArtifactError, match=r"got values of timestamp\[m?s\]"):
        read_table(times)


def test_the_index_that_pandas_keeps(read_table):
    index = pyarrow.table({"id": [5, 7], "__index_level_0__": [10, 3]})
    draws, source = read_table(index)
    assert draws == [5, 7]
    assert source.records[0].row_names == ("__index_level_0__",)


def test_missing_values_and_ragged_lists_are_refused(read_table):
    with pytest.raises(ArtifactError, match="column 's': 1 missing; --invalid null"):
        read_table(pyarrow.table({"s": ["a", None, "b"]}))
    with pytest.raises(ArtifactError, match="lists of one length"):
        read_table(pyarrow.table({"l": [[1, 2], [3]]}))
    counts = pyarrow.table({"s": ["a", None], "n": [4, 3]})
    pairs, source = read_table(counts, counts="n", invalid="null")
    assert (pairs, source.num_invalid) == ([("a", 4)], 3)


def test_an_empty_table(read_table):
    assert read_table(pyarrow.table({"id": pyarrow.array([], "int64")}))[0] == []


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_files_that_are_cut_never_give_fewer_draws(name, read):
    sinks = [pyarrow.BufferOutputStream() for _ in range(2)]
    table = pyarrow.table({"id": np.arange(100), "s": [str(number) for number in range(100)]})
    pyarrow.parquet.write_table(table, sinks[0])
    with pyarrow.ipc.new_stream(sinks[1], table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    whole = sinks[name == "a.arrow"].getvalue().to_pybytes()
    assert len(read(name, whole, column="id")[0]) == 100
    for cut in range(0, len(whole), 8):
        with pytest.raises(ArtifactError, match=rf"{name}: cannot be read as"):
            read(name, whole[:cut], column="id")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in ("a.parquet", "a.csv.zst"):
        (tmp_path / name).write_bytes(b"PAR1")
        with pytest.raises(MissingExtraError, match=r"pip install 'fluxttice_core\[parquet\]'"):
            list(read_draws(tmp_path / name))
