"""The fixed rule by which one epoch is called better than another.

    score = min over pathways of  (exact reconstruction on validation, own code) x I(x; z) / log N

It contains no beta, lambda or temperature, so its meaning never moves; neither noise nor a
collapsed decoder nor a lookup without a usable prior can raise it. 1 is a perfect codebook.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..threads import one_blas_thread
from .generator import Generator, Parts
from .information import chi_square_divergence, mutual_information_nats
from .marginal import estimate_marginal
from .reconstruction import positions_right

# Part of the rule: fixed latents, so that epochs are compared on the same questions.
SELECTION_LATENTS = 32_768
SELECTION_SEED = 0
SELECTION_GROUPS = 2


@dataclass(frozen=True, slots=True)
class PathwayScore:
    """One pathway's part of the selection rule; ``limit_nats`` is log N."""

    pathway: str
    train_exact_rate: float
    validation_exact_rate: float
    mutual_information_nats: float
    chi_square: float
    limit_nats: float

    @property
    def score(self) -> float:
        """Exact reconstruction times normalised information, in [0, 1]."""
        information = max(self.mutual_information_nats, 0.0) / self.limit_nats
        return self.validation_exact_rate * information


def selection_scores(
    generator: Generator, parts: Parts, *, threads: int = 1
) -> tuple[PathwayScore, ...]:
    """Measure every pathway by the fixed rule; the epoch's score is the smallest of them.

    Parameters
    ----------
    generator : used as it is: float32 will do.
    parts : ids under "train" and "validation"; other parts are not looked at.
    threads : groups of latents measured at a time; changes no figure.
    """

    def one(pathway: str) -> PathwayScore:
        exact = positions_right(generator, pathway) == generator.space.length
        marginal = estimate_marginal(
            lambda latents: generator.logits(latents, pathway),
            generator.latent_dim,
            SELECTION_LATENTS,
            SELECTION_SEED,
            num_groups=SELECTION_GROUPS,
            threads=threads,
        )
        return PathwayScore(
            pathway,
            float(exact[parts["train"]].mean()),
            float(exact[parts["validation"]].mean()),
            mutual_information_nats(marginal.groups, marginal.conditional_entropy_nats),
            chi_square_divergence(marginal.groups),
            math.log(generator.space.size),
        )

    # More workers than threads: while one pathway encodes, the groups of the other fill the rest.
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(one, generator.pathways))
