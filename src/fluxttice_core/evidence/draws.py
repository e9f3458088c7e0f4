"""Streams of draws from a decoder: prior latents, and the three readings of what it says.

``sampled`` draws one category per trit, ``mode`` takes the likeliest, ``expectation`` rounds the
mean trit (the reading that v5.5 used first).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..rng import numpy_generator

Reading = Literal["sampled", "mode", "expectation"]
READINGS: tuple[Reading, ...] = ("sampled", "mode", "expectation")
Decode = Callable[[NDArray[Any]], NDArray[Any]]
CHUNK = 8192


def latent_batches(
    num_latents: int, latent_dim: int, seed: int, *, stream: int = 0, batch_size: int = CHUNK
) -> Iterator[NDArray[np.float32]]:
    """Yield N(0, I) latents ``(batch, latent_dim)``; the stream ignores the batch size."""
    generator = numpy_generator(seed, "latents", stream)
    for start in range(0, num_latents, batch_size):
        shape = (min(batch_size, num_latents - start), latent_dim)
        yield generator.standard_normal(shape, dtype=np.float32)


def read_sampled(probabilities: NDArray[Any], generator: np.random.Generator) -> NDArray[np.int8]:
    """Draw a trit from each of the nine distributions: inverse CDF on one uniform number each."""
    uniforms = generator.random(probabilities.shape[:-1])
    first = probabilities[..., 0]
    second = first + probabilities[..., 1]
    return ((uniforms >= first).astype(np.int8) + (uniforms >= second) - 1).astype(np.int8)


def read_mode(probabilities: NDArray[Any]) -> NDArray[np.int8]:
    """Take the likeliest trit; of equals, the lowest."""
    return (probabilities.argmax(axis=-1) - 1).astype(np.int8)


def read_expectation(probabilities: NDArray[Any]) -> NDArray[np.int8]:
    """Round the mean trit to the nearest of -1, 0, +1; halves go to 0."""
    return np.rint(probabilities[..., 2] - probabilities[..., 0]).astype(np.int8)


def read(
    probabilities: NDArray[Any], reading: Reading, generator: np.random.Generator | None = None
) -> NDArray[np.int8]:
    """Apply one reading to ``(batch, 9, 3)`` probabilities; returns trits ``(batch, 9)``."""
    if reading == "sampled":
        if generator is None:
            raise ValueError("the sampled reading needs a generator")
        return read_sampled(probabilities, generator)
    return read_mode(probabilities) if reading == "mode" else read_expectation(probabilities)
