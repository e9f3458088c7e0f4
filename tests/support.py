"""Helpers shared by the tests."""

from __future__ import annotations

import copy
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
SHIPPED_CONFIG = ROOT / "configs/ternary_v5_5.yaml"
CODEBOOK_CONFIG = ROOT / "configs/codebook.yaml"

# A whole config of the tests' own, so that tuning the shipped one changes no test's meaning.
CONFIG_TEXT = """\
seed: 42

model:
  latent_dim: 16
  rho_min: 0.1
  rho_max: 0.7
  lambda3_base: 0.0
  lambda3_amplitude: 0.0
  eps_kl: 5.0e-4
  gradient_balance: false
  adaptive_scheduling: false
  use_statenet: false

ternary_dataset:
  seed: 42

train_split: 0.8
val_split: 0.1
test_split: 0.1

batch_size: 640
total_epochs: 400
free_bits: 0.0
grad_clip: 1.0

optimizer:
  type: adamw
  lr_start: 1.0e-3
  weight_decay: 1.0e-4
  lr_schedule:
    - {epoch: 50, lr: 5.0e-4}
    - {epoch: 120, lr: 3.0e-4}
    - {epoch: 180, lr: 1.0e-4}
    - {epoch: 220, lr: 5.0e-5}
    - {epoch: 250, lr: 2.0e-5}
    - {epoch: 300, lr: 1.0e-5}
    - {epoch: 350, lr: 5.0e-6}

vae_a:
  beta_start: 0.2
  beta_end: 0.2
  beta_warmup_epochs: 20
  temp_start: 1.0
  temp_end: 0.3
  temp_cyclic: false

vae_b:
  beta_start: 0.2
  beta_end: 0.2
  beta_warmup_epochs: 20
  temp_start: 0.9
  temp_end: 0.2
  temp_phase4: 0.6
  entropy_weight: 0.0
  repulsion_weight: 0.0

controller:
  temp_lag: 30
  beta_phase_lag: 0.785

cross_injection:
  mixed_fraction: 0.5

prior_terms:
  num_latents: 4096
  collision_weight: 3.0
  pair_collision_weight: 3.0
  sharpness_weight: 0.5
  ramp_epochs: 10

phase_transitions:
  entropy_expansion_end: 40
  consolidation_end: 120
  resonant_coupling_end: 250
  ultra_exploration_start: 250

patience: 100
min_delta: 1.0e-4
coverage_plateau_patience: 100
min_coverage_delta: 1.0e-3
stop_from_epoch: 250

log_interval: 1
eval_interval: 1
coverage_check_interval: 1
eval_num_samples: 50000
checkpoint_freq: 10
checkpoint_dir: sandbox-training/checkpoints/v5_5
"""

# Every mechanism that this config leaves off.
EVERYTHING_ON = {
    "model.lambda3_base": 0.3,
    "model.lambda3_amplitude": 0.15,
    "model.gradient_balance": True,
    "model.adaptive_scheduling": True,
    "controller.entropy_ema_alpha": 0.5,
    "controller.dH_dt_threshold": 0.05,
    "model.use_statenet": True,
    "model.statenet_lr_scale": 0.05,
    "model.statenet_lambda_scale": 0.01,
    "phase_transitions.statenet_warm_start": 1,
    "vae_a.temp_cyclic": True,
    "vae_a.temp_boost_amplitude": 0.5,
    "vae_b.entropy_weight": 0.05,
    "vae_b.repulsion_weight": 0.01,
    "free_bits": 0.05,
}

# The section that may stand where `prior_terms` stands in this config.
CODEBOOK_TERMS = {
    "num_latents": 64,
    "influence_draws": 4,
    "smoothing": 0.7,
    "temperature": {"start": 1.0, "end": 4.0},
    "collision_weight": {"start": 3.0, "end": 30.0},
    "sharpness_weight": {"start": 0.3, "end": 3.0},
    "influence_weight": {"start": 1.0, "end": 10.0},
    "distance_weight": {"start": 0.1, "end": 1.0},
    "alignment_weight": 0.2,
}

