"""``coverage``: the main job. Measures a model or draws beside the limit and the controls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..api import coverage_report
from ..api.report import KINDS, Kind
from ..artifacts.checkpoint import Checkpoint
from ..artifacts.draws import FORMATS, INCIDENCE, ReadOptions, holds_draws, names_draws
from ..errors import CheckpointError, ConfigError
from ..evidence.pathway import CONTROL_LATENTS, NUM_LATENTS
from ..evidence.report import DEFAULT_DRAWS, CoverageReport
from ..files import prepare_folder
from ..measure import DistributionReport, DrawsReport, IncidenceReport, TargetReport
from ..measure.forms import TableForm
from ..measure.target.floors import NUM_SIMULATIONS
from ..show.draws_text import draws_text
from ..show.field_words import FIELDS
from ..show.incidence_text import incidence_text
from ..show.model_text import model_text
from ..show.target_text import distribution_text, target_text
from .command import command
from .console import (
    command_line,
    json_option,
    load_model,
    note,
    one_form,
    say,
    say_json,
    sha256_option,
    table_option,
)
from .drawn import draws_report
from .incidence import incidence_report
from .progress import progress
from .reading import READING, reading_options, with_read
from .results import write_results
from .sections import SectionedCommand
from .target import masses_report, target_report

FOR_TARGETS = ("target", "modes", "simulations")
FOR_DRAWS = ("space", "groups", "incidence", "units", "reference", "field", *READING, *FOR_TARGETS)
FOR_MODELS = ("runs", "latents", "control_latents", "seed", "sha256")
# Real runs of as many draws are made of a model.
MOST_OF_MODELS = 10**8


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        values = tuple(dict.fromkeys(int(part.replace("_", "")) for part in text.split(",")))
    except ValueError:
        raise click.BadParameter(
            f"expected whole numbers separated by commas, got {text!r}"
        ) from None
    if any(not 1 <= value <= 10**15 for value in values):
        raise click.BadParameter(f"every n must lie in 1 .. 10^15; got {text}")
    return values


@command(
    cls=SectionedCommand,
    epilog="\b\nExamples:\n"
    "  fluxttice coverage latest.pt --out report\n"
    "  fluxttice coverage draws.npy --space 19683\n"
    "  fluxttice coverage 'shard-*.npy' --groups files\n"
    "  fluxttice coverage species.csv --counts abundance --field ecology\n"
    "  fluxttice coverage draws.npy --target masses.npy --table latex\n"
    "  my_sampler | fluxttice coverage -",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
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
    "--incidence",
    type=click.Choice(INCIDENCE),
    metavar="UNITS",
    help="Draws: by unit: rows, columns or pairs (unit, id).",
)
@click.option(
    "--units",
    type=click.IntRange(min=1),
    metavar="T",
    help="Draws: all units, with --counts or pairs.",
)
@click.option(
    "--reference",
    metavar="FILE",
    help="Draws: a sample to find validity and novelty against.",
)
@click.option(
    "--field",
    type=click.Choice(tuple(FIELDS)),
    metavar="NAME",
    help="Draws: say it to chemistry, codebook or ecology.",
)
@click.option(
    "--target",
    metavar="FILE",
    help="Target: the masses, .npy or lines of label,mass.",
)
@click.option(
    "--modes",
    type=click.IntRange(min=1),
    metavar="K",
    default=1,
    show_default=True,
    help="Target: so many of its largest masses are modes.",
)
@click.option(
    "--simulations",
    type=click.IntRange(19, 10**6),
    metavar="R",
    default=NUM_SIMULATIONS,
    show_default=True,
    help="Target: perfect runs behind floors and p-values.",
)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    help="SOURCE is a model, draws or masses.",
)
@click.option(
    "--num-draws",
    callback=_numbers,
    metavar="N,...",
    default=",".join(map(str, DEFAULT_DRAWS)),
    show_default=True,
    help="Where coverage is reported.",
)
@click.option(
    "--runs",
    type=click.IntRange(0, 1000),
    metavar="R",
    default=1,
    show_default=True,
    help="Models: real runs beside the expectation.",
)
@click.option(
    "--latents",
    type=click.IntRange(2, 100_000_000),
    metavar="N",
    default=NUM_LATENTS,
    show_default=True,
    help="Models: prior latents behind the marginal.",
)
@click.option(
    "--control-latents",
    type=click.IntRange(2, 100_000_000),
    metavar="N",
    default=CONTROL_LATENTS,
    show_default=True,
    help="Models: those of each control, if fewer.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Of latents and runs, or of perfect runs.",
)
@click.option("--out", "-o", metavar="DIR", help="Also write the report, and a picture.")
@reading_options
@sha256_option
@table_option
@json_option
@click.pass_context
def coverage(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    space: int | None,
    groups: str | None,
    incidence: str | None,
    units: int | None,
    reference: str | None,
    field: str | None,
    target: str | None,
    modes: int,
    simulations: int,
    kind: Kind | None,
    num_draws: tuple[int, ...],
    runs: int,
    latents: int,
    control_latents: int,
    seed: int,
    out: str | None,
    sha256: str | None,
    table: TableForm | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Measure how much of its space a generator reaches, beside limit and controls.

    SOURCE is a checkpoint (.pt, .safetensors, v5_5; without one, the codebook), or draws of
    anything discrete: .npy, .csv, .txt, .smi, .jsonl, .parquet, a tensor in a .pt, or - for
    standard input. Several files, or a pattern, are one source. Coverage alone proves nothing:
    random weights pass it. Read it beside the information.

    Exit code 1: the draws are not independent, so no ratio is given.
    """
    one_form(table, as_json=as_json)
    # Of a model with a hash nothing is parsed before that is compared.
    if kind is None and sources and _is_told_as_draws(sources, reading):
        kind = "draws"
    kind = kind or kind_of(sources, holds_draws if sha256 is None else names_draws)
    by_unit = kind == "draws" and (incidence is not None or units is not None)
    _refuse_options(context, kind, with_target=target is not None, by_unit=by_unit)
    report: CoverageReport | DrawsReport | TargetReport | DistributionReport | IncidenceReport
    read = ""
    if kind != "model":
        folder = prepare_folder(out) if out is not None and Path(out).exists() else None
        options = ReadOptions(**reading, groups=groups, incidence=incidence)
        if kind == "masses":
            report = masses_report(sources, num_draws)
            text = distribution_text(report)
        elif by_unit:
            report, read = incidence_report(sources, options, units)
            text = read + incidence_text(report)
        elif target is not None:
            report, read = target_report(
                sources,
                target,
                options,
                num_modes=modes,
                num_simulations=simulations,
                seed=seed,
            )
            text = read + target_text(report)
        else:
            report, read = draws_report(
                sources, reference, options, space=space, num_draws=num_draws
            )
            if context.get_parameter_source("num_draws") is click.core.ParameterSource.COMMANDLINE:
                _note_left_out(report.num_draws, num_draws)
            text = read + draws_text(report, field)
    else:
        if max(num_draws) > MOST_OF_MODELS:
            raise ConfigError(f"expected n of at most {MOST_OF_MODELS:,} for a checkpoint")
        checkpoint = _loaded(next(iter(sources), None), sha256)
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
        say_json(with_read(report.as_dict(), read))
    elif table is not None:
        if read:
            note(read.rstrip())
        say(report.to_table(table))
    else:
        say(text)
    if out is not None:
        folder = folder or prepare_folder(out)
        written = write_results(folder, report, text, read, command_line(context))
        if not as_json:
            tell = say if table is None else note
            tell(f"\nResults in {folder}: {', '.join(written)}")
    if isinstance(report, DrawsReport | TargetReport) and not report.independence.holds:
        raise SystemExit(1)


