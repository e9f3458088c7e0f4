"""What ``coverage`` does with presence by sampling unit."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np

from .. import measure
from ..artifacts.draws import (
    Counted,
    Draws,
    ReadOptions,
    describe_names,
    expand_names,
    frequencies_of,
    quoted,
    read_draws,
)
from ..errors import ArtifactError, ConfigError
from ..measure import FrequencyCounts, IncidenceCounts, IncidenceReport
from .reading import read_lines


def incidence_report(
    sources: Sequence[str], options: ReadOptions, num_units: int | None
) -> tuple[IncidenceReport, str]:
    """Report on the sampling units in files.

    Parameters
    ----------
    num_units : of all units, where the files hold counts of units, or pairs, which say nothing of
        units in which nothing was found.

    Returns
    -------
    The report, and lines that say what was read.
    """
    names = expand_names(sources)
    draws = read_draws(names, options, sys.stdin.buffer if "-" in names else None)
    if options.incidence == "pairs":
        counted = _of_pairs(draws, num_units)
    elif options.incidence is not None:
        if num_units is not None:
            raise ConfigError(f"--units: of --incidence {options.incidence} the units are counted")
        counted = _of_presence(draws, in_rows=options.incidence == "rows")
    else:
        counted = _of_counts(draws, num_units)
    return measure.incidence(counted, name=describe_names(names)), read_lines([draws])


def _of_pairs(draws: Draws, num_units: int | None) -> IncidenceCounts:
    # A pair that comes twice says no more than once.
    pairs = {pair for chunk in draws for pair in chunk if isinstance(pair, tuple)}
    found = len({pair[0] for pair in pairs})
    if num_units is not None and num_units < found:
        raise ConfigError(f"--units: expected at least {found:,}, the units found, got {num_units}")
    counts = np.array(list(Counter(pair[1] for pair in pairs).values()), dtype=np.int64)
    return _with_units(FrequencyCounts.of_counts(counts), found if num_units is None else num_units)


def _of_presence(draws: Draws, *, in_rows: bool) -> IncidenceCounts:
    if not in_rows and len(draws.names) > 1:
        raise ConfigError("--incidence columns: expected one file of all units, got several")
    num_rows, width = 0, 0
    in_columns = np.zeros(0, dtype=np.int64)
    of_rows = [in_columns]
    for chunk in draws:
        table = np.asarray(chunk)
        of_rows.append(table.sum(axis=1, dtype=np.int64))
        found = table.sum(axis=0, dtype=np.int64)
        in_columns = in_columns + found if num_rows else found
        num_rows, width = num_rows + len(table), table.shape[1]
    _check_headings(draws)
    counts = in_columns if in_rows else np.concatenate(of_rows)
    return _with_units(FrequencyCounts.of_counts(counts), num_rows if in_rows else width)


def _of_counts(draws: Draws, num_units: int | None) -> IncidenceCounts:
    options = draws.options
    if num_units is None or not (options.counts or options.histogram):
        raise ConfigError(
            "--units: expected --counts or --histogram beside it, numbers of units in which ids "
            "were found, or --incidence pairs"
        )
    chunks = [chunk for chunk in draws if isinstance(chunk, Counted)]
    is_vector = options.counts is not None and all(r.num_columns is None for r in draws.records)
    if is_vector and chunks and int(chunks[0].counts[0]) == num_units:
        raise ConfigError(
            f"the first count is {num_units:,}, the number of units, as iNEXT writes it in front: "
            "leave it out; if an id was found in all units, put another count first"
        )
    return _with_units(frequencies_of(chunks, histogram=options.histogram), num_units)


def _check_headings(draws: Draws) -> None:
    """Columns of several files must be the same, and none may be named twice."""
    headings = [record.heading for record in draws.records]
    for heading, record in zip(headings, draws.records, strict=True):
        twice = [name for name, number in Counter(heading or ()).items() if number > 1]
        if twice:
            raise ArtifactError(f"{record.name}: several columns are called {quoted(twice)}")
        if heading != headings[0]:
            raise ArtifactError(
                f"{record.name}: expected the columns of {draws.records[0].name}, got others; put "
                "the ids into one order in all files"
            )


def _with_units(frequencies: FrequencyCounts, num_units: int) -> IncidenceCounts:
    return IncidenceCounts(num_units, frequencies.times, frequencies.num_ids)
