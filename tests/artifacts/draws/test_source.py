"""Several files as one source, names, compressions, encodings, options, and what was read."""

import bz2
import gzip
import io
import lzma
import os
import threading
from pathlib import Path

import numpy as np
import pyarrow
import pytest

from fluxttice_core.artifacts.draws import (
    FileRecord,
    ReadOptions,
    describe,
    describe_names,
    expand_names,
    names_draws,
    read_draws,
)
from fluxttice_core.errors import ArtifactError, DrawsError

LINES = b"".join(b"%d\n" % (number % 7) for number in range(1_000))
PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: pyarrow.compress(data, codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_files(suffix, read):
    packed = PACKERS[suffix](LINES)
    draws, source = read(f"a.csv.{suffix}", packed)
    assert draws == [number % 7 for number in range(1_000)]
    assert source.records[0].compression in source.describe()[0]
    for cut in range(1, len(packed)):
        with pytest.raises(ArtifactError, match=r"truncated|cannot be read"):
            read(f"a.csv.{suffix}", packed[:cut])
    with pytest.raises(ArtifactError, match=r"a.csv: this is .*not text; give the file the ending"):
        read("a.csv", packed)


def test_one_file_of_several_gzip_members(read):
    assert len(read("a.txt.gz", gzip.compress(LINES) * 3)[0]) == 3_000


@pytest.mark.parametrize(
    ("encoding", "says"),
    [("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8 with a mark"), ("utf-32", "UTF-32")],
)
def test_encodings_with_a_mark(encoding, says, read):
    draws, source = read("a.csv", "smiles\né\nx\n".encode(encoding))
    assert draws == ["é", "x"]
    assert says in source.describe()[0]


def test_damaged_text_in_utf_16(read):
    with pytest.raises(ArtifactError, match="mark of UTF-16"):
        read("a.csv", "a\nb\n".encode("utf-16")[:-1])
    with pytest.raises(ArtifactError, match="mark of UTF-16"):
        read("a.csv", b"\xff\xfe\x00\xd8\n\x00")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x93NUMPY\x01\x00", "a NumPy array"),
        (b"PK\x03\x04abc", "a zip archive"),
        (b"PAR1abc", "Parquet"),
        (b"\x89HDF\r\n", "HDF5"),
    ],
)
def test_files_whose_names_lie(data, says, read):
    with pytest.raises(ArtifactError, match=rf"a\.txt: this is {says}"):
        read("a.txt", data)


@pytest.mark.parametrize("name", ["a.xlsx", "a.zip", "a", "a.gz", "a.h5"])
def test_names_that_say_nothing(name, read):
    with pytest.raises(ArtifactError, match=r"its ending does not say.*--format"):
        read(name, b"5\n")
    if not name.endswith(".gz"):
        assert read(name, b"5\n", format="txt")[0] == [5]


def test_archives_are_not_read_packed(read):
    with pytest.raises(ArtifactError, match=r"Parquet inside .gz is not read; unpack it"):
        read("a.parquet.gz", b"")


@pytest.mark.parametrize("name", ["nowhere.npy", "nowhere.csv", "nowhere.jsonl", "nowhere.npz"])
def test_files_that_are_not_there(name, tmp_path):
    with pytest.raises(ArtifactError, match=rf"{name}: cannot be read: No such file"):
        read_draws(tmp_path / name)


@pytest.mark.parametrize("suffix", ["csv", "npz", "parquet", "arrow", "pt"])
def test_a_folder_is_no_file(suffix, tmp_path):
    (tmp_path / f"a.{suffix}").mkdir()
    with pytest.raises(ArtifactError, match=rf"a\.{suffix}: "):
        list(read_draws(tmp_path / f"a.{suffix}"))


def test_a_named_pipe_is_read_as_it_comes(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    go_on = threading.Event()

    def write():
        with (tmp_path / "a.csv").open("wb", buffering=0) as pipe:
            pipe.write(b"5\n7\n")
            go_on.wait(20)
            pipe.write(b"9\n")

    writer = threading.Thread(target=write)
    writer.start()
    draws = read_draws(tmp_path / "a.csv")
    first = next(draws).tolist()
    go_on.set()
    rest = [chunk.tolist() for chunk in draws]
    writer.join()
    assert (first, rest) == ([5, 7], [[9]])


def test_several_files_and_patterns_are_one_source_in_their_order(tmp_path):
    for number, name in enumerate(("b", "a", "c")):
        np.save(tmp_path / f"{name}.npy", np.array([number, number]))
    names = expand_names([tmp_path / "c.npy", f"{tmp_path}/[ab].npy"])
    assert [Path(name).name for name in names] == ["c.npy", "a.npy", "b.npy"]
    draws = read_draws([tmp_path / "c.npy", f"{tmp_path}/[ab].npy"])
    assert np.concatenate(list(draws)).tolist() == [2, 2, 1, 1, 0, 0]
    assert len(draws.records) == 3
    assert draws.describe() == [f"read {names[0]} .. {names[-1]} (3 files): NumPy array, 6 numbers"]


def test_files_of_other_kinds_are_no_one_source(tmp_path):
    (tmp_path / "a.csv").write_text("5\n7\n")
    (tmp_path / "b.csv").write_text("CCO\nC\n")
    (tmp_path / "c.csv").write_text("1,2\n3,4\n1,2\n3,4\n")
    with pytest.raises(ArtifactError, match=r"b\.csv: expected numbers as before it, got labels"):
        list(read_draws([tmp_path / "a.csv", tmp_path / "b.csv"]))
    with pytest.raises(ArtifactError, match=r"c\.csv: .* got rows of 2 numbers"):
        list(read_draws([tmp_path / "a.csv", tmp_path / "c.csv"]))
    both = read_draws([tmp_path / "a.csv", tmp_path / "b.csv"], ReadOptions(labels=True))
    assert list(both) == [["5", "7"], ["CCO", "C"]]


def test_files_that_were_read_otherwise_have_their_own_lines(tmp_path):
    (tmp_path / "a.csv").write_text("5\n7\n")
    (tmp_path / "b.csv").write_text("id\n5\n")
    (tmp_path / "c.csv").write_text("")
    draws = read_draws(f"{tmp_path}/?.csv")
    list(draws)
    assert [line.split(": ")[1] for line in draws.describe()] == [
        "CSV, 2 numbers",
        "CSV, 1 number, heading 'id'",
        "CSV, no draws",
    ]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    np.save(tmp_path / "draws[1].npy", np.array([7]))
    np.save(tmp_path / "draws1.npy", np.array([8]))
    name = str(tmp_path / "draws[1].npy")
    assert expand_names([name]) == (name,)


def test_a_pattern_without_a_file_and_a_file_named_twice_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([1]))
    with pytest.raises(ArtifactError, match="no file fits"):
        expand_names([f"{tmp_path}/*.csv"])
    for again in (f"{tmp_path}/*.npy", f"{tmp_path}/../{tmp_path.name}/a.npy"):
        with pytest.raises(ArtifactError, match="named twice"):
            expand_names([str(tmp_path / "a.npy"), again])


