"""Reconstruction: whether a word comes back from its own code, every position of it.

The space is finite, so these are counts, not estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rng import numpy_generator
from .generator import Generator, Parts, partner_of
from .posterior import posterior_scale
from .readings import likeliest


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Mode decodes of posterior means over one part of the space.

    ``rho`` is the share of the other pathway's code; 0 means the pathway alone. ``num_trits`` is
    the number of positions of all the words, ``num_trits_right`` how many of them come back.
    """

    pathway: str
    split: str
    rho: float
    num_operations: int
    num_exact: int
    num_trits_right: int
    num_trits: int

    @property
    def exact_rate(self) -> float:
        """Share of words with every position right."""
        return self.num_exact / self.num_operations

    @property
    def trit_rate(self) -> float:
        """Share of single positions right."""
        return self.num_trits_right / self.num_trits


def positions_right(
    generator: Generator, pathway: str, rho: float = 0.0, *, codes_of: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Right positions of each word in the order of the ids, through the posterior mean; ``(N,)``.

    Parameters
    ----------
    rho : share of the other pathway's code.
    codes_of : id of the word whose code each word is given; None for its own. Dealt out at random,
        the control of reconstruction: about one word comes back whole by chance.
    """
    code: NDArray[Any] = generator.encode_all(pathway)[0]
    partner = partner_of(generator, pathway)
    if rho and partner is not None:
        code = (1.0 - rho) * code + rho * generator.encode_all(partner)[0]
    if codes_of is not None:
        code = code[codes_of]
    return (_decoded(generator, pathway, code) == _categories(generator)).sum(axis=1)


def noisy_exact_rate(
    generator: Generator, pathway: str, noise: np.random.Generator, num_draws: int = 4
) -> float:
    """Share of words that come back whole from one draw of their posterior.

    Averaged over ``num_draws`` draws for each of the N words; the decode is the mode.
    """
    mean, logvar = generator.encode_all(pathway)
    scale, categories = posterior_scale(logvar), _categories(generator)
    exact = 0
    for _ in range(num_draws):
        codes = mean + scale * noise.standard_normal(mean.shape)
        exact += int((_decoded(generator, pathway, codes) == categories).all(axis=1).sum())
    return exact / (num_draws * len(mean))


def _decoded(generator: Generator, pathway: str, codes: NDArray[Any]) -> NDArray[Any]:
    return likeliest(generator.logits(codes, pathway))


def _categories(generator: Generator) -> NDArray[Any]:
    """Every word in categories from 0."""
    categories: NDArray[Any] = generator.space.enumerate() - generator.space.lowest
    return categories


def dealt_out(num_words: int, seed: int) -> NDArray[np.int64]:
    """Return the order in which codes are dealt out to the wrong words, ``(num_words,)``."""
    return numpy_generator(seed, "control", 1).permutation(num_words)


def count_parts(
    right: NDArray[np.int64], length: int, parts: Parts, pathway: str, rho: float
) -> tuple[Reconstruction, ...]:
    """Count over each part of the space what :func:`positions_right` found of words of a length."""
    return tuple(
        Reconstruction(
            pathway,
            name,
            rho,
            len(part),
            int((right[part] == length).sum()),
            int(right[part].sum()),
            length * len(part),
        )
        for name, part in parts.items()
    )


def reconstruct_pathway(
    generator: Generator, pathway: str, parts: Parts, rhos: Sequence[float] = (0.0,)
) -> tuple[Reconstruction, ...]:
    """Count exact reconstructions of one pathway, for every rho and every part of the space."""
    length = generator.space.length
    return tuple(
        row
        for rho in rhos
        for row in count_parts(
            positions_right(generator, pathway, rho), length, parts, pathway, rho
        )
    )


def reconstruct(
    generator: Generator, parts: Parts, rhos: Sequence[float] = (0.0,)
) -> tuple[Reconstruction, ...]:
    """Count exact reconstructions for every pathway, every rho and every part of the space."""
    return tuple(
        row
        for pathway in generator.pathways
        for row in reconstruct_pathway(generator, pathway, parts, rhos)
    )
