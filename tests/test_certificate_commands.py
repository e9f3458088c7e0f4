"""The commands that the v5.5 certificate states, run as it states them."""

import json
import os
import subprocess
import sys

import pytest
import torch

from fluxttice_core.artifacts.checkpoint import read_checkpoint
from fluxttice_core.config import load_config
from fluxttice_core.files import file_sha256
from tests.conftest import ROOT, SHIPPED

BENCHMARK = [
    *(sys.executable, "scripts/benchmark/run_benchmark.py"),
    *("--config", "configs/ternary_v5_5.yaml"),
    *("--checkpoint", "sandbox-training/checkpoints/v5_5/latest.pt"),
]
SNIPPET = """
import torch
from src.models.ternary_vae_v5_5 import DualNeuralVAEV5
model = DualNeuralVAEV5(
    input_dim=9, latent_dim=16, rho_min=0.1, rho_max=0.7,
    lambda3_base=0.3, lambda3_amplitude=0.15, eps_kl=0.0005,
)
checkpoint = torch.load('sandbox-training/checkpoints/v5_5/latest.pt')
model.load_state_dict(checkpoint['model'])
assert checkpoint['epoch'] == 106
"""


def run(command, **options):
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280, **options
    )


def test_the_python_snippet():
    done = run([sys.executable, "-c", SNIPPET])
    assert done.returncode == 0, done.stderr


def test_the_snippet_refuses_another_epoch(tmp_path):
    """The same snippet on another file fails: its assertions are real."""
    other = tmp_path / "latest.pt"
    contents = torch.load(SHIPPED, weights_only=True)
    torch.save({**contents, "epoch": 105}, other)
    text = SNIPPET.replace("sandbox-training/checkpoints/v5_5/latest.pt", str(other))
    assert "AssertionError" in run([sys.executable, "-c", text]).stderr


def test_sha256sums_hold_by_the_plain_tool():
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"],
        cwd=SHIPPED.parent,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "latest.pt: OK" in done.stdout


def test_shipped_checkpoint_has_the_specified_keys():
    contents = torch.load(SHIPPED, weights_only=True)
    specified = (
        "epoch model optimizer best_val_loss H_A_history H_B_history coverage_A_history "
        "coverage_B_history lambda1 lambda2 lambda3 rho phase grad_balance_achieved "
        "grad_norm_A_ema grad_norm_B_ema grad_ema_momentum statenet_enabled statenet_corrections"
    )
    added = "format_version config config_hash seed split rng_states code_version best"
    assert set((specified + " " + added).split()) <= set(contents)
    assert len(contents["coverage_A_history"]) == 107
    assert (
        contents["config_hash"] == load_config(ROOT / "configs/ternary_v5_5.yaml").canonical_hash()
    )
    assert 1.5e6 < SHIPPED.stat().st_size < 2.5e6


def test_packaged_weights_are_the_shipped_ones():
    from fluxttice_core import load

    packaged, shipped = load("v5_5"), read_checkpoint(SHIPPED)
    assert packaged.weights_sha256 == shipped.weights_sha256
    assert packaged.metadata["source_sha256"] == shipped.file_sha256
    assert packaged.epoch == shipped.epoch == 106


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    output = tmp_path_factory.mktemp("benchmark") / "record.json"
    less = ("--trials", "2", "--seed", "5", "--latents", "262144", "--output", str(output))
    done = run([*BENCHMARK, *less])
    assert done.returncode == 0, done.stderr
    return json.loads(output.read_text())


def test_benchmark_record_has_the_original_keys(benchmark):
    assert set(benchmark) >= {"timestamp", "metadata", "results", "schema"}
    assert set(benchmark["metadata"]) >= {
        *("checkpoint_path", "checkpoint_hash", "config_path", "config_hash", "device"),
    }
    results = benchmark["results"]
    inference = {"num_samples", "num_trials"}
    coverage = {"num_samples", "num_trials"}
    for name in ("vae_a", "vae_b"):
        inference |= {f"{name}_{key}" for key in ("mean_time", "std_time", "samples_per_sec")}
        coverage |= {
            f"{name}_{key}"
            for key in (
                *("mean_unique", "std_unique", "mean_coverage", "std_coverage"),
                "max_coverage",
            )
        }
    assert set(results["inference"]) >= inference
    assert set(results["coverage"]) >= coverage
    assert set(results["entropy"]) >= {"num_samples", "entropy_A", "entropy_B", "entropy_diff"}
    assert "memory" in results


def test_benchmark_record_is_bound_to_its_inputs(benchmark):
    metadata = benchmark["metadata"]
    assert metadata["checkpoint_hash"] == file_sha256(SHIPPED)
    assert metadata["config_is_the_checkpoints"] is True
    assert (metadata["seed"], metadata["device"]) == (5, "cpu")
    assert len(metadata["trial_seeds"]) == len(set(metadata["trial_seeds"])) == 2
    assert benchmark["results"]["coverage"]["num_trials"] == 2
    assert benchmark["results"]["coverage"]["num_samples"] == 195_000


def test_benchmark_figures_agree_with_each_other(benchmark):
    """Draws made by PyTorch and the NumPy path's expectation at the same n must agree."""
    results = benchmark["results"]
    for pathway, measured in results["report"]["pathways"].items():
        name = f"vae_{pathway.lower()}"
        assert {"sampled", "mode", "expectation"} <= set(measured)
        expected = 100 * measured["sampled"]["195000"]["coverage"]
        assert abs(results["coverage"][f"{name}_mean_coverage"] - expected) < 0.1
        unique = results["coverage"][f"{name}_mean_unique"]
        assert abs(100 * unique / 19683 - results["coverage"][f"{name}_mean_coverage"]) < 1e-9
    assert len(results["report"]["controls"]) == 4
    for key in ("entropy_A", "entropy_B"):
        assert 2.0 < results["entropy"][key] < 3.9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (BENCHMARK[:4], "--checkpoint"),
        ([*BENCHMARK[:5], "nothing.pt"], "nothing.pt"),
        ([*BENCHMARK, "--device", "tpu"], "device 'tpu'"),
        ([*BENCHMARK, "--trials", "0"], "--trials"),
    ],
)
def test_benchmark_refuses_unusable_input(arguments, words, tmp_path):
    done = run([*arguments, "--output", str(tmp_path / "out.json")])
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.json").exists()
