"""Measuring one decoder: its marginal, what each reading covers, and real runs of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..measure.entropy import hill_number_of_masses
from ..measure.jackknife import pairwise_chi_square
from ..measure.space import WordSpace
from ..rng import numpy_generator
from ..threads import available_cores
from .coverage import (
    Curve,
    coverage_figure,
    curve_points,
    expected_curve,
    ranked_masses,
    reach_share,
)
from .draws import Decode, latent_batches
from .figures import InformationFigure, PathwayReport
from .generator import Generator
from .information import (
    extreme_masses,
    marginal_entropy,
    mutual_information_error,
    rarest,
    total_variation_bounds,
    uniform_to_marginal_nats,
)
from .jobs import Job, JobList, Progress
from .marginal import Marginal, group_sizes, join_groups, sum_group
from .readings import READINGS, Reading, read, softmax
from .report import DEFAULT_DRAWS

NUM_LATENTS = 2**20
# What they tell apart needs no more, and a figure at 50,000 draws no fewer than 53,334.
CONTROL_LATENTS = 2**16
NUM_UNTRAINED = 3
SHARES = (0.5, 0.9, 0.99)
# Streams of latents: 0 .. 15 belong to the marginal's groups, real runs come after.
FIRST_RUN_STREAM = 1000
# What one real run covered, by reading and number of draws.
Observed = dict[tuple[Reading, int], float]


@dataclass(frozen=True, slots=True)
class Settings:
    """How thoroughly to measure; ``num_runs`` real runs are made of the checkpoint.

    ``control_latents``: prior latents of each control, where they are fewer than ``num_latents``.
    ``threads``: pieces measured at a time; None for one on each core. Changes no figure.
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

    def of_controls(self) -> Settings:
        """How thoroughly the controls are measured: on fewer latents, without real runs."""
        return replace(self, num_runs=0, num_latents=min(self.control_latents, self.num_latents))

    def run(self, jobs: JobList, on_progress: Progress | None = None) -> None:
        """Do the jobs on as many threads as these settings allow."""
        jobs.run(self.threads or min(available_cores(), 8), on_progress)


def measure_pathway(
    generator: Generator, pathway: str, settings: Settings | None = None, *, scale: float = 1.0
) -> tuple[PathwayReport, Marginal]:
    """Measure one decoder on latents ``scale * z``, z ~ N(0, I)."""
    settings, jobs = settings or Settings(), JobList()
    report, marginal = plan_pathway(jobs, generator, pathway, settings, scale=scale, keep=True)
    settings.run(jobs)
    return report.value, marginal.value


def plan_pathway(
    jobs: JobList,
    generator: Generator,
    pathway: str,
    settings: Settings,
    *,
    scale: float = 1.0,
    keep: bool = False,
) -> tuple[Job[PathwayReport], Job[Marginal]]:
    """Add what :func:`measure_pathway` measures to a list of jobs.

    Parameters
    ----------
    keep : hold the marginal, which is large, to the end.
    """
    single, seed = generator.in_single(), settings.seed

    def decode(latents: NDArray[Any]) -> NDArray[Any]:
        return single.logits(latents if scale == 1.0 else np.float32(scale) * latents, pathway)

    width = generator.latent_dim
    sums = [
        jobs.add(partial(sum_group, decode, width, size, seed, group, readings=True))
        for group, size in enumerate(group_sizes(settings.num_latents))
    ]
    marginal = jobs.add(lambda *of: join_groups(of, seed, readings=True), *sums, keep=keep)
    runs = [
        jobs.add(partial(real_run, decode, generator.space, width, settings, run))
        for run in range(settings.num_runs)
    ]
    summary = partial(_summarise, pathway, generator.space, settings.num_draws)
    return jobs.add(summary, marginal, *runs, keep=True), marginal


def _summarise(
    pathway: str, space: WordSpace, num_draws: Sequence[int], marginal: Marginal, *runs: Observed
) -> PathwayReport:
    curves = {reading: expected_curve(marginal, reading) for reading in READINGS}
    figures = tuple(
        coverage_figure(curve, reading, n, tuple(run[reading, n] for run in runs))
        for reading, curve in curves.items()
        for n in num_draws
    )
    return PathwayReport(
        pathway,
        figures,
        summarise_information(marginal, space, curves["sampled"]),
        curve_points(curves["sampled"], curves["mode"]),
        ranked_masses(marginal),
    )


def summarise_information(
    marginal: Marginal, space: WordSpace, sampled: Curve
) -> InformationFigure:
    """Put the entropies, distances and masses of a marginal into one record.

    Parameters
    ----------
    sampled : the expected coverage of the sampled reading.
    """
    groups, mode = marginal.groups, marginal.mode_counts
    if mode is None:
        raise ValueError("expected a marginal with its readings counted; pass readings=True")
    entropy, entropy_error = marginal_entropy(groups)
    chi_square, chi_square_error = pairwise_chi_square(groups)
    cells = mode / mode.sum(axis=1, keepdims=True)
    mode_chi_square, mode_chi_square_error = pairwise_chi_square(cells)
    uniform_to_marginal, uniform_error = uniform_to_marginal_nats(groups)
    masses = extreme_masses(groups)
    return InformationFigure(
        space=space,
        entropy_nats=entropy,
        entropy_error=entropy_error,
        conditional_entropy_nats=marginal.conditional_entropy_nats,
        conditional_entropy_error=marginal.conditional_entropy_standard_error,
        mutual_information_nats=entropy - marginal.conditional_entropy_nats,
        mutual_information_error=mutual_information_error(
            groups, marginal.group_conditional_entropies_nats
        ),
        chi_square=chi_square,
        chi_square_error=chi_square_error,
        mode_chi_square=mode_chi_square,
        mode_chi_square_error=mode_chi_square_error,
        total_variation=total_variation_bounds(groups),
        uniform_to_marginal_nats=uniform_to_marginal,
        uniform_to_marginal_error=uniform_error,
        minimum_mass=masses["minimum"],
        maximum_mass=masses["maximum"],
        rarest=tuple(rarest(groups)),
        hill_numbers=(
            hill_number_of_masses(marginal.probabilities, 0),
            math.exp(entropy),
            space.size / (1.0 + max(chi_square, 0.0)),
        ),
        draws_to_reach=tuple(reach_share(sampled, share) for share in SHARES),
        num_mode_cells=int(np.count_nonzero(mode.sum(axis=0))),
        num_latents=marginal.num_latents,
        num_groups=len(groups),
    )


def real_run(
    decode: Decode, space: WordSpace, latent_dim: int, settings: Settings, run: int
) -> Observed:
    """Coverage of a real run, each n reading its first n draws."""
    stream, never = FIRST_RUN_STREAM + run, np.iinfo(np.int64).max
    generator = numpy_generator(settings.seed, "categorical", stream)
    first = {reading: np.full(space.size, never) for reading in READINGS}
    start = 0
    latents_of = latent_batches(max(settings.num_draws), latent_dim, settings.seed, stream=stream)
    for latents in latents_of:
        each = softmax(decode(latents))
        for reading in READINGS:
            ids = space.ids(read(each, reading, generator) + space.lowest)
            # Written backwards, so that the earliest draw of each word is what remains.
            seen = np.full(space.size, never)
            seen[ids[::-1]] = np.arange(start + len(ids) - 1, start - 1, -1)
            np.minimum(first[reading], seen, out=first[reading])
        start += len(latents)
    return {
        (reading, n): float((first[reading] < n).mean())
        for reading in READINGS
        for n in settings.num_draws
    }
