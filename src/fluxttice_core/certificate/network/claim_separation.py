"""Separation between certified values, and its verdict in one sentence.

Certified values are decimal numbers with their own margins, compared exactly. A coverage figure is
passed by noise, so it decides nothing. What a control cannot have is exact reconstruction of an
operation from its own code, and information in the prior's code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ...evidence.separation import LEAD, Axis
from ...gates.operations import NUM_OPERATIONS
from ...model.layout import PATHWAYS
from .names import ALL, CONTROLS, INFORMATION, MODEL, ClaimName, distinct, reconstruction
from .predicate import Comparison, Separation

_INFORMATION = Decimal(f"{math.log(NUM_OPERATIONS):.6f}")
_SPACE = Decimal(NUM_OPERATIONS)


def axes(first_draws: int) -> tuple[tuple[Axis, str, Decimal, bool], ...]:
    """Return (axis, quantity of its claims, limit, whether it decides) of each axis.

    Noise does well on the axes that do not decide.
    """
    return (
        ("reconstruction", reconstruction(ALL), _SPACE, True),
        ("information", INFORMATION, _INFORMATION, True),
        ("coverage mode", distinct("mode", first_draws), _SPACE, False),
        ("coverage sampled", distinct("sampled", first_draws), _SPACE, False),
    )


def compare(values: Mapping[str, int | str], first_draws: int) -> tuple[Comparison, ...]:
    """Compare certified values, ``claim name -> value``, on every axis with every control.

    Raises
    ------
    KeyError
        A claim that the comparison needs is missing; the name is the message.
    """
    found = []
    for axis, quantity, limit, decisive in axes(first_draws):
        lead = (limit * LEAD[axis]).quantize(Decimal("0.000001"))
        for pathway in PATHWAYS:
            for control in CONTROLS:
                ours = values[str(ClaimName(MODEL, pathway, quantity))]
                theirs = values[str(ClaimName(control, pathway, quantity))]
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
    return tuple(found)


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


def reconstruction_in_words(comparisons: Sequence[Comparison]) -> str:
    """Return one sentence on reconstruction alone, the decisive axis that needs no draws."""
    lost = [item for item in comparisons if item.axis == "reconstruction" and not item.separated]
    where = " and ".join(sorted({f"pathway {item.pathway}" for item in lost}))
    told = f"NOT told from its controls in {where}" if lost else "told from both controls"
    return f"On reconstruction the network is {told}; information was not measured at this level."


def separation_of(comparisons: Sequence[Comparison]) -> Separation:
    """Return the comparisons with what they come to."""
    return Separation(tuple(comparisons), is_separated(comparisons), verdict_in_words(comparisons))
