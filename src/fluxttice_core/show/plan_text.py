"""How many draws are enough, as text for a terminal."""

from __future__ import annotations

import math

from ..measure import OF_DRAWS, PlanReport, StoppingReport
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


def plan_text(report: PlanReport) -> str:
    """Say how many draws are enough."""
    space = "an unknown space" if report.space_size is None else f"{report.space_size:,} ids"
    letters = ("A: ", "B: ") if len(report.sources) == 2 else ("",)
    lines = [
        f"{letter}{source}: {n:,} draws from {space}, {distinct:,} distinct"
        for letter, source, n, distinct in zip(
            letters, report.sources, report.num_draws, report.num_distinct, strict=True
        )
    ]
    if report.interrupted:
        lines[-1] += " (interrupted: so far)"
    if not report.independent:
        lines += ["", "NOT INDEPENDENT DRAWS, so nothing is planned from them:"]
        for letter, check in zip(letters, report.independence, strict=True):
            lines += [f"  {letter}{fault}" for fault in check.faults]
        return "\n".join(lines)
    lines += ["", f"Wanted: {_wanted(report)}.", _needed(report)]
    if not all(check.could_tell for check in report.independence):
        lines += ["Too few draws, or in unknown order, to tell whether they are independent."]
    return "\n".join(lines)


def _wanted(report: PlanReport) -> str:
    wanted = report.wanted
    if report.goal == "apart":
        return (
            f"a test at {100 * wanted['level']:g} % tells A from B in {100 * wanted['power']:g} % "
            "of samples"
        )
    if report.goal == "reach":
        return f"the ids drawn have {100 * wanted['mass']:g} % of the mass"
    title = OF_DRAWS.title(wanted["figure"])
    width = f"{wanted['width']:g}"
    if wanted["relative"]:
        width = f"{100 * wanted['width']:g} % of it"
    return f"the 95 % interval of {title} at most {width} wide"


def _needed(report: PlanReport) -> str:
    needed = report.needed
    each = " of each" if report.goal == "apart" else ""
    low, high = needed.interval or (None, None)
    if needed.value is None:
        at_least = f"\nAt least {low:,.0f} draws{each}." if low is not None else ""
        return f"NO ANSWER: {needed.reason}.{at_least}"
    if high is None:
        return (
            f"Draws needed{each}: {needed.value_text()} (95 % interval {low:,.0f} and more: the "
            "pilot does not bound it)."
        )
    return (
        f"Draws needed{each}: {needed.value_text()} (95 % interval {low:,.0f} .. {high:,.0f}); "
        f"{high:,.0f} to be on the safe side."
    )


def _ceiling(share: float) -> str:
    """Write a bound as a percentage, rounded up.

    >>> _ceiling(0.0012345)
    '0.124 %'
    """
    return f"{math.ceil(1e5 * share) / 1e3:g} %"
