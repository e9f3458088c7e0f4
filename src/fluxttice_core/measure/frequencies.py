"""What every estimate from draws needs of them: how many ids were drawn how often."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import optional, whole, wholes
from .space import Space, as_space, whole_numbers
from .values import shown, to_draws

# 64 bits hold the sums of so many.
MOST_DRAWS = 2**62
_EXPECTED = "counts per id (n,), whole numbers of at least 0"


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

    def __post_init__(self) -> None:
        times, num_ids = wholes(1)(self.times, "times"), wholes(1)(self.num_ids, "num_ids")
        repeats = optional(whole(0))(self.adjacent_repeats, "adjacent_repeats")
        if len(times) != len(num_ids) or any(a >= b for a, b in pairwise(times)):
            raise DrawsError(
                f"expected times that increase, with a number of ids for each, got {shown(times)} "
                f"and {shown(num_ids)}; FrequencyCounts.of_histogram takes any order"
            )
        if sum(map(mul, times, num_ids)) > MOST_DRAWS:
            raise DrawsError(f"expected at most {MOST_DRAWS:,} draws, got more; check the counts")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "num_ids", num_ids)
        object.__setattr__(self, "adjacent_repeats", repeats)

    @classmethod
    def of(cls, draws: Any) -> FrequencyCounts:
        """Count draws that are all in memory, order ignored.

        Raises
        ------
        DrawsError
            Values that are no draws: fractions, texts beside numbers, or a single value.
        """
        values = to_draws(draws)
        if isinstance(values, list):
            return cls.of_counts(np.array(list(Counter(values).values()), dtype=np.int64))
        if values.size:
            values = whole_numbers(
                values.astype(np.uint8) if values.dtype == bool else values, "draws"
            )
        _, counts = np.unique(values, return_counts=True, axis=0)
        return cls.of_counts(counts)

    @classmethod
    def of_counts(
        cls, counts: NDArray[Any], adjacent_repeats: int | None = None
    ) -> FrequencyCounts:
        """Summarise counts per id; zeros are left out.

        Raises
        ------
        DrawsError
            Negative or fractional counts.
        """
        counts = whole_numbers(counts, _EXPECTED)
        if counts.size and int(counts.min()) < 0:
            raise DrawsError(f"expected {_EXPECTED}, got {counts.min()}")
        times, num_ids = np.unique(counts[counts > 0], return_counts=True)
        return cls(tuple(times.tolist()), tuple(num_ids.tolist()), adjacent_repeats)

    @classmethod
    def of_histogram(cls, histogram: Mapping[int, int]) -> FrequencyCounts:
        """Take a histogram: ``{1: F1, 2: F2, ...}``, how many ids were drawn so many times.

        Parameters
        ----------
        histogram : times to numbers of ids; the order is of no matter, and zeros are left out.

        Raises
        ------
        DrawsError
            Times below 1, negative or fractional numbers, or no mapping.

        Examples
        --------
        >>> FrequencyCounts.of_histogram({2: 1, 1: 4, 3: 0}).num_draws
        6
        """
        expected = "a histogram {times: number of ids}, whole numbers, times of at least 1"
        if not isinstance(histogram, Mapping):
            raise DrawsError(f"expected {expected}, got {type(histogram).__name__}")
        times = whole_numbers(list(histogram), expected)
        num_ids = whole_numbers(list(histogram.values()), expected)
        for time, number in zip(times.tolist(), num_ids.tolist(), strict=True):
            if time < 1 or number < 0:
                raise DrawsError(f"expected {expected}, got {number:,} ids drawn {time:,} times")
        order = np.argsort(times)
        order = order[num_ids[order] > 0]
        return cls(tuple(times[order].tolist()), tuple(num_ids[order].tolist()))

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
        place = bisect_left(self.times, times)
        found = place < len(self.times) and self.times[place] == times
        return self.num_ids[place] if found else 0


def as_frequencies(counts: Any) -> FrequencyCounts:
    """Take counts per id, or what is summarised already, as every estimator does.

    Parameters
    ----------
    counts : how often each id was drawn, whole numbers ``(n,)`` of at least 0; a mapping from id
        to its count; or :class:`FrequencyCounts`. A histogram ``{times: number of ids}`` is no
        mapping from ids: give ``FrequencyCounts.of_histogram`` of it.

    Raises
    ------
    DrawsError
        Negative or fractional counts, another shape, or not one draw.

    Examples
    --------
    >>> as_frequencies([4, 0, 1, 1])
    FrequencyCounts(times=(1, 4), num_ids=(2, 1), adjacent_repeats=None)
    >>> as_frequencies({"CCO": 4, "C": 1, "N": 1}).observed_richness
    3
    """
    if isinstance(counts, Mapping):
        counts = list(counts.values())
    if not isinstance(counts, FrequencyCounts):
        array = whole_numbers(counts, _EXPECTED)
        if array.ndim != 1:
            raise DrawsError(f"expected {_EXPECTED}, got shape {array.shape}; give one sample")
        if array.size and int(array.min()) < 0:
            row = int(np.argmax(array < 0))
            raise DrawsError(f"expected {_EXPECTED}; row {row:,} holds {array[row]}")
        counts = FrequencyCounts.of_counts(array)
    if not counts.times:
        raise DrawsError("expected counts of at least one draw, got none")
    return counts


def size_for(frequencies: FrequencyCounts, space: Space | int | None) -> int | None:
    """Return how many ids a space has, None if that is unknown.

    Raises
    ------
    DrawsError
        More ids were drawn than the space has.

    Examples
    --------
    >>> size_for(FrequencyCounts.of([5, 7]), 4)
    4
    """
    size = as_space(space).size
    if size is not None and frequencies.observed_richness > size:
        raise DrawsError(
            f"expected at most {size:,} different ids, got {frequencies.observed_richness:,}; name "
            "the right space size"
        )
    return size
