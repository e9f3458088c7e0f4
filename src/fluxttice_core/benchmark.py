"""The benchmark record ``coverage_vs_entropy.json``: v5.5's keys, and what makes them honest.

The original keys keep their meaning (coverage in percent, at ``num_samples`` draws). Beside them
stands the whole coverage report: three readings at several n, the uniform limits, the controls.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .api import to_torch
from .artifacts.checkpoint import read_checkpoint
from .config import load_config
from .environment import describe_environment, peak_memory_bytes
from .errors import ConfigError
from .evidence.controls import measure_with_controls
from .evidence.pathway import NUM_LATENTS, Settings
from .evidence.posterior import histogram_entropy
from .gates.operations import NUM_OPERATIONS, generate_all_operations, indices_from_trits
from .measure.coverage import uniform_coverage
from .model.dual_vae import DualNeuralVAEV5
from .model.layout import PATHWAYS, Pathway
from .model.reference import ReferenceVAE
from .rng import derive_seed

SCHEMA = "fluxttice_core/coverage-vs-entropy/v3"
NUM_SAMPLES = 195_000
# A record to be quoted: every n of the controls, too, has its figure.
CONTROL_LATENTS = 2**18


def run_benchmark(
    config_path: str | Path,
    checkpoint_path: str | Path,
    *,
    num_trials: int = 5,
    device: str = "cpu",
    seed: int = 42,
    num_samples: int = NUM_SAMPLES,
    num_latents: int = NUM_LATENTS,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a checkpoint and return the record as plain values.

    Raises
    ------
    ConfigError, CheckpointError
        Unreadable input, an unknown device, or fewer than one trial.
    """
    if num_trials < 1 or num_samples < 1:
        raise ConfigError(
            f"trials and samples must be at least 1; got {num_trials} and {num_samples}"
        )
    config = load_config(config_path)
    checkpoint = read_checkpoint(checkpoint_path)
    try:
        model = to_torch(checkpoint, device)
    except (RuntimeError, AssertionError) as error:
        detail = str(error).splitlines()[0]
        raise ConfigError(f"device {device!r} cannot be used: {detail}") from None
    report = measure_with_controls(
        ReferenceVAE(checkpoint.weights),
        Settings(
            num_runs=num_trials,
            num_latents=num_latents,
            control_latents=CONTROL_LATENTS,
            seed=seed,
        ),
        source=str(checkpoint_path),
        weights_sha256=checkpoint.weights_sha256,
        parts=checkpoint.split.parts(),
        rho=checkpoint.rho,
        on_progress=on_progress,
    )
    seeds = [derive_seed(seed, "benchmark", trial + 1) for trial in range(num_trials)]
    return {
        "schema": SCHEMA,
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "metadata": {
            "checkpoint_path": str(checkpoint_path),
            "checkpoint_hash": checkpoint.file_sha256,
            "weights_hash": checkpoint.weights_sha256,
            "config_path": str(config_path),
            "config_hash": config.canonical_hash(),
            "config_is_the_checkpoints": config.canonical_hash()
            == checkpoint.metadata.get("config_hash"),
            "epoch": checkpoint.epoch,
            "device": device,
            "seed": seed,
            "trial_seeds": seeds,
            "environment": describe_environment(),
            "num_threads": torch.get_num_threads(),
        },
        "results": {
            "inference": _inference(model, device, num_samples, seeds),
            "coverage": _coverage(model, device, num_samples, seeds),
            "entropy": _entropy(model, device),
            "memory": {
                "parameter_bytes": sum(4 * value.size for value in checkpoint.weights.values()),
                "peak_process_bytes": peak_memory_bytes(),
                "peak_device_bytes": torch.cuda.max_memory_allocated(device)
                if model.grad_norm_A_ema.is_cuda
                else None,
            },
            "report": report.as_dict(),
            "limits": {
                "space_size": NUM_OPERATIONS,
                "mutual_information_nats": math.log(NUM_OPERATIONS),
                "coverage_percent": 100 * uniform_coverage(num_samples, NUM_OPERATIONS),
            },
        },
    }


def _draw(
    model: DualNeuralVAEV5, device: str, num_samples: int, pathway: Pathway, seed: int
) -> Any:
    generator = torch.Generator().manual_seed(seed)
    drawn = model.sample(num_samples, device, pathway, generator=generator)
    return drawn.cpu().numpy()


def _inference(
    model: DualNeuralVAEV5, device: str, num_samples: int, seeds: list[int]
) -> dict[str, Any]:
    record: dict[str, Any] = {"num_samples": num_samples, "num_trials": len(seeds)}
    for pathway in PATHWAYS:
        _draw(model, device, min(num_samples, 4096), pathway, seeds[0])
        times = []
        for seed in seeds:
            started = time.perf_counter()
            _draw(model, device, num_samples, pathway, seed)
            times.append(time.perf_counter() - started)
        name = f"vae_{pathway.lower()}"
        record[f"{name}_mean_time"] = statistics.fmean(times)
        record[f"{name}_std_time"] = statistics.stdev(times) if len(times) > 1 else 0.0
        record[f"{name}_samples_per_sec"] = num_samples / statistics.fmean(times)
    return record


def _coverage(
    model: DualNeuralVAEV5, device: str, num_samples: int, seeds: list[int]
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "num_samples": num_samples,
        "num_trials": len(seeds),
        "coverage_unit": "percent",
    }
    for pathway in PATHWAYS:
        uniques = []
        for seed in seeds:
            drawn = indices_from_trits(_draw(model, device, num_samples, pathway, seed))
            uniques.append(len(np.unique(drawn)))
        shares = [100 * unique / NUM_OPERATIONS for unique in uniques]
        name = f"vae_{pathway.lower()}"
        record[f"{name}_mean_unique"] = statistics.fmean(uniques)
        record[f"{name}_std_unique"] = statistics.stdev(uniques) if len(uniques) > 1 else 0.0
        record[f"{name}_mean_coverage"] = statistics.fmean(shares)
        record[f"{name}_std_coverage"] = statistics.stdev(shares) if len(shares) > 1 else 0.0
        record[f"{name}_max_coverage"] = max(shares)
    return record


@torch.no_grad()
def _entropy(model: DualNeuralVAEV5, device: str) -> dict[str, Any]:
    """50-bin histogram entropy on [-3, 3] of the posterior means of every operation (nats)."""
    operations = torch.from_numpy(generate_all_operations()).float().to(device)
    record: dict[str, Any] = {"num_samples": NUM_OPERATIONS}
    for pathway in PATHWAYS:
        means = model.encoder(pathway)(operations)[0].cpu().numpy()
        entropy, outside = histogram_entropy(means)
        record[f"entropy_{pathway}"] = entropy
        record[f"share_outside_range_{pathway}"] = outside
    record["entropy_diff"] = abs(record["entropy_A"] - record["entropy_B"])
    return record
