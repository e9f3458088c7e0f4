"""Terms beside the ELBO: on the data batch, between the pathways, and on prior latents."""

from __future__ import annotations

import torch
from torch import Tensor

from ..gates.operations import NUM_OPERATIONS

# Of the repulsion's kernel, as in v5.5.
SQUARED_WIDTH = 0.25


def output_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats of the batch-mean output distributions, averaged over the trits.

    Parameters
    ----------
    logits : ``(batch, 9, 3)``.
    """
    mean = logits.softmax(dim=-1).mean(dim=0)
    return -(mean * mean.clamp_min(1e-12).log()).sum(dim=-1).mean()


def repulsion(latents: Tensor) -> Tensor:
    """Mean over pairs of ``exp(-|z_i - z_j|^2 / 0.25)``; 0 when all codes are far apart."""
    batch = latents.shape[0]
    gram = latents @ latents.T
    norms = gram.diagonal()
    squared = (norms[:, None] + norms[None, :] - 2.0 * gram).clamp_min(0.0)
    kernel = torch.exp(-squared / SQUARED_WIDTH)
    return (kernel.sum() - kernel.diagonal().sum()) / max(batch * (batch - 1), 1)


def entropy_alignment(entropy_a: Tensor, entropy_b: Tensor) -> Tensor:
    """``|H_A - H_B|`` of two differentiable batch entropies."""
    return (entropy_a - entropy_b).abs()


def conditional_entropy(log_probabilities: Tensor) -> Tensor:
    """``H(x | z)`` in nats, summed over the trits, averaged over the batch.

    From log-probabilities: ``P log P`` through a probability that underflowed has a NaN gradient.

    Parameters
    ----------
    log_probabilities : ``(batch, 9, 3)``, a log-softmax.
    """
    return -(log_probabilities.exp() * log_probabilities).sum(dim=(1, 2)).mean()


def trit_products(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Joint probabilities of trits 0..3, ``(81, batch)``, and of trits 4..8, ``(243, batch)``.

    Row ``c0 + 3 c1 + 9 c2 + ...``: least significant trit first, as in the operation's index.
    The batch comes last, so that the products run over contiguous memory.
    """
    columns = probabilities.permute(1, 2, 0).contiguous()

    def product(first: int, last: int) -> Tensor:
        joint = columns[first]
        for trit in range(first + 1, last):
            joint = (columns[trit][:, None, :] * joint[None, :, :]).flatten(0, 1)
        return joint

    return product(0, 4), product(4, 9)


def collision_chi_square(probabilities: Tensor) -> Tensor:
    """Unbiased estimate of ``chi2(p || uniform) = N sum_x p(x)^2 - 1`` of the decoder's marginal.

    With ``S(x) = sum_i p(x | z_i)`` over ``batch`` prior latents, the pairs i != j give

        N (|S|^2 - sum_i prod_k sum_c P_ikc^2) / (batch (batch - 1)) - 1.

    0 when every operation has the same mass. Alone it is satisfied by uniform noise: use it with
    :func:`conditional_entropy`.

    Parameters
    ----------
    probabilities : ``(batch, 9, 3)`` from independent prior latents, batch >= 2.
    """
    batch = probabilities.shape[0]
    low, high = trit_products(probabilities)
    total = (high @ low.T).square().sum()
    own = probabilities.square().sum(dim=2).prod(dim=1).sum()
    return NUM_OPERATIONS * (total - own) / (batch * (batch - 1)) - 1.0


def pair_collision_chi_square(probabilities: Tensor) -> Tensor:
    """The same for the nine-cell marginal of each of the 36 pairs of trits, averaged.

    Far less noisy than the full collision term, so it pulls early in training.
    """
    batch = probabilities.shape[0]
    flat = probabilities.flatten(1)
    sums = (flat.T @ flat).square().reshape(9, 3, 9, 3).sum(dim=(1, 3))
    squares = probabilities.square().sum(dim=2)
    own = squares.T @ squares
    chi = 9.0 * (sums - own) / (batch * (batch - 1)) - 1.0
    return chi[_UPPER_ROWS, _UPPER_COLUMNS].mean()


_UPPER_ROWS, _UPPER_COLUMNS = torch.triu_indices(9, 9, offset=1)
