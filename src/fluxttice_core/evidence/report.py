"""The coverage report of a network: frozen records, and the JSON they become."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..model.layout import Pathway
from ..operations import NUM_OPERATIONS, trits_from_indices
from .draws import Reading
from .jackknife import Z95
from .likelihood import Likelihood
from .posterior import Posterior
from .reconstruction import Reconstruction
from .separation import Separation
from .structure import Structure

DEFAULT_DRAWS = (1_000, 10_000, 19_683, 50_000, 100_000, 195_000)
SCHEMA = "fluxttice_core/coverage-report/v2"
Interval = tuple[float, float]

ESTIMATORS = {
    "sampled.coverage": "Rao-Blackwellised rarefaction of the latents: mean over operations of "
    "1 - prod_i (1 - (n / M) p(x | z_i)), from two moments of p(x | z) (nearly unbiased)",
    "mode.coverage": "rarefaction of the mode reading of every latent (exactly unbiased)",
    "expectation.coverage": "rarefaction of the rounded mean of every latent (exactly unbiased)",
    "interval": "95 % for one real run of n draws: normal with the closed-form variance, exact "
    "Poisson where few repeats or few unseen operations are expected; widened by the error",
    "entropy_nats": "jackknife over groups of latents",
    "conditional_entropy_nats": "mean over latents",
    "mutual_information_nats": "entropy less conditional entropy, jackknife of both together",
    "chi_square": "N sum p^2 - 1 from products between groups (unbiased)",
    "mode_chi_square": "the same of the mode cells",
    "total_variation": "bracket: signs from one half and sizes from the other; plug-in",
    "minimum_mass, maximum_mass": "bracket of N p: plug-in, and chosen in one half, read in the "
    "other",
    "uniform_to_marginal_nats": "jackknife over groups of latents",
    "draws_to_reach": "smallest n of the expected sampled coverage",
    "reconstruction": "exact count over the operations; noisy: draws of the posterior",
}


@dataclass(frozen=True, slots=True)
class CoverageFigure:
    """Coverage at n draws under one reading, beside the limit.

    ``coverage`` is the expected one, C(n); ``interval`` is where one real run of n independent
    draws falls 95 times in 100; ``observed`` holds the real runs that were made.
    """

    reading: Reading
    num_draws: int
    coverage: float
    standard_error: float
    interval: Interval
    limit: float
    observed: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """The figure of merit C(n) / U(n)."""
        return self.coverage / self.limit

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "coverage": self.coverage,
            "standard_error": self.standard_error,
            "limit": self.limit,
            "ratio": self.ratio,
            "interval": list(self.interval),
            "observed": list(self.observed),
        }


@dataclass(frozen=True, slots=True)
class InformationFigure:
    """What one decoder generates: entropies (nats), distance from uniform, extreme masses.

    Each ``*_error`` is a standard error. ``minimum_mass`` and ``maximum_mass`` bracket N p(x).
    ``draws_to_reach`` gives n and its standard error for 50, 90 and 99 % of the space; infinite
    where the masses do not reach it.
    """

    entropy_nats: float
    entropy_error: float
    conditional_entropy_nats: float
    conditional_entropy_error: float
    mutual_information_nats: float
    mutual_information_error: float
    chi_square: float
    chi_square_error: float
    mode_chi_square: float
    mode_chi_square_error: float
    total_variation: Interval
    uniform_to_marginal_nats: float
    uniform_to_marginal_error: float
    minimum_mass: Interval
    maximum_mass: Interval
    rarest: tuple[tuple[int, float], ...]
    hill_numbers: tuple[float, float, float]
    draws_to_reach: tuple[tuple[float, float, float], ...]
    num_mode_cells: int
    num_latents: int
    limit_nats: float = math.log(NUM_OPERATIONS)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinities and unknown errors become null."""
        record: dict[str, Any] = {}
        for name, error in (
            ("entropy_nats", self.entropy_error),
            ("conditional_entropy_nats", self.conditional_entropy_error),
            ("mutual_information_nats", self.mutual_information_error),
            ("chi_square", self.chi_square_error),
            ("mode_chi_square", self.mode_chi_square_error),
            ("uniform_to_marginal_nats", self.uniform_to_marginal_error),
        ):
            value = getattr(self, name)
            record[name] = finite(value)
            record[f"{name}_ci"] = interval_of(value, error)
        return record | {
            "information_share": self.mutual_information_nats / self.limit_nats,
            "entropy_share": self.entropy_nats / self.limit_nats,
            "limit_nats": self.limit_nats,
            "total_variation_bracket": list(self.total_variation),
            "minimum_mass_bracket": list(self.minimum_mass),
            "maximum_mass_bracket": list(self.maximum_mass),
            "rarest": [
                {"index": index, "trits": trits_from_indices(index).tolist(), "mass": mass}
                for index, mass in self.rarest
            ],
            "hill_numbers": {str(order): value for order, value in enumerate(self.hill_numbers)},
            "draws_to_reach": {
                str(share): {"num_draws": finite(n), "num_draws_ci": interval_of(n, error)}
                for share, n, error in self.draws_to_reach
            },
            "num_mode_cells": self.num_mode_cells,
            "num_latents": self.num_latents,
        }


