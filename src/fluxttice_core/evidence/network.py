"""Measuring a network and its controls in one run, by the same code."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.layout import INPUT_DIM, PATHWAYS, Pathway
from ..model.reference import ReferenceVAE
from ..operations import NUM_OPERATIONS, generate_all_operations
from ..rng import numpy_generator
from ..splits import Split
from .controls import collapsed_weights, perfect_weights, permutation, untrained_weights
from .draws import Reading
from .jackknife import Z95
from .likelihood import measure_likelihood
from .marginal import Marginal
from .pathway import Settings, Weights, measure_pathway
from .posterior import summarise_posterior
from .reconstruction import Reconstruction, noisy_exact_rate, permuted_exact, reconstruct
from .report import CoverageReport, NetworkReport, PathwayReport
from .richness import poisson_mean_interval
from .separation import Reading as Bounded
from .separation import Separation, separate, verdict
from .structure import Codes, Structure, measure_structure, renamed_values

RHOS = (0.0, 0.1, 0.3, 0.5, 0.7)


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
    # A rho of training may differ from one of these in its last bits alone.
    rhos = tuple(sorted([*(other for other in RHOS if not math.isclose(other, rho)), rho]))
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
        structure = _structures(model, settings.seed)
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


def _structures(model: ReferenceVAE, seed: int) -> dict[Pathway, tuple[Structure, ...]]:
    """The checkpoint's codes beside the raw trits and a random encoder's."""
    operations = generate_all_operations()
    renamed = renamed_values(operations)
    random_encoder = ReferenceVAE(untrained_weights(seed, model.latent_dim))

    def one(kind: Codes, encode: Callable[[NDArray[Any]], NDArray[Any]]) -> Structure:
        # The same pairs for each, so that only the codes differ.
        generator = numpy_generator(seed, "pairs")
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
