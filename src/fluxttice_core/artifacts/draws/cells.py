"""Columns of cells: how many there are, and whether they hold numbers or labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .column import EMPTY, FRACTIONS, LABELS, NUMBERS
from .numbers import is_decimal, spelling_of, whole_numbers
from .options import ReadOptions
from .rows import Rows

# What spreadsheets show where a formula has no value: a missing value, and no comment.
_NO_VALUE = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)")


def is_signed(cell: str) -> bool:
    """Whether a cell begins with the sign of comments.

    >>> is_signed("# made by hand"), is_signed("#N/A")
    (True, False)
    """
    text = cell.lstrip()
    return text.startswith("#") and not _NO_VALUE.fullmatch(text.rstrip())


def bare(cell: str) -> str:
    """Return the name in a heading, without the sign and the quotes around it."""
    return cell.strip().removeprefix("#").strip().strip('"')


def width_of(rows: Rows, places: Sequence[int]) -> int:
    """Cells in most rows; the first may be a heading with one fewer."""
    if not places:
        return 1
    first, *widths = (len(rows.cells[place]) for place in places)
    if len(widths) < 2:
        return widths[0] if widths == [first + 1] else first
    return Counter(widths).most_common(1)[0][0]


def columns_of(body: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Columns of the rows that have the right width; others are refused when they are read."""
    if width == 1:
        return [[row[0] for row in body if len(row) == 1]]
    return list(map(list, zip(*(row for row in body if len(row) == width), strict=True))) or [
        [] for _ in range(width)
    ]


def kind_of(
    cells: Sequence[str], options: ReadOptions
) -> tuple[str, str | None, NDArray[np.integer]]:
    """What a column holds, how its numbers are spelled, and the numbers."""
    nothing = np.zeros(0, dtype=np.int64)
    first = next(filter(options.may_be_draw, map(_trimmed, cells)), "")
    if not is_decimal(first):
        is_empty = cells and not first and not any(map(str.strip, cells))
        return EMPTY if is_empty else LABELS, None, nothing
    present = [*filter(options.may_be_draw, map(_trimmed, cells))]
    spelling = spelling_of(first)
    values = None if spelling is None else whole_numbers(present, spelling)
    if values is not None:
        return NUMBERS, spelling, values
    if all(map(is_decimal, present)) and any("." in cell for cell in present):
        return FRACTIONS, None, nothing
    return LABELS, None, nothing


def _trimmed(cell: str) -> str:
    return cell.strip(" \t")
