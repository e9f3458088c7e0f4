"""From counts of counts to every figure: one way, for who issues and for who verifies."""

from __future__ import annotations

from dataclasses import replace

from ... import measure
from ...errors import DrawsError
from ...measure import OF_DRAWS, DrawsReport, FrequencyCounts, Independence
from ...measure.counting.independence import lag_words
from ...measure.counting.lags import LagFault
from ...measure.draws_report import NOT_INDEPENDENT
from ...measure.groups.of_groups import NOT_BY_GROUPS
from ..figure import ends, figure_of, number_text
from .predicate import Counts, CurvePoint, DrawsPredicate, Findings, Lag

# Of each number, and of all draws: what JSON's other readers hold exactly.
MOST = 2**53


def counts_faults(counts: Counts) -> list[str]:
    """Say why counts are those of no draws.

    >>> counts_faults(Counts((1, 2), (3, 1), adjacent_repeats=2))
    ['2 draws equal the one before, and at most 1 can']
    """
    times, ids = counts.times, counts.ids
    if len(times) != len(ids) or not times:
        return [f"{len(times)} numbers of times, and {len(ids)} numbers of ids"]
    if list(times) != sorted(set(times)) or times[0] < 1 or min(ids) < 1:
        return ["times that increase from 1, and at least one id for each"]
    frequencies = FrequencyCounts(times, ids)
    if frequencies.num_draws > MOST:
        return [f"{frequencies.num_draws:,} draws, and at most {MOST:,} are taken"]
    most = frequencies.num_draws - frequencies.observed_richness
    adjacent = counts.adjacent_repeats
    faults = []
    if adjacent is not None and not 0 <= adjacent <= most:
        faults.append(f"{adjacent:,} draws equal the one before, and at most {most:,} can")
    if counts.lag is not None and adjacent is None:
        faults.append("a finding on the order of draws whose order is not known")
    return faults


def report_of(
    counts: Counts, space: int | None, num_draws: tuple[int, ...], *, grouped: bool = False
) -> DrawsReport:
    """Measure counts of counts.

    Parameters
    ----------
    grouped : draws come in groups and depend on each other there, so that counts alone estimate
        nothing.

    Raises
    ------
    DrawsError
        They are no counts of draws from this space.
    """
    faults = counts_faults(counts)
    if faults:
        raise DrawsError("; ".join(faults))
    frequencies = FrequencyCounts(counts.times, counts.ids, counts.adjacent_repeats)
    if space is not None and frequencies.observed_richness > space:
        raise DrawsError(f"{frequencies.observed_richness:,} ids in a space of {space:,}")
    report = measure.counts(frequencies, space=space, num_draws=num_draws)
    if grouped:
        return _withheld(report, NOT_BY_GROUPS, Independence((), False, False))
    if counts.lag is None:
        return report
    lag = counts.lag
    fault = lag_words(LagFault(lag.lag, lag.equal, float(lag.expected), lag.num_lags))
    seen = report.independence
    found = Independence((*seen.faults, fault), seen.could_tell, seen.order_known)
    return _withheld(report, NOT_INDEPENDENT, found)


def _withheld(report: DrawsReport, reason: str, independence: Independence) -> DrawsReport:
    return replace(
        report,
        estimates={
            name: estimate.withheld(reason, keep_value=OF_DRAWS[name].is_count)
            for name, estimate in report.estimates.items()
        },
        curve=(),
        curve_ci=(),
        independence=independence,
    )


def with_figures(predicate: DrawsPredicate, report: DrawsReport) -> DrawsPredicate:
    """Return the predicate with the figures of a report in the place of its own."""
    return replace(
        predicate,
        figures=tuple(figure_of(name, item) for name, item in report.estimates.items()),
        curve=tuple(
            CurvePoint(
                n,
                str(number_text(richness)),
                **ends(interval),
                limit=number_text(limit),
            )
            for (n, richness, limit), interval in zip(report.curve, report.curve_ci, strict=True)
        ),
        independence=Findings(
            report.independence.faults,
            report.independence.could_tell,
            report.independence.order_known,
        ),
    )


def lag_record(fault: LagFault) -> Lag:
    """Return what the order of the draws was found to do."""
    return Lag(fault.lag, fault.equal, str(number_text(fault.expected)), fault.num_lags)
