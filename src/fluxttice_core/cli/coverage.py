"""``coverage``: the main job. Measures a model or draws beside the limit and the controls."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import click

from ..api import coverage_report, load
from ..artifacts.draw_files import SUFFIXES, draw_chunks
from ..artifacts.files import prepare_folder, write_atomically
from ..errors import ConfigError, MissingExtraError
from ..evidence.pathway import NUM_LATENTS
from ..evidence.report import DEFAULT_DRAWS, CoverageReport
from ..evidence.sample import DrawsReport, measure_draws
from .console import (
    count_bar,
    json_option,
    note,
    progress_bar,
    say,
    say_json,
    sha256_option,
)
from .coverage_text import draws_text, model_text

FOR_DRAWS, FOR_MODELS = ("space", "reference"), ("runs", "latents", "seed", "sha256")


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
    epilog="\b\nExamples:\n"
    "  fluxttice coverage\n"
    "  fluxttice coverage latest.pt --out report\n"
    "  fluxttice coverage draws.npy --space 19683\n"
    "  my_sampler | fluxttice coverage -",
)
@click.argument("source", required=False)
@click.option(
    "--space",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="Draws: ids are 0 .. N-1. Adds the uniform limit. Rows of nine trits need none.",
)
@click.option(
    "--reference",
    metavar="FILE",
    help="Draws: another sample; adds validity, uniqueness and novelty against it.",
)
@click.option(
    "--num-draws",
    callback=_numbers,
    default=",".join(map(str, DEFAULT_DRAWS)),
    show_default=True,
    help="The n at which coverage is reported.",
)
@click.option(
    "--runs",
    type=click.IntRange(0, 1000),
    default=1,
    show_default=True,
    help="Models: real runs beside the expectation.",
)
@click.option(
    "--latents",
    type=click.IntRange(2, 100_000_000),
    default=NUM_LATENTS,
    show_default=True,
    help="Models: prior latents behind the exact marginal.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of latents and runs.",
)
@click.option("--out", "-o", metavar="DIR", help="Also write report.json, report.txt, a picture.")
@sha256_option
@json_option
@click.pass_context
def coverage(
    context: click.Context,
    source: str | None,
    space: int | None,
    reference: str | None,
    num_draws: tuple[int, ...],
    runs: int,
    latents: int,
    seed: int,
    out: str | None,
    sha256: str | None,
    as_json: bool,
) -> None:
    """Measure how much of its space a model or any generator reaches, beside limit and controls.

    SOURCE is a checkpoint (.pt, .safetensors, v5_5; without one, the codebook), or draws of
    anything discrete: .npy, .csv, .jsonl, .parquet, or - for standard input, one draw a line.
    Coverage alone proves nothing: random weights pass it. Read it beside the information.

    Exit code 1: the draws are not independent, so no ratio is given.
    """
    is_draws = source is not None and (source == "-" or Path(source).suffix.lower() in SUFFIXES)
    _refuse_options(context, FOR_MODELS if is_draws else FOR_DRAWS, is_draws=is_draws)
    report: CoverageReport | DrawsReport
    if is_draws:
        assert source is not None
        folder = prepare_folder(out) if out is not None and Path(out).exists() else None
        report = _draws(source, space, reference, num_draws)
        text = draws_text(report)
    else:
        checkpoint = load(source, sha256=sha256)
        # After the input has been read, before the seconds of work: nothing is left behind.
        folder = prepare_folder(out) if out is not None else None
        with progress_bar("measuring the model and its controls") as on_progress:
            measured = coverage_report(
                checkpoint,
                num_draws=num_draws,
                num_runs=runs,
                num_latents=latents,
                seed=seed,
                on_progress=on_progress,
            )
        assert isinstance(measured, CoverageReport)
        report = measured
        text = model_text(report, checkpoint.file_sha256, checked=sha256 is not None)
    # Shown before it is written: a stream of hours cannot be had again. No folder is made before
    # there is something to write.
    if as_json:
        say_json(report.as_dict())
    else:
        say(text)
    if out is not None:
        folder = folder or prepare_folder(out)
        written = _write(folder, report, text)
        if not as_json:
            say(f"\nResults in {folder}: {', '.join(written)}")
    if isinstance(report, DrawsReport) and not report.independence.holds:
        raise SystemExit(1)


def _refuse_options(context: click.Context, names: tuple[str, ...], *, is_draws: bool) -> None:
    given = [
        f"--{name}"
        for name in names
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        what = "draws" if is_draws else "a checkpoint"
        raise ConfigError(
            f"{', '.join(given)} has no meaning for {what}; SOURCE is read as {what} because of "
            "its name (draws end in .npy, .csv, .txt, .jsonl or .parquet, or are -)"
        )


def _draws(
    source: str,
    space: int | None,
    reference: str | None,
    num_draws: tuple[int, ...],
) -> DrawsReport:
    if source == reference == "-":
        raise ConfigError("standard input cannot hold both the draws and their reference")
    stdin = sys.stdin.buffer if "-" in (source, reference) else io.BytesIO()
    with count_bar("counting", "draw") as on_count:
        report = measure_draws(
            draw_chunks(source, stdin),
            source="standard input" if source == "-" else source,
            space=space,
            reference=None if reference is None else draw_chunks(reference, stdin),
            num_draws=num_draws,
            on_chunk=on_count,
        )
    if report.interrupted:
        note("interrupted: the report is of the draws read so far")
    return report


def _write(folder: Path, report: CoverageReport | DrawsReport, text: str) -> list[str]:
    """Write the report's files and return their names; without matplotlib, all but the picture."""
    record: dict[str, Any] = report.as_dict()
    encoded = json.dumps(record, indent=2, sort_keys=True, allow_nan=False)
    files = {"report.txt": text.encode() + b"\n", "report.json": encoded.encode() + b"\n"}
    if isinstance(report, CoverageReport):
        from ..pictures import coverage_svg

        try:
            files["coverage.svg"] = coverage_svg(report)
        except MissingExtraError as error:
            note(f"no picture: {error}")
    for name, data in files.items():
        write_atomically(folder / name, data)
    return list(files)
