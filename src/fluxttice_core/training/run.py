"""A training run on disk: joins the training loop with the files it leaves behind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..artifacts.state_hash import check_state_hash, with_state_hash
from ..artifacts.torch_file import read_torch_dictionary, torch_bytes
from ..canonical import canonical_json
from ..config import Config, load_config, parse_config
from ..device import usable_device
from ..errors import ArtifactError, CheckpointError, ConfigError
from ..files import append_line, hold_folder, prepare_folder, remove_leftovers, write_atomically
from ..threads import check_threads, one_blas_thread
from .loop import EpochReport, run_epochs
from .state import TrainState

LATEST, BEST, METRICS = "latest.pt", "best.pt", "metrics.jsonl"
# What values of another kind raise where a state is put together from them.
_UNFIT = (LookupError, TypeError, ValueError, RuntimeError, AttributeError, ArithmeticError)


def run(
    config: Config | str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    device: str = "cpu",
    epochs: int | None = None,
    seed: int | None = None,
    threads: int = 1,
    compiled: bool = False,
    on_epoch: Callable[[dict[str, Any]], None] | None = None,
) -> Path:
    """Train from a configuration into a folder and return the folder.

    Every epoch ends with ``metrics.jsonl`` appended and ``latest.pt`` replaced atomically, so an
    interruption of any kind loses at most the epoch under way, and a resumed run reaches the same
    bits as an uninterrupted one (same PyTorch build, CPU make and ``threads``).

    Parameters
    ----------
    config : a validated config, or the path of a YAML file.
    out : overrides ``checkpoint_dir``.
    resume : continue from ``latest.pt``; without one, start afresh, with a warning.
    device : "cpu" or a CUDA device.
    epochs : stop after so many passes counted from the start; no schedule changes. More than
        ``total_epochs`` cannot be had: a warning says so.
    seed : overrides the config's ``seed``.
    threads : CPU threads. Another number gives other bits; more than one pays on idle cores only,
        for threads wait for each other many times a step.
    compiled : compile the training step first: half a minute, then twice as fast at small batches;
        gives other bits, in the last digits of a step, so that level 4 of a certificate, which
        retrains without, cannot give the same weights. Needs a C++ compiler.
    on_epoch : called with the figures of each finished epoch, after it is on disk.

    Raises
    ------
    ConfigError, CheckpointError, ArtifactError, TrainingError
    """
    settings = _settings(config, seed)
    _check_numbers(settings, epochs, threads)
    place = usable_device(device)
    folder = prepare_folder(out if out is not None else settings.checkpoint_dir)
    # What keeps a plain run on a CPU from giving the same bits; absent from those that can.
    unrepeatable: dict[str, Any] = {"compiled": True} if compiled else {}
    if place.type != "cpu":
        unrepeatable["device"] = place.type
    with hold_folder(folder) as held, _torch_threads(threads), one_blas_thread():
        if not held:
            _warn(f"{folder} cannot be locked: train nothing else into it meanwhile", 4)
        remove_leftovers(folder)
        state = _begin(folder, settings, place, resume=resume, threads=threads, compiled=compiled)
        header: str | None = _header(state, threads)
        for report in run_epochs(state, epochs, compiled=compiled):
            _keep(folder, report, header, {**state.checkpoint(), **unrepeatable})
            header = None
            if on_epoch is not None:
                on_epoch(report.metrics)
    return folder


def _settings(config: Config | str | Path, seed: int | None) -> Config:
    if not isinstance(config, Config):
        config = load_config(config)
    if seed is None:
        return config
    return parse_config({**config.as_dict(), "seed": seed}, source="seed")


def _check_numbers(config: Config, epochs: int | None, threads: int) -> None:
    check_threads(threads)
    if epochs is not None and epochs < 1:
        raise ConfigError(f"epochs must be at least 1; got {epochs}")
    if epochs is not None and epochs > config.total_epochs:
        _warn(
            f"{epochs} epochs are more than the configuration's total_epochs, "
            f"{config.total_epochs}, and its schedules end there: so does the run"
        )


def _begin(
    folder: Path,
    config: Config,
    place: torch.device,
    *,
    resume: bool,
    threads: int,
    compiled: bool,
) -> TrainState:
    """Start a state, or take it up from ``latest.pt``."""
    latest = folder / LATEST
    if not latest.exists():
        if resume:
            _warn(f"nothing to resume in {folder}: starting afresh")
        return TrainState.start(config, place)
    if not resume:
        raise ArtifactError(
            f"{latest}: a run is already there; pass --resume to continue it, or choose "
            "another folder"
        )
    contents = read_torch_dictionary(latest)
    bound = check_state_hash(contents, latest)
    state = _restore(contents, config, place, latest)
    if not bound:
        _warn(
            f"{latest} carries no hash of its state, as those of version 0.1 do not: that nobody "
            "changed it cannot be checked"
        )
    before = contents.get("num_threads")
    if before != threads:
        _warn(
            f"resuming with {threads} threads a run begun with {before}: its weights will "
            "differ in the last bits from an uninterrupted run's"
        )
    if contents.get("compiled", False) != compiled:
        _warn(
            "resuming with and without compiling in one run: its weights will differ in "
            "the last bits from an uninterrupted run's"
        )
    return state


def _warn(message: str, level: int = 5) -> None:
    """Warn the caller of ``train``."""
    warnings.warn(message, stacklevel=level)


def _restore(
    contents: dict[str, Any], config: Config, place: torch.device, latest: Path
) -> TrainState:
    try:
        return TrainState.restore(contents, config, place)
    except _UNFIT as error:
        if isinstance(error, ConfigError):
            raise
        detail = (str(error).splitlines() or [""])[0][:200]
        raise CheckpointError(
            f"{latest}: cannot be resumed: {type(error).__name__}: {detail}; "
            "start in another folder"
        ) from None


def _keep(
    folder: Path, report: EpochReport, header: str | None, checkpoint: dict[str, Any]
) -> None:
    """Write a finished epoch down; ``header``: that of the metrics, before the first one."""
    if header is not None:
        append_line(folder / METRICS, header)
    if report.is_logged:
        append_line(folder / METRICS, json.dumps(report.metrics, sort_keys=True))
    data = torch_bytes(with_state_hash(checkpoint))
    if report.is_numbered:
        write_atomically(folder / f"epoch_{report.epoch}.pt", data)
    if report.is_best:
        write_atomically(folder / BEST, data)
    # latest.pt goes last: what it promises about the others is already on disk.
    write_atomically(folder / LATEST, data)


def _header(state: TrainState, threads: int) -> str:
    return canonical_json(
        {
            "schema": "fluxttice_core/metrics/v1",
            "config_hash": state.config.canonical_hash(),
            "seed": state.config.seed,
            "starts_at_epoch": state.epoch + 1,
            "threads": threads,
            "torch": torch.__version__,
        }
    ).decode()


@contextmanager
def _torch_threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    # Sharp decoders multiply tiny probabilities; denormal numbers would slow the products.
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)
