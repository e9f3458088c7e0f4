"""Which columns of a table hold the draws: what was told, what the table says, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from ...errors import ArtifactError
from .options import PAIRS, ReadOptions, is_place
from .record import Log, quoted

NUMBERS, LABELS, FRACTIONS, ROWS = "numbers", "labels", "fractions", "rows of numbers"
# No cell of the column holds anything, as where a spreadsheet was wider than its table.
EMPTY = "empty cells"
# Columns that programs write beside ids, for how often each occurred.
_COUNTING = re.compile(
    r"(?i:(.*[ _.-])?(counts?|freqs?|frequency|abundances?|reads|occurrences?|copies|hits|total"
    r"|tally|times|individuals|templates|umis?|size)( ?\(.*\))?|n)|.*[a-z]Count"
)
_IDS = re.compile(
    r"(?i:(.*[ _.-])?(ids?|otus?|asvs?|features?|species|tax(on|a)|names?))|.*[a-z]Id"
)
_NAMES_OF_UNITS = re.compile(
    r"(?i:(.*[ _.-])?(units?|plots?|sites?|samples?|quadrats?|traps?|images?|subjects?|rows?|index"
    r"|runs?|files?|ids?|names?|species|tax(on|a)|otus?|nr|no)([ _.-]?(ids?|names?|no|nr))?)"
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


def select(columns: Sequence[Column], options: ReadOptions, log: Log) -> Selection:
    """Choose the columns of the draws, and note the choice.

    Raises
    ------
    ArtifactError
        A column that is not there, or a table that may be read in several ways: names the
        columns, and the options that settle it.
    """
    left_out = _left_out(columns, options)
    groups = None
    if options.group_column is not None:
        groups = _find(columns, options.group_column, log)
        if len(columns) == 1:
            raise ArtifactError(f"{log.name}: expected a column of draws beside that of the groups")
        left_out = (*left_out, groups)
    if options.histogram or options.incidence == PAIRS:
        chosen = _chosen_pair(columns, left_out, options, log)
    elif options.column or options.counts is not None:
        chosen = _chosen_as_told(columns, left_out, options, log)
    else:
        chosen = _chosen_by_form(columns, left_out, options, log)
    for place in chosen.used:
        _refuse_unfit(columns, place, chosen, options, log)
    if groups is not None:
        _refuse_no_groups(columns, groups, log)
        left = tuple(place for place in chosen.left_out if place != groups)
        chosen = replace(chosen, groups=groups, left_out=left)
        log.set(groups=name_of(columns, groups))
    if len(columns) > 1:
        used = chosen.used if len(chosen.used) + len(chosen.left_out) < len(columns) else ()
        used = tuple(place for place in used if place != groups)
        log.set(
            num_columns=len(columns),
            columns=tuple(name_of(columns, place) for place in used),
            row_names=tuple(
                name_of(columns, p) for p in chosen.left_out if columns[p].kind != EMPTY
            ),
        )
    return chosen


def numbers_rows(name: str | None) -> bool:
    """Whether a column of this name numbers the rows: pandas and R give it none.

    >>> numbers_rows(""), numbers_rows("Unnamed: 0"), numbers_rows("id"), numbers_rows(None)
    (True, True, False, False)
    """
    return name is not None and _NUMBERED.fullmatch(name) is not None


def name_of(columns: Sequence[Column], place: int) -> str:
    """What a column is called in messages and options: its name, or its number from 1."""
    return columns[place].name or str(place + 1)


def _left_out(columns: Sequence[Column], options: ReadOptions) -> tuple[int, ...]:
    """Columns that number the rows, and those without a name and without a cell."""
    empty = tuple(p for p, c in enumerate(columns) if c.kind == EMPTY and not c.name)
    if len(empty) == len(columns):
        empty = ()
    if options.index is not None:
        index = (0,) if options.index and len(columns) > 1 else ()
        return tuple({*index, *empty})
    places = tuple(p for p, c in enumerate(columns) if c.row_numbers and c.kind == NUMBERS)
    places = places if len(places) + len(empty) < len(columns) else ()
    return tuple(sorted((*places, *empty)))


def _find(columns: Sequence[Column], name: str, log: Log) -> int:
    # A heading may stand behind a sign of comments.
    shown = name.removeprefix("#").strip()
    places = [p for p, column in enumerate(columns) if column.name in (name, shown) and name]
    if len(places) > 1:
        numbers = ", ".join(str(place + 1) for place in places)
        raise ArtifactError(f"{log.name}: {len(places)} columns are called {name!r}: say {numbers}")
    if places:
        return places[0]
    if is_place(name) and int(name) <= len(columns):
        return int(name) - 1
    raise ArtifactError(f"{log.name}: no column {name!r}; it has {_listed(columns)}")


def _chosen_as_told(
    columns: Sequence[Column], left_out: tuple[int, ...], options: ReadOptions, log: Log
) -> Selection:
    places = tuple(_find(columns, name, log) for name in options.column)
    counts = None if options.counts is None else _find(columns, options.counts, log)
    if not places:
        rest = [place for place in range(len(columns)) if place != counts]
        ids = [place for place in rest if place not in left_out]
        # In a table of counts a column in front that has no name holds the ids.
        places = tuple(ids or rest)
        if len(places) > 1:
            raise ArtifactError(
                f"{log.name}: which column holds the ids that {options.counts!r} counts? say "
                f"--column; it has {_listed(columns)}"
            )
    kinds = {columns[place].kind for place in places}
    labels = bool(places) and (options.labels or LABELS in kinds)
    if len(places) > 1 and kinds != {NUMBERS} and not options.labels:
        raise ArtifactError(
            f"{log.name}: columns {quoted(options.column)} are not all numbers; --labels reads "
            "rows of labels"
        )
    used = (*places, *([] if counts is None else [counts]))
    if counts is None:
        _note_unused_counts(columns, used, log)
    return Selection(places, labels, counts, tuple(p for p in left_out if p not in used))


def _note_unused_counts(columns: Sequence[Column], used: Sequence[int], log: Log) -> None:
    for place, column in enumerate(columns):
        if place not in used and column.kind == NUMBERS and looks_like_counts(column.name):
            name = name_of(columns, place)
            log.note(f"each row is one draw; column {name!r} looks like counts: --counts {name}")


def looks_like_counts(name: str | None) -> bool:
    """Whether a column of this name says how often each id occurred.

    >>> looks_like_counts("duplicate_count"), looks_like_counts("discount")
    (True, False)
    """
    return _COUNTING.fullmatch(name or "") is not None


def _chosen_pair(
    columns: Sequence[Column], left_out: tuple[int, ...], options: ReadOptions, log: Log
) -> Selection:
    places = tuple(_find(columns, name, log) for name in options.column)
    places = places or tuple(p for p in range(len(columns)) if p not in left_out)
    if len(places) != 2:
        what = "--histogram expects two columns, j and the number of ids drawn j times"
        if options.incidence:
            what = "--incidence pairs expects two columns, of the units and of the ids"
        raise ArtifactError(
            f"{log.name}: {what}; choose by --column, twice, among {_listed(columns)}"
        )
    if options.incidence:
        return Selection(places, True, None, tuple(p for p in left_out if p not in places))
    return Selection(places[:1], False, places[1], tuple(p for p in left_out if p not in places))


def _chosen_by_form(
    columns: Sequence[Column], left_out: tuple[int, ...], options: ReadOptions, log: Log
) -> Selection:
    if options.holds_presence and len(columns) > 1 and options.index is None:
        if columns[0].kind == LABELS:
            left_out = (0,)  # names of the units, or of the ids
        elif not left_out and _NAMES_OF_UNITS.fullmatch(columns[0].name or ""):
            raise ArtifactError(
                f"{log.name}: column {columns[0].name!r} may number the units or the ids: --index "
                "leaves it out, --no-index reads it as presence"
            )
    places = tuple(place for place in range(len(columns)) if place not in left_out)
    if not places:
        raise ArtifactError(f"{log.name}: no column is left for draws; it has {_listed(columns)}")
    counting = [p for p, c in enumerate(columns) if c.kind == NUMBERS and looks_like_counts(c.name)]
    if counting and not (options.incidence or options.labels):
        _refuse_counts(columns, counting[0], places, log)
    if len(places) == 1:
        _refuse_sorted_counts(columns, places[0], left_out, options, log)
        return Selection(
            places, options.labels or columns[places[0]].kind == LABELS, None, left_out
        )
    if options.labels:
        return Selection(places, True, None, left_out)
    if all(columns[place].kind == NUMBERS for place in places):
        first = places[0]
        if options.index is None and columns[first].counts_up:
            others = " ".join(f"--column {name_of(columns, p)}" for p in places[1:3])
            more = " ..." if len(places) > 3 else ""
            raise ArtifactError(
                f"{log.name}: column {name_of(columns, first)!r} counts the rows: {others}{more} "
                "or --index leaves it out, --no-index reads rows with it"
            )
        if options.index is None and not left_out and _IDS.fullmatch(columns[first].name or ""):
            _refuse_ids_in_rows(columns, places, log)
        return Selection(places, False, None, left_out)
    _refuse_mixed(columns, places, log)


def _refuse_sorted_counts(
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


def _refuse_ids_in_rows(columns: Sequence[Column], places: Sequence[int], log: Log) -> NoReturn:
    first, second = (name_of(columns, place) for place in places[:2])
    raise ArtifactError(
        f"{log.name}: expected draws, and column {first!r} looks like ids beside other columns: "
        f"--column {first} reads it, --counts {second} --column {first} a table of counts, "
        f"--no-index rows of all {len(places)}"
    )


def _refuse_counts(
    columns: Sequence[Column], counting: int, places: Sequence[int], log: Log
) -> NoReturn:
    name = name_of(columns, counting)
    others = [place for place in places if place != counting] or [
        place for place in range(len(columns)) if place != counting
    ]
    other = name_of(columns, others[0]) if others else name
    with_ids = f" --column {other}" if len(others) > 1 else ""
    raise ArtifactError(
        f"{log.name}: expected draws, and column {name!r} looks like counts: --counts "
        f"{name}{with_ids} reads it as a table of counts, --column {other} reads draws; it has "
        f"{_listed(columns)}"
    )


def _refuse_mixed(columns: Sequence[Column], places: Sequence[int], log: Log) -> NoReturn:
    counted = next((place for place in places if columns[place].kind == NUMBERS), None)
    counts = "" if counted is None else f", --counts {name_of(columns, counted)} a table of counts"
    raise ArtifactError(
        f"{log.name}: expected one column of draws, or rows of numbers; it has "
        f"{_listed(columns)}: --column NAME reads one, by its name or number{counts}, --labels "
        "rows of labels"
    )


def _refuse_unfit(
    columns: Sequence[Column], place: int, chosen: Selection, options: ReadOptions, log: Log
) -> None:
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


def _refuse_no_groups(columns: Sequence[Column], place: int, log: Log) -> None:
    column = columns[place]
    if column.kind not in (NUMBERS, LABELS):
        raise ArtifactError(
            f"{log.name}: column {name_of(columns, place)!r}: expected names of groups, numbers or "
            f"labels, got {column.kind}"
        )


def _listed(columns: Sequence[Column], most: int = 8) -> str:
    shown = [f"{place} {column.title}" for place, column in enumerate(columns[:most], start=1)]
    more = len(columns) - most
    several = "s" * (len(columns) > 1)
    return f"{len(columns):,} column{several}: {', '.join(shown)}" + (
        f", {more:,} more" * (more > 0)
    )
