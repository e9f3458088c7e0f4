"""What a training run takes beside other work: a shared machine, or a second job on one's own.

    python benchmarks/shared_machine.py [--compile] [--json benchmarks/shared_machine.json]

Runs ``fluxttice train`` with its defaults in fresh processes and folders, in turns: alone, beside
one process that never rests, and beside it with ``OMP_WAIT_POLICY=PASSIVE`` given by hand. A ratio
is that of the runs of one turn; medians over the turns are what is shown. Exit code 1 when a bound
is broken:

- beside the busy process a run takes at most 2.5 times the wall time that it takes alone,
- and at most 1.3 times the CPU time: threads that spin would burn it;
- nothing is left to gain by hand: at most 1.5 times the CPU time of the run with PASSIVE.

``cores_busy_elsewhere`` is what the machine did for others during the runs alone: with more than a
few tenths of a core of it, "alone" is not alone, and the ratios say less. ``--threads`` and
``--epochs`` are those of ``fluxttice train``; POSIX systems only.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from fluxttice_core.environment import describe_environment

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs/ternary_v5_5.yaml"
BOUNDS = {
    "wall_beside_over_alone": 2.5,
    "cpu_beside_over_alone": 1.3,
    "cpu_as_it_comes_over_passive": 1.5,
}
# What a shell may have set, and a user has not.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Taken:
    """One run: its seconds on the clock, its own of the processors, and cores busy for others."""

    wall_seconds: float
    cpu_seconds: float
    cores_busy_elsewhere: float | None


def train(options: list[str], *, policy: str | None) -> Taken:
    """Run ``fluxttice train`` once, compiling, if it does, with nothing compiled before."""
    kept = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    with tempfile.TemporaryDirectory() as folder:
        environment = kept | {"TORCHINDUCTOR_CACHE_DIR": f"{folder}/cache"}
        if policy is not None:
            environment["OMP_WAIT_POLICY"] = policy
        command = [
            *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
            *("train", str(CONFIG), "--out", f"{folder}/run", "--json", *options),
        ]
        busy, started = busy_seconds(), time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Of the process and of those it waited for, such as a C++ compiler.
        _, status, usage = os.wait4(process.pid, 0)
        wall, cpu = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"fluxttice train left with exit code {process.returncode}")
    after = busy_seconds()
    others = None if busy is None or after is None else max(after - busy - cpu, 0.0) / wall
    return Taken(wall, cpu, others)


def busy_seconds() -> float | None:
    """Seconds that all cores together have worked so far; None where the system does not tell."""
    try:
        with open("/proc/stat", encoding="ascii") as lines:
            _, user, nice, system, _, _, *rest = lines.readline().split()
    except OSError:
        return None
    # Interrupts and, on a virtual machine, what its host took away.
    ticks = [int(item) for item in (user, nice, system, *rest[:3])]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


@contextmanager
def busy_process() -> Iterator[None]:
    """A neighbour that takes all it is given."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def one_turn(options: list[str]) -> dict[str, Taken]:
    """Run alone, beside a busy process, and so with PASSIVE."""
    alone = train(options, policy=None)
    with busy_process():
        beside = train(options, policy=None)
        passive = train(options, policy="PASSIVE")
    return {"alone": alone, "beside": beside, "beside_passive": passive}


def ratios(turn: dict[str, Taken]) -> dict[str, float]:
    """The ratios of one turn that have bounds."""
    alone, beside, passive = turn["alone"], turn["beside"], turn["beside_passive"]
    return {
        "wall_beside_over_alone": beside.wall_seconds / alone.wall_seconds,
        "cpu_beside_over_alone": beside.cpu_seconds / alone.cpu_seconds,
        "cpu_as_it_comes_over_passive": beside.cpu_seconds / passive.cpu_seconds,
    }


def summary(turns: list[dict[str, Taken]]) -> dict[str, Any]:
    """Medians over the turns, and which bounds hold."""
    each = [ratios(turn) for turn in turns]
    medians = {name: statistics.median(one[name] for one in each) for name in BOUNDS}
    return {
        "ratios": {
            name: {
                "median": medians[name],
                "turns": [one[name] for one in each],
                "bound": bound,
                "holds": medians[name] <= bound,
            }
            for name, bound in BOUNDS.items()
        },
        "median_seconds": {
            way: {
                "wall": statistics.median(turn[way].wall_seconds for turn in turns),
                "cpu": statistics.median(turn[way].cpu_seconds for turn in turns),
            }
            for way in turns[0]
        },
        "turns": [{way: asdict(taken) for way, taken in turn.items()} for turn in turns],
    }


def show(record: dict[str, Any]) -> None:
    """Print the table."""
    for way, seconds in record["median_seconds"].items():
        name = way.replace("_", ", ")
        click.echo(f"{name:16} wall {seconds['wall']:6.1f} s   CPU {seconds['cpu']:6.1f} s")
    for name, ratio in record["ratios"].items():
        turns = ", ".join(f"{one:.2f}" for one in ratio["turns"])
        verdict = "holds" if ratio["holds"] else "BROKEN"
        click.echo(
            f"{name.replace('_', ' '):30} {ratio['median']:5.2f}  at most {ratio['bound']}: "
            f"{verdict}  ({turns})"
        )
    elsewhere = [turn["alone"]["cores_busy_elsewhere"] for turn in record["turns"]]
    if None not in elsewhere:
        cores = record["environment"]["num_cores"]
        click.echo(f"busy elsewhere: {statistics.median(elsewhere):.2f} of {cores} cores")


@click.command()
@click.option("--turns", type=click.IntRange(1), default=3, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=4, show_default=True)
@click.option("--threads", type=click.IntRange(1), help="Default: that of fluxttice train.")
@click.option("--compile", "compiled", is_flag=True, help="Runs that compile their step first.")
@click.option("--json", "output", metavar="FILE", help="Write the record there, too.")
def main(turns: int, epochs: int, threads: int | None, compiled: bool, output: str | None) -> None:
    """Measure what a training run takes beside a busy process."""
    options = ["--epochs", str(epochs)]
    options += [] if threads is None else ["--threads", str(threads)]
    options += ["--compile"] if compiled else []
    load = os.getloadavg()
    taken = []
    for number in range(turns):
        taken.append(one_turn(options))
        click.echo(f"turn {number + 1} of {turns} done", err=True)
    record = {
        "schema": "fluxttice_core/shared-machine/v1",
        "command": " ".join(["fluxttice train configs/ternary_v5_5.yaml", *options]),
        "load_average_before": load,
        "environment": describe_environment(),
        **summary(taken),
    }
    if output is not None:
        Path(output).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    show(record)
    if not all(ratio["holds"] for ratio in record["ratios"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
