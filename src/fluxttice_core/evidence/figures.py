"""Figures of one pathway: coverage, information, and what pictures are drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..measure.estimate import finite
from ..measure.jackknife import student_t95
from ..measure.space import WordSpace
from .intervals import interval_of
from .readings import Reading

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CoverageFigure:
    """Coverage at n draws under one reading, beside the limit.

    ``coverage`` is the expected one, C(n), between 0 and the limit; ``unbiased`` is its estimate
    before it is held there, and may lie beyond by noise, with its ``standard_error``; C(n) lies in
    ``coverage_ci`` 95 times in 100, and the coverage of one real run of n independent draws in
    ``interval``. All five are None where the latents are too few for n: ``latents_needed`` then
    says how many it takes. ``observed`` holds the real runs that were made.
    """

    reading: Reading
    num_draws: int
    limit: float
    observed: tuple[float, ...] = ()
    coverage: float | None = None
    unbiased: float | None = None
    standard_error: float | None = None
    coverage_ci: Interval | None = None
    interval: Interval | None = None
    latents_needed: int | None = None

    @property
    def ratio(self) -> float | None:
        """The figure of merit C(n) / U(n), at most 1; None if withheld."""
        return None if self.coverage is None else self.coverage / self.limit

    @property
    def withheld(self) -> str | None:
        """Why there is no figure; None if there is one."""
        if self.latents_needed is None:
            return None
        return f"needs at least {self.latents_needed:,} latents"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is withheld is null, with the reason beside it."""
        return {
            "coverage": self.coverage,
            "unbiased": self.unbiased,
            "coverage_ci": None if self.coverage_ci is None else list(self.coverage_ci),
            "standard_error": self.standard_error,
            "limit": self.limit,
            "ratio": self.ratio,
            "interval": None if self.interval is None else list(self.interval),
            "observed": list(self.observed),
            "withheld": self.withheld,
        }


@dataclass(frozen=True, slots=True)
class InformationFigure:
    """What one decoder generates: entropies (nats), distance from uniform, extreme masses.

    Each ``*_error`` is a standard error, from ``num_groups`` groups of latents: a 95 % interval
    reaches :attr:`half_width` of them to both sides. ``minimum_mass`` and ``maximum_mass`` bracket
    N p(x). ``rarest``: ids and N p(x). ``draws_to_reach`` gives n and its standard error for 50, 90
    and 99 % of the space; infinite where the latents do not tell.
    """

    space: WordSpace

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
    num_groups: int

    @property
    def limit_nats(self) -> float:
        """Entropy of fair dice, and the information of a perfect codebook: log N."""
        return math.log(self.space.size)

    @property
    def half_width(self) -> float:
        """Standard errors from the middle of a 95 % interval to its ends."""
        return student_t95(self.num_groups)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinities and unknown errors become null."""
        record: dict[str, Any] = {}
        for name, error in (
            ("entropy_nats", self.entropy_error),
            ("mutual_information_nats", self.mutual_information_error),
            ("chi_square", self.chi_square_error),
            ("mode_chi_square", self.mode_chi_square_error),
            ("uniform_to_marginal_nats", self.uniform_to_marginal_error),
        ):
            value = getattr(self, name)
            record[name] = finite(value)
            record[f"{name}_ci"] = interval_of(value, error, self.half_width)
        conditional = self.conditional_entropy_nats
        return record | {
            "conditional_entropy_nats": finite(conditional),
            # A plain mean over all latents: no groups, and a normal interval.
            "conditional_entropy_nats_ci": interval_of(conditional, self.conditional_entropy_error),
            "information_share": self.mutual_information_nats / self.limit_nats,
            "entropy_share": self.entropy_nats / self.limit_nats,
            "limit_nats": self.limit_nats,
            "total_variation_bracket": list(self.total_variation),
            "minimum_mass_bracket": list(self.minimum_mass),
            "maximum_mass_bracket": list(self.maximum_mass),
            "rarest": [
                {"index": index, "trits": self.space.rows([index])[0].tolist(), "mass": mass}
                for index, mass in self.rarest
            ],
            "hill_numbers": {str(order): value for order, value in enumerate(self.hill_numbers)},
            "draws_to_reach": {
                str(share): {
                    "num_draws": finite(n),
                    "num_draws_ci": interval_of(n, error, self.half_width),
                }
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

    pathway: str
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

    def as_dict(self) -> dict[str, Any]:
        """Return coverage by reading and n, and the information, in plain values."""
        record: dict[str, Any] = {}
        for item in self.coverage:
            record.setdefault(item.reading, {})[str(item.num_draws)] = item.as_dict()
        return {**record, **self.information.as_dict()}