# All four phases in six epochs, and an epoch in about a twentieth of a second.
TINY = {
    "train_split": 0.02,
    "val_split": 0.02,
    "test_split": 0.96,
    "batch_size": 128,
    "total_epochs": 6,
    "eval_num_samples": 200,
    "prior_terms.num_latents": 64,
    "prior_terms.ramp_epochs": 3,
    "vae_a.beta_warmup_epochs": 2,
    "vae_b.beta_warmup_epochs": 2,
    "controller.temp_lag": 1,
    "phase_transitions.entropy_expansion_end": 1,
    "phase_transitions.consolidation_end": 2,
    "phase_transitions.resonant_coupling_end": 4,
    "phase_transitions.ultra_exploration_start": 4,
    "stop_from_epoch": 4,
    "checkpoint_freq": 1,
}


def base_mapping() -> dict[str, Any]:
    """The config that tests start from, as plain mappings."""
    return yaml.safe_load(CONFIG_TEXT)


def with_keys(mapping: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with dotted keys set; ``...`` removes a key."""
    result = copy.deepcopy(mapping)
    for path, value in changes.items():
        *sections, key = path.split(".")
        place = result
        for section in sections:
            place = place[section]
        if value is ...:
            del place[key]
        else:
            # A section set whole must not be shared: the next test would change it for all.
            place[key] = copy.deepcopy(value)
    return result


def tiny_mapping(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """A config that trains in a second, with dotted keys changed."""
    return with_keys(base_mapping(), {**TINY, **(changes or {})})


def leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted path to value, for every leaf of nested mappings and lists."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, item in items:
        found |= leaves(item, f"{prefix}.{key}" if prefix else str(key))
    return found


def through_file(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint dictionary written to bytes and read back as a resume reads it."""
    import torch

    from fluxttice_core.artifacts.torch_file import torch_bytes

    return torch.load(io.BytesIO(torch_bytes(checkpoint)), weights_only=True)


def assert_same(left: Any, right: Any, path: str = "") -> None:
    """Two nested structures are equal to the last bit, tensors included."""
    import numpy as np
    import torch

    assert type(left) is type(right), f"{path}: {type(left)} against {type(right)}"
    if isinstance(left, dict):
        assert list(left) == list(right), f"{path}: keys {set(left) ^ set(right)}"
        for key in left:
            assert_same(left[key], right[key], f"{path}.{key}")
    elif isinstance(left, list | tuple):
        assert len(left) == len(right), path
        for place, (one, other) in enumerate(zip(left, right, strict=True)):
            assert_same(one, other, f"{path}[{place}]")
    elif isinstance(left, torch.Tensor):
        assert left.dtype == right.dtype, path
        assert torch.equal(left, right), path
    elif isinstance(left, np.ndarray):
        assert np.array_equal(left, right), path
    else:
        assert left == right, f"{path}: {left!r} against {right!r}"


LIMIT = 9.887510598012987
TERCILE = 0.4307272992954576


def perfect_weights(
    *, sharpness: float = 5000.0, code: float = 1.2, cut: float = TERCILE, log_variance: float = -3
) -> dict[str, Any]:
    """A codebook written by hand: latent axis k tells trit k, cut at the terciles of N(0, 1).

    Every right answer is known: all cells of the prior have mass 1 / 19,683, every operation comes
    back from its own code and from any mix of both. ``sharpness`` is the slope of the logits,
    ``code`` the posterior mean of trit +1. Axes 9 to 15 say nothing.
    """
    import numpy as np

    from fluxttice_core.model.layout import state_shapes

    weights = {name: np.zeros(shape, np.float32) for name, shape in state_shapes().items()}
    axes = np.arange(9)
    for pathway in "AB":
        encoder = f"encoder_{pathway}"
        # Units 2k and 2k + 1 carry the positive and the negative part of trit k.
        weights[f"{encoder}.encoder.0.weight"][2 * axes, axes] = 1
        weights[f"{encoder}.encoder.0.weight"][2 * axes + 1, axes] = -1
        for layer in (2, 4):
            weights[f"{encoder}.encoder.{layer}.weight"][range(18), range(18)] = 1
        weights[f"{encoder}.fc_mu.weight"][axes, 2 * axes] = code
        weights[f"{encoder}.fc_mu.weight"][axes, 2 * axes + 1] = -code
        weights[f"{encoder}.fc_logvar.bias"][:9] = log_variance
    weights["decoder_A.decoder.2.weight"][range(18), range(18)] = 1
    # Outer trits rise from 0.2 before the cut and overtake the constant logit of 0 at the cut.
    first = {"A": "decoder_A.decoder.0", "B": "decoder_B.fc_in"}
    last = {"A": "decoder_A.decoder.4", "B": "decoder_B.fc_out"}
    for pathway in "AB":
        weights[f"{first[pathway]}.weight"][2 * axes, axes] = 1
        weights[f"{first[pathway]}.weight"][2 * axes + 1, axes] = -1
        weights[f"{first[pathway]}.bias"][:18] = 0.2 - cut
        weights[f"{last[pathway]}.weight"][3 * axes + 2, 2 * axes] = sharpness
        weights[f"{last[pathway]}.weight"][3 * axes, 2 * axes + 1] = sharpness
        weights[f"{last[pathway]}.bias"][3 * axes + 1] = 0.2 * sharpness
    return weights


def checkpoint_of(weights: dict[str, Any], **metadata: Any) -> Any:
    """A checkpoint made in memory."""
    from fluxttice_core.artifacts.checkpoint import Checkpoint, check_weights

    return Checkpoint(check_weights(weights, "test"), metadata, "test", None)


def torch_file(path: Path, weights: dict[str, Any], **contents: Any) -> Path:
    """Write a v5.5 dictionary the way ``torch.save`` users do."""
    import numpy as np
    import torch

    state = {
        name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value
        for name, value in weights.items()
    }
    torch.save({"model": state, **contents}, path)
    return path


def evaluate_cheaply(monkeypatch: Any) -> None:
    """Stand in for the evaluation over the whole space: still a function of the weights alone.

    Unlike the real score it is not 0 in the first epochs, so that all that follows it moves.
    """

    from fluxttice_core.evidence import selection
    from fluxttice_core.evidence.readings import softmax
    from fluxttice_core.gates.operations import generate_all_operations
    from fluxttice_core.model.reference import ReferenceVAE
    from fluxttice_core.training import evaluation

    operations = generate_all_operations()

    def scores(model: Any, parts: Any, *, threads: int) -> Any:
        found = []
        for pathway in ("A", "B"):
            trits = operations[parts["validation"][:64]]
            each = softmax(model.logits(model.encode(trits, pathway)[0], pathway))
            right = float((each.argmax(-1) - 1 == trits).mean())
            found.append(
                selection.PathwayScore(pathway, right, right, float(each.max()), 0.0, LIMIT)
            )
        return tuple(found)

    monkeypatch.setattr(evaluation, "selection_scores", scores)
    monkeypatch.setattr(
        ReferenceVAE, "encode_all", lambda model, pathway: model.encode(operations[::300], pathway)
    )


def hyper_grid(ndim, height, inside=0.1, ring=0.5, peak=2.0):
    """Target of torchgfn's HyperGrid: rewards R0, R1, R2, over all cells."""
    grid = np.stack(np.meshgrid(*[np.arange(height)] * ndim, indexing="ij"), -1).reshape(-1, ndim)
    axis = np.abs(grid / (height - 1) - 0.5)
    reward = inside + ring * (axis > 0.25).all(1) + peak * ((axis < 0.4) & (axis > 0.3)).all(1)
    return reward / reward.sum()


def without_signs_of_life(stderr: str) -> str:
    """What a command of its own process wrote, less what it tells on a busy machine."""
    return re.sub(r"^[a-z ]+:( [\d,]+( of [\d,]+)? \w+,)? \d+ s\n", "", stderr, flags=re.MULTILINE)
