"""Information: entropy of the marginal, what a latent decides, and the distance from uniform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jackknife import jackknife, pairwise_chi_square
from .marginal import Marginal


def entropy_nats(probabilities: NDArray[Any]) -> float:
    """Shannon entropy ``-sum p log p`` in nats.

    >>> round(entropy_nats(np.full(19683, 1 / 19683)), 4)
    9.8875
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def marginal_entropy(marginal: Marginal) -> tuple[float, float]:
    """Entropy of the marginal in nats without its bias of order 1/M, and its standard error."""
    value, error = jackknife(marginal.groups, entropy_nats)
    return min(float(value), math.log(marginal.groups.shape[1])), float(error)


def marginal_entropy_nats(marginal: Marginal) -> float:
    """Entropy of the marginal with the bias of order 1/M removed."""
    return marginal_entropy(marginal)[0]


def mutual_information_nats(marginal: Marginal) -> float:
    """``I(x; z) = H(p) - E_z H(p(. | z))`` in nats: what a prior latent says about its operation.

    log N for a perfect codebook, 0 for a decoder that ignores its code, however noisy.
    """
    return marginal_entropy_nats(marginal) - marginal.conditional_entropy_nats


def mutual_information_error(marginal: Marginal) -> float:
    """Standard error of :func:`mutual_information_nats`: both entropies of each group together."""
    joined = np.column_stack([marginal.groups, marginal.group_conditional_entropies_nats])
    _, error = jackknife(joined, lambda mean: entropy_nats(mean[:-1]) - mean[-1])
    return float(error)


def chi_square_divergence(marginal: Marginal) -> float:
    """Unbiased ``chi2(p || uniform) = N sum_x p(x)^2 - 1``, from products between groups.

    0 for equal masses; noise may make it slightly negative.
    """
    return pairwise_chi_square(marginal.groups)[0]


def total_variation(probabilities: NDArray[Any]) -> float:
    """Total variation distance from uniform, ``(1/2) sum_x |p(x) - 1/N|``; biased high by noise."""
    p = np.asarray(probabilities, dtype=np.float64)
    return float(0.5 * np.abs(p - 1.0 / len(p)).sum())


def total_variation_bounds(groups: NDArray[Any]) -> tuple[float, float]:
    """Bracket of the total variation from uniform: expectations below and above the truth.

    Above, the plug-in value, to which noise adds. Below, the sign of ``p - 1/N`` is taken from one
    half of the groups and the size from the other, so that noise cannot agree with itself.
    """
    size = groups.shape[1]
    first, second = _halves(groups)

    def crossed(signs: NDArray[Any], sizes: NDArray[Any]) -> float:
        return float(0.5 * (np.sign(signs - 1.0 / size) * (sizes - 1.0 / size)).sum())

    low = 0.5 * (crossed(first, second) + crossed(second, first))
    return max(low, 0.0), total_variation(groups.mean(axis=0))


def uniform_to_marginal_nats(marginal: Marginal) -> tuple[float, float]:
    """``KL(U || p) = -log N - mean_x log p(x)`` in nats and its standard error.

    Infinite as soon as one operation has no mass.
    """
    size = marginal.groups.shape[1]

    def divergence(p: NDArray[Any]) -> float:
        return -math.log(size) - float(np.log(p).mean())

    # Leaving one group out must not leave an operation without mass either.
    if (marginal.groups.sum(axis=0) - marginal.groups.max(axis=0) <= 0).any():
        return math.inf, math.nan
    value, error = jackknife(marginal.groups, divergence)
    return max(float(value), 0.0), float(error)


def extreme_masses(groups: NDArray[Any]) -> dict[str, tuple[float, float]]:
    """Brackets of the smallest and the largest ``N p(x)``.

    The extreme of a noisy estimate overstates; the operation that is extreme in one half, read in
    the other half, understates. The truth lies between, in expectation.
    """
    size = groups.shape[1]
    first, second = _halves(groups)
    whole = groups.mean(axis=0)

    def crossed(pick: Any) -> float:
        return float(0.5 * size * (second[pick(first)] + first[pick(second)]))

    return {
        "minimum": (float(size * whole.min()), crossed(np.argmin)),
        "maximum": (crossed(np.argmax), float(size * whole.max())),
    }


def rarest(groups: NDArray[Any], num: int = 10) -> list[tuple[int, float]]:
    """Return the ``num`` rarest operations: index, and ``N p(x)`` read without selection bias.

    Chosen in either half and read in the other; where both halves choose it, the mean of both.
    """
    size = groups.shape[1]
    first, second = _halves(groups)
    readings: dict[int, list[float]] = {}
    for chosen_in, read_in in ((first, second), (second, first)):
        for index in np.argsort(chosen_in, kind="stable")[:num].tolist():
            readings.setdefault(index, []).append(float(size * read_in[index]))
    found = [(index, float(np.mean(values))) for index, values in readings.items()]
    return sorted(found, key=lambda item: (item[1], item[0]))[:num]


def hill_number(probabilities: NDArray[Any], order: float) -> float:
    """Effective number of operations, ``(sum p^order)^(1 / (1 - order))`` (Hill 1973).

    Order 0 counts those with any mass, 1 is ``exp H`` (the limit), 2 is ``1 / sum p^2``.

    >>> [round(hill_number(np.array([0.5, 0.25, 0.25]), q), 3) for q in (0, 1, 2)]
    [3.0, 2.828, 2.667]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    if order == 1:
        return math.exp(entropy_nats(p))
    return float((p**order).sum() ** (1.0 / (1.0 - order)))


def _halves(groups: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return groups[0::2].mean(axis=0), groups[1::2].mean(axis=0)
