"""What a model must offer to be measured whole: a generator over a space that can be listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..measure.space import WordSpace

Floats = NDArray[np.floating[Any]]
# Name -> ids: the parts of the space that reconstruction and likelihood are told of.
Parts = Mapping[str, NDArray[np.int64]]


class Generator(Protocol):
    """A latent-variable model of words, with one encoder and one decoder for each pathway.

    A word is a row of ``length`` categories. Given a code z, its positions are independent:
    ``p(x | z) = prod_k softmax(logits(z)_k)[x_k]``, with z ~ N(0, I) a priori.

    Answers are float64, and the same whenever they are asked for: several threads ask at once.
    The controls have the same space, pathways and width as the model they stand beside.
    """

    @property
    def space(self) -> WordSpace:
        """The words there are; small enough to be listed."""
        ...

    @property
    def latent_dim(self) -> int:
        """Width of a code."""
        ...

    @property
    def pathways(self) -> tuple[str, ...]:
        """Names of the pairs of encoder and decoder, at least one.

        Where there are two, codes of the one are also mixed into those of the other.
        """
        ...

    def encode(self, rows: NDArray[Any], pathway: str) -> tuple[Floats, Floats]:
        """Map rows ``(n, length)`` to posterior means and log-variances, ``(n, latent_dim)``."""
        ...

    def encode_all(self, pathway: str) -> tuple[Floats, Floats]:
        """:meth:`encode` of every word in the order of the ids; made once, read-only."""
        ...

    def logits(self, latents: NDArray[Any], pathway: str) -> Floats:
        """Map codes ``(n, latent_dim)`` to logits ``(n, length, levels)``."""
        ...

    def in_single(self) -> Generator:
        """Return the same model in float32, for many draws, where only speed differs."""
        ...

    def untrained(self, seed: int) -> Generator:
        """Return the negative control: this architecture with random weights."""
        ...

    def collapsed(self, seed: int) -> Generator:
        """Return the negative control whose decoders ignore the code."""
        ...

    def perfect(self) -> Generator | None:
        """Return the positive control, a codebook of equal cells; None if there is none."""
        ...


def whole_space(space: WordSpace) -> Parts:
    """Return the space as one part, named "all"."""
    return {"all": np.arange(space.size)}


def partner_of(generator: Generator, pathway: str) -> str | None:
    """Return the pathway whose codes are mixed into this one's; None unless there are two."""
    if len(generator.pathways) != 2:
        return None
    first, second = generator.pathways
    return second if pathway == first else first
