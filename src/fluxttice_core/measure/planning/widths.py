"""The draws that an interval of a wanted width takes, and those that see a share of the mass."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import DrawsError
from ...rng import numpy_generator
from ..arguments import CALLBACK, SEED, SHARE, checked, one_of, real, truth
from ..curves.by_coverage import sample_coverage_curve
from ..estimate import Estimate, Interval
from ..frequencies import FrequencyCounts, as_frequencies, size_for
from ..of_draws import OF_DRAWS
from ..space import Space, as_space
from .law import FittedLaw, fit_law, too_small
from .search import least_draws
from .stopping import require_share

# Figures whose interval narrows as draws are added. That of a richness, and of its ratio to the
# limit, can widen: both are of n, and rise with it.
FIGURES = ("hill_number_1", "hill_number_2", "unseen_mass", "good_turing_coverage")
_OF_A_SPACE = ("hill_number_1",)
# Pilots that the fitted law could have given: the least and the largest of their answers are the
# ends of a 95 % interval.
NUM_PILOTS = 40
# Steps of the search, for the answer and for those of such pilots.
_CLOSE, _NEAR = 1.03, 1.1
_FEWEST = 20
# Of the draws of the pilot: further than this nothing is searched.
_FURTHEST = 10_000
_REPEATS = 9


@checked(
    figure=one_of(*FIGURES),
    width=real(0, is_open=True),
    relative=truth,
    seed=SEED,
    on_pilot=CALLBACK,
)
def draws_for_width(
    counts: Any,
    figure: str,
    width: float,
    *,
    relative: bool = False,
    space: Space | int | None = None,
    seed: int = 0,
    on_pilot: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Draws at which the 95 % interval of a figure is expected to be no wider than wanted.

    A law is fitted to the pilot, and samples of more draws from it are measured as any others are:
    the answer is the least number of draws at which the median of their widths is as wanted. The
    interval of the answer is that of pilots which the law could have given, one half of them with
    as few ids unseen as Chao1 adds, the other with as many as there can be: its upper end is the
    number to plan with.

    Parameters
    ----------
    counts : of the pilot, per id, or :class:`FrequencyCounts`.
    figure : "hill_number_1" (in a known space), "hill_number_2", "unseen_mass" or
        "good_turing_coverage". The interval of a richness, or a ratio, can widen with n.
    width : of the interval, from end to end, in the unit of the figure.
    relative : whether the width is a share of the figure instead.
    space : number of possible ids, or a :class:`Space`; None if unknown.
    seed : of the samples.
    on_pilot : called with the pilots done so far, and all.

    Returns
    -------
    Estimate in draws; withheld where the pilot is too small, or no number of draws is enough.

    Raises
    ------
    DrawsError
        No counts, another figure, one that needs a space, or a width that is none.

    References
    ----------
    Chao et al. (2014), Ecol. Monogr. 84 (the fitted law).

    Examples
    --------
    >>> draws_for_width([40, 30, 20, 10], "hill_number_2", 0.1, relative=True)
    Estimate(766 draws, 95 % interval 270 .. 1,532, n = 100)
    """
    frequencies, known = as_frequencies(counts), as_space(space)
    size_for(frequencies, known)
    if known.size is None and figure in _OF_A_SPACE:
        raise DrawsError(f"expected a space of known size for {figure}, got none; give its size")
    n = frequencies.num_draws
    answer = Estimate(
        None,
        unit="draws",
        method=f"least n at which the median width of {figure} is at most {width:g}"
        + (" of the figure" if relative else "")
        + ", in samples of a law fitted to the pilot (Chao et al. 2014)",
        n=n,
    )
    reason = too_small(frequencies)
    if reason is not None:
        return replace(answer, reason=reason)
    rng = numpy_generator(seed, "simulation")

    def needed(law: FittedLaw, repeats: int, start: int, close: float) -> int | None:
        def reached(num_draws: int) -> bool:
            widths = [
                _width(law.sample(num_draws, rng), figure, known, relative=relative)
                for _ in range(repeats)
            ]
            return float(np.median(widths)) <= width

        return least_draws(reached, start, _FEWEST, _FURTHEST * n, close)

    law = fit_law(frequencies, known.size)
    value = needed(law, _REPEATS, n, _CLOSE)
    if value is None:
        return replace(
            answer,
            reason=f"not reached by {_FURTHEST:,} times the draws of the pilot: ask for a wider "
            "interval",
        )
    # By the length of the tail: the first as short as is likely.
    found: tuple[list[int | None], list[int | None]] = ([value], [value])
    for done in range(NUM_PILOTS):
        is_long = done % 2 == 1
        fitted = fit_law(law.sample(n, rng), known.size, is_long=is_long)
        found[is_long].append(needed(fitted, 1, value, _NEAR))
        if on_pilot is not None:
            on_pilot(done + 1, NUM_PILOTS)
    return replace(answer, value=value, interval=_ends(value, *found))


