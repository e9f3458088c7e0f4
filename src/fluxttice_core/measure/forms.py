"""How a report is shown: a few lines in a shell, a table in a notebook and in a paper, a frame.

A report says what it is of and which figures it has (:class:`Sheet`); every form is made of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from ..citing import citation
from ..errors import DrawsError, MissingExtraError
from ..tables import Table, csv_of, one_line
from .digits import interval_words, limit_words, value_words
from .drawings import new_axes
from .estimate import Estimate

TableForm = Literal["csv", "markdown", "latex", "html"]
# Of the records behind CSV and the frame: a figure a row, every number to its last digit.
COLUMNS = (
    "name",
    "figure",
    "value",
    "lower",
    "upper",
    "unit",
    "limit",
    "limit_deviation",
    "n",
    "method",
    "reason",
    "source",
    "software",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of a report.

    Parameters
    ----------
    name : as in the JSON.
    title : in words.
    estimate : value, interval, limit.
    limit_deviation : how the limit scatters, where it is the mean of chance.
    is_shown : in tables for people; the records hold every figure.
    """

    name: str
    title: str
    estimate: Estimate
    limit_deviation: float | None = None
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every form of a report is made of.

    Parameters
    ----------
    source : as the report names it.
    heading : what was measured, and how much of it.
    figures : the rows.
    main : names of those that stand in the few lines of a shell.
    limit : what the limits are called.
    notes : sentences without which the figures must not be read.
    draw : fills matplotlib axes.
    """

    source: str
    heading: str
    figures: tuple[Figure, ...]
    main: tuple[str, ...]
    limit: str
    notes: tuple[str, ...]
    draw: Callable[[Any], None]


class Forms:
    """Mixin of a report: the forms in which it is shown."""

    __slots__ = ()

    def _sheet(self) -> Sheet:
        raise NotImplementedError

    def __repr__(self) -> str:
        sheet = self._sheet()
        rows = [item for item in sheet.figures if item.name in sheet.main]
        width = max((len(item.title) for item in rows), default=0)
        lines = [f"{type(self).__name__}: {one_line(sheet.heading)}"]
        for item in rows:
            line = f"  {item.title.ljust(width)}  {value_words(item.estimate)}"
            if sure := interval_words(item.estimate):
                line += f"; {sure}" if item.estimate.interval is None else f"; 95 %: {sure}"
            if limit := limit_words(item.estimate, item.estimate.limit):
                line += f"; {sheet.limit}: {limit}"
            lines.append(one_line(line))
        return "\n".join(lines + [f"  {one_line(note)}" for note in sheet.notes])

    def _repr_html_(self) -> str:
        return self._table().html()

    def to_table(self, form: TableForm = "markdown") -> str:
        """Return the figures as a table for a paper or a spreadsheet.

        Markdown, LaTeX (booktabs) and HTML are for people: digits as far as the interval goes, its
        ends rounded outward. CSV holds every figure and every digit, a figure a row, with no
        comment; what is withheld is an empty cell beside its reason.

        Parameters
        ----------
        form : "markdown", "latex", "csv" or "html".

        Raises
        ------
        DrawsError
            Another form.

        Examples
        --------
        >>> from fluxttice_core import measure
        >>> print(measure.draws(["a", "a", "b"]).to_table("csv").splitlines()[3][:26])
        chao1,Chao1,2.0,2.0,,ids,,
        """
        if form == "csv":
            return csv_of(COLUMNS, self._records())
        if form == "markdown":
            return self._table().markdown()
        if form == "latex":
            return self._table().latex()
        if form == "html":
            return self._table().html()
        raise DrawsError(f'expected form "markdown", "latex", "csv" or "html", got {form!r}')

    def to_frame(self) -> Any:
        """Return every figure as a row of a pandas DataFrame: name, figure, value, lower, upper ...

        ``value`` and the ends of the interval are floats, NaN where they are withheld or open;
        ``reason`` says why. The columns are those of the CSV.

        Raises
        ------
        MissingExtraError
            pandas is not installed.

        Examples
        --------
        >>> from fluxttice_core import measure
        >>> frame = measure.draws(["a", "a", "b"]).to_frame()
        >>> float(frame.set_index("name").loc["unseen_mass", "value"])
        0.3333333333333333
        """
        try:
            import pandas as pd
        except ModuleNotFoundError:
            raise MissingExtraError("a report as a frame", "frame") from None
        numbers = ("value", "lower", "upper", "limit", "limit_deviation")
        frame = pd.DataFrame(list(self._records()), columns=list(COLUMNS))
        types: Mapping[Any, Any] = dict.fromkeys(numbers, "float64") | {"n": "Int64"}
        return frame.astype(types)

    def plot(self, axes: Any = None) -> Any:
        """Draw the report, and return the matplotlib axes.

        Draws and sampling units: the curve of distinct ids with its interval, beside the limit.
        Others: their figures with their intervals.

        Parameters
        ----------
        axes : to draw on; None for a new figure.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        DrawsError
            There is nothing to draw, as of dependent draws; it says why.
        """
        axes = new_axes(axes)
        self._sheet().draw(axes)
        return axes

    def _table(self) -> Table:
        sheet = self._sheet()
        rows = tuple(
            (
                item.title,
                value_words(item.estimate),
                interval_words(item.estimate),
                limit_words(item.estimate, item.estimate.limit),
                limit_words(item.estimate, item.limit_deviation),
                item.estimate.unit,
            )
            for item in sheet.figures
            if item.is_shown
        )
        heading = ("figure", "value", "95 % interval", sheet.limit, "its deviation", "unit")
        return Table(sheet.heading, heading, rows, sheet.notes, f"Cite as: {citation()}")

    def _records(self) -> Iterator[dict[str, Any]]:
        sheet = self._sheet()
        software = f"fluxttice_core {version('fluxttice_core')}"
        for item in sheet.figures:
            found = item.estimate
            lower, upper = found.interval or (None, None)
            yield {
                "name": item.name,
                "figure": item.title,
                "value": found.value,
                "lower": lower,
                "upper": upper,
                "unit": found.unit,
                "limit": item.estimate.limit,
                "limit_deviation": item.limit_deviation,
                "n": found.n,
                "method": found.method,
                "reason": found.reason,
                "source": sheet.source,
                "software": software,
            }


def figures_of(
    estimates: Mapping[str, Estimate],
    title: Callable[[str], str],
    is_shown: Callable[[str], bool] = lambda _: True,
) -> tuple[Figure, ...]:
    """Return a figure for each estimate."""
    return tuple(
        Figure(name, title(name), item, is_shown=is_shown(name)) for name, item in estimates.items()
    )
