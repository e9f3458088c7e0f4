"""The model marginal ``p(x) = E_z p(x | z)`` over all 19,683 operations, without drawing any x.

``p(x | z)`` is a product over trits, so with ``L`` the joint of trits 0..3 (81 x batch) and ``H``
that of trits 4..8 (243 x batch), ``H L^T`` sums the batch for every operation at once: the
Rao-Blackwellised estimator. Independent groups of latents are kept apart, for products without
bias, for the jackknife and for standard errors.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..environment import one_blas_thread
from ..model.reference import probabilities as softmax
from ..operations import NUM_OPERATIONS, indices_from_trits
from .draws import Decode, latent_batches, read_expectation, read_mode

NUM_GROUPS = 16


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

    ``groups``: independent estimates from disjoint latents, ``(groups, 19683)``, each summing to 1.
    ``group_squares``: ``E_z p(x | z)^2`` within each group, ``(groups, 19683)``, which says how
    much one latent decides; None unless asked for.
    ``group_sizes``: latents in each group, ``(groups,)``.
    ``group_conditional_entropies_nats``: ``E_z H(p(. | z))`` within each group, ``(groups,)``.
    ``mode_counts``, ``expectation_counts``: how often each operation was read from the same
    latents, int64 ``(groups, 19683)``; None unless asked for.
    """

    groups: NDArray[np.float64]
    group_sizes: NDArray[np.int64]
    group_conditional_entropies_nats: NDArray[np.float64]
    conditional_entropy_nats: float
    conditional_entropy_standard_error: float
    num_latents: int
    seed: int
    group_squares: NDArray[np.float64] | None = None
    mode_counts: NDArray[np.int64] | None = None
    expectation_counts: NDArray[np.int64] | None = None

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The mean of the groups: every latent used, ``(19683,)``."""
        mean: NDArray[np.float64] = self.groups.mean(axis=0)
        return mean


def conditional_entropies(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """``H(p(. | z_i))`` in nats of each latent, ``(batch,)``, exactly: a sum over trits."""
    terms = probabilities * np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))
    return -terms.sum(axis=(1, 2), dtype=np.float64)


def estimate_marginal(
    decode: Decode,
    latent_dim: int,
    num_latents: int,
    seed: int,
    *,
    num_groups: int = NUM_GROUPS,
    readings: bool = False,
    threads: int = 1,
) -> Marginal:
    """Average ``p(. | z)`` over ``num_latents`` draws of z ~ N(0, I).

    Memory does not grow with ``num_latents``; sums over batches are kept in float64.

    Parameters
    ----------
    decode : latents ``(n, latent_dim)`` to logits ``(n, 9, 3)``.
    num_latents : at least one for each group.
    num_groups : at least 2; fewer where there are fewer latents.
    readings : also take the squares, and count the mode and the expectation of every latent.
    threads : groups measured at a time; the result does not depend on it.
    """
    if num_latents < 2:
        raise ValueError(f"num_latents must be at least 2; got {num_latents}")
    num_groups = min(max(num_groups, 2), num_latents)
    sizes = [
        num_latents // num_groups + (group < num_latents % num_groups)
        for group in range(num_groups)
    ]
    sums, squares = np.zeros((2, num_groups, NUM_OPERATIONS))
    moments = np.zeros((num_groups, 2))
    counts = np.zeros((2, num_groups, NUM_OPERATIONS), dtype=np.int64)

    def measure(group: int) -> None:
        for latents in latent_batches(sizes[group], latent_dim, seed, stream=group):
            each = softmax(decode(latents))
            sums[group] += sum_over_batch(each)
            entropies = conditional_entropies(each)
            moments[group] += float(entropies.sum()), float((entropies**2).sum())
            if readings:
                squares[group] += sum_over_batch(each**2)
                for kind, read in enumerate((read_mode, read_expectation)):
                    indices = indices_from_trits(read(each))
                    counts[kind, group] += np.bincount(indices, minlength=NUM_OPERATIONS)

    with one_blas_thread():
        if threads == 1:
            for group in range(num_groups):
                measure(group)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(measure, range(num_groups)))
    first, second = moments.sum(axis=0)
    mean = float(first / num_latents)
    variance = max(float(second / num_latents) - mean**2, 0.0)
    return Marginal(
        sums / sums.sum(axis=1, keepdims=True),
        np.array(sizes),
        moments[:, 0] / np.array(sizes),
        mean,
        float(np.sqrt(variance / num_latents)),
        num_latents,
        seed,
        squares / np.array(sizes)[:, None] if readings else None,
        counts[0] if readings else None,
        counts[1] if readings else None,
    )
