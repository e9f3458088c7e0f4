"""Streams of latents: drawn from the prior in batches, the same whatever the size of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rng import numpy_generator

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
