"""Figures as words: shares that never round up to all, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..measure.estimate import percent as percent


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table: columns of numbers to the right, the others to the left."""
    body = [tuple(row) for row in rows]
    columns = list(zip(header, *body, strict=True))
    laid_out = []
    for name, *cells in columns:
        width = max(len(cell) for cell in (name, *cells))
        numbers = all(re.fullmatch(r"[-+<\d.,/%() ]*", cell) for cell in cells)
        side = str.rjust if numbers else str.ljust
        laid_out.append([side(name, width), "-" * width, *(side(cell, width) for cell in cells)])
    return "\n".join("  ".join(line).rstrip() for line in zip(*laid_out, strict=True))


def ratio_text(ratio: float | None) -> str:
    """Write a ratio to the limit, never rounding up to 1 what is less; a dash if withheld.

    >>> ratio_text(0.99861), ratio_text(0.99999), ratio_text(None)
    ('0.9986', '0.9999', '-')
    """
    if ratio is None:
        return "-"
    return f"{ratio if ratio >= 1.0 else min(ratio, 0.9999):.4f}"
