"""How many draws are enough, as text for a terminal."""

from __future__ import annotations

import math

from ..measure import StoppingReport
from .words import percent


def stopping_text(report: StoppingReport) -> str:
    """Say whether drawing may stop."""
    lines = [
        f"{report.source}: {report.num_draws:,} draws, {report.num_distinct:,} distinct"
        + (" (interrupted: so far)" if report.interrupted else "")
    ]
    if not report.independence.holds:
        lines += ["", "NOT INDEPENDENT DRAWS, so nothing is known of what was not seen:"]
        return "\n".join([*lines, *(f"  {fault}" for fault in report.independence.faults)])
    assert report.bound is not None
    assert report.unseen_mass is not None
    lines += [
        f"mass unseen: about {percent(report.unseen_mass)} (Good and Turing), at most "
        f"{_ceiling(report.bound)}",
        "",
    ]
    share = f"{100 * report.below:g} %"
    if report.stopped_at is not None:
        lines += [f"STOP: surely below {share} since draw {report.stopped_at:,}."]
    else:
        lines += [f"NOT YET: not surely below {share}; draw on."]
    lines += [
        f"Wrong with a chance of at most {100 * report.level:g} %, at all n together, so that it "
        "may be looked at after every draw.",
    ]
    if not report.independence.could_tell:
        lines += ["It supposes independent draws; these are too few to tell whether they are."]
    return "\n".join(lines)


def _ceiling(share: float) -> str:
    """Write a bound as a percentage, rounded up.

    >>> _ceiling(0.0012345)
    '0.124 %'
    """
    return f"{math.ceil(1e5 * share) / 1e3:g} %"
