"""Timing and recording for every speed benchmark: three ways of one job, in the same run.

*Ours*, the *reference* (``benchmarks/reference``) and the machine's *ceiling* take turns, each on
the same number of threads, so that a loaded or slow machine is so for all three. A ratio is that
of one turn; its minimum, median and maximum over the turns are what is shown.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fluxttice_core.environment import describe_build, describe_environment

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results/speed"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Job = Callable[[], object]
Ceiling = Job | tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One job done three ways, ``seconds`` per turn of each.

    ``amount``: how much work a turn is, in ``unit``.
    """

    name: str
    amount: float
    unit: str
    seconds: dict[str, list[float]]

    def ratios(self, other: str) -> tuple[float, float, float] | None:
        """How many times as fast as ``other`` ours is: minimum, median, maximum of the turns."""
        if other not in self.seconds:
            return None
        pairs = zip(self.seconds["ours"], self.seconds[other], strict=True)
        turns = sorted(theirs / ours for ours, theirs in pairs)
        return turns[0], statistics.median(turns), turns[-1]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median_per_second": {
                way: self.amount / statistics.median(turns) for way, turns in self.seconds.items()
            },
            "ours_over_reference": self.ratios("reference"),
            "ours_over_ceiling": self.ratios("ceiling"),
            "seconds": self.seconds,
        }


def compare(
    name: str,
    amount: float,
    unit: str,
    *,
    ours: Job,
    reference: Job | None = None,
    ceiling: Ceiling | None = None,
    repeats: int = 5,
    parts: dict[str, float] | None = None,
) -> Comparison:
    """Time the three ways in turns, after one turn of each that is not counted.

    ``ceiling``: of several jobs the fastest counts, turn by turn.
    ``parts``: for a way that does a part of the work only, the number of such parts in the whole.
    """
    jobs = {"ours": ours, "reference": reference, "ceiling": ceiling}
    chosen = {
        way: job if isinstance(job, tuple) else (job,)
        for way, job in jobs.items()
        if job is not None
    }
    seconds: dict[str, list[float]] = {way: [] for way in chosen}
    for turn in range(repeats + 1):
        for way, alternatives in chosen.items():
            taken = min(_seconds(job) for job in alternatives)
            if turn:
                seconds[way].append(taken * (parts or {}).get(way, 1.0))
    return Comparison(name, amount, unit, seconds)


def _seconds(job: Job) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def kernels() -> str:
    """The products that NumPy's OpenBLAS chose: they decide what a processor can do."""
    return describe_build()["blas"].rpartition(", ")[2]


def show(records: list[dict[str, Any]]) -> None:
    """Print the table."""
    click.echo(
        f"{'job':34} {'ours':>12} {'reference':>12} {'ceiling':>12}  "
        f"{'ours/reference (min-max)':>24}  {'ours/ceiling (min-max)':>22}"
    )
    for record in records:
        rates = record["median_per_second"]
        cells = [_rate(rates.get(way)) for way in ("ours", "reference", "ceiling")]
        click.echo(
            f"{record['name']:34} {cells[0]:>12} {cells[1]:>12} {cells[2]:>12}  "
            f"{_spread(record['ours_over_reference']):>24}  "
            f"{_spread(record['ours_over_ceiling']):>22}  {record['unit']}/s"
        )


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _spread(ratios: list[float] | None) -> str:
    if ratios is None:
        return "-"
    low, middle, high = ratios
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def command(subject: str, measure: Callable[[int, int], list[Comparison]]) -> click.Command:
    """Make the script of one subject: ``measure(threads, repeats)``, a table and a JSON record."""

    @click.command()
    @click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
    @click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
    def main(threads: int, repeats: int) -> None:
        _hold_threads(threads)
        records = [comparison.as_dict() for comparison in measure(threads, repeats)]
        RESULTS.mkdir(parents=True, exist_ok=True)
        record = {
            "schema": "fluxttice_core/speed/v1",
            "subject": subject,
            "threads": threads,
            "repeats": repeats,
            "load_average": os.getloadavg(),
            "environment": describe_environment() | {"kernels": kernels()},
            "comparisons": records,
        }
        path = RESULTS / f"{subject}.json"
        path.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
        show(records)

    main.__doc__ = f"Measure {subject}: ours, a textbook's way, and the machine's ceiling."
    main.help = main.__doc__
    return main


def _hold_threads(threads: int) -> None:
    """Start again with the thread counts that libraries read when they load."""
    wanted = {name: str(threads) for name in THREAD_VARIABLES}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        module = sys.modules["__main__"].__spec__
        assert module is not None
        os.execve(
            sys.executable,
            [sys.executable, "-m", module.name, *sys.argv[1:]],
            {**os.environ, **wanted},
        )
