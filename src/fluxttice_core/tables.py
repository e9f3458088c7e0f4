"""One table of texts as Markdown, LaTeX and HTML, and records as CSV; every cell escaped.

Names of files and labels are others' words: none can end a cell, a row, a comment or an element,
run as a formula of a spreadsheet, or move the cursor of a terminal.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Any punctuation may stand behind a backslash (CommonMark 0.31, section 2.4).
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|$~&#])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': "''",
    # After the end of a row these two would be its arguments.
    "[": "{[}",
    "*": "{*}",
}
# What a spreadsheet may take for a formula.
_FORMULA = ("=", "+", "-", "@")


def one_line(text: object) -> str:
    r"""Return a text without breaks and controls: these stand as escapes.

    >>> one_line("a\nb\x1b[2J")
    'a\\nb\\x1b[2J'
    """
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(text))


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people: a title, a heading, rows of texts, and notes below.

    Parameters
    ----------
    title : what the table is of.
    heading : names of the columns.
    rows : texts, as many in each row as there are columns; columns that hold nothing are left out.
    notes : sentences that must be read with it.
    comment : a line for whoever reads the source: how to cite.

    Examples
    --------
    >>> table = Table("A sample", ("figure", "value"), (("distinct ids", "3"),))
    >>> print(table.markdown())
    A sample
    <BLANKLINE>
    | figure | value |
    | :--- | ---: |
    | distinct ids | 3 |
    """

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    comment: str = ""

    def markdown(self) -> str:
        """Return the table as GitHub and pandoc read it."""
        heading, rows = self._filled()
        sides = [":---", *["---:"] * (len(heading) - 1)]
        lines = [_paragraph(self.title), ""]
        for row in (list(map(_markdown, heading)), sides, *(map(_markdown, row) for row in rows)):
            lines.append(f"| {' | '.join(row)} |")
        for note in self.notes:
            lines += ["", _paragraph(note)]
        if self.comment:
            # Two hyphens in a row end a comment.
            comment = re.sub("-(?=-)", "- ", one_line(self.comment))
            lines += ["", f"<!-- {comment} -->"]
        return "\n".join(lines)

    def latex(self) -> str:
        """Return a ``table`` with booktabs' rules; the title and the notes are its caption."""
        heading, rows = self._filled()
        # A sentence ends with one full stop.
        caption = " ".join(f"{_latex(text).rstrip('.')}." for text in (self.title, *self.notes))
        lines = [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(heading) - 1)}}}",
            r"\toprule",
            f"{' & '.join(map(_latex, heading))} \\\\",
            r"\midrule",
            *(f"{' & '.join(map(_latex, row))} \\\\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
        if self.comment:
            lines.append(f"% {one_line(self.comment)}")
        return "\n".join(lines)

    def html(self) -> str:
        """Return an element for a notebook: no style sheet, no script, nothing from elsewhere."""
        heading, rows = self._filled()

        def row_of(tag: str, cells: Iterable[str]) -> str:
            first, *others = map(_html, cells)
            left = f'<{tag} style="text-align:left">{first}</{tag}>'
            rest = (f'<{tag} style="text-align:right">{cell}</{tag}>' for cell in others)
            return f"<tr>{left}{''.join(rest)}</tr>"

        notes = "".join(f"<p>{_html(note)}</p>" for note in self.notes)
        body = "".join(row_of("td", row) for row in rows)
        return (
            f'<div><table><caption style="text-align:left">{_html(self.title)}</caption>'
            f"<thead>{row_of('th', heading)}</thead><tbody>{body}</tbody></table>{notes}</div>"
        )

    def _filled(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        kept = [
            place for place in range(len(self.heading)) if any(row[place] for row in self.rows)
        ] or [0]
        rows = [tuple(row[place] for place in kept) for row in self.rows]
        return tuple(self.heading[place] for place in kept), rows


def csv_of(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> str:
    r"""Return records as CSV (RFC 4180, but for line ends), every number to its last digit.

    What is None is an empty cell. A text that a spreadsheet would take for a formula gets an
    apostrophe in front; a negative number does not.

    >>> csv_of(("name", "value"), [{"name": "=A1, b", "value": -0.1}])
    'name,value\n"\'=A1, b",-0.1'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([_plain(record[column]) for column in columns])
    return buffer.getvalue().removesuffix("\n")


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def _paragraph(text: str) -> str:
    # What would begin a list or a block of code.
    return re.sub(r"^(\d*)(?=[-+=.)](\s|$))", r"\1\\", _markdown(text.strip()))


def _latex(text: str) -> str:
    escaped = "".join(_LATEX.get(sign, sign) for sign in one_line(text))
    # Hyphens in a row become a dash, and one before a number is to be a minus.
    escaped = re.sub(r"-(?=-)", "-{}", escaped)
    return re.sub(r"(?<![\w}.-])-(?=[\d.])", "$-$", escaped)


def _html(text: str) -> str:
    return html.escape(one_line(text))
