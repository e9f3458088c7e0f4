"""Where the draws are in a document of JSON: in a list, under a key, or at the end of a path."""

from __future__ import annotations

import re
from typing import Any

from ...errors import ArtifactError
from .options import ReadOptions
from .record import Log, quoted


def listed(value: Any, options: ReadOptions, log: Log) -> list[Any]:
    """The list in a document: itself, under the key that was told, or the one list of objects."""
    told = options.column[0] if len(options.column) == 1 else None
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        chosen = _by_number(value.get(told)) if told in value else None
        if chosen is not None and not any(isinstance(item, dict) for item in chosen):
            return chosen
        lists = [item for item in value.values() if isinstance(item, list)]
        names: Any = value.get("columns")
        rows: Any = value.get("data")
        if options.column and _is_table(names, rows):
            return [dict(zip(names, row, strict=True)) for row in rows]
        if options.column and told not in value and len(lists) == 1:
            return lists[0]
    keys = f" with the keys {quoted(list(value))}" if isinstance(value, dict) else ""
    raise ArtifactError(
        f"{log.name}: expected a list of draws, got {KINDS.get(type(value), 'a value')}{keys}; "
        "--column KEY reads the list under a key, or in its objects the values under one; counts "
        "by id are read from a table, --counts"
    )


def _is_table(names: Any, rows: Any) -> bool:
    """Whether rows have a value for each of their names, as pandas splits a table."""
    if not isinstance(names, list) or not isinstance(rows, list):
        return False
    is_named = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return is_named and all(isinstance(row, list) and len(row) == len(names) for row in rows)


def _by_number(value: Any) -> list[Any] | None:
    """A list, or an object whose keys are 0, 1, ..., as pandas writes a column."""
    if isinstance(value, dict) and list(value) == list(map(str, range(len(value)))):
        return list(value.values())
    return value if isinstance(value, list) else None


def value_at(value: Any, path: str) -> tuple[bool, Any]:
    """Whether an object has a key, or a path of keys and places such as ``choices.0.text``."""
    if isinstance(value, dict) and path in value:
        return True, value[path]
    first, dot, rest = path.partition(".")
    if isinstance(value, dict) and dot and first in value:
        return value_at(value[first], rest)
    if isinstance(value, list) and re.fullmatch("[0-9]{1,9}", first) and int(first) < len(value):
        return value_at(value[int(first)], rest) if dot else (True, value[int(first)])
    return False, None


KINDS: dict[type, str] = {
    int: "numbers",
    bool: "true and false",
    str: "labels",
    float: "fractions",
    list: "rows",
    dict: "an object",
    type(None): "null",
}


def paths_in(value: dict[str, Any]) -> list[str]:
    """Keys of an object, and of the objects in it."""
    return [
        path
        for key, item in value.items()
        for path in ([f"{key}.{inner}" for inner in item] if isinstance(item, dict) else [key])
    ]
