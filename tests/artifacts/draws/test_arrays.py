"""NumPy's files, raw numbers and tensors: shapes, types, and files that are cut."""

import gzip
import io
import sys

import numpy as np
import pytest
import torch

from fluxttice_core.artifacts.draws import ReadOptions, arrays, holds_draws, read_draws
from fluxttice_core.errors import ArtifactError, MissingExtraError


def npy(array, version=None):
    """The bytes of a .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


ARRAYS = [
    np.arange(7),
    np.arange(7, dtype="u1"),
    np.arange(7, dtype=">i4"),
    np.arange(7, dtype="f4"),
    np.array([-5, 7, -5]),
    np.array([2**63 + 5, 7], dtype="u8"),
    np.array([True, False]),
    np.arange(12).reshape(6, 2),
    np.arange(12, dtype=">i2").reshape(6, 2),
    np.arange(12.0).reshape(6, 2),
    np.asfortranarray(np.arange(12).reshape(6, 2)),
    np.asfortranarray(np.arange(12, dtype=">u2").reshape(3, 4)),
    np.asfortranarray(np.array([["a", "bcd"], ["é", ""]])),
    np.asfortranarray(np.arange(7)),
    np.array(["a", "bcd"]),
    np.array(["a", "bcd"], dtype=">U3"),
    np.array([b"a", "é".encode()]),
    np.array([["a", "b"], ["c", "d"]]),
    np.array([], dtype="i8"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype} {array.shape}")
@pytest.mark.parametrize("chunk", [1, 4, 2**21])
@pytest.mark.parametrize("packed", [False, True])
def test_npy_files(array, chunk, packed, read, monkeypatch):
    monkeypatch.setattr(arrays, "CHUNK", chunk)
    for version in ((1, 0), (2, 0)):
        data = npy(array, version)
        found, _ = read("a.NPY.gz" if packed else "a.NPY", gzip.compress(data) if packed else data)
        expected = array.tolist()
        if array.dtype.kind == "S":
            expected = [text.decode() for text in expected]
        if array.dtype.kind in "US" and array.ndim > 1:
            expected = [tuple(row) for row in expected]
        assert found == expected


def test_a_column_of_numbers_is_numbers(read):
    draws, source = read("a.npy", npy(np.arange(3)[:, None]))
    assert (draws, source.form) == ([0, 1, 2], "numbers")
    assert read("a.npy", npy(np.asfortranarray(np.arange(3)[:, None])))[0] == [0, 1, 2]
    assert read("a.npy", npy(np.arange(3)[None]))[1].form == "rows of 3 numbers"


def test_types_of_chunks(tmp_path):
    for dtype, expected in (("u1", "i8"), (">i4", "i8"), ("u8", "u8"), ("f4", "i8")):
        np.save(tmp_path / "a.npy", np.arange(3, dtype=dtype))
        assert next(read_draws(tmp_path / "a.npy")).dtype == np.dtype(expected)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 16, 2), "i8"), r"got int64 of shape \(4, 16, 2\); .*reshape\(-1, 2\)"),
        (np.array(5), r"of shape \(\)"),
        (np.array([{}, None], dtype=object), "got object .*numpy.array.labels, dtype=str"),
        (np.zeros(3, dtype=complex), "got complex128"),
        (np.zeros(3, dtype="M8[s]"), r"got datetime64\[s\]"),
        (np.zeros((3, 0)), r"of shape \(3, 0\)"),
        (np.zeros(3, dtype="V4"), r"got \|V4"),
        (np.zeros((2, 2), dtype=[("a", "i4")]), r"of shape \(2, 2\)"),
    ],
)
def test_npy_files_of_something_else(array, message, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ArtifactError, match=rf"a\.npy: expected draws .*{message}"):
        list(read_draws(tmp_path / "a.npy"))


@pytest.mark.parametrize(
    "shape", ["(0, 2**70)", f"(0, {2**70})", f"({2**60},)", "(-1,)", "(True,)"]
)
@pytest.mark.parametrize("descr", ["<i8", "<U0", "|S0"])
def test_headers_that_lie_cost_nothing(shape, descr, read):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    try:
        assert read("a.npy", data)[0] == []
    except ArtifactError as error:
        assert "a.npy: " in str(error)  # noqa: PT017


def test_floats_are_whole_numbers_or_refused(read):
    for wrong in (1.5, np.nan, np.inf, 2.0**53, -(2.0**53)):
        with pytest.raises(ArtifactError, match="draw 2: expected whole numbers that float64 can"):
            read("a.npy", npy(np.array([1, 2, wrong])))
    assert read("a.npy", npy(np.array([1.5, 1.5])), labels=True)[0] == ["1.5", "1.5"]
    draws, source = read("a.npy", npy(np.array([1, np.nan, 2])), invalid="nan")
    assert (draws, source.num_invalid) == ([1, 2], 1)


def test_a_number_may_stand_for_an_invalid_draw(read):
    assert read("a.npy", npy(np.array([1, -1, 2])), invalid="-1")[0] == [1, 2]
    assert read("a.npy", npy(np.array([[1, -1], [2, 0]])), invalid="-1")[0] == [[2, 0]]
    assert read("a.npy", npy(np.array([1, 255], "u1")), invalid=["-1", "256"])[0] == [1, 255]


def test_labels_are_the_numbers_own_texts(read):
    assert read("a.npy", npy(np.array([-5, 7])), labels=True)[0] == ["-5", "7"]
    assert read("a.npy", npy(np.array([[1, 2]])), labels=True)[0] == [("1", "2")]


def test_fields_of_records_are_columns(read):
    table = np.array([(5, "CCO"), (7, "C")], dtype=[("id", "i4"), ("smiles", "U3")])
    with pytest.raises(ArtifactError, match=r"1 'id' .numbers., 2 'smiles' .labels."):
        read("a.npy", npy(table))
    assert read("a.npy", npy(table), column="smiles")[0] == ["CCO", "C"]
    assert read("a.npy", npy(table[["id"]].copy()))[0] == [5, 7]


def test_counts_in_arrays(read):
    pairs = npy(np.array([[17, 46], [3, 22]]))
    assert read("a.npy", pairs, counts="2")[0] == [(17, 46), (3, 22)]
    assert read("a.npy", pairs, histogram=True)[0] == [(17, 46), (3, 22)]
    assert read("a.npy", npy(np.array([46, 0, 22])), counts="1")[0] == [(0, 46), (1, 0), (2, 22)]
    assert read("a.npy", npy(np.array([[1, 0], [0, 1]])), incidence="rows")[0] == [[1, 0], [0, 1]]


def test_npy_files_that_are_cut_or_have_too_much(read):
    for array in (np.arange(100), np.asfortranarray(np.arange(100).reshape(50, 2))):
        whole = npy(array)
        for cut in range(1, len(whole), 13):
            for name, data in (("a.npy", whole[:cut]), ("a.npy.gz", gzip.compress(whole[:cut]))):
                with pytest.raises(ArtifactError, match=r"truncated|expected a NumPy"):
                    read(name, data)
        for name, data in (("a.npy", whole + b"1"), ("a.npy.gz", gzip.compress(whole + b"1"))):
            with pytest.raises(ArtifactError, match=r"damaged: .* more"):
                read(name, data)


def test_a_damaged_header_never_gives_other_draws(read):
    """Any byte of the header replaced: refused, or the very draws."""
    whole = npy(np.arange(100, 108))
    rng = np.random.default_rng(0)
    for place in range(len(whole) - 64):
        data = bytearray(whole)
        data[place] = rng.integers(0, 256)
        try:
            found, _ = read("a.npy", bytes(data))
        except ArtifactError as error:
            assert "a.npy: " in str(error)  # noqa: PT017
        else:
            # Another type of the same width may be read: never fewer or more draws.
            assert len(found) == 8


def test_texts_that_are_none(read):
    damaged = np.array(["abc", "d"]).view("u4")
    damaged[1] = 0x110000
    with pytest.raises(ArtifactError, match="some are none"):
        read("a.npy", npy(damaged.view("U3")))
    damaged[1] = 0xD800
    with pytest.raises(ArtifactError, match="some are none"):
        read("a.npy", npy(damaged.view("U3")))
    with pytest.raises(ArtifactError, match="some are none"):
        read("a.npy", npy(np.array([b"\xff"])))


def npz(**named):
    """The bytes of a .npz archive."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **named)
    return stream.getvalue()


