"""Whether a network can be told from its controls, axis by axis, and in one sentence.

A coverage figure is passed by noise, so it decides nothing. What a control cannot have is exact
reconstruction of an operation from its own code, and information in the prior's code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from ..model.layout import PATHWAYS
from ..operations import NUM_OPERATIONS

CONTROLS = ("untrained", "collapsed")


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of comparison: ``threshold`` is the lead that counts, as a share of ``full_range``.

    ``decisive`` axes make the verdict; noise does well on the others.
    """

    name: str
    claim: str
    full_range: Decimal
    threshold: Decimal
    decisive: bool


# A random network decodes about 1 operation of 19,683 from its own code and carries about 0.1 nats,
# so a twentieth of the range is out of its reach. The coverage of random networks alone spreads
# over a quarter of the space by seed (mode reading, 50,000 draws), hence the wider lead there.
AXES = (
    Axis(
        "reconstruction",
        "reconstruction/alone/all",
        Decimal(NUM_OPERATIONS),
        Decimal("0.05"),
        decisive=True,
    ),
    Axis(
        "information",
        "information",
        Decimal(f"{math.log(NUM_OPERATIONS):.6f}"),
        Decimal("0.05"),
        decisive=True,
    ),
    Axis(
        "mode coverage",
        "distinct/mode/n={first}",
        Decimal(NUM_OPERATIONS),
        Decimal("0.30"),
        decisive=False,
    ),
    Axis(
        "sampled coverage",
        "distinct/sampled/n={first}",
        Decimal(NUM_OPERATIONS),
        Decimal("0.30"),
        decisive=False,
    ),
)


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
    for axis in AXES:
        claim = axis.claim.format(first=first_draws)
        lead = (axis.full_range * axis.threshold).quantize(Decimal("0.000001"))
        for pathway in PATHWAYS:
            for control in CONTROLS:
                ours = values[f"model/{pathway}/{claim}"]
                theirs = values[f"{control}/{pathway}/{claim}"]
                separated = Decimal(ours) - Decimal(theirs) > lead
                found.append(
                    Comparison(
                        axis.name,
                        pathway,
                        control,
                        ours,
                        theirs,
                        str(lead),
                        separated,
                        axis.decisive,
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
