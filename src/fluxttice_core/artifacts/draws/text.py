"""Draws in text: one a line, or in the columns of CSV and TSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from .chunks import Chunk
from .decoder import Decoder
from .foreign import refuse_other_lines
from .headings import is_heading_above_numbers, refuse_unsure_heading
from .json_text import json_line_chunks
from .layout import choose_layout, holds_json
from .numbers import parse_block
from .options import ReadOptions
from .plan import Plan, plan_of_block, plan_of_rows
from .record import Log
from .rows import RowReader, Rows
from .streams import as_text, is_live, line_pieces, with_newlines

# Bytes and lines that are evidence enough of how a text is laid out.
_ENOUGH = 2**14
_LINES_LOOKED_AT = 1_000
_ROWS_LOOKED_AT = 2**20


def text_chunks(stream: BinaryIO, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a text as its lines come.

    What its first lines are (those of a first piece of a file, at least two of a pipe) settles how
    all are read; a later line that does not fit is refused.

    Parameters
    ----------
    key : of the format that the name says: csv, tsv, smi, txt, or - for standard input.

    Raises
    ------
    ArtifactError
        Lines that are no draws of one kind; names the line, and the option that mends it.
    """
    live = is_live(stream)
    pieces = line_pieces(stream, log, live=live)
    head = _first_lines(pieces, live=live)
    lines = _lines(head, log)
    may_be_json = key in ("-", "txt") and {*options.given()} <= {"column", "invalid", "format"}
    if may_be_json and holds_json(lines):
        log.set(container="JSON lines")
        yield from json_line_chunks(_chained(head, pieces), options, log)
        return
    if not options.labels:
        refuse_other_lines(lines, log.name)
    head, lines, options = _without_separator(head, lines, key, options, log)
    layout = choose_layout(lines, "txt" if key == "-" else key, options, log)
    reader = RowReader(layout, log.name)
    decoder, chunk, rest = _begin(head, pieces, reader, options, log, has_comments=key == "smi")
    yield chunk
    if rest:
        yield decoder.read(rest)
    for piece in pieces:
        yield decoder.read(piece)
    reader.finish()


def _first_lines(pieces: Iterator[bytes], *, live: bool) -> bytes:
    """What has come, once it has lines enough: a heading, and what is under it."""
    head, found = b"", 0
    for piece in pieces:
        head += piece
        for line in with_newlines(piece[:_ENOUGH]).split(b"\n"):
            found += bool(line.strip()) and not line.lstrip().startswith(b"#")
        # A column that counts rows shows in three below a heading.
        needed = 4 if any(sign in head.strip() for sign in (b",", b"\t", b" ", b";")) else 2
        if (live and found >= needed) or len(head) > _ENOUGH:
            break
    return head


def _without_separator(
    head: bytes, lines: list[str], key: str, options: ReadOptions, log: Log
) -> tuple[bytes, list[str], ReadOptions]:
    """Take out the line ``sep=;`` by which Excel is told the delimiter, and obey it too."""
    found = re.fullmatch('"?sep=(.)"?', lines[0]) if lines and key in ("csv", "txt") else None
    if found is None:
        return head, lines, options
    delimiter = options.delimiter or found[1]
    log.note(f"the line {lines[0]} in front names the delimiter")
    # A blank line in its place keeps the numbers of the others.
    rest = with_newlines(head).partition(b"\n")[2]
    return b"\n" + rest, ["", *lines[1:]], replace(options, delimiter=delimiter)


def _chained(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from pieces


def _lines(head: bytes, log: Log) -> list[str]:
    return as_text(with_newlines(head), 1, log.name).split("\n", _LINES_LOOKED_AT)[:-1]


def _begin(
    head: bytes,
    pieces: Iterator[bytes],
    reader: RowReader,
    options: ReadOptions,
    log: Log,
    *,
    has_comments: bool,
) -> tuple[Decoder, Chunk, bytes]:
    """Settle how a text is read; return its first draws, and the lines of ``head`` to come."""
    if options == ReadOptions(format=options.format):
        begun = _begin_with_numbers(head, reader, log)
        if begun is not None:
            return *begun, b""

    def settle() -> Plan:
        trial = Log(before)
        plan = plan_of_rows(rows, options, trial, has_comments=has_comments)
        log.record = trial.record
        return plan

    before = log.record
    few, rest = _divided(head)
    rows = reader.rows(few)
    plan = settle() if rest else None
    if plan is None or any(spelling is not None for spelling in plan.spellings):
        # Numbers they are only if all are.
        rows, rest = _added(rows, reader.rows(rest)), b""
        plan = settle()
    while (
        not plan.is_settled
        and len(rows.cells) < _ROWS_LOOKED_AT
        and (piece := rest or next(pieces, b""))
    ):
        more, rest = reader.rows(piece), b""
        rows = _added(rows, more)
        if any(options.may_be_draw(cell) for row in more.cells for cell in row):
            plan = settle()
    if log.name == "standard input":
        refuse_unsure_heading(plan.heading, options, log)
    decoder = Decoder(plan, reader, options, log)
    passed = [place for place in range(plan.first) if rows.cells[place]]
    heading = log.record.heading is not None
    log.count(blank=plan.first - len(passed), comments=len(passed) - heading)
    return decoder, decoder.chunk_of(rows.only(range(plan.first, len(rows.cells)))), rest


def _divided(head: bytes) -> tuple[bytes, bytes]:
    """The first lines, and the others."""
    lines = head.split(b"\n", _LINES_LOOKED_AT)
    rest = lines[-1] if len(lines) > _LINES_LOOKED_AT else b""
    return head[: len(head) - len(rest)], rest


def _added(rows: Rows, more: Rows) -> Rows:
    return Rows([*rows.cells, *more.cells], [*rows.lines, *more.lines])


def _begin_with_numbers(head: bytes, reader: RowReader, log: Log) -> tuple[Decoder, Chunk] | None:
    """The same, quickly, for plain numbers under at most a line of names."""
    delimiter = (reader.layout.delimiter or ",").encode()
    first, _, rest = with_newlines(head).partition(b"\n")
    if not rest or reader.layout.first_word or first.lstrip().startswith(b"#"):
        return None
    width = rest.partition(b"\n")[0].count(delimiter) + 1
    values, heading = parse_block(first + b"\n" + rest, delimiter, width), None
    if values is None:
        values = parse_block(rest, delimiter, width)
        names = RowReader(reader.layout, log.name).rows(first + b"\n").cells
        if values is None or not names or len(names[0]) != width:
            return None
        heading = names[0]
        if not is_heading_above_numbers(heading):
            return None
    plan = plan_of_block(values, heading, log)
    decoder = Decoder(plan, reader, ReadOptions(), log)
    reader.skip(first + b"\n" + rest)
    return decoder, decoder.chunk_of_block(values)
