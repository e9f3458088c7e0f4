"""Measuring one decoder: its marginal, what each reading covers, and real runs of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..environment import available_cores
from ..model.layout import Pathway
from ..model.reference import ReferenceVAE, probabilities
from ..operations import NUM_OPERATIONS, indices_from_trits
from ..rng import numpy_generator
from .coverage import (
    draws_to_reach,
    expected_coverage,
    observed_coverage,
    rarefied_coverage,
    run_interval,
    thinned_coverage,
    uniform_coverage,
)
from .draws import READINGS, Decode, Reading, latent_batches, read
from .information import (
    extreme_masses,
    hill_number,
    marginal_entropy,
    mutual_information_error,
    rarest,
    total_variation_bounds,
    uniform_to_marginal_nats,
)
from .jackknife import jackknife, jackknife_error, pairwise_chi_square
from .marginal import Marginal, estimate_marginal
from .report import DEFAULT_DRAWS, CoverageFigure, InformationFigure, PathwayReport

Weights = Mapping[str, NDArray[Any]]
NUM_LATENTS = 2**20
# Controls need less: random weights are far from sharp, the perfect codebook's answer is known.
CONTROL_LATENTS = 2**18
NUM_UNTRAINED = 3
SHARES = (0.5, 0.9, 0.99)
# Streams of latents: 0 .. 15 belong to the marginal's groups, real runs come after.
FIRST_RUN_STREAM = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """How thoroughly to measure; ``num_runs`` real runs are made of the checkpoint.

    ``structure``: also measure the geometry of the codes, which compares every pair of them.
    """

    num_draws: tuple[int, ...] = DEFAULT_DRAWS
    num_runs: int = 1
    num_latents: int = NUM_LATENTS
    control_latents: int = CONTROL_LATENTS
    num_untrained: int = NUM_UNTRAINED
    seed: int = 0
    threads: int | None = None
    structure: bool = True


def measure_pathway(
    weights: Weights, pathway: Pathway, settings: Settings | None = None, *, scale: float = 1.0
) -> tuple[PathwayReport, Marginal]:
    """Measure one decoder on latents ``scale * z``, z ~ N(0, I)."""
    settings = settings or Settings()
    model = ReferenceVAE(weights, np.float32)

    def decode(latents: NDArray[Any]) -> NDArray[Any]:
        return model.logits(latents if scale == 1.0 else np.float32(scale) * latents, pathway)

    marginal = estimate_marginal(
        decode,
        model.latent_dim,
        settings.num_latents,
        settings.seed,
        readings=True,
        threads=settings.threads or min(available_cores(), 8),
    )
    observed = _real_runs(decode, model.latent_dim, settings)
    figures = tuple(
        _coverage_figure(marginal, reading, n, observed.get((reading, n), ()))
        for reading in READINGS
        for n in settings.num_draws
    )
    information = summarise_information(marginal)
    return (
        PathwayReport(pathway, figures, information, _curve(marginal), _ranked(marginal)),
        marginal,
    )


def summarise_information(marginal: Marginal) -> InformationFigure:
    """Put the entropies, distances and masses of a marginal into one record."""
    entropy, entropy_error = marginal_entropy(marginal)
    chi_square, chi_square_error = pairwise_chi_square(marginal.groups)
    mode = marginal.mode_counts
    if mode is None:
        raise ValueError("expected a marginal with its readings counted; pass readings=True")
    cells = mode / mode.sum(axis=1, keepdims=True)
    mode_chi_square, mode_chi_square_error = pairwise_chi_square(cells)
    uniform_to_marginal, uniform_error = uniform_to_marginal_nats(marginal)
    masses = extreme_masses(marginal.groups)
    p = marginal.probabilities
    return InformationFigure(
        entropy_nats=entropy,
        entropy_error=entropy_error,
        conditional_entropy_nats=marginal.conditional_entropy_nats,
        conditional_entropy_error=marginal.conditional_entropy_standard_error,
        mutual_information_nats=entropy - marginal.conditional_entropy_nats,
        mutual_information_error=mutual_information_error(marginal),
        chi_square=chi_square,
        chi_square_error=chi_square_error,
        mode_chi_square=mode_chi_square,
        mode_chi_square_error=mode_chi_square_error,
        total_variation=total_variation_bounds(marginal.groups),
        uniform_to_marginal_nats=uniform_to_marginal,
        uniform_to_marginal_error=uniform_error,
        minimum_mass=masses["minimum"],
        maximum_mass=masses["maximum"],
        rarest=tuple(rarest(marginal.groups)),
        hill_numbers=(
            hill_number(p, 0),
            math.exp(entropy),
            NUM_OPERATIONS / (1.0 + max(chi_square, 0.0)),
        ),
        draws_to_reach=tuple(_reach(marginal, share) for share in SHARES),
        num_mode_cells=int(np.count_nonzero(mode.sum(axis=0))),
        num_latents=marginal.num_latents,
    )


def _real_runs(
    decode: Decode, latent_dim: int, settings: Settings
) -> dict[tuple[Reading, int], tuple[float, ...]]:
    """Coverage of real runs, each n reading the first n draws of the run."""
    most = max(settings.num_draws)
    observed: dict[tuple[Reading, int], list[float]] = {}
    for run in range(settings.num_runs):
        stream = FIRST_RUN_STREAM + run
        generator = numpy_generator(settings.seed, "categorical", stream)
        never = np.iinfo(np.int64).max
        first = {reading: np.full(NUM_OPERATIONS, never) for reading in READINGS}
        start = 0
        for latents in latent_batches(most, latent_dim, settings.seed, stream=stream):
            each = probabilities(decode(latents))
            for reading in READINGS:
                indices = indices_from_trits(read(each, reading, generator))
                # Written backwards, so that the earliest draw of each operation is what remains.
                seen = np.full(NUM_OPERATIONS, never)
                seen[indices[::-1]] = np.arange(start + len(indices) - 1, start - 1, -1)
                np.minimum(first[reading], seen, out=first[reading])
            start += len(latents)
        for reading in READINGS:
            for n in settings.num_draws:
                share = observed_coverage(first[reading] < n)
                observed.setdefault((reading, n), []).append(share)
    return {key: tuple(values) for key, values in observed.items()}


def sampled_coverage(marginal: Marginal, num_draws: float) -> tuple[float, float]:
    """Expected sampled coverage of n draws without the bias of the estimate, and its error.

    Thinning reaches to the latents there are; beyond, the plain value of the masses is all there
    is, biased low for a sharp decoder.
    """
    groups, squares, sizes = marginal.groups, marginal.group_squares, marginal.group_sizes
    assert squares is not None
    num, total = len(groups), int(sizes.sum())
    if num_draws > total - sizes.max():
        value, error = jackknife(groups, lambda p: expected_coverage(p, num_draws))
        return float(value), float(error)
    first, second = groups.sum(axis=0), squares.sum(axis=0)
    left_out = [
        thinned_coverage(
            (first - groups[i]) / (num - 1),
            (second - squares[i]) / (num - 1),
            total - int(sizes[i]),
            num_draws,
        )
        for i in range(num)
    ]
    value = thinned_coverage(first / num, second / num, total, num_draws)
    return value, float(jackknife_error(np.array(left_out)))


def _reach(marginal: Marginal, share: float) -> tuple[float, float, float]:
    """Draws that meet a share of the space, with the error that their coverage's error makes."""
    total, squares = int(marginal.group_sizes.sum()), marginal.group_squares
    assert squares is not None
    masses, second = marginal.probabilities, squares.mean(axis=0)

    def coverage_at(n: float) -> float:
        if n <= total:
            return thinned_coverage(masses, second, total, n)
        return expected_coverage(masses, n)

    n = draws_to_reach(coverage_at, share, 1e15)
    if math.isinf(n):
        return share, n, math.nan
    slope = (coverage_at(1.001 * n) - coverage_at(0.999 * n)) / (0.002 * n)
    return share, n, sampled_coverage(marginal, n)[1] / slope if slope > 0 else math.nan


