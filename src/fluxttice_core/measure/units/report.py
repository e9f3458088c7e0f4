"""What presence and absence by sampling unit tell: the report, and the call that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import DrawsError
from ..arguments import checked, text, wholes
from ..drawings import draw_units
from ..estimate import CONFIDENCE_LEVEL, Estimate
from ..forms import Forms, Sheet, figures_of
from ..registry import Registry
from .counts import IncidenceCounts, as_incidence, chao2, incidence_coverage, rarefied_units

SCHEMA = "fluxttice_core/incidence-report/v1"
_GRID = (0.1, 0.25, 0.5, 0.75, 1.0)
SUPPOSED = "the units are taken to be independent; nothing in the incidences alone tests it"


def _distinct_ids(units: IncidenceCounts, _: Any) -> Estimate:
    found = rarefied_units(units, units.num_units)
    return Estimate(
        units.observed_richness,
        found.interval,
        unit="ids",
        method="exact count; the interval is that of its expectation over as many units (Colwell "
        "et al. 2012)",
        n=units.num_units,
    )


OF_INCIDENCE = Registry()
OF_INCIDENCE.add("observed_richness", "distinct ids", _distinct_ids, is_count=True)
OF_INCIDENCE.add("chao2", "richness, at least (Chao2)", lambda units, _: chao2(units))
OF_INCIDENCE.add(
    "incidence_coverage",
    "share of all presences that the ids found have",
    lambda units, _: incidence_coverage(units),
)


@dataclass(frozen=True, slots=True, repr=False)
class IncidenceReport(Forms):
    """What incidences tell, by name: ``estimates``, and ``curve``, the distinct ids by units.

    Examples
    --------
    >>> report = incidence([{"oak", "elm", "yew"}, {"oak", "ash"}, {"oak", "elm"}])
    >>> report.estimates["chao2"]
    Estimate(4.3 ids, 95 % interval 4.0 .., n = 3)
    """

    source: str
    num_units: int
    num_incidences: int
    estimates: Mapping[str, Estimate]
    curve: Mapping[int, Estimate]
    schema: str = SCHEMA

    def _sheet(self) -> Sheet:
        return Sheet(
            self.source,
            f"{self.source}: {self.num_units:,} sampling units, {self.num_incidences:,} presences",
            figures_of(self.estimates, OF_INCIDENCE.title),
            tuple(self.estimates),
            "limit",
            (f"{SUPPOSED[0].upper()}{SUPPOSED[1:]}.",),
            lambda axes: draw_units(axes, self),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "schema": self.schema,
            "source": self.source,
            "num_units": self.num_units,
            "num_incidences": self.num_incidences,
            "confidence_level": CONFIDENCE_LEVEL,
            "estimates": {name: item.as_dict() for name, item in self.estimates.items()},
            "curve": [{"num_units": t, **item.as_dict()} for t, item in self.curve.items()],
            "supposed": SUPPOSED,
        }


@checked(num_units=wholes(1), name=text)
def incidence(
    units: Any, *, num_units: Sequence[int] = (), name: str = "incidences"
) -> IncidenceReport:
    """Report on ids found or not in each of a number of sampling units.

    For draws that come in groups (tokens of an image, species of a plot, peptides of a subject),
    where ids within a group depend on each other and only the groups are independent. The curve's
    intervals also suppose that one id is found independently of another: see `rarefied_units`.

    Parameters
    ----------
    units : presence and absence ``(units, ids)``; a set of ids per unit; or
        :class:`IncidenceCounts`.
    num_units : numbers of units at which the curve is given, beside a grid of its own.
    name : of the source, for the report.

    Raises
    ------
    DrawsError
        No incidences, values other than 0 and 1, or a point of the curve beyond the units.

    References
    ----------
    Chao (1987), Biometrics 43; Colwell et al. (2012), J. Plant Ecol. 5.

    Examples
    --------
    >>> incidence([[1, 1, 0], [1, 0, 1], [1, 1, 0]]).estimates["observed_richness"].value
    3
    """
    counted = as_incidence(units)
    total = counted.num_units
    if any(wanted > total or wanted < 1 for wanted in num_units):
        raise DrawsError(f"expected 1 to {total:,} units for the curve, got {list(num_units)}")
    wanted = sorted({max(1, round(share * total)) for share in _GRID} | set(num_units))
    return IncidenceReport(
        source=name,
        num_units=total,
        num_incidences=counted.num_incidences,
        estimates={key: item(counted) for key, item in OF_INCIDENCE.items()},
        curve={t: rarefied_units(counted, t) for t in wanted},
    )
