"""A law that a pilot could have come from: the masses of its ids, and of those it has not met.

References
----------
Chao et al. (2014), Ecol. Monogr. 84, appendix G (the law behind iNEXT's bootstrap). Good (1953),
Biometrika 40.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..frequencies import FrequencyCounts
from ..poisson import RARE_EVENTS
from ..richness import chao1_value
from ..unseen import unseen_share

# Of more ids than these no two draws are taken to be of the same.
_MANY = 2**20


@dataclass(frozen=True, slots=True)
class FittedLaw:
    """Masses of the ids seen ``(S,)``, and a rest spread evenly over ids that were not.

    ``num_rest``: how many these are; None for so many that no draw of them comes twice.

    Examples
    --------
    >>> law = fit_law(FrequencyCounts((1, 3, 40), (2, 1, 1)))
    >>> law.masses.round(4).tolist(), round(law.rest, 4), law.num_rest
    ([0.0053, 0.0053, 0.0608, 0.8862], 0.0425, 1)
    """

    masses: NDArray[np.float64]
    rest: float
    num_rest: int | None

    def sample(self, num_draws: int, rng: np.random.Generator) -> FrequencyCounts:
        """Draw so many ids, and count how many were drawn how often."""
        cells = np.append(self.masses, max(1.0 - float(self.masses.sum()), 0.0))
        counts = rng.multinomial(num_draws, cells / cells.sum())
        of_rest, counts = int(counts[-1]), counts[:-1]
        if self.num_rest is None:
            more = np.ones(of_rest, dtype=np.int64)
        elif self.num_rest:
            more = rng.multinomial(of_rest, np.full(self.num_rest, 1.0 / self.num_rest))
        else:
            more = np.zeros(0, dtype=np.int64)
        return FrequencyCounts.of_counts(np.append(counts, more))


def fit_law(
    frequencies: FrequencyCounts, size: int | None = None, *, is_long: bool = False
) -> FittedLaw:
    """Fit a law to draws: what was seen shrinks by what was not (Chao et al. 2014).

    An id drawn t times of n has ``t/n (1 - l (1 - t/n)^n)``, with l such that the masses add up to
    the sample coverage of Chao and Jost. The rest is that of as many ids as Chao1 adds, the fewest
    that are likely; or, where ``is_long``, of as many as there can be. Chance makes counts less
    even than what they come from: the masses are pulled together until their sum of squares is the
    unbiased one.

    Parameters
    ----------
    size : of the space, None if unknown.
    is_long : whether the tail is of as many ids as there can be.
    """
    n = frequencies.num_draws
    times = np.array(frequencies.times, dtype=np.float64)
    num_ids = np.array(frequencies.num_ids)
    room = math.inf if size is None else size - frequencies.observed_richness
    rest = unseen_share(frequencies, n) if room else 0.0
    if is_long and room:
        # That no id was drawn once does not say that nothing is unseen.
        rest = max(rest, 1.0 / n)
    shares = times / n
    missed = np.exp(n * np.log1p(-np.minimum(shares, 1.0 - 1e-12)))
    weight = float((num_ids * shares * missed).sum())
    if weight > np.finfo(float).tiny:
        shares = shares * np.maximum(1.0 - rest / weight * missed, 1e-9)
    shares *= (1.0 - rest) / float((num_ids * shares).sum())
    few = math.ceil(chao1_value(frequencies) - frequencies.observed_richness)
    num_rest = min(room, room if is_long else max(few, 1)) if rest else 0
    # Of the seen ids alone: the unbiased sum of squares, less that of the rest.
    squares = frequencies.repeated_pairs / (n * (n - 1.0)) - (rest**2 / num_rest if rest else 0.0)
    mean = (1.0 - rest) / frequencies.observed_richness
    spread = float((num_ids * (shares - mean) ** 2).sum())
    wanted = max(squares - (1.0 - rest) * mean, 0.0)
    if wanted < spread:
        shares = mean + math.sqrt(wanted / spread) * (shares - mean)
    return FittedLaw(np.repeat(shares, num_ids), rest, None if num_rest > _MANY else int(num_rest))


def too_small(frequencies: FrequencyCounts) -> str | None:
    """Why a pilot tells too little of its law; None if it tells enough."""
    repeats = frequencies.num_draws - frequencies.observed_richness
    if repeats < RARE_EVENTS:
        return (
            f"the pilot is too small: {repeats:,} of its {frequencies.num_draws:,} draws repeat an "
            f"id, and it takes {RARE_EVENTS:.0f}"
        )
    return None
