"""Pictures of a coverage report, as SVG whose bytes depend on the report alone.

Text is drawn in one ink colour that a page can replace, on a transparent ground.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError
from ..gates.operations import NUM_OPERATIONS
from ..measure.coverage import uniform_coverage
from .networks import Shown, shown_networks

if TYPE_CHECKING:
    from ..evidence.figures import PathwayReport
    from ..evidence.report import CoverageReport

INK = "#1c1e21"
# Okabe & Ito's palette: told apart by colour-blind readers too.
COLOURS = {"A": "#0072B2", "B": "#D55E00"}
GREYS: dict[str, str] = {"untrained": "#8a8a8a", "collapsed": "#CC79A7", "perfect": "#009E73"}
MARKERS = {"A": "o", "B": "s"}

Metrics = Sequence[Mapping[str, Any]]


def coverage_svg(report: CoverageReport) -> bytes:
    """Draw coverage against n beside the limit, and coverage against information, side by side.

    The left panel shows why coverage alone is no evidence: networks that learned nothing run
    along the limit. The right panel adds the axis that tells them apart.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        _draw_curves(left, report, "sampled")
        left.set_title("Coverage alone: everyone near the limit", fontsize=10)
        _draw_plane(right, report)
        right.set_title("Coverage and information: noise stays left", fontsize=10)

    return as_svg(draw, (10.5, 4.2), "coverage")


def report_svgs(report: CoverageReport, history: Metrics = ()) -> dict[str, bytes]:
    """Draw every figure of the report page, by name.

    Parameters
    ----------
    history : one record of metrics per epoch; without it there is no history figure.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    figures: dict[str, tuple[Callable[[Any], None], tuple[float, float]]] = {
        "coverage-sampled": (lambda axes: _draw_curves(axes, report, "sampled"), (5.6, 3.9)),
        "coverage-mode": (lambda axes: _draw_curves(axes, report, "mode"), (5.6, 3.9)),
        "plane": (lambda axes: _draw_plane(axes, report), (5.6, 3.9)),
        "masses": (lambda axes: _draw_masses(axes, report), (5.6, 3.9)),
        "kl": (lambda axes: _draw_kl(axes, report), (5.6, 3.2)),
        "reconstruction": (lambda axes: _draw_reconstruction(axes, report), (5.6, 3.2)),
    }

    def alone(draw: Callable[[Any], None]) -> Callable[[Any], None]:
        return lambda figure: draw(figure.subplots())

    drawn = {
        name: as_svg(alone(draw), size, name, transparent=True)
        for name, (draw, size) in figures.items()
    }
    for name, title, keys, scale in HISTORY:
        if sum(all(key in record for key in keys.values()) for record in history) > 1:
            past = partial(_draw_history, history=history, title=title, keys=keys, scale=scale)
            drawn[f"history-{name}"] = as_svg(alone(past), (4.2, 2.7), name, transparent=True)
    return drawn


# A loss that rounds to 0 has no place on a logarithmic axis: what lies lower is drawn here.
FLOOR = 1e-6
# name, title, label -> key of the metrics, scale of the axis
HISTORY: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("score", "selection score (fixed rule)", {"": "selection_score"}, "linear"),
    ("loss", "validation loss (nats, from 1e-6)", {"": "validation_nll"}, "log"),
    (
        "information",
        "I(x; z) (nats)",
        {"A": "mutual_information_nats_A", "B": "mutual_information_nats_B"},
        "linear",
    ),
    ("chi-square", "chi-square from uniform", {"A": "chi_square_A", "B": "chi_square_B"}, "log"),
    ("coverage", "distinct gates drawn", {"A": "coverage_A", "B": "coverage_B"}, "linear"),
    (
        "exact",
        "exact on validation",
        {"A": "validation_exact_rate_A", "B": "validation_exact_rate_B"},
        "linear",
    ),
)


def as_svg(
    draw: Callable[[Any], None],
    size: tuple[float, float],
    salt: str,
    *,
    transparent: bool = False,
) -> bytes:
    """Let ``draw`` fill a matplotlib figure of ``size`` inches in the house style.

    ``salt`` names the picture: it takes the place of chance in the ids of its elements.
    ``transparent``: for a page that gives the ink its colour; alone, a picture needs its ground.

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
    style: Any = {
        "svg.hashsalt": f"fluxttice-{salt}",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=transparent)
    return buffer.getvalue()


def _pathways(report: CoverageReport) -> list[tuple[Shown, PathwayReport]]:
    return [(shown, item) for shown in shown_networks(report) for item in shown.network.pathways]


def _colour(shown: Shown, item: PathwayReport) -> str:
    return COLOURS[item.pathway] if shown.role == "checkpoint" else GREYS[shown.role]


def _draw_curves(axes: Any, report: CoverageReport, reading: str) -> None:
    everyone = _pathways(report)
    grid = [n for n, *_ in everyone[0][1].curve]
    limit = [100 * uniform_coverage(n, NUM_OPERATIONS) for n in grid]
    axes.plot(grid, limit, color=INK, linewidth=4, alpha=0.25, label="limit: fair dice")
    for shown, item in everyone:
        axes.plot(
            [n for n, *_ in item.curve],
            [100 * values[0 if reading == "sampled" else 1] for _, *values in item.curve],
            color=_colour(shown, item),
            linewidth=1.4 if shown.role == "checkpoint" else 1.0,
            linestyle="-" if item.pathway == "A" else "--",
            label=f"{shown.name}, {item.pathway}",
        )
    axes.set_xscale("log")
    axes.set_ylim(-2, 104)
    axes.set_xlabel("number of draws n")
    axes.set_ylabel(f"expected coverage, {reading} (%)")
    axes.legend(fontsize=8, loc="upper left")
    axes.grid(alpha=0.2)


