"""Which columns of a table hold the draws: what was told, what the table says, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...errors import ArtifactError
from .column import EMPTY, LABELS, NUMBERS, Column, Selection, listed, looks_like_counts, name_of
from .options import PAIRS, ReadOptions, is_place
from .record import Log, quoted
from .unsure_columns import (
    names_ids,
    refuse_counts,
    refuse_ids_in_rows,
    refuse_mixed,
    refuse_no_groups,
    refuse_sorted_counts,
    refuse_unfit,
)

_NAMES_OF_UNITS = re.compile(
    r"(?i:(.*[ _.-])?(units?|plots?|sites?|samples?|quadrats?|traps?|images?|subjects?|rows?|index"
    r"|runs?|files?|ids?|names?|species|tax(on|a)|otus?|nr|no)([ _.-]?(ids?|names?|no|nr))?)"
)


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
        refuse_unfit(columns, place, chosen, options, log)
    if groups is not None:
        refuse_no_groups(columns, groups, log)
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
    raise ArtifactError(f"{log.name}: no column {name!r}; it has {listed(columns)}")


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
                f"--column; it has {listed(columns)}"
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
            f"{log.name}: {what}; choose by --column, twice, among {listed(columns)}"
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
        raise ArtifactError(f"{log.name}: no column is left for draws; it has {listed(columns)}")
    counting = [p for p, c in enumerate(columns) if c.kind == NUMBERS and looks_like_counts(c.name)]
    if counting and not (options.incidence or options.labels):
        refuse_counts(columns, counting[0], places, log)
    if len(places) == 1:
        refuse_sorted_counts(columns, places[0], left_out, options, log)
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
        if options.index is None and not left_out and names_ids(columns[first].name):
            refuse_ids_in_rows(columns, places, log)
        return Selection(places, False, None, left_out)
    refuse_mixed(columns, places, log)
