"""A column of a table, which of them are used, and what their names say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .record import quoted

NUMBERS, LABELS, FRACTIONS, ROWS = "numbers", "labels", "fractions", "rows of numbers"
# No cell of the column holds anything, as where a spreadsheet was wider than its table.
EMPTY = "empty cells"
# Columns that programs write beside ids, for how often each occurred.
_COUNTING = re.compile(
    r"(?i:(.*[ _.-])?(counts?|freqs?|frequency|abundances?|reads|occurrences?|copies|hits|total"
    r"|tally|times|individuals|templates|umis?|size)( ?\(.*\))?|n)|.*[a-z]Count"
)
_NUMBERED = re.compile(r"|Unnamed: ?[0-9.]+|__index_level_[0-9]+__")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table by its name, if it has one, and what its cells are.

    ``kind``: numbers, labels, fractions, or in words what else. ``row_numbers``: it is marked as
    numbering the rows. ``counts_up``: it runs 0, 1, 2, ... or 1, 2, 3, ... in the rows looked at.
    ``example``: a cell, which says more of a column without a name. ``falls``: its numbers never
    rise, as counts that were sorted.
    """

    name: str | None
    kind: str
    row_numbers: bool = False
    counts_up: bool = False
    example: str = ""
    falls: bool = False

    @property
    def title(self) -> str:
        """What a message calls the column."""
        if self.name or not self.example:
            return f"{quoted([self.name]) if self.name else '(no name)'} ({self.kind})"
        return f"({self.kind}, such as {quoted([self.example])})"


@dataclass(frozen=True, slots=True)
class Selection:
    """Places of the columns that are used, from 0. Without ``counts`` each row is a draw.

    ``places`` is empty for a vector of counts, whose ids are its rows.
    """

    places: tuple[int, ...]
    labels: bool
    counts: int | None = None
    left_out: tuple[int, ...] = ()
    groups: int | None = None

    @property
    def used(self) -> tuple[int, ...]:
        """All places that are read: of the ids, then of counts and groups where there are any."""
        return (*self.places, *(p for p in (self.counts, self.groups) if p is not None))


def numbers_rows(name: str | None) -> bool:
    """Whether a column of this name numbers the rows: pandas and R give it none.

    >>> numbers_rows(""), numbers_rows("Unnamed: 0"), numbers_rows("id"), numbers_rows(None)
    (True, True, False, False)
    """
    return name is not None and _NUMBERED.fullmatch(name) is not None


def name_of(columns: Sequence[Column], place: int) -> str:
    """What a column is called in messages and options: its name, or its number from 1."""
    return columns[place].name or str(place + 1)


def looks_like_counts(name: str | None) -> bool:
    """Whether a column of this name says how often each id occurred.

    >>> looks_like_counts("duplicate_count"), looks_like_counts("discount")
    (True, False)
    """
    return _COUNTING.fullmatch(name or "") is not None


def listed(columns: Sequence[Column], most: int = 8) -> str:
    """List columns for a message, each by its number, name and kind."""
    shown = [f"{place} {column.title}" for place, column in enumerate(columns[:most], start=1)]
    more = len(columns) - most
    several = "s" * (len(columns) > 1)
    return f"{len(columns):,} column{several}: {', '.join(shown)}" + (
        f", {more:,} more" * (more > 0)
    )
