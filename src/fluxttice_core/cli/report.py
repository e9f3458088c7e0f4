"""``report``: a page of figures about a checkpoint, made to be looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..api import coverage_report
from ..artifacts.checkpoint import Checkpoint
from ..artifacts.history import read_metrics
from ..errors import ArtifactError
from ..evidence.pathway import CONTROL_LATENTS, NUM_LATENTS
from ..evidence.report import CoverageReport
from ..files import prepare_folder, write_atomically
from .command import command
from .console import (
    json_option,
    load_model,
    say,
    say_json,
    sha256_option,
)
from .progress import progress

# Figures have no room for more, and no metric of a run comes near.
MAX_METRIC = 1e30


@command(epilog="Example: fluxttice report runs/mine/latest.pt --out page")
@click.argument("checkpoint", required=False)
@click.option("--out", "-o", metavar="DIR", required=True, help="Output folder.")
@click.option(
    "--history",
    metavar="FILE",
    help="Metrics by epoch. Default: metrics.jsonl beside the checkpoint, if it is there.",
)
@click.option(
    "--latents",
    type=click.IntRange(2, 100_000_000),
    default=NUM_LATENTS,
    show_default=True,
    help="Prior latents behind the exact marginal.",
)
@click.option(
    "--control-latents",
    type=click.IntRange(2, 100_000_000),
    default=CONTROL_LATENTS,
    show_default=True,
    help="Prior latents of each control, where they are fewer.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of latents and runs.",
)
@sha256_option
@json_option
def report(
    checkpoint: str | None,
    out: str,
    history: str | None,
    latents: int,
    control_latents: int,
    seed: int,
    sha256: str | None,
    as_json: bool,
) -> None:
    """Measure CHECKPOINT (default: the packaged codebook) and write a page about it.

    DIR gets report.html, one file that needs no network, its figures as .svg, and report.json.
    Made twice from the same file, they are the same to the byte.
    """
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
