"""What the first lines of a text say: a heading, comments, and which columns hold the draws."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from .columns import FRACTIONS, LABELS, NUMBERS, Column, Selection, numbers_rows, select
from .numbers import first_other, is_decimal, spelling_of, whole_numbers
from .options import ReadOptions
from .record import SUSPECTS, Log
from .rows import Rows

# Words that people put above a column of labels. Any other first line is a draw, and said to be.
_HEADINGS = re.compile(
    r"(?:.*[ _.-])?(?:smiles|smi|selfies|inchi|inchikey|mols?|molecules?|compounds?|structure"
    r"|formula|ids?|x|labels?|names?|species|tax(?:on|a)|otus?|asvs?|sequences?|seqs?|peptides?"
    r"|proteins?|cdr3|junction|clones?|clonotypes?|barcodes?|genes?|tokens?|codes?|states?|samples?"
    r"|draws?|texts?|words?|values?|items?|keys?|categor(?:y|ies)|class|cluster|hash|string|generated)"
    r"(?:[ _.-]?(?:ids?|names?|aa|nt|string))?|.*smiles",
    re.IGNORECASE,
)
_HASH = re.compile(r"[a-f]+[0-9][0-9a-f]*", re.IGNORECASE)
_NO_NAMES = SUSPECTS | {"inf", "Inf", "infinity", "Infinity"}
_FEW_ROWS = 3


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
    signed = {p for p, cell in zip(places, first, strict=True) if "#" in cell and _is_signed(cell)}
    plain = [place for place in places if place not in signed]
    named = _heading_behind_a_sign(rows, signed, plain, options)
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
        _refuse_numbered_columns([str(value) for value in table[0]], log)
    selection = select(columns, ReadOptions(), log)
    log.set(heading=None if heading is None else tuple(_bare(cell) for cell in heading))
    return Plan(width, selection, ("",) * len(selection.used), has_comments=True)


def is_heading_above_numbers(cells: Sequence[str]) -> bool:
    """Whether cells above numbers can be names of their columns: no numbers, no missing values.

    >>> [is_heading_above_numbers([text]) for text in ("id", "0x10", "nan", "-", "\u0663")]
    [True, False, False, False, False]
    """
    bare = [_bare(cell) for cell in cells]
    if len(bare) > 1 and not bare[0]:
        # pandas and R leave the first name empty, above the numbers of the rows.
        return all(bare[1:])
    if len(bare) == 1 and _HASH.fullmatch(bare[0]):
        return False
    return all(name[:1].isalpha() or name[:1] == "_" for name in bare) and not _NO_NAMES & {*bare}


def _plan(
    rows: Rows,
    places: Sequence[int],
    options: ReadOptions,
    log: Log,
    named: int | None,
    *,
    has_comments: bool,
) -> Plan:
    width = _width(rows, places)
    body = [rows.cells[place] for place in places]
    if named is None and body and _has_heading(body, width, options):
        named, body, places = places[0], body[1:], places[1:]
    heading = None if named is None else rows.cells[named]
    names = _names(heading, width)
    cells = _cells(body, width)
    columns, spellings = [], []
    for name, column in zip(names, cells, strict=True):
        kind, spelling, values = _kind_of(column, options)
        example = next((cell for cell in column if spelling_of(cell.strip()) is None), "")
        columns.append(_column(name, kind, values, example))
        spellings.append(spelling)
    selection = select(columns, options, log)
    if heading is None and not selection.labels and options.header is None and body:
        _refuse_numbered_columns(body[0], log)
    if selection.labels:
        _say_what_labels_are(cells[selection.places[0]], heading, options, log)
    log.set(heading=None if heading is None else tuple(_bare(cell) for cell in heading))
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
    shows = [[c for c in cells[p] if p or options.labels or not _is_signed(c)] for p in told]
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
    width = _width(rows, [place for place in places if place not in signed] or places)
    for number, place in enumerate(places):
        cell, *more = rows.cells[place]
        is_comment = cell.lstrip().startswith("# ") or len(more) + 1 != width
        if place not in signed or not is_comment:
            return number
    return len(places)


def _width(rows: Rows, places: Sequence[int]) -> int:
    """Cells in most rows; the first may be a heading with one fewer."""
    if not places:
        return 1
    first, *widths = (len(rows.cells[place]) for place in places)
    if len(widths) < 2:
        return widths[0] if widths == [first + 1] else first
    return Counter(widths).most_common(1)[0][0]


def _cells(body: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Columns of the rows that have the right width; others are refused when they are read."""
    if width == 1:
        return [[row[0] for row in body if len(row) == 1]]
    return list(map(list, zip(*(row for row in body if len(row) == width), strict=True))) or [
        [] for _ in range(width)
    ]


