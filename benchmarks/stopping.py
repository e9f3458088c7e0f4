"""When the stopping rule stops, beside when so little is unseen in truth; and how often wrongly.

    python benchmarks/stopping.py

Prints the table of ``docs/planning.md``; a few minutes on one core.
"""

from __future__ import annotations

import click
import numpy as np
from numpy.typing import NDArray

from fluxttice_core import measure
from fluxttice_core.rng import numpy_generator

BELOW = 0.01
CHUNK = 5_000


def ranks(num: int) -> NDArray[np.float64]:
    """1 .. num."""
    return np.arange(1.0, num + 1.0)


def with_tail(heavy: float, num: int) -> NDArray[np.float64]:
    """One id of a mass, and others that share the rest."""
    return np.append(heavy, np.full(num, (1.0 - heavy) / num))


# Name, weights, runs, and the most draws of each.
LAWS = (
    ("one id", np.ones(1), 200, 2_000),
    ("100 ids, even", np.ones(100), 200, 4_000),
    ("1,000 ids, even", np.ones(1_000), 200, 12_000),
    ("10,000 ids, even", np.ones(10_000), 30, 80_000),
    ("geometric, 0.9", 0.9 ** ranks(300), 200, 8_000),
    ("Zipf 1.5, 1,000 ids", ranks(1_000) ** -1.5, 100, 80_000),
    ("Zipf 1, 1,000 ids", ranks(1_000) ** -1.0, 100, 40_000),
    ("Zipf 1, 100,000 ids", ranks(100_000) ** -1.0, 3, 2_500_000),
    ("0.988, and one id of 0.012", with_tail(0.988, 1), 400, 3_000),
    ("0.988, and 100,000 ids of 0.012 in all", with_tail(0.988, 100_000), 100, 20_000),
    ("0.992, and 100,000 ids of 0.008 in all", with_tail(0.992, 100_000), 50, 80_000),
)


def one_run(
    masses: NDArray[np.float64], most: int, rng: np.random.Generator
) -> tuple[int | None, int | None]:
    """The draw from which on the true mass unseen is small, and that at which the rule stops."""
    ends = np.cumsum(masses)
    draws = np.minimum(np.searchsorted(ends, rng.random(most) * ends[-1]), len(masses) - 1)
    rule = measure.UnseenMassStop(BELOW)
    for start in range(0, most, CHUNK):
        if rule.update(draws[start : start + CHUNK]):
            break
    new = np.zeros(most, dtype=bool)
    new[np.unique(draws, return_index=True)[1]] = True
    small = np.flatnonzero(1.0 - np.cumsum(np.where(new, masses[draws], 0.0)) < BELOW)
    return (int(small[0]) + 1 if len(small) else None), rule.stopped_at


def row(name: str, weights: NDArray[np.float64], runs: int, most: int, stream: int) -> str:
    """One line of the table."""
    rng = numpy_generator(0, "benchmark", stream)
    found = [one_run(weights / weights.sum(), most, rng) for _ in range(runs)]
    stops = [stop for _, stop in found if stop is not None]
    wrong = sum(stop is not None and (true is None or stop < true) for true, stop in found)
    cells = [
        f"{np.mean(values):,.0f}" if values else "never"
        for values in ([true for true, _ in found if true is not None], stops)
    ]
    return f"| {name} | {cells[0]} | {cells[1]} | {wrong} of {runs} |"


@click.command()
def main() -> None:
    """Print the table."""
    click.echo("| law | small from draw | stops at draw | wrong |\n| --- | --- | --- | --- |")
    for stream, (name, weights, runs, most) in enumerate(LAWS):
        click.echo(row(name, weights, runs, most, stream))


if __name__ == "__main__":
    main()
