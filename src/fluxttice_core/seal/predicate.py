"""What every kind of certificate says of itself: by which tool, when, and who signs it.

A predicate is a frozen record whose fields are the keys of its JSON. Each kind adds its own fields
to :class:`Predicate`; those here are what level 1 reads, whatever was certified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Self, cast, get_args, get_origin, get_type_hints

from .schema import SHA256_SCHEMA, TIME_SCHEMA


class Record:
    """Base of frozen dataclasses that are JSON objects: a field a key, what is None left out.

    A field may be a number, text, a truth, a mapping, another record, a tuple of any of them, or
    any of these and None.

    Example
    -------
    >>> Validity.from_dict({"issued": "2026-11-24T00:00:00Z"}).as_dict()
    {'issued': '2026-11-24T00:00:00Z'}
    """

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, equal to those that were read."""
        values = {each.name: getattr(self, each.name) for each in fields(cast(Any, self))}
        return {name: _plain(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Read an object that fits the schema; keys that are no field are ignored.

        Raises
        ------
        TypeError
            A field that has no default is missing.
        """
        found = {
            key: read(record[key])
            for key, read in _readers(cast(type, cls)).items()
            if key in record
        }
        return cls(**found)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.as_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


@lru_cache(maxsize=128)
def _readers(record: type[Record]) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(record)
    return {each.name: _reader(hints[each.name]) for each in fields(cast(Any, record))}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a field of a type from the plain value of that field."""
    arguments = [each for each in get_args(hint) if each is not NoneType]
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.from_dict
    if get_origin(hint) is tuple:
        read = _reader(arguments[0])
        return lambda items: tuple(read(item) for item in items)
    if get_origin(hint) is UnionType and len(arguments) == 1:
        return _reader(arguments[0])
    return lambda value: value


@dataclass(frozen=True, slots=True)
class Tool(Record):
    """The program that measured; a policy may ask for a least ``version``."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Validity(Record):
    """From when, until when, and instead of what; times are RFC 3339, UTC, whole seconds.

    ``supersedes`` is the SHA-256 of the statement that this one replaces.
    """

    issued: str
    expires: str | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Predicate(Record):
    """The part that predicates of all kinds share.

    ``signers`` lists the ids of every key that signs, so that no signature can be taken off or
    added unseen.
    """

    tool: Tool
    validity: Validity
    signers: tuple[str, ...]


# Held beside the schema of each kind, which may say more of the same keys.
SHARED_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["tool", "validity", "signers"],
    "properties": {
        "tool": {
            "type": "object",
            "required": ["name", "version"],
            "properties": {
                "name": {"type": "string", "maxLength": 400},
                "version": {
                    "type": "string",
                    "pattern": r"^[0-9]+(\.[0-9]+)*[0-9A-Za-z.+]*$",
                    "maxLength": 40,
                },
            },
        },
        "validity": {
            "type": "object",
            "required": ["issued"],
            "properties": {
                "issued": TIME_SCHEMA,
                "expires": TIME_SCHEMA,
                "supersedes": SHA256_SCHEMA,
            },
            "additionalProperties": False,
        },
        "signers": {"type": "array", "maxItems": 16, "items": SHA256_SCHEMA},
    },
}
