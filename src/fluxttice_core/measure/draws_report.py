"""What draws alone can tell: the report, and the calls that make it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import CALLBACK, checked, text, wholes
from .comparison import Comparison, compare
from .counting.ids import IdReader
from .counting.independence import Independence, check_independence
from .counting.reading import Sample, chunks_of, grouped_chunks
from .coverage import uniform_coverage
from .curves.rarefaction import richness_curve
from .drawings import draw_rarefaction
from .estimate import CONFIDENCE_LEVEL, Estimate, Interval
from .forms import Forms, Sheet, figures_of
from .frequencies import FrequencyCounts, as_frequencies
from .groups.of_groups import estimates_by_groups
from .groups.tally import GroupTable
from .of_draws import OF_DRAWS
from .registry import IntervalOf, ValueOf, flat_figures
from .space import WORD_SPACES, Space, WordSpace, as_space
from .uniformity import CHI_SQUARE, fair_dice_bound

SCHEMA = "fluxttice_core/draws-report/v2"
NOT_INDEPENDENT = "the draws are not independent"
# The n of the curve, as shares of the draws that there are; nothing reliable can be said past the
# last of them.
_GRID = (0.01, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
# What the flat keys mean: some of the estimates' own words, and those of the keys that are none.
_OWN_METHODS = ("observed_richness", "chao1", "good_turing_coverage")
# The figures that stand in the few lines of a shell.
_MAIN = ("coverage", "ratio", "richness_at_least", "unseen_mass", "hill_number_1")
_METHODS = {
    "hill_numbers": "0: observed richness; 1: exp of the entropy of Chao, Wang & Jost (2013); 2: "
    "inverse of the unbiased sum of squares; intervals by the jackknife less its second order, and "
    "by the unbiased variance of the sum of squares; none above the size of a known space",
    "curve": "rarefaction (Hurlbert 1971) up to n, extrapolation (Chao et al. 2014) to twice n",
    "chi_square": CHI_SQUARE,
    "fair_dice_p_value": "an upper bound: Cantelli (1928) on the unbiased chi-square, whose "
    "variance under fair dice is 2 (N - 1) / (n (n - 1)), exactly",
}


@dataclass(frozen=True, slots=True, repr=False)
class DrawsReport(Forms):
    """What draws alone can tell. Estimates are withheld where the draws are not independent.

    ``estimates`` holds every figure by name. Those that come with the library are attributes too:
    ``report.chao1`` is a value, ``report.chao1_ci`` its interval, each None where it is withheld
    or needs a space that is not known. ``ratio`` is the observed share of the space over the share
    that as many throws of fair dice meet in expectation. ``curve``: n, the expected distinct ids,
    and those of fair dice; ``curve_ci``: the intervals of the second. ``frequencies``: the counts
    of counts that the figures follow from.

    Examples
    --------
    >>> report = draws([3, 1, 3, 3, 0, 1], space=4)
    >>> report.estimates["ratio"]
    Estimate(0.9124 ratio, 95 % interval 0.3041 .. 1.2165, limit 1.0000, n = 6)
    >>> report.ratio == float(report.estimates["ratio"])
    True
    """

    source: str
    num_draws: int
    space_size: int | None
    estimates: Mapping[str, Estimate]
    curve: tuple[tuple[int, float, float | None], ...]
    independence: Independence
    comparison: Comparison | None
    interrupted: bool
    spilled: bool
    curve_ci: tuple[Interval | None, ...] = ()
    schema: str = SCHEMA
    num_groups: int | None = None
    frequencies: FrequencyCounts | None = None

    observed_richness = ValueOf()
    observed_richness_ci = IntervalOf()
    chao1 = ValueOf()
    chao1_ci = IntervalOf()
    good_turing_coverage = ValueOf()
    good_turing_coverage_ci = IntervalOf()
    unseen_mass = ValueOf()
    unseen_mass_ci = IntervalOf()
    coverage = ValueOf()
    uniform_limit = ValueOf()
    ratio = ValueOf()
    ratio_ci = IntervalOf()
    chi_square = ValueOf()

    @property
    def hill_numbers(self) -> tuple[float, float | None, float | None]:
        """Effective numbers of order 0, 1 and 2."""
        one, two = (self.estimates[f"hill_number_{order}"].value for order in (1, 2))
        return float(self.estimates["observed_richness"]), one, two

    @property
    def hill_numbers_ci(self) -> tuple[Interval | None, Interval | None, Interval | None]:
        """Intervals of the effective numbers."""
        one, two = (self.estimates[f"hill_number_{order}"].interval for order in (1, 2))
        return self.observed_richness_ci, one, two

    def _sheet(self) -> Sheet:
        space = "an unknown space" if self.space_size is None else f"{self.space_size:,} ids"
        seen = f"{self.observed_richness:,} distinct"
        heading = f"{self.source}: {self.num_draws:,} draws from {space}, {seen}"
        if self.interrupted:
            heading += " (interrupted: so far)"
        if self.num_groups is not None:
            heading += f", in {self.num_groups:,} groups"
        notes: tuple[str, ...] = ()
        if not self.independence.holds:
            faults = "; ".join(self.independence.faults)
            notes = (f"NOT INDEPENDENT DRAWS, so no estimate and no ratio is given: {faults}",)
        elif self.num_groups is not None:
            notes = ("Intervals are from the groups, which are taken to be independent.",)
        elif not self.independence.could_tell:
            notes = ("Every interval supposes independent draws, which these are too few to test.",)
            if not self.independence.order_known:
                notes = ("Every interval supposes independent draws; their order is not known.",)
        return Sheet(
            self.source,
            heading,
            figures_of(self.estimates, OF_DRAWS.title, OF_DRAWS.is_shown),
            _MAIN,
            "fair dice",
            notes,
            lambda axes: draw_rarefaction(axes, self),
        )

    @property
    def fair_dice_p_value(self) -> float | None:
        """At most this often are fair dice as uneven, at any n; None if not tested.

        None of an unknown space, of groups, and of draws that are not independent.
        """
        chi_square, size = self.chi_square, self.space_size
        if chi_square is None or size is None:
            return None
        return fair_dice_bound(chi_square, self.num_draws, size)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: every estimate as a record, and its figures flat."""
        names = ("0", "1", "2")
        return flat_figures(self) | {
            "schema": self.schema,
            "source": self.source,
            "num_draws": self.num_draws,
            "space_size": self.space_size,
            "num_groups": self.num_groups,
            "confidence_level": CONFIDENCE_LEVEL,
            "estimates": {name: item.as_dict() for name, item in self.estimates.items()},
            "hill_numbers": dict(zip(names, self.hill_numbers, strict=True)),
            "hill_numbers_ci": dict(zip(names, self.hill_numbers_ci, strict=True)),
            "curve": [
                {
                    "num_draws": n,
                    "expected_richness": richness,
                    "expected_richness_ci": interval,
                    "uniform_richness": limit,
                }
                for (n, richness, limit), interval in zip(self.curve, self.curve_ci, strict=True)
            ],
            "fair_dice_p_value": self.fair_dice_p_value,
            "independent": self.independence.holds,
            "independence": {
                "faults": list(self.independence.faults),
                "could_tell": self.independence.could_tell,
                "order_known": self.independence.order_known,
            },
            "comparison": None if self.comparison is None else asdict(self.comparison),
            "interrupted": self.interrupted,
            "counted_on_disk": self.spilled,
            "estimators": {name: self.estimates[name].method for name in _OWN_METHODS} | _METHODS,
        }


