"""The report on draws from any generator, and on a distribution given as its masses."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .coverage import expected_coverage, run_interval, uniform_coverage
from .ids import IdReader
from .independence import Independence, check_independence
from .information import entropy_nats, hill_number, total_variation
from .richness import (
    chao1,
    chao1_lower,
    expected_richness_interval,
    good_turing_coverage,
    hill_intervals,
    inverse_simpson,
    repeated_pairs,
    richness_curve,
    shannon_entropy_nats,
    unseen_mass_interval,
)
from .tally import FrequencyCounts, Tally

Interval = tuple[float, float]
SCHEMA = "fluxttice_core/draws-report/v2"
DISTRIBUTION_SCHEMA = "fluxttice_core/distribution-report/v1"

ESTIMATORS = {
    "observed_richness": "exact count; the interval is that of its expectation over runs of n "
    "draws (variance after Colwell et al. 2012; exact Poisson limits where few)",
    "chao1": "bias-corrected (Chao 1984), a lower bound; the interval is one-sided",
    "good_turing_coverage": "1 - F1 / n (Good 1953), the mass of the ids seen; interval after Esty "
    "(1983) with exact Poisson limits",
    "hill_numbers": "0: observed richness; 1: exp of the entropy of Chao, Wang & Jost (2013); 2: "
    "inverse of the unbiased sum of squares; intervals by the jackknife less its second order, and "
    "by the unbiased variance of the sum of squares; none above the size of a known space",
    "curve": "rarefaction (Hurlbert 1971) up to n, extrapolation (Chao et al. 2014) to twice n",
    "chi_square": "N sum x (x - 1) / (n (n - 1)) - 1, unbiased",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Draws against a reference sample.

    ``validity``: share of the draws inside the space; None for rows and labels, of which any is
    taken. ``uniqueness``: distinct share of the valid
    ones, meaningless without ``num_draws``. ``novelty``: share of the distinct ids that the
    reference does not hold. ``reference_met``: share of the reference's ids that were drawn.
    """

    validity: float | None
    uniqueness: float
    novelty: float
    reference_met: float
    num_invalid: int
    num_reference_ids: int


@dataclass(frozen=True, slots=True)
class DrawsReport:
    """What draws alone can tell. Estimates are None where the draws are not independent.

    ``ratio`` is the observed share of the space over the share that as many throws of fair dice
    meet in expectation; None without a space. A pair ``(low, None)`` is a one-sided interval.
    """

    source: str
    num_draws: int
    space_size: int | None
    observed_richness: int
    observed_richness_ci: Interval | None
    chao1: float | None
    chao1_ci: tuple[float, None] | None
    good_turing_coverage: float | None
    good_turing_coverage_ci: Interval | None
    unseen_mass: float | None
    unseen_mass_ci: Interval | None
    hill_numbers: tuple[float, float | None, float | None]
    hill_numbers_ci: tuple[Interval | None, Interval | None, Interval | None]
    coverage: float | None
    uniform_limit: float | None
    ratio: float | None
    ratio_ci: Interval | None
    chi_square: float | None
    curve: tuple[tuple[int, float, float | None], ...]
    independence: Independence
    comparison: Comparison | None
    interrupted: bool
    spilled: bool
    schema: str = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        names = ("0", "1", "2")
        return {
            "schema": self.schema,
            "source": self.source,
            "num_draws": self.num_draws,
            "space_size": self.space_size,
            "confidence_level": 0.95,
            "observed_richness": self.observed_richness,
            "observed_richness_ci": self.observed_richness_ci,
            "chao1": self.chao1,
            "chao1_ci": self.chao1_ci,
            "good_turing_coverage": self.good_turing_coverage,
            "good_turing_coverage_ci": self.good_turing_coverage_ci,
            "unseen_mass": self.unseen_mass,
            "unseen_mass_ci": self.unseen_mass_ci,
            "hill_numbers": dict(zip(names, self.hill_numbers, strict=True)),
            "hill_numbers_ci": dict(zip(names, self.hill_numbers_ci, strict=True)),
            "coverage": self.coverage,
            "uniform_limit": self.uniform_limit,
            "ratio": self.ratio,
            "ratio_ci": self.ratio_ci,
            "chi_square": self.chi_square,
            "curve": [
                {"num_draws": n, "expected_richness": richness, "uniform_richness": limit}
                for n, richness, limit in self.curve
            ],
            "independent": self.independence.holds,
            "independence": {
                "faults": list(self.independence.faults),
                "could_tell": self.independence.could_tell,
            },
            "comparison": None if self.comparison is None else asdict(self.comparison),
            "interrupted": self.interrupted,
            "counted_on_disk": self.spilled,
            "estimators": ESTIMATORS,
        }


