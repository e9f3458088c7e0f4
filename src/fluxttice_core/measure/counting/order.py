"""Evenly spaced blocks of a stream of draws of unknown length, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**16
MOST_BLOCKS = 16


class Blocks:
    """Keeps up to a million draws in their order: all of them, or every 2nd, 4th, ... block.

    Examples
    --------
    >>> blocks = Blocks()
    >>> blocks.add(np.array([3, 3, 9]))
    >>> [block.tolist() for block in blocks.kept()]
    [[3, 3, 9]]
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int64]] = []
        self._stride = 1
        self._read = 0

    def add(self, ids: NDArray[np.int64]) -> None:
        """Take the next ids ``(n,)``; those that are kept are copied."""
        start = 0
        while start < len(ids):
            number, place = divmod(self._read, BLOCK)
            part = ids[start : start + BLOCK - place]
            if self._keeps(number):
                if place == 0:
                    self._blocks.append(np.empty(BLOCK, dtype=np.int64))
                self._blocks[-1][place : place + len(part)] = part
            start += len(part)
            self._read += len(part)

    def _keeps(self, number: int) -> bool:
        if number == MOST_BLOCKS * self._stride:
            self._stride *= 2
            self._blocks = self._blocks[::2]
        return number % self._stride == 0

    def kept(self) -> list[NDArray[np.int64]]:
        """Return the blocks; one of all the draws, where these are at most a million."""
        if not self._blocks:
            return []
        number, place = divmod(self._read, BLOCK)
        blocks = list(self._blocks)
        if place and number % self._stride == 0:
            blocks[-1] = blocks[-1][:place]
        return [np.concatenate(blocks)] if self._stride == 1 else blocks
