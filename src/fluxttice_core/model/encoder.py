"""The encoder of either pathway: nine trits to a diagonal Gaussian over the latent space."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """MLP 9-256-128-64 with linear heads for the mean and the log-variance."""

    def __init__(self, input_dim: int = 9, latent_dim: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(input_dim, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, 64),
            nn.ReLU(),
        )
        self.fc_mu = nn.Linear(64, latent_dim)
        self.fc_logvar = nn.Linear(64, latent_dim)

    def forward(self, operations: Tensor) -> tuple[Tensor, Tensor]:
        """Map float trits ``(batch, 9)`` to mean and log-variance, ``(batch, latent)`` each."""
        hidden = self.encoder(operations)
        return self.fc_mu(hidden), self.fc_logvar(hidden)


def reparameterise(
    mean: Tensor, logvar: Tensor, temperature: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Draw ``z = mean + temperature * exp(logvar / 2) * eps`` (Kingma & Welling 2014).

    The noise comes from the CPU stream of ``generator``, whatever the device, so that a seed
    means the same draws everywhere.
    """
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean.device)
    return scaled_code(mean, logvar, temperature, noise)


def scaled_code(mean: Tensor, logvar: Tensor, temperature: float, noise: Tensor) -> Tensor:
    """``mean + temperature * exp(logvar / 2) * noise``, all but the temperature of one shape."""
    return mean + temperature * torch.exp(0.5 * logvar) * noise
