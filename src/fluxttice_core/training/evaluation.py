"""What an epoch is judged by: the selection score, the count of draws, and when to stop.

Looking changes nothing that is trained: no weight, no stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..evidence.posterior import summarise_posterior
from ..evidence.selection import PathwayScore, selection_scores
from ..gates.operations import NUM_OPERATIONS
from ..model.layout import PATHWAYS
from ..model.reference import ReferenceVAE
from ..model.sampler import count_distinct
from ..objective.elbo import reconstruction_nll
from ..rng import derive_seed
from .state import TrainState


def evaluate(state: TrainState, operations: Tensor) -> dict[str, Any]:
    """Score the epoch by the fixed rule, offer the score to the bests, and return the figures.

    ``operations``: the whole space, float trits on the state's device.
    """
    epoch = state.epoch
    model = ReferenceVAE(state.weights(), np.float32)
    scores = selection_scores(model, state.split.parts(), threads=torch.get_num_threads())
    score = min(item.score for item in scores)
    metrics: dict[str, Any] = {"selection_score": score}
    for item in scores:
        metrics |= _named(item)
    for pathway in PATHWAYS:
        posterior = summarise_posterior(model, pathway, state.config.model.eps_kl)
        metrics[f"histogram_entropy_{pathway}"] = posterior.histogram_entropy_nats
        metrics[f"num_active_{pathway}"] = posterior.num_active
        state.history[f"H_{pathway}"].append(posterior.histogram_entropy_nats)
    metrics["validation_nll"] = validation_nll(state, operations)
    state.best["val_loss"].offer(metrics["validation_nll"], epoch, lower_is_better=True)
    state.best["patience"].offer(score, epoch, margin=state.config.min_delta)
    state.best["score"].offer(score, epoch)
    state.history["score"].append(score)
    return metrics


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


@torch.no_grad()
def validation_nll(state: TrainState, operations: Tensor) -> float:
    """``-log p(x | z = mean)`` on validation, both pathways added: its meaning never moves."""
    held = operations[torch.from_numpy(state.split.validation).to(state.device)]
    total = 0.0
    for pathway in PATHWAYS:
        logits = state.model.decoder(pathway)(state.model.encoder(pathway)(held)[0])
        total += float(reconstruction_nll(logits, held.long() + 1).mean())
    return total


def count_coverage(state: TrainState) -> dict[str, Any]:
    """Count distinct sampled operations, on the same draws of noise every epoch."""
    config, weights = state.config, state.weights()
    seed, threads = derive_seed(config.seed, "evaluation"), torch.get_num_threads()
    counts = {
        f"coverage_{pathway}": count_distinct(
            weights, pathway, config.eval_num_samples, seed, threads=threads
        )
        for pathway in PATHWAYS
    }
    for name, count in counts.items():
        state.history[name].append(count)
        state.best[name].offer(count, state.epoch)
    share = min(counts.values()) / NUM_OPERATIONS
    state.best["plateau"].offer(share, state.epoch, margin=config.min_coverage_delta)
    return counts


def stop_reason(state: TrainState) -> str | None:
    """Say why the run ends after this epoch, or return None."""
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
