"""Weights as trainers leave them: behind prefixes, under other keys, in half precision, several."""

import copy
import pickle

import numpy as np
import pytest
import torch

from fluxttice_core.api import coverage_report, load, sample, to_torch
from fluxttice_core.artifacts.weight_sets import unwrapped
from fluxttice_core.canonical import tensor_hash
from fluxttice_core.cli import main
from fluxttice_core.errors import CheckpointError
from fluxttice_core.model.controls import untrained_weights
from tests.support import torch_file

WEIGHTS = untrained_weights(0)
OTHERS = untrained_weights(1)
IDENTITY = tensor_hash(WEIGHTS)


def tensors(weights):
    return {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}


def saved(path, contents):
    torch.save(contents, path)
    return path


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "_orig_mod.module.", "module.module."])
def test_prefixes_of_wrappers_are_taken_off(tmp_path, prefix):
    wrapped = {prefix + name: value for name, value in WEIGHTS.items()}
    assert load(torch_file(tmp_path / "a.pt", wrapped)).weights_sha256 == IDENTITY
    from safetensors.numpy import save_file

    save_file({name: np.array(value) for name, value in wrapped.items()}, tmp_path / "a.st")
    assert load(tmp_path / "a.st").weights_sha256 == IDENTITY


def test_a_prefix_of_some_names_is_none():
    assert unwrapped({"module.a": 1, "b": 2}) == {"module.a": 1, "b": 2}
    assert unwrapped({}) == {}
    assert unwrapped({"module.": 1}) == {"": 1}


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "net", None])
def test_one_set_is_read_whatever_its_key(tmp_path, key):
    contents = tensors(WEIGHTS) if key is None else {"epoch": 5, key: tensors(WEIGHTS)}
    found = load(saved(tmp_path / "a.pt", contents))
    assert (found.weights_sha256, found.remarks) == (IDENTITY, ())
    assert dict(found.metadata) == ({} if key is None else {"epoch": 5})


def test_of_several_sets_the_model_is_read_and_the_others_are_named(tmp_path, capsys):
    path = saved(tmp_path / "a.pt", {"ema": tensors(OTHERS), "model": tensors(WEIGHTS), "epoch": 1})
    found = load(path)
    assert found.weights_sha256 == IDENTITY
    assert dict(found.metadata) == {"epoch": 1}
    (remark,) = found.remarks
    assert "under 'model' are read, not those under ema" in remark
    for arguments in (["info", str(path)], ["sample", "1", "--seed", "1", "-m", str(path)]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert (stop.value.code, remark in capsys.readouterr().err) == (0, True)
    contents = torch.load(path, weights_only=True)
    assert remark.endswith("torch.save({'model': contents['ema']}, FILE)")
    torch.save({"model": contents["ema"]}, path)
    assert load(path).weights_sha256 == tensor_hash(OTHERS)


def test_of_several_sets_and_no_model_none_is_guessed(tmp_path):
    path = saved(tmp_path / "a.pt", {"ema": tensors(OTHERS), "online": tensors(WEIGHTS)})
    with pytest.raises(CheckpointError, match=r"expected one set of weights.*got ema, online"):
        load(path)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_is_read_exactly_and_said(tmp_path, kind):
    halves = {name: value.to(getattr(torch, kind)) for name, value in tensors(WEIGHTS).items()}
    found = load(saved(tmp_path / "a.pt", {"model": halves}))
    assert found.remarks == (f"{kind} weights, read as float32",)
    for name, value in halves.items():
        assert np.array_equal(found.weights[name], value.float().numpy())
    assert found.weights_sha256 != IDENTITY


def test_double_precision_is_refused_for_float32_cannot_hold_it(tmp_path):
    doubles = {name: value.double() for name, value in tensors(WEIGHTS).items()}
    with pytest.raises(CheckpointError, match="has type float64, expected float32"):
        load(saved(tmp_path / "a.pt", {"model": doubles}))


def test_a_wide_half_tensor_is_not_blown_up(tmp_path, monkeypatch):
    def widen(_):
        raise AssertionError("terabytes")

    wide = torch.zeros(1, dtype=torch.float16).expand(2**40)
    state = {**tensors(WEIGHTS), "decoder_B.fc_out.bias": wide}
    monkeypatch.setattr(torch.Tensor, "float", widen)
    with pytest.raises(CheckpointError, match=r"fc_out\.bias has shape \(1099511627776,\)"):
        load(saved(tmp_path / "a.pt", {"model": state}))


def test_a_network_in_half_precision_is_refused_with_the_remedy():
    network = to_torch(load("v5_5")).bfloat16()
    with pytest.raises(CheckpointError, match=r"weights are bfloat16.*network\.float\(\)"):
        coverage_report(network, num_latents=64, num_runs=0)
    assert sample(3, seed=1, model=network.float()).shape == (3, 9)


def test_a_wrapped_network_is_that_network():
    network = to_torch(load("v5_5"))
    wrapped = torch.nn.DataParallel(network)
    assert np.array_equal(sample(50, seed=1, model=wrapped), sample(50, seed=1, model=network))


FOREIGN = {"layers.0.weight": np.zeros((3, 4), np.float32), "layers.0.bias": np.zeros(3, "f4")}


def test_the_weights_of_another_network_are_pointed_to_draws(tmp_path, capsys):
    paths = [torch_file(tmp_path / "a.pt", FOREIGN), saved(tmp_path / "b.pt", tensors(FOREIGN))]
    for path in paths:
        for command in ("info", "coverage"):
            with pytest.raises(SystemExit) as stop:
                main([command, str(path)])
            message = capsys.readouterr().err
            assert stop.value.code == 2
            assert "of another network or generator no weights are measured or certified" in message
            assert "fluxttice coverage DRAWS" in message
            assert len(message) < 600


@pytest.mark.parametrize("model", [torch.nn.Linear(2, 3), 5, object(), {"state_dict": 1}])
def test_a_foreign_model_is_refused_by_name(model):
    with pytest.raises(CheckpointError, match=r"another network's|expected a checkpoint, its path"):
        sample(3, model=model)


def test_a_network_with_a_rho_that_is_none_is_refused():
    network = to_torch(load("v5_5"))
    network.rho = float("nan")
    with pytest.raises(CheckpointError, match="rho is 'nan'"):
        coverage_report(network, num_latents=64, num_runs=0)


def test_checkpoints_are_pickled_and_copied_read_only(tmp_path):
    path = saved(tmp_path / "a.pt", {"ema": tensors(OTHERS), "model": tensors(WEIGHTS), "epoch": 1})
    for original in (load(), load(path)):
        for again in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
            assert again.weights_sha256 == original.weights_sha256
            assert dict(again.metadata) == dict(original.metadata)
            assert (again.source, again.remarks) == (original.source, original.remarks)
            assert np.array_equal(again.split.test, original.split.test)
            with pytest.raises(ValueError, match="read-only"):
                again.weights["encoder_A.fc_mu.bias"][0] = 1
            with pytest.raises(TypeError):
                again.metadata["epoch"] = 1
