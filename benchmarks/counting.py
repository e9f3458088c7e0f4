"""Measure ``fluxttice coverage`` on a hundred million draws: seconds and peak memory.

    python benchmarks/counting.py

Draws uniform ids of the 19,683 into a temporary file, counts them in a fresh process, and beside it
reads the file with no counting at all, which is the floor. Writes ``benchmarks/counting.json``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from fluxttice_core.environment import describe_environment

SPACE = 19_683


@click.command()
@click.option("--num-draws", type=click.IntRange(1), default=10**8, show_default=True)
@click.option("--output", default="benchmarks/counting.json", show_default=True)
def main(num_draws: int, output: str) -> None:
    """Measure counting."""
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draws.npy"
        header = {"descr": "<i8", "fortran_order": False, "shape": (num_draws,)}
        with path.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for start in range(0, num_draws, 10**7):
                number = min(10**7, num_draws - start)
                stream.write(generator.integers(0, SPACE, number).tobytes())
        started = time.perf_counter()
        with path.open("rb") as stream:
            while stream.read(2**24):
                pass
        reading = time.perf_counter() - started
        command = [
            *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
            *("coverage", str(path), "--space", str(SPACE), "--json"),
        ]
        started = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
    report = json.loads(done.stdout)
    # ru_maxrss of the children: kilobytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    record = {
        "schema": "fluxttice_core/counting/v1",
        "num_draws": report["num_draws"],
        "observed_richness": report["observed_richness"],
        "seconds": seconds,
        "seconds_to_read_the_file": reading,
        "draws_per_second": num_draws / seconds,
        "peak_process_bytes": peak,
        "environment": describe_environment(),
    }
    Path(output).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    click.echo(f"{num_draws:,} draws in {seconds:.1f} s, peak memory {peak / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
