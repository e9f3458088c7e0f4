"""info says what a file is, and knows the hash of the file that was never published."""

import json

import numpy as np
import pytest
import torch
import yaml

from fluxttice_core import load
from fluxttice_core.artifacts.checkpoint import (
    ORIGINAL_CERTIFICATE_SHA256,
    PACKAGED_NAMES,
    read_checkpoint,
    write_safetensors,
)
from fluxttice_core.model.controls import untrained_weights
from tests.support import checkpoint_of, torch_file


def test_the_packaged_default(run):
    default = load()
    code, out, err = run("info")
    assert (code, err) == (0, "")
    for text in (
        default.file_sha256,
        default.weights_sha256,
        default.metadata["source_sha256"],
        "168,770 parameters in 50 tensors",
        f"epoch                  {default.epoch}",
        "train 15,746 / validation 1,968 / test 1,969",
    ):
        assert text in out


def test_json_and_config(run):
    code, out, _ = run("info", "--json")
    record = json.loads(out)
    assert code == 0
    assert record["file_sha256"] == load().file_sha256
    assert record["split_sizes"] == {"train": 15746, "validation": 1968, "test": 1969}
    assert record["is_standard_size"] is True
    assert record["is_certified_original"] is False
    code, out, _ = run("info", "--config")
    assert code == 0
    assert yaml.safe_load(out) == record["config"] == load().metadata["config"]


def test_a_foreign_file_is_called_foreign(run, tmp_path):
    path = tmp_path / "foreign.safetensors"
    write_safetensors(path, checkpoint_of(untrained_weights(0)))
    code, out, _ = run("info", path)
    assert code == 0
    assert read_checkpoint(path).weights_sha256 in out
    assert "A foreign v5.5 file" in out
    code, _, err = run("info", path, "--config")
    assert code == 2
    assert "carries no configuration" in err


def test_odd_values_of_a_foreign_file_still_make_json(run, tmp_path):
    """The original started its best loss at infinity; others leave tensors about."""
    path = torch_file(
        tmp_path / "a.pt",
        untrained_weights(0),
        epoch=4,
        best_val_loss=float("inf"),
        seed=torch.tensor(3),
        phase=[1, (2, float("nan"))],
        selection_score=0.5,
    )
    for flags in ((), ("--json",)):
        code, out, err = run("info", path, *flags)
        assert (code, err) == (0, "")
    record = json.loads(out)
    assert record["epoch"] == 4
    assert record["best_val_loss"] is None
    assert record["seed"] == "Tensor"
    assert record["phase"] == [1, [2, None]]


def test_another_size_is_said(run, tmp_path):
    path = tmp_path / "small.safetensors"
    write_safetensors(path, checkpoint_of(untrained_weights(0, 4)))
    record = json.loads(run("info", path, "--json")[1])
    assert record["latent_dim"] == 4
    assert record["is_standard_size"] is False
    parameters = sum(np.size(v) for k, v in untrained_weights(0, 4).items() if "ema" not in k)
    assert record["num_parameters"] == parameters


@pytest.mark.parametrize("spelling", ["{}", "sha256:{}"])
def test_the_hash_of_the_unpublished_file_is_recognised(run, spelling):
    code, out, _ = run("info", spelling.format(ORIGINAL_CERTIFICATE_SHA256.upper()))
    assert code == 0
    assert "certificate of 2025-10-29" in out
    assert "never" in out


def test_our_own_hashes_are_recognised_and_others_are_not(run):
    for name in PACKAGED_NAMES:
        packaged = load(name)
        for digest in (
            packaged.file_sha256,
            packaged.weights_sha256,
            packaged.metadata["source_sha256"],
        ):
            code, out, _ = run("info", digest, "--json")
            assert code == 0
            assert name in json.loads(out)["meaning"]
    code, out, _ = run("info", "0" * 64)
    assert code == 1
    assert "unknown to this version" in out
    code, out, _ = run("info", "0" * 64, "--json")
    assert code == 1
    assert json.loads(out) == {"sha256": "0" * 64, "known": False, "meaning": None}
