"""Training, from a configuration to a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..loading import torch_for
from ..measure.arguments import CALLBACK, SEED, checked, file_name, optional, text, truth, whole
from .named import config_or_name

if TYPE_CHECKING:
    from ..config import Config


@checked(
    ConfigError,
    config=config_or_name,
    out=optional(file_name),
    resume=truth,
    device=text,
    epochs=optional(whole(1)),
    seed=optional(SEED),
    compiled=truth,
    on_epoch=CALLBACK,
)
def train(
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
    """Train, writing ``latest.pt``, ``best.pt``, ``epoch_N.pt`` and ``metrics.jsonl`` to a folder.

    See :func:`fluxttice_core.training.run.run` for the arguments and the errors.

    Example
    -------
    ``folder = train("configs/ternary_v5_5.yaml", "runs/mine"); load(folder / "latest.pt")``
    """
    torch_for("training")
    from ..training.run import run

    return run(
        config,
        out,
        resume=resume,
        device=device,
        epochs=epochs,
        seed=seed,
        threads=threads,
        compiled=compiled,
        on_epoch=on_epoch,
    )
