"""What a reader of draws yields: numbers, rows, labels, or values with counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from .column import Selection
from .numbers import spelling_of
from .options import PAIRS, ROWS_AS_UNITS, ReadOptions
from .record import Log

# Whole numbers (n,) or rows (n, k); labels; rows of labels. Labels are Python's own texts: an array
# of texts gives each the room of the longest, and drops zero characters at their ends.
Values: TypeAlias = NDArray[Any] | list[str] | list[tuple[str, ...]]


class Counted(NamedTuple):
    """Ids, and how often each was drawn; of a histogram, j and the number of ids drawn j times.

    ``counts`` are int64 ``(n,)`` and not negative; an id may come again in a later chunk.
    """

    values: Values
    counts: NDArray[np.int64]


class Grouped(NamedTuple):
    """Draws, and the name or number of each one's group."""

    values: Values
    groups: NDArray[np.int64] | list[str]


Chunk: TypeAlias = Values | Counted | Grouped
BOTH_ENDS = "negative numbers beside some of 2^63 and above"
Column: TypeAlias = NDArray[Any] | Sequence[str]


def form_of(chunk: Chunk, options: ReadOptions) -> str:
    """Name what a chunk holds: ``numbers``, ``rows of 9 numbers``, ``labels``, ...

    >>> form_of(np.zeros((5, 9), dtype=np.int8), ReadOptions())
    'rows of 9 numbers'
    """
    if isinstance(chunk, Grouped):
        chunk = chunk.values
    if isinstance(chunk, Counted):
        return "classes of a histogram" if options.histogram else "counts by id"
    if options.incidence == PAIRS:
        return "pairs of a sampling unit and an id"
    if options.incidence:
        width = np.shape(chunk)[1]
        if options.incidence == ROWS_AS_UNITS:
            return f"sampling units with {width:,} ids"
        return f"ids in {width:,} sampling units"
    if isinstance(chunk, np.ndarray):
        return "numbers" if chunk.ndim == 1 else f"rows of {chunk.shape[1]} numbers"
    row = chunk[0] if chunk else ""
    return "labels" if isinstance(row, str) else f"rows of {len(row)} labels"


def make_chunk(
    columns: Sequence[Column], selection: Selection, options: ReadOptions, log: Log
) -> Chunk:
    """Put the used columns of some rows together as draws, or as ids with counts, and count them.

    Parameters
    ----------
    columns : arrays of numbers, of which one alone may hold rows ``(n, k)``, or texts; one for each
        of ``selection.used``.

    Raises
    ------
    ArtifactError
        Values that are no whole numbers, or counts that are none; names the row.
    """
    num_rows = len(columns[0])
    ids = columns[: len(selection.places)]
    valid = _valid(ids, options.invalid) if options.invalid else None
    if not selection.labels:
        ids = [_whole(column, valid, log) if _is_array(column) else column for column in ids]
    values = _joined(ids, log, labels=selection.labels)
    counts = None
    if selection.counts is not None:
        counts = _as_counts(columns[len(ids)], log)
        values = np.arange(log.rows, log.rows + num_rows) if not ids else values
    groups = None if selection.groups is None else _names_of_groups(columns[-1], log)
    log.rows += num_rows
    num_invalid = 0
    if valid is not None and not valid.all():
        values = _picked(values, valid)
        weights = np.ones(num_rows, dtype=np.int64) if counts is None else counts
        num_invalid = int(weights[~valid].sum())
        counts = None if counts is None else counts[valid]
        groups = None if groups is None else _picked(groups, valid)
    if isinstance(values, np.ndarray):
        _look_at_ends(values, log, are_ids=values.ndim == 1 and not options.histogram)
    log.count(draws=len(values), invalid=num_invalid)
    if options.holds_presence:
        return _as_presence(values, log)
    if isinstance(values, list) and values and isinstance(values[0], str):
        log.look_at_labels(values)
    if counts is not None:
        return Counted(values, counts)
    return values if groups is None else Grouped(values, groups)


