"""The public surface is frozen: a name that goes, or a call that leaves traces, is a break."""

import inspect
import random
import sys

import numpy as np
import pytest
import torch

import fluxttice_core
from fluxttice_core import (
    coverage_report,
    decode,
    encode,
    load,
    sample,
    sample_batches,
    to_torch,
)

PUBLIC = [
    "Checkpoint",
    "FluxtticeError",
    "Gate",
    "certify",
    "certify_draws",
    "certify_masses",
    "citation",
    "coverage_report",
    "decode",
    "encode",
    "gate",
    "generate_all_operations",
    "load",
    "measure",
    "sample",
    "sample_batches",
    "seal",
    "to_torch",
    "train",
    "verify",
]
# A record that `gate` makes; and a room whose example is in the documents, and run from there.
SHOWN_ELSEWHERE = {"Gate", "seal"}

SIGNATURES = {
    "citation": "()",
    "load": "(path=None, *, sha256=None)",
    "encode": "(operations, *, model=None, pathway='A')",
    "decode": "(latents, *, model=None, pathway='A', reading='mode', generator=None)",
    "sample": "(num_draws, *, model=None, pathway='A', seed=None, threads=None, device=None)",
    "sample_batches": (
        "(num_draws, *, model=None, pathway='A', seed=None, batch_size=8192, threads=None, "
        "device=None)"
    ),
    "generate_all_operations": "()",
    "to_torch": "(checkpoint, device='cpu')",
    "coverage_report": (
        "(source=None, *, kind=None, space=None, reference=None, target=None, "
        "num_draws=(1000, 10000, 19683, 50000, 100000, 195000), num_runs=1, num_latents=1048576, "
        "control_latents=65536, seed=0, threads=None, on_progress=None)"
    ),
    "train": (
        "(config, out=None, *, resume=False, device='cpu', epochs=None, seed=None, threads=1, "
        "compiled=False, on_epoch=None)"
    ),
    "certify": (
        "(checkpoint, out, *, key=(), config=None, history=None, expires=None, supersedes=None, "
        "trained_here=False, num_draws=(50000, 195000), on_progress=None)"
    ),
    "certify_draws": (
        "(source, out, *, key=(), space=None, num_draws=(), reading=None, target=None, "
        "other=None, num_modes=1, title=None, include=False, expires=None, supersedes=None, "
        "standard_input=None, on_count=None)"
    ),
    "certify_masses": (
        "(source, out, *, key=(), num_draws=(), title=None, expires=None, supersedes=None)"
    ),
    "verify": (
        "(path, *, key=(), level=2, allow_unsigned=False, not_before=None, min_version=None, "
        "draws=(), beside=None, redraw=None, on_progress=None)"
    ),
}


def test_the_list_is_frozen():
    assert fluxttice_core.__all__ == PUBLIC
    assert sorted(PUBLIC) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_documented_with_an_example(name):
    value = getattr(fluxttice_core, name)
    text = inspect.getdoc(value)
    assert text
    assert len(text.split()) >= 4
    if name not in SHOWN_ELSEWHERE:
        # Training takes minutes: its example is not one that is run.
        assert (">>> " if name != "train" else "Example\n-------\n``") in text


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_frozen(name):
    signature = inspect.signature(getattr(fluxttice_core, name))
    bare = signature.replace(
        parameters=[
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in signature.parameters.values()
        ],
        return_annotation=inspect.Signature.empty,
    )
    assert str(bare) == SIGNATURES[name]


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert fluxttice_core.__version__ == version("fluxttice_core")


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_numpy_in_numpy_out_torch_in_torch_out(pathway):
    operations = np.array([[0, 1, -1] * 3, [1] * 9], dtype=np.int8)
    codes = encode(operations, pathway=pathway)
    assert type(codes) is np.ndarray
    assert (codes.shape, codes.dtype) == ((2, 16), np.float64)
    trits = decode(codes, pathway=pathway)
    assert type(trits) is np.ndarray
    assert (trits.shape, trits.dtype) == ((2, 9), np.int8)

    tensor = encode(torch.from_numpy(operations), pathway=pathway)
    assert type(tensor) is torch.Tensor
    assert (tuple(tensor.shape), tensor.dtype) == ((2, 16), torch.float32)
    assert not tensor.requires_grad
    back = decode(tensor, pathway=pathway)
    assert type(back) is torch.Tensor
    assert (tuple(back.shape), back.dtype) == ((2, 9), torch.int8)

    np.testing.assert_allclose(tensor.numpy(), codes, atol=2e-5)
    assert np.array_equal(back.numpy(), trits)


def global_states():
    """Everything a careless call could have moved."""
    return (
        random.getstate(),
        [np.asarray(part).tolist() for part in np.random.get_state(legacy=True)],
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
        np.geterr(),
    )


def calls():
    operations = np.arange(5)
    return {
        "load": lambda model: load(),
        "to_torch": lambda model: to_torch(load()),
        "encode": lambda model: encode(operations, model=model),
        "encode tensor": lambda model: encode(torch.arange(5), model=model),
        "decode": lambda model: decode(np.zeros((2, 16)), model=model),
        "decode tensor": lambda model: decode(torch.zeros(2, 16), model=model),
        "decode, sampled": lambda model: decode(
            np.zeros((2, 16)), model=model, reading="sample", generator=np.random.default_rng(0)
        ),
        "decode tensor, sampled": lambda model: decode(
            torch.zeros(2, 16),
            model=model,
            reading="sample",
            generator=torch.Generator().manual_seed(0),
        ),
        "sample": lambda model: sample(10, model=model, seed=1),
        "sample, fresh": lambda model: sample(10, model=model),
        "sample_batches": lambda model: list(sample_batches(10, model=model, batch_size=3)),
        "coverage_report": lambda model: coverage_report(
            model, num_draws=(100,), num_runs=1, num_latents=200
        ),
    }


@pytest.mark.parametrize("name", calls())
@pytest.mark.parametrize("training", [True, False])
def test_no_call_leaves_a_trace(name, training):
    network = to_torch(load())
    network.train(training)
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    before = global_states()
    calls()[name](network)
    assert global_states() == before
    assert all(module.training is training for module in network.modules())
    assert network.rho == load().rho
    for key, value in network.state_dict().items():
        assert torch.equal(value, weights[key])
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_probe_for_traces_can_fail():
    before = global_states()
    torch.rand(1)
    assert global_states() != before
    before = global_states()
    np.random.rand()
    assert global_states() != before
    before = global_states()
    random.random()
    assert global_states() != before


def test_importing_the_package_imports_no_torch():
    import subprocess

    program = "import sys, fluxttice_core; print([m for m in sys.modules if m == 'torch'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[]\n", 0)
