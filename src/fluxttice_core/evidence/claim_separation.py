"""The separation of :mod:`.separation` between certified values, and its verdict in one sentence.

Certified values are decimal numbers with their own margins, compared exactly. A coverage figure is
passed by noise, so it decides nothing. What a control cannot have is exact reconstruction of an
operation from its own code, and information in the prior's code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from ..model.layout import PATHWAYS
from ..operations import NUM_OPERATIONS
from .separation import LEAD, Axis

CONTROLS = ("untrained", "collapsed")


_INFORMATION = Decimal(f"{math.log(NUM_OPERATIONS):.6f}")
# axis -> (claim, limit, whether it decides); noise does well on the axes that do not
COMPARED: Mapping[Axis, tuple[str, Decimal, bool]] = {
    "reconstruction": ("reconstruction/alone/all", Decimal(NUM_OPERATIONS), True),
    "information": ("information", _INFORMATION, True),
    "coverage mode": ("distinct/mode/n={first}", Decimal(NUM_OPERATIONS), False),
    "coverage sampled": ("distinct/sampled/n={first}", Decimal(NUM_OPERATIONS), False),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pathway beside one control on one axis; values as certified."""

    axis: str
    pathway: str
    control: str
    model_value: int | str
    control_value: int | str
    lead_needed: str
    separated: bool
    decisive: bool


def compare(values: Mapping[str, int | str], first_draws: int) -> list[Comparison]:
    """Compare certified values, ``claim name -> value``, on every axis with every control.

    Raises
    ------
    KeyError
        A claim that the comparison needs is missing; the name is the message.
    """
    found = []
    for axis, (pattern, limit, decisive) in COMPARED.items():
        claim = pattern.format(first=first_draws)
        lead = (limit * LEAD[axis]).quantize(Decimal("0.000001"))
        for pathway in PATHWAYS:
            for control in CONTROLS:
                ours = values[f"model/{pathway}/{claim}"]
                theirs = values[f"{control}/{pathway}/{claim}"]
                separated = Decimal(ours) - Decimal(theirs) > lead
                found.append(
                    Comparison(
                        axis,
                        pathway,
                        control,
                        ours,
                        theirs,
                        str(lead),
                        separated,
                        decisive,
                    )
                )
    return found


def is_separated(comparisons: Sequence[Comparison]) -> bool:
    """Whether every decisive comparison, both pathways and both controls, is won."""
    return all(item.separated for item in comparisons if item.decisive)


def verdict_in_words(comparisons: Sequence[Comparison]) -> str:
    """Return one sentence that says which decisive axes tell the network from its controls."""
    lost = [item for item in comparisons if item.decisive and not item.separated]
    if not lost:
        return (
            "The network is separated from both controls, an untrained and a collapsed network, "
            "on reconstruction and on information, in both pathways."
        )
    decisive = [item for item in comparisons if item.decisive]
    if len(lost) == len(decisive):
        return (
            "The network is NOT separated from its controls: on reconstruction and information, "
            "in both pathways, it does no better than random weights or a decoder that ignores "
            "its code."
        )
    where = sorted({f"{item.axis} in pathway {item.pathway}" for item in lost})
    return f"The network is NOT separated from its controls on {' and '.join(where)}."


def as_record(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return plain values for a certificate."""
    return {
        "comparisons": [asdict(item) for item in comparisons],
        "separated": is_separated(comparisons),
        "verdict": verdict_in_words(comparisons),
    }
