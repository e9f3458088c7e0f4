"""JSON as its standard has it, within stated bounds: the reader for files from strangers.

Python's own reader keeps the last of two equal keys, takes NaN and Infinity, turns ``1e999`` into
infinity and runs out of stack on deep input. Each of these lets two readers see two documents.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def read_json(
    data: str | bytes,
    *,
    max_bytes: int = 16 * 2**20,
    max_depth: int = MAX_DEPTH,
    allow_fractions: bool = True,
) -> Any:
    """Parse one JSON document, or say why it is none.

    Parameters
    ----------
    data : UTF-8 bytes, or text.
    max_bytes : refused before anything is parsed if there are more.
    max_depth : deepest nesting of objects and arrays.
    allow_fractions : False refuses ``0.5`` and ``1e3``: numbers that round are then impossible.

    Raises
    ------
    ValueError
        Too long, too deep, a key twice, NaN, an infinity, or not JSON; the message says which.

    Example
    -------
    >>> read_json(b'{"a": 1}')
    {'a': 1}
    >>> read_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    ValueError: the key 'a' occurs twice
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > max_bytes:
        raise ValueError(f"{len(raw):,} bytes, at most {max_bytes:,} are read")
    _check_depth(raw, max_depth)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for key, value in pairs:
            if key in record:
                raise ValueError(f"the key {key[:40]!r} occurs twice")
            record[key] = value
        return record

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    def number(digits: str) -> float:
        if not allow_fractions:
            raise ValueError(f"{digits[:40]} is no whole number; fractions are written as text")
        value = float(digits)
        if math.isinf(value):
            raise ValueError(f"{digits[:40]} overflows")
        return value

    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=number)


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Count brackets outside strings, so that the recursive parser never sees deep input."""
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if match.group() in b"[{" else -1
        if depth > max_depth:
            raise ValueError(f"nested more than {max_depth} deep")