@dataclass(frozen=True, slots=True)
class PathwayReport:
    """Everything measured about one pathway of one network.

    ``curve``: n, expected sampled and mode coverage, along a grid of n for pictures.
    ``ranked_masses``: rank, N p(x) of the marginal and of the mode cells,
    at 100 ranks from the commonest to the rarest operation.
    """

    pathway: Pathway
    coverage: tuple[CoverageFigure, ...]
    information: InformationFigure
    curve: tuple[tuple[int, float, float], ...] = ()
    ranked_masses: tuple[tuple[int, float, float], ...] = ()

    def figure(self, reading: Reading, num_draws: int) -> CoverageFigure:
        """Return the coverage figure of one reading at one n."""
        for item in self.coverage:
            if item.reading == reading and item.num_draws == num_draws:
                return item
        raise KeyError(f"no {reading} figure at n = {num_draws}")


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """Both pathways of one network: the checkpoint or a control.

    ``noisy_exact_rates``: exact reconstruction from a posterior draw, A and B.
    """

    role: str
    seed: int | None
    pathways: tuple[PathwayReport, ...]
    reconstruction: tuple[Reconstruction, ...]
    noisy_exact_rates: tuple[float, ...]

    def pathway(self, name: Pathway) -> PathwayReport:
        """Return the report of pathway "A" or "B"."""
        return next(item for item in self.pathways if item.pathway == name)

    def num_exact(self, name: Pathway, rho: float = 0.0) -> int:
        """Operations of all splits that come back whole."""
        return sum(
            row.num_exact for row in self.reconstruction if (row.pathway, row.rho) == (name, rho)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"seed", "pathways": {"A": ..., "B": ...}}`` in plain values."""
        return {
            "seed": self.seed,
            "pathways": {
                item.pathway: {
                    **_coverage_dict(item.coverage),
                    **item.information.as_dict(),
                    "reconstruction": {
                        "by_rho": reconstruction_dict(self.reconstruction, item.pathway),
                        "noisy_exact_rate": noisy,
                    },
                }
                for item, noisy in zip(self.pathways, self.noisy_exact_rates, strict=True)
            },
        }


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What was measured, on which source, with which seed; every control in the same run.

    ``coupled``: both decoders reading a mix of two prior codes at the checkpoint's rho.
    ``permuted``: reconstruction of the checkpoint from the codes of other operations.
    ``perfect`` is None where the latent space is too narrow for the hand-built codebook.
    """

    source: str
    weights_sha256: str | None
    seed: int
    num_latents: int
    rho: float
    checkpoint: NetworkReport
    coupled: tuple[PathwayReport, ...]
    untrained: tuple[NetworkReport, ...]
    collapsed: NetworkReport
    perfect: NetworkReport | None
    permuted: tuple[Reconstruction, ...]
    posterior: tuple[Posterior, ...]
    likelihood: dict[Pathway, tuple[Likelihood, ...]]
    structure: dict[Pathway, tuple[Structure, ...]]
    separations: tuple[Separation, ...]
    verdict: str
    is_sound: bool | None
    schema: str = SCHEMA

    @property
    def controls(self) -> tuple[NetworkReport, ...]:
        """Every control network."""
        perfect = (self.perfect,) if self.perfect is not None else ()
        return (*self.untrained, self.collapsed, *perfect)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        checkpoint = self.checkpoint.as_dict()
        # The decoder is the checkpoint's own: only what needs the right code is another.
        permuted = {
            pathway: {
                **values,
                "reconstruction": {
                    "by_rho": reconstruction_dict(self.permuted, pathway),
                    "noisy_exact_rate": None,
                },
            }
            for pathway, values in checkpoint["pathways"].items()
        }
        first, *others = (item.as_dict() for item in self.untrained)
        for item in self.posterior:
            checkpoint["pathways"][item.pathway]["posterior"] = {
                **asdict(item),
                "kl_nats": item.kl_nats,
            }
        for name, likelihoods in self.likelihood.items():
            checkpoint["pathways"][name]["likelihood"] = {
                row.split: {
                    "negative_log_likelihood_nats": finite(row.negative_log_likelihood_nats),
                    "negative_log_likelihood_nats_ci": interval_of(
                        row.negative_log_likelihood_nats, row.standard_error
                    ),
                    "negative_elbo_nats": finite(row.negative_elbo_nats),
                    "gap_nats": finite(row.gap_nats),
                    "num_posterior_draws": row.num_posterior_draws,
                }
                for row in likelihoods
            }
        # Empty where the geometry was not asked for.
        for name, structures in self.structure.items():
            checkpoint["pathways"][name]["structure"] = {
                row.codes: {
                    key: finite(value) if isinstance(value, float) else value
                    for key, value in asdict(row).items()
                    if key != "codes"
                }
                for row in structures
            }
        for coupled in self.coupled:
            checkpoint["pathways"][coupled.pathway]["coupled_prior"] = {
                "rho": self.rho,
                **_coverage_dict(coupled.coverage),
                **coupled.information.as_dict(),
            }
        return {
            "schema": self.schema,
            "source": self.source,
            "weights_sha256": self.weights_sha256,
            "space_size": NUM_OPERATIONS,
            "seed": self.seed,
            "num_latents": self.num_latents,
            "confidence_level": 0.95,
            "rho": self.rho,
            "pathways": checkpoint["pathways"],
            "controls": {
                "untrained": {**first, "replicates": others},
                "collapsed": self.collapsed.as_dict(),
                "permuted": {"seed": self.seed, "pathways": permuted},
                "perfect": self.perfect.as_dict() if self.perfect is not None else None,
            },
            "separation": [item.as_dict() for item in self.separations],
            "verdict": self.verdict,
            "measurement_is_sound": self.is_sound,
            "estimators": ESTIMATORS,
        }


