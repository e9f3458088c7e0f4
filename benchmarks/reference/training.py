"""v5.5 as its specification reads: an eager step, and an epoch that counts tuples.

Sections 2 to 4: both pathways with cross-injection, free bits, output entropy and repulsion in B,
alignment of the two latent entropies, gradient balance, one clip, AdamW. A latent entropy is that
of v5.5's files: 50 bins on [-3, 3], a histogram a dimension. After each epoch a validation pass
and 195,000 draws of each pathway, counted as a Python set of tuples.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from .counting import count_tuples
from .sampling import sample

BATCH, LEARNING_RATE, WEIGHT_DECAY, CLIP = 64, 1e-3, 1e-4, 1.0
FREE_BITS, ENTROPY_WEIGHT, REPULSION_WEIGHT = 0.5, 0.05, 0.01
EVAL_DRAWS = 195_000


class Trainer:
    """A model with encoders and decoders of v5.5, and what an epoch needs beside it."""

    def __init__(self, model: nn.Module, train: Tensor, validation: Tensor) -> None:
        self.model = model
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        self.train_loader = DataLoader(TensorDataset(train), batch_size=BATCH, shuffle=True)
        self.validation_loader = DataLoader(TensorDataset(validation), batch_size=BATCH)
        self.rho, self.temperature, self.beta, self.lambda3 = 0.1, (1.0, 0.9), (0.3, 0.2), 0.3
        self.lambda1 = self.lambda2 = 0.7
        self.norm_a, self.norm_b = 1.0, 1.0
        self.log: dict[str, float] = {}

    def epoch(self) -> tuple[int, int]:
        """One pass, validation, and the number of distinct operations of each pathway."""
        self.model.train()
        self.log = {}
        for (operations,) in self.train_loader:
            self.step(operations)
        self.model.eval()
        with torch.no_grad():
            for (operations,) in self.validation_loader:
                self.losses(operations)
        counts = [count_tuples(sample(self.model, EVAL_DRAWS, pathway)) for pathway in "AB"]
        return counts[0], counts[1]

    def step(self, operations: Tensor) -> None:
        """One update of both pathways."""
        loss, figures = self.losses(operations)
        self.optimizer.zero_grad()
        loss.backward()
        self.balance()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        for name, value in figures.items():
            self.log[name] = self.log.get(name, 0.0) + value.item() * len(operations)

    def losses(self, operations: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Section 3: the total loss, and the figures to log."""
        model = self.model
        mean_a, logvar_a = model.encoder_A(operations)
        mean_b, logvar_b = model.encoder_B(operations)
        z_a = mean_a + self.temperature[0] * torch.exp(0.5 * logvar_a) * torch.randn_like(mean_a)
        z_b = mean_b + self.temperature[1] * torch.exp(0.5 * logvar_b) * torch.randn_like(mean_b)
        mixed_a = (1 - self.rho) * z_a + self.rho * z_b.detach()
        mixed_b = (1 - self.rho) * z_b + self.rho * z_a.detach()
        logits_a, logits_b = model.decoder_A(mixed_a), model.decoder_B(mixed_b)
        nll_a, nll_b = reconstruction(logits_a, operations), reconstruction(logits_b, operations)
        kl_a, kl_b = kl_divergence(mean_a, logvar_a), kl_divergence(mean_b, logvar_b)
        loss_a = nll_a + self.beta[0] * kl_a
        loss_b = nll_b + self.beta[1] * kl_b
        loss_b = loss_b - ENTROPY_WEIGHT * output_entropy(logits_b)
        loss_b = loss_b + REPULSION_WEIGHT * repulsion(z_b)
        entropy_a, entropy_b = latent_entropy(z_a), latent_entropy(z_b)
        ratio = self.norm_b / max(self.norm_a, 1e-8)
        scale = min(max(ratio, 0.5), 2.0)
        loss = (
            self.lambda1 * scale * loss_a
            + self.lambda2 / scale * loss_b
            + self.lambda3 * (entropy_a - entropy_b).abs()
        )
        figures = {
            "loss": loss,
            "nll_A": nll_a,
            "nll_B": nll_b,
            "kl_A": kl_a,
            "kl_B": kl_b,
            "H_A": entropy_a,
            "H_B": entropy_b,
        }
        return loss, figures

    def balance(self) -> None:
        """Section 4: moving averages of the two pathways' gradient norms."""
        norms = []
        for pathway in "AB":
            modules = (
                getattr(self.model, f"encoder_{pathway}"),
                getattr(self.model, f"decoder_{pathway}"),
            )
            squares = [
                parameter.grad.norm() ** 2
                for module in modules
                for parameter in module.parameters()
            ]
            norms.append(torch.stack(squares).sum().sqrt().item())
        momentum = 0.95 if 0.8 < self.norm_b / max(self.norm_a, 1e-8) < 1.2 else 0.5
        self.norm_a = momentum * self.norm_a + (1 - momentum) * norms[0]
        self.norm_b = momentum * self.norm_b + (1 - momentum) * norms[1]


def reconstruction(logits: Tensor, operations: Tensor) -> Tensor:
    classes = (operations + 1).long()
    nll = F.cross_entropy(logits.reshape(-1, 3), classes.reshape(-1), reduction="none")
    return nll.view(-1, 9).sum(dim=1).mean()


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    kl = -0.5 * (1 + logvar - mean.pow(2) - logvar.exp())
    return torch.clamp(kl, min=FREE_BITS).sum(dim=1).mean()


def output_entropy(logits: Tensor) -> Tensor:
    mean = F.softmax(logits, dim=-1).mean(dim=0)
    return -(mean * torch.log(mean + 1e-10)).sum(dim=-1).mean()


def repulsion(z: Tensor) -> Tensor:
    kernel = torch.exp(-torch.cdist(z, z).pow(2) / 0.25)
    off_diagonal = ~torch.eye(len(z), dtype=torch.bool, device=z.device)
    return kernel[off_diagonal].mean()


def latent_entropy(z: Tensor, bins: int = 50) -> Tensor:
    entropies = []
    for dimension in range(z.shape[1]):
        counts = torch.histc(z[:, dimension].detach(), bins=bins, min=-3.0, max=3.0)
        share = counts / (counts.sum() + 1e-10)
        entropies.append(-(share * torch.log(share + 1e-10)).sum())
    return torch.stack(entropies).mean()
