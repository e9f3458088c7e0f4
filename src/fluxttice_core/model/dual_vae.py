"""Ternary VAE v5.5: two variational autoencoders over the same 19,683 operations.

Pathway A explores, pathway B consolidates; each decoder can read a mix of its own code and the
other's (cross-injection). No loss and no schedule lives here: see ``objective`` and ``training``.
"""

from __future__ import annotations

from typing import TypedDict

import torch
from torch import Tensor, nn

from .decoder import DecoderA, DecoderB, inverse_cdf
from .encoder import Encoder, reparameterise
from .layout import INPUT_DIM, LATENT_DIM, Pathway
from .state_net import StateNet


class DualOutput(TypedDict):
    """What one forward pass yields, for both pathways."""

    logits_A: Tensor
    logits_B: Tensor
    mu_A: Tensor
    mu_B: Tensor
    logvar_A: Tensor
    logvar_B: Tensor
    z_A: Tensor
    z_B: Tensor
    z_A_tilde: Tensor
    z_B_tilde: Tensor
    H_A: Tensor
    H_B: Tensor


def cross_inject(own: Tensor, other: Tensor, rho: float | Tensor) -> Tensor:
    """Mix codes: ``(1 - rho) own + rho stop(other)``; no gradient reaches the other pathway."""
    return (1.0 - rho) * own + rho * other.detach()


def batch_latent_entropy(latents: Tensor) -> Tensor:
    """Differential entropy in nats per dimension of a Gaussian fitted to the batch.

    ``mean_d 0.5 log(2 pi e Var_d)``: differentiable, unlike a histogram; 1.419 for N(0, 1).
    """
    variance = latents.var(dim=0, unbiased=False) + 1e-8
    return 0.5 * (variance * (2.0 * torch.pi * torch.e)).log().mean()


class DualNeuralVAEV5(nn.Module):
    """The dual VAE: 168,770 parameters in 50 tensors at the default sizes.

    ``rho`` is the current cross-injection, a plain attribute set by training or from a file.
    The other settings are kept for those who call it as v5.5: training reads its configuration. The
    StateNet's weights are always present, because they belong to the interchange format.

    Parameters
    ----------
    input_dim : number of trits, 9; any other value is refused.
    latent_dim : dimensions of each latent space.
    rho_min, rho_max : ends of the cross-injection schedule; ``rho`` starts at ``rho_min``.
    lambda3_base, lambda3_amplitude : cycle of the entropy-alignment weight.
    eps_kl : KL in nats above which a latent dimension counts as active.

    Example
    -------
    >>> model = DualNeuralVAEV5(9, 16, 0.1, 0.7, 0.3, 0.15, 5e-4)
    >>> sum(p.numel() for p in model.parameters()), len(model.state_dict())
    (168770, 50)
    """

    grad_norm_A_ema: Tensor
    grad_norm_B_ema: Tensor

    def __init__(
        self,
        input_dim: int = INPUT_DIM,
        latent_dim: int = LATENT_DIM,
        rho_min: float = 0.1,
        rho_max: float = 0.7,
        lambda3_base: float = 0.3,
        lambda3_amplitude: float = 0.15,
        eps_kl: float = 5e-4,
        gradient_balance: bool = True,
        adaptive_scheduling: bool = True,
        use_statenet: bool = True,
        statenet_lr_scale: float = 0.05,
        statenet_lambda_scale: float = 0.01,
    ) -> None:
        super().__init__()
        if input_dim != INPUT_DIM:
            raise ValueError(
                f"a two-input ternary gate has {INPUT_DIM} trits; got input_dim={input_dim}"
            )
        self.latent_dim = latent_dim
        self.rho_min, self.rho_max, self.rho = rho_min, rho_max, rho_min
        self.lambda3_base, self.lambda3_amplitude = lambda3_base, lambda3_amplitude
        self.eps_kl = eps_kl
        self.gradient_balance = gradient_balance
        self.adaptive_scheduling = adaptive_scheduling
        self.use_statenet = use_statenet
        self.statenet_lr_scale = statenet_lr_scale
        self.statenet_lambda_scale = statenet_lambda_scale

        self.register_buffer("grad_norm_A_ema", torch.tensor(1.0))
        self.register_buffer("grad_norm_B_ema", torch.tensor(1.0))
        self.encoder_A = Encoder(input_dim, latent_dim)
        self.encoder_B = Encoder(input_dim, latent_dim)
        self.decoder_A = DecoderA(latent_dim)
        self.decoder_B = DecoderB(latent_dim)
        self.state_net = StateNet()

    def encoder(self, pathway: Pathway) -> Encoder:
        """Return the encoder of pathway "A" or "B"."""
        return self.encoder_A if pathway == "A" else self.encoder_B

    def decoder(self, pathway: Pathway) -> DecoderA | DecoderB:
        """Return the decoder of pathway "A" or "B"."""
        return self.decoder_A if pathway == "A" else self.decoder_B

    def forward(
        self,
        x: Tensor,
        temp_A: float = 1.0,
        temp_B: float = 1.0,
        beta_A: float = 1.0,
        beta_B: float = 1.0,
        *,
        generator: torch.Generator | None = None,
    ) -> DualOutput:
        """Encode, cross-inject at ``self.rho`` and decode float trits ``(batch, 9)``.

        In training mode the codes are drawn, with noise scaled by the temperatures; in
        evaluation mode they are the posterior means. ``beta_A`` and ``beta_B`` weigh the
        objective, not this pass: they stand in the signature because v5.5 callers pass them.
        """
        mu_a, logvar_a = self.encoder_A(x)
        mu_b, logvar_b = self.encoder_B(x)
        if self.training:
            z_a = reparameterise(mu_a, logvar_a, temp_A, generator)
            z_b = reparameterise(mu_b, logvar_b, temp_B, generator)
        else:
            z_a, z_b = mu_a, mu_b
        mixed_a = cross_inject(z_a, z_b, self.rho)
        mixed_b = cross_inject(z_b, z_a, self.rho)
        return {
            "logits_A": self.decoder_A(mixed_a),
            "logits_B": self.decoder_B(mixed_b),
            "mu_A": mu_a,
            "mu_B": mu_b,
            "logvar_A": logvar_a,
            "logvar_B": logvar_b,
            "z_A": z_a,
            "z_B": z_b,
            "z_A_tilde": mixed_a,
            "z_B_tilde": mixed_b,
            "H_A": batch_latent_entropy(z_a),
            "H_B": batch_latent_entropy(z_b),
        }

    @torch.no_grad()
    def sample(
        self,
        num_samples: int,
        device: torch.device | str | None = None,
        use_vae: Pathway = "A",
        *,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draw operations ``(num_samples, 9)`` in {-1, 0, +1}: z ~ N(0, I), then a trit each.

        The plain decoder reads the code, uninjected. The mode of the model is not touched. The
        noise is made where ``generator`` lives, on the CPU without one.
        """
        if use_vae not in ("A", "B"):
            raise ValueError(f'use_vae must be "A" or "B"; got {use_vae!r}')
        place = self.grad_norm_A_ema.device if device is None else torch.device(device)
        source = torch.device("cpu") if generator is None else generator.device
        shape = (num_samples, self.latent_dim)
        latents = torch.randn(shape, generator=generator, device=source).to(place)
        uniforms = torch.rand(num_samples, 9, generator=generator, device=source).to(place)
        return inverse_cdf(self.decoder(use_vae)(latents), uniforms).float() - 1.0
