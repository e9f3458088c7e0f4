"""How a text is laid out: what its name says, confirmed by its first lines."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...errors import ArtifactError
from .numbers import is_decimal, parse_block, spelling_of
from .options import ReadOptions
from .record import Log
from .rows import Layout, without_quotes, words

_SEVERAL_LINES = 2
_NAMES = {"\t": "a tab", ",": "a comma", ";": "a semicolon", " ": "spaces", "|": "a bar"}


def choose_layout(lines: Sequence[str], key: str, options: ReadOptions, log: Log) -> Layout:
    """Return the layout of a text.

    Parameters
    ----------
    lines : the first lines, without their ends.
    key : of the format that the name says: csv, tsv, smi, or txt for one draw a line.

    Raises
    ------
    ArtifactError
        The lines are a table of another kind than the name says, or may be; names the options.
    """
    data = [line for line in lines if line.strip()]
    data = [line for line in data if not line.lstrip().startswith("#")] or data
    if key == "smi":
        return Layout(" ") if options.wants_table else Layout(first_word=True)
    if options.delimiter is not None:
        return Layout(options.delimiter, quotes=True)
    if key == "tsv":
        return Layout("\t", quotes=True)
    if key == "csv":
        _refuse_other_delimiter(data, log)
        return Layout(",", quotes=True)
    return _layout_of_lines(data, options, log)


def holds_json(lines: Sequence[str]) -> bool:
    r"""Whether lines are JSON, each a list, an object or a text that only JSON can read.

    >>> holds_json(["[1, 2]", "[3, 4]"]), holds_json(["[Na+].[Cl-]"]), holds_json(['"a"'])
    (True, False, False)
    """
    data = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not data or not all(line[0] in '["{' for line in data):
        return False
    if all(line[0] == '"' and '\\"' not in line for line in data):
        return False
    try:
        for line in data:
            json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_other_delimiter(data: Sequence[str], log: Log) -> None:
    """Refuse a .csv without a comma whose lines all have as many of another delimiter."""
    bare = [without_quotes(line) for line in data]
    if len(data) < _SEVERAL_LINES or any("," in line for line in bare):
        return
    for sign in ";\t|":
        if bare[0].count(sign) and len({line.count(sign) for line in bare}) == 1:
            word = {";": "semicolon", "\t": "tab", "|": "'|'"}[sign]
            raise ArtifactError(
                f"{log.name}: no comma, and columns divided by {_NAMES[sign]}: --delimiter {word} "
                "reads them, --delimiter comma the lines as they stand"
            )


def _layout_of_lines(data: Sequence[str], options: ReadOptions, log: Log) -> Layout:
    """The layout of a text of one draw a line: a label, a number, or numbers."""
    if options.labels and not options.wants_table:
        return Layout()
    if options.wants_table:
        sign = next((sign for sign in "\t,; " if _num_cells(data, sign) > 1), None)
        if sign is None and any(sign in line.strip() for line in data for sign in "\t,; "):
            raise ArtifactError(
                f"{log.name}: no delimiter gives each line as many cells: name it by --delimiter; "
                "--format smi reads the first word of each line"
            )
        return Layout(sign, quotes=sign is not None)
    if data and all(line.lstrip().startswith('"') for line in data):
        # As R writes: texts in quotes, row names too.
        sign = next((sign for sign in ",\t " if _num_cells(data, sign) > 1), None)
        if sign is not None or all(map(_is_quoted, data)):
            return Layout(sign or ",", quotes=True, quoted_lines=True)
    for sign in ",\t ":
        if _holds_numbers(data, sign):
            return Layout(sign, quotes=True)
    _look_for_columns(data, log)
    # R puts the one name above its numbers in quotes.
    heads_numbers = len(data) > 1 and _is_quoted(data[0]) and is_decimal(data[1].strip())
    return Layout("," if heads_numbers else None, quotes=heads_numbers)


def _look_for_columns(data: Sequence[str], log: Log) -> None:
    """Refuse lines that are a table for sure, and say so of those that may be one."""
    signs = [sign for sign in "\t,;| " if _num_cells(data, sign) > 1]
    if any("\t" in line for line in data) and "\t" not in signs:
        log.note("some lines hold a tab and are read whole: --format smi reads their first words")
    if not signs or len(data) < _SEVERAL_LINES:
        return
    for sign in signs:
        width = _num_cells(data, sign)
        rows = [_cells(line, sign) for line in data]
        columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
        counted = [
            place
            for place, column in enumerate(columns, start=1)
            if all(spelling_of(cell.strip()) == "" for cell in column[1:])
        ]
        # What stays the same in the few lines of a pipe may change in the next.
        varies = log.name == "standard input" or min(len({*column}) for column in columns) > 1
        if sign == "\t" or (counted and varies):
            counts = f", --counts {counted[0]} a table of counts" if counted else ""
            raise ArtifactError(
                f"{log.name}: expected one draw a line, and {_as_table(width, sign)}: --column 1 "
                f"reads the first column{counts}, --labels whole lines"
            )
    what = _as_table(_num_cells(data, signs[0]), signs[0])
    log.note(f"{what} and is read whole: --column 1 reads the first")


def _as_table(width: int, sign: str) -> str:
    return f"each line has {width} cells with {_NAMES[sign]} between them"


def _holds_numbers(data: Sequence[str], sign: str) -> bool:
    """Whether all lines, but perhaps the first, hold several whole numbers."""
    rest = data[1:] or data
    width = len(_cells(rest[0], sign)) if rest else 0
    if width < 2 or any(spelling_of(cell.strip()) is None for cell in _cells(rest[0], sign)):
        return False
    block = "\n".join([*rest, ""]).encode()
    if parse_block(block, sign.encode(), width) is not None:
        return True
    cells = [_cells(line, sign) for line in rest]
    return all(len(row) == width and all(is_decimal(cell.strip()) for cell in row) for row in cells)


def _num_cells(data: Sequence[str], sign: str) -> int:
    """Cells of each line where all have as many, but for R's heading with one fewer; else 1."""
    widths = {len(_cells(line, sign)) for line in data[1:]}
    if not data or len(widths) > 1:
        return 1
    first = len(_cells(data[0], sign))
    width = widths.pop() if widths else first
    r_heading = first == width - 1 and _is_quoted(data[0])
    return width if first == width or r_heading else 1


def _cells(line: str, sign: str) -> list[str]:
    bare = without_quotes(line)
    return words(bare) if sign == " " else bare.split(sign)


def _is_quoted(line: str) -> bool:
    text = line.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'
