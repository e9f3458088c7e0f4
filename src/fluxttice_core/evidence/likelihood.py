"""How likely the operations are: the exact ``-log p(x)``, the bound on it, and the gap between.

The space can be enumerated, so the marginal likelihood, elsewhere out of reach, is an average over
prior latents that the report has already made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import Pathway
from ..operations import generate_all_operations
from .jackknife import jackknife

if TYPE_CHECKING:
    from ..model.reference import ReferenceVAE


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Means over one part of the split, in nats per operation.

    ``negative_log_likelihood_nats`` is ``-log p(x)`` under the marginal, 9.8875 at best over the
    whole space (``standard_error`` from the groups of latents; infinite if an operation got no
    mass). ``negative_elbo_nats`` is the bound ``E_q -log p(x | z) + KL(q || prior)``, without free
    bits, from ``num_posterior_draws`` draws. ``gap_nats``, their difference, is the mean KL from
    the encoder's posterior to the true one.
    """

    split: str
    negative_log_likelihood_nats: float
    standard_error: float
    negative_elbo_nats: float
    num_posterior_draws: int

    @property
    def gap_nats(self) -> float:
        """``KL(q(z | x) || p(z | x))``, averaged."""
        return self.negative_elbo_nats - self.negative_log_likelihood_nats


def negative_elbo_nats(
    model: ReferenceVAE, pathway: Pathway, generator: np.random.Generator, num_draws: int = 4
) -> NDArray[np.float64]:
    """``E_q -log p(x | z) + KL(q || N(0, I))`` of each operation, ``(19683,)``, in nats."""
    operations = generate_all_operations()
    mean, logvar = model.encode_all(pathway)
    logvar = np.minimum(logvar, 50.0)
    total = 0.5 * (mean**2 + np.exp(logvar) - 1.0 - logvar).sum(axis=1) * num_draws
    classes = operations.astype(np.intp)[..., None] + 1
    for _ in range(num_draws):
        codes = mean + np.exp(0.5 * logvar) * generator.standard_normal(mean.shape)
        logits = model.logits(codes, pathway)
        highest = logits.max(axis=-1, keepdims=True)
        log_total = np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True)) + highest
        total += (log_total - np.take_along_axis(logits, classes, axis=-1)).sum(axis=(1, 2))
    result: NDArray[np.float64] = total / num_draws
    return result


def measure_likelihood(
    model: ReferenceVAE,
    pathway: Pathway,
    groups: NDArray[Any],
    parts: Mapping[str, NDArray[np.int64]],
    generator: np.random.Generator,
    num_draws: int = 4,
) -> tuple[Likelihood, ...]:
    """Measure every part of the split.

    Parameters
    ----------
    groups : of the marginal, ``(groups, 19683)``.
    parts : operation indices by name.
    """
    bound = negative_elbo_nats(model, pathway, generator, num_draws)
    rows = []
    for name, indices in parts.items():
        masses = groups[:, indices]
        if (masses.sum(axis=0) - masses.max(axis=0) <= 0).any():
            value, error = np.inf, np.nan
        else:
            value, error = map(float, jackknife(masses, lambda p: -np.log(p).mean()))
        rows.append(Likelihood(name, value, error, float(bound[indices].mean()), num_draws))
    return tuple(rows)
