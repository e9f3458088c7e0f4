"""The least n at which something comes true, where it does for all larger n too."""

from __future__ import annotations

from collections.abc import Callable


def least_draws(
    reached: Callable[[int], bool], start: int, least: int, most: int, close: float = 1.03
) -> int | None:
    """Search from ``start`` by doubling or halving, then between.

    Parameters
    ----------
    reached : whether so many draws are enough.
    start : where to begin.
    least, most : where to end; None is returned if ``most`` is not enough.
    close : factor by which the answer may be too large.

    Examples
    --------
    >>> least_draws(lambda n: n >= 700, 10, 1, 10**6) in range(700, 722)
    True
    >>> least_draws(lambda n: False, 10, 1, 10**6) is None
    True
    """
    low = high = start = min(max(start, least), most)
    if reached(start):
        while low > least and reached(low := max(low // 2, least)):
            high = low
        if high <= least:
            return high
    else:
        while not reached(high := min(2 * high, most)):
            if high == most:
                return None
            low = high
    while high > low + 1 and high > close * low:
        middle = round((low * high) ** 0.5)
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