def _coverage_figure(
    marginal: Marginal, reading: Reading, num_draws: int, observed: tuple[float, ...]
) -> CoverageFigure:
    if reading == "sampled":
        p = marginal.probabilities
        coverage, error = sampled_coverage(marginal, num_draws)
    else:
        counts = marginal.mode_counts if reading == "mode" else marginal.expectation_counts
        assert counts is not None
        total = counts.sum(axis=0)
        p = total / total.sum()
        if num_draws <= total.sum() - counts.sum(axis=1).max():
            coverage = rarefied_coverage(total, num_draws)
            left_out = [rarefied_coverage(total - group, num_draws) for group in counts]
            error = float(jackknife_error(np.array(left_out)))
        else:
            cells = counts / counts.sum(axis=1, keepdims=True)
            value, spread = jackknife(cells, lambda q: expected_coverage(q, num_draws))
            coverage, error = float(value), float(spread)
    coverage = min(max(coverage, 0.0), 1.0)
    interval = run_interval(p, num_draws, expected=coverage, standard_error=error)
    limit = uniform_coverage(num_draws)
    return CoverageFigure(reading, num_draws, coverage, error, interval, limit, observed)


def _curve(marginal: Marginal) -> tuple[tuple[int, float, float], ...]:
    assert marginal.mode_counts is not None
    assert marginal.group_squares is not None
    counts, masses = marginal.mode_counts.sum(axis=0), marginal.probabilities
    squares, total = marginal.group_squares.mean(axis=0), int(counts.sum())
    return tuple(
        (n, thinned_coverage(masses, squares, total, n), rarefied_coverage(counts, n))
        for n in sorted({round(n) for n in np.geomspace(100, 1_000_000, 41)})
        if n <= total
    )


def _ranked(marginal: Marginal) -> tuple[tuple[int, float, float], ...]:
    """N p at 100 ranks; ordered by one half and read in the other, so that noise is not ranked."""
    assert marginal.mode_counts is not None
    ranks = np.unique(np.linspace(0, NUM_OPERATIONS - 1, 100).round().astype(int))
    curves = []
    for groups in (marginal.groups, marginal.mode_counts / marginal.mode_counts.sum(1).mean()):
        first, second = groups[0::2].mean(axis=0), groups[1::2].mean(axis=0)
        mean = np.zeros(NUM_OPERATIONS)
        for ordered, other in ((first, second), (second, first)):
            mean += 0.5 * NUM_OPERATIONS * other[np.argsort(-ordered, kind="stable")]
        # Means of about 200 neighbouring ranks: single readings of the other half are noisy.
        curves.append([float(part.mean()) for part in np.array_split(mean, len(ranks))])
    return tuple(
        (int(rank), sampled, mode)
        for rank, sampled, mode in zip(ranks, curves[0], curves[1], strict=True)
    )
