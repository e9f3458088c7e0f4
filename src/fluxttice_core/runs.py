"""A training run on disk: joins the training loop with the files it leaves behind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from .artifacts.checkpoint import read_torch_dictionary, torch_bytes
from .artifacts.files import (
    append_line,
    prepare_folder,
    remove_leftovers,
    write_atomically,
)
from .canonical import canonical_json
from .config import Config, load_config, parse_config
from .errors import ArtifactError, CheckpointError, ConfigError
from .training.loop import TrainState, run_epochs

LATEST, BEST, METRICS = "latest.pt", "best.pt", "metrics.jsonl"


def run(
    config: Config | str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    device: str = "cpu",
    epochs: int | None = None,
    seed: int | None = None,
    threads: int = 2,
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
    resume : continue from ``latest.pt``; without one, start afresh.
    device : "cpu" or a CUDA device.
    epochs : stop after so many passes counted from the start; no schedule changes.
    seed : overrides the config's ``seed``.
    threads : CPU threads; another number gives other bits.
    compiled : compile the training step first: half a minute, then twice as fast at small batches;
        gives other bits, in the last digits of a step, so that level 4 of a certificate, which
        retrains without, cannot give the same weights. Needs a C++ compiler.
    on_epoch : called with the figures of each finished epoch, after it is on disk.

    Raises
    ------
    ConfigError, CheckpointError, ArtifactError, TrainingError
    """
    if not isinstance(config, Config):
        config = load_config(config)
    if seed is not None:
        config = parse_config({**config.as_dict(), "seed": seed}, source="seed")
    for name, value in (("epochs", epochs), ("threads", threads)):
        if value is not None and value < 1:
            raise ConfigError(f"{name} must be at least 1; got {value}")
    place = usable_device(device)
    folder = prepare_folder(out if out is not None else config.checkpoint_dir)
    latest = folder / LATEST
    remove_leftovers(folder)
    with _threads(threads):
        if resume and latest.exists():
            contents = read_torch_dictionary(latest)
            state = _restore(contents, config, place, latest)
            before = contents.get("num_threads")
            if before != threads:
                warnings.warn(
                    f"resuming with {threads} threads a run begun with {before}: its weights will "
                    "differ in the last bits from an uninterrupted run's",
                    stacklevel=2,
                )
            if contents.get("compiled", False) != compiled:
                warnings.warn(
                    "resuming with and without compiling in one run: its weights will differ in "
                    "the last bits from an uninterrupted run's",
                    stacklevel=2,
                )
        elif latest.exists():
            raise ArtifactError(
                f"{latest}: a run is already there; pass --resume to continue it, or choose "
                "another folder"
            )
        else:
            state = TrainState.start(config, place)
        header: str | None = _header(state, threads)
        # What keeps a plain run on a CPU from giving the same bits; absent from those that can.
        unrepeatable: dict[str, Any] = {"compiled": True} if compiled else {}
        if place.type != "cpu":
            unrepeatable["device"] = place.type
        for report in run_epochs(state, epochs, compiled=compiled):
            if header is not None:
                append_line(folder / METRICS, header)
                header = None
            if report.is_logged:
                append_line(folder / METRICS, json.dumps(report.metrics, sort_keys=True))
            data = torch_bytes({**state.checkpoint(), **unrepeatable})
            # latest.pt goes last: what it promises about the others is already on disk.
            if report.is_numbered:
                write_atomically(folder / f"epoch_{report.epoch}.pt", data)
            if report.is_best:
                write_atomically(folder / BEST, data)
            write_atomically(latest, data)
            if on_epoch is not None:
                on_epoch(report.metrics)
    return folder


def _restore(
    contents: dict[str, Any], config: Config, place: torch.device, latest: Path
) -> TrainState:
    try:
        return TrainState.restore(contents, config, place)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, ConfigError):
            raise
        detail = str(error).splitlines()[0]
        raise CheckpointError(
            f"{latest}: cannot be resumed: {type(error).__name__}: {detail}; "
            "start in another folder"
        ) from None


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


def usable_device(name: torch.device | str) -> torch.device:
    """Return the device of a name, after using it once.

    Raises
    ------
    ConfigError
        It is none, or not there.
    """
    wrong = f"device {str(name)!r} cannot be used"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"{wrong}: expected cpu, cuda or cuda:N")
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        detail = str(error).splitlines()[0]
        raise ConfigError(
            f"{wrong}: {detail}; use cpu, or a build of PyTorch for this GPU"
        ) from None
    return device


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    # Sharp decoders multiply tiny probabilities; denormal numbers would slow the products.
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)
