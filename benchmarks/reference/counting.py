"""Distinct operations as a Python set of tuples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any


def count_tuples(rows: Iterable[Any]) -> int:
    """Number of different rows of a tensor or an array."""
    return len({tuple(row.tolist()) for row in rows})


def count_ids(ids: Sequence[int]) -> Counter[int]:
    """How often each id occurs."""
    return Counter(ids)
