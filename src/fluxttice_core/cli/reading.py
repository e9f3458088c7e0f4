"""Options that say how files of draws are read, and what was read, said before what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ..artifacts.draws import Draws, ReadOptions, describe

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
