"""What a perfect sampler of the target scores: the floor under every distance taken from draws.

References
----------
Diaconis & Zabell (1991), Statist. Sci. 6 (De Moivre's mean deviation). Davison & Hinkley (1997),
Bootstrap Methods and their Application, section 4.2 (simulated p-values).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ...rng import numpy_generator
from ..arguments import CALLBACK, SEED, SIMULATIONS, checked, whole
from ..binomial import log_gamma
from ..masses import as_masses
from .divergence import DISTANCES
from .split import split

NUM_SIMULATIONS = 999
# Simulated counts in memory at a time.
_CELLS = 2**21
# Above so many draws, and for ids whose deviation has this variance, other forms are exact enough.
_LARGE, _LARGE_DEVIATION = 1e9, 1e6


@dataclass(frozen=True, slots=True)
class Floor:
    """What a perfect sampler scores at the same n, and where the draws lie against it.

    Parameters
    ----------
    mean : of the perfect sampler; exact for L1 and total variation, else simulated.
    standard_deviation : of one run of it, simulated.
    excess : of the draws over the mean, in standard deviations; below 0 for draws more even than
        chance.
    p_value : share of perfect runs at least as far from the target, the draws counted among them.
    num_simulations : perfect runs made.
    seed : of these.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> floors = measure.perfect_sampler_floors([9, 1, 0], [0.4, 0.3, 0.3], num_simulations=199)
    >>> round(floors["l1"].mean, 4), floors["l1"].p_value
    (0.3445, 0.005)
    """

    mean: float
    standard_deviation: float
    excess: float | None
    p_value: float | None
    num_simulations: int
    seed: int


@checked(num_draws=whole(1))
def l1_floor(masses: Any, num_draws: int) -> float:
    """Mean L1 distance of n perfect draws from the target that they come from, exact.

    De Moivre's mean deviation, ``E|X - n q| = 2 m C(n, m) q^m (1 - q)^(n - m + 1)`` with
    ``m = floor(n q) + 1``, over all ids, divided by n.

    Parameters
    ----------
    masses : of the target, ``(N,)``.
    num_draws : n, at least 1.

    Raises
    ------
    DrawsError
        No masses, or no draws.

    References
    ----------
    Diaconis & Zabell (1991), Statist. Sci. 6.

    Examples
    --------
    >>> round(l1_floor(np.full(19683, 1 / 19683), 200_000), 5)
    0.24989
    """
    q = as_masses(masses)
    q = q[(q > 0) & (q < 1)]
    n = float(num_draws)
    if n > _LARGE:
        return _floor_of_many(np.minimum(q, 1.0 - q), n)
    # At most n: for q so near 1 that n q rounds up to n there is no deviation to speak of.
    m = np.minimum(np.floor(n * q) + 1.0, n)
    logs = np.log(2.0 * m) + log_gamma(n + 1.0) - log_gamma(m + 1.0) - log_gamma(n - m + 1.0)
    logs += m * np.log(q) + (n - m + 1.0) * np.log1p(-q)
    return float(np.exp(logs).sum() / n)


def _floor_of_many(q: NDArray[np.float64], n: float) -> float:
    """The same where logarithms of n! have no digits left: normal, or by Stirling's formula.

    Parameters
    ----------
    q : masses of at most 1/2; an id and all others deviate alike.
    """
    is_normal = n * q * (1.0 - q) > _LARGE_DEVIATION
    total = float(np.sqrt(2.0 * n * q[is_normal] * (1.0 - q[is_normal]) / math.pi).sum())
    q = q[~is_normal]
    m = np.floor(n * q) + 1.0
    # log n! / (n - m)! by Stirling, with the large parts taken together.
    logs = m * np.log(n * q) - m - log_gamma(m + 1.0)
    logs += (n - m + 0.5) * (np.log1p(-q) - np.log1p(-m / n)) + 0.5 * np.log1p(-q)
    return (total + float((2.0 * m * np.exp(logs)).sum())) / n


@checked(seed=SEED, num_simulations=SIMULATIONS, on_simulation=CALLBACK)
def perfect_sampler_floors(
    counts: Any,
    masses: Any,
    *,
    seed: int = 0,
    num_simulations: int = NUM_SIMULATIONS,
    on_simulation: Callable[[int, int], None] | None = None,
) -> dict[str, Floor]:
    """Simulate a perfect sampler of the target at the n of the draws, and place the draws in it.

    The p-value ``(1 + runs at least as far) / (1 + all runs)`` of a perfect sampler is at most a
    with probability at most a. It is the chance of each distance alone: looked at together, they
    are more than one test.

    Parameters
    ----------
    counts : per id, ``(N,)``.
    masses : of the target, ``(N,)``.
    seed : of the simulation.
    num_simulations : perfect runs; the least p-value is one over one more than these.
    on_simulation : called with the runs made so far, and all.

    Returns
    -------
    By name of the distance: chi_square (of two draws or more), l1, total_variation,
    jensen_shannon, kullback_leibler.

    Raises
    ------
    DrawsError
        Counts and masses that do not belong together, or fewer than 19 simulations.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.2.

    Examples
    --------
    >>> floors = perfect_sampler_floors([25, 25, 25, 25], [0.25] * 4, num_simulations=99)
    >>> floors["l1"].p_value, floors["l1"].excess < 0
    (1.0, True)
    """
    if num_simulations < 19:
        raise DrawsError(
            f"expected at least 19 simulations, got {num_simulations!r}; fewer give no "
            "p-value of 5 %"
        )
    c, q, n, outside = split(counts, masses)
    scores = _scores(q, n, seed, num_simulations, on_simulation)
    exact_l1 = l1_floor(q, n)
    exact = {"l1": exact_l1, "total_variation": 0.5 * exact_l1}
    return {
        name: _floor(
            float(distance(c, q, n, outside)), scores[name], exact.get(name), num_simulations, seed
        )
        for name, distance in DISTANCES.items()
        if n > 1 or name != "chi_square"
    }


def _scores(
    q: NDArray[np.float64],
    n: int,
    seed: int,
    num: int,
    on_simulation: Callable[[int, int], None] | None,
) -> dict[str, NDArray[np.float64]]:
    """Every distance of every perfect run."""
    rng = numpy_generator(seed, "simulation")
    scores = {name: np.empty(num) for name in DISTANCES}
    step = max(1, min(num, _CELLS // len(q)))
    for start in range(0, num, step):
        stop = min(start + step, num)
        runs = rng.multinomial(n, q, size=stop - start)
        for name, distance in DISTANCES.items():
            scores[name][start:stop] = distance(runs, q, n, 0)
        if on_simulation is not None:
            on_simulation(stop, num)
    return scores


def _floor(
    observed: float, scores: NDArray[np.float64], exact: float | None, num: int, seed: int
) -> Floor:
    mean = float(scores.mean()) if exact is None else exact
    deviation = float(scores.std(ddof=1))
    # Equal scores, summed in another order, may differ in the last digit.
    as_far = int(np.count_nonzero(scores >= observed - 1e-12 * max(abs(observed), 1e-3)))
    spread = deviation > 0 and math.isfinite(observed)
    return Floor(
        mean,
        deviation,
        (observed - mean) / deviation if spread else None,
        (1 + as_far) / (1 + num),
        num,
        seed,
    )
