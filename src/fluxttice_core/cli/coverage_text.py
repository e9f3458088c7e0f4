"""The coverage reports as text for a terminal."""

from __future__ import annotations

import math

from ..evidence.report import CoverageReport, NetworkReport, PathwayReport
from ..evidence.sample import DrawsReport
from ..model.layout import PATHWAYS
from .console import percent, table


def model_text(report: CoverageReport, file_sha256: str | None, *, checked: bool) -> str:
    """Lay out a model's report: verdict first, then each axis beside its controls."""
    lines = [report.source]
    if file_sha256 is not None:
        lines.append(f"  file SHA-256     {file_sha256}{'  (as expected)' if checked else ''}")
    lines += [f"  weights SHA-256  {report.weights_sha256}", "", report.verdict]
    if report.is_sound is False:
        lines.append("THE MEASUREMENT IS NOT SOUND: the perfect codebook does not get full marks.")
    lines += ["", "Reconstruction (exact, 9 of 9)", _reconstruction_table(report)]
    lines += ["", "Coverage over the uniform limit, C(n) / U(n)", _coverage_table(report)]
    lines += ["", "Information (nats) and distance from uniform", _information_table(report)]
    lines += ["", "Draws that reach a share of the space", _reach_table(report)]
    lines += ["", "What is evidence here"]
    lines += [f"  {item.words}" for item in report.separations]
    return "\n".join(lines)


def _networks(report: CoverageReport) -> list[tuple[str, NetworkReport]]:
    named = [("model", report.checkpoint), ("untrained", report.untrained[0])]
    named.append(("collapsed", report.collapsed))
    if report.perfect is not None:
        named.append(("perfect", report.perfect))
    return named


def _rows(report: CoverageReport) -> list[tuple[str, PathwayReport]]:
    return [
        (f"{name} {item.pathway}", item)
        for name, network in _networks(report)
        for item in network.pathways
    ]


def _reconstruction_table(report: CoverageReport) -> str:
    def row(name: str, source: NetworkReport, pathway: str, rho: float) -> tuple[str, ...]:
        counts = [
            f"{item.num_exact:,}/{item.num_operations:,}"
            for item in source.reconstruction
            if item.pathway == pathway and item.rho == rho
        ]
        return (name, *counts)

    rows = []
    for pathway in PATHWAYS:
        for rho in dict.fromkeys(item.rho for item in report.checkpoint.reconstruction):
            name = f"model {pathway}, " + ("own code" if rho == 0 else f"coupled at rho {rho:.3g}")
            rows.append(row(name, report.checkpoint, pathway, rho))
    for label, network in _networks(report)[1:]:
        rows += [row(f"{label} {pathway}, own code", network, pathway, 0.0) for pathway in PATHWAYS]
    for pathway in PATHWAYS:
        counts = [
            f"{item.num_exact:,}/{item.num_operations:,}"
            for item in report.permuted
            if item.pathway == pathway
        ]
        rows.append((f"model {pathway}, another's code", *counts))
    noisy = ", ".join(
        f"{item.pathway} {percent(rate)}"
        for item, rate in zip(
            report.checkpoint.pathways, report.checkpoint.noisy_exact_rates, strict=True
        )
    )
    header = ("network, code", "train", "validation", "test")
    return f"{table(header, rows)}\nFrom one draw of the posterior: {noisy}"


def _coverage_table(report: CoverageReport) -> str:
    everyone = _rows(report)
    figures = everyone[0][1].coverage
    limits = {figure.num_draws: figure.limit for figure in figures}
    rows = [("limit U(n)", "", *(percent(limit) for limit in limits.values()))]
    for name, item in everyone:
        readings = (
            ("sampled", "mode", "expectation")
            if name.startswith("model")
            else (
                "sampled",
                "mode",
            )
        )
        for reading in readings:
            ratios = (f"{item.figure(reading, n).ratio:.4f}" for n in limits)  # type: ignore[arg-type]
            rows.append((name, reading, *ratios))
    return table(("network", "reading", *(f"n={n:,}" for n in limits)), rows)


def _reach_table(report: CoverageReport) -> str:
    shares = [share for share, *_ in report.checkpoint.pathways[0].information.draws_to_reach]
    rows = [
        [
            item.pathway,
            *(
                f"{n:,.0f}" if math.isfinite(n) else "not with these latents"
                for _, n, _ in item.information.draws_to_reach
            ),
        ]
        for item in report.checkpoint.pathways
    ]
    return table(["", *(percent(share, 0) for share in shares)], rows)


