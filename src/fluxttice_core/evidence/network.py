"""Measuring a network whole, without controls: every pathway's prior, and which words come back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..rng import numpy_generator
from .generator import Generator, Parts, whole_space
from .jobs import JobList, Progress
from .pathway import Settings, plan_pathway
from .reconstruction import noisy_exact_rate, reconstruct_pathway
from .report import NetworkReport


def measure_generator(
    generator: Generator,
    settings: Settings | None = None,
    *,
    parts: Parts | None = None,
    rhos: Sequence[float] = (0.0,),
    role: str = "checkpoint",
    seed: int | None = None,
    on_progress: Progress | None = None,
) -> NetworkReport:
    """Measure a network alone: what its prior covers and tells, and which words come back.

    Without controls such figures are no evidence: see
    :func:`fluxttice_core.evidence.controls.measure_with_controls`.

    Parameters
    ----------
    parts : ids by name, over each of which reconstruction is counted; None for the whole space.
    rhos : shares of the other pathway's code, where there are two pathways.
    role, seed : what the network is and what it was made from, for the record.
    on_progress : called with the number of pieces done so far, and of all.
    """
    settings, jobs = settings or Settings(), JobList()
    plan = NetworkPlan(jobs, generator, settings, parts or whole_space(generator.space), rhos)
    settings.run(jobs, on_progress)
    return plan.report(role, seed)


class NetworkPlan:
    """The jobs that measure one network, and its report once they are done.

    ``marginals``: of each pathway. ``encoded``: jobs after which the codes of all words are there.
    """

    def __init__(
        self,
        jobs: JobList,
        generator: Generator,
        settings: Settings,
        parts: Parts,
        rhos: Sequence[float] = (0.0,),
    ) -> None:
        names = generator.pathways
        planned = [plan_pathway(jobs, generator, name, settings) for name in names]
        self._pathways = [report for report, _ in planned]
        self.marginals = [marginal for _, marginal in planned]
        # Codes first: mixes need those of both pathways, and each is made once.
        self.encoded = [jobs.add(partial(generator.encode_all, name)) for name in names]
        self._noisy = [
            jobs.add(
                partial(
                    noisy_exact_rate,
                    generator,
                    name,
                    # The same noise for every pathway of every network.
                    numpy_generator(settings.seed, "posterior", 1),
                ),
                after=self.encoded,
                keep=True,
            )
            for name in names
        ]
        self._rows = [
            jobs.add(
                partial(reconstruct_pathway, generator, name, parts, rhos),
                after=self.encoded,
                keep=True,
            )
            for name in names
        ]

    def report(self, role: str, seed: int | None) -> NetworkReport:
        """Return what was measured, once the jobs are done."""
        return NetworkReport(
            role,
            seed,
            tuple(job.value for job in self._pathways),
            tuple(row for job in self._rows for row in job.value),
            tuple(job.value for job in self._noisy),
        )
