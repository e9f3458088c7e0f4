"""From a table of counts, or a histogram, to counts of counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...errors import DrawsError
from ...measure.frequencies import FrequencyCounts
from .chunks import Counted

_TOTAL = re.compile("(grand |sub)?(total|sum|all)s?", re.IGNORECASE)


def frequencies_of(draws: Iterable[Any], *, histogram: bool) -> FrequencyCounts:
    """Add up a table of ids and their counts, or a histogram.

    Raises
    ------
    DrawsError
        Not one draw, or a histogram that gives a number of times twice.
    """
    total: dict[Any, int] = {}
    for chunk in draws:
        assert isinstance(chunk, Counted)
        values = chunk.values
        ids = values.tolist() if isinstance(values, np.ndarray) else values
        for value, count in zip(ids, chunk.counts.tolist(), strict=True):
            key = tuple(value) if isinstance(value, list) else value
            if histogram and key in total:
                raise DrawsError(f"expected each number of times once, got {key!r} twice")
            total[key] = total.get(key, 0) + count
    if histogram:
        return FrequencyCounts.of_histogram(total)
    _refuse_total(total)
    return FrequencyCounts.of_counts(np.array(list(total.values()), dtype=np.int64))


def _refuse_total(counts: dict[Any, int]) -> None:
    """Refuse a row that adds the others up: it would be an id that holds half of all draws."""
    named = [key for key in counts if isinstance(key, str) and _TOTAL.fullmatch(key.strip())]
    for key in named if len(counts) > 2 else []:
        if 2 * counts[key] == sum(counts.values()):
            raise DrawsError(
                f"expected ids with their counts, got {key!r} with {counts[key]:,}, the sum of all "
                f"others: --invalid {key!r} leaves it out"
            )
