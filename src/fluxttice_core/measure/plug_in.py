"""What the counts themselves say, which describes the draws and estimates nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .estimate import Estimate
from .frequencies import as_frequencies, size_for
from .space import Space


def plug_in_perplexity(counts: Any, space: Space | int | None = None) -> Estimate:
    """Perplexity of the draws, ``exp -sum (x/n) log (x/n)``: not of what they come from.

    It grows with n, and lies below the perplexity of the generator as long as ids are unseen or
    seldom seen. It describes dependent draws as well as any.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : its size is the limit.

    Returns
    -------
    Estimate in ids, without an interval.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Miller (1955), Note on the bias of information estimates (how far below it lies).

    Examples
    --------
    >>> plug_in_perplexity([2, 2, 2, 2])
    Estimate(4.0 ids, n = 8)
    """
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    n = frequencies.num_draws
    shares = np.array(frequencies.times, dtype=np.float64) / n
    ids = np.array(frequencies.num_ids, dtype=np.float64)
    return Estimate(
        math.exp(-math.fsum((ids * shares * np.log(shares)).tolist())),
        unit="ids",
        method="exp of the entropy of the counts (plug-in): of these draws, not of the generator",
        limit=None if size is None else float(size),
        n=n,
    )