@checked(
    num_draws=wholes(0),
    known_spaces=WORD_SPACES,
    name=text,
    on_chunk=CALLBACK,
)
def draws(
    source: Any,
    *,
    space: Space | int | None = None,
    groups: Any = None,
    reference: Any = None,
    num_draws: Sequence[int] = (),
    known_spaces: Sequence[WordSpace] = (),
    name: str = "draws",
    on_chunk: Callable[[int], None] | None = None,
) -> DrawsReport:
    """Count draws from a generator of anything discrete, and report what they tell.

    Memory grows with the distinct ids, not with the draws. An interruption (Ctrl-C) while draws
    are read ends the reading: the report is of the draws so far, and says so.

    Parameters
    ----------
    source : numbers ``(n,)``, rows ``(n, k)`` or labels, as an array or list; an iterator of
        chunks of these; or a sampler, a callable that returns as many as it is asked for.
    space : number of possible ids 0 .. N-1, or of possible rows or labels; a :class:`WordSpace`
        of the rows; None if unknown.
    groups : where draws depend on each other within groups (images, subjects, files, seeds): a
        label for each draw, as ``source``; or "rows", where each first index of an array
        ``(groups, ...)`` is a group of draws. Intervals then come from the groups, which are taken
        to be independent; memory grows with the pairs of group and id.
    reference : another sample, as ``source``, for validity, uniqueness and novelty against it. Ids
        outside the space then count as invalid; without it they are refused.
    num_draws : n at which the curve is given, beside a grid of its own; a sampler is asked for the
        largest.
    known_spaces : word spaces whose rows are recognised where ``space`` is not given.
    name : of the source, for the report.
    on_chunk : called with the number of draws counted so far.

    Raises
    ------
    DrawsError
        No draws, values that are not discrete, or more of them than the space holds.

    Examples
    --------
    >>> report = draws(["CCO", "C", "CCO", "N"])
    >>> report.observed_richness, report.unseen_mass
    (3, 0.5)
    """
    given, most = as_space(space), max(num_draws, default=0)
    sample = Sample(IdReader(space=given, known_spaces=known_spaces), given.size)
    known = None
    if reference is not None:
        known = _reference(chunks_of(reference, most), sample.reader, given)
    interrupted = False
    try:
        if groups is None:
            chunks = chunks_of(source, most)
            sample.count(chunks, drop_outside=known is not None, on_chunk=on_chunk)
        else:
            sample.count_groups(
                grouped_chunks(source, groups, most),
                drop_outside=known is not None,
                on_chunk=on_chunk,
            )
    except KeyboardInterrupt:
        interrupted = True
    if not sample.tally.num_draws:
        raise DrawsError("expected at least one draw, got none")
    comparison = None if known is None else compare(sample, known)
    frequencies = sample.tally.frequencies()
    if given.size is not None and frequencies.observed_richness > given.size:
        raise DrawsError(
            f"expected at most {given.size:,} different {sample.reader.kind}, got "
            f"{frequencies.observed_richness:,}; name the right space size"
        )
    return _report(
        frequencies,
        sample.reader.space,
        name=name,
        num_draws=num_draws,
        comparison=comparison,
        interrupted=interrupted,
        spilled=sample.tally.spilled,
        order=sample.tally.order.kept(),
        table=None if groups is None else sample.groups.table(),
    )


