"""Bounds on values from a stranger's file, so that all that follows can walk through them.

A pickle can nest lists 200,000 deep, or share one list so often that it unfolds to 2^30.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 32
MAX_VALUES = 4_000_000
# Text and bytes count as so many values a character.
_PER_CHARACTER = 64


def value_faults(value: Any) -> str | None:
    """Say what keeps nested mappings, lists and plain values from being walked through, or None.

    Each occurrence of a shared value counts, and whole numbers are held to 64 bits.

    >>> value_faults({"a": [1, 2.5, "text"]}) is None
    True
    >>> value_faults({"a": 10**400})
    'a whole number of more than 64 bits'
    """
    left = MAX_VALUES
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, int):
            if not -(2**63) <= item < 2**64:
                return "a whole number of more than 64 bits"
        elif isinstance(item, str | bytes | bytearray):
            left -= len(item) // _PER_CHARACTER
        elif isinstance(item, dict | list | tuple | set | frozenset):
            if depth == MAX_DEPTH:
                return f"values nested more than {MAX_DEPTH} deep"
            # Before they are listed: a list may hold itself, or another, millions of times.
            left -= len(item) * (2 if isinstance(item, dict) else 1)
            if left >= 0:
                waiting += [(each, depth + 1) for each in item]
                waiting += [(each, depth + 1) for each in getattr(item, "values", tuple)()]
        if left < 0:
            return f"more than {MAX_VALUES:,} values"
    return None
