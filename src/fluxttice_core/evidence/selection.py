"""The fixed rule by which one epoch is called better than another.

    score = min over A, B of  (exact reconstruction on validation, own code) x I(x; z) / log N

It contains no beta, lambda or temperature, so its meaning never moves; neither noise nor a
collapsed decoder nor a lookup without a usable prior can raise it. 1 is a perfect codebook.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..environment import one_blas_thread
from ..model.folded import FoldedDecoder
from ..model.layout import PATHWAYS, Pathway
from ..model.reference import ReferenceVAE
from ..operations import NUM_OPERATIONS, indices_from_trits
from ..splits import Split
from .information import chi_square_divergence, mutual_information_nats
from .marginal import estimate_marginal
from .reconstruction import trits_right
from .sampler import draw_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

# Part of the rule: fixed latents, so that epochs are compared on the same questions.
SELECTION_LATENTS = 32_768
SELECTION_SEED = 0
SELECTION_GROUPS = 2


@dataclass(frozen=True, slots=True)
class PathwayScore:
    """One pathway's part of the selection rule."""

    pathway: Pathway
    train_exact_rate: float
    validation_exact_rate: float
    mutual_information_nats: float
    chi_square: float

    @property
    def score(self) -> float:
        """Exact reconstruction times normalised information, in [0, 1]."""
        information = max(self.mutual_information_nats, 0.0) / math.log(NUM_OPERATIONS)
        return self.validation_exact_rate * information


def selection_scores(
    model: ReferenceVAE, split: Split, *, threads: int = 1
) -> tuple[PathwayScore, PathwayScore]:
    """Measure both pathways by the fixed rule; the epoch's score is the smaller of the two.

    The test part of the split is not looked at. ``threads`` changes no figure.
    """

    def one(pathway: Pathway) -> PathwayScore:
        exact = trits_right(model, pathway) == 9
        marginal = estimate_marginal(
            lambda latents: model.logits(latents, pathway),
            model.latent_dim,
            SELECTION_LATENTS,
            SELECTION_SEED,
            num_groups=SELECTION_GROUPS,
            threads=threads,
        )
        return PathwayScore(
            pathway,
            float(exact[split.train].mean()),
            float(exact[split.validation].mean()),
            mutual_information_nats(marginal),
            chi_square_divergence(marginal),
        )

    # More workers than threads: while one pathway encodes, the groups of the other fill the rest.
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        first, second = pool.map(one, PATHWAYS)
    return first, second


def count_sampled(
    weights: Mapping[str, NDArray[Any]],
    pathway: Pathway,
    num_draws: int,
    seed: int,
    *,
    threads: int = 1,
) -> int:
    """Distinct operations among ``num_draws`` sampled draws: v5.5's coverage count.

    ``threads`` changes no draw.
    """
    seen = np.zeros(NUM_OPERATIONS, dtype=bool)
    for block in draw_blocks(FoldedDecoder(weights, pathway), num_draws, seed, threads=threads):
        seen[indices_from_trits(block)] = True
    return int(seen.sum())
