"""How codes lie to each other, beside what the raw trits and a random encoder already give.

A figure of structure means nothing alone: a random projection of the trits keeps much of their
geometry. So the same figures are taken of the raw input and of an untrained encoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..operations import generate_all_operations

Codes = Literal["checkpoint", "raw trits", "random encoder"]
NUM_PAIRS = 200_000
# Rows of the table of all distances held at a time.
BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Structure:
    """Geometry of one set of codes of all 19,683 operations.

    ``spearman_hamming``, ``spearman_l1``: rank correlation of Euclidean distance between codes with
    the number of trits that differ, and with the sum of their differences, over ``num_pairs``
    random pairs. ``neighbour_hamming_1``: share of operations whose nearest code belongs to an
    operation one trit away (ties count by share). ``permuted_correlation``: Pearson correlation of
    the distances with those after the values -1, 0, +1 were renamed 0, +1, -1 in every operation:
    what of the geometry does not depend on the order of the values.
    """

    codes: Codes
    spearman_hamming: float
    spearman_l1: float
    neighbour_hamming_1: float
    permuted_correlation: float
    num_pairs: int


def ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Mid-ranks from 1; equal values share the mean of their ranks.

    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: NDArray[np.float64] = (last - 0.5 * (counts - 1))[inverse]
    return middle


def spearman(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Spearman's rank correlation; NaN if either side is constant."""
    return pearson(ranks(first), ranks(second))


def pearson(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Pearson's correlation; NaN if either side is constant."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else float("nan")


def nearest_at_hamming_1(codes: NDArray[Any]) -> float:
    """Share of operations whose nearest other code is one trit away; ties count by share."""
    operations = generate_all_operations()
    points = np.ascontiguousarray(codes, dtype=np.float32)
    norms = (points**2).sum(axis=1)
    total = 0.0
    for start in range(0, len(points), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(points)))
        # Less the row's own norm, which moves no minimum.
        squared = points[rows] @ (-2.0 * points.T)
        squared += norms
        squared[rows - start, rows] = np.inf
        least = squared.min(axis=1, keepdims=True)
        # Float32 rounding must not break the ties of a lattice.
        near_row, near = np.nonzero(squared <= least + 1e-5 * (norms[rows, None] + 1.0))
        one_away = (operations[rows[near_row]] != operations[near]).sum(axis=1) == 1
        ties = np.bincount(near_row, minlength=len(rows))
        total += float((np.bincount(near_row, weights=one_away, minlength=len(rows)) / ties).sum())
    return total / len(points)


def measure_structure(
    codes: NDArray[Any],
    permuted: NDArray[Any],
    kind: Codes,
    generator: np.random.Generator,
    num_pairs: int = NUM_PAIRS,
) -> Structure:
    """Measure codes ``(19683, width)`` of the operations in index order.

    Parameters
    ----------
    permuted : codes of the same operations with their values renamed -1 to 0, 0 to +1, +1 to -1.
    """
    operations = generate_all_operations().astype(np.int64)
    first, second = generator.integers(0, len(operations), (2, num_pairs))
    apart = first != second
    first, second = first[apart], second[apart]
    difference = np.abs(operations[first] - operations[second])
    distance = np.linalg.norm(codes[first] - codes[second], axis=1)
    renamed = np.linalg.norm(permuted[first] - permuted[second], axis=1)
    return Structure(
        kind,
        spearman(distance, (difference > 0).sum(axis=1)),
        spearman(distance, difference.sum(axis=1)),
        nearest_at_hamming_1(codes),
        pearson(distance, renamed),
        len(first),
    )


def renamed_values(operations: NDArray[Any]) -> NDArray[Any]:
    """Rename -1, 0, +1 to 0, +1, -1 in every operation."""
    return (operations.astype(np.int64) + 2) % 3 - 1
