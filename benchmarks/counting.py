"""Count draws of another generator as a user does: seconds and peak memory of the whole process.

    python benchmarks/counting.py

Writes 10^8 integer draws from fair dice over the 19,683 operations to a temporary ``.npy`` file,
drops it from the page cache (so that it comes from the disk, as far as the system honours that),
runs ``fluxttice coverage FILE.npy --space 19683`` on it in a fresh process, and once more with the
file in memory. Writes ``benchmarks/counting.json``; the bounds are 30 seconds on two cores and 1
GiB.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from fluxttice_core.environment import describe_environment
from fluxttice_core.gates.operations import NUM_OPERATIONS
from fluxttice_core.rng import numpy_generator

ROOT = Path(__file__).parents[1]
CHUNK = 4_000_000
MOST_SECONDS, MOST_GIB = 30.0, 1.0


def write_draws(path: Path, num_draws: int) -> None:
    """Write int64 draws from fair dice, a chunk at a time."""
    generator = numpy_generator(0, "benchmark")
    header = {"descr": "<i8", "fortran_order": False, "shape": (num_draws,)}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for start in range(0, num_draws, CHUNK):
            chunk = generator.integers(0, NUM_OPERATIONS, min(CHUNK, num_draws - start))
            stream.write(chunk.astype("<i8").tobytes())
        stream.flush()
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@click.command()
@click.option("--num-draws", type=click.IntRange(1), default=10**8, show_default=True)
@click.option("--output", default="benchmarks/counting.json", show_default=True)
def main(num_draws: int, output: str) -> None:
    """Measure seconds and peak memory of counting draws in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draws.npy"
        write_draws(path, num_draws)
        command = [
            *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
            *("coverage", str(path), "--space", str(NUM_OPERATIONS), "--json"),
        ]
        timings = []
        for _ in ("from the disk", "from memory"):
            started = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            timings.append(time.perf_counter() - started)
    report = json.loads(done.stdout)
    if report["num_draws"] != num_draws:
        raise click.ClickException(f"{report['num_draws']:,} of {num_draws:,} draws were counted")
    # Kilobytes on Linux. The larger of the two children.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    record = {
        "schema": "fluxttice_core/counting/v1",
        "command": f"python benchmarks/counting.py --num-draws {num_draws}",
        "num_draws": report["num_draws"],
        "observed_richness": report["observed_richness"],
        "ratio": report["ratio"],
        "wall_seconds": round(timings[0], 2),
        "wall_seconds_file_in_memory": round(timings[1], 2),
        "peak_memory_gib": round(peak, 3),
        "within_bounds": max(timings) < MOST_SECONDS and peak < MOST_GIB,
        "environment": describe_environment(),
    }
    (ROOT / output).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    click.echo(
        f"{num_draws:,} draws: {timings[0]:.1f} s, with the file in memory {timings[1]:.1f} s, "
        f"{peak:.2f} GiB"
    )
    if not record["within_bounds"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
