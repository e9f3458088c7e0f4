"""Whether two samples come from one law: a test of labels, exact for small samples.

References
----------
Fisher (1935), The Design of Experiments. Davison & Hinkley (1997), Bootstrap Methods and their
Application, section 4.3 (permutation tests).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ...rng import numpy_generator
from ..arguments import CALLBACK, SEED, SIMULATIONS, checked
from ..space import whole_numbers

NUM_PERMUTATIONS = 999
# Beyond these NumPy draws no hypergeometric deviates.
MOST_DRAWS = 10**9
# Divisions of the pooled draws that are listed one by one.
_EXACT = 50_000
_NAMES = ("labels", "entropy", "concentration")
# Permuted counts in memory at a time.
_CELLS = 2**21


@dataclass(frozen=True, slots=True)
class TwoSampleTest:
    """Whether labels of two samples may be exchanged, by three statistics.

    Parameters
    ----------
    p_values : by statistic, the chance of one at least as large, given the pooled counts:
        ``labels``, ``sum (a r - b / r)^2 / (a + b)`` with ``r^2 = n_b / n_a``, sees ids that one
        draws oftener; ``entropy`` and ``concentration`` (sum of squares) see that one is more
        even, which is spread too thin over the ids for the first.
    num_permutations : of labels; 0 where every division was listed.
    seed : of these.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> test = measure.two_sample_test([4, 0], [0, 4])
    >>> round(70 * test.p_values["labels"]), round(70 * test.p_value)  # 2 of 70 divisions
    (2, 6)
    """

    p_values: Mapping[str, float]
    num_permutations: int
    seed: int

    @property
    def p_value(self) -> float:
        """The least of the p-values, times their number (Bonferroni)."""
        return min(1.0, len(self.p_values) * min(self.p_values.values()))


@checked(seed=SEED, num_permutations=SIMULATIONS, on_permutation=CALLBACK)
def two_sample_test(
    counts_a: Any,
    counts_b: Any,
    *,
    seed: int = 0,
    num_permutations: int = NUM_PERMUTATIONS,
    on_permutation: Callable[[int, int], None] | None = None,
) -> TwoSampleTest:
    """Test whether two samples come from one law, by exchanging their labels.

    Given the pooled counts, every division of the draws into samples of these sizes is as likely
    where both come from one law: counts of A are multivariate hypergeometric. Few divisions are
    listed and the p-values are exact; else they are ``(1 + as large) / (1 + all)`` of random ones,
    and at most a with probability at most a too.

    Parameters
    ----------
    counts_a, counts_b : per id, ``(N,)`` each, the same ids.
    seed : of the permutations.
    num_permutations : where divisions are too many to list.
    on_permutation : called with the permutations made so far, and all.

    Raises
    ------
    DrawsError
        Counts of different ids, of no draws, or fewer than 19 permutations.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.3.

    Examples
    --------
    >>> two_sample_test([30, 20, 10], [31, 19, 11], num_permutations=199).p_value > 0.5
    True
    """
    a, b = aligned(counts_a, counts_b)
    if num_permutations < 19:
        raise DrawsError(
            f"expected at least 19 permutations, got {num_permutations!r}; fewer give no "
            "p-value of 5 %"
        )
    pooled = a + b
    num_a, num_all = int(a.sum()), int(pooled.sum())
    if num_all >= MOST_DRAWS:
        raise DrawsError(
            f"expected fewer than {MOST_DRAWS:,} draws in both samples, got {num_all:,}; test parts"
        )
    # Ids drawn once differ in nothing: they are one cell, the last.
    once = pooled == 1
    a = np.append(a[pooled > 1], a[once].sum())
    pooled = np.append(pooled[pooled > 1], np.count_nonzero(once))
    observed = _statistics(a, pooled)
    if math.prod((pooled + 1).tolist()) <= _EXACT:
        scores, weights, made = *_every(pooled, num_a, num_all), 0
    else:
        made = num_permutations
        # The draws as they came are one of the divisions, with the rest as likely.
        permuted = _permuted(pooled, num_a, seed, made, on_permutation)
        scores = np.concatenate([observed[:, None], permuted], axis=1)
        weights = np.full(made + 1, 1.0 / (made + 1))
    # Off their mean: samples of different size differ in what they are expected to be.
    centre = scores[1:] @ weights
    scores[1:] = np.abs(scores[1:] - centre[:, None])
    observed[1:] = np.abs(observed[1:] - centre)
    # Equal scores, summed in another order, may differ in the last digit.
    as_large = scores >= (observed * (1.0 - 1e-9) - 1e-15)[:, None]
    return TwoSampleTest(
        p_values={
            name: min(float(weights[row].sum()), 1.0)
            for name, row in zip(_NAMES, as_large, strict=True)
        },
        num_permutations=made,
        seed=seed,
    )


def aligned(counts_a: Any, counts_b: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Check that two vectors count the same ids, and draws at all.

    Raises
    ------
    DrawsError
        They do not.

    >>> [counts.tolist() for counts in aligned([1, 0], [2, 3])]
    [[1, 0], [2, 3]]
    """
    expected = "counts per id (N,), whole numbers of at least 0, of the same ids in both samples"
    both = [whole_numbers(counts, expected) for counts in (counts_a, counts_b)]
    for counts in both:
        if counts.ndim != 1 or counts.shape != both[0].shape:
            raise DrawsError(f"expected {expected}, got shapes {both[0].shape} and {both[1].shape}")
        if counts.size and int(counts.min()) < 0:
            raise DrawsError(f"expected {expected}, got some below 0")
        if not counts.any():
            raise DrawsError("expected two samples of at least one draw each, got one without")
    return both[0].astype(np.int64), both[1].astype(np.int64)


