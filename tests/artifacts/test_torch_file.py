"""Files of ``torch.save`` from strangers: bombs, damage and old formats have their reason said."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from fluxttice_core.api import coverage_report, load
from fluxttice_core.artifacts import numpy_scalars, plain_values
from fluxttice_core.artifacts import torch_file as room
from fluxttice_core.artifacts.checkpoint import read_checkpoint
from fluxttice_core.errors import ArtifactError, CheckpointError
from fluxttice_core.model.controls import untrained_weights
from tests.support import torch_file

WEIGHTS = untrained_weights(0)


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def pickled(path, data):
    """A file of ``torch.save`` with other bytes in place of its pickle."""
    torch.save({}, path)
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(name, data if name.endswith("data.pkl") else content)
    return path


def compressed(path, record):
    torch.save({}, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}/data/0", record)
    return path


def test_what_unpacks_to_more_than_the_file_has_is_not_unpacked(tmp_path, monkeypatch):
    path = compressed(tmp_path / "bomb.pt", bytes(2**22))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(torch, "load", None)  # nothing reaches PyTorch
    assert "that unpack to 4,19" in refusal(path)


def test_such_a_file_of_draws_is_not_unpacked_either(tmp_path):
    path = compressed(tmp_path / "bomb.pt", bytes(2**22))
    with pytest.raises((CheckpointError, ArtifactError), match="that unpack to"):
        coverage_report(str(path), kind="draws")


def test_the_part_beside_the_tensors_is_bounded(tmp_path, monkeypatch):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, note="a" * 20_000)
    assert read_checkpoint(path).metadata["note"] == "a" * 20_000
    monkeypatch.setattr(room, "MAX_PICKLE_BYTES", 20_000)
    assert "bytes beside its tensors" in refusal(path)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def shared(times):
    value = [0]
    for _ in range(times):
        value = [value, value]
    return value


def test_values_that_cannot_be_walked_through_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_values, "MAX_VALUES", 100_000)
    empty, append = pickle.EMPTY_LIST, pickle.APPEND
    deep = b"\x80\x02}X\x05\x00\x00\x00modelq\x00" + empty * 200_000 + append * 199_999 + b"s."
    assert "nested more than 32 deep" in refusal(pickled(tmp_path / "deep.pt", deep))
    wide = torch_file(tmp_path / "wide.pt", WEIGHTS, note=shared(28))
    assert "more than 100,000 values" in refusal(wide)
    text = torch_file(tmp_path / "text.pt", WEIGHTS, note=["x" * 100_000] * 100)
    assert "more than 100,000 values" in refusal(text)
    assert "32 deep" in refusal(torch_file(tmp_path / "a.pt", WEIGHTS, note=nested(33)))
    looped = [1]
    looped.append(looped)
    assert "32 deep" in refusal(torch_file(tmp_path / "loop.pt", WEIGHTS, note=looped))
    fine = torch_file(tmp_path / "fine.pt", WEIGHTS, note=[nested(20), shared(12)])
    assert read_checkpoint(fine).metadata["note"][0] == nested(20)


@pytest.mark.parametrize("value", [10**400, 2**64, -(2**63) - 1], ids=["400", "65", "-64"])
def test_whole_numbers_are_held_to_64_bits(tmp_path, value):
    for contents in ({"epoch": value}, {"best": {"score": {"value": value, "epoch": [value]}}}):
        message = refusal(torch_file(tmp_path / "a.pt", WEIGHTS, **contents))
        assert "a whole number of more than 64 bits" in message
    torch_file(tmp_path / "a.pt", WEIGHTS, hashed=[2**64 - 1, -(2**63)])
    assert read_checkpoint(tmp_path / "a.pt").metadata["hashed"] == [2**64 - 1, -(2**63)]


def test_one_flipped_bit_is_seen_wherever_it_lies(tmp_path):
    """PyTorch looks at no checksum: a flip in the tensors would give other weights."""
    path = torch_file(tmp_path / "a.pt", WEIGHTS, epoch=3, note="text")
    whole = path.read_bytes()
    expected = read_checkpoint(path).weights_sha256
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.integers(0, len(whole), size=300):
        data = bytearray(whole)
        data[place] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        try:
            found = read_checkpoint(path)
        except CheckpointError:
            refused += 1
        else:  # padding, and dates of records
            assert found.weights_sha256 == expected
            assert dict(found.metadata) == {"epoch": 3, "note": "text"}
    assert refused > 200
    weights = whole.index(WEIGHTS["decoder_B.fc_in.weight"].tobytes())
    data = bytearray(whole)
    data[weights + 1000] ^= 1
    path.write_bytes(data)
    assert "another checksum than it was written with" in refusal(path)


def test_the_older_format_is_named_with_its_remedy(tmp_path):
    path = tmp_path / "old.pt"
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in WEIGHTS.items()}
    torch.save({"model": tensors}, path, _use_new_zipfile_serialization=False)
    message = refusal(path)
    assert "older format of torch.save" in message
    torch.save(torch.load(path, weights_only=True), tmp_path / "again.pt")
    assert "torch.save(torch.load(" in message
    assert load(tmp_path / "again.pt").weights_sha256


def test_what_lies_in_place_of_a_file_is_named(tmp_path):
    path = tmp_path / "latest.pt"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    assert "git lfs pull" in refusal(path)
    path.write_bytes(b"")
    assert "empty" in refusal(path)


@pytest.mark.parametrize(
    "value",
    [np.float64(0.25), np.float32(-1.5), np.int64(-3), np.uint8(200), np.bool_(True), np.half(2)],
    ids=lambda value: type(value).__name__,
)
def test_numpy_scalars_are_read_as_numbers(tmp_path, value):
    found = read_checkpoint(torch_file(tmp_path / "a.pt", WEIGHTS, best_val_loss=value))
    assert found.metadata["best_val_loss"] == value.item()
    assert type(found.metadata["best_val_loss"]) is type(value.item())


def test_numpy_scalars_of_the_other_byte_order():
    for order in "<>|":
        kind = numpy_scalars._ScalarType("f8", False, True)
        kind.__setstate__((3, order, None, None, None, -1, -1, 0))
        data = np.array(0.25, dtype=(">" if order == ">" else "<") + "f8").tobytes()
        assert numpy_scalars._scalar(kind, data) == 0.25


@pytest.mark.parametrize(
    "value",
    [np.zeros(3), np.str_("text"), np.datetime64("2026-01-01"), np.complex64(1), np.void(b"abc")],
    ids=lambda value: type(value).__name__,
)
def test_other_things_of_numpy_are_refused_by_name(tmp_path, value):
    message = refusal(torch_file(tmp_path / "a.pt", WEIGHTS, odd=value))
    assert "numpy" in message or "not a PyTorch checkpoint" in message
    assert "Traceback" not in message


def test_the_readers_of_numpy_are_not_left_open(tmp_path):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, best_val_loss=np.float64(0.25))
    read_checkpoint(path)
    with pytest.raises(pickle.UnpicklingError, match="numpy"):
        torch.load(path, weights_only=True)


def test_a_scalar_whose_bytes_do_not_fit_is_refused(tmp_path):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, best_val_loss=np.float64(0.25))
    with zipfile.ZipFile(path) as archive:
        data = archive.read(f"{path.stem}/data.pkl")
    assert data.count(b"f8") == 1
    for code in (b"f4", b"O8", b"V8", b"U2"):
        broken = pickled(tmp_path / "b.pt", data.replace(b"f8", code))
        assert refusal(broken)


def test_an_archive_with_a_password_or_a_lie_in_its_list(tmp_path):
    path = torch_file(tmp_path / "a.pt", WEIGHTS)
    data = bytearray(path.read_bytes())
    listed = data.index(b"PK\x01\x02")
    data[listed + 8] |= 1  # "encrypted"
    path.write_bytes(data)
    assert "not a PyTorch checkpoint" in refusal(path)
    data = bytearray(torch_file(path, WEIGHTS).read_bytes())
    listed = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, listed + 10, 99)  # a way of packing that nobody has
    path.write_bytes(data)
    assert "not a PyTorch checkpoint" in refusal(path)
    assert "truncated" in room.archive_fault(io.BytesIO(b"PK\x03\x04"))
