"""How files of draws are to be read where their names and form do not say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ...errors import DrawsError
from .formats import FORMATS
from .numbers import spelling_of

# Words for --incidence, and for --groups; a column of such a name is told by its number.
INCIDENCE = ROWS_AS_UNITS, COLUMNS_AS_UNITS, PAIRS = "rows", "columns", "pairs"
ROWS_AS_GROUPS, FILES_AS_GROUPS = "rows", "files"
_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";"}


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader of draws is told. Without any, names and files speak for themselves.

    An option of the command line is the field of the same name: ``--column smiles``,
    ``--no-header``, ``--invalid None``. A column is named by its heading, or by its number from 1.

    Parameters
    ----------
    column : the column of draws; several make rows. In JSON a key, in ``.npz`` an array.
    header : whether the first line names the columns; None lets the file's form say it.
    labels : every value is a label and means no more than its own text: ``007`` is not ``7``.
    invalid : texts of draws that are none, such as ``None`` for a molecule that could not be
        built: counted as invalid. An empty text stands for empty cells and blank lines.
    counts : the column that says how often each id was drawn, in a table of counts.
    histogram : two columns of whole numbers, j and the number of ids drawn j times.
    incidence : presence of ids in sampling units. ``rows``: each row is a unit, each column an id
        that is present in it (1) or not (0); ``columns``: each column is a unit; ``pairs``: each
        row names a unit and an id that was found in it.
    groups : where draws depend on each other within groups: the column that names each draw's
        group; ``rows``, where each row is a group, or each first index of an array ``(images, h,
        w)``, and each number in it a draw; or ``files``, where each file is one.
    dtype : of raw numbers, such as ``uint16``.
    delimiter : of columns: one sign, or tab, space, comma, semicolon.
    index : whether the first column numbers the rows, and holds no draws.
    format : of the file, where its ending does not say it: csv, tsv, txt, jsonl, npy, ...

    Raises
    ------
    DrawsError
        Values that are none of an option's, or options that contradict each other: all at once.

    Examples
    --------
    >>> ReadOptions(column="smiles", invalid="None").invalid
    ('None',)
    """

    column: Sequence[str] = ()
    header: bool | None = None
    labels: bool = False
    invalid: Sequence[str] = ()
    counts: str | None = None
    histogram: bool = False
    incidence: str | None = None
    groups: str | None = None
    dtype: str | None = None
    delimiter: str | None = None
    index: bool | None = None
    format: str | None = None

    def __post_init__(self) -> None:
        for name in ("column", "invalid"):
            object.__setattr__(self, name, _texts(getattr(self, name)))
        if isinstance(self.delimiter, str):
            sign = _DELIMITERS.get(self.delimiter, self.delimiter)
            object.__setattr__(self, "delimiter", sign)
        faults = [*_wrong_values(self), *_contradictions(self)]
        if faults:
            raise DrawsError("; ".join(faults))

    @property
    def named_columns(self) -> tuple[str, ...]:
        """Columns that are named by a heading, not by a number."""
        told = (*self.column, self.counts, self.group_column)
        return tuple(name for name in told if name is not None and not is_place(name))

    @property
    def group_column(self) -> str | None:
        """The column that names each draw's group, if one does."""
        return None if self.groups in (ROWS_AS_GROUPS, FILES_AS_GROUPS) else self.groups

    def without_groups(self) -> ReadOptions:
        """The same for files whose groups do not matter; rows of groups are draws there too."""
        return self if self.groups == ROWS_AS_GROUPS else replace(self, groups=None)

    @property
    def holds_presence(self) -> bool:
        """Whether the table holds presence (1) and absence (0)."""
        return self.incidence is not None and self.incidence != PAIRS

    @property
    def wants_table(self) -> bool:
        """Whether something was said that only a table can have."""
        told = self.column or self.counts or self.histogram or self.incidence or self.group_column
        return bool(told) or self.index is not None

    def may_be_draw(self, cell: str) -> bool:
        """Whether a cell is neither empty nor called invalid."""
        text = cell.strip()
        return bool(text) and text not in self.invalid

    def given(self) -> tuple[str, ...]:
        """Names of the options that were set."""
        return tuple(
            field.name for field in fields(self) if getattr(self, field.name) != field.default
        )

    def refuse_for(self, key: str, source: str) -> None:
        """Refuse options that have no meaning in a format.

        Raises
        ------
        DrawsError
            Names all of them.
        """
        form = FORMATS[key]
        any_format = {"format"} | ({"groups"} if self.groups == FILES_AS_GROUPS else set())
        wrong = [name for name in self.given() if name not in form.options | any_format]
        if wrong:
            names = ", ".join(f"--{name}" for name in wrong)
            raise DrawsError(f"{source}: {names} has no meaning for {form.title}")


