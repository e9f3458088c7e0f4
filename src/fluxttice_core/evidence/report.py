"""The coverage report of a network: frozen records, and the JSON they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..measure.forms import Forms, Sheet
from ..measure.space import WordSpace
from .figures import PathwayReport
from .likelihood import Likelihood
from .posterior import Posterior
from .reconstruction import Reconstruction
from .separation import Separation
from .shown import draw_networks, network_figures
from .structure import Structure

# Networks are compared at so many draws, where that was asked for.
COMPARED_DRAWS = 50_000
DEFAULT_DRAWS = (1_000, 10_000, 19_683, COMPARED_DRAWS, 100_000, 195_000)
SCHEMA = "fluxttice_core/coverage-report/v3"

ESTIMATORS = {
    "sampled.coverage": "Rao-Blackwellised rarefaction of the latents: mean over operations of "
    "1 - prod_i (1 - (n / M) p(x | z_i)), from two moments of p(x | z) (nearly unbiased)",
    "mode.coverage": "rarefaction of the mode reading of every latent (exactly unbiased)",
    "expectation.coverage": "rarefaction of the rounded mean of every latent (exactly unbiased)",
    "coverage": "the unbiased estimate, held to the limit; null where n needs more latents",
    "interval": "95 % for one real run of n draws: normal with the variance read from the curve, "
    "exact Poisson where few repeats or few unseen operations are expected; widened by the error",
    "_ci": "95 %: Student's t over the groups of latents; normal for the conditional entropy",
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
class NetworkReport:
    """Every pathway of one network: the checkpoint or a control.

    ``noisy_exact_rates``: exact reconstruction from a posterior draw, of each pathway.
    """

    role: str
    seed: int | None
    pathways: tuple[PathwayReport, ...]
    reconstruction: tuple[Reconstruction, ...]
    noisy_exact_rates: tuple[float, ...]

    def pathway(self, name: str) -> PathwayReport:
        """Return the report of a pathway by its name."""
        return next(item for item in self.pathways if item.pathway == name)

    def num_exact(self, name: str, rho: float = 0.0) -> int:
        """Words of all parts that come back whole."""
        return sum(
            row.num_exact for row in self.reconstruction if (row.pathway, row.rho) == (name, rho)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"seed", "pathways": {"A": ..., "B": ...}}`` in plain values."""
        return {
            "seed": self.seed,
            "pathways": {
                item.pathway: {
                    **item.as_dict(),
                    "reconstruction": {
                        "by_rho": reconstruction_dict(self.reconstruction, item.pathway),
                        "noisy_exact_rate": noisy,
                    },
                }
                for item, noisy in zip(self.pathways, self.noisy_exact_rates, strict=True)
            },
        }


