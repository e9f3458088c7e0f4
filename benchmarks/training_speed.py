"""Measure training as a user runs it: seconds per epoch and peak memory of the whole process.

    python benchmarks/training_speed.py

Runs ``fluxttice train`` on the shipped configuration in a fresh process and folder, leaves out the
first epoch (it warms up), and writes ``benchmarks/training_speed.json``. The epoch includes its
evaluation, its coverage count and the files it writes.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from fluxttice_core.artifacts.history import read_metrics
from fluxttice_core.environment import describe_environment

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs/ternary_v5_5.yaml"


@click.command()
@click.option("--epochs", type=click.IntRange(2), default=11, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--output", default="benchmarks/training_speed.json", show_default=True)
def main(epochs: int, threads: int, output: str) -> None:
    """Measure seconds per epoch and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
            *("train", str(CONFIG), "--out", folder, "--json"),
            *("--epochs", str(epochs), "--threads", str(threads)),
        ]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        metrics = read_metrics(Path(folder) / "metrics.jsonl")[1:]
    seconds = [record["seconds"] for record in metrics]
    training = [record["train_seconds"] for record in metrics]
    # ru_maxrss of the children: kilobytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    record = {
        "schema": "fluxttice_core/training-speed/v1",
        "epochs_measured": len(seconds),
        "threads": threads,
        "seconds_per_epoch": {
            "median": statistics.median(seconds),
            "min": min(seconds),
            "max": max(seconds),
        },
        "of_which_training_median_seconds": statistics.median(training),
        "of_which_evaluation_median_seconds": statistics.median(seconds)
        - statistics.median(training),
        "process_seconds": wall,
        "peak_process_bytes": peak,
        "environment": describe_environment(),
    }
    Path(output).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    median = record["seconds_per_epoch"]["median"]  # type: ignore[index]
    click.echo(f"{median:.2f} s per epoch (median), peak memory {peak / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