def finite(value: float) -> float | None:
    """Return the value, or None where JSON has no word for it."""
    return float(value) if math.isfinite(value) else None


def interval_of(value: float, error: float) -> list[float] | None:
    """Normal 95 % interval, or None where the error is not known."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return None
    return [value - Z95 * error, value + Z95 * error]


def reconstruction_dict(rows: Sequence[Reconstruction], pathway: Pathway) -> dict[str, Any]:
    """Return ``{rho: {split: counts and rates}}`` with the sum over splits as ``all``."""
    record: dict[str, Any] = {}
    for row in rows:
        if row.pathway != pathway:
            continue
        place = record.setdefault(f"{row.rho:g}", {})
        for split in (row.split, "all"):
            total = place.setdefault(split, {"num_operations": 0, "num_exact": 0, "num_trits": 0})
            total["num_operations"] += row.num_operations
            total["num_exact"] += row.num_exact
            total["num_trits"] += row.num_trits_right
    for place in record.values():
        for counts in place.values():
            counts["exact_rate"] = counts["num_exact"] / counts["num_operations"]
            counts["trit_rate"] = counts.pop("num_trits") / (9 * counts["num_operations"])
    return record


def _coverage_dict(figures: Sequence[CoverageFigure]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for item in figures:
        record.setdefault(item.reading, {})[str(item.num_draws)] = item.as_dict()
    return record
