"""The generalization tests can fail: they are run on files that deserve it."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from fluxttice_core.artifacts.torch_file import torch_bytes
from fluxttice_core.model.controls import untrained_weights
from tests.conftest import ROOT


def outcomes(path):
    """Run the eight tests on a file; return (failed, passed)."""
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_generalization.py"),
            *("--checkpoint", str(path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (failed|passed|error)", done.stdout)}
    assert "error" not in counts, done.stdout
    return counts.get("failed", 0), counts.get("passed", 0)


def save(path, weights):
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    path.write_bytes(torch_bytes({"model": tensors, "epoch": 0, "rho": 0.1}))
    return path


@pytest.mark.parametrize("seed", [0, 1])
def test_at_least_seven_fail_on_an_untrained_network(tmp_path, seed):
    failed, passed = outcomes(save(tmp_path / "untrained.pt", untrained_weights(seed)))
    assert failed + passed == 8
    assert failed >= 7


def test_all_eight_fail_on_a_zero_filled_file(tmp_path):
    """Names and shapes are right and every value is zero: what an interrupted copy can leave."""
    weights = {name: np.zeros_like(value) for name, value in untrained_weights(0).items()}
    assert outcomes(save(tmp_path / "zeros.pt", weights)) == (8, 0)


def test_all_eight_pass_on_the_shipped_file(checkpoint_path):
    assert outcomes(checkpoint_path) == (0, 8)