@dataclass(frozen=True, slots=True, repr=False)
class CoverageReport(Forms):
    """What was measured, on which source, with which seed; every control in the same run.

    ``coupled``: both decoders reading a mix of two prior codes at the checkpoint's rho.
    ``permuted``: reconstruction of the checkpoint from the codes of other words.
    ``perfect`` is None where there cannot be a perfect codebook, and ``is_sound`` with it.
    ``compared_draws``: the n at which coverage is compared; None where no network has a figure.
    """

    source: str
    weights_sha256: str | None
    space: WordSpace
    seed: int
    num_latents: int
    control_latents: int
    rho: float
    checkpoint: NetworkReport
    coupled: tuple[PathwayReport, ...]
    untrained: tuple[NetworkReport, ...]
    collapsed: NetworkReport
    perfect: NetworkReport | None
    permuted: tuple[Reconstruction, ...]
    posterior: tuple[Posterior, ...]
    likelihood: dict[str, tuple[Likelihood, ...]]
    structure: dict[str, tuple[Structure, ...]]
    separations: tuple[Separation, ...]
    compared_draws: int | None
    verdict: str
    is_sound: bool | None
    schema: str = SCHEMA

    @property
    def controls(self) -> tuple[NetworkReport, ...]:
        """Every control network."""
        perfect = (self.perfect,) if self.perfect is not None else ()
        return (*self.untrained, self.collapsed, *perfect)

    def _sheet(self) -> Sheet:
        networks = (self.checkpoint, *self.controls)
        main = ("num_exact", f"sampled.{self.compared_draws}", "mutual_information_nats")
        notes = [self.verdict]
        if self.is_sound is False:
            notes.append("THE MEASUREMENT IS NOT SOUND: the perfect codebook gets no full marks.")
        return Sheet(
            self.source,
            f"{self.source}: {self.space.size:,} words, {self.num_latents:,} latents",
            tuple(
                figure
                for network in networks
                for figure in network_figures(network, self.compared_draws, ESTIMATORS)
            ),
            tuple(
                f"checkpoint.{item.pathway}.{name}"
                for item in self.checkpoint.pathways
                for name in main
            ),
            "limit",
            tuple(notes),
            lambda axes: draw_networks(axes, (self.checkpoint, self.untrained[0], self.collapsed)),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        first, *others = (item.as_dict() for item in self.untrained)
        return {
            "schema": self.schema,
            "source": self.source,
            "weights_sha256": self.weights_sha256,
            "space_size": self.space.size,
            "seed": self.seed,
            "num_latents": self.num_latents,
            "control_latents": self.control_latents,
            "confidence_level": 0.95,
            "rho": self.rho,
            "pathways": self._checkpoint_dict(),
            "controls": {
                "untrained": {**first, "replicates": others},
                "collapsed": self.collapsed.as_dict(),
                "permuted": {"seed": self.seed, "pathways": self._permuted_dict()},
                "perfect": self.perfect.as_dict() if self.perfect is not None else None,
            },
            "separation": [item.as_dict() for item in self.separations],
            "compared_draws": self.compared_draws,
            "verdict": self.verdict,
            "measurement_is_sound": self.is_sound,
            "estimators": ESTIMATORS,
        }

    def _checkpoint_dict(self) -> dict[str, Any]:
        pathways: dict[str, Any] = self.checkpoint.as_dict()["pathways"]
        for item in self.posterior:
            pathways[item.pathway]["posterior"] = item.as_dict()
        for name, likelihoods in self.likelihood.items():
            pathways[name]["likelihood"] = {row.split: row.as_dict() for row in likelihoods}
        # Empty where the geometry was not asked for.
        for name, structures in self.structure.items():
            pathways[name]["structure"] = {row.codes: row.as_dict() for row in structures}
        for coupled in self.coupled:
            pathways[coupled.pathway]["coupled_prior"] = {"rho": self.rho, **coupled.as_dict()}
        return pathways

    def _permuted_dict(self) -> dict[str, Any]:
        """The decoder is the checkpoint's own: only what needs the right code is another."""
        pathways: dict[str, Any] = self.checkpoint.as_dict()["pathways"]
        for name, record in pathways.items():
            by_rho = reconstruction_dict(self.permuted, name)
            record["reconstruction"] = {"by_rho": by_rho, "noisy_exact_rate": None}
        return pathways


def reconstruction_dict(rows: Sequence[Reconstruction], pathway: str) -> dict[str, Any]:
    """Return ``{rho: {split: counts and rates}}`` with the sum over splits as ``all``."""
    rows_of: dict[str, dict[str, list[Reconstruction]]] = {}
    for row in rows:
        if row.pathway != pathway:
            continue
        place = rows_of.setdefault(f"{row.rho:g}", {})
        for split in dict.fromkeys((row.split, "all")):
            place.setdefault(split, []).append(row)
    return {
        rho: {split: _counts(found) for split, found in place.items()}
        for rho, place in rows_of.items()
    }


def _counts(rows: Sequence[Reconstruction]) -> dict[str, Any]:
    words, exact = sum(row.num_operations for row in rows), sum(row.num_exact for row in rows)
    right = sum(row.num_trits_right for row in rows)
    return {
        "num_operations": words,
        "num_exact": exact,
        "exact_rate": exact / words,
        "trit_rate": right / sum(row.num_trits for row in rows),
    }
