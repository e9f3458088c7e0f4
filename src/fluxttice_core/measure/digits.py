"""How many digits of a figure are shown.

As many as its interval leaves a meaning, and never fewer than tell it from 0 and from all.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from .estimate import Estimate

# A number with more decimals is written with a power of ten.
_MOST = 9
_SMALL = Decimal("0.001")
# All that a float has.
_TRIED = 18
# Units of which 1 is all there is.
_OF_ONE = ("share", "mass", "ratio", "p-value")


def value_words(estimate: Estimate) -> str:
    """Return the value: two digits of the width of its interval, four of its own if it has none.

    What is not all is not written as all, however near; what is not 0 is not written as 0.

    >>> value_words(Estimate(0.9999996, unit="share", method=""))
    '99.99996 %'
    >>> value_words(Estimate(1234.567, (1180.2, 1290.3), unit="ids", method=""))
    '1,235'
    """
    if estimate.value is None:
        return "-"
    return _written(estimate, estimate.value)


def limit_words(estimate: Estimate, limit: float | None) -> str:
    """Return a limit, or a deviation from it, in the digits of the value beside it."""
    return "" if limit is None else _written(estimate, limit)


def interval_words(estimate: Estimate) -> str:
    """Return the interval, its ends rounded outward, or why there is none.

    >>> interval_words(Estimate(0.91, (0.30412, 1.21651), unit="ratio", method=""))
    '0.30 to 1.22'
    >>> interval_words(Estimate(8.0, (5.0, None), unit="ids", method=""))
    'at least 5.0'
    """
    if estimate.interval is None:
        return "" if estimate.reason is None else f"none: {estimate.reason}"
    low, high = estimate.interval
    least = None if low is None else _written(estimate, float(low), ROUND_FLOOR)
    most = None if high is None else _written(estimate, float(high), ROUND_CEILING)
    if least is None:
        return "open" if most is None else f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


def _written(estimate: Estimate, value: float, rounding: str = ROUND_HALF_EVEN) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("infinite" if value > 0 else "-infinite")
    # The shortest text that is this float: 0.98 does not round down to 0.979.
    exact = Decimal(repr(float(value))) * _scale(estimate)
    decimals = _decimals(estimate, value)
    shown = _rounded(exact, decimals, rounding)
    while decimals < _TRIED and _misleads(estimate, exact, shown):
        decimals += 1
        shown = _rounded(exact, decimals, rounding)
    text = f"{shown:z,f}"
    if decimals > _MOST and 0 < abs(exact) < _SMALL:
        text = f"{Context(prec=3, rounding=rounding).plus(exact):.2e}"
    return f"{text} %" if estimate.unit == "share" else text


def _rounded(exact: Decimal, decimals: int, rounding: str) -> Decimal:
    # Enough digits for the largest of floats.
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding, Context(prec=400))


def _misleads(estimate: Estimate, exact: Decimal, shown: Decimal) -> bool:
    """Whether rounding makes 0 or all of what is neither."""
    every = _scale(estimate)
    is_all = estimate.unit in _OF_ONE and exact < every <= shown
    return is_all or shown == 0 != exact


def _scale(estimate: Estimate) -> int:
    return 100 if estimate.unit == "share" else 1


def _decimals(estimate: Estimate, value: float) -> int:
    """Decimals by the width of the interval; without one by the size of the value."""
    scale = _scale(estimate)
    middle = estimate.value if estimate.value is not None else value
    ends = [
        scale * end
        for end in (*(estimate.interval or ()), middle)
        if end is not None and math.isfinite(end)
    ]
    size = max(map(abs, ends), default=0.0)
    width = max(ends) - min(ends) if ends else 0.0
    # What is hardly wider than the last digits of a float is no width.
    if width > 1e-9 * size:
        return max(0, 1 - math.floor(math.log10(width)))
    own = scale * abs(value)
    return max(0, 3 - math.floor(math.log10(own))) if own else 2
