"""Epochs: a state that starts, advances one epoch at a time, and resumes bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config import Config, parse_config
from ..errors import CheckpointError, TrainingError
from ..evidence.posterior import summarise_posterior
from ..evidence.selection import PathwayScore, count_sampled, selection_scores
from ..model.dual_vae import DualNeuralVAEV5
from ..model.layout import PATHWAYS
from ..model.reference import ReferenceVAE
from ..objective.elbo import reconstruction_nll
from ..operations import NUM_OPERATIONS, generate_all_operations
from ..rng import Purpose, derive_seed, isolated_torch_seed, torch_generator
from ..splits import Split, split_operations
from .controller import Controls, Feedback, controls_for, observe
from .steering import Steering
from .step import Generators, StepFigures, pathway_parameters, train_step

FORMAT_VERSION = 1
Step = Callable[
    [DualNeuralVAEV5, torch.optim.Optimizer, Tensor, Controls, Config, Generators], StepFigures
]
TRAINED_WITH = ("lambda1", "lambda2", "lambda3", "rho", "phase")
STREAMS: tuple[Purpose, ...] = ("shuffle", "noise", "mix", "prior", "exploration")


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One finished epoch: its figures, and what the caller is asked to do about files."""

    epoch: int
    metrics: dict[str, Any]
    is_best: bool
    is_numbered: bool
    is_logged: bool
    stop_reason: str | None


@dataclass(slots=True)
class Best:
    """The best value of one figure and the epoch it was seen at."""

    value: float | None = None
    epoch: int | None = None

    def offer(
        self, value: float, epoch: int, *, margin: float = 0.0, lower_is_better: bool = False
    ) -> bool:
        """Take ``value`` if it beats the best by more than ``margin``."""
        if self.value is not None:
            gain = self.value - value if lower_is_better else value - self.value
            if gain <= margin:
                return False
        self.value, self.epoch = value, epoch
        return True


