"""The StateNet's learning signal: policy gradient on the fixed selection score.

Once an epoch the StateNet proposes four corrections; Gaussian noise explores around them; the
change of the selection score, less its running mean, is the reward of the action taken
(REINFORCE, Williams 1992). Only this gives the StateNet a gradient: no loss of the networks
depends on its outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..model.state_net import StateNet

EXPLORATION = 0.2
LEARNING_RATE = 1e-3
BASELINE_MOMENTUM = 0.9
Corrections = tuple[float, float, float, float]


@dataclass(slots=True)
class Steering:
    """A StateNet, its optimiser, and the action whose reward is awaited."""

    state_net: StateNet
    generator: torch.Generator
    optimizer: torch.optim.Adam = field(init=False)
    observation: list[float] | None = None
    action: list[float] | None = None
    score: float = 0.0
    baseline: float = 0.0

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.state_net.parameters(), lr=LEARNING_RATE)

    def _propose(self, observation: list[float]) -> Tensor:
        device = next(self.state_net.parameters()).device
        result: Tensor = self.state_net(torch.tensor(observation, device=device).log1p())
        return result

    def act(self, observation: list[float]) -> Corrections:
        """Return the corrections to try next, each in [-1, 1].

        ``observation``: nine non-negative numbers; their log1p is what the StateNet reads.
        """
        self.observation = [max(value, 0.0) for value in observation]
        with torch.no_grad():
            proposed = self._propose(self.observation).cpu()
        noise = torch.randn(4, generator=self.generator)
        rate, first, second, third = (proposed + EXPLORATION * noise).clamp(-1.0, 1.0).tolist()
        self.action = [rate, first, second, third]
        return rate, first, second, third

    def reward(self, score: float) -> None:
        """Learn from the score reached under the last action; a no-op before the first."""
        improvement, self.score = score - self.score, score
        if self.observation is None or self.action is None:
            return
        advantage = improvement - self.baseline
        self.baseline += (1.0 - BASELINE_MOMENTUM) * (improvement - self.baseline)
        proposed = self._propose(self.observation)
        taken = torch.tensor(self.action, device=proposed.device)
        log_probability = -(taken - proposed).square().sum() / (2.0 * EXPLORATION**2)
        self.optimizer.zero_grad(set_to_none=True)
        (-advantage * log_probability).backward()
        self.optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs; the weights are the model's own."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "observation": self.observation,
            "action": self.action,
            "score": self.score,
            "baseline": self.baseline,
        }

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Restore from :meth:`state_dict`."""
        self.optimizer.load_state_dict(values["optimizer"])
        self.observation, self.action = values["observation"], values["action"]
        self.score, self.baseline = values["score"], values["baseline"]
