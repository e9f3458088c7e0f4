"""The report on two generators as text for a terminal."""

from __future__ import annotations

from ..measure import TwoSamplesReport
from .words import percent, table

_TITLES = {
    "richness": "distinct ids",
    "unseen_mass": "mass unseen",
    "richness_at_coverage": "distinct ids, equal mass seen",
    "hill_number_1": "effective number, order 1",
    "hill_number_2": "effective number, order 2",
}


def two_samples_text(report: TwoSamplesReport) -> str:
    """Lay out the report on two generators."""
    space = "an unknown space" if report.space_size is None else f"{report.space_size:,} ids"
    lines = [
        f"A: {report.source_a}: {report.num_draws_a:,} draws",
        f"B: {report.source_b}: {report.num_draws_b:,} draws"
        + (" (interrupted: so far)" if report.interrupted else ""),
        f"From {space}; {report.num_shared_ids:,} ids were drawn by both.",
    ]
    if not report.independent:
        lines += ["", "NOT INDEPENDENT DRAWS, so nothing is compared:"]
        for name, check in (("A", report.independence_a), ("B", report.independence_b)):
            lines += [f"  {name}: {fault}" for fault in check.faults]
        return "\n".join(lines)
    draws_a, draws_b = report.draws_at_coverage
    lines += ["", _differences_table(report), ""]
    lines += [
        f"Distinct ids and mass unseen at {report.equal_draws:,} draws each; equal mass seen: "
        f"{percent(report.equal_coverage)},\nwhich took A {draws_a:,} and B {draws_b:,} draws; "
        "effective numbers are of the generators, at any n.",
        "",
        two_samples_verdict(report),
    ]
    return "\n".join(lines)


def _differences_table(report: TwoSamplesReport) -> str:
    rows = [
        (
            _TITLES.get(name, name),
            report.of_a[name].value_text(),
            report.of_b[name].value_text(),
            item.value_text(),
            item.interval_text(),
        )
        for name, item in report.estimates.items()
    ]
    return table(("figure", "A", "B", "A - B", "95 % interval"), rows)


def two_samples_verdict(report: TwoSamplesReport) -> str:
    """Say in one sentence whether the draws tell the generators apart."""
    test = report.test
    if test is None:
        return "Dependent draws are not compared."
    made = f"{test.num_permutations:,} permutations, seed {test.seed}"
    how = made if test.num_permutations else "every division listed"
    p = f"p = {test.p_value:.4f} ({how})"
    if report.told_apart:
        return f"These draws tell the two generators apart: {p}."
    return f"These draws do not tell the two generators apart: {p}; more draws may."
