"""Any file: the draws of a slow and independent reader, or one of the project's errors."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fluxttice_core.artifacts.draws import ReadOptions, read_draws, streams, text
from fluxttice_core.artifacts.draws.decoder import Decoder
from fluxttice_core.artifacts.draws.numbers import parse_block, whole_numbers
from fluxttice_core.errors import ArtifactError, DrawsError, MissingExtraError

from .conftest import Slow, all_of

OURS = (ArtifactError, DrawsError, MissingExtraError)
# Where the ways through the reader are many: of what the profile says (tests/conftest.py).
MANY = 6 * settings.default.max_examples

# Letters that make readers differ, more often than others.
label = st.text(st.sampled_from("aCN#01.,;-_ \t\"'\\[]é\u2028"), max_size=8)
# Written without quotes, one a line: not blank, and no word that may be a heading.
plain = label.filter(lambda text: text.strip() and not set(text) & set('",;\t')).map(
    lambda text: f"C{text}"
)
number = st.one_of(st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1))
line_end = st.sampled_from(["\n", "\r\n", "\r"])
piece_sizes = st.sampled_from([1, 7, 64, 2**20])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("draws")


def read_file(folder, name, data, **options):
    path = folder / name
    path.write_bytes(data)
    draws = read_draws(path, ReadOptions(**options))
    return all_of(draws), draws


@given(st.lists(number, min_size=1), line_end, st.booleans(), st.booleans())
def test_numbers_one_a_line(folder, numbers, end, heads, spaced):
    lines = ["id"] * heads + [f" {number} " if spaced else str(number) for number in numbers]
    # A first 0 in a table may be pandas' number of the column.
    header = None if heads or numbers[0] != 0 else False
    for name in ("a.csv", "a.txt", "a.tsv"):
        assert read_file(folder, name, end.join(lines).encode(), header=header)[0] == numbers


@given(st.lists(st.tuples(number, number, number), min_size=1), line_end, st.sampled_from(",\t "))
def test_rows_of_numbers(folder, rows, end, sign):
    data = end.join(sign.join(map(str, row)) for row in rows).encode()
    options = {"delimiter": sign, "index": False, "header": False}
    found, draws = read_file(folder, "a.csv", data, **options)
    assert found == [list(row) for row in rows]
    assert draws.form == "rows of 3 numbers"


@given(st.lists(plain, min_size=1), line_end)
def test_labels_one_a_line(folder, labels, end):
    found, _ = read_file(folder, "a.txt", end.join(labels).encode(), labels=True)
    assert found == labels


@given(
    st.lists(label.filter(str.strip), min_size=1), st.booleans(), st.sampled_from(["\n", "\r\n"])
)
@settings(max_examples=MANY)
def test_labels_as_the_csv_module_writes_them(folder, labels, all_quoted, end):
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)
    writer.writerow(["smiles"])
    writer.writerows([[text + extra] for text in labels for extra in ("", "\nx", "\r", ",y")])
    expected = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))[1:]
    found, draws = read_file(folder, "a.csv", stream.getvalue().encode(), labels=True, header=True)
    assert found == [row[0] for row in expected]
    assert draws.records[0].num_draws == 4 * len(labels)


@given(st.lists(st.tuples(label.filter(str.strip), number, label), min_size=1))
def test_a_column_of_a_table(folder, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("a", "b", "c"), *rows])
    data = stream.getvalue().encode()
    assert read_file(folder, "a.csv", data, column="a", labels=True)[0] == [a for a, _, _ in rows]
    assert read_file(folder, "a.csv", data, column="b")[0] == [b for _, b, _ in rows]
    if all(c.strip() for _, _, c in rows):
        found = read_file(folder, "a.csv", data, column=["c", "a"], labels=True)[0]
        assert found == [(c, a) for a, _, c in rows]


@given(st.lists(number), st.lists(label), st.lists(st.tuples(number, number)))
def test_json_lines(folder, numbers, labels, rows):
    for values in (numbers, labels, [list(row) for row in rows]):
        lines = "".join(f"{json.dumps(value)}\n" for value in values).encode()
        assert read_file(folder, "a.jsonl", lines)[0] == values
        assert read_file(folder, "a.json", json.dumps(values).encode())[0] == values
        objects = "".join(json.dumps({"x": 0.5, "d": value}) + "\n" for value in values).encode()
        assert read_file(folder, "a.jsonl", objects, column="d")[0] == values


@given(
    st.lists(st.integers(-100, 100), min_size=1, max_size=60),
    st.sampled_from(["i1", ">i2", "<i4", "i8", "f2", "f4", ">f8"]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
)
def test_arrays(folder, numbers, dtype, width, fortran):
    array = np.resize(np.array(numbers, dtype), (len(numbers), width))
    array = np.asfortranarray(array) if fortran else array
    stream = io.BytesIO()
    np.save(stream, array)
    expected = array[:, 0].astype(int).tolist() if width == 1 else array.astype(int).tolist()
    for name, data in (
        ("a.npy", stream.getvalue()),
        ("a.npy.gz", gzip.compress(stream.getvalue())),
    ):
        assert read_file(folder, name, data)[0] == expected


@given(st.lists(st.one_of(number, st.none()), min_size=1), st.lists(st.one_of(label, st.none())))
def test_parquet(folder, numbers, labels):
    for values in (numbers, labels):
        if all(value is None for value in values):
            continue
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(pyarrow.table({"d": values}), sink)
        found, draws = read_file(folder, "a.parquet", sink.getvalue().to_pybytes(), invalid="null")
        assert found == [value for value in values if value is not None]
        assert draws.num_invalid == values.count(None)


# Lines that the quick ways and the way row by row may take differently.
NEARLY_NUMBERS = """
5 -7 0 -0 00 007 +5 --5 - 5-3 1e3 5.0 1_2 a #x "5" "a" " id nan é \u0663 [1]
9223372036854775807 -9223372036854775808 9223372036854775808 18446744073709551615
99999999999999999999
"""
cells = st.sampled_from(NEARLY_NUMBERS.split())
cells = st.one_of(cells, st.sampled_from([" 5", "5 ", "", "# x"]))
lines = st.lists(st.lists(cells, min_size=1, max_size=3).map(",".join), max_size=8)
numeric_lines = st.lists(st.sampled_from(["5", "-7", "0", "12", "1,2", "-3,44", ""]), max_size=8)
documents = st.tuples(st.one_of(lines, numeric_lines), line_end).map(
    lambda parts: parts[1].join([*parts[0], ""]).encode()
)


def outcome(make):
    """Draws and what was said of them, or the error."""
    try:
        draws = make()
        return all_of(draws), draws.describe()
    except OURS as error:
        return str(error)


told = st.sampled_from(
    [{}, {}, {"labels": True}, {"invalid": ["5", ""]}, {"delimiter": "space"}, {"header": False}]
)


@given(documents, st.sampled_from(["a.csv", "a.txt", "a.tsv", "a.smi"]), told, piece_sizes)
@example(b'"5"\n"5"\n5\n', "a.txt", {}, 1)
@settings(max_examples=MANY)
def test_the_quick_ways_give_what_the_way_row_by_row_gives(folder, data, name, options, size):
    path = folder / name
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "PIECE", size)
        quick = outcome(lambda: read_draws(path, ReadOptions(**options)))
        patch.setattr(text, "_begin_with_numbers", lambda *_: None)
        patch.setattr(Decoder, "is_quick", False)
        slow = outcome(lambda: read_draws(path, ReadOptions(**options)))
    assert quick == slow


@given(documents, told, piece_sizes)
@example(b'5\n"5"\n5 \n', {"delimiter": "space"}, 1)
@example(b"a\n5\n5,5\n", {"labels": True}, 1)
@example(b'"5"\n"5"\n"\n"\n', {}, 1)
@example(b"5\n-7\n9223372036854775808\n", {}, 1)
@example(b"5\n5\n# x\n-7\n", {"invalid": ["5", ""]}, 1)
@example(b"5,-7\n5,-7\n5,-7\n--5,-7\n5,5\n", {}, 1)
@example(b"a,b 5\na,b 5\na,b 5\na,b 5\nb 7\n", {}, 1)
@settings(max_examples=MANY)
def test_a_pipe_gives_what_the_file_gives_or_refuses(folder, data, options, size):
    """What has come settles how a pipe is read: never to other draws than those of the file."""
    (folder / "a.txt").write_bytes(data)
    whole = outcome(lambda: read_draws(folder / "a.txt", ReadOptions(**options)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "PIECE", size)
        for make in (Slow, io.BytesIO):
            piped = outcome(lambda make=make: read_draws("-", ReadOptions(**options), make(data)))
            if isinstance(piped, tuple) and isinstance(whole, tuple):
                assert piped[0] == whole[0]
            assert isinstance(piped, str) or isinstance(whole, tuple)


@given(st.lists(st.from_regex(r"[+-]?[0-9]{1,20}", fullmatch=True), min_size=1))
def test_blocks_of_numbers(texts):
    """The quick parser reads what the slow one reads, or leaves it to that."""
    block = parse_block("".join(f"{text}\n" for text in texts).encode(), b",", 1)
    if block is not None:
        assert block.tolist() == whole_numbers(texts, "").tolist()
    canonical = all(re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) for text in texts)
    assert block is not None or not canonical


SEEDS = {
    "csv": b'id,"x"\n1,2\n3,"4"\n',
    "tsv": b"a\tb\n1\t2\n",
    "txt": b"# r\n5\n7\n",
    "smi": b"CCO a\nC b\n",
    "jsonl": b'{"a": "x\\u00e9"}\n{"a": "y"}\n',
    "json": b"[5, 7, 9]",
    "csv.gz": gzip.compress(b"5\n7\n"),
    "csv.bz2": bz2.compress(b"5\n7\n"),
    "csv.xz": lzma.compress(b"5\n7\n"),
    "csv.zst": pyarrow.compress(b"5\n7\n", codec="zstd", asbytes=True),
}


def binary_seeds():
    for name, save in (("npy", np.save), ("npz", np.savez)):
        stream = io.BytesIO()
        save(stream, np.array(["a", "bc"]))
        yield name, stream.getvalue()
    table = pyarrow.table({"s": ["a", "b"]})
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    yield "parquet", sink.getvalue().to_pybytes()
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    yield "arrow", sink.getvalue().to_pybytes()


SEEDS |= dict(binary_seeds())
edits = st.lists(
    st.tuples(st.sampled_from(["cut", "put", "flip"]), st.floats(0, 1), st.binary(max_size=3)),
    max_size=4,
)
some_options = st.sampled_from(
    [
        {},
        {"column": "a"},
        {"column": "1"},
        {"labels": True},
        {"invalid": ["", "5"]},
        {"counts": "2"},
        {"histogram": True},
        {"incidence": "rows"},
        {"header": False},
        {"delimiter": "space"},
        {"index": True},
        {"format": "txt"},
        {"format": "npy"},
    ]
)


def edited(data, changes):
    for change, where, new in changes:
        place = int(where * len(data))
        if change == "cut":
            data = data[:place]
        elif change == "put":
            data = data[:place] + new + data[place:]
        elif place < len(data):
            data = data[:place] + bytes([data[place] ^ 32]) + data[place + 1 :]
    return data


@given(st.sampled_from(sorted(SEEDS)), st.one_of(edits, st.binary(max_size=40)), some_options)
@settings(max_examples=MANY)
def test_damaged_files_of_every_kind(folder, suffix, change, options):
    """Read or refused: no other error, no text that cannot be written, no number lost."""
    path = folder / f"damaged.{suffix}"
    path.write_bytes(change if isinstance(change, bytes) else edited(SEEDS[suffix], change))
    try:
        found, draws = read_file(folder, path.name, path.read_bytes(), **options)
    except OURS as error:
        assert 0 < len(str(error)) < 1_200  # noqa: PT017
    else:
        json.dumps(found, default=str).encode()
        repr(draws.describe()).encode()
        assert len(found) == sum(record.num_draws for record in draws.records)


@pytest.mark.parametrize(
    "suffix", sorted(set(SEEDS) - {"csv", "tsv", "txt", "smi", "jsonl", "json"})
)
def test_binary_files_cut_at_any_byte_are_refused(folder, suffix):
    """Text may end anywhere; nothing else gives the draws of its first half."""
    for cut in range(1, len(SEEDS[suffix])):
        with pytest.raises(ArtifactError):
            read_file(folder, f"cut.{suffix}", SEEDS[suffix][:cut])
