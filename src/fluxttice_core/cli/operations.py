"""``operations``: look a gate up, or list the names and properties."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
import numpy as np

from ..errors import OperationError
from ..gates.algebra import describe_properties, property_table
from ..gates.names import (
    Gate,
    gate,
    gate_description,
    gate_names,
    named_gates,
)
from ..gates.operations import NUM_OPERATIONS
from ..show.words import table
from .command import command
from .console import json_option, say, say_json

SIGNS = {-1: "-", 0: "0", 1: "+"}


@command(
    context_settings={"ignore_unknown_options": True},
    epilog="\b\nExamples:\n"
    "  fluxttice operations min\n"
    "  fluxttice operations 7153\n"
    '  fluxttice operations "+0-0+0-0+"\n'
    "  fluxttice operations --property commutative --property associative",
)
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--property",
    "properties",
    multiple=True,
    help="List the gates with this property; repeat it to ask for several at once.",
)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Rows shown.")
@json_option
def operations(
    query: tuple[str, ...], properties: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Look a gate up by QUERY and print its 3x3 table, names and properties.

    QUERY is a name (min, lukasiewicz implies), an index (0 .. 19682), nine signs (+0-0+0-0+), nine
    numbers separated by commas, or hep:XYZ. Without one: the names and properties known.
    """
    if query and properties:
        raise OperationError("give either a gate or --property, not both")
    if properties:
        _search(properties, limit, as_json=as_json)
    elif query:
        found = gate(" ".join(query))
        if as_json:
            say_json(_record(found))
        else:
            say(_text(found))
    else:
        _overview(as_json=as_json)


def _record(found: Gate) -> dict[str, Any]:
    return {**asdict(found), "table": found.table, "signs": _signs(found.trits)}


def _signs(trits: tuple[int, ...]) -> str:
    return "".join(SIGNS[trit] for trit in trits)


def _text(found: Gate) -> str:
    grid = [
        " a\\b | -  0  +",
        " ----+---------",
        *(
            f"  {SIGNS[a]}  | " + "  ".join(SIGNS[value] for value in row)
            for a, row in zip((-1, 0, 1), found.table, strict=True)
        ),
    ]
    lines = [f"operation {found.index}   {_signs(found.trits)}   hep:{found.heptavintimal}", ""]
    lines += [*grid, ""]
    if found.names:
        lines.append(f"names       {', '.join(found.names)}")
        lines.append(f"meaning     {gate_description(found.names[0])}")
    lines.append(f"properties  {', '.join(found.properties) or 'none of those known'}")
    return "\n".join(lines)


def _search(properties: tuple[str, ...], limit: int, *, as_json: bool) -> None:
    known = property_table()
    unknown = [name for name in properties if name not in known]
    if unknown:
        raise OperationError(
            f"unknown property {', '.join(unknown)}; expected one of: {', '.join(known)}"
        )
    holds = np.ones(NUM_OPERATIONS, dtype=bool)
    for name in properties:
        holds &= known[name]
    indices = np.flatnonzero(holds)
    if as_json:
        say_json({"properties": list(properties), "indices": indices.tolist()})
        return
    say(f"{len(indices):,} of 19,683 gates are {' and '.join(properties)}")
    named_first = sorted(indices.tolist(), key=lambda index: (not gate_names(index), index))
    rows = [
        (str(index), _signs(gate(index).trits), ", ".join(gate_names(index)))
        for index in named_first[:limit]
    ]
    if rows:
        say()
        say(table(("index", "table", "names"), rows))
    if len(indices) > limit:
        say(f"... {len(indices) - limit:,} more; --limit or --json shows them")


def _overview(*, as_json: bool) -> None:
    counts = {name: int(holds.sum()) for name, holds in property_table().items()}
    if as_json:
        say_json({"names": dict(named_gates()), "property_counts": counts})
        return
    shown: dict[int, tuple[str, ...]] = {}
    for index in named_gates().values():
        shown[index] = gate_names(index)
    say(
        table(
            ("index", "table", "names"),
            [
                (str(index), _signs(gate(index).trits), ", ".join(names))
                for index, names in shown.items()
            ],
        )
    )
    say()
    say(
        table(
            ("property", "gates", "meaning"),
            [(name, f"{counts[name]:,}", text) for name, text in describe_properties().items()],
        )
    )
