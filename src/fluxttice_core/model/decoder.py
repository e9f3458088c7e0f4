"""The two decoders: latent codes to nine independent three-way choices."""

from __future__ import annotations

from torch import Tensor, nn

NUM_LOGITS = 27


def inverse_cdf(logits: Tensor, uniforms: Tensor) -> Tensor:
    """Draw a class from each of the distributions ``(..., 3)`` by one uniform number ``(...)``.

    As :func:`fluxttice_core.evidence.readings.inverse_cdf` does in NumPy; whole numbers from 0.
    """
    cuts = logits.softmax(dim=-1).cumsum(dim=-1)[..., :-1]
    return (uniforms[..., None] >= cuts).sum(dim=-1)


class DecoderA(nn.Module):
    """The exploring decoder: a plain MLP 16-32-64-27."""

    def __init__(self, latent_dim: int = 16) -> None:
        super().__init__()
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 32),
            nn.ReLU(),
            nn.Linear(32, 64),
            nn.ReLU(),
            nn.Linear(64, NUM_LOGITS),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Map codes ``(batch, latent)`` to logits ``(batch, 9, 3)``; class c is trit c - 1."""
        logits: Tensor = self.decoder(latents)
        return logits.view(-1, 9, 3)


class ResidualBlock(nn.Module):
    """``x + W2 relu(W1 x + b1) + b2``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, hidden: Tensor) -> Tensor:
        """Add the block's correction to its input, ``(batch, width)``."""
        return hidden + self.block(hidden)


class DecoderB(nn.Module):
    """The consolidating decoder: 16-128, two residual blocks, 128-27."""

    def __init__(self, latent_dim: int = 16, width: int = 128) -> None:
        super().__init__()
        self.fc_in = nn.Linear(latent_dim, width)
        self.residual1 = ResidualBlock(width)
        self.residual2 = ResidualBlock(width)
        self.fc_out = nn.Linear(width, NUM_LOGITS)

    def forward(self, latents: Tensor) -> Tensor:
        """Map codes ``(batch, latent)`` to logits ``(batch, 9, 3)``; class c is trit c - 1."""
        hidden = self.fc_in(latents).relu()
        hidden = self.residual1(hidden).relu()
        hidden = self.residual2(hidden)
        logits: Tensor = self.fc_out(hidden)
        return logits.view(-1, 9, 3)
