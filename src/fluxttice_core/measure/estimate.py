"""One figure as it must be read: value, interval, unit, method, limit, and the draws behind it."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from ..errors import DrawsError

# The 97.5 % point of the standard normal: what every 95 % interval is made of.
Z95 = 1.959963984540054
CONFIDENCE_LEVEL = 0.95

# Either end may be open: (low, None) holds above low 95 times in 100.
Interval = tuple[float | None, float | None]

# Decimals on a screen, by unit.
_DECIMALS = {"draws": 0, "ids": 1, "mass": 5, "ratio": 4, "chi-square": 4, "nats": 4}


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """A figure, how sure it is, and what it must be read beside.

    Parameters
    ----------
    value : the figure; an integer is an exact count; None where it is withheld.
    interval : 95 %, either end None where it is open; None as a whole if there is none.
    unit : "ids", "mass" (probability), "share" (of a space), "ratio", "chi-square", "nats" or
        another.
    method : in words, with its reference.
    limit : what fair dice over the space, or an even spread of the masses, come to.
    n : the draws behind it; None for what is computed from masses.
    reason : why the value or the interval is withheld.

    Examples
    --------
    >>> Estimate(8.0, (5.0, None), unit="ids", method="counted", n=6)
    Estimate(8.0 ids, 95 % interval 5.0 .., n = 6)
    """

    value: int | float | None
    interval: Interval | None = None
    _: KW_ONLY
    unit: str
    method: str
    limit: float | None = None
    n: int | None = None
    reason: str | None = None

    def __float__(self) -> float:
        """Return the value; refused where it is withheld."""
        if self.value is None:
            raise DrawsError(f"expected an estimate with a value, got one withheld: {self.reason}")
        return float(self.value)

    def __repr__(self) -> str:
        parts = [f"{self.value_text()} {self.unit}"]
        if self.interval is not None:
            parts.append(f"95 % interval {self.interval_text().strip()}")
        if self.limit is not None:
            parts.append(f"limit {self._written(self.limit)}")
        if self.n is not None:
            parts.append(f"n = {self.n:,}")
        if self.reason is not None:
            parts.append(f"withheld: {self.reason}")
        return f"Estimate({', '.join(parts)})"

    def value_text(self) -> str:
        """Return the value as it stands on a screen, "-" where it is withheld.

        >>> Estimate(0.999999, unit="share", method="counted").value_text()
        '99.99 %'
        """
        return "-" if self.value is None else self._written(self.value)

    def interval_text(self) -> str:
        """Return the interval as it stands on a screen, or why there is none."""
        if self.interval is None:
            return "" if self.reason is None else f"none: {self.reason}"
        low, high = ("" if end is None else self._written(float(end)) for end in self.interval)
        return f"{low} .. {high}"

    def withheld(self, reason: str, *, keep_value: bool = False) -> Estimate:
        """Return the estimate without its interval, and without its value unless that is kept.

        A kept value that never had an interval is returned as it is.

        >>> Estimate(3.0, unit="ids", method="counted").withheld("too few draws")
        Estimate(- ids, withheld: too few draws)
        """
        if keep_value and self.interval is None:
            return self
        value = self.value if keep_value else None
        return replace(self, value=value, interval=None, reason=reason)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes null."""
        return {
            "value": self.value if isinstance(self.value, int) else finite(self.value),
            "interval": None if self.interval is None else [finite(end) for end in self.interval],
            "unit": self.unit,
            "method": self.method,
            "limit": finite(self.limit),
            "n": self.n,
            "reason": self.reason,
        }

    def _written(self, value: float) -> str:
        if isinstance(value, int):
            return f"{value:,}"
        if self.unit == "share":
            return percent(value)
        if self.unit not in _DECIMALS:
            return f"{value:.4g}"
        decimals = _DECIMALS[self.unit]
        if self.unit == "mass" and value < 1.0:
            # Not all of the mass is never called all of it.
            value = min(value, 1.0 - 10.0**-decimals)
        return f"{value:z,.{decimals}f}"


def percent(value: float, digits: int = 2) -> str:
    """Write a fraction as a percentage, never rounding up to 100 what is less, or down to 0.

    >>> percent(0.5), percent(0.999999), percent(1e-6)
    ('50.00 %', '99.99 %', '<0.01 %')
    """
    step = 10.0**-digits
    if value < 1.0 and round(100 * value, digits) >= 100:
        return f"{100 - step:.{digits}f} %"
    if value > 0.0 and round(100 * value, digits) == 0:
        return f"<{step:.{digits}f} %"
    return f"{100 * value:.{digits}f} %"


def finite(value: float | None) -> float | None:
    """Return the value, or None where JSON has no word for it.

    >>> finite(0.5), finite(math.inf)
    (0.5, None)
    """
    return None if value is None or not math.isfinite(value) else float(value)
