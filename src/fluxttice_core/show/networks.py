"""The networks of a report in the order, and by the names, in which every picture shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..evidence.report import CoverageReport, NetworkReport

Role = Literal["checkpoint", "untrained", "collapsed", "perfect"]
# role -> (name in a narrow column, name where there is room)
NAMES: dict[Role, tuple[str, str]] = {
    "checkpoint": ("model", "this model"),
    "untrained": ("untrained", "random weights"),
    "collapsed": ("collapsed", "collapsed decoder"),
    "perfect": ("perfect", "perfect codebook"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One network of a report and what it is called."""

    role: Role
    network: NetworkReport

    @property
    def short(self) -> str:
        """Name in a narrow column."""
        return NAMES[self.role][0]

    @property
    def name(self) -> str:
        """Name where there is room."""
        return NAMES[self.role][1]


def shown_networks(report: CoverageReport, *, every_seed: bool = False) -> list[Shown]:
    """Return the model first, then its controls; of the untrained the first seed alone, or all."""
    untrained = report.untrained if every_seed else report.untrained[:1]
    networks = [Shown("checkpoint", report.checkpoint)]
    networks += [Shown("untrained", item) for item in untrained]
    networks.append(Shown("collapsed", report.collapsed))
    if report.perfect is not None:
        networks.append(Shown("perfect", report.perfect))
    return networks
