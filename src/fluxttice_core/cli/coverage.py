"""``coverage``: the main job. Measures a model or draws beside the limit and the controls."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..api import coverage_report, load
from ..artifacts.files import prepare_folder, write_atomically
from ..errors import ConfigError, MissingExtraError
from ..evidence.report import DEFAULT_DRAWS, CoverageReport, DrawsReport, PathwayReport
from .console import (
    json_option,
    note,
    percent,
    progress_bar,
    read_array,
    say,
    say_json,
    sha256_option,
    table,
)

NAMES = {"measured": "model", "untrained control": "untrained", "collapsed control": "collapsed"}


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        values = tuple(dict.fromkeys(int(part.replace("_", "")) for part in text.split(",")))
    except ValueError:
        raise click.BadParameter(
            f"expected whole numbers separated by commas, got {text!r}"
        ) from None
    if any(not 1 <= value <= 10**8 for value in values):
        raise click.BadParameter(f"every n must lie in 1 .. 100,000,000; got {text}")
    return values


@click.command(
    epilog="Examples: fluxttice coverage   fluxttice coverage latest.pt --out report   "
    "fluxttice coverage --draws mine.csv"
)
@click.argument("checkpoint", required=False)
@click.option(
    "--draws",
    metavar="FILE",
    help="Measure draws from any generator: .npy, .csv or -, nine trits or one index a row.",
)
@click.option(
    "--num-draws",
    callback=_numbers,
    default=",".join(map(str, DEFAULT_DRAWS)),
    show_default=True,
    help="The n at which coverage is reported.",
)
@click.option("--trials", type=click.IntRange(1, 1000), default=5, show_default=True)
@click.option(
    "--latents",
    type=click.IntRange(2, 100_000_000),
    default=262_144,
    show_default=True,
    help="Prior latents behind the exact marginal.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option(
    "--out", "-o", metavar="DIR", help="Also write report.json, report.txt, coverage.svg."
)
@sha256_option
@json_option
def coverage(
    checkpoint: str | None,
    draws: str | None,
    num_draws: tuple[int, ...],
    trials: int,
    latents: int,
    seed: int,
    out: str | None,
    sha256: str | None,
    as_json: bool,
) -> None:
    """Measure how much of the space a model generates, beside the limit and the controls.

    CHECKPOINT is a .pt or .safetensors file; without one the packaged v5.5 weights are measured.
    Coverage alone proves nothing: random weights pass it. Read it beside the information column.
    """
    if draws is not None and checkpoint is not None:
        raise ConfigError("give either a CHECKPOINT or --draws, not both")
    folder: Path | None = None
    report: CoverageReport | DrawsReport
    if draws is not None:
        from ..evidence.report import measure_draws
        from ..operations import as_trits, indices_from_trits

        indices = indices_from_trits(as_trits(read_array(draws)))
        name = "standard input" if draws == "-" else draws
        report = measure_draws(indices, source=name, num_draws=num_draws)
        text = _draws_text(report)
        folder = prepare_folder(out) if out is not None else None
    else:
        source = load(checkpoint, sha256=sha256)
        # After the input has been read, before the seconds of work: nothing is left behind.
        folder = prepare_folder(out) if out is not None else None
        with progress_bar("measuring the model and two controls") as on_progress:
            measured = coverage_report(
                source,
                num_draws=num_draws,
                num_trials=trials,
                num_latents=latents,
                seed=seed,
                on_progress=on_progress,
            )
        assert isinstance(measured, CoverageReport)
        report, text = (
            measured,
            _model_text(measured, source.file_sha256, checked=sha256 is not None),
        )
    written = _write(folder, report, text) if folder is not None else []
    if as_json:
        say_json(report.as_dict())
    else:
        say(text)
        if written:
            say(f"\nResults in {folder}: {', '.join(written)}")


def _write(folder: Path, report: CoverageReport | DrawsReport, text: str) -> list[str]:
    """Write the report's files and return their names; without matplotlib, all but the picture."""
    record = json.dumps(report.as_dict(), indent=2, sort_keys=True, allow_nan=False)
    files = {"report.txt": text.encode() + b"\n", "report.json": record.encode() + b"\n"}
    if isinstance(report, CoverageReport):
        from ..pictures import coverage_svg

        try:
            files["coverage.svg"] = coverage_svg(report)
        except MissingExtraError as error:
            note(f"no picture: {error}")
    for name, data in files.items():
        write_atomically(folder / name, data)
    return list(files)


