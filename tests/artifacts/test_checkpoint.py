"""What is read is whole, or refused with every reason; equal checkpoints are equal bytes."""

import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from fluxttice_core.artifacts import checkpoint as module
from fluxttice_core.artifacts.checkpoint import (
    Checkpoint,
    check_weights,
    read_checkpoint,
    write_safetensors,
)
from fluxttice_core.artifacts.torch_file import read_torch_dictionary, torch_bytes
from fluxttice_core.canonical import tensor_hash
from fluxttice_core.errors import CheckpointError, FluxtticeError
from fluxttice_core.gates.splits import split_operations
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.model.layout import state_shapes
from tests.support import checkpoint_of, torch_file

WEIGHTS = untrained_weights(0)
METADATA = {"epoch": 106, "rho": 0.265, "note": "ä", "history": [1, 2.5]}


@pytest.fixture
def safetensors_path(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_safetensors(path, checkpoint_of(WEIGHTS, **METADATA))
    return path


def refusal(path, **arguments):
    """Read a file that must be refused; return the message, which names the file."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path, **arguments)
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- round trips and identities


def test_both_formats_give_the_same_weights_and_hash(tmp_path, safetensors_path):
    pt = read_checkpoint(torch_file(tmp_path / "latest.pt", WEIGHTS, **METADATA))
    st = read_checkpoint(safetensors_path)
    assert pt.weights_sha256 == st.weights_sha256 == tensor_hash(WEIGHTS)
    assert pt.file_sha256 != st.file_sha256
    for checkpoint in (pt, st):
        assert (checkpoint.epoch, checkpoint.rho, checkpoint.latent_dim) == (106, 0.265, 16)
        assert dict(checkpoint.metadata) == METADATA
        assert list(checkpoint.weights) == list(state_shapes())
        for name, value in WEIGHTS.items():
            assert np.array_equal(checkpoint.weights[name], value)
            assert checkpoint.weights[name].dtype == np.float32


def test_equal_checkpoints_are_equal_bytes_whatever_the_path(tmp_path):
    """Twenty times each: safetensors orders several metadata keys at random, torch.save writes
    the file's name.
    """
    hashes, dictionaries = set(), set()
    for number in range(20):
        shuffled = dict(sorted(WEIGHTS.items(), key=lambda item, n=number: hash((item[0], n))))
        metadata = dict(sorted(METADATA.items(), key=lambda item, n=number: hash((item[0], n))))
        path = tmp_path / f"{'x' * number}{number}.safetensors"
        hashes.add(write_safetensors(path, checkpoint_of(shuffled, **metadata)))
        state = {name: torch.from_numpy(np.array(value)) for name, value in WEIGHTS.items()}
        dictionaries.add(torch_bytes({"model": state, "epoch": 1}))
    assert len(hashes) == 1
    assert len(dictionaries) == 1


def test_what_was_read_is_written_as_the_same_bytes():
    """pickle writes an object that occurs twice only once; read back, it occurs as two."""
    shared = [0.5, "text"]
    contents = {"a": shared, "b": shared, "c": {"text": ("text", None, True)}, "n": {"a": 1}}
    data = torch_bytes(contents)
    back = torch.load(io.BytesIO(data), weights_only=True)
    assert back == contents
    assert torch_bytes(back) == data
    assert torch_bytes({**contents, "b": [0.5, "te" + "xt"[:]]}) == data


def test_the_returned_hash_is_that_of_the_file(tmp_path, safetensors_path):
    digest = write_safetensors(tmp_path / "again", checkpoint_of(WEIGHTS, **METADATA))
    assert digest == read_checkpoint(safetensors_path).file_sha256
    assert read_checkpoint(safetensors_path, sha256=digest).epoch == 106
    assert read_checkpoint(safetensors_path, sha256=f"sha256:{digest.upper()}").epoch == 106


def test_the_formats_are_told_apart_by_content_not_by_name(tmp_path, safetensors_path):
    disguised = tmp_path / "looks-like.pt"
    disguised.write_bytes(safetensors_path.read_bytes())
    assert read_checkpoint(disguised).epoch == 106
    other = torch_file(tmp_path / "plain.safetensors", WEIGHTS, epoch=3)
    assert read_checkpoint(other).epoch == 3


def test_weights_cannot_be_changed_in_place(safetensors_path):
    checkpoint = read_checkpoint(safetensors_path)
    with pytest.raises(ValueError, match="read-only"):
        checkpoint.weights["encoder_A.fc_mu.bias"][0] = 1
    with pytest.raises(TypeError):
        checkpoint.weights["new"] = 1
    with pytest.raises(TypeError):
        checkpoint.metadata["epoch"] = 1
    with pytest.raises(AttributeError):
        checkpoint.source = "elsewhere"


@pytest.mark.parametrize("latent_dim", [1, 8, 32])
def test_another_latent_size_is_read(tmp_path, latent_dim):
    path = tmp_path / "small.safetensors"
    write_safetensors(path, checkpoint_of(untrained_weights(0, latent_dim)))
    assert read_checkpoint(path).latent_dim == latent_dim


def test_a_file_that_says_nothing_gets_v5_5s_values():
    foreign = checkpoint_of(WEIGHTS)
    assert foreign.epoch is None
    assert (foreign.rho, foreign.rho_max) == (0.1, 0.7)
    for name, part in split_operations().parts().items():
        assert np.array_equal(foreign.split.parts()[name], part)


def test_the_split_of_the_config_is_used():
    config = {
        "ternary_dataset": {"seed": 7},
        "train_split": 0.5,
        "val_split": 0.2,
        "test_split": 0.3,
        "model": {"rho_max": 0.4},
    }
    checkpoint = checkpoint_of(WEIGHTS, config=config)
    expected = split_operations(7, 0.5, 0.2, 0.3)
    assert np.array_equal(checkpoint.split.test, expected.test)
    assert checkpoint.rho_max == 0.4


@pytest.mark.parametrize(
    "config",
    [
        {"train_split": 0.8},
        {"ternary_dataset": 5},
        {
            "ternary_dataset": {"seed": 1},
            "train_split": 0.8,
            "val_split": 0.8,
            "test_split": 0.1,
        },
    ],
)
def test_a_config_that_does_not_tell_the_split_is_no_reason_to_guess(config):
    with pytest.raises(CheckpointError, match="does not say how the operations were split"):
        _ = checkpoint_of(WEIGHTS, config=config).split


def test_a_rho_max_that_is_no_share_is_refused():
    with pytest.raises(CheckpointError, match="rho_max is 'big'"):
        _ = checkpoint_of(WEIGHTS, config={"model": {"rho_max": "big"}}).rho_max


# --- the recorded split


def recorded(**changes):
    return {
        **{name: torch.from_numpy(p) for name, p in split_operations(3).parts().items()},
        **changes,
    }


def test_the_recorded_split_wins(tmp_path):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, split=recorded())
    assert np.array_equal(read_checkpoint(path).split.test, split_operations(3).test)


@pytest.mark.parametrize(
    "changes",
    [
        {"test": torch.arange(5)},
        {"test": torch.tensor([], dtype=torch.int64)},
        {"train": recorded()["train"].flip(0)[1:]},
        {"train": recorded()["train"] + 1},
        {"validation": recorded()["train"]},
    ],
)
def test_a_recorded_split_that_is_no_partition_is_refused(tmp_path, changes):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, split=recorded(**changes))
    assert "not a partition of the 19,683 operations" in refusal(path)


@pytest.mark.parametrize(
    "split",
    [
        5,
        "train",
        [1, 2, 3],
        {"train": torch.arange(3)},
        recorded(test="abc"),
        recorded(test=None),
        recorded(test=torch.zeros(2, 2, dtype=torch.int64)),
        recorded(test=recorded()["test"].double() + 0.25),
        recorded(test=torch.ones(3, dtype=torch.bfloat16)),
    ],
    ids=["number", "text", "list", "less", "string", "none", "matrix", "fractions", "bfloat16"],
)
def test_a_recorded_split_that_cannot_be_read_is_refused(tmp_path, split):
    path = torch_file(tmp_path / "a.pt", WEIGHTS, split=split)
    assert "recorded split is unreadable" in refusal(path)


# --- files that are no checkpoints


def test_missing_empty_and_a_folder(tmp_path):
    assert "No such file" in refusal(tmp_path / "missing.pt")
    assert "Is a directory" in refusal(tmp_path)
    (tmp_path / "empty").write_bytes(b"")
    assert "truncated or something else" in refusal(tmp_path / "empty")
    assert "cannot be read" in refusal(tmp_path / "empty" / "below")


def test_truncated_at_many_lengths(tmp_path, safetensors_path):
    pt = torch_file(tmp_path / "whole.pt", WEIGHTS)
    torn = tmp_path / "torn"
    for whole in (safetensors_path.read_bytes(), pt.read_bytes()):
        lengths = {1, 2, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1000, len(whole) - 1}
        for length in lengths | set(range(0, len(whole), len(whole) // 30)):
            torn.write_bytes(whole[:length])
            assert "truncated" in refusal(torn)


def test_extended_files_are_refused(tmp_path, safetensors_path):
    path = tmp_path / "longer"
    path.write_bytes(safetensors_path.read_bytes() + b"\0")
    assert "truncated or something else" in refusal(path)


def test_random_bytes(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "noise"
    for prefix in (b"", b"PK", b"PK\x03\x04", b"\x80\x02", b"\x10" + b"\0" * 7, b"\x93NUMPY"):
        for length in (0, 1, 8, 100, 5000):
            path.write_bytes(prefix + rng.bytes(length))
            refusal(path)


def test_a_huge_file_is_not_read_to_its_end(tmp_path, monkeypatch):
    path = tmp_path / "huge"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 10_000)
    assert "more than 10,000 bytes" in refusal(path)
    # A device says that it is empty and never ends.
    if os.path.exists("/dev/zero"):
        with pytest.raises(CheckpointError, match="more than 10,000 bytes"):
            read_checkpoint("/dev/zero")


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**32, 0, 1])
def test_a_lying_header_length(tmp_path, safetensors_path, length):
    path = tmp_path / "lying"
    path.write_bytes(struct.pack("<Q", length) + safetensors_path.read_bytes()[8:])
    refusal(path)


# --- code


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("where", ["epoch", "model", "whole", "plain pickle", "legacy"])
def test_code_in_a_file_is_refused_and_not_run(tmp_path, where):
    proof = tmp_path / "it-ran"
    payload = Payload(f"touch {proof}")
    path = tmp_path / "evil.pt"
    if where == "epoch":
        torch.save({"model": {}, "epoch": payload}, path)
    elif where == "model":
        torch.save({"model": {"encoder_A.fc_mu.bias": payload}}, path)
    elif where == "whole":
        torch.save(payload, path)
    elif where == "legacy":
        torch.save({"model": payload}, path, _use_new_zipfile_serialization=False)
    else:
        path.write_bytes(pickle.dumps(payload))
    message = refusal(path)
    if where in ("epoch", "model", "whole"):
        assert "which could run code" in message
    assert not proof.exists()
    # The attack is real: reading it the unsafe way runs it.
    if where == "plain pickle":
        pickle.loads(path.read_bytes())
        assert proof.exists()


def test_an_innocent_object_is_refused_too(tmp_path):
    torch.save({"model": {}, "path": io.StringIO}, tmp_path / "odd.pt")
    assert "which could run code" in refusal(tmp_path / "odd.pt")


def test_a_zip_that_is_no_checkpoint(tmp_path):
    path = tmp_path / "archive.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "nothing")
    assert "not a PyTorch checkpoint" in refusal(path)


@pytest.mark.parametrize("contents", [[1, 2], torch.zeros(3), "text", 5])
def test_a_torch_file_that_is_no_dictionary(tmp_path, contents):
    torch.save(contents, tmp_path / "a.pt")
    assert "expected a checkpoint dictionary, got" in refusal(tmp_path / "a.pt")


@pytest.mark.parametrize("contents", [{}, {"state_dict": {}}, {"model": [1]}, {1: 2, "a": 3}])
def test_a_dictionary_without_a_model(tmp_path, contents):
    torch.save(contents, tmp_path / "a.pt")
    assert "'model' state dictionary" in refusal(tmp_path / "a.pt")
    assert read_torch_dictionary(tmp_path / "a.pt") == contents


# --- tensors


def with_tensors(**changes):
    return {**WEIGHTS, **{name.replace("__", "."): value for name, value in changes.items()}}


def not_finite(value):
    bias = np.array(WEIGHTS["encoder_A.fc_mu.bias"])
    bias[3] = value
    return {**WEIGHTS, "encoder_A.fc_mu.bias": bias}


def renamed():
    weights = dict(WEIGHTS)
    weights["decoder_A.decoder.5.bias"] = weights.pop("decoder_A.decoder.4.bias")
    return weights


FAULTS = {
    "missing": (
        {k: v for k, v in WEIGHTS.items() if k != "grad_norm_A_ema"},
        ["missing tensor grad_norm_A_ema ()"],
    ),
    "extra": (
        with_tensors(spare=np.zeros(2, np.float32)),
        ["unexpected tensor spare"],
    ),
    "renamed": (
        renamed(),
        [
            "missing tensor decoder_A.decoder.4.bias (27,)",
            "unexpected tensor decoder_A.decoder.5.bias",
        ],
    ),
    "shape": (
        with_tensors(decoder_B__fc_out__bias=np.zeros((1, 27), np.float32)),
        ["decoder_B.fc_out.bias has shape (1, 27), expected (27,)"],
    ),
    "transposed": (
        with_tensors(
            decoder_B__fc_out__weight=np.ascontiguousarray(WEIGHTS["decoder_B.fc_out.weight"].T)
        ),
        ["decoder_B.fc_out.weight has shape (128, 27), expected (27, 128)"],
    ),
    "float64": (
        with_tensors(decoder_B__fc_out__bias=np.zeros(27)),
        ["decoder_B.fc_out.bias has type float64, expected float32"],
    ),
    "integers": (
        with_tensors(decoder_B__fc_out__bias=np.zeros(27, np.int32)),
        ["decoder_B.fc_out.bias has type int32, expected float32"],
    ),
    "nan": (
        not_finite(np.nan),
        ["encoder_A.fc_mu.bias holds 1 of 16 values that are not finite"],
    ),
    "infinity": (
        not_finite(-np.inf),
        ["encoder_A.fc_mu.bias holds 1 of 16 values that are not finite"],
    ),
}


def write(path, weights, kind):
    if kind == "pt":
        return torch_file(path, weights)
    from safetensors.numpy import save_file

    save_file({name: np.array(value, order="C") for name, value in weights.items()}, path)
    return path


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_tensor_is_named(tmp_path, kind, fault):
    weights, expected = FAULTS[fault]
    message = refusal(write(tmp_path / "a", weights, kind))
    assert message.splitlines()[1:] == [f"  {line}" for line in expected]
    count = f"{len(expected)} difference{'s' * (len(expected) > 1)}"
    assert f"not a v5.5 state dictionary: {count}" in message.splitlines()[0]


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_all_faults_are_listed_together(tmp_path, kind):
    weights = renamed()
    del weights["grad_norm_A_ema"]
    weights |= {
        "spare": np.zeros(2, np.float32),
        "decoder_B.fc_out.bias": np.zeros(27),
        "decoder_B.fc_in.bias": np.zeros((128, 1), np.float32),
        "encoder_A.fc_mu.bias": not_finite(np.nan)["encoder_A.fc_mu.bias"],
    }
    message = refusal(write(tmp_path / "a", weights, kind))
    for part in (
        "7 differences",
        "missing tensor grad_norm_A_ema",
        "missing tensor decoder_A.decoder.4.bias",
        "unexpected tensor decoder_A.decoder.5.bias",
        "unexpected tensor spare",
        "decoder_B.fc_out.bias has type float64",
        "decoder_B.fc_in.bias has shape (128, 1)",
        "encoder_A.fc_mu.bias holds 1 of 16",
    ):
        assert part in message


def test_an_empty_state_dictionary_misses_all_fifty(tmp_path):
    message = refusal(torch_file(tmp_path / "a.pt", {}))
    assert "50 differences" in message
    assert message.count("missing tensor") == 50


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(27).to_sparse(),
        torch.empty(27, device="meta"),
        "text",
        None,
        [0.0] * 27,
    ],
    ids=["sparse", "meta", "text", "none", "list"],
)
def test_what_is_no_plain_float32_tensor_is_named(tmp_path, value):
    weights = {**WEIGHTS, "decoder_B.fc_out.bias": value}
    message = refusal(torch_file(tmp_path / "a.pt", weights))
    assert "1 difference\n  decoder_B.fc_out.bias" in message


@pytest.mark.parametrize("head", [np.zeros(0, np.float32), np.zeros((4, 4), np.float32), 7])
def test_an_odd_latent_size_does_not_derail_the_list(head):
    with pytest.raises(CheckpointError, match=r"encoder_A\.fc_mu\.bias"):
        check_weights({**WEIGHTS, "encoder_A.fc_mu.bias": head}, "here")


# --- hashes


def test_another_hash_is_refused_before_anything_is_parsed(tmp_path):
    path = tmp_path / "noise"
    path.write_bytes(b"PK no checkpoint at all")
    message = refusal(path, sha256="0" * 64)
    assert f"expected SHA-256 {'0' * 64}, got" in message


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63, "0" * 65, "md5:" + "0" * 64])
def test_what_is_no_hash_is_refused(safetensors_path, text):
    with pytest.raises(CheckpointError, match="64 hexadecimal digits"):
        read_checkpoint(safetensors_path, sha256=text)


def test_the_hash_is_that_of_the_bytes_that_were_parsed(safetensors_path, monkeypatch):
    """A file exchanged between reading and hashing must not lend its hash."""
    read = module._read_bytes

    def read_then_exchange(path):
        data = read(path)
        path.write_bytes(b"something else")
        return data

    expected = read_checkpoint(safetensors_path).file_sha256
    monkeypatch.setattr(module, "_read_bytes", read_then_exchange)
    assert read_checkpoint(safetensors_path).file_sha256 == expected


# --- metadata


def with_metadata(path, text):
    from safetensors.numpy import save

    path.write_bytes(save({k: np.array(v) for k, v in WEIGHTS.items()}, {"fluxttice": text}))
    return path


def test_metadata_of_another_schema_is_refused(tmp_path):
    path = with_metadata(tmp_path / "a", '{"schema":"fluxttice_core/weights/v2"}')
    assert "expected schema fluxttice_core/weights/v1, got 'fluxttice_core/weights/v2'" in refusal(
        path
    )


@pytest.mark.parametrize("text", ["[]", "5", "null", '"text"'])
def test_metadata_must_be_an_object(tmp_path, text):
    assert "not a JSON object" in refusal(with_metadata(tmp_path / "a", text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'epoch': 1}",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"epoch": 1, "epoch": 2}',
        '{"deep": ' + "[" * 200_000 + "]" * 200_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
    ],
    ids=["empty", "torn", "quotes", "nan", "inf", "-inf", "1e999", "twice", "lists", "objects"],
)
def test_metadata_that_is_no_strict_json_is_refused(tmp_path, text):
    assert "truncated or something else" in refusal(with_metadata(tmp_path / "a", text))


BAD_METADATA = {
    "epoch": ["106", 1.5, -1, True, [1]],
    "rho": ["0.1", -0.1, 1.5, [0.1], True],
    "selection_score": ["high", {}],
    "best": [5, "score", {"score": 3}, {"score": {"value": "x", "epoch": 1}}],
    "config": ["text", [1], 7],
}


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, vs in BAD_METADATA.items() for v in vs])
def test_metadata_of_the_wrong_kind_is_named(tmp_path, key, value):
    for path in (
        with_metadata(tmp_path / "a", json.dumps({key: value})),
        torch_file(tmp_path / "a.pt", WEIGHTS, **{key: value}),
    ):
        message = refusal(path)
        assert "the metadata cannot be used" in message
        assert f"{key} is " in message


def test_metadata_that_is_not_finite_is_refused_in_a_torch_file(tmp_path):
    message = refusal(torch_file(tmp_path / "a.pt", WEIGHTS, rho=float("nan"), epoch=-2))
    assert "rho is 'nan'" in message
    assert "epoch is '-2'" in message


def test_a_foreign_safetensors_file_without_metadata_is_read(tmp_path):
    checkpoint = read_checkpoint(write(tmp_path / "a", WEIGHTS, "safetensors"))
    assert dict(checkpoint.metadata) == {}
    assert checkpoint.weights_sha256 == tensor_hash(WEIGHTS)


def safetensors_header(path, change):
    """Rewrite the header of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


@pytest.mark.parametrize("value", [None, [], "text", 5, {"fluxttice": None}, {"fluxttice": 5}])
def test_a_header_whose_metadata_is_no_mapping_of_texts(safetensors_path, value):
    """Null is as good as none to the format's own reader, and was a traceback here."""
    safetensors_header(safetensors_path, lambda header: header.update(__metadata__=value))
    if value is None:
        assert dict(read_checkpoint(safetensors_path).metadata) == {}
    else:
        assert "truncated or something else" in refusal(safetensors_path)


HUGE = [int("9" * 400), 2**64, -(2**63) - 1]


@pytest.mark.parametrize("value", HUGE, ids=["400 digits", "65 bits", "negative"])
@pytest.mark.parametrize("key", ["epoch", "seed", "selection_score", "note"])
def test_numbers_of_400_digits_in_metadata(tmp_path, key, value):
    for record in ({key: value}, {"config": {key: [value]}}):
        message = refusal(with_metadata(tmp_path / "a", json.dumps(record)))
        assert "a whole number of more than 64 bits" in message
        assert len(message) < 300


@pytest.mark.parametrize("part", ["train_split", "val_split", "test_split", "seed"])
@pytest.mark.parametrize("value", [1e308, -1e308, 2**63, -1, "x", [], None, 5e-324])
def test_a_config_of_impossible_numbers_tells_no_split(tmp_path, part, value):
    config = {
        "train_split": 0.8,
        "val_split": 0.1,
        "test_split": 0.1,
        "ternary_dataset": {"seed": 1},
    }
    place = config["ternary_dataset"] if part == "seed" else config
    place[part] = value
    with pytest.raises(CheckpointError, match="does not say how the operations were split"):
        _ = checkpoint_of(WEIGHTS, config=config).split


def test_every_refusal_is_an_error_of_this_library():
    assert issubclass(CheckpointError, FluxtticeError)
    assert Checkpoint.__doc__


def test_a_rho_of_none_is_as_good_as_none_at_all():
    assert checkpoint_of(WEIGHTS, rho=None).rho == 0.1


def test_the_threshold_of_the_config_is_used():
    assert checkpoint_of(WEIGHTS).eps_kl == 5e-4
    assert checkpoint_of(WEIGHTS, config={"model": {"eps_kl": 0.01}}).eps_kl == 0.01
    with pytest.raises(CheckpointError, match="eps_kl is 0; expected a positive number"):
        _ = checkpoint_of(WEIGHTS, config={"model": {"eps_kl": 0}}).eps_kl