def test_npz_archives(read):
    assert read("a.npz", npz(indices=np.arange(3)))[0] == [0, 1, 2]
    fortran = np.asfortranarray(np.arange(6).reshape(3, 2))
    assert read("a.npz", npz(rows=fortran))[0] == fortran.tolist()
    two = npz(train=np.arange(3), test=np.arange(2))
    with pytest.raises(ArtifactError, match="--column names one of the 2 in it: 'train', 'test'"):
        read("a.npz", two)
    draws, source = read("a.npz", two, column="test")
    assert draws == [0, 1]
    assert "column 'test' of 2" in source.describe()[0]
    for damaged in (two[:-30], b"PK\x03\x04", b""):
        with pytest.raises(ArtifactError, match=r"no .npz archive"):
            read("a.npz", damaged, column="train")


def test_a_damaged_archive_never_gives_other_draws(read):
    whole = npz(indices=np.arange(3))
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 16
        try:
            assert read("a.npz", bytes(data))[0] == [0, 1, 2]
        except ArtifactError as error:
            assert "a.npz: " in str(error)  # noqa: PT017


def test_raw_numbers_need_their_type(read):
    data = np.arange(5, dtype="<u2").tobytes()
    with pytest.raises(ArtifactError, match="--dtype uint16"):
        read("train.bin", data)
    assert read("train.bin", data, dtype="uint16")[0] == [0, 1, 2, 3, 4]
    assert read("train.bin", np.arange(5, dtype=">u2").tobytes(), dtype=">u2")[0] == [0, 1, 2, 3, 4]
    with pytest.raises(ArtifactError, match="truncated: 1 bytes of a uint16"):
        read("train.bin", data[:-1], dtype="uint16")


