"""One update of both pathways."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..config import Config
from ..model.dual_vae import DualNeuralVAEV5, batch_latent_entropy, cross_inject
from ..model.encoder import scaled_code
from ..model.layout import Pathway
from ..objective import codebook, elbo, regularisers
from .controller import Controls

Generators = dict[str, torch.Generator]


@dataclass(frozen=True, slots=True)
class StepFigures:
    """Means over the batch, still on the device: nats, and unclipped gradient norms."""

    values: Tensor

    NAMES = (
        "loss",
        "nll_A",
        "nll_B",
        "kl_A",
        "kl_B",
        "H_A",
        "H_B",
        "collision_A",
        "collision_B",
        "conditional_entropy_A",
        "conditional_entropy_B",
        "influence_spread_A",
        "influence_spread_B",
        "grad_norm_A",
        "grad_norm_B",
    )


def pathway_parameters(model: DualNeuralVAEV5, pathway: Pathway) -> list[nn.Parameter]:
    """Encoder and decoder parameters of one pathway; the two share none."""
    return [*model.encoder(pathway).parameters(), *model.decoder(pathway).parameters()]


def mixing_shares(batch: int, rho: float, mixed_fraction: float, stream: torch.Generator) -> Tensor:
    """Each item's share of the other pathway's code, ``(batch, 1)``: rho, or else 0.

    With probability ``mixed_fraction`` an item is decoded from the mix; the others are decoded
    from their own code, so that a decoder is good alone and coupled.
    """
    return (torch.rand(batch, 1, generator=stream) < mixed_fraction) * rho


@dataclass(frozen=True, slots=True)
class Noise:
    """Every random number of one step, on the device of the batch.

    ``codes``: standard normal ``(batch, latent)``, for A and for B. ``shares``: of the other
    pathway's code, ``(batch, 1)`` each. ``prior``: latents ``(num_latents, latent)``, as many as
    the objective's terms read: none, one or two.
    """

    codes: tuple[Tensor, Tensor]
    shares: tuple[Tensor, Tensor]
    prior: tuple[Tensor, ...]


def draw_noise(
    operations: Tensor, latent_dim: int, controls: Controls, config: Config, streams: Generators
) -> Noise:
    """Draw a step's random numbers, on the CPU: a seed means the same run on every device."""
    batch, device = len(operations), operations.device
    fraction = config.cross_injection.mixed_fraction
    num_latents: list[int] = []
    if config.prior_terms is not None:
        num_latents = [config.prior_terms.num_latents]
    elif config.codebook_terms is not None:
        num_latents = [config.codebook_terms.num_latents] * 2
    code_a, code_b = (
        torch.randn(batch, latent_dim, generator=streams["noise"], dtype=operations.dtype)
        for _ in range(2)
    )
    share_a, share_b = (
        mixing_shares(batch, controls.rho, fraction, streams["mix"]) for _ in range(2)
    )
    prior = (torch.randn(rows, latent_dim, generator=streams["prior"]) for rows in num_latents)
    return Noise(
        (code_a.to(device), code_b.to(device)),
        (share_a.to(device), share_b.to(device)),
        tuple(latents.to(device) for latents in prior),
    )


def objective(
    model: DualNeuralVAEV5, operations: Tensor, noise: Noise, controls: Controls, config: Config
) -> tuple[Tensor, Tensor]:
    """Return the loss of float trits ``(batch, 9)``, and the figures but for the gradient norms.

    A pure function of its arguments, which draws nothing: it can be compiled as it stands.
    """
    classes = operations.long() + 1
    zero = torch.zeros((), device=operations.device)

    mean_a, logvar_a = model.encoder_A(operations)
    mean_b, logvar_b = model.encoder_B(operations)
    logvar_a = elbo.bounded_log_variance(logvar_a)
    logvar_b = elbo.bounded_log_variance(logvar_b)
    code_a = scaled_code(mean_a, logvar_a, controls.temp_a, noise.codes[0])
    code_b = scaled_code(mean_b, logvar_b, controls.temp_b, noise.codes[1])
    logits_a = model.decoder_A(cross_inject(code_a, code_b, noise.shares[0]))
    logits_b = model.decoder_B(cross_inject(code_b, code_a, noise.shares[1]))

    nll_a = elbo.reconstruction_nll(logits_a, classes)
    nll_b = elbo.reconstruction_nll(logits_b, classes)
    kl_a = elbo.kl_to_standard_normal(mean_a, logvar_a)
    kl_b = elbo.kl_to_standard_normal(mean_b, logvar_b)
    loss_a = elbo.negative_elbo(nll_a, kl_a, controls.beta_a, config.free_bits)
    loss_b = elbo.negative_elbo(nll_b, kl_b, controls.beta_b, config.free_bits)
    if config.vae_b.entropy_weight:
        loss_b = loss_b - config.vae_b.entropy_weight * regularisers.output_entropy(logits_b)
    if config.vae_b.repulsion_weight:
        loss_b = loss_b + config.vae_b.repulsion_weight * regularisers.repulsion(code_b)
    entropy_a, entropy_b = batch_latent_entropy(code_a), batch_latent_entropy(code_b)

    collision_a = collision_b = conditional_a = conditional_b = zero
    spread_a = spread_b = zero
    if config.prior_terms is not None:
        (latents,) = noise.prior
        prior_a, collision_a, conditional_a = _prior_terms(model.decoder_A(latents), config)
        prior_b, collision_b, conditional_b = _prior_terms(model.decoder_B(latents), config)
        loss_a = loss_a + controls.prior_ramp * prior_a
        loss_b = loss_b + controls.prior_ramp * prior_b
    if config.codebook_terms is not None:
        latents, fresh = noise.prior
        cells_a, collision_a, conditional_a, spread_a = _cell_terms(
            model.decoder_A, latents, fresh, controls, config
        )
        cells_b, collision_b, conditional_b, spread_b = _cell_terms(
            model.decoder_B, latents, fresh, controls, config
        )
        loss_a = loss_a + cells_a + _code_terms(mean_a, mean_b, operations, controls, config)
        loss_b = loss_b + cells_b + _code_terms(mean_b, mean_a, operations, controls, config)

    loss = (
        controls.lambda1 * controls.balance_a * loss_a
        + controls.lambda2 * controls.balance_b * loss_b
    )
    if _aligns_entropies(config):
        alignment = regularisers.entropy_alignment(entropy_a, entropy_b)
        loss = loss + controls.lambda3 * alignment

    figures = torch.stack(
        [
            loss,
            nll_a.mean(),
            nll_b.mean(),
            kl_a.sum(dim=1).mean(),
            kl_b.sum(dim=1).mean(),
            entropy_a,
            entropy_b,
            collision_a,
            collision_b,
            conditional_a,
            conditional_b,
            spread_a,
            spread_b,
        ]
    )
    return loss, figures.detach()


