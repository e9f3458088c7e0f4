"""The figures of the report on masses, in order; each exact, beside its value for equal masses."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .distance import chi_square_divergence, total_variation
from .entropy import entropy_nats, hill_number_of_masses
from .estimate import Estimate
from .registry import Registry
from .space import Space

OF_MASSES = Registry()


def _exact(
    function: Callable[[NDArray[np.float64]], float],
    unit: str,
    method: str,
    limit: Callable[[int], float],
) -> Callable[[NDArray[np.float64], Space], Estimate]:
    def estimate(masses: NDArray[np.float64], _: Space) -> Estimate:
        return Estimate(
            function(masses), unit=unit, method=f"{method}, exact", limit=limit(len(masses))
        )

    return estimate


OF_MASSES.add(
    "entropy_nats",
    "entropy",
    _exact(entropy_nats, "nats", "-sum p log p", math.log),
)
OF_MASSES.add(
    "chi_square",
    "chi-square from uniform",
    _exact(chi_square_divergence, "chi-square", "N sum p^2 - 1", lambda _: 0.0),
)
OF_MASSES.add(
    "total_variation",
    "total variation from uniform",
    _exact(total_variation, "mass", "sum |p - 1/N| / 2", lambda _: 0.0),
)
for _order, _method in enumerate(("number of masses above 0", "exp of the entropy", "1 / sum p^2")):
    OF_MASSES.add(
        f"hill_number_{_order}",
        f"effective number, order {_order}",
        _exact(partial(hill_number_of_masses, order=_order), "ids", _method, float),
    )
