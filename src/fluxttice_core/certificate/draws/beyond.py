"""Figures that need more than counts of counts: groups, a target, another sample.

They are stated by the issuer, and checked at level 3 by whoever has the files. What a verdict must
not depend on, the seeds and the numbers of simulations, are this version's own.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ... import measure
from ...artifacts.draws import Grouped, ReadOptions, expand_names, read_draws
from ...artifacts.masses_file import read_target
from ...errors import DrawsError
from ...files import file_sha256
from ...gates.operations import GATES
from ...measure import OF_DRAWS, OF_TARGET, Estimate
from ..figure import number_text
from .predicate import Beside, Beyond, StatedFigure

P_VALUE = "p_value"
COMPARED = ("richness", "unseen_mass", "hill_number_1", "hill_number_2", "richness_at_coverage")
# In the order in which they stand.
NAMES = {
    "groups": tuple(OF_DRAWS),
    "target": (*OF_TARGET, P_VALUE),
    "comparison": (*COMPARED, P_VALUE),
}


def measure_beyond(
    kind: str,
    names: Sequence[str],
    options: ReadOptions,
    *,
    beside: str | None = None,
    space: int | None = None,
    num_modes: int | None = None,
) -> Beyond:
    """Measure draws in their groups, against a target, or beside another sample.

    Parameters
    ----------
    kind : "groups", "target" or "comparison".
    names : of the files of draws.
    beside : the file of the target's masses, or of the other sample.
    space : how many ids there can be.
    num_modes : of a target, how many of its largest masses are modes.

    Raises
    ------
    ArtifactError, DrawsError
        A file that cannot be read, or draws that are not measured so.
    """
    if "-" in (*names, beside):
        raise DrawsError(f"a certificate of {kind} needs files, got standard input")
    figures: dict[str, Estimate]
    p_value: float | None = None
    if kind == "groups":
        figures = _by_groups(names, options, space)
    elif kind == "target":
        assert beside is not None
        masses = read_target(beside, as_labels=options.labels)
        by_label = isinstance(masses, dict)
        against = measure.against_target(
            read_draws(names, options),
            masses,
            space=GATES if not by_label and len(masses) == GATES.size else None,
            num_modes=num_modes or 1,
        )
        figures, p_value = dict(against.estimates), against.p_value
    else:
        assert beside is not None
        two = measure.compare_samples(
            read_draws(names, options),
            read_draws(expand_names(beside), options),
            space=space,
            known_spaces=(GATES,),
        )
        figures, p_value = dict(two.estimates), two.p_value
    stated = [_figure(name, item) for name, item in figures.items()]
    if kind != "groups":
        stated.append(StatedFigure(P_VALUE, number_text(p_value)))
    return Beyond(kind, tuple(stated), None if beside is None else _beside(beside), num_modes)


def names_faults(beyond: Beyond) -> list[str]:
    """Say which figures there are not, so that no name is an issuer's own words.

    >>> names_faults(Beyond("target", (StatedFigure("verified", "1.0"),)))
    ['expected figures of target, got others']
    """
    known = [name for name in NAMES[beyond.kind] if name in {f.name for f in beyond.figures}]
    if [figure.name for figure in beyond.figures] == known:
        return []
    return [f"expected figures of {beyond.kind}, got others"]


def _by_groups(
    names: Sequence[str], options: ReadOptions, space: int | None
) -> dict[str, Estimate]:
    chunks, others = itertools.tee(
        chunk for chunk in read_draws(names, options) if isinstance(chunk, Grouped)
    )
    report = measure.draws(
        (chunk.values for chunk in chunks),
        groups=(chunk.groups for chunk in others),
        space=space,
        known_spaces=(GATES,),
    )
    return dict(report.estimates)


def _figure(name: str, item: Estimate) -> StatedFigure:
    low, high = (None, None) if item.interval is None else item.interval
    return StatedFigure(
        name, number_text(item.value), number_text(low), number_text(high), number_text(item.limit)
    )


def _beside(name: str) -> Beside:
    return Beside(os.path.basename(name), file_sha256(name), Path(name).stat().st_size)


def without_name(beyond: Beyond) -> dict[str, Any]:
    """Return what is compared: all but the name of the file beside."""
    beside = beyond.beside
    return replace(beyond, beside=None if beside is None else replace(beside, name="")).as_dict()
