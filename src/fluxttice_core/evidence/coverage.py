"""What each reading of a decoder covers, expected from the latents of its marginal.

Coverage is concave in the masses, so the masses of M latents, noisy as they are, understate it.
Thinning the latents (rarefaction) does not, but n draws can be thinned out of more than n latents
only; the jackknife needs as many with any group left out. Beyond that, figures are withheld: the
plain value of the masses is biased there by up to several percent, and its jackknife carries it
above what any independent sampler can reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.coverage import draws_to_reach, run_interval, thinned_coverage, uniform_coverage
from ..measure.curves.rarefaction import rarefied_value
from ..measure.estimate import Z95
from ..measure.frequencies import FrequencyCounts
from ..measure.jackknife import jackknife_error, student_t95
from ..measure.poisson import RARE_EVENTS, poisson_mean_interval
from .figures import CoverageFigure
from .marginal import Marginal
from .readings import Reading

CURVE_DRAWS = tuple(sorted({round(n) for n in np.geomspace(100, 1_000_000, 41)}))
NUM_RANKS = 100


@dataclass(frozen=True, slots=True)
class Curve:
    """Expected coverage of n draws under one reading, nearly without bias for n <= ``num_latents``.

    ``left_out``: the same with each group of latents left out in turn. ``masses``: the plain
    estimate of what is drawn from, ``(N,)``.
    """

    at: Callable[[float], float]
    num_latents: int
    masses: NDArray[np.float64]
    left_out: tuple[Curve, ...] = ()

    @property
    def reach(self) -> int:
        """The most draws of which something can be said, with its error."""
        return min(curve.num_latents for curve in self.left_out)

    def error(self, num_draws: float) -> float:
        """Standard error at n <= :attr:`reach`."""
        return float(jackknife_error(np.array([curve.at(num_draws) for curve in self.left_out])))

    def slope(self, num_draws: int) -> float:
        """New words per draw at n, as a share of the space."""
        step = max(num_draws // 1000, 1)
        low, high = num_draws - step, min(num_draws + step, self.num_latents)
        return (self.at(high) - self.at(low)) / (high - low)


def latents_needed(num_draws: int, num_groups: int) -> int:
    """Fewest latents from which a figure at n draws can be had: n with the largest group left out.

    >>> latents_needed(50_000, 16)
    53334
    """
    return num_draws + -(-num_draws // (num_groups - 1))


def expected_curve(marginal: Marginal, reading: Reading) -> Curve:
    """Return the curve of one reading: thinned for the sampled one, rarefied counts for others.

    Raises
    ------
    ValueError
        A marginal without squares and counts.
    """
    sizes = marginal.group_sizes
    num, total = len(sizes), int(sizes.sum())
    counts = marginal.mode_counts if reading == "mode" else marginal.expectation_counts
    groups, squares = marginal.groups, marginal.group_squares
    if counts is None or squares is None:
        raise ValueError("expected a marginal with its readings counted; pass readings=True")
    if reading == "sampled":
        first, second = groups.sum(axis=0), squares.sum(axis=0)
        left_out = (
            _thinned((first - p) / (num - 1), (second - p2) / (num - 1), total - int(size))
            for p, p2, size in zip(groups, squares, sizes, strict=True)
        )
        return _thinned(first / num, second / num, total, tuple(left_out))
    whole = counts.sum(axis=0)
    return _rarefied(whole, tuple(_rarefied(whole - group) for group in counts))


def _thinned(
    masses: NDArray[Any], squares: NDArray[Any], num_latents: int, left_out: tuple[Curve, ...] = ()
) -> Curve:
    def at(num_draws: float) -> float:
        return thinned_coverage(masses, squares, num_latents, num_draws)

    return Curve(at, num_latents, masses, left_out)


def _rarefied(counts: NDArray[Any], left_out: tuple[Curve, ...] = ()) -> Curve:
    size, num_latents = len(counts), int(counts.sum())
    frequencies = FrequencyCounts.of_counts(counts)

    def at(num_draws: float) -> float:
        return rarefied_value(frequencies, int(num_draws)) / size

    return Curve(at, num_latents, counts / num_latents, left_out)


def coverage_figure(
    curve: Curve, reading: Reading, num_draws: int, observed: tuple[float, ...] = ()
) -> CoverageFigure:
    """Read a curve at n, with its error and the interval of one real run; or withhold it."""
    size = len(curve.masses)
    limit = uniform_coverage(num_draws, size)
    if num_draws > curve.reach:
        needed = latents_needed(num_draws, len(curve.left_out))
        return CoverageFigure(reading, num_draws, limit, observed, latents_needed=needed)
    unbiased, error = curve.at(num_draws), curve.error(num_draws)
    coverage = _held(unbiased, limit)
    return CoverageFigure(
        reading,
        num_draws,
        limit,
        observed,
        coverage,
        unbiased,
        error,
        coverage_ci=expected_interval(curve, num_draws, unbiased, error),
        interval=one_run_interval(curve, num_draws, coverage, error),
    )


def expected_interval(
    curve: Curve, num_draws: int, unbiased: float, standard_error: float
) -> tuple[float, float]:
    """Interval in which the expected coverage C(n) lies 95 times in 100, held to the limit.

    Where more than half of the latents are kept and few words are unseen, those few decide, and
    leaving groups out does not show it: their number scatters as Poisson's does at most.
    """
    size = len(curve.masses)
    limit = uniform_coverage(num_draws, size)
    half = student_t95(len(curve.left_out)) * standard_error
    low, high = unbiased - half, unbiased + half
    unseen = size * (1.0 - unbiased)
    if 2 * num_draws > curve.num_latents and unseen < RARE_EVENTS:
        fewest, most = poisson_mean_interval(max(round(unseen), 0))
        low, high = min(low, 1.0 - most / size), max(high, 1.0 - fewest / size)
    return _held(low, limit), _held(high, limit)


def one_run_interval(
    curve: Curve, num_draws: int, coverage: float, standard_error: float
) -> tuple[float, float]:
    """Interval in which the coverage of one real run of n draws falls 95 times in 100.

    As :func:`fluxttice_core.measure.coverage.run_interval`, but for the variance of a run: that of
    noisy masses is off by up to half where latents are few, so it is read from the curve.
    """
    size = len(curve.masses)
    distinct, error = coverage * size, standard_error * size
    if min(size - distinct, num_draws - distinct) < RARE_EVENTS:
        return run_interval(
            curve.masses, num_draws, expected=coverage, standard_error=standard_error
        )
    half = Z95 * math.sqrt(distinct_variance(curve, num_draws) + error**2)
    return max(distinct - half, 0.0) / size, min(distinct + half, float(size), num_draws) / size


def distinct_variance(curve: Curve, num_draws: int) -> float:
    """Variance of the number of distinct words in one run of n independent draws.

    ``sum q (1 - q) - n (sum p q)^2`` with ``q = (1 - p)^n``, whose parts the curve holds: ``sum q``
    is ``N (1 - C(n))``, ``sum q^2`` is ``N (1 - C(2 n))`` and ``sum p q`` is ``N C'(n)``. Where 2 n
    exceeds the latents, ``C(2 n)`` is at most what the concave curve can still rise to, and the
    interval the wider.
    """
    size, most = len(curve.masses), curve.num_latents
    if 2 * num_draws <= most:
        twice = curve.at(2 * num_draws)
    else:
        rise = (2 * num_draws - most) * curve.slope(most)
        twice = min(curve.at(most) + rise, uniform_coverage(2 * num_draws, size))
    scatter = size * (twice - curve.at(num_draws))
    return max(scatter - num_draws * (size * curve.slope(num_draws)) ** 2, 0.0)


def reach_share(curve: Curve, share: float) -> tuple[float, float, float]:
    """Draws that meet a share of the space, with the error that their coverage's error makes.

    Infinite where the latents do not tell.
    """
    if curve.at(curve.reach) < share:
        return share, math.inf, math.nan

    def coverage_at(num_draws: float) -> float:
        return curve.at(num_draws) if num_draws <= curve.num_latents else 1.0

    n = draws_to_reach(coverage_at, share, 1e15)
    slope = (coverage_at(1.001 * n) - coverage_at(0.999 * n)) / (0.002 * n)
    return share, n, curve.error(n) / slope if slope > 0 else math.nan


def curve_points(sampled: Curve, mode: Curve) -> tuple[tuple[int, float, float], ...]:
    """``n, C sampled, C mode`` on a grid of n up to the latents there are, for pictures."""
    limits = {n: uniform_coverage(n, len(sampled.masses)) for n in CURVE_DRAWS}
    return tuple(
        (n, _held(sampled.at(n), limit), _held(mode.at(n), limit))
        for n, limit in limits.items()
        if n <= sampled.num_latents
    )


def _held(estimate: float, limit: float) -> float:
    return min(max(estimate, 0.0), limit)


def ranked_masses(marginal: Marginal) -> tuple[tuple[int, float, float], ...]:
    """``rank, N p`` of the marginal and of the mode cells, from the commonest to the rarest word.

    Ordered by one half and read in the other, so that noise is not ranked.
    """
    counts = marginal.mode_counts
    if counts is None:
        raise ValueError("expected a marginal with its readings counted; pass readings=True")
    size = marginal.groups.shape[1]
    ranks = np.unique(np.linspace(0, size - 1, NUM_RANKS).round().astype(int))
    curves = []
    for groups in (marginal.groups, counts / counts.sum(1).mean()):
        first, second = groups[0::2].mean(axis=0), groups[1::2].mean(axis=0)
        mean = np.zeros(size)
        for ordered, other in ((first, second), (second, first)):
            mean += 0.5 * size * other[np.argsort(-ordered, kind="stable")]
        # Means of neighbouring ranks: single readings of the other half are noisy.
        curves.append([float(part.mean()) for part in np.array_split(mean, len(ranks))])
    return tuple(
        (int(rank), sampled, mode)
        for rank, sampled, mode in zip(ranks, curves[0], curves[1], strict=True)
    )
