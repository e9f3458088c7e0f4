"""The page of a report on draws, masses or units: what was read, the figures, and pictures of them.

It needs no network. What must be said before a figure is read stands above the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Any

from ..citing import citation
from ..errors import DrawsError
from ..measure import DrawsReport
from ..measure.drawings import draw_ranks
from .pictures import as_svg
from .skeleton import escaped, figure_of, table_of, whole_page

_SIZE = (6.4, 4.4)


def measured_page(report: Any, words: str, read: str, command: str) -> bytes:
    """Lay out the page; its bytes depend on the arguments and the version alone.

    Parameters
    ----------
    report : any report of ``measure`` that can be shown as a table and drawn.
    words : the report as the terminal shows it; its last paragraph says what it comes to.
    read : what was read, as lines.
    command : how to make the page again.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    found = words.removeprefix(read).strip()
    first, _, rest = found.partition("\n")
    body = [f"<h1>{escaped(first)}</h1>"]
    body += [f'<p class="soft">{escaped(line)}</p>' for line in read.splitlines() if line]
    independence = getattr(report, "independence", None)
    if independence is not None and not independence.holds:
        faults = "".join(f"<li>{escaped(fault)}</li>" for fault in independence.faults)
        body.append(
            '<p class="verdict bad">Not independent draws, so no estimate and no ratio is given. '
            f"What was drawn says less about the generator.</p><ul>{faults}</ul>"
        )
    else:
        closing = rest.rpartition("\n\n")[2].replace("\n", " ")
        body.append(f'<p class="verdict">{escaped(closing)}</p>')
    body.append('<div class="scroll">' + report.to_table("html") + "</div>")
    pictures = []
    for name, draw, caption in _drawings(report):
        # A report says itself what of it cannot be drawn, such as distances that have no place.
        with suppress(DrawsError):
            pictures.append(figure_of(_svg(name, draw), caption))
    if pictures:
        body.append(f'<h2>Figures</h2><div class="grid">{"".join(pictures)}</div>')
    body.append(f'<h2>As text</h2><div class="scroll"><pre>{escaped(found)}</pre></div>')
    rows = [
        ["made by", escaped(f"fluxttice_core {version('fluxttice_core')}")],
        ["made again by", f"<code>{escaped(command)}</code>"],
        ["cite as", escaped(citation())],
    ]
    body.append("<h2>Where this comes from</h2>" + table_of(["", ""], rows))
    return whole_page(first, body)


def _svg(name: str, draw: Callable[[Any], Any]) -> bytes:
    def fill(figure: Any) -> None:
        draw(figure.subplots())

    return as_svg(fill, _SIZE, name, transparent=True)


def _drawings(report: Any) -> list[tuple[str, Callable[[Any], Any], str]]:
    """Name, drawing and caption of each picture that can be made of the report."""
    drawings: list[tuple[str, Callable[[Any], Any], str]] = []
    if not isinstance(report, DrawsReport):
        return [("figures", report.plot, "The figures with their intervals, and their limits.")]
    if report.curve:
        beside = "" if report.space_size is None else " Fair dice are the limit."
        drawings.append(
            (
                "rarefaction",
                report.plot,
                f"Distinct ids that fewer draws meet, and up to {report.curve[-1][0]:,} would; "
                f"{report.num_draws:,} met {report.observed_richness:,}.{beside}",
            )
        )
    if report.frequencies is not None:
        drawings.append(
            (
                "ranks",
                partial(draw_ranks, report=report),
                "How often each id was drawn, the commonest first: "
                f"{report.frequencies.times[-1]:,} times; {report.frequencies.seen(1):,} ids once.",
            )
        )
    return drawings
