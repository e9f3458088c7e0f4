"""The reports against a target and on masses as text for a terminal."""

from __future__ import annotations

from ..measure import OF_MASSES, OF_TARGET, DistributionReport, Estimate, TargetReport
from .words import percent, ratio_text, table


def target_text(report: TargetReport) -> str:
    """Lay out the report on draws whose target is known."""
    first = (
        f"{report.source}: {report.num_draws:,} draws against a target of {report.space_size:,} ids"
    )
    lines = [first + (" (interrupted: so far)" if report.interrupted else "")]
    if not report.independence.holds:
        lines += ["", "NOT INDEPENDENT DRAWS, so no interval and no p-value is given:"]
        lines += [f"  {fault}" for fault in report.independence.faults]
    lines += ["", _figures_table(report), "", _floors_table(report), "", _verdict(report)]
    return "\n".join(lines)


def _figures_table(report: TargetReport) -> str:
    rows = [
        (
            OF_TARGET.title(name),
            estimate.value_text(),
            _limit_text(estimate),
            estimate.interval_text(),
        )
        for name, estimate in report.estimates.items()
        if name not in report.floors or estimate.interval is not None or estimate.value is None
    ]
    return table(("figure", "value", "perfect", "95 % interval"), rows)


def _limit_text(estimate: Estimate) -> str:
    if estimate.limit is None:
        return ""
    return Estimate(float(estimate.limit), unit=estimate.unit, method="").value_text()


def _floors_table(report: TargetReport) -> str:
    rows = []
    for name, floor in report.floors.items():
        value = report.estimates[name].value
        rows.append(
            (
                OF_TARGET.title(name),
                "-" if value is None else f"{value:z.5f}",
                f"{floor.mean:z.5f}",
                f"{floor.standard_deviation:.5f}",
                "-" if floor.excess is None else f"{floor.excess:+.1f}",
                "-" if floor.p_value is None else f"{floor.p_value:.4f}",
            )
        )
    return table(("distance", "draws", "perfect", "+-", "excess / +-", "p"), rows)


def _verdict(report: TargetReport) -> str:
    runs = next(iter(report.floors.values()))
    made = f"({runs.num_simulations:,} perfect runs simulated, seed {runs.seed})"
    if report.told_apart is None:
        return f"Dependent draws are not tested against the target {made}."
    if report.mass_outside:
        return (
            "These draws are not of this target: some lie where it has no mass, and a perfect\n"
            f"sampler makes none there {made}."
        )
    p = f"p = {report.p_value:.3f} over all distances"
    if report.told_apart:
        return f"These draws are told apart from a perfect sampler of the target: {p}\n{made}."
    return (
        f"At {report.num_draws:,} draws nothing tells these from a perfect sampler of the target: "
        f"{p}\n{made}. More draws may."
    )


def distribution_text(report: DistributionReport) -> str:
    """Lay out the exact figures of masses."""
    figures = [
        (OF_MASSES.title(name), estimate.value_text(), _limit_text(estimate))
        for name, estimate in report.estimates.items()
    ]
    coverage = [
        (f"{n:,}", percent(value), percent(limit), ratio_text(value / limit), _ends(interval))
        for n, value, limit, interval in report.coverage
    ]
    header = ("n", "coverage", "fair dice", "ratio", "one run, 95 %")
    lines = [f"{report.source}: {report.space_size:,} masses; every figure is exact", ""]
    lines += [table(("figure", "value", "equal masses"), figures)]
    lines += ["", table(header, coverage)] if coverage else []
    return "\n".join(lines)


def _ends(interval: tuple[float, float]) -> str:
    return f"{percent(interval[0])} .. {percent(interval[1])}"
