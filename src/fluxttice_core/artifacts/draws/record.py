"""What was read of a file of draws, as a record and in words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

# Written by programs where they have no value; nothing that a generator is likely to mean.
_MISSING = ("None", "none", "nan", "NaN", "NAN", "null", "NULL", "NA", "N/A", "n/a", "<NA>", "")
_NO_VALUE = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
_FAILED = ("invalid", "Invalid", "INVALID", "undefined", "error", "Error", "ERROR")
SUSPECTS = frozenset(_MISSING + _NO_VALUE + _FAILED)
_OUTER_SPACE = re.compile(r"(^|\n)[^\S\n]|[^\S\n](\n|$)")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was read of one file or of standard input; counts are final when it has been read.

    Parameters
    ----------
    name : of the file.
    container : its format, such as ``CSV``.
    compression, encoding : if it was compressed, and if it is not plain UTF-8.
    form : what its draws are: ``numbers``, ``labels``, ``rows of 9 numbers``, ``counts by id``, ...
    columns : names or numbers of the columns that were used, where there were several.
    num_columns : columns of the table, if it is one.
    heading : the line of column names that was passed over.
    row_names : the columns that number or name the rows and were left out.
    groups : the column that names each draw's group.
    num_draws : draws; ids with their counts, classes of a histogram, or sampling units.
    num_comments, num_blank : lines passed over.
    num_invalid : draws that ``invalid`` names.
    num_signed : labels that begin with ``#``, counted as draws.
    suspects : labels that look like a missing value, counted as draws.
    notes : what a reader of the report should look at.
    """

    name: str
    container: str
    compression: str | None = None
    encoding: str | None = None
    form: str | None = None
    columns: tuple[str, ...] = ()
    num_columns: int | None = None
    heading: tuple[str, ...] | None = None
    row_names: tuple[str, ...] = ()
    groups: str | None = None
    num_draws: int = 0
    num_comments: int = 0
    num_blank: int = 0
    num_invalid: int = 0
    num_signed: int = 0
    suspects: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


class Log:
    """Keeps the record of a file while it is read."""

    def __init__(self, record: FileRecord) -> None:
        self.record = record
        # Rows read so far, the invalid ones too.
        self.rows = 0
        self.any_negative = self.any_beyond = False
        self._suspects: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The file's name, with which each error begins."""
        return self.record.name

    def set(self, **facts: Any) -> None:
        """State facts about the file."""
        self.record = replace(self.record, **facts)

    def count(self, **numbers: int) -> None:
        """Add to counts, such as ``draws=5, blank=1``."""
        sums = {
            f"num_{name}": getattr(self.record, f"num_{name}") + number
            for name, number in numbers.items()
            if number
        }
        if sums:
            self.record = replace(self.record, **sums)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.record.notes:
            self.record = replace(self.record, notes=(*self.record.notes, text))

    def look_at_labels(self, labels: Sequence[str]) -> None:
        """Count labels that look like missing values, and note what may tell equal ones apart."""
        if any(map(SUSPECTS.__contains__, labels)):
            self._suspects.update(filter(SUSPECTS.__contains__, labels))
            self.record = replace(self.record, suspects=tuple(self._suspects.most_common()))
        text = "\n".join(labels)
        if _OUTER_SPACE.search(text):
            self.note("some labels begin or end with white space, which tells them apart")
        if not (text.isascii() or unicodedata.is_normalized("NFC", text)):
            self.note("some labels are not in composed form (NFC), which tells them apart")


def describe(records: Iterable[FileRecord]) -> list[str]:
    """Say what was read, a line for each file, or for all files that were read alike.

    Examples
    --------
    >>> describe([FileRecord("a.csv", "CSV", form="labels", num_draws=420, num_blank=3)])
    ['read a.csv: CSV, 420 labels; 3 blank lines passed over']
    """
    alike: dict[tuple[object, ...], list[FileRecord]] = {}
    for record in records:
        alike.setdefault(_way_of_reading(record), []).append(record)
    return [line for group in alike.values() for line in _lines(group)]


def quoted(names: Sequence[str], most: int = 5) -> str:
    """List names in quotes, and say how many more there are.

    >>> quoted(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(shortened(name)) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _way_of_reading(record: FileRecord) -> tuple[object, ...]:
    return (
        record.container,
        record.compression,
        record.encoding,
        record.form,
        record.columns,
        record.num_columns,
        record.heading,
        record.row_names,
        record.groups,
    )


def _lines(group: Sequence[FileRecord]) -> list[str]:
    first = group[0]
    name = first.name
    if len(group) > 1:
        name = f"{name} .. {group[-1].name} ({len(group)} files)"
    facts = [first.container]
    facts += [f"in {first.compression}"] if first.compression else []
    facts += [first.encoding] if first.encoding else []
    if first.columns:
        several = "s" if len(first.columns) > 1 else ""
        facts.append(f"column{several} {quoted(first.columns)} of {first.num_columns:,}")
    facts.append(_amount(sum(record.num_draws for record in group), first.form))
    facts += [f"heading {quoted(first.heading)}"] if first.heading else []
    facts += [f"groups in column {quoted([first.groups])}"] if first.groups else []
    if first.row_names:
        facts.append(f"row names in column {quoted(first.row_names)} left out")
    line = f"read {name}: {', '.join(facts)}"
    asides = [*_passed_over(group), *_suspicions(group)]
    asides += dict.fromkeys(note for record in group for note in record.notes)
    return ["; ".join([line, *asides])]


def _passed_over(group: Sequence[FileRecord]) -> list[str]:
    blank = sum(record.num_blank for record in group)
    comments = sum(record.num_comments for record in group)
    invalid = sum(record.num_invalid for record in group)
    said = [f"{_amount(blank, 'blank lines')} passed over"] if blank else []
    said += [f"{_amount(comments, 'comments')} passed over"] if comments else []
    signed = sum(record.num_signed for record in group)
    said += [f"{_amount(signed, 'labels')} with # in front counted"] if signed else []
    said += [f"{_amount(invalid, 'invalid draws')} beside these"] if invalid else []
    return said


def _suspicions(group: Sequence[FileRecord]) -> list[str]:
    total: Counter[str] = Counter()
    for record in group:
        total.update(dict(record.suspects))
    return [
        f"{_amount(number, 'draws')} read {text!r}: --invalid {text or repr(text)} counts them as "
        "invalid"
        for text, number in total.most_common(3)
    ]


def _amount(number: int, form: str | None) -> str:
    """A number of things, in the singular for one.

    >>> _amount(1, "rows of 9 numbers"), _amount(2, "labels"), _amount(0, None)
    ('1 row of 9 numbers', '2 labels', 'no draws')
    """
    if form is None:
        return "no draws"
    first, *rest = form.split(" ")
    if number == 1 and first.endswith("s"):
        first = first[:-1]
    elif number == 1 and rest and rest[0].endswith("s"):
        rest[0] = rest[0][:-1]
    return " ".join([f"{number:,}", first, *rest])


def shortened(text: object, most: int = 40) -> str:
    """Return the first line of a text, cut if it is long.

    >>> shortened("a long text", most=8)
    'a lon...'
    """
    line = (str(text).splitlines() or [""])[0]
    return line if len(line) <= most else f"{line[: most - 3]}..."
