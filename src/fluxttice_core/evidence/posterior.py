"""The encoder's side: how much a code says, and how the codes fill the latent space."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .generator import Generator

# exp of it is finite, and no posterior is wider: foreign files may hold anything.
MAX_LOG_VARIANCE = 50.0


@dataclass(frozen=True, slots=True)
class Posterior:
    """Summary over all words of one encoder.

    ``kl_per_dimension_nats``: KL to N(0, 1), free bits never applied.
    ``num_active``: dimensions whose KL exceeds ``active_threshold_nats``.
    ``participation_ratio``: ``(sum l)^2 / sum l^2`` over covariance eigenvalues of the means.
    ``histogram_entropy_nats``: 50 bins on [-3, 3], mean over dimensions, as in v5.5 files, with
    ``histogram_outside`` the share of values beyond the bins.
    """

    pathway: str
    kl_per_dimension_nats: tuple[float, ...]
    num_active: int
    active_threshold_nats: float
    participation_ratio: float
    mean_variance: float
    histogram_entropy_nats: float
    histogram_outside: float

    @property
    def kl_nats(self) -> float:
        """Whole KL in nats per word."""
        return sum(self.kl_per_dimension_nats)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "kl_nats": self.kl_nats}


def kl_to_standard_normal(mean: NDArray[Any], logvar: NDArray[Any]) -> NDArray[np.float64]:
    """``KL(N(mean, e^logvar) || N(0, 1))`` in nats, element by element.

    The variance is held at e^50, so that it stays a number.

    >>> kl_to_standard_normal(np.array([0.0, 1.0]), np.array([0.0, 0.0])).tolist()
    [0.0, 0.5]
    """
    kl: NDArray[np.float64] = 0.5 * (
        mean**2 + np.exp(np.minimum(logvar, MAX_LOG_VARIANCE)) - 1.0 - logvar
    )
    return kl


def posterior_scale(logvar: NDArray[Any]) -> NDArray[np.float64]:
    """Standard deviations ``e^(logvar / 2)``, held as in :func:`kl_to_standard_normal`."""
    scale: NDArray[np.float64] = np.exp(0.5 * np.minimum(logvar, MAX_LOG_VARIANCE))
    return scale


def histogram_entropy(values: NDArray[Any]) -> tuple[float, float]:
    """Mean 50-bin histogram entropy on [-3, 3] over columns (nats), and the share outside.

    >>> histogram_entropy(np.zeros((10, 2)))
    (0.0, 0.0)
    """
    entropies = []
    for column in np.asarray(values).T:
        counts, _ = np.histogram(column, bins=50, range=(-3.0, 3.0))
        inside = counts[counts > 0] / max(counts.sum(), 1)
        entropies.append(float(-(inside * np.log(inside)).sum()) + 0.0)
    return float(np.mean(entropies)), float((np.abs(values) > 3.0).mean())


def participation_ratio(means: NDArray[Any]) -> float:
    """Effective number of dimensions of a cloud of points, between 1 and its width."""
    eigenvalues = np.linalg.eigvalsh(np.atleast_2d(np.cov(means, rowvar=False)))
    square = float((eigenvalues**2).sum())
    return float(eigenvalues.sum()) ** 2 / square if square > 0 else 0.0


def summarise_posterior(
    generator: Generator, pathway: str, active_threshold_nats: float = 5e-4
) -> Posterior:
    """Encode every word and summarise the posteriors of one pathway."""
    mean, logvar = generator.encode_all(pathway)
    kl = kl_to_standard_normal(mean, logvar).mean(axis=0)
    entropy, outside = histogram_entropy(mean)
    return Posterior(
        pathway,
        tuple(float(value) for value in kl),
        int((kl > active_threshold_nats).sum()),
        active_threshold_nats,
        participation_ratio(mean),
        float(mean.var(axis=0).mean()),
        entropy,
        outside,
    )
