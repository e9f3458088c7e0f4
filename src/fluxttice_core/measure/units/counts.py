"""Presence or absence by sampling unit: what a row of plots, images or files tells of the ids.

Ids within a unit need not be independent draws; the units must be. Intervals of the curve suppose
in addition that ids are found independently of each other, which ``Q_k`` alone cannot show: the
number of ids found in exactly k of T units.

References
----------
Chao (1987), Biometrics 43. Colwell et al. (2012), J. Plant Ecol. 5. Chao & Jost (2012), Ecology
93. Chao et al. (2014), Ecol. Monogr. 84.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DrawsError
from ..arguments import checked, whole, wholes
from ..curves.curve_intervals import gamma_limits
from ..curves.rarefaction import missing_shares
from ..estimate import Z95, Estimate
from ..frequencies import FrequencyCounts
from ..poisson import poisson_mean_interval
from ..richness import BIAS_CORRECTED, CLASSIC, chao1_lower, chao1_value, check_form, classic_unseen
from ..space import whole_numbers
from ..unseen import still_unseen, unseen_interval, unseen_share
from ..values import shown, to_array

_EXPECTED = "presence and absence: an array (units, ids) of 0 and 1, or a set of ids per unit"


@dataclass(frozen=True, slots=True)
class IncidenceCounts:
    """How many ids were found in how many of the sampling units.

    ``num_ids[i]`` ids (``Q_k``) in ``times[i]`` (k) of ``num_units`` units (T) each; ``times`` is
    increasing and positive.

    Examples
    --------
    >>> as_incidence([{"oak", "elm"}, {"oak"}, set()])
    IncidenceCounts(num_units=3, times=(1, 2), num_ids=(1, 1))
    """

    num_units: int
    times: tuple[int, ...]
    num_ids: tuple[int, ...]

    def __post_init__(self) -> None:
        checks = {"num_units": whole(1), "times": wholes(1), "num_ids": wholes(1)}
        for name, check in checks.items():
            object.__setattr__(self, name, check(getattr(self, name), name))
        if not self.times or self.num_units < self.times[-1] or self.times[0] < 1:
            raise DrawsError(
                f"expected ids found in 1 to T units each, got T = {self.num_units:,} and "
                f"{'no id' if not self.times else f'one in {self.times[-1]:,}'}"
            )

    @property
    def frequencies(self) -> FrequencyCounts:
        """The same without the number of units: incidences for draws."""
        return FrequencyCounts(self.times, self.num_ids)

    @property
    def num_incidences(self) -> int:
        """All incidences: the sum over the units of the ids found in each."""
        return self.frequencies.num_draws

    @property
    def observed_richness(self) -> int:
        """Distinct ids."""
        return sum(self.num_ids)

    def found_in(self, units: int) -> int:
        """``Q_k``: ids found in exactly so many units."""
        return self.frequencies.seen(units)


def as_incidence(units: Any) -> IncidenceCounts:
    """Count in how many sampling units each id was found.

    Parameters
    ----------
    units : presence and absence ``(units, ids)`` of 0 and 1 or of truth values; an iterable of
        sets (or lists) of ids, one a unit; or :class:`IncidenceCounts`.

    Raises
    ------
    DrawsError
        Other values, another shape, no unit, or not one id.

    Examples
    --------
    >>> as_incidence([[1, 0, 1], [1, 0, 0]])
    IncidenceCounts(num_units=2, times=(1, 2), num_ids=(1, 1))
    """
    if isinstance(units, IncidenceCounts):
        return units
    if isinstance(units, (str, bytes)) or not isinstance(units, Iterable):
        raise DrawsError(f"expected {_EXPECTED}, got {type(units).__name__}")
    if not isinstance(units, np.ndarray):
        try:
            units = list(units)
        except OverflowError:
            raise DrawsError(f"expected {_EXPECTED}, got {shown(units)}") from None
        if any(isinstance(unit, (set, frozenset)) or _labels(unit) for unit in units):
            return _of_sets(units)
    array = to_array(units, _EXPECTED)
    found = whole_numbers(array.astype(np.int8) if array.dtype == bool else array, _EXPECTED)
    if found.ndim != 2:
        raise DrawsError(f"expected {_EXPECTED}, got shape {found.shape}")
    if found.size and (int(found.min()) < 0 or int(found.max()) > 1):
        raise DrawsError(
            f"expected {_EXPECTED}, got {int(found.min())} .. {int(found.max())}; of how often "
            "each id was found in each unit, give `matrix > 0`"
        )
    return _of_counts(len(found), found.sum(axis=0, dtype=np.int64))


def _labels(unit: Any) -> bool:
    return isinstance(unit, (list, tuple)) and any(isinstance(each, str) for each in unit)


def _of_sets(units: list[Any]) -> IncidenceCounts:
    counted: dict[Hashable, int] = {}
    for place, unit in enumerate(units):
        if isinstance(unit, (str, bytes)) or not isinstance(unit, Iterable):
            raise DrawsError(f"expected {_EXPECTED}; unit {place:,} is {type(unit).__name__}")
        try:
            ids = set(unit)
        except TypeError as error:
            raise DrawsError(f"expected {_EXPECTED}; unit {place:,}: {error}") from None
        for each in ids:
            counted[each] = counted.get(each, 0) + 1
    return _of_counts(len(units), np.array(list(counted.values()), dtype=np.int64))


def _of_counts(num_units: int, counts: Any) -> IncidenceCounts:
    frequencies = FrequencyCounts.of_counts(counts)
    return IncidenceCounts(num_units, frequencies.times, frequencies.num_ids)


def chao2(units: Any, form: str = BIAS_CORRECTED) -> Estimate:
    """Chao2, a *lower* bound of the richness, from the ids found in one unit and in two.

    Bias-corrected ``S + (T - 1)/T Q1 (Q1 - 1) / (2 (Q2 + 1))``, or classic
    ``S + (T - 1)/T Q1^2 / (2 Q2)``, as iNEXT gives, with ``(T - 1)/T Q1 (Q1 - 1) / 2`` unseen where
    no id was found twice. The interval is one-sided, as that of :func:`chao1`, and of the first.

    Parameters
    ----------
    units : as :func:`as_incidence` takes them.
    form : "bias-corrected" or "classic".

    Returns
    -------
    Estimate in ids, whose interval is open above; n is the number of units.

    Raises
    ------
    DrawsError
        No incidences, or another form.

    References
    ----------
    Chao (1987), Biometrics 43; Colwell et al. (2012), J. Plant Ecol. 5.

    Examples
    --------
    >>> chao2([{"oak", "elm", "yew"}, {"oak", "ash"}, {"oak", "elm"}])
    Estimate(4.3 ids, 95 % interval 4.0 .., n = 3)
    """
    incidence = as_incidence(units)
    check_form(form, (BIAS_CORRECTED, CLASSIC))
    frequencies, num_units = incidence.frequencies, incidence.num_units
    seen = incidence.observed_richness
    unseen = (num_units - 1) / num_units * (chao1_value(frequencies) - seen)
    if form == CLASSIC:
        unseen = classic_unseen(frequencies, num_units)
    low = seen + math.floor((num_units - 1) / num_units * (chao1_lower(frequencies) - seen))
    return Estimate(
        seen + unseen,
        (float(low), None),
        unit="ids",
        method=f"Chao2, {form} (Chao 1987), a lower bound; the interval is one-sided",
        n=num_units,
    )


def incidence_coverage(units: Any) -> Estimate:
    """Sample coverage of incidences: the share that the ids found have in all chances of presence.

    ``1 - Q1/U (T - 1) Q1 / ((T - 1) Q1 + 2 Q2)``, U the number of incidences.

    Parameters
    ----------
    units : as :func:`as_incidence` takes them.

    Returns
    -------
    Estimate of a mass; n is the number of units.

    Raises
    ------
    DrawsError
        No incidences.

    References
    ----------
    Chao & Jost (2012), Ecology 93; Chao et al. (2014), Ecol. Monogr. 84; Esty (1983), Ann.
    Statist. 11 (the interval).

    Examples
    --------
    >>> round(float(incidence_coverage([{"oak", "elm", "yew"}, {"oak", "ash"}, {"oak", "elm"}])), 4)
    0.8095
    """
    incidence = as_incidence(units)
    value = 1.0 - unseen_share(incidence.frequencies, incidence.num_units)
    low, high = unseen_interval(incidence.frequencies)
    # Q1/U is of one unit less, which matters where units are few.
    low *= still_unseen(incidence.frequencies, incidence.num_units)
    return Estimate(
        value,
        (min(1.0 - high, value), max(1.0 - low, value)),
        unit="mass",
        method="1 - Q1/U (T-1) Q1 / ((T-1) Q1 + 2 Q2) (Chao & Jost 2012); interval after Esty "
        "(1983) with exact Poisson limits",
        n=incidence.num_units,
    )


@checked(num_units=whole(0))
def rarefied_units(units: Any, num_units: int) -> Estimate:
    """Expected number of distinct ids in ``num_units`` of the sampling units.

    ``S(t) = sum_x 1 - binom(T - m_x, t) / binom(T, t)``, exactly unbiased for t <= T. The variance
    is ``sum_x (1 - a_x)^2 - S(t)^2 / S_all``, a being these shares and S_all Chao2 with its unseen
    taken 1.75 times, since it is a lower bound; ids are taken to be found independently.

    Parameters
    ----------
    units : as :func:`as_incidence` takes them.
    num_units : t, at most the number of units.

    Returns
    -------
    Estimate in ids, with the interval of its expectation; n is the number of units.

    Raises
    ------
    DrawsError
        No incidences, or more units than there are.

    References
    ----------
    Colwell et al. (2012), J. Plant Ecol. 5.

    Examples
    --------
    >>> rarefied_units([{"oak", "elm", "yew"}, {"oak", "ash"}, {"oak", "elm"}], 2)
    Estimate(3.3 ids, 95 % interval 1.9 .. 7.4, n = 3)
    """
    incidence = as_incidence(units)
    total = incidence.num_units
    if isinstance(num_units, bool) or not 0 <= num_units <= total:
        raise DrawsError(f"can rarefy {total:,} units to at most {total:,}; asked for {num_units}")
    found = 1.0 - missing_shares(total, np.array(incidence.times), num_units)
    num_ids = np.array(incidence.num_ids, dtype=np.float64)
    value = math.fsum((num_ids * found).tolist())
    return Estimate(
        value,
        _rarefied_interval(incidence, value, float((num_ids * found**2).sum())),
        unit="ids",
        method="sample-based rarefaction, unbiased, and its variance (Colwell et al. 2012)",
        n=total,
    )


def _rarefied_interval(
    incidence: IncidenceCounts, value: float, squares: float
) -> tuple[float, float]:
    seen = incidence.observed_richness
    every = seen + 1.75 * (float(chao2(incidence)) - seen)
    # Ids are whole: never less than the spread of one.
    variance = max(squares - value**2 / every, (value / seen) ** 2)
    # Ids found in one unit are rare events: of few, their exact Poisson limits.
    once = incidence.found_in(1)
    more = poisson_mean_interval(once)[1] - once
    excess = max(more**2 - Z95**2 * once, 0.0) * (value / seen) ** 2
    low, high = gamma_limits(value, variance, 0.0)
    return low, value + math.sqrt((high - value) ** 2 + excess)