def _draw_plane(axes: Any, report: CoverageReport) -> None:
    everyone, n = _pathways(report), report.compared_draws
    for shown, item in everyone:
        figure = None if n is None else item.figure("sampled", n)
        if figure is None or figure.ratio is None or figure.standard_error is None:
            continue
        information = item.information
        axes.errorbar(
            information.mutual_information_nats,
            figure.ratio,
            xerr=information.half_width * information.mutual_information_error,
            yerr=information.half_width * figure.standard_error / figure.limit,
            fmt=MARKERS[item.pathway],
            color=_colour(shown, item),
            elinewidth=1,
            label=f"{shown.name}, {item.pathway}",
            markersize=8,
            fillstyle="full" if shown.role == "checkpoint" else "none",
        )
    limit = everyone[0][1].information.limit_nats
    axes.plot(limit, 1.0, "*", color=INK, markersize=13, linestyle="none", label="limit")
    axes.plot(0.0, 1.0, "x", color=INK, markersize=8, linestyle="none", label="fair dice")
    axes.set_xlim(-0.5, 10.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
    axes.set_xlabel("information of a latent about its gate, I(x; z) (nats)")
    of = "too few latents" if n is None else f"n = {n:,}"
    axes.set_ylabel(f"C(n) / U(n), sampled, {of}")
    axes.legend(fontsize=8, loc="center")
    axes.grid(alpha=0.2)


def _draw_masses(axes: Any, report: CoverageReport) -> None:
    axes.axhline(1.0, color=INK, linewidth=4, alpha=0.25, label="uniform")
    for shown, item in _pathways(report):
        if shown.role == "collapsed":
            continue
        axes.plot(
            [rank for rank, *_ in item.ranked_masses],
            [max(mass, 1e-4) for _, mass, _ in item.ranked_masses],
            color=_colour(shown, item),
            linestyle="-" if item.pathway == "A" else "--",
            label=f"{shown.name}, {item.pathway}",
        )
    axes.set_yscale("log")
    axes.set_xlabel("gates from the commonest to the rarest")
    axes.set_ylabel("N p(x), 1 is fair")
    axes.legend(fontsize=8, loc="lower left")
    axes.grid(alpha=0.2)


def _draw_kl(axes: Any, report: CoverageReport) -> None:
    for offset, item in zip((-0.2, 0.2), report.posterior, strict=True):
        values = sorted(item.kl_per_dimension_nats, reverse=True)
        places = np.arange(len(values)) + offset
        name = f"{item.pathway}: {item.kl_nats:.1f} nats in all"
        axes.bar(places, values, 0.4, color=COLOURS[item.pathway], label=name)
    axes.set_xlabel("latent dimension, by rank")
    axes.set_ylabel("KL to the prior (nats)")
    axes.legend(fontsize=8)


def _draw_reconstruction(axes: Any, report: CoverageReport) -> None:
    rows = report.checkpoint.reconstruction
    rhos = sorted({row.rho for row in rows})
    for pathway, colour in COLOURS.items():
        rates = [
            100
            * sum(row.num_exact for row in rows if (row.pathway, row.rho) == (pathway, rho))
            / NUM_OPERATIONS
            for rho in rhos
        ]
        line = "-" if pathway == "A" else "--"
        axes.plot(rhos, rates, line, marker=MARKERS[pathway], color=colour, label=pathway)
    axes.axvline(report.rho, color=INK, alpha=0.3, linewidth=1)
    axes.annotate(
        "the file's rho", (report.rho, 3), xytext=(4, 0), textcoords="offset points", fontsize=8
    )
    axes.set_ylim(-3, 105)
    axes.set_xlabel("share of the other pathway's code, rho (0: own code)")
    axes.set_ylabel("exact reconstruction (%)")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.2)


def _draw_history(
    axes: Any, history: Metrics, title: str, keys: Mapping[str, str], scale: str
) -> None:
    for label, key in keys.items():
        points = [(record["epoch"], record[key]) for record in history if key in record]
        if scale == "log":
            points = [(epoch, max(value, FLOOR)) for epoch, value in points]
        colour = COLOURS.get(label, INK)
        # Few points are shown as such: a line through two would say more than was measured.
        marker = "o" if len(points) < 40 else ""
        axes.plot(
            *zip(*points, strict=True),
            color=colour,
            label=label,
            linewidth=1.2,
            marker=marker,
            markersize=3,
        )
    last = history[-1]["epoch"]
    axes.axvline(last, color="#009E73", linewidth=1.5, label="this file")
    losses = [
        (record["validation_nll"], record["epoch"])
        for record in history
        if ("validation_nll" in record)
    ]
    if losses:
        axes.axvline(
            min(losses)[1], color="#CC79A7", linewidth=1.5, linestyle=":", label="lowest loss"
        )
    axes.set_yscale(scale)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("epoch", fontsize=8)
    axes.legend(fontsize=7)
    axes.grid(alpha=0.2)
