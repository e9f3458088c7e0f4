"""Effective numbers of ids at another n than the one counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...errors import DrawsError
from ..arguments import as_whole, checked, wholes
from ..diversity import hill_number
from ..estimate import Estimate
from ..frequencies import as_frequencies
from ..values import shown
from .rarefaction import richness_curve

_METHOD = "1 / (1/m + (m - 1)/m sum p^2), the sum unbiased (Chao et al. 2014)"


@checked(num_draws=wholes(1))
def hill_curve(counts: Any, order: int, num_draws: Iterable[int]) -> dict[int, Estimate]:
    """Hill number of what m draws show, at each m: rarefied below n, extrapolated beyond.

    Order 0 is :func:`richness_curve`. Order 2 is the inverse of the expected sum of squared shares
    of m draws, ``1 / (1/m + (m - 1)/m sum p^2)``, for every m by the unbiased ``sum p^2``; value
    and interval are those of :func:`hill_number`, carried to m. Order 1 has no such form.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    order : 0 or 2.
    num_draws : the m wanted, of at least 1.

    Returns
    -------
    Estimates in ids by m, in the order given; beyond n withheld before any id has repeated.

    Raises
    ------
    DrawsError
        No counts, another order, or an m below 1.

    References
    ----------
    Chao et al. (2014), Ecol. Monogr. 84, appendix D.

    Examples
    --------
    >>> curve = hill_curve([400, 200, 200], 2, [1, 10, 10_000])
    >>> {m: round(float(number), 3) for m, number in curve.items()}
    {1: 1.0, 10: 2.289, 10000: 2.672}
    """
    if as_whole(order) not in (0, 2):
        raise DrawsError(f"expected order 0 or 2 along a curve, got {shown(order)}")
    frequencies, wanted = as_frequencies(counts), list(num_draws)
    if any(m < 1 for m in wanted):
        raise DrawsError(f"expected at least 1 draw, got {min(wanted)}")
    if order == 0:
        return richness_curve(frequencies, wanted)
    return {m: _carried(hill_number(frequencies, 2), m) for m in wanted}


def _carried(whole: Estimate, num_draws: int) -> Estimate:
    """Return the effective number of order 2 that so many draws show, of that of their source."""

    def at(number: float | None) -> float:
        rest = 0.0 if number is None else (num_draws - 1) / number
        return num_draws / (1.0 + rest)

    ends = whole.interval
    if ends is not None:
        low, high = ends
        ends = (at(1.0 if low is None else low), at(high))
    value = None if whole.value is None else at(whole.value)
    if value is None and num_draws <= (whole.n or 0):
        # Without a repeat, none of fewer draws are equal; of more nothing is known.
        value = float(num_draws)
    return replace(whole, value=value, interval=ends, method=_METHOD, limit=None)
