"""Many sampled draws, fast: blocks with a stream of noise each, several at a time.

A draw depends on the seed and its place alone: neither on the number of threads, nor on how many
draws are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..rng import fast_generator
from ..threads import one_blas_thread
from .folded import FoldedDecoder
from .layout import GATES, INPUT_DIM, Pathway

BLOCK = 8192
# Blocks between which nothing is handed out: enough to keep threads busy, few enough for memory.
ROUND = 16
# exp of it is finite in float32, and nothing beside it counts.
MAX_LOG_ODDS = np.float32(80.0)
Rows = TypeVar("Rows", bound=Any)


def draw_blocks(
    decoder: FoldedDecoder, num_draws: int, seed: int, *, threads: int = 1
) -> Iterator[NDArray[np.int8]]:
    """Yield ``num_draws`` draws in blocks of at most 8192, int8 trits ``(block, 9)``.

    z ~ N(0, I), one draw per trit. Memory does not grow with ``num_draws``.

    Parameters
    ----------
    threads : blocks drawn at a time.
    """
    num_blocks = -(-num_draws // BLOCK)

    def one(block: int) -> NDArray[np.int8]:
        return _draw_block(decoder, min(BLOCK, num_draws - block * BLOCK), seed, block)

    with ThreadPoolExecutor(threads) as pool:
        together = max(ROUND, threads)
        for start in range(0, num_blocks, together):
            blocks = range(start, min(start + together, num_blocks))
            with one_blas_thread():
                drawn = list(pool.map(one, blocks))
            yield from drawn


def _draw_block(decoder: FoldedDecoder, num_draws: int, seed: int, block: int) -> NDArray[np.int8]:
    generator = fast_generator(seed, "categorical", block)
    # A whole block of noise always, so that fewer draws are the first of more.
    latents = generator.standard_normal((decoder.latent_dim, BLOCK), dtype=np.float32)
    uniforms = generator.random((INPUT_DIM, BLOCK), dtype=np.float32)
    return draw_trits(decoder.log_odds(latents[:, :num_draws]), uniforms[:, :num_draws])


def draw_trits(log_odds: NDArray[np.float32], uniforms: NDArray[np.float32]) -> NDArray[np.int8]:
    """Draw trits ``(n, 9)`` from log-odds ``(2, 9, n)`` by inverse CDF; overwrites both arguments.

    The unit interval is cut at the masses of -1, +1 and 0, in this order; a cut is met to 2^-24,
    the step of a float32 uniform number. Beside
    :func:`fluxttice_core.evidence.readings.inverse_cdf` it needs no softmax and no cumulative sums:
    twice as many draws a second, of other trits from the same uniform numbers.

    >>> odds = np.float32([[[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]])  # one trit, thirds
    >>> draw_trits(odds, np.float32([[0.2, 0.5, 0.8]])).tolist()
    [[-1], [1], [0]]
    """
    np.minimum(log_odds, MAX_LOG_ODDS, out=log_odds)
    first, second = np.exp(log_odds, out=log_odds)
    second += first
    uniforms *= second + np.float32(1.0)
    below_first = (uniforms < first).view(np.int8)
    trits = (uniforms < second).view(np.int8)
    # Below the second cut is +1, below the first -1: one less two.
    trits -= below_first
    trits -= below_first
    return np.ascontiguousarray(trits.T)


def count_distinct(
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
    seen = np.zeros(GATES.size, dtype=bool)
    for block in draw_blocks(FoldedDecoder(weights, pathway), num_draws, seed, threads=threads):
        seen[GATES.ids(block)] = True
    return int(seen.sum())


def rebatch(
    blocks: Iterable[Rows], batch_size: int, join: Callable[[list[Rows]], Rows]
) -> Iterator[Rows]:
    """Cut and join blocks of rows into batches of one size; the last may be shorter.

    >>> [len(batch) for batch in rebatch([np.zeros(5), np.zeros(3)], 4, np.concatenate)]
    [4, 4]
    """
    held: list[Rows] = []
    room = batch_size
    for block in blocks:
        while len(block):
            held.append(block[:room])
            block = block[room:]
            room -= len(held[-1])
            if not room:
                yield held[0] if len(held) == 1 else join(held)
                held, room = [], batch_size
    if held:
        yield held[0] if len(held) == 1 else join(held)
