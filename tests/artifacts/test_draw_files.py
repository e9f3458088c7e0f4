"""Draws from files and pipes: what is read, what is refused, and where."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from fluxttice_core.artifacts import draw_files
from fluxttice_core.artifacts.draw_files import draw_chunks
from fluxttice_core.errors import ArtifactError, MissingExtraError


def read(path, stdin=b""):
    """All draws of a source as a list."""
    return [
        draw
        for chunk in draw_chunks([str(path)], io.BytesIO(stdin))
        for draw in (chunk if isinstance(chunk, list) else chunk.tolist())
    ]


@pytest.fixture(params=["file", "standard input", "a byte at a time"])
def read_text(request, tmp_path):
    """Read text as a file, from a pipe, and from a pipe that gives a byte at a time."""

    class Slow(io.BytesIO):
        def read1(self, size=-1):
            return self.read(1)

    def read_it(data, suffix=".csv"):
        if request.param == "file":
            path = tmp_path / f"draws{suffix}"
            path.write_bytes(data)
            return read(path)
        stream = (Slow if request.param == "a byte at a time" else io.BytesIO)(data)
        return [
            draw
            for chunk in draw_chunks(["-"], stream)
            for draw in (chunk if isinstance(chunk, list) else chunk.tolist())
        ]

    return read_it


@pytest.mark.parametrize(
    "array",
    [
        np.arange(7),
        np.arange(7, dtype="u1"),
        np.arange(7, dtype=">i4"),
        np.arange(7, dtype="f4"),
        np.arange(12).reshape(6, 2),
        np.arange(3)[:, None],
        np.asfortranarray(np.arange(7)),
        np.array(["a", "bcd"]),
        np.array([b"a", b"bcd"]),
        np.array([], dtype="i8"),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
@pytest.mark.parametrize("chunk", [1, 4, 2**21])
@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_npy_files(array, chunk, version, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_files, "CHUNK", chunk)
    with (tmp_path / "a.NPY").open("wb") as stream:
        np.lib.format.write_array(stream, array, version=version)
    assert read(tmp_path / "a.NPY") == array.tolist()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.asfortranarray(np.arange(12).reshape(6, 2)), "in Fortran order"),
        (np.zeros((2, 2, 2)), r"got float64 of shape \(2, 2, 2\)"),
        (np.array(5), r"of shape \(\)"),
        (np.array([{}, None], dtype=object), "got object"),
        (np.zeros(3, dtype=complex), "got complex128"),
        (np.zeros(3, dtype=bool), "got bool"),
        (np.zeros(3, dtype=[("a", "i4")]), "got "),
        (np.zeros(3, dtype="M8[s]"), r"got datetime64\[s\]"),
    ],
)
def test_npy_files_of_something_else(array, message, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ArtifactError, match=rf"a\.npy: expected draws .*{message}"):
        read(tmp_path / "a.npy")


def test_npy_files_that_are_cut_or_have_too_much(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(100))
    whole = (tmp_path / "a.npy").read_bytes()
    for cut in range(1, len(whole), 13):
        (tmp_path / "a.npy").write_bytes(whole[:cut])
        with pytest.raises(
            ArtifactError, match=r"a\.npy: (truncated: .* missing|expected a NumPy)"
        ):
            read(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes(whole + b"1234567890")
    with pytest.raises(ArtifactError, match="damaged: 10 bytes more than its header says"):
        read(tmp_path / "a.npy")


def test_a_damaged_header_never_gives_other_draws(tmp_path):
    """Any byte of the header replaced: refused, or the very draws."""
    np.save(tmp_path / "a.npy", np.arange(100, 108))
    whole = (tmp_path / "a.npy").read_bytes()
    rng = np.random.default_rng(0)
    for place in range(len(whole) - 64):
        data = bytearray(whole)
        data[place] = rng.integers(0, 256)
        (tmp_path / "a.npy").write_bytes(data)
        try:
            found = read(tmp_path / "a.npy")
        except ArtifactError as error:
            assert "a.npy: " in str(error)  # noqa: PT017
        else:
            # Another type of the same width may be read: never fewer or more draws.
            assert len(found) == 8


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        (b"5\n7\n5\n", [5, 7, 5]),
        (b"5\n7", [5, 7]),
        (b"5", [5]),
        (b"5\r\n7\r\n", [5, 7]),
        (b"\n\n5\n\n7\n", [5, 7]),
        (b"# a remark\n5\n  # another\n7\n", [5, 7]),
        (b"id\n5\n7\n", [5, 7]),
        (b"# a remark\nid\n5\n", [5]),
        (b"id\n\n\n5\n", [5]),
        (b"a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        (b"1,2\n 3 , 4 \n", [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbf5\n7\n", [5, 7]),
        (b"\xef\xbb\xbfid\n7\n", [7]),
        (b"-1\n1e3\n2.0\n", [-1, 1000, 2]),
        (b"CCO\nC\nCCO\n", ["CCO", "C", "CCO"]),
        (b"CCO", ["CCO"]),
        ("é\nx\n".encode(), ["é", "x"]),
        (b"a,b\nc,d\n", ["a,b", "c,d"]),
        (b"5\n7\n", [5, 7]),
        (b"[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]]),
        (b'"a"\n\n# remark\n"b"\n', ["a", "b"]),
        (b"", []),
        (b"\n# nothing\n\n", []),
    ],
)
def test_text(text, draws, read_text):
    assert read_text(text) == draws


def test_numbers_that_are_no_ids_are_left_to_the_reader(read_text):
    assert np.isnan(read_text(b"5\nnan\n")[1])
    assert read_text(b"5\n1.5\n") == [5, 1.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1,2\n1\n", "line 2: expected 2 numbers separated by commas as before, got '1'"),
        (b"1\n2\n\n# x\n3,4\n", "line 5: expected 1 number as before, got '3,4'"),
        (b"id\n1\n2\nx\n", "line 4: expected 1 number as before, got 'x'"),
        (b"1\n\xff\n", "line 2: expected 1 number"),
        (b"\xff\xfe5\x00\n\x00", "this is not text"),
        (b"a\x00\nb\x00\n", "this is not text"),
        (b"[1]\n[1, 2\n", r"line 2: expected a number, a text or a list of either"),
        (b"[1]\n5\n", "line 2: .* the same kind on each line; got '5'"),
        (b"[1]\n[true]\n", "line 2: .*got '.true.'"),
        (b'[1]\n[1, "a"]\n', "line 2"),
        (b"[1]\n[]\n", "line 2"),
        (b"[1]\n[NaN]\n", "line 2"),
        (b'{"a": 1}\n', "line 1"),
        (b"[" * 100_000 + b"\n", "line 1"),
    ],
)
def test_text_that_is_refused_by_its_line(text, message, tmp_path):
    (tmp_path / "a.csv").write_bytes(text)
    with pytest.raises(ArtifactError, match=f"a.csv: .*{message}|a.csv: {message}"):
        read(tmp_path / "a.csv")


def test_lines_are_counted_across_pieces():
    lines = b"".join(b"%d\n" % n for n in range(300_000)) + b"x\n"
    lines = b"# remark\n\n" + lines
    with pytest.raises(ArtifactError, match="standard input: line 300003: expected 1 number"):
        read("-", lines)


def test_json_lines(tmp_path):
    (tmp_path / "a.jsonl").write_text("# remark\n5\n\n7.0\n")
    assert read(tmp_path / "a.jsonl") == [5, 7.0]
    (tmp_path / "b.jsonl").write_text('"CCO"\n"C"\n')
    assert read(tmp_path / "b.jsonl") == ["CCO", "C"]
    (tmp_path / "c.jsonl").write_text("CCO\n")
    with pytest.raises(ArtifactError, match=r"c.jsonl: line 1: .* got 'CCO'"):
        read(tmp_path / "c.jsonl")


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(draw_files, "LONGEST_LINE", 1_000)
    with pytest.raises(ArtifactError, match="expected lines, got one of over 1,000 bytes"):
        read("-", b"1" * 5_000)


def test_a_slow_pipe_is_read_as_it_comes():
    pieces = [b"1\n2\n", b"3\n", b"4\n5"]

    class Pipe(io.BytesIO):
        def read1(self, size=-1):
            return pieces.pop(0) if pieces else b""

    chunks = draw_chunks(["-"], Pipe())
    pipe_left = []
    for chunk in chunks:
        pipe_left.append((chunk.tolist(), len(pieces)))
    assert pipe_left == [([1, 2], 2), ([3], 1), ([4], 0), ([5], 0)]


@pytest.mark.parametrize("name", ["nowhere.npy", "nowhere.csv", "nowhere.jsonl"])
def test_files_that_are_not_there(name, tmp_path):
    with pytest.raises(
        ArtifactError, match=rf"{name}: cannot be read: No such file .*give a \.npy"
    ):
        read(tmp_path / name)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ArtifactError, match="cannot be read: Is a directory"):
        read(tmp_path / "a.csv")


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"pip install 'fluxttice_core\[parquet\]'"):
        read(tmp_path / "a.parquet")


def parquet(folder, **columns):
    """A file written by the reference implementation of the format."""
    import pyarrow.parquet

    path = folder / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


@pytest.mark.parametrize("kind", ["int8", "int64", "uint32", "float64"])
def test_parquet_numbers(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(draw_files, "CHUNK", 64)
    ids = np.random.default_rng(0).integers(0, 100, 1000)
    assert read(parquet(tmp_path, id=ids.astype(kind))) == ids.tolist()


def test_parquet_rows_and_labels(tmp_path):
    trits = np.random.default_rng(0).integers(-1, 2, (100, 9)).astype("int8")
    columns = {f"trit {place}": trits[:, place] for place in range(9)}
    assert read(parquet(tmp_path, **columns)) == trits.tolist()
    assert read(parquet(tmp_path, label=["CCO", "C", "CCO"])) == ["CCO", "C", "CCO"]


def test_a_parquet_file_that_was_cut(tmp_path):
    path = parquet(tmp_path, id=np.arange(1000))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match=r"a\.parquet: cannot be read as Parquet"):
        read(path)


def test_several_files_and_patterns_are_one_source_in_their_order(tmp_path):
    for number, name in enumerate(("b", "a", "c")):
        np.save(tmp_path / f"{name}.npy", np.array([number, number]))
    names = draw_files.expand_names([tmp_path / "c.npy", f"{tmp_path}/[ab].npy"])
    assert [Path(name).name for name in names] == ["c.npy", "a.npy", "b.npy"]
    assert np.concatenate(list(draw_chunks(names))).tolist() == [2, 2, 1, 1, 0, 0]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    np.save(tmp_path / "draws[1].npy", np.array([7]))
    np.save(tmp_path / "draws1.npy", np.array([8]))
    name = str(tmp_path / "draws[1].npy")
    assert draw_files.expand_names([name]) == (name,)


def test_a_pattern_without_a_file_and_a_file_named_twice_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([1]))
    with pytest.raises(ArtifactError, match="no file fits"):
        draw_files.expand_names([f"{tmp_path}/*.csv"])
    with pytest.raises(ArtifactError, match="named twice"):
        draw_files.expand_names([str(tmp_path / "a.npy"), f"{tmp_path}/*.npy"])
