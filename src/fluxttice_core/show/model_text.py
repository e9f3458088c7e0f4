"""The report on a model as text for a terminal."""

from __future__ import annotations

import math

from ..evidence.figures import PathwayReport
from ..evidence.report import CoverageReport, NetworkReport
from ..model.layout import PATHWAYS
from .networks import shown_networks
from .words import percent, ratio_text, table


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


def _rows(report: CoverageReport) -> list[tuple[str, PathwayReport]]:
    return [
        (f"{shown.short} {item.pathway}", item)
        for shown in shown_networks(report)
        for item in shown.network.pathways
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
    for shown in shown_networks(report)[1:]:
        rows += [
            row(f"{shown.short} {pathway}, own code", shown.network, pathway, 0.0)
            for pathway in PATHWAYS
        ]
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
    needed: dict[int, int] = {}
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
            found = [item.figure(reading, n) for n in limits]  # type: ignore[arg-type]
            rows.append((name, reading, *(ratio_text(figure.ratio) for figure in found)))
            needed |= {item.num_draws: item.latents_needed for item in found if item.latents_needed}
    laid_out = table(("network", "reading", *(f"n={n:,}" for n in limits)), rows)
    if not needed:
        return laid_out
    least = ", ".join(f"n={n:,} at least {needed[n]:,}" for n in sorted(needed))
    return f"{laid_out}\n-: needs more latents (--latents, --control-latents): {least}"


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
