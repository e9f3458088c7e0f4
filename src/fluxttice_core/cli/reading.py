"""Options that say how files of draws are read, and what was read, said before what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
import numpy as np

from ..artifacts.draws import Counted, Draws, ReadOptions, describe
from ..errors import DrawsError
from ..measure import FrequencyCounts

READING = tuple(ReadOptions.__dataclass_fields__.keys() - {"groups", "incidence"})
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("--column",),
        {"multiple": True, "metavar": "NAME", "help": "the column of draws; several make rows."},
    ),
    (
        ("--header/--no-header",),
        {"default": None, "help": "the first line names the columns."},
    ),
    (
        ("--index/--no-index",),
        {"default": None, "help": "the first column numbers the rows."},
    ),
    (("--labels",), {"is_flag": True, "help": "every value is a label: 007 is not 7."}),
    (
        ("--invalid",),
        {
            "multiple": True,
            "metavar": "TEXT",
            "help": "a text that is no draw, such as None.",
        },
    ),
    (
        ("--counts",),
        {"metavar": "NAME", "help": "the column of how often each id came."},
    ),
    (
        ("--histogram",),
        {"is_flag": True, "help": "columns: j, and how many ids came j times."},
    ),
    (("--dtype",), {"metavar": "TYPE", "help": "of raw numbers, such as uint16."}),
    (("--delimiter",), {"metavar": "SIGN", "help": "one sign, or tab, space, ..."}),
    (
        ("--format",),
        {"metavar": "NAME", "help": "where the ending does not say it."},
    ),
)
_TOTAL = re.compile("(grand |sub)?(total|sum|all)s?", re.IGNORECASE)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def reading_options(command: _Command) -> _Command:
    """Add the options of :class:`ReadOptions` to a command, under its ``**reading``."""
    for names, told in reversed(_OPTIONS):
        command = click.option(*names, **{**told, "help": f"Files: {told['help']}"})(command)
    return command


def read_lines(*sources: Sequence[Draws]) -> str:
    """Say what was read of each source, as lines with one empty line behind them."""
    lines = [
        line
        for files in sources
        for line in describe(record for draws in files for record in draws.records)
    ]
    return "".join(f"{line}\n" for line in lines) + "\n" if lines else ""


def with_read(record: dict[str, Any], lines: str) -> dict[str, Any]:
    """Add to a record for machines what was read."""
    return {**record, "read": lines.splitlines()[:-1]} if lines else record


def frequencies_of(draws: Iterable[Any], *, histogram: bool) -> FrequencyCounts:
    """Add up a table of ids and their counts, or a histogram.

    Raises
    ------
    DrawsError
        Not one draw, or a histogram that gives a number of times twice.
    """
    total: dict[Any, int] = {}
    for chunk in draws:
        assert isinstance(chunk, Counted)
        values = chunk.values
        ids = values.tolist() if isinstance(values, np.ndarray) else values
        for value, count in zip(ids, chunk.counts.tolist(), strict=True):
            key = tuple(value) if isinstance(value, list) else value
            if histogram and key in total:
                raise DrawsError(f"expected each number of times once, got {key!r} twice")
            total[key] = total.get(key, 0) + count
    if histogram:
        return FrequencyCounts.of_histogram(total)
    _refuse_total(total)
    return FrequencyCounts.of_counts(np.array(list(total.values()), dtype=np.int64))


def _refuse_total(counts: dict[Any, int]) -> None:
    """Refuse a row that adds the others up: it would be an id that holds half of all draws."""
    named = [key for key in counts if isinstance(key, str) and _TOTAL.fullmatch(key.strip())]
    for key in named if len(counts) > 2 else []:
        if 2 * counts[key] == sum(counts.values()):
            raise DrawsError(
                f"expected ids with their counts, got {key!r} with {counts[key]:,}, the sum of all "
                f"others: --invalid {key!r} leaves it out"
            )