def measure_draws(
    chunks: Iterable[Any],
    *,
    source: str = "draws",
    space: int | None = None,
    reference: Iterable[Any] | None = None,
    num_draws: Sequence[int] = (),
    on_chunk: Callable[[int], None] | None = None,
) -> DrawsReport:
    """Count draws of anything discrete and report what they tell.

    Memory grows with the distinct ids, not with the draws. An interruption (Ctrl-C) while draws
    are read ends the reading: the report is of the draws so far, and says so.

    Parameters
    ----------
    chunks : draws in chunks: numbers ``(n,)``, rows ``(n, k)``, or labels.
    space : number of possible ids 0 .. N-1, or of possible rows or labels; None if unknown.
    reference : chunks of another sample, for validity, uniqueness and novelty against it. Ids
        outside the space then count as invalid; without it they are refused.
    num_draws : n at which the curve is given, beside a grid of its own.
    on_chunk : called with the number of draws counted so far.

    Raises
    ------
    DrawsError
        No draws, values that are not discrete, or more of them than the space holds.
    """
    if space is not None and space < 1:
        raise DrawsError(f"expected a space of at least one id, got {space}")
    reader, known = IdReader(), None
    if reference is not None:
        reference_reader, known = IdReader(reader.vocabulary), Tally(space)
        for chunk in reference:
            _count(chunk, reference_reader, known)
        if not known.num_draws:
            raise DrawsError("expected a reference with at least one draw, got none")
    tally, interrupted = Tally(space), False
    try:
        for chunk in chunks:
            with _interruption_held_back():
                _count(chunk, reader, tally, drop_outside=known is not None)
            if on_chunk is not None:
                on_chunk(tally.num_draws)
    except KeyboardInterrupt:
        interrupted = True
    if not tally.num_draws:
        raise DrawsError("expected at least one draw, got none")
    if known is not None and reader.kind != reference_reader.kind:
        raise DrawsError(
            f"expected a reference of the same kind as the draws: {reader.kind}; got "
            f"{reference_reader.kind}"
        )
    frequencies = tally.frequencies()
    if space is not None and frequencies.observed_richness > space:
        raise DrawsError(
            f"expected at most {space:,} different {reader.kind}, got "
            f"{frequencies.observed_richness:,}; name the right space size"
        )
    return summarise_draws(
        frequencies,
        source=source,
        space=space if space is not None else reader.space_size,
        comparison=_compare(tally, known, reader) if known is not None else None,
        num_draws=num_draws,
        interrupted=interrupted,
        spilled=tally.spilled,
    )


def _count(chunk: Any, reader: IdReader, tally: Tally, *, drop_outside: bool = False) -> None:
    ids = reader.ids(chunk)
    if reader.kind not in (None, "numbers"):
        # Numbered as they come, those of a reference first: the size of the space bounds no id.
        tally.space_size = None
    tally.add(ids, drop_outside=drop_outside)