def _look_at_ends(values: NDArray[Any], log: Log, *, are_ids: bool) -> None:
    """Note ids that no space has, and refuse numbers of which no type of 64 bits holds all.

    Hashes are ids as good as any; -1 more often stands for no draw at all.
    """
    if not values.size:
        return
    log.any_negative |= int(values.min()) < 0
    log.any_beyond |= int(values.max()) >= 2**63
    if log.any_negative and log.any_beyond:
        raise ArtifactError(f"{log.name}: {BOTH_ENDS}: --labels reads them as texts")
    if are_ids and int(values.min()) < 0:
        log.note("negative numbers count as labels unless --space is given")
        if (values == -1).any():
            log.note("--invalid -1 if -1 is no draw")
    if are_ids and int(values.max()) >= 2**63:
        log.note("numbers of 2^63 and above count as labels unless --space is given")


def is_exact(values: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which floats are whole, and so small that no other whole number is rounded to them.

    >>> is_exact(np.array([3.0, 2.5, np.nan, 2.0**53])).tolist()
    [True, False, False, False]
    """
    most = 2.0 ** (np.finfo(values.dtype).nmant + 1)
    exact: NDArray[np.bool_] = (np.abs(values) < most) & (values == np.rint(values))
    return exact


def row_by_row(rows: Chunk, first: int, options: ReadOptions, log: Log) -> Grouped:
    """Return the values of rows as draws, each row a group, numbered from ``first``.

    Raises
    ------
    ArtifactError
        Draws that are no rows.
    """
    form = form_of(rows, options)
    if not form.startswith("rows"):
        raise ArtifactError(f"{log.name}: --groups rows expects rows, each a group, got {form}")
    width = len(rows[0])
    groups = np.repeat(np.arange(first, first + len(rows)), width)
    flat = [text for row in rows for text in row] if isinstance(rows, list) else None
    values = np.asarray(rows).reshape(-1) if flat is None else flat
    if options.invalid:
        valid = _valid([values], options.invalid)
        log.count(invalid=int((~valid).sum()))
        values, groups = _picked(values, valid), groups[valid]
    if not isinstance(values, np.ndarray):
        return Grouped(values, groups)
    _look_at_ends(values, log, are_ids=True)
    return Grouped(values.astype(np.uint64 if values.dtype == np.uint64 else np.int64), groups)


def is_text(value: str | Sequence[str]) -> bool:
    """Whether a text, or each text of a row, can be written: none holds half a surrogate pair.

    >>> is_text("CCO"), is_text(chr(0xD800))
    (True, False)
    """
    try:
        (value if isinstance(value, str) else "".join(value)).encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_texts(texts: list[Any], log: Log) -> list[Any]:
    """Return labels, or rows of labels, if all are text.

    Raises
    ------
    ArtifactError
        Names the draw that is none.
    """
    if texts and isinstance(texts[0], str) and is_text("\n".join(texts)):
        return texts
    for place, text in enumerate(texts):
        if not is_text(text):
            raise ArtifactError(
                f"{log.name}: draw {log.rows + place:,}: {ascii(text)[:60]} holds half of a "
                "surrogate pair"
            )
    return texts


def _is_array(column: Column) -> TypeGuard[NDArray[Any]]:
    return isinstance(column, np.ndarray)


def _whole(values: NDArray[Any], valid: NDArray[np.bool_] | None, log: Log) -> NDArray[np.integer]:
    """Whole numbers in this machine's byte order; invalid rows may hold anything."""
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    if values.dtype.kind != "f":
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    if valid is not None:
        values = np.where(valid if values.ndim == 1 else valid[:, None], values, 0)
    wrong = ~is_exact(values)
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        raise ArtifactError(
            f"{log.name}: draw {log.rows + place[0]:,}: expected whole numbers that "
            f"{values.dtype.name} can tell apart, got {values[place]} ({int(wrong.sum()):,} of "
            "them); --labels counts each as it is written, --invalid nan those that are missing"
        )
    return values.astype(np.int64)


def _joined(columns: Sequence[Column], log: Log, *, labels: bool) -> Values:
    if labels:
        texts = [_texts_of(column) if _is_array(column) else column for column in columns]
        return list(texts[0]) if len(texts) == 1 else list(zip(*texts, strict=True))
    if not columns:
        return []
    arrays = [np.asarray(column) for column in columns]
    if len(arrays) > 1 and len({array.dtype.kind for array in arrays}) > 1:
        # NumPy's common type of int64 and uint64 is float64, which rounds.
        if any(a.dtype == np.uint64 and a.size and int(a.max()) >= 2**63 for a in arrays):
            raise ArtifactError(f"{log.name}: {BOTH_ENDS}: --labels reads them as texts")
        arrays = [array.astype(np.int64) for array in arrays]
    if len(arrays) > 1:
        return np.column_stack(arrays)
    values = arrays[0]
    if values.ndim > 1:
        return values
    return values.astype(np.uint64 if values.dtype == np.uint64 else np.int64, copy=False)


def _texts_of(values: NDArray[Any]) -> list[str] | list[tuple[str, ...]]:
    if values.ndim == 1:
        return list(map(str, values.tolist()))
    return [tuple(map(str, row)) for row in values.tolist()]


def _valid(columns: Sequence[Column], invalid: Sequence[str]) -> NDArray[np.bool_]:
    """Rows without an invalid value."""
    wrongs = [
        _is_invalid(column, invalid)
        if _is_array(column)
        else np.fromiter(map(frozenset(invalid).__contains__, column), bool, len(column))
        for column in columns
    ]
    return ~np.any([wrong.any(axis=1) if wrong.ndim > 1 else wrong for wrong in wrongs], axis=0)


def _is_invalid(values: NDArray[Any], invalid: Sequence[str]) -> NDArray[np.bool_]:
    wrong = np.zeros(values.shape, dtype=bool)
    for text in invalid:
        if text.lower() == "nan" and values.dtype.kind == "f":
            wrong |= np.isnan(values)
        elif spelling_of(text) == "" and _fits(int(text), values.dtype):
            wrong |= values == int(text)
    return wrong


def _fits(number: int, dtype: np.dtype[Any]) -> bool:
    """Whether a type holds a number: otherwise comparing would round it, or fail."""
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min) <= number <= int(np.iinfo(dtype).max)
    return abs(number) <= 2**53 and dtype.kind == "f"


