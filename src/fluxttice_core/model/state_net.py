"""The StateNet: nine numbers describing a finished epoch to four bounded corrections."""

from __future__ import annotations

from torch import Tensor, nn


class StateNet(nn.Module):
    """``[H_A, H_B, KL_A, KL_B, ratio, rho, lambda1, lambda2, lambda3]`` to (-1, 1)^4.

    The four outputs correct the learning rate and the three loss weights; how far is decided by
    the training room, which also gives it its learning signal.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(9, 32), nn.LayerNorm(32), nn.Tanh(), nn.Linear(32, 8)
        )
        self.decoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4), nn.Tanh())

    def forward(self, state: Tensor) -> Tensor:
        """Map ``(..., 9)`` to ``(..., 4)``: learning rate, lambda1, lambda2, lambda3."""
        corrections: Tensor = self.decoder(self.encoder(state))
        return corrections