def _reference(chunks: Iterable[Any], reader: IdReader, space: Space) -> Sample:
    """Count a reference before the draws, with the same ids for the same labels."""
    reference = Sample(IdReader(reader.vocabulary, space=space), space.size)
    reference.count(chunks)
    if not reference.tally.num_draws:
        raise DrawsError("expected a reference with at least one draw, got none")
    return reference


@checked(num_draws=wholes(0), name=text)
def counts(
    counted: Any,
    *,
    space: Space | int | None = None,
    num_draws: Sequence[int] = (),
    name: str = "counts",
) -> DrawsReport:
    """Report on draws that are counted already.

    Parameters
    ----------
    counted : how often each id was drawn, ``(n,)``; a mapping from id to count; or
        :class:`FrequencyCounts`, which a histogram makes (``FrequencyCounts.of_histogram``). The
        order of the draws is unknown unless these hold it: independence is then not tested beyond
        what counts alone can tell, and the report says so.
    space : number of possible ids, or a :class:`Space`; None if unknown.
    num_draws : n at which the curve is given, beside a grid of its own.
    name : of the source, for the report.

    Raises
    ------
    DrawsError
        No counts, or more distinct ids than the space holds.

    Examples
    --------
    >>> counts([4, 0, 2, 1, 1], space=5).estimates["coverage"]
    Estimate(80.00 % share, limit 83.22 %, n = 8)
    """
    return _report(as_frequencies(counted), as_space(space), name=name, num_draws=num_draws)


def _report(
    frequencies: FrequencyCounts,
    space: Space,
    *,
    name: str,
    num_draws: Sequence[int],
    comparison: Comparison | None = None,
    interrupted: bool = False,
    spilled: bool = False,
    order: Sequence[NDArray[np.int64]] = (),
    table: GroupTable | None = None,
) -> DrawsReport:
    if table is None:
        independence = check_independence(frequencies, space, order=order)
        estimates = _estimates(frequencies, space, independence)
    else:
        independence = Independence((), could_tell=False)
        estimates = estimates_by_groups(frequencies, table, space)
    size = space.size
    whole = independence.holds and table is None
    curve = _curve(frequencies, space, num_draws) if whole else {}
    return DrawsReport(
        source=name,
        num_draws=frequencies.num_draws,
        space_size=space.size,
        estimates=estimates,
        curve=tuple(
            (m, float(richness), size * uniform_coverage(m, size) if size is not None else None)
            for m, richness in curve.items()
        ),
        curve_ci=tuple(richness.interval for richness in curve.values()),
        independence=independence,
        comparison=comparison,
        interrupted=interrupted,
        spilled=spilled,
        num_groups=None if table is None else table.num_groups,
        frequencies=frequencies,
    )


def _estimates(
    frequencies: FrequencyCounts, space: Space, independence: Independence
) -> dict[str, Estimate]:
    found = OF_DRAWS.estimates(frequencies, space)
    if independence.holds:
        return found
    return {
        name: estimate.withheld(NOT_INDEPENDENT, keep_value=OF_DRAWS[name].is_count)
        for name, estimate in found.items()
    }


def _curve(
    frequencies: FrequencyCounts, space: Space, num_draws: Sequence[int]
) -> dict[int, Estimate]:
    n = frequencies.num_draws
    grid = {max(1, round(share * n)) for share in _GRID}
    wanted = sorted(grid | {m for m in num_draws if 1 <= m <= _GRID[-1] * n})
    return richness_curve(frequencies, wanted, space)