def _picked(values: Any, valid: NDArray[np.bool_]) -> Any:
    if isinstance(values, np.ndarray):
        return values[valid]
    return [value for value, right in zip(values, valid.tolist(), strict=True) if right]


def _names_of_groups(column: Column, log: Log) -> list[str]:
    """Names as texts: those of whole floats are numbers, as pandas makes them."""
    if not _is_array(column):
        return list(column)
    if column.dtype.kind == "f" and not is_exact(column).all():
        raise ArtifactError(
            f"{log.name}: expected names of groups, labels or whole numbers, got "
            f"{column[~is_exact(column)][0]}"
        )
    return list(map(str, _whole(column, None, log).tolist()))


def _as_counts(column: Column, log: Log) -> NDArray[np.int64]:
    counts = np.asarray(column)
    counts = _whole(counts, None, log)
    wrong = (counts < 0) | (counts > 2**62)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ArtifactError(
            f"{log.name}: row {log.rows + place:,}: expected a count of 0 or more, got "
            f"{counts[place]}"
        )
    return counts.astype(np.int64)


def _as_presence(rows: Values, log: Log) -> NDArray[np.uint8]:
    table = np.asarray(rows)
    table = table[:, None] if table.ndim == 1 else table
    if table.size and not (int(table.min()) >= 0 and int(table.max()) <= 1):
        raise ArtifactError(
            f"{log.name}: expected 1 for an id that is present and 0 for one that is not, got "
            f"{table.min()} .. {table.max()}; numbers above 1 are counts, not presence"
        )
    return table.astype(np.uint8)
