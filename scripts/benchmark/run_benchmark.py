"""Measure a checkpoint and write ``benchmarks/coverage_vs_entropy.json``.

    python scripts/benchmark/run_benchmark.py --config configs/ternary_v5_5.yaml \
        --checkpoint sandbox-training/checkpoints/v5_5/latest.pt
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from fluxttice_core.cli.console import say
from fluxttice_core.cli.main import run_command
from fluxttice_core.cli.progress import progress
from fluxttice_core.evidence.pathway import NUM_LATENTS
from fluxttice_core.files import prepare_folder, write_atomically


@click.command()
@click.option("--config", required=True, help="The YAML file the checkpoint was trained with.")
@click.option("--checkpoint", required=True, help="The .pt file to measure.")
@click.option("--trials", type=click.IntRange(1, 1000), default=5, show_default=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True)
@click.option(
    "--latents", type=click.IntRange(2), default=NUM_LATENTS, show_default=True, metavar="N"
)
@click.option("--output", default="benchmarks/coverage_vs_entropy.json", show_default=True)
def benchmark(
    config: str,
    checkpoint: str,
    trials: int,
    device: str,
    seed: int,
    latents: int,
    output: str,
) -> None:
    """Benchmark a trained v5.5 checkpoint; refuses to run without one."""
    from fluxttice_core.benchmark import run_benchmark

    prepare_folder(Path(output).parent)
    with progress("measuring the model and its controls") as on_progress:
        record = run_benchmark(
            config,
            checkpoint,
            num_trials=trials,
            device=device,
            seed=seed,
            num_latents=latents,
            on_progress=on_progress,
        )
    text = json.dumps(record, indent=2, sort_keys=True, allow_nan=False)
    write_atomically(output, text.encode() + b"\n")
    results = record["results"]
    coverage, inference = results["coverage"], results["inference"]
    say(f"checkpoint {record['metadata']['checkpoint_hash']} (epoch {record['metadata']['epoch']})")
    for name in ("a", "b"):
        say(
            f"VAE-{name.upper()}: {coverage[f'vae_{name}_mean_coverage']:.3f} +- "
            f"{coverage[f'vae_{name}_std_coverage']:.3f} % of 19,683 at "
            f"{coverage['num_samples']:,} draws "
            f"(limit {results['limits']['coverage_percent']:.3f} %), "
            f"{inference[f'vae_{name}_samples_per_sec'] / 1e6:.2f} M draws/s"
        )
    say(f"written: {output}")


if __name__ == "__main__":
    run_command(benchmark, "run_benchmark.py")
