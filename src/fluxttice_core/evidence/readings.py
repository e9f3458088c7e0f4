"""From probabilities to categories: the softmax, and the three readings of what a decoder says.

``sampled`` draws one category per position, ``mode`` takes the likeliest, ``expectation`` rounds
the mean category (the reading that v5.5 used first). Categories count from 0: add the lowest of
the space for its rows.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Reading = Literal["sampled", "mode", "expectation"]
READINGS: tuple[Reading, ...] = ("sampled", "mode", "expectation")

# Level by level throughout: there are few, and NumPy's reductions over so short an axis cost more
# than the network.


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Softmax over the last axis, shifted so that it cannot overflow.

    >>> softmax(np.array([1000.0, 1000.0])).tolist()
    [0.5, 0.5]
    """
    levels = range(1, logits.shape[-1])
    highest = logits[..., 0]
    for level in levels:
        highest = np.maximum(highest, logits[..., level])
    result = np.exp(logits - highest[..., None])
    total = result[..., 0].copy()
    for level in levels:
        total += result[..., level]
    result /= total[..., None]
    return result


def inverse_cdf(probabilities: NDArray[Any], uniforms: NDArray[Any]) -> NDArray[Any]:
    """Draw a category from each distribution ``(..., levels)`` by one uniform number ``(...)``.

    The unit interval is cut at the masses in the order of the categories.

    >>> inverse_cdf(np.array([[0.2, 0.5, 0.3]] * 3), np.array([0.1, 0.2, 0.7])).tolist()
    [0, 1, 2]
    """
    levels = probabilities.shape[-1]
    drawn = np.zeros(uniforms.shape, dtype=_kind(levels))
    cut: Any = 0.0
    for level in range(levels - 1):
        cut = cut + probabilities[..., level]
        drawn += uniforms >= cut
    return drawn


def likeliest(values: NDArray[Any]) -> NDArray[Any]:
    """Category of the largest probability or logit ``(..., levels)``; of equals, the lowest.

    >>> likeliest(np.array([[0.2, 0.4, 0.4]])).tolist()
    [1]
    """
    best, levels = values[..., 0], values.shape[-1]
    kind = _kind(levels)
    chosen = np.zeros(best.shape, dtype=kind)
    for level in range(1, levels):
        higher = values[..., level] > best
        # Levels rise: the last that was higher is the largest.
        np.maximum(chosen, higher.view(np.int8) * kind(level), out=chosen)
        best = np.maximum(best, values[..., level])
    return chosen


def rounded_mean(probabilities: NDArray[Any]) -> NDArray[Any]:
    """Category nearest to the mean one of ``(..., levels)``.

    Counted from the middle, so that balanced digits round alike on both sides: halves go to the
    even, for trits to the middle.

    >>> rounded_mean(np.array([[0.5, 0.5, 0.0], [0.4, 0.0, 0.6], [0.1, 0.2, 0.7]])).tolist()
    [1, 1, 2]
    """
    levels = probabilities.shape[-1]
    middle = levels // 2
    mean = np.zeros_like(probabilities[..., 0])
    for level in range(levels):
        if level != middle:
            mean += (level - middle) * probabilities[..., level]
    return (np.rint(mean) + middle).astype(_kind(levels))


def read(
    probabilities: NDArray[Any], reading: Reading, generator: np.random.Generator | None = None
) -> NDArray[Any]:
    """Apply one reading to probabilities ``(..., levels)``; returns categories ``(...)``.

    Raises
    ------
    ValueError
        A sampled reading without a generator.
    """
    if reading == "mode":
        return likeliest(probabilities)
    if reading == "expectation":
        return rounded_mean(probabilities)
    if generator is None:
        raise ValueError("the sampled reading needs a generator")
    return inverse_cdf(probabilities, generator.random(probabilities.shape[:-1]))


def _kind(levels: int) -> type[np.signedinteger[Any]]:
    """The integers that hold the categories: of a byte where they fit, as trits do."""
    return np.int8 if levels <= 2**7 else np.int64
