"""The report on draws as text for a terminal."""

from __future__ import annotations

import math
import textwrap

from ..measure import OF_DRAWS, DrawsReport
from .field_words import field_words
from .words import percent, table

# A bound at most this rules fair dice out.
SIGNIFICANCE = 0.05


def draws_text(report: DrawsReport, field: str | None = None) -> str:
    """Lay out the report on draws, with sentences in the words of a field if one is named."""
    space = "an unknown space" if report.space_size is None else f"{report.space_size:,} ids"
    lines = [
        f"{report.source}: {report.num_draws:,} draws from {space}, "
        f"{report.observed_richness:,} distinct"
    ]
    if report.interrupted:
        lines[0] += " (interrupted: so far)"
    if report.num_groups is not None:
        lines[0] += f", in {report.num_groups:,} groups"
    if not report.independence.holds:
        lines += ["", "NOT INDEPENDENT DRAWS, so no estimate and no ratio is given:"]
        lines += [f"  {fault}" for fault in report.independence.faults]
        lines += ["", "What was drawn, which says less about the generator:", ""]
        lines += [_estimates_table(report, with_value_only=True)]
        return "\n".join([*lines, *_comparison_lines(report)])
    lines += ["", _estimates_table(report)]
    if report.curve:
        lines += ["", _curve_table(report)]
    lines += _comparison_lines(report)
    if field is not None:
        lines += ["", *(textwrap.fill(each, 100) for each in field_words(report, field))]
    lines += ["", _closing(report)]
    return "\n".join(lines)


def _estimates_table(report: DrawsReport, *, with_value_only: bool = False) -> str:
    rows = [
        (
            OF_DRAWS.title(name),
            estimate.value_text(),
            "" if with_value_only else estimate.interval_text(),
        )
        for name, estimate in report.estimates.items()
        if OF_DRAWS.is_shown(name) and (estimate.value is not None or not with_value_only)
    ]
    return table(("figure", "value", "" if with_value_only else "95 % interval"), rows)


def _curve_table(report: DrawsReport) -> str:
    with_limit = report.space_size is not None
    beside = ("fair dice", "ratio") if with_limit else ()
    rows = []
    for n, richness, limit in report.curve:
        how = "rarefied" if n < report.num_draws else "extrapolated"
        how = "all draws" if n == report.num_draws else how
        against = (f"{limit:,.1f}", f"{richness / limit:.4f}") if limit is not None else ()
        rows.append((f"{n:,}", f"{richness:,.1f}", *against, how))
    return table(("n", "distinct ids", *beside, ""), rows)


def _comparison_lines(report: DrawsReport) -> list[str]:
    against = report.comparison
    if against is None:
        return []
    validity = "not tested: any row or label is taken"
    if against.validity is not None:
        validity = f"{percent(against.validity)} ({against.num_invalid:,} draws outside)"
    return [
        "",
        f"Against a reference of {against.num_reference_ids:,} ids:",
        f"  validity    {validity}",
        f"  uniqueness  {percent(against.uniqueness)} at {report.num_draws:,} draws",
        f"  novelty     {percent(against.novelty)} of the distinct ids are not in the reference",
        f"  met         {percent(against.reference_met)} of the reference was drawn",
    ]


def _closing(report: DrawsReport) -> str:
    if report.num_groups is not None:
        return (
            "Intervals are from the groups, which are taken to be independent of each other: that "
            "is not tested."
        )
    if report.ratio_ci is not None and (report.ratio_ci[0] or 0.0) > 1.0:
        told = (
            "More distinct ids than 39 in 40 independent samples from a space of this size show: "
            "the space\nmay be larger than said."
        )
    elif report.independence.could_tell:
        told = "Nothing speaks against independent draws."
    elif report.observed_richness == report.num_draws > 1:
        told = (
            "No id came twice. If duplicates were taken out of the list, it is no sample, and "
            "nothing above holds."
        )
    elif report.independence.order_known:
        told = "Too few draws to tell whether they are independent."
    else:
        told = (
            "The order of the draws is not known: whether they are independent was not tested "
            "beyond what\ncounts alone can tell, and every interval supposes it."
        )
    return "\n".join([told, *_fair_dice_lines(report)])


def _fair_dice_lines(report: DrawsReport) -> list[str]:
    """Say whether fair dice may have made these draws, where a space is known."""
    p = report.fair_dice_p_value
    if p is None:
        return []
    if p > SIGNIFICANCE:
        return [
            "These draws do not rule out fair dice, as those of many other generators would not: "
            "measure\na model itself for information and controls."
        ]
    supposed = "" if report.independence.could_tell else ", if the draws are independent"
    bound = "< 0.0001" if p < 0.0001 else f"<= {math.ceil(10_000 * p) / 10_000:.4f}"
    return [f"Fair dice are ruled out{supposed}: p {bound}, a bound from the pairs of equal draws."]
