"""Draws by ``torch.distributions.Categorical``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Categorical


@torch.no_grad()
def sample(model: nn.Module, num_draws: int, pathway: str) -> Tensor:
    """Draw operations, float trits ``(num_draws, 9)``."""
    latents = torch.randn(num_draws, model.latent_dim)
    logits = getattr(model, f"decoder_{pathway}")(latents)
    return Categorical(logits=logits).sample().float() - 1.0