def _refuse_options(
    context: click.Context, kind: Kind, *, with_target: bool, by_unit: bool
) -> None:
    wrong: tuple[str, ...] = FOR_DRAWS
    if kind == "masses":
        wrong += FOR_MODELS
    elif by_unit:
        wrong = (*FOR_MODELS, *FOR_TARGETS, "space", "groups", "reference", "num_draws", "field")
    elif kind == "draws":
        # A target is simulated, from the seed; its ids are the space.
        wrong = tuple(name for name in FOR_MODELS if name != "seed" or not with_target)
        wrong += (
            ("space", "groups", "reference", "num_draws", "field") if with_target else FOR_TARGETS
        )
    given = [
        f"--{name.replace('_', '-')}"
        for name in wrong
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        what = {"model": "a checkpoint", "draws": "draws", "masses": "masses"}[kind]
        what += " with a target" if with_target and kind == "draws" else ""
        what = "presence by sampling unit" if by_unit else what
        raise ConfigError(
            f"{', '.join(given)} has no meaning for {what}; SOURCE is read as {what} because of "
            "its name (draws end in .npy, .csv, .txt, .jsonl or .parquet, or are -) or of --kind"
        )


def _is_told_as_draws(sources: tuple[str, ...], reading: dict[str, Any]) -> bool:
    """Whether options say so: only draws have a format, and a dictionary of tensors a column."""
    in_tensors = all(Path(source).suffix.lower() in FORMATS["pt"].suffixes for source in sources)
    return reading["format"] is not None or (in_tensors and bool(reading["column"]))


def _loaded(source: str | None, sha256: str | None) -> Checkpoint:
    try:
        return load_model(source, sha256=sha256)
    except CheckpointError as error:
        suffix = Path(source or "").suffix.lower()
        remedy = f"--format says how: {', '.join(FORMATS)}"
        if suffix in FORMATS["pt"].suffixes and "got keys" in str(error):
            remedy = "--column KEY reads the tensor under a key"
        elif (
            suffix in ("", ".pt", ".pth", ".ckpt", ".safetensors")
            or not Path(source or "").exists()
        ):
            raise
        raise CheckpointError(f"{error}; if it holds draws, {remedy}") from None


def kind_of(sources: tuple[str, ...], are_draws: Callable[[str], bool]) -> Kind:
    """Tell a model from files of draws.

    Raises
    ------
    ConfigError
        Several models, or a model beside draws.
    """
    draws = [source for source in sources if are_draws(source)]
    models = [source for source in sources if source not in draws]
    if len(models) > 1 or (models and draws):
        raise ConfigError(
            f"expected one model, or files of draws; got {', '.join(sources)}; measure each model "
            "by itself"
        )
    return "draws" if draws else "model"


def _note_left_out(num_counted: int, num_draws: tuple[int, ...]) -> None:
    beyond = [n for n in num_draws if n > 2 * num_counted]
    if beyond:
        note(
            f"left out: n of {', '.join(f'{n:,}' for n in beyond)}, more than twice the "
            f"{num_counted:,} draws, where only bounds hold: measure.richness_curve gives them"
        )
