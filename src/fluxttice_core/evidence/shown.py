"""The figures of a coverage report as rows of a table, and its curves on axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..measure.coverage import uniform_coverage
from ..measure.drawings import COLOUR, LIMIT, OTHER
from ..measure.estimate import Estimate
from ..measure.forms import Figure
from .figures import PathwayReport
from .intervals import interval_of

_OF_CONTROLS = {"untrained": "#8a8a8a", "collapsed": "#CC79A7", "perfect": "#009E73"}


def network_figures(
    network: Any, compared: int | None, methods: Mapping[str, str]
) -> Iterator[Figure]:
    """Yield the figures of a ``NetworkReport``, each beside its limit.

    People are shown the sampled coverage, of a control at the n compared alone; records hold all.
    """
    seed = f", seed {network.seed}" if network.role == "untrained" else ""
    for item in network.pathways:
        key = f"{network.role}{f'_{network.seed}' if seed else ''}.{item.pathway}"
        whose = f"{network.role} {item.pathway}{seed}"
        size = item.information.space.size
        exact = Estimate(
            network.num_exact(item.pathway),
            unit="words",
            method=methods["reconstruction"],
            limit=float(size),
        )
        yield Figure(f"{key}.num_exact", f"{whose}: exact, own code", exact)
        for figure in item.coverage:
            sampled, n = figure.reading == "sampled", figure.num_draws
            estimate = Estimate(
                figure.coverage,
                figure.coverage_ci,
                unit="share",
                method=methods[f"{figure.reading}.coverage"],
                limit=figure.limit,
                n=n,
                reason=figure.withheld,
            )
            yield Figure(
                f"{key}.{figure.reading}.{n}",
                f"{whose}: expected coverage, {figure.reading}, n = {n:,}",
                estimate,
                is_shown=sampled and (network.role == "checkpoint" or n == compared),
            )
        yield from _information(item, key, whose, methods)


def _information(
    item: PathwayReport, key: str, whose: str, methods: Mapping[str, str]
) -> Iterator[Figure]:
    found = item.information
    for name, title, unit, limit in (
        ("mutual_information_nats", "information I(x; z)", "nats", found.limit_nats),
        ("chi_square", "chi-square from uniform", "chi-square", 0.0),
    ):
        value = getattr(found, name)
        error = getattr(found, f"{name.removesuffix('_nats')}_error")
        ends = interval_of(value, error, found.half_width)
        estimate = Estimate(
            value,
            None if ends is None else (ends[0], ends[1]),
            unit=unit,
            method=methods[name],
            limit=limit,
        )
        yield Figure(f"{key}.{name}", f"{whose}: {title}", estimate)


def draw_networks(axes: Any, networks: Sequence[Any]) -> None:
    """Draw the expected coverage of each ``NetworkReport`` against n, beside the limit."""
    for network in networks:
        for item in network.pathways:
            grid = [n for n, *_ in item.curve]
            own = COLOUR if item.pathway == "A" else OTHER
            axes.plot(
                grid,
                [sampled for _, sampled, _ in item.curve],
                color=_OF_CONTROLS.get(network.role, own),
                linestyle="-" if item.pathway == "A" else "--",
                label=f"{network.role}, {item.pathway}",
            )
    size = networks[0].pathways[0].information.space.size
    limit = [uniform_coverage(n, size) for n in grid]
    axes.plot(grid, limit, color=LIMIT, linewidth=4, alpha=0.5, label="limit: fair dice", zorder=0)
    axes.set_xscale("log")
    axes.set_xlabel("number of draws n")
    axes.set_ylabel("expected coverage, sampled")
    axes.legend(loc="upper left")
    axes.grid(alpha=0.2)
