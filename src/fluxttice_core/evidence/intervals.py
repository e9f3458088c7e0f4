"""95 % intervals of figures whose errors come from a few groups of latents."""

from __future__ import annotations

import math

from ..measure.estimate import Z95


def interval_of(value: float, error: float, half_width: float = Z95) -> list[float] | None:
    """95 % interval of ``half_width`` errors to both sides; None where the error is not known.

    >>> interval_of(1.0, 0.0), interval_of(1.0, math.nan)
    ([1.0, 1.0], None)
    """
    if not (math.isfinite(value) and math.isfinite(error)):
        return None
    return [value - half_width * error, value + half_width * error]
