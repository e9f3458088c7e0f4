"""The sections and keys of a training configuration: typed, frozen and hashed."""

from __future__ import annotations

import hashlib
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..canonical import canonical_json
from ..gates.operations import NUM_OPERATIONS

# Far from anything of use, and what float32 and a schedule's divisions can still hold.
MOST = 1e30
MOST_COUNTED = 10**9

Positive = Annotated[float, Field(gt=0, le=MOST)]
NonNegative = Annotated[float, Field(ge=0, le=MOST)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=MOST_COUNTED)]
Epoch = Annotated[int, Field(ge=0, le=MOST_COUNTED)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
TorchSeed = Annotated[int, Field(ge=0, lt=2**32)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ModelConfig(_Section):
    """Architecture, and which adaptive mechanisms act."""

    latent_dim: Annotated[int, Field(ge=1, le=256)]
    rho_min: Fraction
    rho_max: Fraction
    lambda3_base: NonNegative
    lambda3_amplitude: NonNegative
    eps_kl: Positive
    gradient_balance: bool
    adaptive_scheduling: bool
    use_statenet: bool
    statenet_lr_scale: Positive | None = None
    statenet_lambda_scale: Positive | None = None


class DatasetConfig(_Section):
    """``seed`` of the partition into train, validation and test."""

    seed: TorchSeed


class Milestone(_Section):
    """Learning rate reached at an epoch."""

    epoch: Count
    lr: Positive


class OptimizerConfig(_Section):
    """``adamw`` decouples the weight decay from the gradient, ``adam`` adds it to it."""

    type: Literal["adamw", "adam"]
    lr_start: Positive
    weight_decay: NonNegative
    lr_schedule: tuple[Milestone, ...]


class VaeAConfig(_Section):
    """Schedules of pathway A."""

    beta_start: NonNegative
    beta_end: NonNegative
    beta_warmup_epochs: Epoch
    temp_start: Positive
    temp_end: Positive
    temp_cyclic: bool
    temp_boost_amplitude: NonNegative | None = None


class VaeBConfig(_Section):
    """Schedules of pathway B and its two regularisers."""

    beta_start: NonNegative
    beta_end: NonNegative
    beta_warmup_epochs: Epoch
    temp_start: Positive
    temp_end: Positive
    temp_phase4: Positive
    entropy_weight: NonNegative
    repulsion_weight: NonNegative


class ControllerConfig(_Section):
    """Lags of pathway B, and what the adaptive weights wait for."""

    temp_lag: Epoch
    beta_phase_lag: Annotated[float, Field(ge=0, le=2 * math.pi)]
    entropy_ema_alpha: Annotated[float, Field(ge=0, lt=1)] | None = None
    dH_dt_threshold: Positive | None = None


class PhaseConfig(_Section):
    """First epoch of phases 2 and 3, end of the gated rise of rho, first epoch of phase 4."""

    entropy_expansion_end: Epoch
    consolidation_end: Count
    resonant_coupling_end: Count
    ultra_exploration_start: Count
    statenet_warm_start: Epoch | None = None


class CrossInjectionConfig(_Section):
    """Added key: share of training items decoded from mixed codes; the others read their own."""

    mixed_fraction: Fraction


class PriorTermsConfig(_Section):
    """Added section: terms on latents drawn from the prior. Leave it out to train without."""

    num_latents: Annotated[int, Field(ge=2, le=MOST_COUNTED)]
    collision_weight: NonNegative
    pair_collision_weight: NonNegative
    sharpness_weight: NonNegative
    ramp_epochs: Epoch


class Ramp(_Section):
    """A factor that moves geometrically from ``start`` at epoch 0 to ``end`` at the last one."""

    start: Positive
    end: Positive


class WeightRamp(_Section):
    """The same for a weight, which may also be 0 from start to end: off."""

    start: NonNegative
    end: NonNegative


class CodebookTermsConfig(_Section):
    """Added section, in place of ``prior_terms``: the terms that lead to a uniform codebook."""

    num_latents: Annotated[int, Field(ge=2, le=MOST_COUNTED)]
    influence_draws: Count
    smoothing: Annotated[float, Field(gt=0, le=1)]
    temperature: Ramp
    collision_weight: WeightRamp
    sharpness_weight: WeightRamp
    influence_weight: WeightRamp
    distance_weight: WeightRamp
    alignment_weight: NonNegative


class Config(_Section):
    """A whole training run. See ``docs/configuration.md`` for the meaning of each key."""

    seed: Seed
    model: ModelConfig
    ternary_dataset: DatasetConfig
    batch_size: Annotated[int, Field(ge=2, le=NUM_OPERATIONS)]
    total_epochs: Count
    optimizer: OptimizerConfig
    vae_a: VaeAConfig
    vae_b: VaeBConfig
    free_bits: NonNegative
    controller: ControllerConfig
    grad_clip: Positive
    patience: Count
    min_delta: NonNegative
    coverage_plateau_patience: Count
    min_coverage_delta: NonNegative
    stop_from_epoch: Epoch
    log_interval: Count
    checkpoint_freq: Count
    checkpoint_dir: Annotated[str, Field(min_length=1)]
    eval_num_samples: Annotated[int, Field(ge=100, le=10_000_000)]
    eval_interval: Count
    coverage_check_interval: Count
    train_split: Fraction
    val_split: Fraction
    test_split: Fraction
    phase_transitions: PhaseConfig
    cross_injection: CrossInjectionConfig
    prior_terms: PriorTermsConfig | None = None
    codebook_terms: CodebookTermsConfig | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, keys of switched-off mechanisms left out."""
        return self.model_dump(mode="json", exclude_none=True)

    def canonical_hash(self) -> str:
        """SHA-256 (bare hex) of the canonical JSON: blind to comments, order and line endings."""
        return hashlib.sha256(canonical_json(self.as_dict())).hexdigest()
