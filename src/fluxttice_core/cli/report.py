"""``report``: a page of figures about a checkpoint or draws, made to be looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..api import coverage_report
from ..artifacts.checkpoint import Checkpoint
from ..artifacts.draws import ReadOptions, holds_draws, names_draws
from ..artifacts.history import read_metrics
from ..errors import ArtifactError, ConfigError
from ..evidence.pathway import CONTROL_LATENTS, NUM_LATENTS
from ..evidence.report import DEFAULT_DRAWS, CoverageReport
from ..files import prepare_folder, write_atomically
from ..show.draws_text import draws_text
from ..show.field_words import FIELDS
from .command import command
from .console import (
    command_line,
    json_option,
    load_model,
    say,
    say_json,
    sha256_option,
)
from .coverage import kind_of
from .drawn import draws_report
from .progress import progress
from .reading import READING, reading_options
from .results import write_results
from .sections import SectionedCommand

# Figures have no room for more, and no metric of a run comes near.
MAX_METRIC = 1e30


FOR_DRAWS = ("space", "groups", "field", *READING)
FOR_MODELS = ("history", "latents", "control_latents", "seed", "sha256")


@command(
    cls=SectionedCommand,
    epilog="\b\nExamples:\n"
    "  fluxttice report runs/mine/latest.pt --out page\n"
    "  fluxttice report draws.npy --space 19683 --out page",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--out", "-o", metavar="DIR", required=True, help="Output folder.")
@click.option(
    "--history",
    metavar="FILE",
    help="Models: metrics by epoch. Default: metrics.jsonl beside the checkpoint, if it is there.",
)
@click.option(
    "--latents",
    type=click.IntRange(2, 100_000_000),
    metavar="N",
    default=NUM_LATENTS,
    show_default=True,
    help="Models: prior latents behind the exact marginal.",
)
@click.option(
    "--control-latents",
    type=click.IntRange(2, 100_000_000),
    metavar="N",
    default=CONTROL_LATENTS,
    show_default=True,
    help="Models: prior latents of each control, where they are fewer.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Models: of latents and runs.",
)
@click.option(
    "--space",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="Draws: ids are 0 .. N-1; adds the uniform limit.",
)
@click.option(
    "--groups",
    metavar="NAME",
    help="Draws: that hang together: a column, rows or files.",
)
@click.option(
    "--field",
    type=click.Choice(tuple(FIELDS)),
    metavar="NAME",
    help="Draws: say it to chemistry, codebook or ecology.",
)
@reading_options
@sha256_option
@json_option
@click.pass_context
def report(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    out: str,
    history: str | None,
    latents: int,
    control_latents: int,
    seed: int,
    space: int | None,
    groups: str | None,
    field: str | None,
    sha256: str | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Measure SOURCE (default: the packaged codebook) and write a page about it.

    SOURCE is a checkpoint, or files of draws, as for coverage. DIR gets report.html, one file that
    needs no network, and report.json; of a checkpoint also its figures as .svg, of draws the text.
    Made twice from the same file, they are the same to the byte.

    Exit code 1: the draws are not independent, so the page gives no ratio.
    """
    is_draws = kind_of(sources, holds_draws if sha256 is None else names_draws) == "draws"
    _refuse_options(context, is_draws=is_draws)
    if is_draws:
        options = ReadOptions(**reading, groups=groups)
        _report_draws(context, sources, options, out, space, field, as_json=as_json)
        return
    checkpoint = next(iter(sources), None)
    from ..show.page import report_page
    from ..show.pictures import report_svgs

    source = load_model(checkpoint, sha256)
    metrics = _history(checkpoint, history, source)
    folder = prepare_folder(out)
    with progress("measuring the model and its controls") as on_progress:
        measured = coverage_report(
            source,
            num_latents=latents,
            control_latents=control_latents,
            seed=seed,
            on_progress=on_progress,
        )
    assert isinstance(measured, CoverageReport)
    figures = report_svgs(measured, metrics)
    numbers = f"--seed {seed} --latents {latents} --control-latents {control_latents}"
    command = f"fluxttice report {checkpoint or ''} --out DIR {numbers}"
    page = report_page(
        measured,
        figures,
        identity=_identity(source, measured),
        command=" ".join(command.split()),
        history=metrics,
    )
    record = json.dumps(measured.as_dict(), indent=2, sort_keys=True, allow_nan=False)
    files = {f"{name}.svg": data for name, data in figures.items()}
    files |= {"report.json": record.encode() + b"\n", "report.html": page}
    for name, data in files.items():
        write_atomically(folder / name, data)
    if as_json:
        say_json({"folder": str(folder), "files": sorted(files), "verdict": measured.verdict})
    else:
        say(measured.verdict)
        say(f"\nopen {folder / 'report.html'}  ({len(figures)} figures, report.json)")


