"""The model marginal ``p(x) = E_z p(x | z)`` over every word, without drawing any x.

``p(x | z)`` is a product over positions, so with ``L`` the joint of the first half of them and
``H`` that of the rest (for nine trits 81 x batch and 243 x batch), ``H L^T`` sums the batch for
every word at once: the Rao-Blackwellised estimator. Independent groups of latents are kept apart,
for products without bias, for the jackknife and for standard errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.space import WordSpace
from ..threads import one_blas_thread
from .draws import Decode, latent_batches
from .readings import likeliest, rounded_mean, softmax

NUM_GROUPS = 16


def word_products(probabilities: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Joint of the first ``length // 2`` positions and of the rest, least significant first.

    Parameters
    ----------
    probabilities : ``(batch, length, levels)``.

    Returns
    -------
    ``(levels^(length // 2), batch)`` and ``(levels^(length - length // 2), batch)``.
    """
    columns = np.ascontiguousarray(probabilities.transpose(1, 2, 0))
    half = len(columns) // 2

    def product(positions: NDArray[Any]) -> NDArray[Any]:
        joint = (
            np.ones((1, columns.shape[2]), columns.dtype) if not len(positions) else positions[0]
        )
        for position in positions[1:]:
            joint = (position[:, None] * joint[None]).reshape(-1, columns.shape[2])
        return joint

    return product(columns[:half]), product(columns[half:])


def sum_over_batch(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """``sum_i p(x | z_i)`` for every word x in the order of the ids, ``(levels^length,)``.

    >>> one = np.zeros((1, 9, 3)); one[..., 1] = 1.0  # surely all zero: operation 9841
    >>> int(sum_over_batch(one).argmax())
    9841
    """
    low, high = word_products(probabilities)
    return (high @ low.T).astype(np.float64).reshape(-1)


@dataclass(frozen=True, slots=True)
class Marginal:
    """An estimate of the marginal over N words from prior latents.

    ``groups``: independent estimates from disjoint latents, ``(groups, N)``, each summing to 1.
    ``group_squares``: ``E_z p(x | z)^2`` within each group, ``(groups, N)``, which says how
    much one latent decides; None unless asked for.
    ``group_sizes``: latents in each group, ``(groups,)``.
    ``group_conditional_entropies_nats``: ``E_z H(p(. | z))`` within each group, ``(groups,)``.
    ``mode_counts``, ``expectation_counts``: how often each word was read from the same latents,
    int64 ``(groups, N)``; None unless asked for.
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
        """The mean of the groups: every latent used, ``(N,)``."""
        mean: NDArray[np.float64] = self.groups.mean(axis=0)
        return mean


def conditional_entropies(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """``H(p(. | z_i))`` in nats of each latent, ``(batch,)``, exactly: a sum over positions."""
    terms = probabilities * np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))
    return -terms.sum(axis=(1, 2), dtype=np.float64)


@dataclass(slots=True)
class GroupSums:
    """What is kept of one group of latents: sums over them, in float64.

    ``entropies``: of the conditional entropies, their sum and that of their squares.
    ``squares`` and the counts are 0 unless the readings were asked for.
    """

    size: int
    masses: Any = 0.0
    squares: Any = 0.0
    entropies: tuple[float, float] = (0.0, 0.0)
    mode_counts: Any = 0
    expectation_counts: Any = 0


def group_sizes(num_latents: int, num_groups: int = NUM_GROUPS) -> list[int]:
    """Share latents out: at least two groups of at least one, equal but for one latent.

    >>> group_sizes(7, 3), group_sizes(2)
    ([3, 2, 2], [1, 1])

    Raises
    ------
    ValueError
        Fewer than two latents.
    """
    if num_latents < 2:
        raise ValueError(f"num_latents must be at least 2; got {num_latents}")
    num_groups = min(max(num_groups, 2), num_latents)
    return [
        num_latents // num_groups + (group < num_latents % num_groups)
        for group in range(num_groups)
    ]


def sum_group(
    decode: Decode, latent_dim: int, size: int, seed: int, group: int, *, readings: bool
) -> GroupSums:
    """Sum over one group's latents; memory does not grow with their number."""
    sums = GroupSums(size)
    for latents in latent_batches(size, latent_dim, seed, stream=group):
        each = softmax(decode(latents))
        sums.masses += sum_over_batch(each)
        entropies = conditional_entropies(each)
        first, second = sums.entropies
        sums.entropies = (
            first + float(entropies.sum()),
            second + float((entropies**2).sum()),
        )
        if readings:
            sums.squares += sum_over_batch(each**2)
            sums.mode_counts += _word_counts(likeliest(each), each.shape[2])
            sums.expectation_counts += _word_counts(rounded_mean(each), each.shape[2])
    return sums


def _word_counts(categories: NDArray[Any], levels: int) -> NDArray[np.int64]:
    space = WordSpace(categories.shape[1], levels)
    return np.bincount(space.ids(categories), minlength=space.size)


def join_groups(sums: Sequence[GroupSums], seed: int, *, readings: bool) -> Marginal:
    """Make a marginal of the sums of its groups, in their order."""
    sizes = np.array([group.size for group in sums])
    masses = np.array([group.masses for group in sums])
    moments = np.array([group.entropies for group in sums])
    num_latents = int(sizes.sum())
    first, second = moments.sum(axis=0)
    mean = float(first / num_latents)
    variance = max(float(second / num_latents) - mean**2, 0.0)
    return Marginal(
        masses / masses.sum(axis=1, keepdims=True),
        sizes,
        moments[:, 0] / sizes,
        mean,
        float(np.sqrt(variance / num_latents)),
        num_latents,
        seed,
        np.array([group.squares for group in sums]) / sizes[:, None] if readings else None,
        np.array([group.mode_counts for group in sums]) if readings else None,
        np.array([group.expectation_counts for group in sums]) if readings else None,
    )


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
    decode : latents ``(n, latent_dim)`` to logits ``(n, length, levels)``.
    num_latents : at least one for each group.
    num_groups : at least 2; fewer where there are fewer latents.
    readings : also take the squares, and count the mode and the expectation of every latent.
    threads : groups measured at a time; the result does not depend on it.

    Raises
    ------
    ValueError
        Fewer than two latents.

    Example
    -------
    >>> coin = estimate_marginal(lambda z: np.stack([z, -z], axis=-1), 1, 1000, seed=0)
    >>> bool(abs(coin.probabilities[0] - 0.5) < 0.05)
    True
    """
    sizes = group_sizes(num_latents, num_groups)

    def one(group: int) -> GroupSums:
        return sum_group(decode, latent_dim, sizes[group], seed, group, readings=readings)

    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        sums = list(pool.map(one, range(len(sizes))))
    return join_groups(sums, seed, readings=readings)
