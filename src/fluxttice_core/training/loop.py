"""Epochs: each trains on every operation once, is judged, and hands its feedback to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ..config import Config
from ..errors import TrainingError
from ..gates.operations import generate_all_operations
from ..model.dual_vae import DualNeuralVAEV5
from .controller import Controls, controls_for, observe
from .evaluation import count_coverage, evaluate, stop_reason
from .state import TRAINED_WITH, TrainState
from .step import Generators, StepFigures, train_step

Step = Callable[
    [DualNeuralVAEV5, torch.optim.Optimizer, Tensor, Controls, Config, Generators], StepFigures
]


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One finished epoch: its figures, and what the caller is asked to do about files."""

    epoch: int
    metrics: dict[str, Any]
    is_best: bool
    is_numbered: bool
    is_logged: bool
    stop_reason: str | None


def run_epochs(
    state: TrainState, num_epochs: int | None = None, *, compiled: bool = False
) -> Iterator[EpochReport]:
    """Advance ``state`` in place, yielding after each epoch, until done.

    Done is: ``total_epochs`` passes, a stop rule, or ``num_epochs`` passes counted from epoch 0,
    which cuts the run short and changes no schedule. ``compiled``: see
    :class:`fluxttice_core.training.compiled.CompiledStep`.
    """
    config = state.config
    step: Step = train_step
    if compiled:
        # It costs a second to import, which an eager run need not pay.
        from .compiled import CompiledStep

        step = CompiledStep(state.model, state.optimizer, config)
    last = config.total_epochs if num_epochs is None else min(num_epochs, config.total_epochs)
    operations = torch.from_numpy(generate_all_operations()).float().to(state.device)
    while state.epoch + 1 < last and state.stop_reason is None:
        yield _one_epoch(state, operations, step)


def _one_epoch(state: TrainState, operations: Tensor, step: Step) -> EpochReport:
    config, started = state.config, time.perf_counter()
    controls = controls_for(config, state.epoch + 1, state.feedback)
    figures = _train_pass(state, operations, controls, step)
    trained = time.perf_counter()
    _take_over(state, controls, figures)
    epoch = state.epoch
    final = epoch == config.total_epochs - 1
    metrics: dict[str, Any] = {"epoch": epoch, **asdict(controls), **figures}
    if epoch % config.eval_interval == 0 or final:
        metrics |= evaluate(state, operations)
    if epoch % config.coverage_check_interval == 0 or final:
        metrics |= count_coverage(state)
    _steer(state, metrics)
    state.stop_reason = stop_reason(state)
    metrics["train_seconds"] = trained - started
    metrics["seconds"] = time.perf_counter() - started
    return EpochReport(
        epoch=epoch,
        metrics=metrics,
        is_best=state.best["score"].epoch == epoch,
        is_numbered=epoch % config.checkpoint_freq == 0,
        is_logged=epoch % config.log_interval == 0 or final or state.stop_reason is not None,
        stop_reason=state.stop_reason,
    )


def _train_pass(
    state: TrainState, operations: Tensor, controls: Controls, step: Step
) -> dict[str, float]:
    """Every training operation once, in a fresh order; figures are means over items."""
    model, split = state.model, torch.from_numpy(state.split.train)
    model.rho = controls.rho
    model.train()
    order = split[torch.randperm(len(split), generator=state.streams["shuffle"])]
    names: tuple[str, ...] = ()
    total = torch.zeros(())
    for batch in order.split(state.config.batch_size):
        rows = operations[batch.to(state.device)]
        names, values = step(model, state.optimizer, rows, controls, state.config, state.streams)
        total = total + len(batch) * values
    model.eval()
    figures = StepFigures(names, total / len(order)).as_dict()
    wrong = [name for name, value in figures.items() if not math.isfinite(value)]
    if wrong:
        raise TrainingError(
            f"training diverged in epoch {controls.epoch}: {', '.join(wrong)} not finite; the last "
            "checkpoint is kept; lower optimizer.lr_start or the weights of the objective"
        )
    return figures


def _take_over(state: TrainState, controls: Controls, figures: dict[str, float]) -> None:
    """Move the state to the epoch just trained, and its feedback to the next one."""
    state.epoch = controls.epoch
    state.trained_with = {name: getattr(controls, name) for name in TRAINED_WITH}
    state.feedback = observe(
        state.config,
        controls.epoch,
        state.feedback,
        norm_a=figures["grad_norm_A"],
        norm_b=figures["grad_norm_B"],
        entropy_a=figures["H_A"],
        entropy_b=figures["H_B"],
    )
    state.model.grad_norm_A_ema.fill_(state.feedback.grad_norm_a)
    state.model.grad_norm_B_ema.fill_(state.feedback.grad_norm_b)


def _steer(state: TrainState, metrics: dict[str, Any]) -> None:
    """Let the StateNet learn from this epoch and correct the next one."""
    warm_start = state.config.phase_transitions.statenet_warm_start
    if state.steering is None or warm_start is None or "selection_score" not in metrics:
        return
    state.steering.reward(metrics["selection_score"])
    if state.epoch + 1 < warm_start:
        return
    feedback = state.feedback
    feedback.corrections = state.steering.act(
        [
            metrics["H_A"],
            metrics["H_B"],
            metrics["kl_A"],
            metrics["kl_B"],
            feedback.ratio,
            feedback.rho,
            feedback.lambda1,
            feedback.lambda2,
            metrics["lambda3"],
        ]
    )
    metrics["statenet_corrections"] = list(feedback.corrections)
