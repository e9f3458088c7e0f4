"""The model marginal ``p(x) = E_z p(x | z)`` over all 19,683 operations, without drawing any x.

``p(x | z)`` is a product over trits, so with ``L`` the joint of trits 0..3 (81 x batch) and ``H``
that of trits 4..8 (243 x batch), ``H L^T`` sums the batch for every operation at once: the
Rao-Blackwellised estimator. Two independent halves are kept, for unbiased products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.reference import probabilities as softmax
from ..operations import NUM_OPERATIONS
from .draws import Decode, latent_batches


def trit_products(probabilities: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Joint of trits 0..3 ``(81, batch)`` and of 4..8 ``(243, batch)``, least significant first."""
    columns = np.ascontiguousarray(probabilities.transpose(1, 2, 0))

    def product(first: int, last: int) -> NDArray[Any]:
        joint = columns[first]
        for trit in range(first + 1, last):
            joint = (columns[trit][:, None] * joint[None]).reshape(-1, columns.shape[2])
        return joint

    return product(0, 4), product(4, 9)


def sum_over_batch(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """``sum_i p(x | z_i)`` for every operation x in index order, ``(19683,)``.

    >>> one = np.zeros((1, 9, 3)); one[..., 1] = 1.0  # surely all zero: operation 9841
    >>> int(sum_over_batch(one).argmax())
    9841
    """
    low, high = trit_products(probabilities)
    return (high @ low.T).astype(np.float64).reshape(-1)


@dataclass(frozen=True, slots=True)
class Marginal:
    """An estimate of the marginal from prior latents.

    ``halves``: two independent estimates, ``(2, 19683)``, each summing to 1.
    ``conditional_entropy_nats``: ``E_z H(p(. | z))`` with its standard error.
    """

    halves: NDArray[np.float64]
    conditional_entropy_nats: float
    conditional_entropy_standard_error: float
    num_latents: int
    seed: int

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The mean of the halves: every latent used, ``(19683,)``."""
        mean: NDArray[np.float64] = self.halves.mean(axis=0)
        return mean


def conditional_entropies(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """``H(p(. | z_i))`` in nats of each latent, ``(batch,)``, exactly: a sum over trits."""
    terms = probabilities * np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))
    return -terms.sum(axis=(1, 2), dtype=np.float64)


def estimate_marginal(decode: Decode, latent_dim: int, num_latents: int, seed: int) -> Marginal:
    """Average ``p(. | z)`` over ``num_latents`` draws of z ~ N(0, I).

    Parameters
    ----------
    decode : latents ``(n, latent_dim)`` to logits ``(n, 9, 3)``.
    num_latents : at least 2; half of them go into each half-estimate.
    """
    if num_latents < 2:
        raise ValueError(f"num_latents must be at least 2; got {num_latents}")
    halves = np.zeros((2, NUM_OPERATIONS))
    first, second = 0.0, 0.0
    sizes = (num_latents - num_latents // 2, num_latents // 2)
    for half, size in enumerate(sizes):
        for latents in latent_batches(size, latent_dim, seed, stream=half):
            each = softmax(decode(latents))
            halves[half] += sum_over_batch(each)
            entropies = conditional_entropies(each)
            first += float(entropies.sum())
            second += float((entropies**2).sum())
        halves[half] /= halves[half].sum()
    mean = first / num_latents
    variance = max(second / num_latents - mean**2, 0.0)
    return Marginal(halves, mean, float(np.sqrt(variance / num_latents)), num_latents, seed)
