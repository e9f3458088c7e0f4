"""A sample against a reference sample: how much of it is valid, distinct, new and met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import DrawsError
from .counting.reading import Sample


@dataclass(frozen=True, slots=True)
class Comparison:
    """Draws against a reference sample.

    ``validity``: share of the draws inside the space; None for rows and labels, of which any is
    taken. ``uniqueness``: distinct share of the valid ones, meaningless without ``num_draws``.
    ``novelty``: share of the distinct ids that the
    reference does not hold. ``reference_met``: share of the reference's ids that were drawn.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> found = measure.draws([1, 2, 2, 3], reference=[1, 2, 4, 5]).comparison
    >>> found.uniqueness, found.reference_met
    (0.75, 0.5)
    """

    validity: float | None
    uniqueness: float
    novelty: float
    reference_met: float
    num_invalid: int
    num_reference_ids: int


def compare(sample: Sample, reference: Sample) -> Comparison:
    """Compare a sample with a reference whose ids mean the same.

    Raises
    ------
    DrawsError
        The reference is of another kind, or one of them is counted on disk.
    """
    kind, tally = sample.reader.kind, sample.tally
    if kind != reference.reader.kind:
        raise DrawsError(
            f"expected a reference of the same kind as the draws: {kind}; got "
            f"{reference.reader.kind}"
        )
    drawn, _ = tally.counted_ids()
    known, _ = reference.tally.counted_ids()
    common = len(np.intersect1d(drawn, known, assume_unique=True))
    num_all = tally.num_draws + tally.num_outside
    return Comparison(
        validity=tally.num_draws / num_all if kind == "numbers" else None,
        uniqueness=len(drawn) / tally.num_draws,
        novelty=1.0 - common / len(drawn),
        reference_met=common / len(known),
        num_invalid=tally.num_outside,
        num_reference_ids=len(known),
    )