@pytest.mark.parametrize("names", [[], 5, None, [5], "a\0.csv", [b"a.csv"]])
def test_names_that_are_none(names):
    with pytest.raises(ArtifactError, match="expected names of files"):
        read_draws(names)


def test_other_things_than_options_and_bytes(tmp_path):
    with pytest.raises(DrawsError, match="expected ReadOptions, got dict"):
        read_draws("-", {"labels": True}, io.BytesIO())
    with pytest.raises(ArtifactError, match=r"give sys\.stdin\.buffer"):
        read_draws("-", standard_input=io.StringIO("5"))


def test_which_names_are_of_draws():
    draws = (
        "a.npy a.npz a.CSV a.tsv a.txt a.smi a.jsonl a.json a.parquet a.feather a.bin a.csv.gz -"
    )
    assert all(names_draws(name) for name in draws.split())
    assert not any(names_draws(name) for name in ("a.pt", "a.safetensors", "a", "a.gz", "v5_5"))
    assert describe_names(["-"]) == "standard input"


def test_standard_input_must_be_there_and_front_to_back():
    with pytest.raises(ArtifactError, match="no standard input is read here"):
        read_draws("-")
    with pytest.raises(ArtifactError, match="Parquet is read from a file"):
        read_draws("-", ReadOptions(format="parquet"), io.BytesIO())
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    stream.seek(0)
    assert next(read_draws("-", ReadOptions(format="npy"), stream)).tolist() == [0, 1, 2]


def test_draws_are_read_once(read):
    _, draws = read("a.csv", "5\n")
    assert list(draws) == []
    assert draws.form == "numbers"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"column": [5]}, "--column: expected texts"),
        ({"column": ["a", "a"]}, "--column: expected each column once"),
        ({"header": 1}, "--header: expected True, False or None, got 1"),
        ({"labels": "yes"}, "--labels: expected True or False"),
        ({"dtype": "float32"}, "--dtype: expected a type of whole numbers"),
        ({"dtype": 5}, "--dtype"),
        ({"delimiter": "ab"}, "--delimiter"),
        ({"delimiter": "5"}, "--delimiter"),
        ({"format": "xlsx"}, "--format: expected one of csv, tsv"),
        ({"format": []}, "--format"),
        ({"counts": 2}, "--counts"),
        ({"counts": "n", "histogram": True}, "--counts and --histogram: choose one"),
        ({"labels": True, "incidence": "rows"}, "--labels: a histogram and presence"),
        ({"header": False, "column": "smiles"}, "--no-header: .*'smiles'"),
        ({"counts": "n", "column": "n"}, "'n' cannot hold both"),
        ({"groups": "image", "counts": "n"}, "--groups: needs the draws themselves, not --counts"),
        ({"groups": "image", "column": "image"}, "both draws and their groups"),
        ({"groups": "rows", "invalid": "None"}, "then --invalid takes whole numbers"),
        ({"groups": 3}, "--groups: expected the name or number of a column"),
    ],
)
def test_options_that_are_wrong(options, says):
    with pytest.raises(DrawsError, match=says):
        ReadOptions(**options)


def test_all_faults_are_told_at_once():
    with pytest.raises(DrawsError) as refused:
        ReadOptions(dtype="x", delimiter="", header=False, column="a", labels=True, histogram=True)
    for name in ("--dtype", "--delimiter", "--no-header", "--labels"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("a.npy", {"header": True, "delimiter": ","}, "--header, --delimiter has no meaning for"),
        ("a.csv", {"dtype": "uint16"}, "--dtype has no meaning for CSV"),
        ("a.jsonl", {"counts": "1"}, "--counts has no meaning for JSON lines"),
        ("a.bin", {"column": "a"}, "--column has no meaning for raw numbers"),
    ],
)
def test_options_without_a_meaning_are_refused_before_anything_is_read(name, options, says, read):
    with pytest.raises(DrawsError, match=says):
        read(name, b"", **options)


def test_a_record_in_words():
    record = FileRecord(
        "draws.csv",
        "CSV",
        compression="gzip",
        form="rows of 2 numbers",
        columns=("a", "b"),
        num_columns=3,
        num_draws=1,
        num_blank=3,
        notes=("look here",),
    )
    assert describe([record]) == [
        "read draws.csv: CSV, in gzip, columns 'a', 'b' of 3, 1 row of 2 numbers; 3 blank lines "
        "passed over; look here"
    ]
