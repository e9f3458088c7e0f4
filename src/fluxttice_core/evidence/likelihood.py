"""How likely the words are: the exact ``-log p(x)``, the bound on it, and the gap between.

The space can be listed, so the marginal likelihood, elsewhere out of reach, is an average over
prior latents that the report has already made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.estimate import finite
from ..measure.jackknife import jackknife, student_t95
from .generator import Generator, Parts
from .information import lacks_mass
from .intervals import interval_of
from .posterior import kl_to_standard_normal, posterior_scale


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Means over one part of the split, in nats per word.

    ``negative_log_likelihood_nats`` is ``-log p(x)`` under the marginal, ``log N`` at best over the
    whole space (``standard_error`` from ``num_groups`` groups of latents; infinite if a word got no
    mass). ``negative_elbo_nats`` is the bound ``E_q -log p(x | z) + KL(q || prior)``, without free
    bits, from ``num_posterior_draws`` draws. ``gap_nats``, their difference, is the mean KL from
    the encoder's posterior to the true one.
    """

    split: str
    negative_log_likelihood_nats: float
    standard_error: float
    negative_elbo_nats: float
    num_posterior_draws: int
    num_groups: int

    @property
    def half_width(self) -> float:
        """Standard errors from the middle of a 95 % interval to its ends."""
        return student_t95(self.num_groups)

    @property
    def gap_nats(self) -> float:
        """``KL(q(z | x) || p(z | x))``, averaged."""
        return self.negative_elbo_nats - self.negative_log_likelihood_nats

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinities and unknown errors become null."""
        likelihood = self.negative_log_likelihood_nats
        return {
            "negative_log_likelihood_nats": finite(likelihood),
            "negative_log_likelihood_nats_ci": interval_of(
                likelihood, self.standard_error, self.half_width
            ),
            "negative_elbo_nats": finite(self.negative_elbo_nats),
            "gap_nats": finite(self.gap_nats),
            "num_posterior_draws": self.num_posterior_draws,
        }


def negative_elbo_nats(
    generator: Generator, pathway: str, noise: np.random.Generator, num_draws: int = 4
) -> NDArray[np.float64]:
    """``E_q -log p(x | z) + KL(q || N(0, I))`` of each word, ``(N,)``, in nats.

    Parameters
    ----------
    noise : of the draws from each posterior.
    """
    space = generator.space
    mean, logvar = generator.encode_all(pathway)
    scale = posterior_scale(logvar)
    total = kl_to_standard_normal(mean, logvar).sum(axis=1) * num_draws
    classes = (space.enumerate() - space.lowest).astype(np.intp)[..., None]
    for _ in range(num_draws):
        codes = mean + scale * noise.standard_normal(mean.shape)
        logits = generator.logits(codes, pathway)
        highest = logits.max(axis=-1, keepdims=True)
        log_total = np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True)) + highest
        total += (log_total - np.take_along_axis(logits, classes, axis=-1)).sum(axis=(1, 2))
    result: NDArray[np.float64] = total / num_draws
    return result


def measure_likelihood(
    generator: Generator,
    pathway: str,
    groups: NDArray[Any],
    parts: Parts,
    noise: np.random.Generator,
    num_draws: int = 4,
) -> tuple[Likelihood, ...]:
    """Measure every part of the space.

    Parameters
    ----------
    groups : of the marginal, ``(groups, N)``.
    parts : ids of words by name.
    noise : of the draws from each posterior.
    """
    bound = negative_elbo_nats(generator, pathway, noise, num_draws)
    rows = []
    for name, indices in parts.items():
        masses = groups[:, indices]
        value, error = np.inf, np.nan
        if not lacks_mass(masses):
            value, error = map(float, jackknife(masses, lambda p: -np.log(p).mean()))
        mean = float(bound[indices].mean())
        rows.append(Likelihood(name, value, error, mean, num_draws, len(groups)))
    return tuple(rows)
