"""Tables that may be read in several ways, refused with the options that settle it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from ...errors import ArtifactError
from .column import FRACTIONS, LABELS, NUMBERS, ROWS, Column, Selection, listed, name_of
from .options import ReadOptions
from .record import Log

_IDS = re.compile(
    r"(?i:(.*[ _.-])?(ids?|otus?|asvs?|features?|species|tax(on|a)|names?))|.*[a-z]Id"
)


def refuse_sorted_counts(
    columns: Sequence[Column],
    place: int,
    left_out: tuple[int, ...],
    options: ReadOptions,
    log: Log,
) -> None:
    """Refuse what ``value_counts`` of pandas writes: ids without a heading, and falling counts."""
    ids = [p for p in left_out if columns[p].kind == NUMBERS and not columns[p].counts_up]
    if options.index is None and not options.labels and columns[place].falls and len(ids) == 1:
        name = name_of(columns, place)
        raise ArtifactError(
            f"{log.name}: column {name!r} never rises, as counts that were sorted: --counts {name} "
            f"--column {name_of(columns, ids[0])} reads a table of counts, --column {name} draws"
        )


def names_ids(name: str | None) -> bool:
    """Whether a column of this name names what was drawn, beside columns that say more of it."""
    return _IDS.fullmatch(name or "") is not None


def refuse_ids_in_rows(columns: Sequence[Column], places: Sequence[int], log: Log) -> NoReturn:
    """Refuse rows of which the first number looks like an id, and the others say more of it."""
    first, second = (name_of(columns, place) for place in places[:2])
    raise ArtifactError(
        f"{log.name}: expected draws, and column {first!r} looks like ids beside other columns: "
        f"--column {first} reads it, --counts {second} --column {first} a table of counts, "
        f"--no-index rows of all {len(places)}"
    )


def refuse_counts(
    columns: Sequence[Column], counting: int, places: Sequence[int], log: Log
) -> NoReturn:
    """Refuse a table with a column that looks like counts, which nobody told."""
    name = name_of(columns, counting)
    others = [place for place in places if place != counting] or [
        place for place in range(len(columns)) if place != counting
    ]
    other = name_of(columns, others[0]) if others else name
    with_ids = f" --column {other}" if len(others) > 1 else ""
    raise ArtifactError(
        f"{log.name}: expected draws, and column {name!r} looks like counts: --counts "
        f"{name}{with_ids} reads it as a table of counts, --column {other} reads draws; it has "
        f"{listed(columns)}"
    )


def refuse_mixed(columns: Sequence[Column], places: Sequence[int], log: Log) -> NoReturn:
    """Refuse several columns of which some hold no numbers."""
    counted = next((place for place in places if columns[place].kind == NUMBERS), None)
    counts = "" if counted is None else f", --counts {name_of(columns, counted)} a table of counts"
    raise ArtifactError(
        f"{log.name}: expected one column of draws, or rows of numbers; it has "
        f"{listed(columns)}: --column NAME reads one, by its name or number{counts}, --labels "
        "rows of labels"
    )


def refuse_unfit(
    columns: Sequence[Column], place: int, chosen: Selection, options: ReadOptions, log: Log
) -> None:
    """Refuse a used column that does not hold what it is used for."""
    column = columns[place]
    name = f"column {name_of(columns, place)!r}: " if len(columns) > 1 else ""
    numbers_only = options.histogram or options.holds_presence
    if place == chosen.counts and column.kind != NUMBERS:
        raise ArtifactError(
            f"{log.name}: {name}expected counts, whole numbers, got {column.kind}; relative "
            "abundances do not say how many draws there were"
        )
    if chosen.labels and column.kind in (NUMBERS, LABELS, FRACTIONS) and not numbers_only:
        return
    if column.kind == ROWS and len(chosen.places) == 1:
        return
    if numbers_only and column.kind != NUMBERS:
        what = "a histogram" if options.histogram else "1 for ids that are present and 0 for others"
        raise ArtifactError(f"{log.name}: {name}expected {what}, numbers, got {column.kind}")
    if column.kind == FRACTIONS:
        raise ArtifactError(
            f"{log.name}: {name}expected whole numbers, all written in one way, or labels; got "
            "numbers with a point; --labels counts each as it is written"
        )
    if column.kind not in (NUMBERS, LABELS):
        raise ArtifactError(
            f"{log.name}: {name}expected numbers or labels, got {column.kind}; --column names "
            "another column"
        )


def refuse_no_groups(columns: Sequence[Column], place: int, log: Log) -> None:
    """Refuse a column that cannot name groups."""
    column = columns[place]
    if column.kind not in (NUMBERS, LABELS):
        raise ArtifactError(
            f"{log.name}: column {name_of(columns, place)!r}: expected names of groups, numbers or "
            f"labels, got {column.kind}"
        )
