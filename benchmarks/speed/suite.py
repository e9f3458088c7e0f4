"""Every speed benchmark, one table, and a guard: `make bench`.

    python -m benchmarks.speed.suite             # fails where a ratio fell by more than a fifth
    python -m benchmarks.speed.suite --record    # writes what is measured as what is expected

Only ratios to the reference are kept and compared (``benchmarks/speed/recorded.json``): seconds are
another machine's business. There is one set for each number of threads and each kind of kernels
that NumPy's OpenBLAS may choose, as those for AVX-512 are twice as fast as those for AVX2.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from .harness import RESULTS, ROOT, show

SUBJECTS = ("training", "sampling", "marginal", "counting", "startup")
RECORDED = Path(__file__).with_name("recorded.json")
TOLERANCE = 0.2


@click.command()
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(SUBJECTS), help="Repeatable.")
@click.option("--record", is_flag=True, help="Write the ratios as the ones to keep.")
def main(threads: int, repeats: int, only: tuple[str, ...], record: bool) -> None:
    """Run the speed benchmarks and compare their ratios with the recorded ones."""
    comparisons = []
    for subject in only or SUBJECTS:
        command = [sys.executable, "-m", f"benchmarks.speed.{subject}"]
        subprocess.run(
            [*command, "--threads", str(threads), "--repeats", str(repeats)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = json.loads((RESULTS / f"{subject}.json").read_text())
        comparisons += found["comparisons"]
    show(comparisons)
    measured = {item["name"]: item["ours_over_reference"][1] for item in comparisons}
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    kind = f"{found['environment']['kernels']}, threads: {threads}"
    click.echo(kind)
    expected = recorded.get(kind, {})
    if record:
        recorded[kind] = expected | {name: round(ratio, 2) for name, ratio in measured.items()}
        RECORDED.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
        return
    faults = shortfalls(measured, expected)
    for fault in faults:
        click.echo(fault, err=True)
    raise SystemExit(bool(faults))


def shortfalls(measured: dict[str, float], expected: dict[str, float]) -> list[str]:
    """Say which ratios fell below the recorded ones by more than a fifth, or were never recorded.

    >>> shortfalls({"sample, A": 4.0, "sample, B": 3.0}, {"sample, A": 5.1, "sample, B": 3.5})
    ['sample, A: expected at least 4.08 times the reference (recorded 5.1), got 4.00']
    """
    faults = []
    for name, ratio in measured.items():
        if name not in expected:
            faults.append(
                f"{name}: no ratio is recorded for these kernels and threads; pass --record"
            )
        elif ratio < (1.0 - TOLERANCE) * expected[name]:
            faults.append(
                f"{name}: expected at least {(1.0 - TOLERANCE) * expected[name]:.2f} times the "
                f"reference (recorded {expected[name]}), got {ratio:.2f}"
            )
    return faults


if __name__ == "__main__":
    main()
