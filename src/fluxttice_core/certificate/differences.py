"""What is stated beside what was found, to the last leaf; each difference is one mismatch.

Integers and words must be equal. Of decimal text another machine's mathematics may move the last
digits: what is stated may differ by so much, and what is printed is the verifier's own figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..seal import Findings

RELATIVE, ABSOLUTE = 1e-9, 1e-12
# Leaves that hold numbers as decimal text.
_NUMBERS = frozenset({"value", "low", "high", "limit", "richness", "expected"})
_MOST_SHOWN, _MOST_TOLD = 80, 300


def compare(place: str, stated: Any, found: Any, findings: Findings) -> None:
    """Report each leaf in which what is stated differs from what was found."""
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in sorted({*stated, *found}):
            compare(f"{place}.{key}", stated.get(key), found.get(key), findings)
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for number, pair in enumerate(zip(stated, found, strict=True)):
            compare(f"{place}[{number}]", *pair, findings)
    elif not _is_same(place, stated, found):
        findings.add("false-claim", place, f"{_short(found)} as found", f"{_short(stated)} stated")


def _is_same(place: str, stated: Any, found: Any) -> bool:
    if type(stated) is not type(found):
        return False
    if stated == found:
        return True
    if place.rpartition(".")[2] not in _NUMBERS or not isinstance(stated, str):
        return False
    return is_number(stated) and math.isclose(
        float(stated), float(found), rel_tol=RELATIVE, abs_tol=ABSOLUTE
    )


def is_number(text: str) -> bool:
    """Whether a text is the shortest that reads back to a finite number.

    >>> is_number("0.5"), is_number("0.50"), is_number("nan")
    (True, False, False)
    """
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and repr(value) == text


def plain(error: Exception) -> str:
    """Return what an error says, in signs that every terminal shows as they are, and not long."""
    return ascii(str(error))[1:-1][:_MOST_TOLD]


def _short(value: Any) -> str:
    # As Python writes it: no control sign and no line end reaches a terminal.
    text = ascii(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