def _aligns_entropies(config: Config) -> bool:
    """Whether lambda3 may ever be other than 0; asked of the config, so that a program can hold."""
    model = config.model
    return bool(model.lambda3_base or model.lambda3_amplitude or model.statenet_lambda_scale)


def train_step(
    model: DualNeuralVAEV5,
    optimizer: torch.optim.Optimizer,
    operations: Tensor,
    controls: Controls,
    config: Config,
    streams: Generators,
) -> StepFigures:
    """Update both pathways on float trits ``(batch, 9)`` and return the figures of the step."""
    noise = draw_noise(operations, model.latent_dim, controls, config, streams)
    loss, figures = objective(model, operations, noise, controls, config)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    # A clip per pathway: one over both would let either silence the other.
    norms = [
        nn.utils.clip_grad_norm_(group["params"], config.grad_clip)
        for group in optimizer.param_groups
    ]
    for group, rate in zip(optimizer.param_groups, (controls.lr_a, controls.lr_b), strict=True):
        group["lr"] = rate
    optimizer.step()
    return StepFigures(torch.cat([figures, torch.stack(norms)]))


def _prior_terms(logits: Tensor, config: Config) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted sum of the prior-side terms, and the two of them worth logging."""
    terms = config.prior_terms
    assert terms is not None
    log_probabilities = _log_probabilities(logits)
    probabilities = log_probabilities.exp()
    collision = regularisers.collision_chi_square(probabilities)
    pairs = regularisers.pair_collision_chi_square(probabilities)
    conditional = regularisers.conditional_entropy(log_probabilities)
    weighted = (
        terms.collision_weight * collision
        + terms.pair_collision_weight * pairs
        + terms.sharpness_weight * conditional
    )
    return weighted, collision, conditional


def _log_probabilities(logits: Tensor) -> Tensor:
    """Log-softmax over the classes, laid out trit-major: contiguous batches for the products."""
    return logits.permute(1, 2, 0).contiguous().log_softmax(dim=1).permute(2, 0, 1)


def _cell_terms(
    decoder: nn.Module, latents: Tensor, fresh: Tensor, controls: Controls, config: Config
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weighted sum of the terms on the cells a decoder cuts the prior into, and the three of them.

    Where the cells end is read at a temperature: a decision as sharp as it is to become has its
    gradients at few latents, and so mostly noise in them.
    """
    terms, weights = config.codebook_terms, controls.codebook
    assert terms is not None
    assert weights is not None
    width = latents.shape[1]
    num_resampled = width * terms.influence_draws
    resampled = codebook.resample_one_coordinate(latents[:num_resampled], fresh[:num_resampled])
    logits = decoder(torch.cat([latents, resampled]))
    log_probabilities = _log_probabilities(logits / weights.temperature)
    probabilities, moved = log_probabilities.exp().split([len(latents), num_resampled])
    collision = codebook.smoothed_collision_chi_square(probabilities, terms.smoothing)
    conditional = regularisers.conditional_entropy(log_probabilities[: len(latents)])
    spread = codebook.influence_spread(
        codebook.influences(probabilities[:num_resampled], moved, width)
    )
    weighted = (
        weights.collision_weight * collision
        + weights.sharpness_weight * conditional
        + weights.influence_weight * spread
    )
    return weighted, collision, conditional, spread


def _code_terms(
    mean: Tensor, other_mean: Tensor, operations: Tensor, controls: Controls, config: Config
) -> Tensor:
    """Weighted sum of the terms on the codes of the batch's operations."""
    terms, weights = config.codebook_terms, controls.codebook
    assert terms is not None
    assert weights is not None
    return terms.alignment_weight * codebook.code_alignment(
        mean, other_mean
    ) + weights.distance_weight * codebook.distance_stress(mean, operations)
