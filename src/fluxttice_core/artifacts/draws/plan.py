"""What the first lines of a text say: a heading, comments, and which columns hold the draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import bare, columns_of, is_signed, kind_of, width_of
from .column import EMPTY, LABELS, NUMBERS, Column, Selection, numbers_rows
from .columns import select
from .headings import (
    has_heading,
    heading_behind_a_sign,
    refuse_no_row_names,
    refuse_numbered_columns,
    refuse_unsure_label,
)
from .numbers import first_other, spelling_of
from .options import ReadOptions
from .record import SUSPECTS, Log
from .rows import Rows

_FEW_ROWS = 3
_ROWS_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a text are read.

    ``first`` is the place among the first rows behind the heading and the comments in front.
    ``spellings``: of the numbers in each used column, None for labels. ``heading``:
    the cell above labels that was taken for their name. ``is_settled``: there were draws to tell
    numbers from labels by, not invalid ones alone.
    """

    width: int
    selection: Selection
    spellings: tuple[str | None, ...]
    has_comments: bool
    first: int = 0
    heading: str | None = None
    is_settled: bool = True


def plan_of_rows(rows: Rows, options: ReadOptions, log: Log, *, has_comments: bool = False) -> Plan:
    """Say how a text is to be read, from its first rows.

    Parameters
    ----------
    has_comments : lines that begin with ``#`` are comments whatever the draws are.

    Raises
    ------
    ArtifactError
        Several ways are possible; names the options.
    """
    places = [place for place, row in enumerate(rows.cells) if row]
    first = [rows.cells[place][0] for place in places]
    signed = {p for p, cell in zip(places, first, strict=True) if "#" in cell and is_signed(cell)}
    plain = [place for place in places if place not in signed]
    named = heading_behind_a_sign(rows, signed, plain, options)
    if plain and (has_comments or _all_numbers(rows, plain, options)):
        return _plan(rows, plain, options, log, named, has_comments=True)
    begin = _end_of_comments(rows, places, signed, options)
    kept = places[begin:] if named is None else [place for place in places if place > named]
    return _plan(rows, kept, options, log, named, has_comments=False)


def plan_of_block(values: NDArray[np.int64], heading: Sequence[str] | None, log: Log) -> Plan:
    """Say how a text is to be read whose first lines are numbers, under a heading or none.

    Raises
    ------
    ArtifactError
        Several ways are possible; names the options.
    """
    table = values[:, None] if values.ndim == 1 else values
    width = table.shape[1]
    names = _names(heading, width)
    columns = [_column(name, NUMBERS, table[:, p]) for p, name in enumerate(names)]
    if heading is None:
        first, *others = table[:_ROWS_LOOKED_AT].astype(str).tolist()
        refuse_numbered_columns(first, [row[0] for row in others], log)
    selection = select(columns, ReadOptions(), log)
    log.set(heading=None if heading is None else tuple(bare(cell) for cell in heading))
    return Plan(width, selection, ("",) * len(selection.used), has_comments=True)


def _plan(
    rows: Rows,
    places: Sequence[int],
    options: ReadOptions,
    log: Log,
    named: int | None,
    *,
    has_comments: bool,
) -> Plan:
    width = width_of(rows, places)
    body = [rows.cells[place] for place in places]
    if named is None and body and has_heading(body, width, options):
        named, body, places = places[0], body[1:], places[1:]
    heading = None if named is None else rows.cells[named]
    names = _names(heading, width)
    cells = columns_of(body, width)
    if heading is not None:
        refuse_no_row_names(heading, cells, options, log)
    columns, spellings = [], []
    for name, column in zip(names, cells, strict=True):
        kind, spelling, values = kind_of(column, options)
        example = next((cell for cell in column if spelling_of(cell.strip()) is None), "")
        columns.append(_column(name, kind, values, example))
        spellings.append(spelling)
    selection = select(columns, options, log)
    if heading is None and not selection.labels and options.header is None and body:
        refuse_numbered_columns(body[0], cells[0][1:], log)
    if selection.labels:
        _say_what_labels_are(cells[selection.places[0]], heading, options, log)
    log.set(heading=None if heading is None else tuple(bare(cell) for cell in heading))
    used = tuple(
        None
        if place == selection.groups or (selection.labels and place != selection.counts)
        else spellings[place]
        for place in selection.used
    )
    passed = [p for p in range(places[0] if places else len(rows.cells)) if rows.cells[p]]
    first = passed[-1] + 1 if passed else 0
    above = [""] * width if heading is None else [*[""] * (width - len(heading)), *heading]
    word = above[selection.places[0]] if selection.labels else ""
    told = [place for place in selection.used if place != selection.groups]
    # A first cell with the sign is a label or a comment, as the others show.
    shows = [[c for c in cells[p] if p or options.labels or not is_signed(c)] for p in told]
    is_settled = all(any(map(options.may_be_draw, column)) for column in shows)
    return Plan(width, selection, used, has_comments, first, word or None, is_settled)


def _end_of_comments(
    rows: Rows, places: Sequence[int], signed: set[int], options: ReadOptions
) -> int:
    """How many lines in front are comments, where labels may begin with the sign themselves.

    These have a space behind the sign, or another number of cells than the draws.
    """
    if options.labels:
        return 0
    width = width_of(rows, [place for place in places if place not in signed] or places)
    for number, place in enumerate(places):
        cell, *more = rows.cells[place]
        is_comment = cell.lstrip().startswith("# ") or len(more) + 1 != width
        if place not in signed or not is_comment:
            return number
    return len(places)


def _column(name: str | None, kind: str, values: NDArray[np.integer], example: str = "") -> Column:
    counts_up = len(values) >= _FEW_ROWS and int(values[0]) in (0, 1)
    counts_up = counts_up and bool((np.diff(values) == 1).all())
    # As counts that were sorted.
    falls = len(values) >= _FEW_ROWS and int(values[-1]) >= 1 and int(values[0]) > int(values[-1])
    falls = falls and bool((values[1:] <= values[:-1]).all())
    return Column(name, kind, numbers_rows(name), counts_up, example, falls)


def _names(heading: Sequence[str] | None, width: int) -> Sequence[str | None]:
    if heading is None:
        return [None] * width
    # R leaves out the name above its row names altogether.
    return [*[""] * (width - len(heading)), *map(bare, heading)][:width]


def _all_numbers(rows: Rows, places: Sequence[int], options: ReadOptions) -> bool:
    """Whether the chosen columns hold numbers, so that lines that begin with # are comments."""
    width = width_of(rows, places)
    body = [rows.cells[place] for place in places]
    body = body[1:] if has_heading(body, width, options) else body
    return not options.labels and all(
        kind_of(column, options)[0] not in (LABELS, EMPTY) for column in columns_of(body, width)
    )


def _say_what_labels_are(
    cells: Sequence[str], heading: Sequence[str] | None, options: ReadOptions, log: Log
) -> None:
    if not cells:
        return
    present = [*filter(options.may_be_draw, cells)]
    spelling = spelling_of(present[0]) if present and not options.labels else None
    if spelling is not None:
        other = present[first_other(present, spelling)]
        remedy = "" if other in SUSPECTS else f"; --invalid {other[:40]} if it is no draw"
        log.note(
            f"{other[:40]!r} is no whole number of 64 bits in plain digits: all are labels{remedy}"
        )
    elif heading is None and options.header is None:
        refuse_unsure_label(cells, log)
