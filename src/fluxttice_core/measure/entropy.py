"""Entropies and effective numbers of known masses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import checked, numbers, real


@checked(probabilities=numbers())
def entropy_nats(probabilities: NDArray[Any]) -> float:
    """Shannon entropy ``-sum p log p`` in nats.

    Parameters
    ----------
    probabilities : masses ``(N,)``; those of 0 add nothing.

    Examples
    --------
    >>> round(entropy_nats(np.full(19683, 1 / 19683)), 4)
    9.8875
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


@checked(probabilities=numbers(), order=real(0))
def hill_number_of_masses(probabilities: NDArray[Any], order: float) -> float:
    """Effective number of ids, ``(sum p^order)^(1 / (1 - order))`` (Hill 1973).

    Order 0 counts those with any mass, 1 is ``exp H`` (the limit), 2 is ``1 / sum p^2``.

    Parameters
    ----------
    probabilities : masses ``(N,)``.
    order : of at least 0; the larger, the less the rare ids count.

    References
    ----------
    Hill (1973), Ecology 54.

    Examples
    --------
    >>> [round(hill_number_of_masses(np.array([0.5, 0.25, 0.25]), q), 3) for q in (0, 1, 2)]
    [3.0, 2.828, 2.667]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p[p > 0]
    if order == 1:
        return math.exp(entropy_nats(p))
    total = float((p**order).sum())
    if total > 1e-200:
        return float(total ** (1.0 / (1.0 - order)))
    # In logarithms: powers of a large order have no float.
    logs = order * np.log(p)
    most = float(logs.max())
    return math.exp((most + math.log(float(np.exp(logs - most).sum()))) / (1.0 - order))
