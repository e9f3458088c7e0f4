"""What an epoch trains with: the schedules read together, and the feedback between epochs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ..config import Config, Ramp, WeightRamp
from ..model.layout import Pathway
from ..objective import schedules


@dataclass(frozen=True, slots=True)
class CodebookControls:
    """The ramps of ``codebook_terms`` at one epoch."""

    temperature: float
    collision_weight: float
    sharpness_weight: float
    influence_weight: float
    distance_weight: float


class PathwayControls(NamedTuple):
    """Those of one pathway: ``weight`` is that of its loss, ``rate`` its learning rate."""

    temperature: float
    beta: float
    weight: float
    rate: float


@dataclass(frozen=True, slots=True)
class Controls:
    """The numbers that hold during one epoch."""

    epoch: int
    phase: int
    rho: float
    temp_a: float
    temp_b: float
    beta_a: float
    beta_b: float
    lambda1: float
    lambda2: float
    lambda3: float
    balance_a: float
    balance_b: float
    lr_a: float
    lr_b: float
    prior_ramp: float
    codebook: CodebookControls | None

    def of(self, pathway: Pathway) -> PathwayControls:
        """Return the numbers of one pathway."""
        if pathway == "A":
            weight = self.lambda1 * self.balance_a
            return PathwayControls(self.temp_a, self.beta_a, weight, self.lr_a)
        weight = self.lambda2 * self.balance_b
        return PathwayControls(self.temp_b, self.beta_b, weight, self.lr_b)


@dataclass(slots=True)
class Feedback:
    """What one epoch leaves to the next; plain numbers, so that a checkpoint can hold it."""

    rho: float
    lambda1: float = schedules.LAMBDA_START
    lambda2: float = schedules.LAMBDA_START
    grad_norm_a: float = 1.0
    grad_norm_b: float = 1.0
    momentum: float = 0.5
    balance_achieved: bool = False
    entropy_a: float | None = None
    entropy_b: float | None = None
    corrections: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def ratio(self) -> float:
        """``EMA_B / EMA_A`` of the unclipped gradient norms."""
        return self.grad_norm_b / max(self.grad_norm_a, 1e-12)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a checkpoint."""
        return {**asdict(self), "corrections": list(self.corrections)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Feedback:
        """Rebuild from :meth:`as_dict`."""
        return cls(**{**values, "corrections": tuple(values["corrections"])})


def controls_for(config: Config, epoch: int, feedback: Feedback) -> Controls:
    """Read every schedule at ``epoch`` and apply the feedback.

    A pathway's weight acts on its step size, relative to where it starts: under Adam the scale of
    a loss whose parameters are its own cancels, so a weight on the loss alone would do nothing.
    """
    phases, a, b = config.phase_transitions, config.vae_a, config.vae_b
    total, ultra = config.total_epochs, phases.ultra_exploration_start
    by_rate, by_lambda1, by_lambda2, by_lambda3 = feedback.corrections
    model = config.model
    lr_scale = model.statenet_lr_scale or 0.0
    lambda_scale = model.statenet_lambda_scale or 0.0

    def bounded(weight: float, correction: float) -> float:
        moved = weight + lambda_scale * correction
        return min(max(moved, schedules.LAMBDA_MIN), schedules.LAMBDA_MAX)

    lambda1 = bounded(feedback.lambda1, by_lambda1)
    lambda2 = bounded(feedback.lambda2, by_lambda2)
    balance_a, balance_b = 1.0, 1.0
    if model.gradient_balance:
        balance_a, balance_b = schedules.balance_scales(feedback.grad_norm_a, feedback.grad_norm_b)
    milestones = [(step.epoch, step.lr) for step in config.optimizer.lr_schedule]
    rate = schedules.learning_rate(epoch, config.optimizer.lr_start, milestones)
    rate *= 1.0 + lr_scale * by_rate
    terms = config.prior_terms
    return Controls(
        epoch=epoch,
        phase=schedules.phase(epoch, phases.entropy_expansion_end, phases.consolidation_end, ultra),
        rho=feedback.rho,
        temp_a=schedules.temperature_a(
            epoch,
            total,
            a.temp_start,
            a.temp_end,
            cyclic=a.temp_cyclic,
            boost_amplitude=a.temp_boost_amplitude or 0.0,
            ultra_start=ultra,
        ),
        temp_b=schedules.temperature_b(
            epoch,
            total,
            b.temp_start,
            b.temp_end,
            lag=config.controller.temp_lag,
            phase4=b.temp_phase4,
            ultra_start=ultra,
        ),
        beta_a=schedules.linear_beta_warmup(
            epoch, total, a.beta_start, a.beta_end, a.beta_warmup_epochs
        ),
        beta_b=schedules.linear_beta_warmup(
            schedules.lagged_beta_epoch(
                epoch, b.beta_warmup_epochs, config.controller.beta_phase_lag
            ),
            total,
            b.beta_start,
            b.beta_end,
            b.beta_warmup_epochs,
        ),
        lambda1=lambda1,
        lambda2=lambda2,
        lambda3=max(
            schedules.lambda3(epoch, model.lambda3_base, model.lambda3_amplitude)
            + lambda_scale * by_lambda3,
            0.0,
        ),
        balance_a=balance_a,
        balance_b=balance_b,
        lr_a=rate * balance_a * lambda1 / schedules.LAMBDA_START,
        lr_b=rate * balance_b * lambda2 / schedules.LAMBDA_START,
        prior_ramp=min((epoch + 1) / terms.ramp_epochs, 1.0)
        if terms and terms.ramp_epochs
        else 1.0,
        codebook=_codebook_controls(config, epoch),
    )


def _codebook_controls(config: Config, epoch: int) -> CodebookControls | None:
    terms = config.codebook_terms
    if terms is None:
        return None

    def at(ramp: Ramp | WeightRamp) -> float:
        return schedules.geometric_ramp(epoch, config.total_epochs, ramp.start, ramp.end)

    return CodebookControls(
        temperature=at(terms.temperature),
        collision_weight=at(terms.collision_weight),
        sharpness_weight=at(terms.sharpness_weight),
        influence_weight=at(terms.influence_weight),
        distance_weight=at(terms.distance_weight),
    )


def rho_after(config: Config, epoch: int, rho: float, *, balanced: bool) -> float:
    """Cross-injection of the epoch after ``epoch``; it never falls."""
    phases, model = config.phase_transitions, config.model
    following = epoch + 1
    if following < phases.consolidation_end:
        return schedules.early_rho(
            following,
            model.rho_min,
            model.rho_max,
            phases.entropy_expansion_end,
            phases.consolidation_end,
        )
    if epoch < phases.consolidation_end:
        rho = min(max(schedules.PHASE2_RHO, model.rho_min), model.rho_max)
        return rho
    rising = balanced or following >= phases.resonant_coupling_end
    return schedules.next_rho(rho, model.rho_max, rising=rising)


def observe(
    config: Config,
    epoch: int,
    feedback: Feedback,
    *,
    norm_a: float,
    norm_b: float,
    entropy_a: float,
    entropy_b: float,
) -> Feedback:
    """Return the feedback for the next epoch, given this one's mean gradient norms and entropies.

    The norms are means over items of unclipped norms, so a short last batch counts as what it is.
    """
    if epoch == 0:
        ema_a, ema_b, momentum = norm_a, norm_b, 0.5
    else:
        ema_a, momentum = schedules.gradient_ema(feedback.grad_norm_a, norm_a, feedback.ratio)
        ema_b, _ = schedules.gradient_ema(feedback.grad_norm_b, norm_b, feedback.ratio)
    balanced = schedules.is_balanced(ema_b / max(ema_a, 1e-12))
    lambda1, lambda2 = feedback.lambda1, feedback.lambda2
    smooth_a, smooth_b = feedback.entropy_a, feedback.entropy_b
    if config.model.adaptive_scheduling:
        alpha, threshold = config.controller.entropy_ema_alpha, config.controller.dH_dt_threshold
        assert alpha is not None
        assert threshold is not None
        drift = float("inf")
        if smooth_a is None or smooth_b is None:
            smooth_a, smooth_b = entropy_a, entropy_b
        else:
            drift = (1.0 - alpha) * max(abs(entropy_a - smooth_a), abs(entropy_b - smooth_b))
            smooth_a = alpha * smooth_a + (1.0 - alpha) * entropy_a
            smooth_b = alpha * smooth_b + (1.0 - alpha) * entropy_b
        # While the latent clouds still move, gradient norms say little about balance.
        if drift < threshold:
            lambda1 = schedules.next_lambda(lambda1, ema_a, ema_b)
            lambda2 = schedules.next_lambda(lambda2, ema_b, ema_a)
    return Feedback(
        rho=rho_after(config, epoch, feedback.rho, balanced=balanced),
        lambda1=lambda1,
        lambda2=lambda2,
        grad_norm_a=ema_a,
        grad_norm_b=ema_b,
        momentum=momentum,
        balance_achieved=feedback.balance_achieved or balanced,
        entropy_a=smooth_a,
        entropy_b=smooth_b,
        corrections=feedback.corrections,
    )
