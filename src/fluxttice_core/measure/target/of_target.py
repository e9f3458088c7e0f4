"""The figures of the report against a target, in the order in which it shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..estimate import Estimate
from ..registry import Registry
from .coverage import mass_of_modes, mass_outside, modes_met, ratio_to_target, target_coverage
from .distances import (
    chi_square_to_target,
    jensen_shannon_to_target,
    kl_from_target,
    l1_to_target,
    total_variation_to_target,
)

OF_TARGET = Registry()


@dataclass(frozen=True, slots=True)
class TargetSample:
    """What every figure of the report is taken from.

    Parameters
    ----------
    counts : per id, ``(N,)``; draws that are no id of the target are one id more, of mass 0.
    masses : of the target, ``(N,)``.
    num_modes : how many of the largest masses are its modes.

    Examples
    --------
    >>> sample = TargetSample([3, 1], [0.5, 0.5])
    >>> OF_TARGET["coverage"](sample)
    Estimate(100.00 % share, limit 93.75 %, n = 4)
    """

    counts: Any
    masses: Any
    num_modes: int = 1


def _add(name: str, title: str, function: Callable[[Any, Any], Estimate]) -> None:
    OF_TARGET.add(
        name, title, lambda sample, _: function(sample.counts, sample.masses), is_count=True
    )


_add("coverage", "coverage of the target's ids", target_coverage)
_add("ratio", "ratio to the target's limit", ratio_to_target)
_add("mass_outside", "mass outside the target", mass_outside)
OF_TARGET.add(
    "modes_met",
    "modes met",
    lambda sample, _: modes_met(sample.counts, sample.masses, sample.num_modes),
    is_count=True,
)
OF_TARGET.add(
    "mass_of_modes",
    "mass of the modes",
    lambda sample, _: mass_of_modes(sample.counts, sample.masses, sample.num_modes),
    is_count=True,
)
_add("chi_square", "chi-square to the target", chi_square_to_target)
_add("l1", "L1", l1_to_target)
_add("total_variation", "total variation", total_variation_to_target)
_add("jensen_shannon", "Jensen-Shannon, nats", jensen_shannon_to_target)
_add("kullback_leibler", "KL(target || draws), nats", kl_from_target)