def is_place(name: object) -> bool:
    """Whether a column is named by its number, counted from 1."""
    return isinstance(name, str) and re.fullmatch("[1-9][0-9]{0,8}", name) is not None


def _is_number(text: object) -> bool:
    return isinstance(text, str) and spelling_of(text) == ""


def _texts(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        return (value,)
    try:
        return tuple(value)
    except TypeError:
        return (value,)


def _wrong_values(options: ReadOptions) -> list[str]:
    def fault(name: str, expected: str) -> str:
        return f"--{name}: expected {expected}, got {getattr(options, name)!r}"

    faults = []
    for name in ("column", "invalid"):
        if not all(isinstance(text, str) for text in getattr(options, name)):
            faults.append(fault(name, "texts, a column's number too"))
    if "" in options.column or any(options.column.count(name) > 1 for name in options.column):
        faults.append(fault("column", "each column once"))
    for name in ("counts", "groups"):
        value = getattr(options, name)
        if not isinstance(value, str | None) or value == "":
            faults.append(fault(name, "the name or number of a column as text"))
    faults += [
        fault(name, "True or False")
        for name in ("labels", "histogram")
        if not isinstance(getattr(options, name), bool)
    ]
    faults += [
        fault(name, "True, False or None")
        for name in ("header", "index")
        if not isinstance(getattr(options, name), bool | None)
    ]
    if options.incidence not in (None, *INCIDENCE):
        faults.append(fault("incidence", f"what sampling units are: {', '.join(INCIDENCE)}"))
    if options.dtype is not None and not _is_whole_dtype(options.dtype):
        faults.append(fault("dtype", "a type of whole numbers such as uint16"))
    sign = options.delimiter
    if sign is not None and not _is_delimiter(sign):
        faults.append(fault("delimiter", "one sign, or tab, space, comma, semicolon"))
    if options.format is not None and options.format not in tuple(FORMATS):
        faults.append(fault("format", f"one of {', '.join(FORMATS)}"))
    return faults


def _is_delimiter(sign: Any) -> bool:
    return (
        isinstance(sign, str) and len(sign) == 1 and not sign.isalnum() and sign not in '"\r\n#+-.'
    )


def _contradictions(options: ReadOptions) -> list[str]:
    faults = []
    forms = [name for name in ("counts", "histogram", "incidence") if getattr(options, name)]
    if len(forms) > 1:
        faults.append(f"{' and '.join(f'--{name}' for name in forms)}: choose one")
    if options.labels and (options.histogram or options.holds_presence):
        faults.append("--labels: a histogram and presence by unit hold numbers")
    if options.invalid and options.holds_presence:
        faults.append("--invalid: presence by unit is 0 or 1, and nothing else")
    if options.incidence == PAIRS and len(options.column) not in (0, 2):
        faults.append("--incidence pairs: expected --column twice, of the units and of the ids")
    if options.header is False and options.named_columns:
        faults.append(
            f"--no-header: then columns have numbers, not names such as "
            f"{options.named_columns[0]!r}"
        )
    if options.groups is not None and forms:
        faults.append(f"--groups: needs the draws themselves, not --{forms[0]}")
    if options.groups is not None and options.groups in options.column:
        faults.append(f"--groups: {options.groups!r} cannot hold both draws and their groups")
    if options.groups == ROWS_AS_GROUPS and not all(map(_is_number, options.invalid)):
        faults.append("--groups rows: then --invalid takes whole numbers, such as -1")
    if options.counts is not None and options.counts in options.column:
        faults.append(f"--counts: {options.counts!r} cannot hold both ids and counts")
    return faults


def _is_whole_dtype(name: Any) -> bool:
    try:
        return np.dtype(name).kind in "iu" and isinstance(name, str)
    except (TypeError, ValueError, SyntaxError):
        return False
