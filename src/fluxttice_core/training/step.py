"""One update of both pathways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..config import Config
from ..model.dual_vae import DualNeuralVAEV5, batch_latent_entropy, cross_inject
from ..model.encoder import scaled_code
from ..model.layout import PATHWAYS, Pathway
from ..objective import codebook, elbo, regularisers
from .controller import Controls

Generators = dict[str, torch.Generator]
Named = dict[str, Tensor]


class StepFigures(NamedTuple):
    """Means over the batch, still on the device: nats, and unclipped gradient norms.

    ``values[i]`` is the figure that ``names[i]`` names.
    """

    names: tuple[str, ...]
    values: Tensor

    @classmethod
    def of(cls, figures: Mapping[str, Tensor]) -> StepFigures:
        """Put the figures into one tensor: a run adds them up step by step."""
        return cls(tuple(figures), torch.stack(list(figures.values())))

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name, read from the device."""
        return dict(zip(self.names, self.values.tolist(), strict=True))


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

    ``codes``: standard normal ``(batch, latent)`` for each pathway. ``shares``: of the other
    pathway's code, ``(batch, 1)`` for each. ``prior``: latents ``(num_latents, latent)``, as many
    as the objective's terms read: none, one or two.
    """

    codes: dict[Pathway, Tensor]
    shares: dict[Pathway, Tensor]
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

    def normal(rows: int, stream: str, dtype: torch.dtype | None = None) -> Tensor:
        drawn = torch.randn(rows, latent_dim, generator=streams[stream], dtype=dtype)
        return drawn.to(device)

    def shares() -> Tensor:
        return mixing_shares(batch, controls.rho, fraction, streams["mix"]).to(device)

    return Noise(
        {pathway: normal(batch, "noise", operations.dtype) for pathway in PATHWAYS},
        {pathway: shares() for pathway in PATHWAYS},
        tuple(normal(rows, "prior") for rows in num_latents),
    )


class _Encoded(NamedTuple):
    """What an encoder makes of the batch, ``(batch, latent)`` each."""

    mean: Tensor
    logvar: Tensor
    code: Tensor


def objective(
    model: DualNeuralVAEV5, operations: Tensor, noise: Noise, controls: Controls, config: Config
) -> tuple[Tensor, Named]:
    """Return the loss of float trits ``(batch, 9)``, and the figures but for the gradient norms.

    A pure function of its arguments, which draws nothing: it can be compiled as it stands.
    """
    encoded = {
        pathway: _encode(model, pathway, operations, noise, controls) for pathway in PATHWAYS
    }
    weighted: list[Tensor] = []
    figures: Named = {}
    for pathway in PATHWAYS:
        loss, found = _pathway_loss(model, pathway, encoded, operations, noise, controls, config)
        weighted.append(controls.of(pathway).weight * loss)
        figures |= {f"{name}_{pathway}": value for name, value in found.items()}
    loss = weighted[0] + weighted[1]
    if _aligns_entropies(config):
        alignment = regularisers.entropy_alignment(figures["H_A"], figures["H_B"])
        loss = loss + controls.lambda3 * alignment
    return loss, {name: value.detach() for name, value in {"loss": loss, **figures}.items()}


def _aligns_entropies(config: Config) -> bool:
    """Whether lambda3 may ever be other than 0; asked of the config, so that a program can hold."""
    model = config.model
    return bool(model.lambda3_base or model.lambda3_amplitude or model.statenet_lambda_scale)


def _encode(
    model: DualNeuralVAEV5,
    pathway: Pathway,
    operations: Tensor,
    noise: Noise,
    controls: Controls,
) -> _Encoded:
    mean, logvar = model.encoder(pathway)(operations)
    logvar = elbo.bounded_log_variance(logvar)
    code = scaled_code(mean, logvar, controls.of(pathway).temperature, noise.codes[pathway])
    return _Encoded(mean, logvar, code)


def _pathway_loss(
    model: DualNeuralVAEV5,
    pathway: Pathway,
    encoded: Mapping[Pathway, _Encoded],
    operations: Tensor,
    noise: Noise,
    controls: Controls,
    config: Config,
) -> tuple[Tensor, Named]:
    """The loss of one pathway and its figures; no gradient reaches the other one."""
    own, other = encoded[pathway], encoded["B" if pathway == "A" else "A"]
    decoder = model.decoder(pathway)
    logits = decoder(cross_inject(own.code, other.code, noise.shares[pathway]))
    nll = elbo.reconstruction_nll(logits, operations.long() + 1)
    kl = elbo.kl_to_standard_normal(own.mean, own.logvar)
    loss = elbo.negative_elbo(nll, kl, controls.of(pathway).beta, config.free_bits)
    if pathway == "B":
        loss = _regularised(loss, logits, own.code, config)
    figures = {
        "nll": nll.mean(),
        "kl": kl.sum(dim=1).mean(),
        "H": batch_latent_entropy(own.code),
        # Of terms that are left out: 0.
        **dict.fromkeys(
            ("collision", "conditional_entropy", "influence_spread"), torch.zeros_like(loss)
        ),
    }
    if config.prior_terms is not None:
        prior, found = _prior_terms(decoder, noise, config)
        loss, figures = loss + controls.prior_ramp * prior, figures | found
    if config.codebook_terms is not None:
        cells, found = _cell_terms(decoder, noise, controls, config)
        codes = _code_terms(own.mean, other.mean, operations, controls, config)
        loss, figures = loss + cells + codes, figures | found
    return loss, figures


def _regularised(loss: Tensor, logits: Tensor, code: Tensor, config: Config) -> Tensor:
    """Pathway B's loss less its output entropy, and with the repulsion of its codes."""
    settings = config.vae_b
    if settings.entropy_weight:
        loss = loss - settings.entropy_weight * regularisers.output_entropy(logits)
    if settings.repulsion_weight:
        loss = loss + settings.repulsion_weight * regularisers.repulsion(code)
    return loss


