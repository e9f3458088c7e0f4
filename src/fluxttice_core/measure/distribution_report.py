"""What known masses tell: the report on a distribution, and the call that makes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .arguments import checked, text, wholes
from .coverage import expected_coverage, run_interval, uniform_coverage
from .drawings import draw_expected_coverage
from .estimate import Estimate
from .forms import Forms, Sheet, figures_of
from .masses import as_masses
from .of_masses import OF_MASSES
from .registry import ValueOf, flat_figures
from .space import Space

SCHEMA = "fluxttice_core/distribution-report/v1"


@dataclass(frozen=True, slots=True, repr=False)
class DistributionReport(Forms):
    """Exact figures of a distribution given as its masses: nothing is estimated.

    ``estimates`` holds every figure by name; ``entropy_nats``, ``chi_square`` and
    ``total_variation`` are attributes too. ``coverage``: for each n the expected coverage, the
    limit, and the interval of one real run.

    Examples
    --------
    >>> report = distribution([0.5, 0.25, 0.25], num_draws=(2,))
    >>> report.estimates["hill_number_2"]
    Estimate(2.7 ids, limit 3.0)
    """

    source: str
    space_size: int
    coverage: tuple[tuple[int, float, float, tuple[float, float]], ...]
    estimates: Mapping[str, Estimate]
    schema: str = SCHEMA

    entropy_nats = ValueOf()
    chi_square = ValueOf()
    total_variation = ValueOf()

    @property
    def hill_numbers(self) -> tuple[float, float, float]:
        """Effective numbers of order 0, 1 and 2."""
        zero, one, two = (float(self.estimates[f"hill_number_{order}"]) for order in range(3))
        return zero, one, two

    def _sheet(self) -> Sheet:
        return Sheet(
            self.source,
            f"{self.source}: {self.space_size:,} masses; every figure is exact",
            figures_of(self.estimates, OF_MASSES.title),
            tuple(self.estimates),
            "equal masses",
            (),
            lambda axes: draw_expected_coverage(axes, self),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: every figure as a record, and flat."""
        return flat_figures(self) | {
            "schema": self.schema,
            "source": self.source,
            "space_size": self.space_size,
            "estimates": {name: item.as_dict() for name, item in self.estimates.items()},
            "coverage": {
                str(n): {
                    "coverage": value,
                    "limit": limit,
                    "ratio": value / limit,
                    "interval": list(interval),
                }
                for n, value, limit, interval in self.coverage
            },
            "limit_nats": math.log(self.space_size),
            "hill_numbers": {str(order): value for order, value in enumerate(self.hill_numbers)},
        }


@checked(num_draws=wholes(1), name=text)
def distribution(
    masses: Any, *, num_draws: Sequence[int] = (), name: str = "probabilities"
) -> DistributionReport:
    """Report on a probability vector.

    Parameters
    ----------
    masses : of every id, ``(N,)``, an array, list or tensor of numbers that add up to 1.
    num_draws : n at which the expected coverage is given.
    name : of the source, for the report.

    Raises
    ------
    DrawsError
        Negative or not finite masses, a sum that is not 1 to six digits, or an n below 1.

    Examples
    --------
    >>> report = distribution([0.5, 0.5], num_draws=(2,))
    >>> report.coverage[0][:3]
    (2, 0.75, 0.75)
    """
    p = as_masses(masses)
    rows = []
    for n in num_draws:
        value = expected_coverage(p, n)
        rows.append((n, value, uniform_coverage(n, len(p)), run_interval(p, n, expected=value)))
    return DistributionReport(
        source=name,
        space_size=len(p),
        coverage=tuple(rows),
        estimates=OF_MASSES.estimates(p, Space(len(p))),
    )
