"""What ``coverage`` does with draws whose target is known, and with masses."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .. import measure
from ..artifacts.draws import ReadOptions, describe_names, expand_names, read_draws
from ..artifacts.masses_file import read_masses, read_target
from ..errors import ConfigError
from ..gates.operations import GATES
from ..measure import DistributionReport, TargetReport
from .console import note
from .progress import progress
from .reading import read_lines


def target_report(
    sources: Sequence[str],
    target: str,
    options: ReadOptions,
    *,
    num_modes: int,
    num_simulations: int,
    seed: int,
) -> tuple[TargetReport, str]:
    """Count draws against the masses in a file, and simulate a perfect sampler of them."""
    masses = read_target(target, as_labels=options.labels)
    by_label = isinstance(masses, dict)
    names = expand_names(sources)
    draws = read_draws(names, options, sys.stdin.buffer if "-" in names else None)
    if options.counts or options.histogram:
        raise ConfigError("--target needs the draws themselves, got their counts")
    with progress("counting", "draw") as on_count, progress("simulating", "run") as on_simulation:
        report = measure.against_target(
            draws,
            masses,
            # Rows of nine trits are gates; of a target of that size they may well be.
            space=GATES if not by_label and len(masses) == GATES.size else None,
            num_modes=num_modes,
            num_simulations=num_simulations,
            seed=seed,
            name=describe_names(names),
            on_chunk=on_count,
            on_simulation=on_simulation,
        )
    if report.interrupted:
        note("interrupted: the report is of the draws read so far")
    return report, read_lines([draws])


def masses_report(sources: Sequence[str], num_draws: Sequence[int]) -> DistributionReport:
    """Report on the masses in a file."""
    names = expand_names(sources) if sources else ()
    if len(names) != 1 or names[0] == "-":
        raise ConfigError(
            f"expected one file of masses, got {', '.join(names) or 'none'}; measure each by itself"
        )
    return measure.distribution(read_masses(names[0]), num_draws=num_draws, name=names[0])
