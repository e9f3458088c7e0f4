"""The report on presence by sampling unit as text for a terminal."""

from __future__ import annotations

from ..measure import OF_INCIDENCE, IncidenceReport
from ..measure.units.report import SUPPOSED
from .words import table


def incidence_text(report: IncidenceReport) -> str:
    """Lay out the report on presence by sampling unit."""
    seen = report.estimates["observed_richness"].value_text()
    figures = [
        (OF_INCIDENCE.title(name), item.value_text(), item.interval_text())
        for name, item in report.estimates.items()
    ]
    curve = [
        (f"{num_units:,}", item.value_text(), item.interval_text())
        for num_units, item in report.curve.items()
    ]
    return "\n".join(
        [
            f"{report.source}: {report.num_units:,} sampling units, {seen} distinct ids, "
            f"{report.num_incidences:,} presences",
            "",
            table(("figure", "value", "95 % interval"), figures),
            "",
            table(("units", "distinct ids", "95 % interval"), curve),
            "",
            f"{SUPPOSED[0].upper()}{SUPPOSED[1:]}.",
        ]
    )
