"""Terms that lead a pair of decoders to a codebook: equal cells, one latent per trit, one code.

All are symmetric under a permutation of the latents and under one of the trits: none says which
latent is to carry which trit, and none knows an operation's identity.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .regularisers import collision_chi_square


def smoothed_collision_chi_square(probabilities: Tensor, smoothing: float) -> Tensor:
    """:func:`collision_chi_square` of ``P' = mu P + (1 - mu) / 3``, unbiased for its marginal.

    In the characters of Z_3^9 (O'Donnell 2014, chapter 8) the chi-square of a marginal from
    uniform is the sum over sets S of trits of its squared coefficients on S; smoothing, the noise
    operator T_mu, multiplies those of S by ``mu^(2 |S|)``. The 16,832 coefficients of five or
    more trits, which carry nearly all the noise of a batch, are damped most; 0 still means, for
    mu > 0, that every operation has the same mass.

    Parameters
    ----------
    probabilities : ``(batch, 9, 3)`` from independent prior latents, batch >= 2.
    smoothing : mu in (0, 1]; 1 is the collision term itself.
    """
    return collision_chi_square(smoothing * probabilities + (1.0 - smoothing) / 3.0)


def resample_one_coordinate(latents: Tensor, fresh: Tensor) -> Tensor:
    """Replace coordinate ``i mod latent`` of row i by that of ``fresh``, both ``(batch, latent)``.

    Rows of independent prior latents stay prior latents, equal to the old ones but for one
    coordinate, and each coordinate has its turn equally often.
    """
    batch, width = latents.shape
    rows = torch.arange(batch, device=latents.device)
    resampled = latents.clone()
    resampled[rows, rows % width] = fresh[rows, rows % width]
    return resampled


def influences(probabilities: Tensor, resampled: Tensor, latent_dim: int) -> Tensor:
    """Influence of each latent on each trit, ``(latent, 9)``.

        I_dk = E (1/2) sum_c (P_kc(z) - P_kc(z'))^2,   z' = z with coordinate d drawn anew,

    the total Sobol index of coordinate d, not normalised (Sobol 1993; Jansen 1999). For a decoder
    that decides, it is the probability that the trit changes; 0 if and only if it ignores d.

    Parameters
    ----------
    probabilities, resampled : ``(batch, 9, 3)`` at z and at z' of
        :func:`resample_one_coordinate`; the batch is a multiple of ``latent_dim``.
    """
    changed = 0.5 * (probabilities - resampled).square().sum(dim=2)
    return changed.view(-1, latent_dim, changed.shape[1]).mean(dim=0)


def influence_spread(influence: Tensor) -> Tensor:
    """``sum_k (|I_k|_1 - |I_k|_2)`` over the trits k of ``I``, ``(latent, 9)``.

    A measure of sparsity (Yin, Lou, He & Xin 2015): 0 if and only if every trit is read from at
    most one latent, whichever it be. It asks neither for different latents, which the collision
    does, nor that a trit be decided. Trits read from different latents are independent to all
    orders, so that only their own three masses are left to get right. At such a code the gradient
    vanishes for every single latent drawn, so the term may be given a large weight where the
    collision counts would drown it in noise.
    """
    # The root's slope is infinite at 0, where a trit that reads nothing would put it.
    length = influence.square().sum(dim=0).add(1e-12).sqrt()
    return (influence.sum(dim=0) - length).sum()


def code_alignment(mean: Tensor, other_mean: Tensor) -> Tensor:
    """Mean squared distance between two pathways' codes ``(batch, latent)`` of one batch.

    No gradient reaches the other pathway, as in cross-injection, which it makes possible: a mix
    of codes decodes only where both pathways use the same latents.
    """
    return (mean - other_mean.detach()).square().sum(dim=1).mean()


def distance_stress(codes: Tensor, operations: Tensor) -> Tensor:
    """How far the distances of codes are from a multiple of those of operations.

        min_a mean_ij (|m_i - m_j| - a sqrt(|x_i - x_j|_1))^2

    Kruskal's raw stress (1964) at its best scale, over the pairs of one half of the batch with
    the other. The square root of the L1 distance is itself a Euclidean distance (Schoenberg
    1938), and ranks are the same with and without it.

    Parameters
    ----------
    codes : ``(batch, latent)``; operations : float trits ``(batch, 9)``.
    """
    half = len(codes) // 2
    first, second = slice(0, half), slice(half, 2 * half)
    squared = (codes[first] - codes[second]).square().sum(dim=1)
    distance = squared.clamp_min(1e-12).sqrt()
    wanted = (operations[first] - operations[second]).abs().sum(dim=1).sqrt()
    scale = (distance * wanted).sum() / wanted.square().sum().clamp_min(1e-12)
    # A batch of one has no pair: 0, not the mean of nothing.
    return (distance - scale * wanted).square().sum() / max(half, 1)
