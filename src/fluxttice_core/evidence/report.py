"""The coverage report: readings at several n beside the limit, and the controls beside both."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import OperationError
from ..model.layout import PATHWAYS, Pathway
from ..model.reference import ReferenceVAE, probabilities
from ..operations import NUM_OPERATIONS, indices_from_trits
from ..rng import numpy_generator
from ..splits import Split
from .controls import collapsed_weights, untrained_weights
from .coverage import (
    observed_coverage,
    rarefied_coverage,
    uniform_coverage,
)
from .draws import READINGS, Reading, latent_batches, read
from .information import (
    chi_square_divergence,
    marginal_entropy_nats,
    mutual_information_nats,
)
from .marginal import Marginal, estimate_marginal
from .posterior import Posterior, summarise_posterior
from .reconstruction import Reconstruction, reconstruct

DEFAULT_DRAWS = (1_000, 10_000, 19_683, 50_000, 100_000, 195_000)
SCHEMA = "fluxttice_core/coverage-report/v1"
# Two-sided 95 % points of Student's t by degrees of freedom; beyond them `_student_quantile`.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)

Role = Literal["measured", "untrained control", "collapsed control"]


@dataclass(frozen=True, slots=True)
class CoverageFigure:
    """Expected coverage of n independent draws under one reading, beside the uniform limit.

    ``observed_mean`` and its 95 % interval come from ``num_trials`` real runs of n draws
    (Student's t over runs); ``expected`` from the estimator named.
    """

    reading: Reading
    num_draws: int
    expected: float
    estimator: str
    observed_mean: float
    observed_ci: tuple[float, float] | None
    num_trials: int
    uniform_limit: float

    @property
    def ratio(self) -> float:
        """The figure of merit C(n) / U(n)."""
        return self.expected / self.uniform_limit


@dataclass(frozen=True, slots=True)
class InformationFigure:
    """Entropies in nats of what a pathway generates; the limits are log N, 0 and log N."""

    marginal_entropy_nats: float
    conditional_entropy_nats: float
    conditional_entropy_standard_error: float
    mutual_information_nats: float
    chi_square: float
    num_latents: int
    limit_nats: float = math.log(NUM_OPERATIONS)


@dataclass(frozen=True, slots=True)
class PathwayReport:
    """Everything measured about one pathway of one network."""

    role: Role
    pathway: Pathway
    coverage: tuple[CoverageFigure, ...]
    information: InformationFigure

    def figure(self, reading: Reading, num_draws: int) -> CoverageFigure:
        """Return the coverage figure of one reading at one n."""
        for item in self.coverage:
            if item.reading == reading and item.num_draws == num_draws:
                return item
        raise KeyError(f"no {reading} figure at n = {num_draws}")


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What was measured, on which source, with which seed; the controls in the same run."""

    source: str
    weights_sha256: str | None
    seed: int
    num_trials: int
    measured: tuple[PathwayReport, ...]
    controls: tuple[PathwayReport, ...]
    reconstruction: tuple[Reconstruction, ...]
    posterior: tuple[Posterior, ...]
    control_reconstruction: tuple[Reconstruction, ...] = ()
    schema: str = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; ratios and rates are written out."""
        record = asdict(self)
        for group in ("measured", "controls"):
            for target, source in zip(record[group], getattr(self, group), strict=True):
                for figure, item in zip(target["coverage"], source.coverage, strict=True):
                    figure["ratio"] = item.ratio
        for name in ("reconstruction", "control_reconstruction"):
            for figure, row in zip(record[name], getattr(self, name), strict=True):
                figure["exact_rate"], figure["trit_rate"] = row.exact_rate, row.trit_rate
        return record


@dataclass(frozen=True, slots=True)
class DrawsReport:
    """Coverage of draws that exist already: their count, and rarefaction to fewer."""

    source: str
    num_draws: int
    num_distinct: int
    observed: float
    uniform_limit: float
    rarefied: tuple[tuple[int, float, float], ...]
    schema: str = "fluxttice_core/draws-report/v1"

    @property
    def ratio(self) -> float:
        """Observed coverage over the uniform limit at the same n."""
        return self.observed / self.uniform_limit

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "ratio": self.ratio}


def student_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean over independent runs; None for a single run."""
    if len(values) < 2:
        return None
    quantile = _student_quantile(len(values) - 1)
    mean = float(np.mean(values))
    half = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean - half, mean + half


def _student_quantile(freedom: int) -> float:
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    # Expansion in 1/freedom (Abramowitz & Stegun 26.7.5); right to 4 digits from 10 on.
    z = 1.959964
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _first_seen(
    model: ReferenceVAE, pathway: Pathway, num_draws: int, seed: int, stream: int
) -> tuple[dict[Reading, NDArray[np.int64]], dict[Reading, NDArray[np.int64]]]:
    """One run of draws: when each operation was first met, and how often, per reading."""
    never = np.iinfo(np.int64).max
    first = {reading: np.full(NUM_OPERATIONS, never) for reading in READINGS}
    counts = {reading: np.zeros(NUM_OPERATIONS, dtype=np.int64) for reading in READINGS}
    generator = numpy_generator(seed, "categorical", stream)
    start = 0
    for latents in latent_batches(num_draws, model.latent_dim, seed, stream=stream):
        each = probabilities(model.logits(latents, pathway))
        for reading in READINGS:
            indices = indices_from_trits(read(each, reading, generator))
            counts[reading] += np.bincount(indices, minlength=NUM_OPERATIONS)
            # Written backwards, so that the earliest draw of each operation is what remains.
            seen = np.full(NUM_OPERATIONS, never)
            seen[indices[::-1]] = np.arange(start + len(indices) - 1, start - 1, -1)
            np.minimum(first[reading], seen, out=first[reading])
        start += len(latents)
    return first, counts


def measure_pathway(
    weights: Mapping[str, NDArray[Any]],
    pathway: Pathway,
    *,
    role: Role = "measured",
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_trials: int = 5,
    num_latents: int = 262_144,
    seed: int = 0,
) -> PathwayReport:
    """Measure one pathway: coverage under three readings, and information.

    Expected coverage is rarefied from the draws of all trials together, which is exactly unbiased
    for every reading; information comes from the marginal over ``num_latents`` other latents.
    """
    model = ReferenceVAE(weights, np.float32)
    marginal = estimate_marginal(
        lambda latents: model.logits(latents, pathway), model.latent_dim, num_latents, seed
    )
    most = max(num_draws)
    observed: dict[tuple[Reading, int], list[float]] = {}
    totals = {reading: np.zeros(NUM_OPERATIONS, dtype=np.int64) for reading in READINGS}
    for trial in range(num_trials):
        # Streams 0 and 1 of the latents belong to the halves of the marginal.
        first, counts = _first_seen(model, pathway, most, seed, trial + 2)
        for reading in READINGS:
            totals[reading] += counts[reading]
            for n in num_draws:
                coverage = observed_coverage(first[reading] < n)
                observed.setdefault((reading, n), []).append(coverage)
    figures = tuple(
        CoverageFigure(
            reading,
            n,
            rarefied_coverage(totals[reading], n),
            "rarefaction of all draws",
            float(np.mean(observed[reading, n])),
            student_interval(observed[reading, n]),
            num_trials,
            uniform_coverage(n),
        )
        for reading in READINGS
        for n in num_draws
    )
    return PathwayReport(role, pathway, figures, summarise_information(marginal))


def summarise_information(marginal: Marginal) -> InformationFigure:
    """Put the entropies of a marginal into one record."""
    return InformationFigure(
        marginal_entropy_nats(marginal),
        marginal.conditional_entropy_nats,
        marginal.conditional_entropy_standard_error,
        mutual_information_nats(marginal),
        chi_square_divergence(marginal),
        marginal.num_latents,
    )


def measure_network(
    weights: Mapping[str, NDArray[Any]],
    *,
    source: str,
    weights_sha256: str | None,
    split: Split,
    rhos: tuple[float, ...] = (0.0,),
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_trials: int = 5,
    num_latents: int = 262_144,
    seed: int = 0,
    active_threshold_nats: float = 5e-4,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport:
    """Measure a network and, in the same run by the same code, both negative controls.

    ``on_progress`` is called with the number of pathways measured so far, and of all.
    """
    latent_dim = ReferenceVAE(weights).latent_dim
    settings: dict[str, Any] = {
        "num_draws": tuple(num_draws),
        "num_trials": num_trials,
        "num_latents": num_latents,
        "seed": seed,
    }
    untrained = untrained_weights(seed, latent_dim)
    roles: tuple[tuple[Role, Mapping[str, NDArray[Any]]], ...] = (
        ("measured", weights),
        ("untrained control", untrained),
        ("collapsed control", collapsed_weights(seed, latent_dim)),
    )
    jobs = [(role, each, pathway) for role, each in roles for pathway in PATHWAYS]
    reports: list[PathwayReport] = []
    for role, each, pathway in jobs:
        if on_progress is not None:
            on_progress(len(reports), len(jobs))
        reports.append(measure_pathway(each, pathway, role=role, **settings))
    if on_progress is not None:
        on_progress(len(jobs), len(jobs))
    model = ReferenceVAE(weights)
    return CoverageReport(
        source=source,
        weights_sha256=weights_sha256,
        seed=seed,
        num_trials=num_trials,
        measured=tuple(item for item in reports if item.role == "measured"),
        controls=tuple(item for item in reports if item.role != "measured"),
        reconstruction=reconstruct(model, split, rhos),
        posterior=tuple(
            summarise_posterior(model, pathway, active_threshold_nats) for pathway in PATHWAYS
        ),
        control_reconstruction=reconstruct(ReferenceVAE(untrained), split),
    )


def measure_draws(
    indices: NDArray[np.int64], *, source: str = "draws", num_draws: Sequence[int] = DEFAULT_DRAWS
) -> DrawsReport:
    """Report on draws given as operation indices ``(n,)``, from any generator.

    Raises
    ------
    OperationError
        There are no draws.
    """
    if len(indices) == 0:
        raise OperationError("expected at least one draw, got none")
    counts = np.bincount(indices, minlength=NUM_OPERATIONS)
    total = len(indices)
    return DrawsReport(
        source,
        total,
        int(np.count_nonzero(counts)),
        observed_coverage(counts),
        uniform_coverage(total),
        tuple(
            (n, rarefied_coverage(counts, n), uniform_coverage(n)) for n in num_draws if n <= total
        ),
    )
