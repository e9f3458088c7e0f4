"""The encoder's side: how much a code says, and how the codes fill the latent space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import Pathway

if TYPE_CHECKING:
    from ..model.reference import ReferenceVAE


@dataclass(frozen=True, slots=True)
class Posterior:
    """Summary over all 19,683 operations of one encoder.

    ``kl_per_dimension_nats``: KL to N(0, 1), free bits never applied.
    ``num_active``: dimensions whose KL exceeds ``active_threshold_nats``.
    ``participation_ratio``: ``(sum l)^2 / sum l^2`` over covariance eigenvalues of the means.
    ``histogram_entropy_nats``: 50 bins on [-3, 3], mean over dimensions, as in v5.5 files, with
    ``histogram_outside`` the share of values beyond the bins.
    """

    pathway: Pathway
    kl_per_dimension_nats: tuple[float, ...]
    num_active: int
    active_threshold_nats: float
    participation_ratio: float
    mean_variance: float
    histogram_entropy_nats: float
    histogram_outside: float

    @property
    def kl_nats(self) -> float:
        """Whole KL in nats per operation."""
        return sum(self.kl_per_dimension_nats)


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
    model: ReferenceVAE, pathway: Pathway, active_threshold_nats: float = 5e-4
) -> Posterior:
    """Encode every operation and summarise the posteriors of one pathway."""
    mean, logvar = model.encode_all(pathway)
    kl = 0.5 * (mean**2 + np.exp(np.minimum(logvar, 50.0)) - 1.0 - logvar).mean(axis=0)
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