def _ends(value: int, short: list[int | None], long: list[int | None]) -> Interval:
    """From the least of the answers to the largest, and as far to the other side of the value.

    A law fitted to its own pilots strays to one side; what the pilot's law strayed to is the other.
    """
    reached = [n for n in (*short, *long) if n is not None]
    near = [n for n in short if n is not None]
    low = min(min(reached), value**2 / max(near))
    high = max(max(reached), value**2 / min(near))
    return float(round(low)), None if None in (*short, *long) else float(round(high))


def _width(frequencies: FrequencyCounts, figure: str, space: Space, *, relative: bool) -> float:
    estimate = OF_DRAWS[figure](frequencies, space)
    low, high = estimate.interval or (None, None)
    if low is None or high is None or estimate.value is None:
        return math.inf
    of = float(estimate.value) if relative else 1.0
    return (high - low) / of if of else math.inf


@checked(mass=SHARE)
def draws_to_see(counts: Any, mass: float) -> Estimate:
    """Draws of which the ids are expected to hold a share of the mass.

    The sample coverage at more draws and at fewer, by Chao and Jost, turned round; its interval
    turned round is that of the answer. Up to twice the draws of the pilot: beyond, the answer is
    withheld, and only a least number given.

    Parameters
    ----------
    counts : of the pilot, per id, or :class:`FrequencyCounts`.
    mass : to be seen, above 0 and below 1.

    Returns
    -------
    Estimate in draws; withheld beyond twice those of the pilot, and if fewer than 30 repeat an id.

    Raises
    ------
    DrawsError
        No counts, or a mass that is none.

    References
    ----------
    Chao & Jost (2012), Ecology 93.

    Examples
    --------
    >>> draws_to_see([30, 20, 10, 5, 2, 1, 1, 1], 0.97)
    Estimate(107 draws, 95 % interval 27 .., n = 70)
    """
    frequencies = as_frequencies(counts)
    require_share("a mass", mass)
    n = frequencies.num_draws

    def first(of: Callable[[Estimate], float]) -> int | None:
        return _first(lambda m: of(sample_coverage_curve(frequencies, [m])[m]) >= mass, 2 * n)

    value = first(float)
    low, high = first(lambda found: _end(found, 1)), first(lambda found: _end(found, 0))
    least = 2 * n if low is None else low
    if value is not None:
        least, high = min(least, value), None if high is None else max(high, value)
    reason = too_small(frequencies)
    if value is None:
        reason = f"more than twice the {n:,} draws of the pilot: draw so many, and plan again"
    return Estimate(
        None if reason else value,
        (float(least), None if high is None else float(high)),
        unit="draws",
        method="least n whose sample coverage is expected to come to it (Chao & Jost 2012)",
        n=n,
        reason=reason,
    )


def _first(reached: Callable[[int], bool], most: int) -> int | None:
    low, high = 0, most
    if not reached(most):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _end(estimate: Estimate, place: int) -> float:
    assert estimate.interval is not None
    end = estimate.interval[place]
    return float(place) if end is None else end
