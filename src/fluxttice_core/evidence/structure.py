"""How codes lie to each other, beside what the raw words and a random encoder already give.

A figure of structure means nothing alone: a random projection of the words keeps much of their
geometry. So the same figures are taken of the raw input and of an untrained encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.estimate import finite
from ..measure.space import WordSpace

NUM_PAIRS = 200_000
# Cells of the table of all distances held at a time: few enough for a core's share of the cache.
BLOCK_CELLS = 2**20


@dataclass(frozen=True, slots=True)
class Structure:
    """Geometry of one set of codes of every word.

    ``codes`` says whose: "checkpoint", "raw trits" or "random encoder".
    ``spearman_hamming``, ``spearman_l1``: rank correlation of Euclidean distance between codes with
    the number of positions that differ, and with the sum of their differences, over ``num_pairs``
    random pairs. ``neighbour_hamming_1``: share of words whose nearest code belongs to a
    word one position away (ties count by share). ``permuted_correlation``: Pearson correlation of
    the distances with those after the values were renamed in every word (-1, 0, +1 to 0, +1, -1):
    what of the geometry does not depend on the order of the values.
    """

    codes: str
    spearman_hamming: float
    spearman_l1: float
    neighbour_hamming_1: float
    permuted_correlation: float
    num_pairs: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is constant has no correlation, null."""
        return {
            "spearman_hamming": finite(self.spearman_hamming),
            "spearman_l1": finite(self.spearman_l1),
            "neighbour_hamming_1": finite(self.neighbour_hamming_1),
            "permuted_correlation": finite(self.permuted_correlation),
            "num_pairs": self.num_pairs,
        }


def ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Mid-ranks from 1; equal values share the mean of their ranks.

    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: NDArray[np.float64] = (last - 0.5 * (counts - 1))[inverse]
    return middle


def pearson(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Pearson's correlation; NaN if either side is constant."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else float("nan")


def nearest_at_hamming_1(codes: NDArray[Any], words: NDArray[Any]) -> float:
    """Share of words whose nearest other code is one position away; ties count by share.

    Parameters
    ----------
    codes : ``(n, width)`` of the words ``(n, length)``.
    """
    points = np.ascontiguousarray(codes, dtype=np.float32)
    num = len(points)
    norms = (points**2).sum(axis=1)
    # Float32 rounding must not break the ties of a lattice.
    slack = 1e-5 * (norms[:, None] + 1.0)
    others, height = -2.0 * points.T, max(BLOCK_CELLS // num, 1)
    table, is_near = np.empty((height, num), np.float32), np.empty((height, num), bool)
    shares = np.empty(num)
    for start in range(0, num, height):
        rows = np.arange(start, min(start + height, num))
        # Less the row's own norm, which moves no minimum.
        squared = np.matmul(points[rows], others, out=table[: len(rows)])
        squared += norms
        squared[rows - start, rows] = np.inf
        least = squared.min(axis=1, keepdims=True)
        near = np.less_equal(squared, least + slack[rows], out=is_near[: len(rows)])
        # Of a flat array NumPy finds them far quicker.
        near_row, near_column = np.divmod(np.flatnonzero(near), num)
        one_away = (words[rows[near_row]] != words[near_column]).sum(axis=1) == 1
        ties = np.bincount(near_row, minlength=len(rows))
        shares[rows] = np.bincount(near_row, weights=one_away, minlength=len(rows)) / ties
    # In pieces of 1,024, which is how earlier versions added them: to the last digit.
    return sum(float(shares[i : i + 1024].sum()) for i in range(0, num, 1024)) / num


def measure_structure(
    codes: NDArray[Any],
    permuted: NDArray[Any],
    space: WordSpace,
    kind: str,
    pairs: np.random.Generator,
    num_pairs: int = NUM_PAIRS,
) -> Structure:
    """Measure codes ``(N, width)`` of every word of a space, in the order of the ids.

    Parameters
    ----------
    permuted : codes of the same words with their values renamed: see :func:`renamed_values`.
    kind : whose codes they are.
    pairs : where the pairs of words are drawn from.
    """
    words = space.enumerate().astype(np.int64)
    first, second = pairs.integers(0, len(words), (2, num_pairs))
    apart = first != second
    first, second = first[apart], second[apart]
    difference = np.abs(words[first] - words[second])
    distance = np.linalg.norm(codes[first] - codes[second], axis=1)
    renamed = np.linalg.norm(permuted[first] - permuted[second], axis=1)
    ranked = ranks(distance)
    return Structure(
        kind,
        pearson(ranked, ranks((difference > 0).sum(axis=1))),
        pearson(ranked, ranks(difference.sum(axis=1))),
        nearest_at_hamming_1(codes, words),
        pearson(distance, renamed),
        len(first),
    )


def renamed_values(space: WordSpace) -> NDArray[Any]:
    """Every word with each value renamed to the next, the last to the first.

    >>> renamed_values(WordSpace(1, 3, lowest=-1)).tolist()
    [[0], [1], [-1]]
    """
    words = space.enumerate().astype(np.int64)
    return (words - space.lowest + 1) % space.levels + space.lowest


def raw_codes(space: WordSpace) -> str:
    """What the words themselves are called, taken as codes.

    >>> raw_codes(WordSpace(9, 3, lowest=-1))
    'raw trits'
    """
    return {2: "raw bits", 3: "raw trits"}.get(space.levels, "raw words")
