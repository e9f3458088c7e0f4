"""A figure of a report as a statement holds it: integers and decimal text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..seal import Record

if TYPE_CHECKING:
    from ..measure.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Figure(Record):
    """One figure; ``value`` is an exact count, or decimal text.

    Without ``low`` or ``high`` that end of the interval is open; without both there is none.
    """

    name: str
    unit: str
    method: str
    value: int | str | None = None
    low: str | None = None
    high: str | None = None
    limit: str | None = None
    n: int | None = None
    reason: str | None = None


def figure_of(name: str, item: Estimate) -> Figure:
    """Return an estimate as a statement holds it."""
    value = item.value if isinstance(item.value, int) else number_text(item.value)
    return Figure(
        name,
        item.unit,
        item.method,
        value,
        **ends(item.interval),
        limit=number_text(item.limit),
        n=item.n,
        reason=item.reason,
    )


def estimate_of(figure: Figure) -> Estimate:
    """Return a figure as it is shown."""
    # Here, so that who checks a signature loads no instrument.
    from ..measure.estimate import Estimate

    low, high = (None if end is None else float(end) for end in (figure.low, figure.high))
    return Estimate(
        float(figure.value) if isinstance(figure.value, str) else figure.value,
        None if low is None and high is None else (low, high),
        unit=figure.unit,
        method=figure.method,
        limit=None if figure.limit is None else float(figure.limit),
        n=figure.n,
        reason=figure.reason,
    )


def number_text(value: float | None) -> str | None:
    """Return the shortest decimal text of a number; None of what is not finite.

    >>> number_text(0.1), number_text(float("inf"))
    ('0.1', None)
    """
    return None if value is None or not math.isfinite(value) else repr(float(value))


def ends(interval: Any) -> dict[str, str | None]:
    """Return the ends of an interval, each None where it is open.

    >>> ends((0.5, None))
    {'low': '0.5', 'high': None}
    """
    low, high = (None, None) if interval is None else interval
    return {"low": number_text(low), "high": number_text(high)}
