"""Whether the first line of a text names its columns, or is a draw: what its form says, or asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import ArtifactError
from .cells import bare, columns_of, is_signed, kind_of, width_of
from .column import EMPTY, LABELS, NUMBERS
from .options import ReadOptions
from .record import SUSPECTS, Log
from .rows import Rows

# Words that people put above a column of labels.
_HEADINGS = re.compile(
    r"(?:.*[ _.-])?(?:smiles|smi|selfies|inchi|inchikey|mols?|molecules?|compounds?|structure"
    r"|formula|ids?|x|labels?|names?|species|tax(?:on|a)|otus?|asvs?|sequences?|seqs?|peptides?"
    r"|proteins?|cdr3|junction|clones?|clonotypes?|barcodes?|genes?|tokens?|codes?|states?|samples?"
    r"|draws?|texts?|words?|values?|items?|keys?|categor(?:y|ies)|class|cluster|hash|string"
    r"|generated|predictions?|outputs?|results?|responses?|completions?|answers?)"
    r"(?:[ _.-]?(?:ids?|names?|aa|nt|string))?|.*smiles|smiles[ _.-].*",
    re.IGNORECASE,
)
_HASH = re.compile(r"[a-f]+[0-9][0-9a-f]*", re.IGNORECASE)
_NO_NAMES = SUSPECTS | {"inf", "Inf", "infinity", "Infinity"}
# As programs name columns.
_JOINED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", re.IGNORECASE)
_FEW = 3
_TRUTH = {"true", "false"}
_TABLES = ("CSV", "TSV")
_WORDS = (LABELS, EMPTY)


def is_heading_above_numbers(cells: Sequence[str]) -> bool:
    """Whether cells above numbers can be names of their columns: no numbers, no missing values.

    >>> [is_heading_above_numbers([text]) for text in ("id", "0x10", "nan", "-", "\u0663")]
    [True, False, False, False, False]
    >>> is_heading_above_numbers(["", "0"]), is_heading_above_numbers(["id", "", ""])
    (True, True)
    """
    shown = [bare(cell) for cell in cells]
    if len(shown) > 1 and not shown[0] and all(shown[1:]):
        # pandas and R leave the first name empty, above the numbers of the rows.
        return True
    names = [name for name in shown if name]
    if len(shown) == 1 and _HASH.fullmatch(shown[0]):
        return False
    are_words = all(name[:1].isalpha() or name[:1] == "_" for name in names)
    return bool(names) and are_words and not _NO_NAMES & {*names}


def has_heading(body: Sequence[Sequence[str]], width: int, options: ReadOptions) -> bool:
    """Whether the first row names the columns."""
    if options.header is not None or options.named_columns:
        return options.header is not False
    first, rest = body[0], body[1:]
    if len(first) == width - 1 > 0:
        return is_heading_above_numbers(first)
    if len(first) != width or any(cell and cell in options.invalid for cell in first):
        return False
    if is_signed(first[0]) or not is_heading_above_numbers(first):
        return False
    columns = columns_of(rest, width)
    unnamed = [place for place, cell in enumerate(first) if not bare(cell)]
    if width > 1 and any(any(columns[place]) for place in unnamed):
        return True
    if rest and any(kind_of(column, options)[0] not in _WORDS for column in columns):
        return True
    if rest and any({cell.strip().lower() for cell in column} <= _TRUTH for column in columns):
        return not any(cell.strip().lower() in _TRUTH for cell in first)
    recurs = any(cell in column for cell, column in zip(first, columns, strict=True) if cell)
    return not recurs and any(_HEADINGS.fullmatch(bare(cell)) for cell in first)


def heading_behind_a_sign(
    rows: Rows, signed: set[int], plain: Sequence[int], options: ReadOptions
) -> int | None:
    """The place of a line such as ``#id`` in front, if it names the columns."""
    if options.header is False or not plain:
        return None
    width = width_of(rows, plain)
    columns = columns_of([rows.cells[place] for place in plain], width)
    fitting = [place for place in sorted(signed) if len(rows.cells[place]) == width]
    for place in fitting:
        cells = rows.cells[place]
        names = [bare(cell) for cell in cells]
        wanted = options.named_columns and set(map(bare, options.named_columns)) <= {*names}
        known = all(_HEADINGS.fullmatch(name) for name in names)
        # Above numbers what is no number is their name.
        alone = width > 1 and len(fitting) == 1 and names[0] and is_heading_above_numbers(cells)
        above = alone and any(kind_of(column, options)[0] not in _WORDS for column in columns)
        if place < plain[0] and (wanted or known or above):
            return place
    return None


