"""Measuring a network and its controls in one run, by the same code."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import INPUT_DIM, PATHWAYS, Pathway
from ..model.reference import ReferenceVAE, probabilities
from ..operations import NUM_OPERATIONS, generate_all_operations, indices_from_trits
from ..rng import numpy_generator
from ..splits import Split
from .controls import collapsed_weights, perfect_weights, permutation, untrained_weights
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
from .jackknife import Z95, jackknife, jackknife_error, pairwise_chi_square
from .likelihood import measure_likelihood
from .marginal import Marginal, estimate_marginal
from .posterior import summarise_posterior
from .reconstruction import Reconstruction, noisy_exact_rate, permuted_exact, reconstruct
from .report import (
    DEFAULT_DRAWS,
    CoverageFigure,
    CoverageReport,
    InformationFigure,
    NetworkReport,
    PathwayReport,
)
from .richness import poisson_mean_interval
from .separation import Reading as Bounded
from .separation import Separation, separate, verdict
from .structure import Codes, Structure, measure_structure, renamed_values

Weights = Mapping[str, NDArray[Any]]
RHOS = (0.0, 0.1, 0.3, 0.5, 0.7)
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


def measure_network(
    weights: Weights,
    *,
    source: str,
    weights_sha256: str | None,
    split: Split,
    rho: float = 0.1,
    settings: Settings | None = None,
    active_threshold_nats: float = 5e-4,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport:
    """Measure a network and, in the same run, its negative controls and the positive one.

    Parameters
    ----------
    rho : cross-injection at which the coupled decoders read mixed prior codes.
    on_progress : called with the number of parts done so far, and of all.
    """
    settings = settings or Settings()
    control = Settings(
        num_draws=settings.num_draws,
        num_runs=0,
        num_latents=min(settings.control_latents, settings.num_latents),
        seed=settings.seed,
        threads=settings.threads,
    )
    model = ReferenceVAE(weights)
    seeds = range(settings.seed, settings.seed + settings.num_untrained)
    has_perfect = model.latent_dim >= INPUT_DIM
    total = 2 * (1 + len(seeds) + 1 + has_perfect) + 4
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, total)

    if on_progress is not None:
        on_progress(0, total)
    rhos = tuple(sorted({*RHOS, rho}))
    checkpoint, marginals = _measure(weights, "checkpoint", None, split, rhos, settings, step)
    untrained = tuple(
        _measure(
            untrained_weights(seed, model.latent_dim),
            "untrained",
            seed,
            split,
            (0.0,),
            control,
            step,
        )[0]
        for seed in seeds
    )
    collapsed = _measure(
        collapsed_weights(settings.seed, model.latent_dim),
        "collapsed",
        settings.seed,
        split,
        (0.0,),
        control,
        step,
    )[0]
    perfect = None
    if has_perfect:
        perfect = _measure(
            perfect_weights(model.latent_dim), "perfect", None, split, rhos, control, step
        )[0]
    coupled = _coupled(weights, rho, control)
    step()
    permuted = _permuted(model, split, settings.seed)
    generator = numpy_generator(settings.seed, "posterior")
    likelihood = {
        pathway: measure_likelihood(
            model, pathway, marginals[pathway].groups, split.parts(), generator
        )
        for pathway in PATHWAYS
    }
    step()
    structure: dict[Pathway, tuple[Structure, ...]] = {}
    if settings.structure:
        structure = _structures(model, untrained_weights(settings.seed, model.latent_dim))
    step()
    separations = _separations(checkpoint, untrained, collapsed, permuted, settings.num_draws)
    posterior = tuple(
        summarise_posterior(model, pathway, active_threshold_nats) for pathway in PATHWAYS
    )
    step()
    return CoverageReport(
        source=source,
        weights_sha256=weights_sha256,
        seed=settings.seed,
        num_latents=settings.num_latents,
        rho=rho,
        checkpoint=checkpoint,
        coupled=coupled,
        untrained=untrained,
        collapsed=collapsed,
        perfect=perfect,
        permuted=permuted,
        posterior=posterior,
        likelihood=likelihood,
        structure=structure,
        separations=separations,
        verdict=verdict(separations),
        is_sound=is_sound(perfect) if perfect is not None else None,
    )


def is_sound(perfect: NetworkReport) -> bool:
    """Whether the perfect codebook is given full marks: else the measurement itself is wrong.

    Every coverage within four of its errors of the limit, chi-square of 0, nothing left open by a
    code but what the softmax blurs at the cuts, and every operation back from its own code.
    """
    for item in perfect.pathways:
        figures = item.information
        near = all(
            abs(figure.coverage - figure.limit) <= 4 * figure.standard_error + 1e-5
            for figure in item.coverage
            # Beyond the latents there are, only a biased value can be had.
            if figure.num_draws <= 0.9 * figures.num_latents
        )
        flat = abs(figures.chi_square) <= 4 * figures.chi_square_error + 1e-4
        sharp = figures.conditional_entropy_nats < 0.05
        whole = perfect.num_exact(item.pathway) == NUM_OPERATIONS
        if not (near and flat and sharp and whole):
            return False
    return True


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
        threads=settings.threads or min(os.cpu_count() or 1, 8),
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


def _measure(
    weights: Weights,
    role: str,
    seed: int | None,
    split: Split,
    rhos: tuple[float, ...],
    settings: Settings,
    step: Callable[[], None],
) -> tuple[NetworkReport, dict[Pathway, Marginal]]:
    model = ReferenceVAE(weights)
    pathways, marginals, noisy = [], {}, []
    for pathway in PATHWAYS:
        report, marginals[pathway] = measure_pathway(weights, pathway, settings)
        pathways.append(report)
        generator = numpy_generator(settings.seed, "posterior", 1)
        noisy.append(noisy_exact_rate(model, pathway, generator))
        step()
    rows = reconstruct(model, split, rhos)
    return NetworkReport(role, seed, tuple(pathways), rows, tuple(noisy)), marginals


def _coupled(weights: Weights, rho: float, settings: Settings) -> tuple[PathwayReport, ...]:
    """Both decoders on a mix of two independent prior codes: N(0, (1 - rho)^2 + rho^2)."""
    scale = math.sqrt((1.0 - rho) ** 2 + rho**2)
    return tuple(
        measure_pathway(weights, pathway, settings, scale=scale)[0] for pathway in PATHWAYS
    )


def _permuted(model: ReferenceVAE, split: Split, seed: int) -> tuple[Reconstruction, ...]:
    order = permutation(seed)
    rows = []
    for pathway in PATHWAYS:
        right = permuted_exact(model, pathway, order)
        for name, part in split.parts().items():
            chosen = right[part]
            exact, trits = int((chosen == 9).sum()), int(chosen.sum())
            rows.append(Reconstruction(pathway, name, 0.0, len(part), exact, trits))
    return tuple(rows)


def _structures(model: ReferenceVAE, untrained: Weights) -> dict[Pathway, tuple[Structure, ...]]:
    """The checkpoint's codes beside the raw trits and a random encoder's."""
    operations = generate_all_operations()
    renamed = renamed_values(operations)
    random_encoder = ReferenceVAE(untrained)

    def one(kind: Codes, encode: Callable[[NDArray[Any]], NDArray[Any]]) -> Structure:
        # The same pairs for each, so that only the codes differ.
        generator = numpy_generator(0, "pairs")
        return measure_structure(encode(operations), encode(renamed), kind, generator)

    def encoder(network: ReferenceVAE, pathway: Pathway) -> Callable[[NDArray[Any]], NDArray[Any]]:
        return lambda trits: network.encode(trits, pathway)[0]

    raw = one("raw trits", lambda trits: trits.astype(np.float64))
    return {
        pathway: (
            one("checkpoint", encoder(model, pathway)),
            raw,
            one("random encoder", encoder(random_encoder, pathway)),
        )
        for pathway in PATHWAYS
    }


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


def _separations(
    checkpoint: NetworkReport,
    untrained: tuple[NetworkReport, ...],
    collapsed: NetworkReport,
    permuted: tuple[Reconstruction, ...],
    num_draws: Sequence[int],
) -> tuple[Separation, ...]:
    n = 50_000 if 50_000 in num_draws else max(num_draws)
    limit = math.log(NUM_OPERATIONS)

    def highest(readings: list[Bounded]) -> Bounded:
        return max(readings, key=lambda reading: reading.high)

    def coverage(item: PathwayReport, reading: Reading) -> Bounded:
        figure = item.figure(reading, n)
        half = Z95 * figure.standard_error / figure.limit
        return Bounded(figure.ratio, figure.ratio - half, figure.ratio + half)

    def information(item: PathwayReport) -> Bounded:
        value = item.information.mutual_information_nats
        error = item.information.mutual_information_error
        half = Z95 * error if math.isfinite(error) else math.inf
        return Bounded(value, value - half, value + half)

    def by_chance(count: int) -> Bounded:
        low, high = poisson_mean_interval(count)
        return Bounded(count / NUM_OPERATIONS, low / NUM_OPERATIONS, high / NUM_OPERATIONS)

    found = []
    for pathway in PATHWAYS:
        own = checkpoint.pathway(pathway)
        blind = [item.pathway(pathway) for item in untrained]
        shut = collapsed.pathway(pathway)
        readings: tuple[tuple[Any, Reading], ...] = (
            ("coverage sampled", "sampled"),
            ("coverage mode", "mode"),
        )
        for axis, reading in readings:
            controls = {
                "untrained": highest([coverage(item, reading) for item in blind]),
                "collapsed": coverage(shut, reading),
                "permuted": coverage(own, reading),
                "dice": Bounded.exact(1.0),
            }
            found.append(separate(pathway, axis, coverage(own, reading), 1.0, controls))
        controls = {
            "untrained": highest([information(item) for item in blind]),
            "collapsed": information(shut),
            "permuted": information(own),
            "dice": Bounded.exact(0.0),
        }
        found.append(separate(pathway, "information", information(own), limit, controls))
        wrong = sum(row.num_exact for row in permuted if row.pathway == pathway)
        controls = {
            "untrained": highest([by_chance(item.num_exact(pathway)) for item in untrained]),
            "collapsed": by_chance(collapsed.num_exact(pathway)),
            "permuted": by_chance(wrong),
            "dice": by_chance(1),
        }
        rate = Bounded.exact(checkpoint.num_exact(pathway) / NUM_OPERATIONS)
        found.append(separate(pathway, "reconstruction", rate, 1.0, controls))
    return tuple(found)
