"""Everything a run is, between two epochs: how it starts, is written down, and is taken up again.

A state restored from its checkpoint goes on bit for bit as the one that wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from ..config import Config, parse_config
from ..errors import CheckpointError
from ..gates.splits import Split, split_operations
from ..model.dual_vae import DualNeuralVAEV5
from ..model.layout import PATHWAYS
from ..rng import Purpose, isolated_torch_seed, torch_generator
from .controller import Feedback
from .steering import Steering
from .step import pathway_parameters

FORMAT_VERSION = 1
TRAINED_WITH = ("lambda1", "lambda2", "lambda3", "rho", "phase")
STREAMS: tuple[Purpose, ...] = ("shuffle", "noise", "mix", "prior", "exploration")
# Name in a state -> key of a checkpoint.
HISTORIES = {
    "H_A": "H_A_history",
    "H_B": "H_B_history",
    "coverage_A": "coverage_A_history",
    "coverage_B": "coverage_B_history",
    "score": "selection_score_history",
}
BESTS = ("score", "patience", "val_loss", "coverage_A", "coverage_B", "plateau")


@dataclass(slots=True)
class Best:
    """The best value of one figure and the epoch it was seen at."""

    value: float | None = None
    epoch: int | None = None

    def offer(
        self, value: float, epoch: int, *, margin: float = 0.0, lower_is_better: bool = False
    ) -> None:
        """Take ``value`` if it beats the best by more than ``margin``."""
        if self.value is not None:
            gain = self.value - value if lower_is_better else value - self.value
            if gain <= margin:
                return
        self.value, self.epoch = value, epoch


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
        default_factory=lambda: {name: [] for name in HISTORIES}
    )
    best: dict[str, Best] = field(default_factory=lambda: {name: Best() for name in BESTS})
    stop_reason: str | None = None

    @classmethod
    def start(cls, config: Config, device: torch.device | str = "cpu") -> TrainState:
        """Return the state before epoch 0; the global random state is left as it was."""
        model = _new_network(config).to(device)
        streams: dict[str, torch.Generator] = {
            name: torch_generator(config.seed, name) for name in STREAMS
        }
        steering = None
        if config.model.use_statenet:
            steering = Steering(model.state_net, streams["exploration"])
        split = split_operations(
            config.ternary_dataset.seed, config.train_split, config.val_split, config.test_split
        )
        return cls(
            config=config,
            model=model,
            optimizer=_new_optimizer(config, model),
            streams=streams,
            split=split,
            feedback=Feedback(rho=config.model.rho_min),
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
        _check_resumable(checkpoint, config)
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
        state.history = {name: list(checkpoint[key]) for name, key in HISTORIES.items()}
        state.best = {name: Best(**item) for name, item in checkpoint["best"].items()}
        state.stop_reason = checkpoint["stop_reason"]
        return state


def _new_network(config: Config) -> DualNeuralVAEV5:
    settings = config.model
    with isolated_torch_seed(config.seed, "initialisation"):
        return DualNeuralVAEV5(
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


def _new_optimizer(config: Config, model: DualNeuralVAEV5) -> torch.optim.Optimizer:
    """One group of parameters for each pathway, in their order."""
    kind = torch.optim.AdamW if config.optimizer.type == "adamw" else torch.optim.Adam
    return kind(
        [{"params": pathway_parameters(model, pathway)} for pathway in PATHWAYS],
        lr=config.optimizer.lr_start,
        weight_decay=config.optimizer.weight_decay,
        fused=True,
    )


def _check_resumable(checkpoint: dict[str, Any], config: Config) -> None:
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


def _changed_keys(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    changed = []
    for key in sorted({*old, *new}):
        left, right = old.get(key), new.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            changed += _changed_keys(left, right, f"{prefix}{key}.")
        elif left != right:
            changed.append(f"{prefix}{key}")
    return changed
