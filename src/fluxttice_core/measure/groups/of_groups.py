"""The estimates of a report whose draws come in groups."""

from __future__ import annotations

from dataclasses import replace

from ..estimate import Estimate
from ..frequencies import FrequencyCounts
from ..of_draws import OF_DRAWS
from ..space import Space
from .tally import GroupTable, by_groups

NOT_BY_GROUPS = "takes draws as independent, and these come in groups"


def estimates_by_groups(
    frequencies: FrequencyCounts, table: GroupTable, space: Space
) -> dict[str, Estimate]:
    """Return the estimates of :data:`OF_DRAWS`, from groups where there is a way and else withheld.

    Raises
    ------
    DrawsError
        One group only.
    """
    known = by_groups(table, space)
    found = {}
    for name, estimate in OF_DRAWS.estimates(frequencies, space).items():
        if name in known:
            found[name] = replace(known[name], limit=estimate.limit)
        elif name == "ratio":
            found[name] = _ratio(estimate, found["observed_richness"])
        else:
            found[name] = estimate.withheld(NOT_BY_GROUPS, keep_value=OF_DRAWS[name].is_count)
    return found


def _ratio(ratio: Estimate, richness: Estimate) -> Estimate:
    """The observed share over that of fair dice, with the interval of the richness."""
    assert richness.limit
    if richness.interval is None:
        return replace(ratio, interval=None, reason=richness.reason)
    low, high = (None if end is None else end / richness.limit for end in richness.interval)
    return replace(ratio, interval=(low, high))
