"""The part of JSON Schema that the schemas of predicates use.

A validator of the whole standard is no dependency of verification. The few keywords used here are
checked by these lines, and in the tests by a full validator beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SHA256_SCHEMA = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TIME_SCHEMA = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
}
_TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}
KEYWORDS = frozenset(
    {"$schema", "$id", "$defs", "$ref", "title", "description", "type", "required", "properties"}
    | {"additionalProperties", "items", "enum", "const", "pattern", "minimum", "maximum"}
    | {"minItems", "maxItems", "maxLength"}
)


def schema_faults(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return everything in which a value departs from the schema, with its place.

    Raises
    ------
    ValueError
        The schema uses a keyword that is not in ``KEYWORDS``.

    >>> schema_faults({"a": -1}, {"properties": {"a": {"type": "integer", "minimum": 0}}})
    ['a: expected at least 0, got -1']
    """
    faults: list[str] = []
    _check(value, schema, schema, "", faults)
    return faults


def _check(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str, faults: list[str]
) -> None:
    unknown = set(schema) - KEYWORDS
    if unknown:
        raise ValueError(f"the schema uses {sorted(unknown)}, which this reader does not know")
    if "$ref" in schema:
        _check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path, faults)
        return
    place = path or "the predicate"

    def fault(text: str) -> None:
        faults.append(f"{place}: {text}")

    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    # Exactly the type: True is no integer here.
    if kinds and type(value) not in [_TYPES[kind] for kind in kinds]:
        fault(f"expected {' or '.join(kinds)}, got {type(value).__name__}")
        return
    if "const" in schema and value != schema["const"]:
        fault(f"expected {schema['const']!r}, got {_short(value)}")
    if "enum" in schema and value not in schema["enum"]:
        fault(f"expected one of {schema['enum']}, got {_short(value)}")
    if isinstance(value, str):
        # In Python a final $ also matches before a line feed; in JSON Schema it does not.
        pattern = schema.get("pattern", "").replace("$", r"\Z")
        if not re.search(pattern, value):
            fault(f"expected text like {schema['pattern']}, got {_short(value)}")
        if len(value) > schema.get("maxLength", len(value)):
            fault(f"longer than {schema['maxLength']}")
    elif isinstance(value, int) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            fault(f"expected at least {schema['minimum']}, got {value}")
        if value > schema.get("maximum", value):
            fault(f"expected at most {schema['maximum']}, got {value}")
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            fault(f"has {len(value)} items")
        for number, item in enumerate(value):
            _check(item, schema.get("items", {}), root, f"{path}[{number}]", faults)
    elif isinstance(value, dict):
        _check_object(value, schema, root, path, faults)


def _check_object(
    value: dict[str, Any],
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    path: str,
    faults: list[str],
) -> None:
    known = schema.get("properties", {})
    faults += [
        f"{path or 'the predicate'}: missing {name}"
        for name in schema.get("required", ())
        if name not in value
    ]
    rest = schema.get("additionalProperties", True)
    for name, item in value.items():
        inner = f"{path}.{name}" if path else name
        if name in known:
            _check(item, known[name], root, inner, faults)
        elif rest is False:
            faults.append(f"{inner[:120]}: unknown")
        elif isinstance(rest, Mapping):
            _check(item, rest, root, inner[:120], faults)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
