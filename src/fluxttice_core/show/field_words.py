"""What a report on draws says in the words of those who ask: a chemist, a trainer, an ecologist.

Nothing is measured here: each sentence repeats figures of the report, with what they depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..measure import DrawsReport, Estimate
from .words import percent


def field_words(report: DrawsReport, field: str) -> list[str]:
    """Return sentences for a field; none where the draws are not independent.

    Parameters
    ----------
    field : one of :data:`FIELDS`.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> field_words(measure.draws(["CCO", "C", "CCO", "N"]), "chemistry")[0]
    'Uniqueness is 75.00 % at 4 draws. It falls as n grows: compare it at equal n alone.'
    """
    return FIELDS[field](report) if report.independence.holds else []


def _chemistry(report: DrawsReport) -> list[str]:
    unique = percent(report.hill_numbers[0] / report.num_draws)
    return [
        f"Uniqueness is {unique} at {report.num_draws:,} draws. It falls as n grows: compare it at "
        "equal n alone.",
        *_seen(report, "The molecules drawn so far", "the next one is new"),
    ]


def _codebook(report: DrawsReport) -> list[str]:
    told = []
    size, n, met = report.space_size, report.num_draws, int(report.hill_numbers[0])
    perplexity = report.estimates["plug_in_perplexity"].value
    if report.coverage is not None and report.uniform_limit is not None:
        told.append(
            f"Usage is {percent(report.coverage)} at {n:,} tokens, where even use of all codes "
            f"would give {percent(report.uniform_limit)}."
        )
    corrected = report.estimates["hill_number_1"]
    if perplexity is not None and corrected.value is not None:
        told.append(
            f"Perplexity is {perplexity:,.1f} of these tokens (plug-in, which few tokens make "
            f"small), {_with_interval(corrected)} corrected."
        )
    if size is not None and size > met:
        # The mass at which a code is missed by n independent tokens once in twenty.
        most = 1.0 - 0.05 ** (1.0 / n)
        told.append(
            f"{size - met:,} codes were never met. A code of a mass of about "
            f"{most:.2g} or more is missed by so many independent tokens at most once in twenty."
        )
    return told


def _ecology(report: DrawsReport) -> list[str]:
    richness = report.estimates["richness_at_least"]
    told = _seen(report, "The species recorded", "the next individual is of another")
    if richness.value is not None:
        told.append(
            f"Richness is estimated as at least about {_with_interval(richness)}; "
            f"{report.observed_richness:,} were recorded. What is rarer than the sample shows is "
            "not in it: this is a lower bound."
        )
    return told


def _seen(report: DrawsReport, ids: str, event: str) -> list[str]:
    mass = report.estimates["unseen_mass"]
    if mass.value is None:
        return []
    return [
        f"{ids} have about {percent(1.0 - float(mass.value))} of the mass: {event} with a chance "
        f"of about {_with_interval(mass, percent)}."
    ]


def _plain(value: float) -> str:
    return f"{value:,.1f}"


def _with_interval(figure: Estimate, words: Callable[[float], str] = _plain) -> str:
    assert figure.value is not None
    text = words(float(figure.value))
    if figure.interval is None:
        return text
    low, high = (None if end is None else words(end) for end in figure.interval)
    if low is not None and high is not None:
        return f"{text} (95 % interval {low} to {high})"
    return f"{text} (95 %: at least {low})" if low is not None else f"{text} (95 %: at most {high})"


FIELDS: Mapping[str, Callable[[DrawsReport], list[str]]] = {
    "chemistry": _chemistry,
    "codebook": _codebook,
    "ecology": _ecology,
}
