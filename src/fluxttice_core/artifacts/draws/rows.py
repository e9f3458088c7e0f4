"""Lines of text into rows of cells: plain lines, words, or CSV with its quotes."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...errors import ArtifactError
from .streams import LONGEST_LINE, as_text, with_newlines


@dataclass(frozen=True, slots=True)
class Layout:
    """How a line falls into cells.

    ``delimiter``: None where the whole line is one cell; a space stands for any run of spaces.
    ``quotes``: a cell in double quotes may hold delimiters and line ends. ``quoted_lines``: every
    line begins with one. ``first_word``: what follows the first word of a line is a name, and
    passed over.
    """

    delimiter: str | None = None
    quotes: bool = False
    quoted_lines: bool = False
    first_word: bool = False

    def split(self, line: str) -> list[str]:
        """Return the cells of a line without quotes; none of a blank one."""
        if not line or line.isspace():
            return []
        if self.first_word:
            return words(line)[:1]
        if self.delimiter == " ":
            return words(line)
        return [line] if self.delimiter is None else line.split(self.delimiter)


# A quote that is open for longer was opened by mistake.
_LONGEST_OPEN = 2**22


class Rows(NamedTuple):
    """Rows of cells, none for a blank line, and the number of each one's first line, from 1."""

    cells: list[list[str]]
    lines: Sequence[int]

    def only(self, places: Sequence[int]) -> Rows:
        """Return some of the rows."""
        return Rows([self.cells[place] for place in places], [self.lines[p] for p in places])


class RowReader:
    """Reads rows from pieces of whole lines; a quoted cell may go on in the next piece."""

    def __init__(self, layout: Layout, name: str) -> None:
        self.layout = layout
        self.line = 1
        self._name = name
        self._open: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether a quote was opened that has not been closed yet."""
        return bool(self._open)

    def skip(self, piece: bytes) -> None:
        """Count the lines of a piece that was read otherwise."""
        self.line += piece.count(b"\n")

    def rows(self, piece: bytes) -> Rows:
        """Return the rows that a piece completes.

        Raises
        ------
        ArtifactError
            No UTF-8, or quotes that are none; names the line.
        """
        if self._open or (self.layout.quotes and b'"' in piece):
            return self._quoted_rows(piece)
        lines = as_text(with_newlines(piece), self.line, self._name).split("\n")
        lines.pop()
        for place, line in enumerate(lines if self.layout.quoted_lines else ()):
            self._check_quoted(line, self.line + place)
        first, self.line = self.line, self.line + len(lines)
        return Rows([*map(self.layout.split, lines)], range(first, self.line))

    def finish(self) -> None:
        """Say if the file ends within quotes.

        Raises
        ------
        ArtifactError
            Names the line with the quote.
        """
        if self._open:
            self._refuse(self.line, "a quote is opened here and not closed soon, or never")

    def _quoted_rows(self, piece: bytes) -> Rows:
        text = as_text(piece, self.line + len(self._open), self._name)
        # Lines keep their ends: within quotes these belong to the cell.
        lines = [*self._open, *io.StringIO(text, newline="")]
        rows: list[list[str]] = []
        numbers: list[int] = []
        read = 0
        space = self.layout.delimiter == " "
        reader = csv.reader(
            lines, delimiter=self.layout.delimiter or ",", strict=True, skipinitialspace=space
        )
        with _long_cells():
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    if "unexpected end of data" not in str(error):
                        self._refuse(self.line + read, f"a cell in quotes that is none: {error}")
                    break
                if row is None:
                    break
                if self.layout.quoted_lines:
                    self._check_quoted(lines[read], self.line + read)
                    self._check_closed(read + 1 == reader.line_num, self.line + read)
                last = lines[reader.line_num - 1].rstrip("\r\n")
                if space and len(row) > 1 and last.endswith(" "):
                    # The end of the last cell, not the beginning of another.
                    row.pop()
                is_blank = len(row) == 1 and row[0].isspace()
                rows.append([] if is_blank else row)
                numbers.append(self.line + read)
                read = reader.line_num
        self.line += read
        self._open = lines[read:]
        self._check_closed(not (self._open and self.layout.quoted_lines), self.line)
        if sum(map(len, self._open)) > _LONGEST_OPEN:
            self.finish()
        return Rows(rows, numbers)

    def _check_quoted(self, line: str, number: int) -> None:
        if line.strip() and not line.lstrip().startswith(('"', "#")):
            raise ArtifactError(
                f"{self._name}: line {number:,}: expected a cell in quotes first, as on the lines "
                f"before, got {line[:60]!r}; --labels reads each line as it stands"
            )

    def _check_closed(self, is_closed: bool, number: int) -> None:
        """Of one draw a line a quote ends on its line."""
        if not is_closed:
            self._refuse(number, "a quote is opened here and not closed on the line")

    def _refuse(self, line: int, what: str) -> None:
        raise ArtifactError(
            f"{self._name}: line {line:,}: {what}; double a quote within a cell, or --format txt "
            "--labels reads each line as it stands"
        )


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be as long as lines may be; the csv module keeps one limit for all its users."""
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def words(line: str) -> list[str]:
    """Return what runs of spaces and tabs divide.

    >>> words(" CCO  ethanol")
    ['CCO', 'ethanol']
    """
    return [word for word in line.replace("\t", " ").split(" ") if word]


def without_quotes(line: str) -> str:
    """Return a line with a sign for each part in quotes, whose delimiters are none.

    >>> without_quotes('a,"b,c",d')
    'a,_,d'
    """
    return re.sub(r'"(?:[^"]|"")*"', "_", line) if '"' in line else line