def _draws_text(report: DrawsReport) -> str:
    rows = [
        (f"{n:,}", percent(value), percent(limit), f"{value / limit:.4f}")
        for n, value, limit in report.rarefied
    ]
    rows.append(
        (
            f"{report.num_draws:,} (all)",
            percent(report.observed),
            percent(report.uniform_limit),
            f"{report.ratio:.4f}",
        )
    )
    lines = [
        f"{report.source}: {report.num_draws:,} draws, {report.num_distinct:,} of 19,683 "
        "operations",
        "",
        table(("n", "coverage", "limit U(n)", "C/U"), rows),
        "",
        "Smaller n by rarefaction of all draws (unbiased). Draws alone cannot tell a generator",
        "from fair dice: measure the model itself for information and controls.",
    ]
    if report.ratio > 1.05:
        lines.append("C/U above 1: these draws repeat less than independent draws can.")
    return "\n".join(lines)


def _model_text(report: CoverageReport, file_sha256: str | None, *, checked: bool) -> str:
    lines = [f"{report.source}"]
    if file_sha256 is not None:
        lines.append(f"  file SHA-256     {file_sha256}{'  (as expected)' if checked else ''}")
    lines += [f"  weights SHA-256  {report.weights_sha256}", "", "Reconstruction (exact, 9 of 9)"]
    lines.append(
        table(
            ("pathway, code", "train", "validation", "test"),
            [
                (
                    f"{pathway}, " + ("own" if rho == 0 else f"coupled at rho {rho:.3g}"),
                    *(
                        f"{row.num_exact:,}/{row.num_operations:,}"
                        for row in report.reconstruction
                        if row.pathway == pathway and row.rho == rho
                    ),
                )
                for pathway in ("A", "B")
                for rho in dict.fromkeys(row.rho for row in report.reconstruction)
            ]
            + [
                (
                    f"untrained {pathway}, own",
                    *(
                        f"{row.num_exact:,}/{row.num_operations:,}"
                        for row in report.control_reconstruction
                        if row.pathway == pathway
                    ),
                )
                for pathway in ("A", "B")
            ],
        )
    )
    everyone = (*report.measured, *report.controls)
    lines += ["", "Coverage over the uniform limit, C(n) / U(n)", _coverage_table(everyone)]
    lines += ["", "Information (nats)", _information_table(everyone)]
    lines += ["", _verdict(report)]
    return "\n".join(lines)


def _name(item: PathwayReport) -> str:
    return f"{NAMES[item.role]} {item.pathway}"


def _coverage_table(everyone: tuple[PathwayReport, ...]) -> str:
    numbers = list(dict.fromkeys(figure.num_draws for figure in everyone[0].coverage))
    limits = {figure.num_draws: figure.uniform_limit for figure in everyone[0].coverage}
    rows = [("limit U(n)", "", *(percent(limits[n]) for n in numbers))]
    for item in everyone:
        for reading in ("sampled", "mode", "expectation"):
            rows.append(
                (
                    _name(item),
                    reading,
                    *(f"{item.figure(reading, n).ratio:.4f}" for n in numbers),
                )
            )
    return table(("network", "reading", *(f"n={n:,}" for n in numbers)), rows)


def _information_table(everyone: tuple[PathwayReport, ...]) -> str:
    rows = [
        (
            _name(item),
            f"{item.information.mutual_information_nats:z.3f}",
            f"{item.information.marginal_entropy_nats:z.3f}",
            f"{item.information.conditional_entropy_nats:z.3f}",
            f"{item.information.chi_square:z.4f}",
        )
        for item in everyone
    ]
    limit = f"{everyone[0].information.limit_nats:.3f}"
    rows.append(("perfect codebook", limit, limit, "0.000", "0.0000"))
    return table(("network", "I(x; z)", "H(x)", "H(x | z)", "chi2"), rows)


def _verdict(report: CoverageReport) -> str:
    lowest = min(item.information.mutual_information_nats for item in report.measured)
    highest = max(item.information.mutual_information_nats for item in report.controls)
    if lowest > 10 * max(highest, 1e-6):
        return (
            f"The model is told apart from networks that learned nothing: I(x; z) is at least "
            f"{lowest:.2f} nats,\ntheirs at most {max(highest, 0.0):.2f}. "
            "Their sampled coverage shows why coverage alone is no evidence."
        )
    return (
        f"NOT told apart from networks that learned nothing: I(x; z) is {lowest:.2f} nats, theirs "
        f"up to {max(highest, 0.0):.2f}.\nIts coverage is no evidence of learning."
    )
