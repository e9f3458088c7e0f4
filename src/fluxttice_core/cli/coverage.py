"""``coverage``: the main job. Measures a model or draws beside the limit and the controls."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from .. import measure
from ..api import coverage_report, load
from ..artifacts.draw_files import describe_names, draw_chunks, expand_names, names_draws
from ..errors import ConfigError, MissingExtraError
from ..evidence.pathway import CONTROL_LATENTS, NUM_LATENTS
from ..evidence.report import DEFAULT_DRAWS, CoverageReport
from ..files import prepare_folder, write_atomically
from ..gates.operations import GATES
from ..measure import DrawsReport
from ..show.draws_text import draws_text
from ..show.model_text import model_text
from .console import (
    json_option,
    note,
    progress,
    say,
    say_json,
    sha256_option,
)

FOR_DRAWS = ("space", "reference")
FOR_MODELS = ("runs", "latents", "control_latents", "seed", "sha256")


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
    "  fluxttice coverage 'shard-*.npy'\n"
    "  my_sampler | fluxttice coverage -",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
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
    "--control-latents",
    type=click.IntRange(2, 100_000_000),
    default=CONTROL_LATENTS,
    show_default=True,
    help="Models: prior latents of each control, where they are fewer.",
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
    sources: tuple[str, ...],
    space: int | None,
    reference: str | None,
    num_draws: tuple[int, ...],
    runs: int,
    latents: int,
    control_latents: int,
    seed: int,
    out: str | None,
    sha256: str | None,
    as_json: bool,
) -> None:
    """Measure how much of its space a model or any generator reaches, beside limit and controls.

    SOURCE is a checkpoint (.pt, .safetensors, v5_5; without one, the codebook), or draws of
    anything discrete: .npy, .csv, .jsonl, .parquet, or - for standard input, one draw a line.
    Several files of draws, or a pattern, are one source.
    Coverage alone proves nothing: random weights pass it. Read it beside the information.

    Exit code 1: the draws are not independent, so no ratio is given.
    """
    is_draws = _are_draws(sources)
    _refuse_options(context, FOR_MODELS if is_draws else FOR_DRAWS, is_draws=is_draws)
    report: CoverageReport | DrawsReport
    if is_draws:
        folder = prepare_folder(out) if out is not None and Path(out).exists() else None
        report = _draws(sources, space, reference, num_draws)
        text = draws_text(report)
    else:
        checkpoint = load(next(iter(sources), None), sha256=sha256)
        # After the input has been read, before the seconds of work: nothing is left behind.
        folder = prepare_folder(out) if out is not None else None
        with progress("measuring the model and its controls") as on_progress:
            measured = coverage_report(
                checkpoint,
                num_draws=num_draws,
                num_runs=runs,
                num_latents=latents,
                control_latents=control_latents,
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
        f"--{name.replace('_', '-')}"
        for name in names
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        what = "draws" if is_draws else "a checkpoint"
        raise ConfigError(
            f"{', '.join(given)} has no meaning for {what}; SOURCE is read as {what} because of "
            "its name (draws end in .npy, .csv, .txt, .jsonl or .parquet, or are -)"
        )


def _are_draws(sources: tuple[str, ...]) -> bool:
    draws = [source for source in sources if names_draws(source)]
    models = [source for source in sources if source not in draws]
    if len(models) > 1 or (models and draws):
        raise ConfigError(
            f"expected one model, or files of draws; got {', '.join(sources)}; measure each model "
            "by itself"
        )
    return bool(draws)


def _draws(
    sources: tuple[str, ...],
    space: int | None,
    reference: str | None,
    num_draws: tuple[int, ...],
) -> DrawsReport:
    names = expand_names(sources)
    others = () if reference is None else expand_names([reference])
    if "-" in names and "-" in others:
        raise ConfigError("standard input cannot hold both the draws and their reference")
    stdin = sys.stdin.buffer if "-" in (*names, *others) else None
    with progress("counting", "draw") as on_count:
        report = measure.draws(
            draw_chunks(names, stdin),
            name=describe_names(names),
            space=space,
            reference=draw_chunks(others, stdin) if others else None,
            num_draws=num_draws,
            known_spaces=(GATES,),
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
        from ..show.pictures import coverage_svg

        try:
            files["coverage.svg"] = coverage_svg(report)
        except MissingExtraError as error:
            note(f"no picture: {error}")
    for name, data in files.items():
        write_atomically(folder / name, data)
    return list(files)
