"""Reports on matplotlib axes: a curve with its band and its limit, figures with their intervals.

The functions take axes that somebody made; only :func:`new_axes` loads matplotlib. Reports are any
here, by their attributes: it is they that import this file, for their ``plot``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import DrawsError, MissingExtraError
from .coverage import uniform_coverage
from .estimate import Estimate, Interval

# Okabe & Ito's palette: told apart by colour-blind readers too.
COLOUR, OTHER, LIMIT = "#0072B2", "#D55E00", "#8a8a8a"
BAND = "95 % interval"


def new_axes(axes: Any = None) -> Any:
    """Return the axes given, or those of a new figure.

    Raises
    ------
    MissingExtraError
        There are none, and matplotlib is not installed.
    """
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError:
        raise MissingExtraError("drawing a report", "report") from None
    return pyplot.subplots(layout="constrained")[1]


def draw_rarefaction(axes: Any, report: Any) -> None:
    """Draw the curve of a ``DrawsReport``: the ids that fewer and more draws meet, and the limit.

    The line is whole up to the draws that there are and dashed beyond them; the limit, what as many
    throws of fair dice meet, is drawn where the size of the space is known.

    Raises
    ------
    DrawsError
        The report has no curve: its draws are dependent, or come in groups.
    """
    if not report.curve:
        raise DrawsError(
            "expected a report with a curve, got none: it supposes independent draws; its figures "
            "are in to_table()"
        )
    num_draws = np.array([n for n, *_ in report.curve])
    richness = np.array([value for _, value, _ in report.curve])
    size = report.space_size
    if size is not None:
        grid = np.linspace(0.0, num_draws[-1], 200)
        limit = [size * uniform_coverage(float(n), size) if n else 0.0 for n in grid]
        axes.plot(grid, limit, color=LIMIT, linewidth=3, alpha=0.6, label="limit: fair dice")
    draw_curve(axes, num_draws, richness, report.curve_ci, report.num_draws)
    axes.set_xlabel("number of draws n")
    axes.set_ylabel("expected distinct ids")
    axes.legend(loc="lower right")


def draw_curve(
    axes: Any, places: Any, values: Any, intervals: Sequence[Interval | None], last: float
) -> None:
    """Draw a curve from 0 on, dashed beyond ``last``, over the band of its intervals.

    Where an interval is open above there is no band: a triangle stands on its lower end.
    """
    ends = [
        (place, *interval)
        for place, interval in zip(places, intervals, strict=True)
        if interval is not None and interval[0] is not None
    ]
    closed = [(place, low, high) for place, low, high in ends if high is not None]
    if closed:
        x, low, high = (np.array([0.0, *part]) for part in zip(*closed, strict=True))
        axes.fill_between(x, low, high, color=COLOUR, alpha=0.2, linewidth=0, label=BAND)
    open_above = [(place, low) for place, low, high in ends if high is None]
    if open_above:
        axes.plot(*zip(*open_above, strict=True), "^", color=COLOUR, label="95 %: at least")
    x, y = np.array([0.0, *places]), np.array([0.0, *values])
    axes.plot(x[x <= last], y[x <= last], "-", color=COLOUR, label="measured")
    if x[-1] > last:
        axes.plot(x[x >= last], y[x >= last], "--", color=COLOUR, label="extrapolated")
    axes.axvline(last, color=LIMIT, linewidth=1, linestyle=":")
    axes.grid(alpha=0.2)


def draw_ranks(axes: Any, report: Any) -> None:
    """Draw the counts of a ``DrawsReport`` by rank, both in logarithms: the commonest id first.

    Of a known space the mean of fair dice stands beside them, where it is a draw or more.

    Raises
    ------
    DrawsError
        The report was made without its counts.
    """
    if report.frequencies is None:
        raise DrawsError("expected a report with its counts of counts, got none")
    times = np.array(report.frequencies.times[::-1], dtype=float)
    last = np.cumsum(report.frequencies.num_ids[::-1])
    first = np.append(1, last[:-1] + 1)
    places = np.column_stack([first, last]).ravel()
    axes.loglog(places, np.repeat(times, 2), "-", color=COLOUR, label="these draws")
    if report.space_size is not None:
        mean = report.num_draws / report.space_size
        if mean >= 1.0:
            words = f"fair dice, on average: {mean:,.1f}"
            axes.axhline(mean, color=LIMIT, linewidth=3, alpha=0.6, label=words)
    # Whole numbers as such; within one power of ten the small ticks are all there is to read.
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_minor_formatter("{x:,.0f}" if times[0] < 10 * times[-1] else "")
    axes.set_xlabel("rank of the id")
    axes.set_ylabel("times drawn")
    axes.legend(loc="upper right")
    axes.grid(alpha=0.2)


def draw_units(axes: Any, report: Any) -> None:
    """Draw the curve of an ``IncidenceReport``: the ids that fewer sampling units hold."""
    values = [float(item) for item in report.curve.values()]
    intervals = [item.interval for item in report.curve.values()]
    draw_curve(axes, list(report.curve), values, intervals, report.num_units)
    axes.set_xlabel("number of sampling units")
    axes.set_ylabel("expected distinct ids")
    axes.legend(loc="lower right")


def draw_expected_coverage(axes: Any, report: Any) -> None:
    """Draw a ``DistributionReport``: exact coverage at each n, where a run falls, and the limit.

    Raises
    ------
    DrawsError
        The report was made without an n.
    """
    if not report.coverage:
        raise DrawsError(
            "expected a report with coverage at some n, got none; give num_draws=(100, 1000)"
        )
    points = sorted(report.coverage)
    n = [point[0] for point in points]
    axes.plot(n, [point[2] for point in points], color=LIMIT, linewidth=3, label="limit: fair dice")
    low, high = zip(*(point[3] for point in points), strict=True)
    axes.fill_between(n, low, high, color=COLOUR, alpha=0.2, linewidth=0, label="one run, 95 %")
    axes.plot(n, [point[1] for point in points], "o-", color=COLOUR, label="expected")
    axes.set_xlabel("number of draws n")
    axes.set_ylabel("coverage")
    axes.legend(loc="lower right")
    axes.grid(alpha=0.2)


def draw_floors(axes: Any, report: Any) -> None:
    """Draw a ``TargetReport``: each distance, in deviations of a perfect sampler from its mean.

    Raises
    ------
    DrawsError
        Dependent draws, which are not placed among perfect samplers.
    """
    places = {name: floor.excess for name, floor in report.floors.items()}
    known = {name: excess for name, excess in places.items() if excess is not None}
    if not known:
        raise DrawsError(
            "expected distances beside those of a perfect sampler, got none that can be placed; "
            "the figures are in to_table()"
        )
    axes.axvspan(-2.0, 2.0, color=LIMIT, alpha=0.25, label="perfect sampler, +- 2 deviations")
    axes.axvline(0.0, color=LIMIT, linewidth=1)
    axes.plot(list(known.values()), list(known), "o", color=COLOUR, label="these draws")
    axes.set_xlabel("deviations above a perfect sampler's mean")
    # Above the axes, where no distance can lie under it.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    axes.grid(alpha=0.2)


def draw_figures(
    axes: Any, figures: Iterable[tuple[str, Estimate]], colours: Sequence[str]
) -> None:
    """Draw figures of one unit below each other, each with its interval and its limit.

    An interval that is open above ends in an arrow's head; what is withheld is left out.

    Raises
    ------
    DrawsError
        Every figure is withheld.
    """
    known = [(label, item) for label, item in figures if item.value is not None]
    if not known:
        raise DrawsError("expected a figure to draw, got none that is not withheld; see to_table()")
    for place, (label, estimate) in enumerate(known):
        value, colour = float(estimate), colours[place % len(colours)]
        low, high = estimate.interval or (value, value)
        ends = [value if low is None else low, value if high is None else high]
        axes.plot(ends, [label, label], color=colour)
        axes.plot([value], [label], ">" if high is None else "o", color=colour)
        if estimate.limit is not None:
            axes.plot([estimate.limit], [label], "|", color=LIMIT, markersize=18, markeredgewidth=3)
    axes.invert_yaxis()
    axes.grid(alpha=0.2)
