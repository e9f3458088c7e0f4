"""Draws of one or several files, or of standard input, as one source."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import ArtifactError, DrawsError
from .arrays import npy_chunks, npz_chunks, raw_chunks
from .arrow import arrow_chunks
from .chunks import Chunk, Counted, Grouped, form_of, row_by_row
from .formats import EXPECTED, FORMATS, expand_names, format_of
from .json_text import json_document, json_lines
from .options import FILES_AS_GROUPS, ROWS_AS_GROUPS, ReadOptions
from .record import FileRecord, Log, describe
from .streams import opened, told_by_name
from .tensors import tensor_chunks
from .text import text_chunks

# A format is a line in FORMATS, and its reader here: of a stream, or of a file by its path.
_OF_STREAMS: dict[str, Callable[[BinaryIO, str, ReadOptions, Log], Iterator[Chunk]]] = {
    "csv": text_chunks,
    "tsv": text_chunks,
    "txt": text_chunks,
    "smi": text_chunks,
    "jsonl": json_lines,
    "json": json_document,
    "npy": npy_chunks,
    "raw": raw_chunks,
}
_OF_FILES: dict[str, Callable[[Path, str, ReadOptions, Log], Iterator[Chunk]]] = {
    "npz": npz_chunks,
    "parquet": arrow_chunks,
    "arrow": arrow_chunks,
    "pt": tensor_chunks,
}


_PARTS = re.compile(r"[\s,;|]+")


class Draws(Iterator[Chunk]):
    r"""The draws of one source, in chunks, read as they are asked for, and once.

    A chunk is an array of whole numbers ``(n,)``, int64 or uint64, or of rows ``(n, k)``; a list of
    labels, or of tuples of labels; :class:`Grouped` draws where groups were told; :class:`Counted`
    ids where a table of counts or a histogram was. Of ``incidence`` it is an array
    ``(units, ids)`` of 0 and 1.

    Memory stays bounded whatever the files hold. What was read is known only when all has been:
    ``records`` says how far it went.

    Examples
    --------
    >>> import io
    >>> draws = read_draws("-", standard_input=io.BytesIO(b"id\n5\n7\n"))
    >>> [chunk.tolist() for chunk in draws]
    [[5, 7]]
    >>> draws.describe()
    ["read standard input: text, 2 numbers, heading 'id'"]
    """

    def __init__(
        self, names: tuple[str, ...], options: ReadOptions, standard_input: BinaryIO | None
    ) -> None:
        self.names = names
        self.options = options
        self._logs: list[Log] = []
        self._num_rows = 0
        self._last: Chunk | None = None
        self._chunks = self._read(standard_input)

    @property
    def records(self) -> tuple[FileRecord, ...]:
        """What was read so far, a record for each file that was begun."""
        return tuple(log.record for log in self._logs)

    @property
    def form(self) -> str | None:
        """What the draws are, such as ``labels``; None before the first."""
        return next((record.form for record in self.records if record.form), None)

    @property
    def num_invalid(self) -> int:
        """Draws that ``invalid`` names, and that no chunk holds."""
        return sum(record.num_invalid for record in self.records)

    def describe(self) -> list[str]:
        """Say what was read so far, in lines for a report."""
        return describe(self.records)

    def refuse_one_row(self) -> None:
        """Refuse a source, read to its end, that is one row, or one line of several words.

        Raises
        ------
        ArtifactError
            All draws may have been on it, and it counts as one.
        """
        options, last = self.options, self._last
        is_told = options.labels or options.column or options.incidence or options.groups
        if sum(record.num_draws for record in self.records) != 1 or is_told or last is None:
            return
        is_row = (self.form or "").startswith("rows")
        is_line = isinstance(last, list) and len(_PARTS.split(str(last[0]).strip())) > 2
        if is_row or is_line:
            what = "row" if is_row else "line"
            raise ArtifactError(
                f"{self._logs[-1].name}: one {what} is one draw; if it holds all draws, write one "
                "a line (tr -s ' ,' '\\n'; of an array, reshape(-1)); --labels counts it as one"
            )

    def __next__(self) -> Chunk:
        return next(self._chunks)

    def _read(self, standard_input: BinaryIO | None) -> Iterator[Chunk]:
        for name in self.names:
            shown = "standard input" if name == "-" else name
            log = Log(FileRecord(shown, "text"))
            self._logs.append(log)
            for chunk in self._chunks_of(name, log, standard_input):
                if len(chunk[0] if isinstance(chunk, Counted | Grouped) else chunk):
                    self._check_form(form_of(chunk, self.options), log)
                    yield self._grouped(chunk, log)
                    self._last = chunk

    def _grouped(self, chunk: Chunk, log: Log) -> Chunk:
        """Draws with their groups, where rows or files are these."""
        if self.options.groups == FILES_AS_GROUPS:
            return Grouped(chunk, np.full(len(chunk), len(self._logs) - 1))  # type: ignore[arg-type]
        if self.options.groups != ROWS_AS_GROUPS:
            return chunk
        first, self._num_rows = self._num_rows, self._num_rows + len(chunk)
        return row_by_row(chunk, first, self.options, log)

    def _chunks_of(self, name: str, log: Log, standard_input: BinaryIO | None) -> Iterator[Chunk]:
        options = self.options
        if options.groups == ROWS_AS_GROUPS:
            # Of rows each number is a draw, and may be invalid by itself.
            options = replace(options, invalid=())
        if name == "-":
            assert standard_input is not None
            with told_by_name(log.name):
                key = options.format or "-"
                log.set(container=FORMATS[key].title if key in FORMATS else "text")
                yield from _OF_STREAMS.get(key, text_chunks)(standard_input, key, options, log)
            return
        key, compression = format_of(name, options.format)
        log.set(container=FORMATS[key].title, compression=compression)
        path = Path(name)
        with told_by_name(name):
            if key in _OF_FILES:
                yield from _OF_FILES[key](path, key, options, log)
                return
            with opened(path, compression) as stream:
                yield from _OF_STREAMS[key](stream, key, options, log)

    def _check_form(self, form: str, log: Log) -> None:
        """All chunks of all files must be of one form."""
        before = self.form
        if before is not None and form != before:
            raise ArtifactError(
                f"{log.name}: expected {before} as before it, got {form}; give files of one kind, "
                "or --labels to read all draws as labels"
            )
        log.set(form=form)


def read_draws(
    names: str | Path | Iterable[str | Path],
    options: ReadOptions | None = None,
    standard_input: BinaryIO | None = None,
) -> Draws:
    r"""Read draws from files, patterns such as ``shard-*.csv``, or ``-`` for standard input.

    Nothing is read before the first chunk is asked for, but every file must be there, and every
    option must have a meaning in each.

    Parameters
    ----------
    names : one name, or several in their order: they are one source.
    options : what names and files do not say themselves.
    standard_input : the bytes behind ``-``.

    Raises
    ------
    ArtifactError
        Missing, damaged or no draws; the name, the line where there are lines, what to do. Also
        while the draws are read.
    DrawsError
        Options without a meaning for these files.
    MissingExtraError
        A format needs a package that is not installed.

    Examples
    --------
    >>> import io
    >>> draws = read_draws("-", ReadOptions(invalid="None"), io.BytesIO(b"CCO\nNone\nC\n"))
    >>> list(draws), draws.num_invalid
    ([['CCO', 'C']], 1)
    """
    options = ReadOptions() if options is None else options
    if not isinstance(options, ReadOptions):
        raise DrawsError(f"expected ReadOptions, got {type(options).__name__}")
    if isinstance(standard_input, io.TextIOBase):
        raise ArtifactError("-: expected a stream of bytes; give sys.stdin.buffer")
    found = expand_names(names)
    if options.groups == FILES_AS_GROUPS and "-" in found:
        raise DrawsError("--groups files expects files, got standard input")
    for name in found:
        if name == "-":
            key = options.format or "txt"
            if standard_input is None:
                raise ArtifactError(f"-: no standard input is read here; {EXPECTED}")
            if key in _OF_FILES:
                raise ArtifactError(
                    f"-: {FORMATS[key].title} is read from a file, not from standard input"
                )
        else:
            key, _ = format_of(name, options.format)
            with told_by_name(name):
                os.stat(name)
        options.refuse_for(key, name)
    return Draws(found, options, standard_input)