@dataclass(slots=True)
class TrainState:
    """Everything a run is: networks, optimiser, streams, feedback and history."""

    config: Config
    model: DualNeuralVAEV5
    optimizer: torch.optim.Optimizer
    streams: dict[str, torch.Generator]
    split: Split
    feedback: Feedback
    steering: Steering | None
    device: torch.device
    epoch: int = -1
    # What the last finished epoch trained with: of the Controls, what a checkpoint names.
    trained_with: dict[str, float] = field(default_factory=dict)
    history: dict[str, list[float]] = field(
        default_factory=lambda: {
            name: [] for name in ("H_A", "H_B", "coverage_A", "coverage_B", "score")
        }
    )
    best: dict[str, Best] = field(
        default_factory=lambda: {
            name: Best()
            for name in ("score", "patience", "val_loss", "coverage_A", "coverage_B", "plateau")
        }
    )
    stop_reason: str | None = None

    @classmethod
    def start(cls, config: Config, device: torch.device | str = "cpu") -> TrainState:
        """Return the state before epoch 0; the global random state is left as it was."""
        settings = config.model
        with isolated_torch_seed(config.seed, "initialisation"):
            model = DualNeuralVAEV5(
                latent_dim=settings.latent_dim,
                rho_min=settings.rho_min,
                rho_max=settings.rho_max,
                lambda3_base=settings.lambda3_base,
                lambda3_amplitude=settings.lambda3_amplitude,
                eps_kl=settings.eps_kl,
                gradient_balance=settings.gradient_balance,
                adaptive_scheduling=settings.adaptive_scheduling,
                use_statenet=settings.use_statenet,
            )
        model.to(device)
        kind = torch.optim.AdamW if config.optimizer.type == "adamw" else torch.optim.Adam
        optimizer = kind(
            [{"params": pathway_parameters(model, pathway)} for pathway in PATHWAYS],
            lr=config.optimizer.lr_start,
            weight_decay=config.optimizer.weight_decay,
            fused=True,
        )
        streams: dict[str, torch.Generator] = {
            name: torch_generator(config.seed, name) for name in STREAMS
        }
        steering = None
        if settings.use_statenet:
            steering = Steering(model.state_net, streams["exploration"])
        return cls(
            config=config,
            model=model,
            optimizer=optimizer,
            streams=streams,
            split=split_operations(
                config.ternary_dataset.seed,
                config.train_split,
                config.val_split,
                config.test_split,
            ),
            feedback=Feedback(rho=settings.rho_min),
            steering=steering,
            device=torch.device(device),
        )

    def weights(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return a copy of the state dictionary as float32 arrays."""
        return {
            name: value.detach().cpu().numpy().copy()
            for name, value in self.model.state_dict().items()
        }

    def checkpoint(self) -> dict[str, Any]:
        """Return the checkpoint dictionary: v5.5's keys, and what a bit-exact resume adds."""
        feedback, score = self.feedback, self.best["score"]
        return {
            "epoch": self.epoch,
            "model": {name: value.cpu() for name, value in self.model.state_dict().items()},
            "optimizer": self.optimizer.state_dict(),
            "best_val_loss": self.best["val_loss"].value,
            "H_A_history": self.history["H_A"],
            "H_B_history": self.history["H_B"],
            "coverage_A_history": [int(count) for count in self.history["coverage_A"]],
            "coverage_B_history": [int(count) for count in self.history["coverage_B"]],
            **self.trained_with,
            "grad_balance_achieved": feedback.balance_achieved,
            "grad_norm_A_ema": feedback.grad_norm_a,
            "grad_norm_B_ema": feedback.grad_norm_b,
            "grad_ema_momentum": feedback.momentum,
            "statenet_enabled": self.steering is not None,
            "statenet_corrections": list(feedback.corrections),
            "format_version": FORMAT_VERSION,
            "code_version": version("fluxttice_core"),
            "torch_version": str(torch.__version__),
            "config": self.config.as_dict(),
            "config_hash": self.config.canonical_hash(),
            "seed": self.config.seed,
            "split": {
                name: torch.from_numpy(part.astype(np.int16))
                for name, part in self.split.parts().items()
            },
            "rng_states": {name: stream.get_state() for name, stream in self.streams.items()},
            "num_threads": torch.get_num_threads(),
            "feedback": feedback.as_dict(),
            "steering": self.steering.state_dict() if self.steering else None,
            "selection_score": self.history["score"][-1] if self.history["score"] else None,
            "selection_score_history": self.history["score"],
            "best_epoch": score.epoch,
            "best": {
                name: {"value": item.value, "epoch": item.epoch} for name, item in self.best.items()
            },
            "stop_reason": self.stop_reason,
        }

    @classmethod
    def restore(
        cls, checkpoint: dict[str, Any], config: Config, device: torch.device | str = "cpu"
    ) -> TrainState:
        """Rebuild the state that :meth:`checkpoint` described.

        Raises
        ------
        CheckpointError
            The file was written by a run of another configuration, or cannot be resumed.
        """
        if checkpoint.get("format_version") != FORMAT_VERSION:
            raise CheckpointError(
                f"cannot resume: expected format_version {FORMAT_VERSION}, got "
                f"{checkpoint.get('format_version')!r}; a foreign v5.5 file can be measured, but "
                "holds too little to continue from"
            )
        if checkpoint["config_hash"] != config.canonical_hash():
            changed = _changed_keys(checkpoint["config"], config.as_dict())
            raise CheckpointError(
                "cannot resume: the checkpoint belongs to another configuration; differing keys: "
                f"{', '.join(changed)}; use the configuration it was started with, or another "
                "output folder"
            )
        state = cls.start(parse_config(checkpoint["config"], source="checkpoint"), device)
        state.model.load_state_dict(checkpoint["model"])
        state.model.rho = checkpoint["rho"]
        state.optimizer.load_state_dict(checkpoint["optimizer"])
        for name, stream in state.streams.items():
            stream.set_state(checkpoint["rng_states"][name])
        state.feedback = Feedback.from_dict(checkpoint["feedback"])
        if state.steering is not None:
            state.steering.load_state_dict(checkpoint["steering"])
        state.epoch = checkpoint["epoch"]
        state.trained_with = {name: checkpoint[name] for name in TRAINED_WITH}
        state.history = {
            "H_A": list(checkpoint["H_A_history"]),
            "H_B": list(checkpoint["H_B_history"]),
            "coverage_A": list(checkpoint["coverage_A_history"]),
            "coverage_B": list(checkpoint["coverage_B_history"]),
            "score": list(checkpoint["selection_score_history"]),
        }
        state.best = {name: Best(**item) for name, item in checkpoint["best"].items()}
        state.stop_reason = checkpoint["stop_reason"]
        return state


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
    train = torch.from_numpy(state.split.train)
    while state.epoch + 1 < last and state.stop_reason is None:
        yield _one_epoch(state, operations, train, step)


def _one_epoch(state: TrainState, operations: Tensor, train: Tensor, step: Step) -> EpochReport:
    config, epoch, started = state.config, state.epoch + 1, time.perf_counter()
    controls = controls_for(config, epoch, state.feedback)
    state.model.rho = controls.rho
    state.model.train()
    figures = _train_pass(state, operations, train, controls, step)
    state.model.eval()
    trained = time.perf_counter()
    state.epoch = epoch
    state.trained_with = {name: getattr(controls, name) for name in TRAINED_WITH}
    metrics: dict[str, Any] = {"epoch": epoch, **asdict(controls), **figures}
    state.feedback = observe(
        config,
        epoch,
        state.feedback,
        norm_a=figures["grad_norm_A"],
        norm_b=figures["grad_norm_B"],
        entropy_a=figures["H_A"],
        entropy_b=figures["H_B"],
    )
    state.model.grad_norm_A_ema.fill_(state.feedback.grad_norm_a)
    state.model.grad_norm_B_ema.fill_(state.feedback.grad_norm_b)
    final = epoch == config.total_epochs - 1
    is_best = False
    if epoch % config.eval_interval == 0 or final:
        is_best = _evaluate(state, operations, metrics)
    if epoch % config.coverage_check_interval == 0 or final:
        _check_coverage(state, metrics)
    _steer(state, metrics)
    state.stop_reason = _stop_reason(state)
    metrics["train_seconds"] = trained - started
    metrics["seconds"] = time.perf_counter() - started
    return EpochReport(
        epoch,
        metrics,
        is_best,
        epoch % config.checkpoint_freq == 0,
        epoch % config.log_interval == 0 or final or state.stop_reason is not None,
        state.stop_reason,
    )


def _train_pass(
    state: TrainState, operations: Tensor, train: Tensor, controls: Controls, step: Step
) -> dict[str, float]:
    """Every training operation once, in a fresh order; figures are means over items."""
    order = train[torch.randperm(len(train), generator=state.streams["shuffle"])]
    total = torch.zeros(len(StepFigures.NAMES), device=state.device)
    for batch in order.split(state.config.batch_size):
        taken = step(
            state.model,
            state.optimizer,
            operations[batch.to(state.device)],
            controls,
            state.config,
            state.streams,
        )
        total += taken.values * len(batch)
    values = (total / len(order)).tolist()
    figures = dict(zip(StepFigures.NAMES, values, strict=True))
    if not all(np.isfinite(values)):
        wrong = ", ".join(name for name, value in figures.items() if not np.isfinite(value))
        raise TrainingError(
            f"training diverged in epoch {controls.epoch}: {wrong} not finite; the last checkpoint "
            "is kept; lower optimizer.lr_start or the weights of the objective"
        )
    return figures


@torch.no_grad()
def _validation_nll(state: TrainState, operations: Tensor) -> float:
    """``-log p(x | z = mean)`` on validation, both pathways added: its meaning never moves."""
    held = operations[torch.from_numpy(state.split.validation).to(state.device)]
    total = 0.0
    for pathway in PATHWAYS:
        logits = state.model.decoder(pathway)(state.model.encoder(pathway)(held)[0])
        total += float(reconstruction_nll(logits, held.long() + 1).mean())
    return total


def _evaluate(state: TrainState, operations: Tensor, metrics: dict[str, Any]) -> bool:
    epoch, threads = state.epoch, torch.get_num_threads()
    model = ReferenceVAE(state.weights(), np.float32)
    scores = selection_scores(model, state.split, threads=threads)
    score = min(item.score for item in scores)
    metrics["selection_score"] = score
    for item in scores:
        metrics.update(_named(item))
    for pathway in PATHWAYS:
        posterior = summarise_posterior(model, pathway, state.config.model.eps_kl)
        metrics[f"histogram_entropy_{pathway}"] = posterior.histogram_entropy_nats
        metrics[f"num_active_{pathway}"] = posterior.num_active
        state.history[f"H_{pathway}"].append(posterior.histogram_entropy_nats)
    metrics["validation_nll"] = _validation_nll(state, operations)
    state.best["val_loss"].offer(metrics["validation_nll"], epoch, lower_is_better=True)
    state.best["patience"].offer(score, epoch, margin=state.config.min_delta)
    state.history["score"].append(score)
    return state.best["score"].offer(score, epoch)


def _named(item: PathwayScore) -> dict[str, float]:
    return {
        f"{name}_{item.pathway}": getattr(item, name)
        for name in (
            "train_exact_rate",
            "validation_exact_rate",
            "mutual_information_nats",
            "chi_square",
        )
    }


def _check_coverage(state: TrainState, metrics: dict[str, Any]) -> None:
    """Count distinct sampled operations, on the same draws of noise every epoch."""
    config, weights = state.config, state.weights()
    seed = derive_seed(config.seed, "evaluation")
    counts = []
    for pathway in PATHWAYS:
        count = count_sampled(
            weights, pathway, config.eval_num_samples, seed, threads=torch.get_num_threads()
        )
        metrics[f"coverage_{pathway}"] = count
        state.history[f"coverage_{pathway}"].append(count)
        state.best[f"coverage_{pathway}"].offer(count, state.epoch)
        counts.append(count)
    state.best["plateau"].offer(
        min(counts) / NUM_OPERATIONS, state.epoch, margin=config.min_coverage_delta
    )


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


def _stop_reason(state: TrainState) -> str | None:
    config, epoch = state.config, state.epoch
    if epoch < config.stop_from_epoch:
        return None
    for name, patience, text in (
        ("patience", config.patience, "the selection score has not risen"),
        ("plateau", config.coverage_plateau_patience, "coverage has not risen"),
    ):
        since = state.best[name].epoch
        if since is not None and epoch - since >= patience:
            return f"{text} since epoch {since} (patience {patience})"
    return None


def _changed_keys(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    changed = []
    for key in sorted({*old, *new}):
        left, right = old.get(key), new.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            changed += _changed_keys(left, right, f"{prefix}{key}.")
        elif left != right:
            changed.append(f"{prefix}{key}")
    return changed
