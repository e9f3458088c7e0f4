"""Files and pipes of draws: what they hold comes out, and what is wrong is named by line."""

import io
import struct
import sys

import numpy as np
import pytest

from fluxttice_core.artifacts.draw_files import draw_chunks
from fluxttice_core.errors import ArtifactError, MissingExtraError


def read(name, stdin=b""):
    return [np.asarray(chunk) for chunk in draw_chunks(str(name), io.BytesIO(stdin))]


def joined(name, stdin=b""):
    return np.concatenate(read(name, stdin)).tolist()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(7),
        np.arange(12, dtype="i2").reshape(4, 3),
        np.array([1.0, 2.0]),
        np.array(["CCO", "N"]),
        np.array([b"ab", b"c"]),
    ],
)
def test_npy(tmp_path, array):
    np.save(tmp_path / "draws.npy", array)
    assert joined(tmp_path / "draws.npy") == array.tolist()


def test_npy_comes_in_chunks_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr("fluxttice_core.artifacts.draw_files.CHUNK", 1000)
    np.save(tmp_path / "draws.npy", np.arange(2500))
    assert [len(chunk) for chunk in read(tmp_path / "draws.npy")] == [1000, 1000, 500]
    np.save(tmp_path / "rows.npy", np.zeros((600, 9), dtype="i1"))
    assert {len(chunk) for chunk in read(tmp_path / "rows.npy")} == {111, 45}


def header_only(text):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "expected a NumPy .npy file"),
        (b"PK\x03\x04zip", "expected a NumPy .npy file"),
        (header_only(b"{'descr': '<f8', 'shape': ((((("), "expected a NumPy .npy file"),
        (header_only(b"{'descr':'<i8','fortran_order':True,'shape':(2,2)}"), "in Fortran order"),
        (header_only(b"{'descr':'<c16','fortran_order':False,'shape':(2,)}"), "got complex128"),
        (header_only(b"{'descr':'|O','fortran_order':False,'shape':(2,)}"), "got object"),
        (header_only(b"{'descr':'<i8','fortran_order':False,'shape':()}"), "of shape ()"),
        (
            header_only(b"{'descr':'<i8','fortran_order':False,'shape':(3,)}") + b"\0" * 9,
            "15 bytes",
        ),
    ],
)
def test_npy_that_is_none(tmp_path, data, words):
    (tmp_path / "draws.npy").write_bytes(data)
    with pytest.raises(ArtifactError) as error:
        read(tmp_path / "draws.npy")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5\n7\n5\n", [5, 7, 5]),
        ("5\r\n7\r\n", [5, 7]),
        ("# ids\n\n5\n\n# more\n7", [5, 7]),
        ("id\n5\n7\n", [5, 7]),
        ("a,b\n0,1\n-1,1\n", [[0, 1], [-1, 1]]),
        ("5.0\n7.0\n", [5.0, 7.0]),
        ("CCO\nN\nCCO\n", ["CCO", "N", "CCO"]),
        ("9223372036854775807\n", [2**63 - 1]),
    ],
)
def test_text(tmp_path, text, expected):
    (tmp_path / "draws.csv").write_bytes(text.encode())
    assert joined(tmp_path / "draws.csv") == expected
    assert joined("-", text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5\n7\nx\n", "line 3: expected 1 number as before, got 'x'"),
        ("1,2\n\n3\n", "line 3: expected 2 numbers separated by commas as before, got '3'"),
        ("1\n2,3\n", "line 2"),
    ],
)
def test_text_that_is_ragged(tmp_path, text, words):
    (tmp_path / "draws.csv").write_text(text)
    with pytest.raises(ArtifactError) as error:
        read(tmp_path / "draws.csv")
    assert words in str(error.value)


def test_what_is_not_text(tmp_path):
    (tmp_path / "draws.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(ArtifactError, match="this is not text"):
        read(tmp_path / "draws.csv")
    with pytest.raises(ArtifactError, match="cannot be read: No such file"):
        read(tmp_path / "nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ArtifactError, match="cannot be read: Is a directory"):
        read(tmp_path / "folder.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5\n7\n", [5, 7]),
        ('"CCO"\n"N"\n', ["CCO", "N"]),
        ("[0, 1]\n[1, 1]\n", [[0, 1], [1, 1]]),
    ],
)
def test_json_lines(tmp_path, text, expected):
    (tmp_path / "draws.jsonl").write_text(text)
    assert joined(tmp_path / "draws.jsonl") == expected
    if not text[0].isdigit():
        assert joined("-", text.encode()) == expected


@pytest.mark.parametrize(
    "line", ["nope", "NaN", "true", "null", "{}", "[]", "[[1]]", '"text"', "[" * 5000, "[true]"]
)
def test_json_lines_that_are_no_draws(tmp_path, line):
    (tmp_path / "draws.jsonl").write_text(f"5\n{line}\n")
    with pytest.raises(ArtifactError, match="line 2: expected a number, a text or a list"):
        read(tmp_path / "draws.jsonl")


class Drip(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, pieces):
        self.pieces = list(pieces)

    def read1(self, _):
        return self.pieces.pop(0) if self.pieces else b""


def test_a_slow_pipe_is_read_as_it_comes():
    pipe = Drip([b"5\n7", b"7\n", b"1", b"2\n3"])
    assert [chunk.tolist() for chunk in draw_chunks("-", pipe)] == [[5], [77], [12], [3]]


def test_parquet_needs_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="parquet"):
        read(tmp_path / "draws.parquet")
