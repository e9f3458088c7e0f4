"""Measuring a network and its controls in one run, by the same code."""

from __future__ import annotations

import math
from functools import partial

from ..rng import numpy_generator
from .comparison import comparable_draws, compare, is_sound
from .figures import PathwayReport
from .generator import Floats, Generator, Parts, whole_space
from .jobs import Job, JobList, Progress
from .likelihood import Likelihood, measure_likelihood
from .marginal import Marginal
from .network import NetworkPlan
from .pathway import Settings, plan_pathway
from .posterior import Posterior, summarise_posterior
from .reconstruction import Reconstruction, count_parts, dealt_out, positions_right
from .report import CoverageReport
from .separation import verdict
from .structure import Structure, measure_structure, raw_codes, renamed_values

RHOS = (0.0, 0.1, 0.3, 0.5, 0.7)


def measure_with_controls(
    generator: Generator,
    settings: Settings | None = None,
    *,
    source: str,
    weights_sha256: str | None = None,
    parts: Parts | None = None,
    rho: float = 0.0,
    active_threshold_nats: float = 5e-4,
    on_progress: Progress | None = None,
) -> CoverageReport:
    """Measure a network and, in the same run, its negative controls and the positive one.

    Parameters
    ----------
    source, weights_sha256 : what is measured, for the record.
    parts : ids by name, over each of which reconstruction is counted; None for the whole space.
    rho : cross-injection at which coupled decoders read mixed prior codes.
    active_threshold_nats : KL above which a latent dimension counts as active.
    on_progress : called with the number of pieces done so far, and of all.
    """
    settings, jobs = settings or Settings(), JobList()
    parts = parts or whole_space(generator.space)
    seeds = range(settings.seed, settings.seed + settings.num_untrained)
    random = [generator.untrained(seed) for seed in seeds]
    # Long jobs first, so that none is left to a single core at the end.
    own = _CheckpointPlan(jobs, generator, settings, parts, rho, active_threshold_nats, random[0])
    control = settings.of_controls()
    untrained = [NetworkPlan(jobs, other, control, parts) for other in random]
    shut = NetworkPlan(jobs, generator.collapsed(settings.seed), control, parts)
    positive = generator.perfect()
    by_hand = None
    if positive is not None:
        by_hand = NetworkPlan(jobs, positive, control, parts, own.rhos)
    settings.run(jobs, on_progress)

    blind = tuple(
        plan.report("untrained", seed) for seed, plan in zip(seeds, untrained, strict=True)
    )
    checkpoint = own.network.report("checkpoint", None)
    collapsed = shut.report("collapsed", settings.seed)
    perfect = None if by_hand is None else by_hand.report("perfect", None)
    compared = comparable_draws([checkpoint, *blind, collapsed])
    separations = compare(checkpoint, blind, collapsed, own.permuted.value, compared)
    return CoverageReport(
        source=source,
        weights_sha256=weights_sha256,
        space=generator.space,
        seed=settings.seed,
        num_latents=settings.num_latents,
        control_latents=control.num_latents,
        rho=rho,
        checkpoint=checkpoint,
        coupled=tuple(job.value for job in own.coupled),
        untrained=blind,
        collapsed=collapsed,
        perfect=perfect,
        permuted=own.permuted.value,
        posterior=own.posterior.value,
        likelihood=own.likelihood.value,
        structure={name: tuple(job.value for job in rows) for name, rows in own.structure.items()},
        separations=separations,
        compared_draws=compared,
        verdict=verdict(separations),
        is_sound=None if perfect is None else is_sound(perfect),
    )


class _CheckpointPlan:
    """The jobs that measure a checkpoint: what every network is asked, and what it alone is."""

    def __init__(
        self,
        jobs: JobList,
        generator: Generator,
        settings: Settings,
        parts: Parts,
        rho: float,
        active_threshold_nats: float,
        random_encoder: Generator,
    ) -> None:
        has_two, seed = len(generator.pathways) == 2, settings.seed
        # A rho of training may differ from one of these in its last bits alone.
        others = [other for other in RHOS if not math.isclose(other, rho)]
        self.rhos = tuple(sorted([*others, rho])) if has_two else (0.0,)
        self.structure = (
            _plan_structure(jobs, generator, random_encoder, seed) if settings.structure else {}
        )
        self.network = NetworkPlan(jobs, generator, settings, parts, self.rhos)
        self.likelihood = jobs.add(
            partial(_likelihoods, generator, parts, seed), *self.network.marginals, keep=True
        )
        encoded = self.network.encoded
        self.permuted = jobs.add(
            partial(_permuted, generator, parts, seed), after=encoded, keep=True
        )
        self.posterior = jobs.add(
            partial(_posteriors, generator, active_threshold_nats), after=encoded, keep=True
        )
        control = settings.of_controls()
        self.coupled = _plan_coupled(jobs, generator, rho, control) if has_two else []


def _posteriors(generator: Generator, threshold: float) -> tuple[Posterior, ...]:
    return tuple(summarise_posterior(generator, name, threshold) for name in generator.pathways)


def _plan_coupled(
    jobs: JobList, generator: Generator, rho: float, settings: Settings
) -> list[Job[PathwayReport]]:
    """Both decoders on a mix of two independent prior codes: N(0, (1 - rho)^2 + rho^2)."""
    scale = math.sqrt((1.0 - rho) ** 2 + rho**2)
    return [
        plan_pathway(jobs, generator, name, settings, scale=scale)[0] for name in generator.pathways
    ]


def _permuted(generator: Generator, parts: Parts, seed: int) -> tuple[Reconstruction, ...]:
    order = dealt_out(generator.space.size, seed)
    rows: list[Reconstruction] = []
    for name in generator.pathways:
        right = positions_right(generator, name, codes_of=order)
        rows += count_parts(right, generator.space.length, parts, name, 0.0)
    return tuple(rows)


def _likelihoods(
    generator: Generator, parts: Parts, seed: int, *marginals: Marginal
) -> dict[str, tuple[Likelihood, ...]]:
    # One stream for all pathways, one after the other.
    noise = numpy_generator(seed, "posterior")
    return {
        name: measure_likelihood(generator, name, marginal.groups, parts, noise)
        for name, marginal in zip(generator.pathways, marginals, strict=True)
    }


def _plan_structure(
    jobs: JobList, generator: Generator, random_encoder: Generator, seed: int
) -> dict[str, list[Job[Structure]]]:
    """The checkpoint's codes beside the raw words and a random encoder's."""
    space = generator.space
    renamed = renamed_values(space)

    def of(kind: str, codes: Floats, permuted: Floats) -> Structure:
        # The same pairs for each, so that only the codes differ.
        pairs = numpy_generator(seed, "pairs")
        return measure_structure(codes, permuted, space, kind, pairs)

    def encoded(kind: str, network: Generator, pathway: str) -> Structure:
        codes, _ = network.encode_all(pathway)
        return of(kind, codes, network.encode(renamed, pathway)[0])

    words = space.enumerate().astype(float)
    raw = jobs.add(lambda: of(raw_codes(space), words, renamed.astype(float)), keep=True)
    return {
        name: [
            jobs.add(partial(encoded, "checkpoint", generator, name), keep=True),
            raw,
            jobs.add(partial(encoded, "random encoder", random_encoder, name), keep=True),
        ]
        for name in generator.pathways
    }
