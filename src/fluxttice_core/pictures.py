"""Pictures of a coverage report, as SVG whose bytes depend on the report alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import MissingExtraError
from .evidence.coverage import uniform_coverage

if TYPE_CHECKING:
    from .evidence.report import CoverageReport, PathwayReport

# Okabe & Ito's palette: told apart by colour-blind readers too.
_STYLE = {
    ("measured", "A"): ("#0072B2", "o", "A"),
    ("measured", "B"): ("#D55E00", "s", "B"),
    ("untrained control", "A"): ("#777777", "o", "A, random weights"),
    ("untrained control", "B"): ("#777777", "s", "B, random weights"),
    ("collapsed control", "A"): ("#BBBBBB", "o", "A, collapsed"),
    ("collapsed control", "B"): ("#BBBBBB", "s", "B, collapsed"),
}


def coverage_svg(report: CoverageReport) -> bytes:
    """Draw coverage against n beside the limit, and coverage against information.

    The left panel shows why coverage alone is no evidence: networks that learned nothing run
    along the limit. The right panel adds the axis that tells them apart.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("drawing the report", "report") from None
    everyone = (*report.measured, *report.controls)
    with matplotlib.rc_context({"svg.hashsalt": "fluxttice", "font.size": 9}):
        figure = Figure(figsize=(10.5, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_curves(left, everyone)
        _draw_plane(right, everyone)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _draw_curves(axes: Any, everyone: tuple[PathwayReport, ...]) -> None:
    numbers = sorted({figure.num_draws for figure in everyone[0].coverage})
    grid = np.unique(np.geomspace(numbers[0], numbers[-1], 200).astype(int))
    limit = [100 * uniform_coverage(int(n)) for n in grid]
    axes.plot(grid, limit, color="black", linewidth=1, label="limit: fair dice")
    for item in everyone:
        colour, marker, name = _STYLE[item.role, item.pathway]
        values = [100 * item.figure("sampled", n).expected for n in numbers]
        hollow = "none" if item.role != "measured" else colour
        axes.plot(
            numbers,
            values,
            marker,
            color=colour,
            markerfacecolor=hollow,
            label=name,
            markersize=5 if item.pathway == "A" else 8,
            fillstyle="full" if item.pathway == "A" else "none",
        )
    axes.set_xscale("log")
    axes.set_ylim(0, 103)
    axes.set_xlabel("number of draws n")
    axes.set_ylabel("expected coverage, sampled (%)")
    axes.set_title("Coverage alone: everyone near the limit", fontsize=10)
    axes.legend(frameon=False, loc="lower right")
    axes.grid(alpha=0.25)


def _draw_plane(axes: Any, everyone: tuple[PathwayReport, ...]) -> None:
    numbers = {figure.num_draws for figure in everyone[0].coverage}
    n = 50_000 if 50_000 in numbers else max(numbers)
    for item in everyone:
        colour, marker, name = _STYLE[item.role, item.pathway]
        axes.plot(
            item.information.mutual_information_nats,
            item.figure("sampled", n).ratio,
            marker,
            color=colour,
            label=name,
            markersize=7,
            fillstyle="full" if item.role == "measured" else "none",
        )
    axes.plot(everyone[0].information.limit_nats, 1.0, "*", color="black", markersize=12)
    axes.annotate(
        "perfect codebook",
        (everyone[0].information.limit_nats, 1.0),
        xytext=(-8, 8),
        textcoords="offset points",
        ha="right",
    )
    axes.set_xlim(-0.5, 10.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.15 * (high - low), high + 0.15 * (high - low))
    axes.set_xlabel("information of a latent about its operation, I(x; z) (nats)")
    axes.set_ylabel(f"C(n) / U(n) at n = {n:,}")
    axes.set_title("Coverage and information: only learning moves right", fontsize=10)
    axes.legend(frameon=False, loc="center")
    axes.grid(alpha=0.25)