@contextmanager
def _interruption_held_back() -> Iterator[None]:
    """Let Ctrl-C wait until a chunk is counted: half of one would be a wrong number."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


def summarise_draws(
    frequencies: FrequencyCounts,
    *,
    source: str = "draws",
    space: int | None = None,
    comparison: Comparison | None = None,
    num_draws: Sequence[int] = (),
    interrupted: bool = False,
    spilled: bool = False,
) -> DrawsReport:
    """Make the report of draws that are counted already."""
    n, seen = frequencies.num_draws, frequencies.observed_richness
    independence = check_independence(frequencies, space)
    limit = uniform_coverage(n, space) if space is not None else None
    common: dict[str, Any] = {
        "source": source,
        "num_draws": n,
        "space_size": space,
        "observed_richness": seen,
        "coverage": seen / space if space is not None else None,
        "uniform_limit": limit,
        "independence": independence,
        "comparison": comparison,
        "interrupted": interrupted,
        "spilled": spilled,
    }
    if not independence.holds:
        return DrawsReport(
            **common,
            observed_richness_ci=None,
            chao1=None,
            chao1_ci=None,
            good_turing_coverage=None,
            good_turing_coverage_ci=None,
            unseen_mass=None,
            unseen_mass_ci=None,
            hill_numbers=(float(seen), None, None),
            hill_numbers_ci=(None, None, None),
            ratio=None,
            ratio_ci=None,
            chi_square=None,
            curve=(),
        )
    # No effective number of ids exceeds the size of a known space.
    most = math.inf if space is None else float(space)

    def capped(ends: Interval | None) -> Interval | None:
        return None if ends is None else (min(ends[0], most), min(ends[1], most))

    low, high = unseen_mass_interval(frequencies)
    richness_ci = expected_richness_interval(frequencies, space)
    hill_ci = hill_intervals(frequencies)
    order_2 = inverse_simpson(frequencies)
    pairs = repeated_pairs(frequencies)
    return DrawsReport(
        **common,
        observed_richness_ci=richness_ci,
        chao1=chao1(frequencies),
        chao1_ci=(chao1_lower(frequencies), None),
        good_turing_coverage=good_turing_coverage(frequencies),
        good_turing_coverage_ci=(1.0 - high, 1.0 - low),
        unseen_mass=frequencies.seen(1) / n,
        unseen_mass_ci=(low, high),
        hill_numbers=(
            float(seen),
            min(math.exp(shannon_entropy_nats(frequencies)), most),
            None if order_2 is None else min(order_2, most),
        ),
        hill_numbers_ci=(richness_ci, capped(hill_ci[1]), capped(hill_ci[2])),
        ratio=seen / (space * limit) if space is not None and limit else None,
        ratio_ci=(
            (richness_ci[0] / (space * limit), richness_ci[1] / (space * limit))
            if space is not None and limit
            else None
        ),
        chi_square=(space * pairs / (n * (n - 1)) - 1.0 if space is not None and n > 1 else None),
        curve=_curve(frequencies, space, num_draws),
    )


def _curve(
    frequencies: FrequencyCounts, space: int | None, num_draws: Sequence[int]
) -> tuple[tuple[int, float, float | None], ...]:
    n = frequencies.num_draws
    grid = {max(1, round(share * n)) for share in (0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)}
    wanted = sorted(grid | {m for m in num_draws if 1 <= m <= 2 * n})
    return tuple(
        (m, richness, space * uniform_coverage(m, space) if space is not None else None)
        for m, richness in richness_curve(frequencies, wanted, space)
    )


def _compare(tally: Tally, known: Tally, reader: IdReader) -> Comparison:
    drawn, _ = tally.counted_ids()
    reference, _ = known.counted_ids()
    common = len(np.intersect1d(drawn, reference, assume_unique=True))
    return Comparison(
        validity=tally.num_draws / (tally.num_draws + tally.num_outside)
        if reader.kind == "numbers"
        else None,
        uniqueness=len(drawn) / tally.num_draws,
        novelty=1.0 - common / len(drawn),
        reference_met=common / len(reference),
        num_invalid=tally.num_outside,
        num_reference_ids=len(reference),
    )


@dataclass(frozen=True, slots=True)
class DistributionReport:
    """Exact figures of a distribution given as its masses: nothing is estimated.

    ``coverage``: for each n the expected coverage, the limit, and the interval of one real run.
    """

    source: str
    space_size: int
    coverage: tuple[tuple[int, float, float, Interval], ...]
    entropy_nats: float
    chi_square: float
    total_variation: float
    hill_numbers: tuple[float, float, float]
    schema: str = DISTRIBUTION_SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "schema": self.schema,
            "source": self.source,
            "space_size": self.space_size,
            "coverage": {
                str(n): {
                    "coverage": value,
                    "limit": limit,
                    "ratio": value / limit,
                    "interval": list(interval),
                }
                for n, value, limit, interval in self.coverage
            },
            "entropy_nats": self.entropy_nats,
            "limit_nats": math.log(self.space_size),
            "chi_square": self.chi_square,
            "total_variation": self.total_variation,
            "hill_numbers": {str(order): value for order, value in enumerate(self.hill_numbers)},
        }


def measure_distribution(
    masses: NDArray[Any], *, num_draws: Sequence[int], source: str = "probabilities"
) -> DistributionReport:
    """Report on a probability vector ``(N,)``.

    Raises
    ------
    DrawsError
        Negative or not finite masses, or a sum that is not 1 to six digits.
    """
    p = np.asarray(masses, dtype=np.float64)
    if p.ndim != 1 or not p.size or not np.isfinite(p).all() or (p < 0).any():
        raise DrawsError("expected masses (N,), finite and none below 0")
    if abs(float(p.sum()) - 1.0) > 1e-6:
        raise DrawsError(f"expected masses that add up to 1, got a sum of {p.sum():.8g}")
    p = p / p.sum()
    rows = []
    for n in num_draws:
        value = expected_coverage(p, n)
        interval = run_interval(p, n, expected=value)
        rows.append((n, value, uniform_coverage(n, len(p)), interval))
    return DistributionReport(
        source,
        len(p),
        tuple(rows),
        entropy_nats(p),
        float(len(p) * (p @ p) - 1.0),
        total_variation(p),
        (hill_number(p, 0), hill_number(p, 1), hill_number(p, 2)),
    )
