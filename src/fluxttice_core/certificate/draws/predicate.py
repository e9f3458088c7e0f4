"""The predicate of a certificate of draws, as records; integers and text only.

What follows from the counts stands beside what the issuer states, in parts of their own:
``source``, ``environment`` and ``title`` are stated, and so are the counts below level 3.
"""

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
class File(Record):
    """One file of draws: which bytes, and what was read of them.

    ``num_suspect``: labels that look like missing values, counted as draws.
    """

    name: str
    sha256: str
    num_bytes: int
    container: str
    form: str
    num_draws: int
    num_invalid: int
    num_suspect: int
    compression: str | None = None


@dataclass(frozen=True, slots=True)
class Source(Record):
    """What was read, and how: ``options`` are those of :class:`ReadOptions` that were set.

    ``draws_sha256`` is of the draws in their order, however a file wraps them.
    """

    files: tuple[File, ...]
    options: Mapping[str, Any]
    draws_sha256: str


@dataclass(frozen=True, slots=True)
class SpaceSize(Record):
    """How many ids there can be, where the issuer says so."""

    size: int | None = None


@dataclass(frozen=True, slots=True)
class Lag(Record):
    """The distance at which equal draws are furthest from what a random order has."""

    lag: int
    equal: int
    expected: str
    num_lags: int


@dataclass(frozen=True, slots=True)
class Counts(Record):
    """Counts of counts: ``ids[i]`` ids were drawn ``times[i]`` times each.

    Of the order of the draws: how many equal the one before, and the distance at which equal draws
    stand out, if one does. Without either the order is not known.
    """

    times: tuple[int, ...]
    ids: tuple[int, ...]
    adjacent_repeats: int | None = None
    lag: Lag | None = None

    @property
    def num_draws(self) -> int:
        """All draws."""
        return sum(times * ids for times, ids in zip(self.times, self.ids, strict=True))


@dataclass(frozen=True, slots=True)
class CurvePoint(Record):
    """Expected distinct ids in n draws, and those of fair dice where the space is known."""

    n: int
    richness: str
    low: str | None = None
    high: str | None = None
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Findings(Record):
    """What speaks against independent draws; as :class:`fluxttice_core.measure.Independence`."""

    faults: tuple[str, ...]
    could_tell: bool
    order_known: bool


@dataclass(frozen=True, slots=True)
class Beside(Record):
    """The file of a target's masses, or of another sample."""

    name: str
    sha256: str
    num_bytes: int


@dataclass(frozen=True, slots=True)
class StatedFigure(Record):
    """A figure that follows from the draws and not from counts of counts; decimal text."""

    name: str
    value: str | None = None
    low: str | None = None
    high: str | None = None
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Beyond(Record):
    """What was measured beyond counts of counts; not checked below level 3.

    ``kind``: "groups", "target" or "comparison".
    """

    kind: str
    figures: tuple[StatedFigure, ...]
    beside: Beside | None = None
    num_modes: int | None = None


@dataclass(frozen=True, slots=True)
class DrawsPredicate(Predicate):
    """Everything that a certificate of draws says. ``num_draws``: n that were asked for."""

    tool: Tool
    schema: str
    environment: Mapping[str, Any]
    source: Source
    space: SpaceSize
    counts: Counts
    num_draws: tuple[int, ...]
    figures: tuple[Figure, ...]
    curve: tuple[CurvePoint, ...]
    independence: Findings
    limits: tuple[str, ...]
    beyond: Beyond | None = None
    title: str | None = None