def _prior_terms(decoder: nn.Module, noise: Noise, config: Config) -> tuple[Tensor, Named]:
    """Weighted sum of the prior-side terms, and the two of them worth logging."""
    terms = config.prior_terms
    assert terms is not None
    (latents,) = noise.prior
    log_probabilities = _log_probabilities(decoder(latents))
    probabilities = log_probabilities.exp()
    collision = regularisers.collision_chi_square(probabilities)
    pairs = regularisers.pair_collision_chi_square(probabilities)
    conditional = regularisers.conditional_entropy(log_probabilities)
    weighted = (
        terms.collision_weight * collision
        + terms.pair_collision_weight * pairs
        + terms.sharpness_weight * conditional
    )
    return weighted, {"collision": collision, "conditional_entropy": conditional}


def _log_probabilities(logits: Tensor) -> Tensor:
    """Log-softmax over the classes, laid out trit-major: contiguous batches for the products."""
    return logits.permute(1, 2, 0).contiguous().log_softmax(dim=1).permute(2, 0, 1)


def _cell_terms(
    decoder: nn.Module, noise: Noise, controls: Controls, config: Config
) -> tuple[Tensor, Named]:
    """Weighted sum of the terms on the cells a decoder cuts the prior into, and the three of them.

    Where the cells end is read at a temperature: a decision as sharp as it is to become has its
    gradients at few latents, and so mostly noise in them.
    """
    terms, weights = config.codebook_terms, controls.codebook
    assert terms is not None
    assert weights is not None
    latents, fresh = noise.prior
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
    return weighted, {
        "collision": collision,
        "conditional_entropy": conditional,
        "influence_spread": spread,
    }


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
    for pathway, group in zip(PATHWAYS, optimizer.param_groups, strict=True):
        # A clip per pathway: one over both would let either silence the other.
        norm = nn.utils.clip_grad_norm_(group["params"], config.grad_clip)
        figures[f"grad_norm_{pathway}"] = norm
        group["lr"] = controls.of(pathway).rate
    optimizer.step()
    return StepFigures.of(figures)