def _kind_of(
    cells: Sequence[str], options: ReadOptions
) -> tuple[str, str | None, NDArray[np.integer]]:
    nothing = np.zeros(0, dtype=np.int64)
    first = next(filter(options.may_be_draw, map(_trimmed, cells)), "")
    if not is_decimal(first):
        return LABELS, None, nothing
    present = [*filter(options.may_be_draw, map(_trimmed, cells))]
    spelling = spelling_of(first)
    values = None if spelling is None else whole_numbers(present, spelling)
    if values is not None:
        return NUMBERS, spelling, values
    if all(map(is_decimal, present)) and any("." in cell for cell in present):
        return FRACTIONS, None, nothing
    return LABELS, None, nothing


def _column(name: str | None, kind: str, values: NDArray[np.integer], example: str = "") -> Column:
    counts_up = len(values) >= _FEW_ROWS and int(values[0]) in (0, 1)
    counts_up = counts_up and bool((np.diff(values) == 1).all())
    return Column(name, kind, numbers_rows(name), counts_up, example)


def _names(heading: Sequence[str] | None, width: int) -> Sequence[str | None]:
    if heading is None:
        return [None] * width
    # R leaves out the name above its row names altogether.
    return [*[""] * (width - len(heading)), *map(_bare, heading)][:width]


def _is_signed(cell: str) -> bool:
    return cell.lstrip().startswith("#")


def _trimmed(cell: str) -> str:
    return cell.strip(" \t")


def _bare(cell: str) -> str:
    return cell.strip().removeprefix("#").strip().strip('"')


def _all_numbers(rows: Rows, places: Sequence[int], options: ReadOptions) -> bool:
    """Whether the chosen columns hold numbers, so that lines that begin with # are comments."""
    width = _width(rows, places)
    body = [rows.cells[place] for place in places]
    body = body[1:] if _has_heading(body, width, options) else body
    return not options.labels and all(
        _kind_of(column, options)[0] != LABELS for column in _cells(body, width)
    )


def _heading_behind_a_sign(
    rows: Rows, signed: set[int], plain: Sequence[int], options: ReadOptions
) -> int | None:
    """The place of a line such as ``#id`` in front, if it names the columns."""
    if options.header is not None or not plain:
        return None
    width = _width(rows, plain)
    for place in sorted(signed):
        names = [_bare(cell) for cell in rows.cells[place]]
        wanted = options.named_columns and set(options.named_columns) <= {*names}
        known = all(_HEADINGS.fullmatch(name) for name in names)
        if place < plain[0] and len(names) == width and (wanted or known):
            return place
    return None


def refuse_unsure_heading(plan: Plan, options: ReadOptions, log: Log) -> None:
    """Refuse a heading above labels that only the numbers below it show: later lines may be none.

    Raises
    ------
    ArtifactError
        Says which options settle it.
    """
    word = _bare(plan.heading or "")
    if options.labels and options.header is None and word and not _HEADINGS.fullmatch(word):
        raise ArtifactError(
            f"{log.name}: {word[:40]!r} may be a heading or a draw: --header if it is a heading, "
            "--no-header if it is a draw"
        )


def _has_heading(body: Sequence[Sequence[str]], width: int, options: ReadOptions) -> bool:
    if options.header is not None or options.named_columns:
        return options.header is not False
    first, rest = body[0], body[1:]
    if len(first) == width - 1 > 0:
        return is_heading_above_numbers(first)
    if len(first) != width or any(cell and cell in options.invalid for cell in first):
        return False
    if _is_signed(first[0]) or not is_heading_above_numbers(first):
        return False
    columns = _cells(rest, width)
    if width > 1 and not _bare(first[0]):
        return any(columns[0])
    if rest and any(_kind_of(column, options)[0] != LABELS for column in columns):
        return True
    recurs = any(cell in column for cell, column in zip(first, columns, strict=True))
    return not recurs and any(_HEADINGS.fullmatch(_bare(cell)) for cell in first)


def _refuse_numbered_columns(cells: Sequence[str], log: Log) -> None:
    """Refuse a first row 0, 1, 2, ...: pandas numbers columns so that have no names."""
    if len(cells) >= _FEW_ROWS and list(cells) == [str(place) for place in range(len(cells))]:
        raise ArtifactError(
            f"{log.name}: the first row is 0, 1, .. {len(cells) - 1}, as pandas numbers columns: "
            "--header if it is a heading, --no-header if it is a draw"
        )
    if log.record.container == "CSV" and list(cells) == ["0"]:
        log.note("the first draw is 0: --header if it is pandas' number of the column")


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
    elif heading is None and options.header is None and cells[0] not in cells[1:]:
        log.note(f"the first, {cells[0][:40]!r}, is counted: --header if it names the column")
