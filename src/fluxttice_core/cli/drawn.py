"""What ``coverage`` does with draws: files or a pipe of them, their groups, and their counts."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from .. import measure
from ..artifacts.draws import (
    Draws,
    Grouped,
    ReadOptions,
    describe_names,
    expand_names,
    frequencies_of,
    read_draws,
)
from ..errors import ConfigError
from ..gates.operations import GATES
from ..measure import DrawsReport
from .console import note
from .progress import progress
from .reading import read_lines


def draws_report(
    sources: Sequence[str],
    reference: str | None,
    options: ReadOptions,
    *,
    space: int | None,
    num_draws: Sequence[int],
) -> tuple[DrawsReport, str]:
    """Count the draws in files, in their groups if these were told, and compare a reference.

    Returns
    -------
    The report, and lines that say what was read.
    """
    names = expand_names(sources)
    others = () if reference is None else expand_names([reference])
    if "-" in names and "-" in others:
        raise ConfigError("standard input cannot hold both the draws and their reference")
    stdin = sys.stdin.buffer if "-" in (*names, *others) else None
    draws = read_draws(names, options, stdin)
    if options.counts or options.histogram:
        if others:
            raise ConfigError("--reference needs the draws themselves, got their counts")
        return _of_counts(draws, space, num_draws)
    compared = read_draws(others, options.without_groups(), stdin) if others else None
    chunks, groups = _apart(draws) if options.groups is not None else (draws, None)
    with progress("counting", "draw") as on_count:
        report = measure.draws(
            chunks,
            groups=groups,
            name=describe_names(names),
            space=space,
            reference=None if compared is None else _draws_of(compared),
            num_draws=num_draws,
            known_spaces=(GATES,),
            on_chunk=on_count,
        )
    draws.refuse_one_row()
    if report.interrupted:
        note("interrupted: the report is of the draws read so far")
    return report, read_lines([draws], [compared] if compared else [])


def _of_counts(
    draws: Draws, space: int | None, num_draws: Sequence[int]
) -> tuple[DrawsReport, str]:
    frequencies = frequencies_of(draws, histogram=draws.options.histogram)
    name = describe_names(draws.names)
    report = measure.counts(frequencies, space=space, num_draws=num_draws, name=name)
    return report, read_lines([draws])


def _apart(draws: Draws) -> tuple[Iterator[Any], Iterator[Any]]:
    """The draws and their groups, read in step, so that no more than a chunk is held."""
    chunks, others = itertools.tee(chunk for chunk in draws if isinstance(chunk, Grouped))
    return (chunk.values for chunk in chunks), (chunk.groups for chunk in others)


def _draws_of(draws: Draws) -> Iterator[Any]:
    return (chunk.values if isinstance(chunk, Grouped) else chunk for chunk in draws)
