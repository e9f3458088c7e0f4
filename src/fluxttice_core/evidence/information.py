"""Information: entropy of the marginal, what a latent decides, and the distance from uniform."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coverage import debiased
from .marginal import Marginal


def entropy_nats(probabilities: NDArray[Any]) -> float:
    """Shannon entropy ``-sum p log p`` in nats.

    >>> round(entropy_nats(np.full(19683, 1 / 19683)), 4)
    9.8875
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def marginal_entropy_nats(marginal: Marginal) -> float:
    """Entropy of the marginal with the bias of order 1/M removed from its two halves."""
    first, second = (entropy_nats(half) for half in marginal.halves)
    whole = entropy_nats(marginal.probabilities)
    return min(debiased(whole, (first, second)), float(np.log(marginal.halves.shape[1])))


def mutual_information_nats(marginal: Marginal) -> float:
    """``I(x; z) = H(p) - E_z H(p(. | z))`` in nats: what a prior latent says about its operation.

    log N for a perfect codebook, 0 for a decoder that ignores its code, however noisy.
    """
    return marginal_entropy_nats(marginal) - marginal.conditional_entropy_nats


def chi_square_divergence(marginal: Marginal) -> float:
    """Unbiased ``chi2(p || uniform) = N sum_x p1(x) p2(x) - 1`` from independent halves.

    0 for equal masses; noise may make it slightly negative.
    """
    first, second = marginal.halves
    return float(len(first) * np.dot(first, second) - 1.0)


def total_variation(probabilities: NDArray[Any]) -> float:
    """Total variation distance from uniform, ``(1/2) sum_x |p(x) - 1/N|``; biased high by noise."""
    p = np.asarray(probabilities, dtype=np.float64)
    return float(0.5 * np.abs(p - 1.0 / len(p)).sum())
