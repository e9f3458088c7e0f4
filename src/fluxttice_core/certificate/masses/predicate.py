"""The predicate of a certificate of masses, as records; integers and text only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...seal import Predicate, Record
from ...seal import Tool as SealTool
from ..figure import Figure


@dataclass(frozen=True, slots=True)
class Tool(SealTool):
    """``text_revision`` numbers the wording of limits and documents."""

    text_revision: int


@dataclass(frozen=True, slots=True)
class Source(Record):
    """The file that the masses were read from, as the issuer states it."""

    name: str
    sha256: str
    num_bytes: int


@dataclass(frozen=True, slots=True)
class Coverage(Record):
    """Expected coverage of n draws, that of equal masses, and where 95 in 100 real runs fall."""

    n: int
    value: str
    limit: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class MassesPredicate(Predicate):
    """Everything that a certificate of masses says."""

    tool: Tool
    schema: str
    environment: Mapping[str, Any]
    source: Source
    num_masses: int
    num_draws: tuple[int, ...]
    figures: tuple[Figure, ...]
    coverage: tuple[Coverage, ...]
    limits: tuple[str, ...]
    title: str | None = None
