"""The certificate of masses, as a kind. Its level imports what it runs when it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from ...seal import Findings, Kind, Level, Progress, Summary
from .format import MASSES, PREDICATE_TYPE, REQUIRED, SCHEMA_FILE
from .predicate import MassesPredicate

if TYPE_CHECKING:
    from .check import Certified


def predicate_schema() -> dict[str, Any]:
    """Return the published schema of the predicate."""
    entry = resources.files("fluxttice_core") / "schemas" / SCHEMA_FILE
    schema: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
    return schema


def _check_figures(certified: Certified, findings: Findings, _: Progress | None) -> None:
    from .check import check_figures

    check_figures(certified, findings)


def masses_kind() -> Kind[MassesPredicate, Certified]:
    """Return the kind, for one verification: its summary is of what that computed."""
    read: list[Certified] = []

    def remember(predicate: MassesPredicate, files: Mapping[str, bytes], _: Findings) -> Certified:
        from .check import Certified

        read[:] = [Certified(predicate, files)]
        return read[0]

    return Kind(
        title="masses certificate",
        predicate_type=PREDICATE_TYPE,
        schema=predicate_schema(),
        predicate=MassesPredicate,
        required=REQUIRED,
        optional=(),
        measured=(MASSES,),
        read=remember,
        levels=(Level(2, "exact figures of the masses in the folder", _check_figures),),
        summarise=lambda *_: _summary(read[0].found if read else None),
    )


def _summary(found: MassesPredicate | None) -> Summary:
    if found is None:
        return Summary("Figures that were not computed here.", "masses", {"kind": "masses"})
    from .document import sentence

    values = {figure.name: figure.value for figure in found.figures}
    return Summary(sentence(found), "masses", {"kind": "masses", "figures": values})


MASSES_KIND = masses_kind()
