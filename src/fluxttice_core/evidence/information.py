"""Information: entropy of the marginal, what a latent decides, and the distance from uniform.

All of them take ``groups``: independent estimates of the marginal ``(groups, N)``, each summing to
1, as :class:`fluxttice_core.evidence.marginal.Marginal` keeps them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.distance import total_variation
from ..measure.entropy import entropy_nats
from ..measure.jackknife import jackknife, pairwise_chi_square


def marginal_entropy(groups: NDArray[Any]) -> tuple[float, float]:
    """Entropy of the marginal in nats without its bias of order 1/M, and its standard error."""
    value, error = jackknife(groups, entropy_nats)
    return min(float(value), math.log(groups.shape[1])), float(error)


def mutual_information_nats(groups: NDArray[Any], conditional_entropy_nats: float) -> float:
    """``I(x; z) = H(p) - E_z H(p(. | z))`` in nats: what a prior latent says about its word.

    log N for a perfect codebook, 0 for a decoder that ignores its code, however noisy.

    Parameters
    ----------
    conditional_entropy_nats : ``E_z H(p(. | z))`` over all latents.
    """
    return marginal_entropy(groups)[0] - conditional_entropy_nats


def mutual_information_error(
    groups: NDArray[Any], group_conditional_entropies_nats: NDArray[Any]
) -> float:
    """Standard error of :func:`mutual_information_nats`: both entropies of each group together.

    Parameters
    ----------
    group_conditional_entropies_nats : ``E_z H(p(. | z))`` within each group, ``(groups,)``.
    """
    joined = np.column_stack([groups, group_conditional_entropies_nats])
    _, error = jackknife(joined, lambda mean: entropy_nats(mean[:-1]) - mean[-1])
    return float(error)


def chi_square_divergence(groups: NDArray[Any]) -> float:
    """Unbiased ``chi2(p || uniform) = N sum_x p(x)^2 - 1``, from products between groups.

    0 for equal masses; noise may make it slightly negative.
    """
    return pairwise_chi_square(groups)[0]


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


def uniform_to_marginal_nats(groups: NDArray[Any]) -> tuple[float, float]:
    """``KL(U || p) = -log N - mean_x log p(x)`` in nats and its standard error.

    Infinite as soon as one word has no mass.
    """
    size = groups.shape[1]

    def divergence(p: NDArray[Any]) -> float:
        return -math.log(size) - float(np.log(p).mean())

    if lacks_mass(groups):
        return math.inf, math.nan
    value, error = jackknife(groups, divergence)
    return max(float(value), 0.0), float(error)


def lacks_mass(groups: NDArray[Any]) -> bool:
    """Whether some word is left without mass once one group is left out, as the jackknife does."""
    return bool((groups.sum(axis=0) - groups.max(axis=0) <= 0).any())


def extreme_masses(groups: NDArray[Any]) -> dict[str, tuple[float, float]]:
    """Brackets of the smallest and the largest ``N p(x)``.

    The extreme of a noisy estimate overstates; the word that is extreme in one half, read in
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
    """Return the ``num`` rarest words: id, and ``N p(x)`` read without selection bias.

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


def _halves(groups: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return groups[0::2].mean(axis=0), groups[1::2].mean(axis=0)
