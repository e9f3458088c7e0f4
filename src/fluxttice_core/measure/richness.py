"""Richness: how many ids there are, from how many were seen.

``F_k`` is the number of ids drawn exactly k times among n draws, S that of all ids seen.

References
----------
Chao (1984), Scand. J. Statist. 11; (1987), Biometrics 43. Colwell et al. (2012), J. Plant Ecol. 5.
"""

from __future__ import annotations

import math
from typing import Any

from .arguments import one_of
from .coverage import uniform_coverage
from .estimate import Z95, Estimate
from .frequencies import FrequencyCounts, as_frequencies, size_for
from .poisson import RARE_EVENTS, poisson_mean_interval
from .space import Space


def observed_richness(counts: Any, space: Space | int | None = None) -> Estimate:
    """Distinct ids among the draws: an exact count, with an interval of its expectation.

    The interval holds the expected number of distinct ids in n independent draws, ``E S(n)``. Its
    variance is what as many draws again would add, less ``F1^2 / n`` because the draws add up to
    n. Where few draws repeat or few ids were drawn once, that number is Poisson and its exact
    limits are used.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    space : bounds the interval, and gives the limit: what fair dice meet.

    Returns
    -------
    Estimate in ids, an exact count, and the interval of its expectation.

    Raises
    ------
    DrawsError
        No counts.

    References
    ----------
    Colwell et al. (2012), J. Plant Ecol. 5.

    Examples
    --------
    >>> observed_richness([3, 2, 1, 1])
    Estimate(4 ids, 95 % interval 1.0 .. 6.4, n = 7)
    """
    frequencies = as_frequencies(counts)
    size = size_for(frequencies, space)
    n = frequencies.num_draws
    return Estimate(
        frequencies.observed_richness,
        expectation_interval(frequencies, size),
        unit="ids",
        method="exact count; the interval is that of its expectation over runs of n draws "
        "(variance after Colwell et al. 2012; exact Poisson limits where few)",
        limit=None if size is None else size * uniform_coverage(n, size),
        n=n,
    )


BIAS_CORRECTED, CLASSIC = "bias-corrected", "classic"


def chao1(counts: Any, form: str = BIAS_CORRECTED, space: Space | int | None = None) -> Estimate:
    """Chao1, a *lower* bound of the richness, from the ids drawn once and those drawn twice.

    Bias-corrected ``S + F1 (F1 - 1) / (2 (F2 + 1))``, as scikit-bio gives by default; or classic
    ``S + (n - 1) / n F1^2 / (2 F2)``, as iNEXT gives, with ``(n - 1) / n F1 (F1 - 1) / 2`` unseen
    where no id was drawn twice.

    The interval is one-sided, ``(low, None)``, from the exact Poisson limits of both counts: where
    all ids are equally likely Chao1 is no lower bound but an estimate, and its log-normal interval
    does not hold where few ids repeat (simulated). Nothing in the draws bounds how many ids are
    rarer still. It is the same in both forms: they estimate the same.

    Parameters
    ----------
    counts : per id, or :class:`FrequencyCounts`.
    form : "bias-corrected" or "classic".
    space : no richness exceeds its size.

    Returns
    -------
    Estimate in ids, whose interval is open above.

    Raises
    ------
    DrawsError
        No counts, or another form.

    References
    ----------
    Chao (1984), Scand. J. Statist. 11; (1987), Biometrics 43. Chao & Chiu (2016), Wiley StatsRef
    (both forms).

    Examples
    --------
    >>> chao1([2, 1, 1, 1, 1])
    Estimate(8.0 ids, 95 % interval 5.0 .., n = 6)
    >>> round(float(chao1([2, 1, 1, 1, 1], form="classic")), 3)
    11.667
    """
    frequencies = as_frequencies(counts)
    check_form(form, (BIAS_CORRECTED, CLASSIC))
    size = size_for(frequencies, space)
    most = math.inf if size is None else float(size)
    return Estimate(
        min(chao1_value(frequencies, form), most),
        (min(chao1_lower(frequencies), most), None),
        unit="ids",
        method=f"{form} (Chao 1984), a lower bound; the interval is one-sided",
        n=frequencies.num_draws,
    )


def check_form(form: str, forms: tuple[str, ...]) -> None:
    """Refuse the name of a convention that is none of these."""
    one_of(*forms)(form, "form")


def chao1_value(frequencies: FrequencyCounts, form: str = BIAS_CORRECTED) -> float:
    """Return the number alone, for estimates that build on it."""
    if form == CLASSIC:
        return frequencies.observed_richness + classic_unseen(frequencies, frequencies.num_draws)
    once, twice = frequencies.seen(1), frequencies.seen(2)
    return frequencies.observed_richness + once * (once - 1) / (2 * (twice + 1))


def chao1_unseen(once: float, twice: float) -> float:
    """Return the ids never drawn, at least, from those drawn once and twice."""
    return max(once * (once - 1.0), 0.0) / (2.0 * (twice + 1.0))


def classic_unseen(frequencies: FrequencyCounts, num_samples: int) -> float:
    """Return the classic ids never met, from draws or, for Chao2, from sampling units."""
    once, twice = frequencies.seen(1), frequencies.seen(2)
    pairs = once**2 / (2 * twice) if twice else once * (once - 1) / 2
    return (num_samples - 1) / num_samples * pairs


def chao1_lower(frequencies: FrequencyCounts) -> float:
    """Return ``S + F1^2 / 2 F2`` at the unlikely ends of both counts, each nearly Poisson."""
    once = poisson_mean_interval(frequencies.seen(1))[0]
    twice = poisson_mean_interval(frequencies.seen(2))[1]
    # Ids are whole: less than one more is none.
    return float(frequencies.observed_richness + math.floor(once**2 / (2.0 * twice)))


def expectation_interval(frequencies: FrequencyCounts, size: int | None) -> tuple[float, float]:
    """Return the interval of :func:`observed_richness`, for estimates that build on it."""
    seen, n, once = frequencies.observed_richness, frequencies.num_draws, frequencies.seen(1)
    unseen = math.inf if size is None else float(size - seen)
    top = min(float(n), seen + unseen)
    if n - seen < RARE_EVENTS:
        low, high = poisson_mean_interval(n - seen)
        return max(n - high, 1.0), min(n - low, top)
    # Chao1 is a lower bound, and S and F1 rise together: with fewer unseen than these the spread
    # would be understated (simulated), also where the space says that there are fewer.
    pool = 1.75 * (chao1_value(frequencies) - seen)
    more = -pool * math.expm1(-once / pool) if pool else 0.0
    # Ids are whole: never less than the spread of one.
    half = Z95 * math.sqrt(max(more - once**2 / n, 1.0))
    below, above = (max(half, reach) for reach in once_reach(frequencies))
    return max(seen - below, 1.0), min(seen + above, top)


def once_reach(frequencies: FrequencyCounts) -> tuple[float, float]:
    """How far the exact Poisson limits of few ids drawn once reach below and above their number.

    Of these only a share is a spread of the ids: all if no id was drawn twice, since what was
    drawn once may be of any number of ids; else they are about ``F1^2 / 2 F2`` ids, most of which
    are sure to be drawn. Nothing where there are many.
    """
    once = frequencies.seen(1)
    if once >= RARE_EVENTS:
        return 0.0, 0.0
    ratio = 2.0 * frequencies.seen(2) / max(once, 1)
    share = math.sqrt(-math.expm1(-ratio) / ratio) if ratio else 1.0
    low, high = poisson_mean_interval(once)
    return share * (once - low), share * (high - once)
