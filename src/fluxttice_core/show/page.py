"""The report page: one HTML file that needs no network, made of a report and its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..gates.operations import trits_from_indices
from ..model.layout import PATHWAYS
from .networks import shown_networks
from .skeleton import escaped, figure_of, table_of, whole_page
from .words import percent, ratio_text

if TYPE_CHECKING:
    from ..evidence.figures import CoverageFigure, PathwayReport
    from ..evidence.report import CoverageReport, NetworkReport

_CAPTIONS = {
    "coverage-sampled": "Expected share of the 19,683 gates met by n draws, one random trit each. "
    "Networks that learned nothing run along the limit too: coverage alone is no evidence.",
    "coverage-mode": "The same when the likeliest trit is taken. Random weights and a collapsed "
    "decoder fall away; fair dice still do not.",
    "plane": "The two axes together. A perfect codebook sits in the corner; noise stays on the "
    "left edge, however much it covers.",
    "masses": "How often each gate is drawn, against the fair share, ordered in one half of the "
    "latents and read in the other.",
    "kl": "What each latent dimension says about a gate (free bits never applied).",
    "reconstruction": "Gates that come back whole, decoded from their own code and from a mix with "
    "the other pathway's.",
}


def report_page(
    report: CoverageReport,
    figures: Mapping[str, bytes],
    *,
    identity: Mapping[str, str],
    command: str,
    history: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """Lay out the page; its bytes depend on the arguments alone.

    Parameters
    ----------
    figures : SVG by name, from :func:`fluxttice_core.pictures.report_svgs`.
    identity : what is measured, label to text.
    command : how to make the page again.
    history : one record of metrics per epoch.
    """
    told = "" if report.verdict.startswith("Told") else " bad"
    body = [
        "<h1>Coverage report</h1>",
        f'<p class="soft">{escaped(report.source)}</p>',
        f'<p class="verdict{told}">{escaped(report.verdict)}</p>',
    ]
    if report.is_sound is not None:
        sound = (
            "The measurement is sound: the hand-built perfect codebook gets full marks in this run."
            if report.is_sound
            else "THE MEASUREMENT IS NOT SOUND: the perfect codebook does not get full marks."
        )
        body.append(f"<p>{sound}</p>")
    body += [_summary(report), "<h2>What is evidence here</h2>", _words(report)]
    main = [name for name in _CAPTIONS if name in figures]
    body.append('<h2>Figures</h2><div class="grid">')
    body += [figure_of(figures[name], _CAPTIONS[name]) for name in main]
    body.append("</div>")
    past = [name for name in figures if name.startswith("history-")]
    if past:
        body += ["<h2>Why this checkpoint</h2>", _choice(history), '<div class="grid small">']
        body += [figure_of(figures[name], "") for name in past]
        body.append("</div>")
    body += ["<h2>Coverage</h2>", _coverage(report), "<h2>Reconstruction</h2>", _exact(report)]
    body += ["<h2>Likelihood and structure</h2>", _likelihood(report), _structure(report)]
    body += ["<h2>Rarest gates</h2>", _rarest(report)]
    rows = [[label, f"<code>{escaped(value)}</code>"] for label, value in identity.items()]
    rows.append(["made again by", f"<code>{escaped(command)}</code>"])
    body += ["<h2>Identity</h2>", table_of(["", ""], rows)]
    return whole_page("Coverage report", body)


def _share(value: float, digits: int = 2) -> str:
    return escaped(percent(value, digits))


def _plus_minus(value: float, half_width: float, digits: int) -> str:
    return f"{value:z.{digits}f} &plusmn; {half_width:.{digits}f}"


def _ratio(figure: CoverageFigure, half_width: float) -> str:
    if figure.ratio is None or figure.standard_error is None:
        return ratio_text(None)
    error = half_width * figure.standard_error / figure.limit
    return f"{ratio_text(figure.ratio)} &plusmn; {error:.4f}"


def _summary(report: CoverageReport) -> str:
    n = report.compared_draws or report.checkpoint.pathways[0].coverage[0].num_draws
    rows = []
    for shown in shown_networks(report, every_seed=True):
        name = shown.name
        if shown.role == "untrained":
            name += f", seed {shown.network.seed}"
        for item in shown.network.pathways:
            info = item.information
            rows.append(
                [
                    f"{name}, {item.pathway}",
                    f"{shown.network.num_exact(item.pathway):,}",
                    _ratio(item.figure("sampled", n), info.half_width),
                    _ratio(item.figure("mode", n), info.half_width),
                    _plus_minus(
                        info.mutual_information_nats,
                        info.half_width * info.mutual_information_error,
                        3,
                    ),
                    _plus_minus(info.chi_square, info.half_width * info.chi_square_error, 4),
                ]
            )
    rows.append(["fair dice", "1 by chance", "1.0000", "1.0000", "0.000", "0.0000"])
    header = (
        "network, pathway",
        "exact of 19,683",
        f"C/U sampled, {n:,}",
        f"C/U mode, {n:,}",
        "I(x; z) nats, of 9.888",
        "chi-square",
    )
    return table_of(header, rows)


def _words(report: CoverageReport) -> str:
    items = [
        f'<li class="{"yes" if item.is_evidence else "no"}">{escaped(item.words)}</li>'
        for item in report.separations
    ]
    return f'<ul class="words">{"".join(items)}</ul>'


def _choice(history: Sequence[Mapping[str, Any]]) -> str:
    scored = [record for record in history if "selection_score" in record]
    if not scored:
        return ""
    ranked = sorted(scored, key=lambda record: -float(record["selection_score"]))
    last = scored[-1]
    place = ranked.index(last) + 1
    text = (
        f"This file is epoch {last['epoch']}: number {place} of {len(scored)} on the fixed rule, "
        f"score {last['selection_score']:.4f}; the best is epoch {ranked[0]['epoch']} "
        f"({ranked[0]['selection_score']:.4f})."
    )
    losses = [record for record in scored if "validation_nll" in record]
    if losses:
        lowest = min(losses, key=lambda record: float(record["validation_nll"]))
        text += (
            f" The lowest validation loss was at epoch {lowest['epoch']}, whose score is "
            f"{lowest['selection_score']:.4f}."
        )
    return f"<p>{escaped(text)}</p>"


def _coverage(report: CoverageReport) -> str:
    tables = []
    for item in report.checkpoint.pathways:
        rows = [_coverage_row(figure) for figure in item.coverage]
        header = (
            f"{item.pathway}, reading",
            "n",
            "expected C(n)",
            "limit U(n)",
            "C / U",
            "one real run, 95 %",
            "real run",
        )
        tables.append(table_of(header, rows))
    return "".join(tables)


def _coverage_row(figure: CoverageFigure) -> list[str]:
    expected, interval = "-", figure.withheld or "-"
    if figure.coverage is not None and figure.interval is not None:
        low, high = figure.interval
        expected = _share(figure.coverage, 3)
        interval = f"{_share(low, 3)} .. {_share(high, 3)}"
    return [
        figure.reading,
        f"{figure.num_draws:,}",
        expected,
        _share(figure.limit, 3),
        ratio_text(figure.ratio),
        interval,
        ", ".join(_share(value, 3) for value in figure.observed),
    ]


def _exact(report: CoverageReport) -> str:
    rows = []
    rhos = dict.fromkeys(row.rho for row in report.checkpoint.reconstruction)
    for pathway in PATHWAYS:
        for rho in rhos:
            rows.append(_exact_row(report.checkpoint, pathway, rho))
    for pathway in PATHWAYS:
        wrong = [row for row in report.permuted if row.pathway == pathway]
        counts = [f"{row.num_exact:,} of {row.num_operations:,}" for row in wrong]
        rows.append([f"{pathway}, another gate's code", *counts])
    noisy = ", ".join(
        f"{pathway} {_share(rate)}"
        for pathway, rate in zip(PATHWAYS, report.checkpoint.noisy_exact_rates, strict=True)
    )
    table = table_of(("pathway, code", "train", "validation", "test"), rows)
    return f"{table}<p>From one draw of the posterior instead of its mean: {noisy}.</p>"


def _exact_row(network: NetworkReport, pathway: str, rho: float) -> list[str]:
    code = "own code" if rho == 0 else f"mixed at rho {rho:.3g}"
    counts = [
        f"{row.num_exact:,} of {row.num_operations:,}"
        for row in network.reconstruction
        if row.pathway == pathway and row.rho == rho
    ]
    return [f"{pathway}, {code}", *counts]


def _likelihood(report: CoverageReport) -> str:
    rows = [
        [
            f"{pathway}, {row.split}",
            _plus_minus(row.negative_log_likelihood_nats, row.half_width * row.standard_error, 4),
            f"{row.negative_elbo_nats:.3f}",
            f"{row.gap_nats:.3f}",
        ]
        for pathway, items in report.likelihood.items()
        for row in items
    ]
    header = ("split", "-log p(x), exact, limit 9.888", "-ELBO", "gap (nats)")
    return table_of(header, rows)


def _structure(report: CoverageReport) -> str:
    rows = [
        [
            f"{pathway}, {row.codes}",
            f"{row.spearman_hamming:.3f}",
            f"{row.spearman_l1:.3f}",
            _share(row.neighbour_hamming_1),
            f"{row.permuted_correlation:.3f}",
        ]
        for pathway, items in report.structure.items()
        for row in items
    ]
    header = (
        "codes",
        "Spearman, Hamming",
        "Spearman, L1",
        "nearest is one trit away",
        "distances after renaming values",
    )
    return table_of(header, rows)


def _rarest(report: CoverageReport) -> str:
    def cell(item: PathwayReport, place: int) -> list[str]:
        index, mass = item.information.rarest[place]
        signs = "".join("-0+"[trit + 1] for trit in trits_from_indices(index).tolist())
        return [f"{index} <code>{signs}</code>", f"{mass:.3f}"]

    num = len(report.checkpoint.pathways[0].information.rarest)
    rows = [
        [cell_text for item in report.checkpoint.pathways for cell_text in cell(item, place)]
        for place in range(num)
    ]
    header = ("A: index, table", "N p(x)", "B: index, table", "N p(x)")
    return table_of(header, rows)