def _statistics(a: NDArray[np.int64], pooled: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of divisions ``(..., K)``, whose last cell holds the ids of one draw: ``(3, ...)``."""
    b = pooled - a
    num_a, num_b = int(a.sum(axis=-1).flat[0]), int(b.sum(axis=-1).flat[0])
    num_all = num_a + num_b
    # (a r - b / r)^2 = (a - t f)^2 n^2 / (n_a n_b) with f = n_a / n
    share = num_a / num_all
    off: NDArray[np.float64] = (a[..., :-1] - pooled[:-1] * share) ** 2
    of_once = a[..., -1] * (1.0 - share) ** 2 + b[..., -1] * share**2
    labels = num_all**2 / (num_a * num_b) * (off @ (1.0 / pooled[:-1]) + of_once)
    entropy = _negative_entropy(a[..., :-1], num_a) - _negative_entropy(b[..., :-1], num_b)
    concentration = _pairs(a[..., :-1], num_a) - _pairs(b[..., :-1], num_b)
    return np.array([labels, entropy, concentration])


def _negative_entropy(counts: NDArray[np.int64], num: int) -> NDArray[np.float64]:
    value: NDArray[np.float64] = (counts * np.log(np.maximum(counts, 1))).sum(axis=-1) / num
    return value - math.log(num)


def _pairs(counts: NDArray[np.int64], num: int) -> NDArray[np.float64]:
    pairs: NDArray[np.float64] = (counts.astype(np.float64) * (counts - 1.0)).sum(axis=-1)
    return pairs / (float(num) * max(num - 1, 1))


def _every(
    pooled: NDArray[np.int64], num_a: int, num_all: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Statistics and chance of every division of the pooled draws."""
    axes = np.indices([count + 1 for count in pooled.tolist()]).reshape(len(pooled), -1).T
    divisions = axes[axes.sum(axis=1) == num_a]
    ways = [
        math.prod(math.comb(t, a) for t, a in zip(pooled.tolist(), row, strict=True))
        for row in divisions.tolist()
    ]
    all_ways = math.comb(num_all, num_a)
    weights = np.array([way / all_ways for way in ways])
    return _statistics(divisions, pooled), weights


def _permuted(
    pooled: NDArray[np.int64],
    num_a: int,
    seed: int,
    num: int,
    on_permutation: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    rng = numpy_generator(seed, "permutation")
    scores = np.empty((len(_NAMES), num))
    step = max(1, min(num, _CELLS // len(pooled)))
    for start in range(0, num, step):
        stop = min(start + step, num)
        runs = rng.multivariate_hypergeometric(pooled, num_a, size=stop - start, method="marginals")
        scores[:, start:stop] = _statistics(runs, pooled)
        if on_permutation is not None:
            on_permutation(stop, num)
    return scores