def refuse_no_row_names(
    heading: Sequence[str], cells: Sequence[Sequence[str]], options: ReadOptions, log: Log
) -> None:
    """Refuse a heading with one name fewer than columns, where the first holds no names of rows.

    R writes such a heading; a comma as the decimal sign makes the same form.

    Raises
    ------
    ArtifactError
        Says which options settle it.
    """
    names = cells[0]
    if len(heading) >= len(cells) or options.index is not None or not names:
        return
    kind, _, values = kind_of(names, options)
    is_right = len(set(names)) == len(names) and kind != NUMBERS
    if kind == NUMBERS and len(values) == len(names):
        begin = int(values[0])
        is_right = begin in (0, 1) and values.tolist() == [*range(begin, begin + len(values))]
    if not is_right:
        raise ArtifactError(
            f"{log.name}: {len(heading)} name{'s' * (len(heading) > 1)} above {len(cells)} "
            "columns, of which the first does not number or name the rows: a decimal comma? "
            "--delimiter semicolon reads each line whole, --index leaves the first column out"
        )


def refuse_unsure_heading(heading: str | None, options: ReadOptions, log: Log) -> None:
    """Refuse a heading above labels that only the numbers below it show: later lines may be none.

    Raises
    ------
    ArtifactError
        Says which options settle it.
    """
    word = bare(heading or "")
    if options.labels and options.header is None and word and not _HEADINGS.fullmatch(word):
        _refuse_either(word, log)


def refuse_unsure_label(cells: Sequence[str], log: Log) -> None:
    """Refuse a first label that may be a heading; in plain lines note it, where it is none.

    Parameters
    ----------
    cells : the labels of the first rows, with no heading above.

    Raises
    ------
    ArtifactError
        Says which options settle it.
    """
    first = bare(cells[0])
    is_table = log.record.container in _TABLES
    if cells[0] in cells[1:]:
        if is_table and _HEADINGS.fullmatch(first) and len(first) > 1:
            raise ArtifactError(
                f"{log.name}: {first!r} comes first, as a heading, and again below: --header "
                f"--invalid {first} if it is one each time, --no-header if it is a draw"
            )
        return
    if is_table and _JOINED.fullmatch(first) and not any("_" in cell for cell in cells[1:]):
        _refuse_either(first, log)
    log.note(f"the first, {cells[0][:40]!r}, is counted: --header if it names the column")


def refuse_numbered_columns(cells: Sequence[str], others: Sequence[str], log: Log) -> None:
    """Refuse a first row 0, 1, 2, ...: pandas numbers columns so that have no names.

    Parameters
    ----------
    cells : of the first row.
    others : of the first column, below it.
    """
    if list(cells) != [str(place) for place in range(len(cells))]:
        return
    is_rare = log.record.container in _TABLES and len(others) >= _FEW and "0" not in others
    if len(cells) > 2 or is_rare:
        shown = "0" if len(cells) == 1 else f"0, 1, .. {len(cells) - 1}"
        shown = "0, 1" if len(cells) == 2 else shown
        raise ArtifactError(
            f"{log.name}: the first row is {shown}, as pandas numbers columns: "
            "--header if it is a heading, --no-header if it is a draw"
        )
    if log.record.container == "CSV" and len(cells) == 1:
        log.note("the first draw is 0: --header if it is pandas' number of the column")


def _refuse_either(word: str, log: Log) -> None:
    raise ArtifactError(
        f"{log.name}: {word[:40]!r} may be a heading or a draw: --header if it is a heading, "
        "--no-header if it is a draw"
    )
