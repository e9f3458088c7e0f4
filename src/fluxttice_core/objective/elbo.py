"""The terms of the evidence lower bound on data (Kingma & Welling 2014)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MAX_LOG_VARIANCE = 10.0


def bounded_log_variance(logvar: Tensor) -> Tensor:
    """Clamp to +-10, so that ``exp`` cannot overflow; the identity on any trained network."""
    return logvar.clamp(-MAX_LOG_VARIANCE, MAX_LOG_VARIANCE)


def reconstruction_nll(logits: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy in nats, summed over the trits: ``-log p(x | z)`` per item.

    Parameters
    ----------
    logits : ``(batch, 9, 3)``.
    classes : int64 ``(batch, 9)``, trit + 1.

    Example
    -------
    >>> nll = reconstruction_nll(torch.zeros(1, 9, 3), torch.zeros(1, 9, dtype=torch.long))
    >>> round(nll.item(), 4)  # 9 log 3
    9.8875
    """
    return F.cross_entropy(logits.transpose(1, 2), classes, reduction="none").sum(dim=1)


def kl_to_standard_normal(mean: Tensor, logvar: Tensor) -> Tensor:
    """``KL(N(mean, exp logvar) || N(0, 1))`` in nats, per item and dimension."""
    return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar)


def apply_free_bits(kl: Tensor, free_bits: float) -> Tensor:
    """``max(free_bits, KL)`` per item and dimension (Kingma et al. 2016).

    For the objective only: a KL so treated is never reported as one.
    """
    return kl.clamp_min(free_bits) if free_bits > 0 else kl


def negative_elbo(nll: Tensor, kl: Tensor, beta: float, free_bits: float = 0.0) -> Tensor:
    """``mean_i [ nll_i + beta sum_d max(free_bits, KL_id) ]`` (Higgins et al. 2017).

    Parameters
    ----------
    nll : ``(batch,)`` nats.
    kl : ``(batch, latent)`` nats.
    """
    return torch.mean(nll + beta * apply_free_bits(kl, free_bits).sum(dim=1))