def _refuse_options(context: click.Context, *, is_draws: bool) -> None:
    wrong = [
        f"--{name.replace('_', '-')}"
        for name in (FOR_MODELS if is_draws else FOR_DRAWS)
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if wrong:
        what = "draws" if is_draws else "a checkpoint"
        raise ConfigError(
            f"{', '.join(wrong)} has no meaning for {what}; SOURCE is read as {what} because of "
            "its name (draws end in .npy, .csv, .txt, .jsonl or .parquet, or are -)"
        )


def _report_draws(
    context: click.Context,
    sources: tuple[str, ...],
    options: ReadOptions,
    out: str,
    space: int | None,
    field: str | None,
    *,
    as_json: bool,
) -> None:
    measured, read = draws_report(sources, None, options, space=space, num_draws=DEFAULT_DRAWS)
    text = read + draws_text(measured, field)
    folder = prepare_folder(out)
    written = write_results(folder, measured, text, read, command_line(context))
    if as_json:
        independent = measured.independence.holds
        say_json({"folder": str(folder), "files": sorted(written), "independent": independent})
    else:
        say(text)
        say(f"\nopen {folder / written[-1]}")
    if not measured.independence.holds:
        raise SystemExit(1)


def _history(
    checkpoint: str | None, history: str | None, source: Checkpoint
) -> list[dict[str, object]]:
    beside = Path(checkpoint).parent / "metrics.jsonl" if checkpoint is not None else None
    if history is None and (beside is None or not beside.exists()):
        return []
    path = Path(history) if history is not None else beside
    assert path is not None
    metrics = read_metrics(path)
    if not metrics:
        raise ArtifactError(f"{path}: expected metrics by epoch (JSON lines), found none")
    _check_numbers(metrics, path)
    # A run may have gone on after this file was written.
    last = source.epoch if source.epoch is not None else metrics[-1]["epoch"]
    return [record for record in metrics if record["epoch"] <= last]


def _check_numbers(metrics: list[dict[str, Any]], path: Path) -> None:
    """Refuse metrics that no figure can show."""
    from ..show.pictures import HISTORY

    shown = [key for _, _, keys, _ in HISTORY for key in keys.values()]
    for record in metrics:
        for key in shown:
            value = record.get(key, 0)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not abs(value) < MAX_METRIC:
                raise ArtifactError(
                    f"{path}: {key} of epoch {record['epoch']} is {str(value)[:40]}; expected a "
                    f"number below {MAX_METRIC:g}; give the metrics.jsonl of the run"
                )


def _identity(source: Checkpoint, measured: CoverageReport) -> dict[str, str]:
    found = {
        "file SHA-256": source.file_sha256,
        "weights SHA-256": measured.weights_sha256,
        "epoch": source.epoch,
        "config SHA-256": source.metadata.get("config_hash"),
        "written by": source.metadata.get("code_version"),
        "seed of the measurement": measured.seed,
        "latents": f"{measured.num_latents:,}",
    }
    return {name: str(value) for name, value in found.items() if value is not None}
