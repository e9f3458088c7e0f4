"""The certificate of draws, as a kind.

What the verifier brings (the draws, a command that draws) is no part of a folder: the kind is made
with it. Each level imports what it runs when it runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from ...seal import Findings, Kind, Level, Progress, Summary
from .format import INCLUDED, PREDICATE_TYPE, REQUIRED, SCHEMA_FILE
from .predicate import DrawsPredicate

if TYPE_CHECKING:
    from .check import Certified, Given

FOLLOWS = "CONSISTENT"


def predicate_schema() -> dict[str, Any]:
    """Return the published schema of the predicate."""
    entry = resources.files("fluxttice_core") / "schemas" / SCHEMA_FILE
    schema: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
    return schema


def _check_figures(certified: Certified, findings: Findings, on: Progress | None) -> None:
    from .check import check_figures

    check_figures(certified, findings, on)


def _check_draws(certified: Certified, findings: Findings, on: Progress | None) -> None:
    from .check import check_draws

    check_draws(certified, findings, on)


def _check_redrawn(certified: Certified, findings: Findings, on: Progress | None) -> None:
    from .check import check_redrawn

    check_redrawn(certified, findings, on)


def draws_kind(given: Given | None = None) -> Kind[DrawsPredicate, Certified]:
    """Return the kind, with what a verifier brings to the levels that need it."""
    read: list[Certified] = []

    def remember(predicate: DrawsPredicate, files: Mapping[str, bytes], _: Findings) -> Certified:
        from .check import Certified, Given

        read[:] = [Certified(predicate, files, given or Given())]
        return read[0]

    return Kind(
        title="draws certificate",
        predicate_type=PREDICATE_TYPE,
        schema=predicate_schema(),
        predicate=DrawsPredicate,
        required=REQUIRED,
        optional=INCLUDED,
        measured=(),
        read=remember,
        levels=(
            Level(
                2,
                "the figures follow from the stated counts; no draw was read",
                _check_figures,
                FOLLOWS,
            ),
            Level(3, "the draws, counted again", _check_draws),
            Level(4, "drawn again by the command given", _check_redrawn),
        ),
        summarise=lambda *_: _summary(read[0].found if read else None),
    )


def _summary(found: DrawsPredicate | None) -> Summary:
    """What was computed here; of what was not, nothing is said."""
    if found is None:
        return Summary("Figures that were not computed here.", "draws", {"kind": "draws"})
    from .document import sentence

    values = {figure.name: figure.value for figure in found.figures}
    return Summary(sentence(found), "draws", {"kind": "draws", "figures": values})


DRAWS = draws_kind()
