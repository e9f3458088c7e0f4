"""What every estimate from draws needs of them: how many ids were drawn how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .space import whole_numbers


@dataclass(frozen=True, slots=True)
class FrequencyCounts:
    """How many ids were drawn how often: ``num_ids[i]`` ids ``times[i]`` times each.

    ``times`` is increasing and positive. ``adjacent_repeats``: draws equal to the one before;
    None where the order of the draws is not known.

    Examples
    --------
    >>> FrequencyCounts.of([5, 5, 7])
    FrequencyCounts(times=(1, 2), num_ids=(1, 1), adjacent_repeats=None)
    """

    times: tuple[int, ...]
    num_ids: tuple[int, ...]
    adjacent_repeats: int | None = None

    @classmethod
    def of(cls, draws: Any) -> FrequencyCounts:
        """Count draws that are all in memory, order ignored."""
        _, counts = np.unique(np.asarray(draws), return_counts=True)
        return cls.of_counts(counts)

    @classmethod
    def of_counts(
        cls, counts: NDArray[Any], adjacent_repeats: int | None = None
    ) -> FrequencyCounts:
        """Summarise counts per id; zeros are left out."""
        counts = np.asarray(counts)
        times, num_ids = np.unique(counts[counts > 0], return_counts=True)
        return cls(tuple(times.tolist()), tuple(num_ids.tolist()), adjacent_repeats)

    @property
    def num_draws(self) -> int:
        """All draws."""
        return sum(time * ids for time, ids in zip(self.times, self.num_ids, strict=True))

    @property
    def observed_richness(self) -> int:
        """Distinct ids."""
        return sum(self.num_ids)

    @property
    def repeated_pairs(self) -> int:
        """``sum x (x - 1)``: ordered pairs of equal draws."""
        return sum(t * (t - 1) * k for t, k in zip(self.times, self.num_ids, strict=True))

    def seen(self, times: int) -> int:
        """``F_k``: ids drawn exactly ``times`` times."""
        return dict(zip(self.times, self.num_ids, strict=True)).get(times, 0)


def as_frequencies(counts: Any) -> FrequencyCounts:
    """Take counts per id, or what is summarised already, as every estimator does.

    Parameters
    ----------
    counts : how often each id was drawn, whole numbers ``(n,)`` of at least 0, or
        :class:`FrequencyCounts`.

    Raises
    ------
    DrawsError
        Negative or fractional counts, another shape, or not one draw.

    Examples
    --------
    >>> as_frequencies([4, 0, 1, 1])
    FrequencyCounts(times=(1, 4), num_ids=(2, 1), adjacent_repeats=None)
    """
    if not isinstance(counts, FrequencyCounts):
        expected = "counts per id (n,), whole numbers of at least 0"
        array = whole_numbers(counts, expected)
        if array.ndim != 1:
            raise DrawsError(f"expected {expected}, got shape {array.shape}; give one sample")
        if array.size and int(array.min()) < 0:
            row = int(np.argmax(array < 0))
            raise DrawsError(f"expected {expected}; row {row:,} holds {array[row]}")
        counts = FrequencyCounts.of_counts(array)
    if not counts.times:
        raise DrawsError("expected counts of at least one draw, got none")
    return counts