def _information_table(report: CoverageReport) -> str:
    rows = []
    for name, item in _rows(report):
        figures = item.information
        rows.append(
            (
                name,
                f"{figures.mutual_information_nats:z.3f}",
                f"{figures.entropy_nats:z.3f}",
                f"{figures.conditional_entropy_nats:z.3f}",
                f"{figures.chi_square:z.4f}",
                f"{figures.mode_chi_square:z.4f}",
            )
        )
    limit = f"{report.checkpoint.pathways[0].information.limit_nats:.3f}"
    rows.append(("limit", limit, limit, "0.000", "0.0000", "0.0000"))
    return table(("network", "I(x; z)", "H(x)", "H(x | z)", "chi2", "chi2 mode"), rows)


def draws_text(report: DrawsReport) -> str:
    """Lay out the report on draws."""
    space = "an unknown space" if report.space_size is None else f"{report.space_size:,} ids"
    lines = [
        f"{report.source}: {report.num_draws:,} draws from {space}, "
        f"{report.observed_richness:,} distinct"
    ]
    if report.interrupted:
        lines[0] += " (interrupted: so far)"
    if not report.independence.holds:
        lines += ["", "NOT INDEPENDENT DRAWS, so no estimate and no ratio is given:"]
        lines += [f"  {fault}" for fault in report.independence.faults]
        return "\n".join([*lines, *_comparison_lines(report)])
    lines += ["", _estimates_table(report)]
    if report.curve:
        header: tuple[str, ...] = ("n", "distinct ids", "")
        with_limit = report.space_size is not None
        if with_limit:
            header = ("n", "distinct ids", "fair dice", "ratio", "")
        rows = []
        for n, richness, limit in report.curve:
            how = "rarefied" if n < report.num_draws else "extrapolated"
            how = "all draws" if n == report.num_draws else how
            beside = (f"{limit:,.1f}", f"{richness / limit:.4f}") if with_limit and limit else ()
            rows.append((f"{n:,}", f"{richness:,.1f}", *beside, how))
        lines += ["", table(header, rows)]
    lines += _comparison_lines(report)
    lines += ["", _closing(report)]
    return "\n".join(lines)


def _estimates_table(report: DrawsReport) -> str:
    def between(interval: tuple[float, float | None] | None, digits: int = 1) -> str:
        if interval is None:
            return "none: too few draws"
        low, high = interval
        return f"{low:,.{digits}f} .. " + ("" if high is None else f"{high:,.{digits}f}")

    rows = [
        ("distinct ids", f"{report.observed_richness:,}", between(report.observed_richness_ci)),
        ("richness, at least (Chao1)", f"{report.chao1:,.1f}", between(report.chao1_ci)),
        (
            "mass of the ids seen (Good-Turing)",
            f"{report.good_turing_coverage:.5f}",
            between(report.good_turing_coverage_ci, 5),
        ),
        ("mass unseen", f"{report.unseen_mass:.5f}", between(report.unseen_mass_ci, 5)),
    ]
    for order, meaning in ((1, "exp entropy"), (2, "1 / sum p^2")):
        value = report.hill_numbers[order]
        shown = "-" if value is None else f"{value:,.1f}"
        name = f"effective number, order {order} ({meaning})"
        rows.append((name, shown, between(report.hill_numbers_ci[order])))
    if report.ratio is not None:
        rows.append(("coverage of the space", percent(report.coverage or 0.0), ""))
        rows.append(("limit: fair dice, as many draws", percent(report.uniform_limit or 0.0), ""))
        rows.append(("ratio to the limit", f"{report.ratio:.4f}", between(report.ratio_ci, 4)))
    if report.chi_square is not None:
        rows.append(("chi-square from uniform", f"{report.chi_square:z.4f}", ""))
    return table(("figure", "value", "95 % interval"), rows)


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
    told = (
        "Nothing speaks against independent draws."
        if report.independence.could_tell
        else "Too few draws to tell whether they are independent."
    )
    return (
        f"{told} Draws alone cannot tell a generator from\nfair dice: measure the model itself for "
        "information and controls."
    )
