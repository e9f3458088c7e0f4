"""``train``: from a configuration file to a folder of checkpoints."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click

from ..api import train as run_training
from ..threads import MAX_THREADS, keep_freed_memory
from .command import command
from .console import (
    json_option,
    note,
    say,
    say_json,
)
from .progress import progress


@command(epilog="Example: fluxttice train configs/ternary_v5_5.yaml --out runs/mine --epochs 107")
@click.argument("config", type=click.Path(dir_okay=False))
@click.option(
    "--out", "-o", metavar="DIR", help="Output folder. Default: the config's checkpoint_dir."
)
@click.option(
    "--resume", is_flag=True, help="Continue from latest.pt; without one, say so and start afresh."
)
@click.option("--device", "-d", default="cpu", show_default=True, help="cpu, cuda or cuda:N.")
@click.option(
    "--epochs",
    type=click.IntRange(1),
    metavar="N",
    help="Stop after N passes from the start, total_epochs at most; no schedule changes.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Instead of the config's seed.")
@click.option(
    "--threads",
    type=click.IntRange(1, MAX_THREADS),
    default=1,
    show_default=True,
    help="CPU threads; another number gives other bits, and pays on idle cores only.",
)
@click.option(
    "--compile",
    "compiled",
    is_flag=True,
    help="Compile the step first: faster at small batches, other bits.",
)
@click.option("--tensorboard", is_flag=True, help="Also write DIR/tensorboard (needs the extra).")
@json_option
def train(
    config: str,
    out: str | None,
    resume: bool,
    device: str,
    epochs: int | None,
    seed: int | None,
    threads: int,
    compiled: bool,
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Train the dual VAE that CONFIG (a YAML file) describes.

    The folder gets latest.pt, best.pt, epoch_N.pt and metrics.jsonl. Stopping in any way, kill -9
    included, loses at most the epoch under way; --resume continues to the same bits.
    """
    from ..config import load_config

    settings = load_config(config)
    total = min(epochs or settings.total_epochs, settings.total_epochs)
    folder = Path(out if out is not None else settings.checkpoint_dir)
    writer = _tensorboard(folder) if tensorboard else None
    last: dict[str, Any] = {}
    signal.signal(signal.SIGTERM, _terminate)
    keep_freed_memory()
    try:
        with _noted_warnings(), _progress(total, compiled=compiled) as show:

            def finished(metrics: dict[str, Any]) -> None:
                last.update(metrics)
                show(metrics)
                if writer is not None:
                    for name, value in metrics.items():
                        if isinstance(value, int | float) and name != "epoch":
                            writer.add_scalar(name, value, metrics["epoch"])

            run_training(
                settings,
                folder,
                resume=resume,
                device=device,
                epochs=epochs,
                seed=seed,
                threads=threads,
                compiled=compiled,
                on_epoch=finished,
            )
    except KeyboardInterrupt:
        note(f"interrupted; finished epochs are kept: continue with --resume --out {folder}")
        raise click.Abort from None
    finally:
        if writer is not None:
            writer.close()
    _conclude(folder, last, as_json=as_json)


@contextmanager
def _progress(total: int, *, compiled: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Show the epochs done and their scores: a bar on a terminal, a sign of life on a pipe."""
    if compiled:
        note("compiling the step: about half a minute, unless it was done before")
    with progress("training", "epoch") as update:
        yield lambda metrics: update(metrics["epoch"] + 1, total, _figures(metrics))


def _conclude(folder: Path, last: dict[str, Any], *, as_json: bool) -> None:
    from ..artifacts.checkpoint import read_checkpoint

    checkpoint = read_checkpoint(folder / "latest.pt")
    metadata = checkpoint.metadata
    record = {
        "folder": str(folder),
        "epoch": checkpoint.epoch,
        "weights_sha256": checkpoint.weights_sha256,
        "file_sha256": checkpoint.file_sha256,
        "selection_score": metadata.get("selection_score"),
        "best_epoch": metadata.get("best_epoch"),
        "stop_reason": metadata.get("stop_reason"),
        "epochs_run_now": bool(last),
    }
    if as_json:
        say_json(record)
        return
    if not last:
        say("nothing to do: the run is already that far")
    score = metadata["best"]["score"]
    say(f"epoch {checkpoint.epoch} in {folder / 'latest.pt'}")
    if score["value"] is not None:
        say(f"  best selection score {score['value']:.4f} at epoch {score['epoch']} (best.pt)")
    if record["stop_reason"]:
        say(f"  stopped: {record['stop_reason']}")
    say(f"  weights SHA-256 {checkpoint.weights_sha256}")


def _figures(metrics: dict[str, Any]) -> dict[str, str]:
    shown = {}
    if "selection_score" in metrics:
        shown["score"] = f"{metrics['selection_score']:.4f}"
        shown["I"] = "/".join(f"{metrics[f'mutual_information_nats_{p}']:.2f}" for p in "AB")
    if "coverage_A" in metrics:
        shown["unique"] = "/".join(str(metrics[f"coverage_{p}"]) for p in "AB")
    return shown


@contextmanager
def _noted_warnings() -> Iterator[None]:
    """Show warnings as remarks of the command."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        note(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tensorboard(folder: Path) -> Any:
    from ..errors import MissingExtraError

    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        raise MissingExtraError("--tensorboard", "tensorboard") from None
    return SummaryWriter(str(folder / "tensorboard"))
