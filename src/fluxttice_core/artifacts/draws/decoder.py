"""Lines and rows of a text into chunks of draws, once a plan says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from .cells import is_signed
from .chunks import Chunk, make_chunk
from .numbers import first_other, parse_block, whole_numbers
from .options import ReadOptions
from .plan import Plan
from .record import Log
from .rows import RowReader, Rows
from .streams import as_text, with_newlines


class Decoder:
    """Reads pieces of lines as a plan says: quickly, where that gives the same as row by row."""

    is_quick = True

    def __init__(self, plan: Plan, reader: RowReader, options: ReadOptions, log: Log) -> None:
        self._plan, self._reader, self._log = plan, reader, log
        self._invalid = frozenset(options.invalid)
        # Invalid texts are taken out here, before numbers are made of the others.
        self._options = replace(options, invalid=())
        layout = reader.layout
        self._delimiter = layout.delimiter or ","
        plain = self.is_quick and not (layout.first_word or layout.quoted_lines)
        plain &= plan.selection.counts is None
        self._quick_numbers = plain and set(plan.spellings) == {""} and not self._invalid
        self._quick_labels = plain and plan.width == 1 and plan.spellings == (None,)
        self._quick_labels &= layout.delimiter != " "
        is_guessed = options.header is None and not options.named_columns
        self._heading = plan.heading if is_guessed else None

    def read(self, piece: bytes) -> Chunk:
        """Return the draws of a piece of whole lines."""
        if not self._reader.is_open and not (self._reader.layout.quotes and b'"' in piece):
            piece = with_newlines(piece)
            chunk: Chunk | None = None
            if self._quick_numbers:
                values = parse_block(piece, self._delimiter.encode(), self._plan.width)
                chunk = None if values is None else self.chunk_of_block(values)
            elif self._quick_labels:
                chunk = self._labels(piece)
            if chunk is not None:
                self._reader.skip(piece)
                return chunk
        return self.chunk_of(self._reader.rows(piece))

    def chunk_of_block(self, values: NDArray[np.int64]) -> Chunk:
        """Return the draws of lines of plain numbers, ``(n,)`` or ``(n, width)``."""
        places = list(self._plan.selection.places)
        if len(places) < self._plan.width:
            values = values[:, places] if len(places) > 1 else values[:, places[0]]
        return make_chunk([values], self._plan.selection, self._options, self._log)

    def _labels(self, piece: bytes) -> Chunk | None:
        """Lines that are a label each; None if one falls into cells."""
        text = as_text(piece, self._reader.line, self._log.name)
        if self._reader.layout.delimiter is not None and self._delimiter in text:
            return None
        lines = text.split("\n")
        lines.pop()
        labels = [line for line in lines if line and not line.isspace()]
        self._count_blank(len(lines) - len(labels))
        if self._invalid:
            valid = [label for label in labels if label.strip() not in self._invalid]
            self._log.count(invalid=len(labels) - len(valid))
            labels = valid
        return self._chunk_of_labels(labels, "\n#" in text or text.startswith("#"))

    def chunk_of(self, rows: Rows) -> Chunk:
        """Return the draws of rows of cells.

        Raises
        ------
        ArtifactError
            Names the line that does not fit.
        """
        rows = self._without_blank(rows)
        if any(width != self._plan.width for width in set(map(len, rows.cells))):
            self._refuse_width(rows)
        selection = self._plan.selection
        ids = [list(map(itemgetter(place), rows.cells)) for place in selection.places]
        wrong = self._invalid_rows(ids, rows.lines)
        groups = self._groups(rows)
        counts = None
        if selection.counts is not None:
            cells = list(map(itemgetter(selection.counts), rows.cells))
            counts = self._whole(cells, self._plan.spellings[len(ids)], rows.lines, counts=True)
        if wrong:
            kept = [place for place in range(len(rows.cells)) if place not in wrong]
            lost = len(wrong) if counts is None else int(counts[sorted(wrong)].sum())
            self._log.count(invalid=lost)
            rows = rows.only(kept)
            ids = [[column[place] for place in kept] for column in ids]
            counts = counts if counts is None else counts[kept]
            groups = [[names[place] for place in kept] for names in groups]
        if len(ids) == 1 and counts is None and self._plan.spellings[0] is None:
            return self._chunk_of_labels(ids[0], groups=groups)
        columns = [
            column if spelling is None else self._whole(column, spelling, rows.lines)
            for column, spelling in zip(ids, self._plan.spellings, strict=False)
        ]
        columns += [] if counts is None else [counts]
        columns += groups
        return make_chunk(columns, selection, self._options, self._log)

    def _chunk_of_labels(
        self, labels: list[str], any_signed: bool = True, groups: Sequence[list[str]] = ()
    ) -> Chunk:
        if self._heading is not None and self._heading in labels:
            raise ArtifactError(
                f"{self._log.name}: {self._heading!r} comes first, as a heading, and again below: "
                "--header if it is one, --no-header if it is a draw"
            )
        if any_signed:
            self._log.count(signed=sum(label.startswith("#") for label in labels))
        return make_chunk([labels, *groups], self._plan.selection, self._options, self._log)

    def _groups(self, rows: Rows) -> list[list[str]]:
        """The column that names each draw's group, if there is one."""
        place = self._plan.selection.groups
        if place is None:
            return []
        names = [row[place].strip() for row in rows.cells]
        if "" in names:
            raise ArtifactError(
                f"{self._log.name}: line {rows.lines[names.index('')]:,}: an empty cell where the "
                "name of a group is expected; every draw needs one"
            )
        return [names]

    def _without_blank(self, rows: Rows) -> Rows:
        """Rows that are no blank lines and no comments."""
        if self._plan.width == 1 and not self._plan.has_comments and [] not in rows.cells:
            return rows
        kept, comments = [], 0
        for place, row in enumerate(rows.cells):
            if not row or (len(row) > 1 and not any(map(str.strip, row))):
                continue
            if self._plan.has_comments and is_signed(row[0]):
                comments += 1
            else:
                kept.append(place)
        self._count_blank(len(rows.cells) - len(kept) - comments)
        self._log.count(comments=comments)
        return rows if len(kept) == len(rows.cells) else rows.only(kept)

    def _count_blank(self, number: int) -> None:
        self._log.count(**{"invalid" if "" in self._invalid else "blank": number})

    def _invalid_rows(self, ids: Sequence[Sequence[str]], lines: Sequence[int]) -> frozenset[int]:
        """Places of rows with an invalid id; a missing one that is not called so is refused."""
        wrong: set[int] = set()
        for cells in ids:
            bare = list(map(str.strip, cells))
            if self._invalid and not self._invalid.isdisjoint(bare):
                wrong.update(p for p, cell in enumerate(bare) if cell in self._invalid)
            if "" in bare and "" not in self._invalid:
                raise ArtifactError(
                    f"{self._log.name}: line {lines[bare.index('')]:,}: an empty cell where a draw "
                    "is expected; --invalid '' counts empty cells as invalid draws"
                )
        return frozenset(wrong)

    def _whole(
        self,
        cells: Sequence[str],
        spelling: str | None,
        lines: Sequence[int],
        *,
        counts: bool = False,
    ) -> NDArray[np.integer]:
        bare = [cell.strip(" \t") for cell in cells]
        values = whole_numbers(bare, spelling or "")
        if values is None:
            place = first_other(bare, spelling or "")
            if counts:
                raise ArtifactError(
                    f"{self._log.name}: line {lines[place]:,}: expected a count, a whole number "
                    f"written as before, got {cells[place][:60]!r}; write 0 for an id that was not "
                    "drawn, or take the line out"
                )
            raise ArtifactError(
                f"{self._log.name}: line {lines[place]:,}: expected a whole number of 64 bits, "
                f"written as before, got {cells[place][:60]!r}; --labels reads every draw as a "
                "label, --invalid counts this text as an invalid draw"
            )
        return values

    def _refuse_width(self, rows: Rows) -> None:
        width = self._plan.width
        line, row = next(
            (line, row)
            for line, row in zip(rows.lines, rows.cells, strict=True)
            if len(row) != width
        )
        raise ArtifactError(
            f"{self._log.name}: line {line:,}: expected {width} cell{'s' * (width > 1)} as on the "
            f"lines before, got {len(row)}: {self._delimiter.join(row)[:60]!r}; quote a cell that "
            "holds a delimiter, or --format txt --labels reads each line as it stands"
        )