def pt(value, **options):
    """The bytes of a .pt file."""
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("value", "draws"),
    [
        (torch.arange(3), [0, 1, 2]),
        (torch.arange(3).int()[:, None], [0, 1, 2]),
        (torch.arange(6).reshape(3, 2), [[0, 1], [2, 3], [4, 5]]),
        (torch.arange(6).reshape(2, 3).T, [[0, 3], [1, 4], [2, 5]]),
        (torch.tensor([True, False]), [1, 0]),
        (torch.tensor([3.0, 5.0]), [3, 5]),
        (torch.tensor([3.0, 5.0]).bfloat16(), [3, 5]),
        ([3, 5, 2**60], [3, 5, 2**60]),
        (["CCO", "C"], ["CCO", "C"]),
    ],
)
def test_tensors(value, draws, read):
    assert read("a.pt", pt(value))[0] == draws
    assert read("a.pt", pt(value, _use_new_zipfile_serialization=False))[0] == draws


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (torch.zeros(4, 16, 2, dtype=torch.int64), r"of shape \(4, 16, 2\)"),
        (torch.tensor([1.5]), "draw 0: expected whole numbers"),
        (torch.tensor([300.0]).bfloat16(), "some of 256 and above"),
        (torch.tensor([1j]), "Tensor of torch.complex64"),
        (torch.arange(3).to_sparse(), "plain tensor"),
        ([torch.arange(3)], "torch.stack or torch.cat"),
        ([1, "a"], "list of int, str"),
        ("x", "got str"),
        ({"a": torch.arange(3), "b": torch.arange(3)}, "dictionary.*--column KEY .*'a', 'b'"),
        ({"a": torch.zeros(3)}, "dictionary.*--column KEY .*'a'"),
        ({"num_batches": torch.tensor(3)}, "dictionary.*--column KEY .*'num_batches'"),
    ],
)
def test_other_things_that_torch_saved(value, says, read):
    with pytest.raises(ArtifactError, match=says):
        read("a.pt", pt(value))


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (torch.arange(3), True),
        (["CCO", "C"], True),
        ({"indices": torch.arange(3), "epoch": 5, "config": {"size": 8}}, True),
        ({"indices": torch.arange(3), "weight": torch.zeros(3)}, False),
        ({"indices": torch.arange(3), "model": {"weight": torch.zeros(3)}}, False),
        ({"indices": torch.zeros(3)}, False),
        ({"num_batches_tracked": torch.tensor(3)}, False),
        ({}, False),
    ],
)
def test_what_a_file_of_torch_holds_says_whether_it_is_one_of_draws(tmp_path, value, right):
    for name in ("a.pt", "b.pth", "a.csv"):
        (tmp_path / name).write_bytes(pt(value))
    assert holds_draws(tmp_path / "a.pt") == holds_draws(tmp_path / "b.pth") == right
    assert holds_draws(str(tmp_path / "[ab].pt*")) is False
    assert holds_draws(str(tmp_path / "?.pt")) == right
    assert holds_draws(tmp_path / "a.csv")
    (tmp_path / "a.pt").write_bytes(pt(value)[:-50])
    assert not holds_draws(tmp_path / "a.pt")
    assert not holds_draws(tmp_path / "none.pt")


def test_a_tensor_in_a_dictionary(read):
    for options in ({}, {"column": "indices"}):
        draws, source = read("a.pt", pt({"indices": torch.arange(3), "epoch": 5}), **options)
        assert draws == [0, 1, 2]
        assert source.records[0].columns == ("indices",)
    whole = pt(torch.arange(100))
    for cut in range(0, len(whole), 97):
        with pytest.raises(ArtifactError, match=r"a.pt: not a tensor"):
            read("a.pt", whole[:cut])


def test_tensors_without_torch_name_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "a.pt").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"pip install 'fluxttice_core\[torch\]'"):
        list(read_draws(tmp_path / "a.pt", ReadOptions()))
