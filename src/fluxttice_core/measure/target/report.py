"""What draws tell of a generator whose target is known: the report, and its call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import CALLBACK, KIND, SEED, SIMULATIONS, checked, text, whole
from ..counting.ids import IdReader
from ..counting.independence import Independence, check_independence
from ..counting.reading import Sample, chunks_of
from ..drawings import draw_floors
from ..estimate import CONFIDENCE_LEVEL, Estimate, finite
from ..forms import Figure, Forms, Sheet, figures_of
from ..frequencies import FrequencyCounts
from ..masses import as_masses
from ..registry import IntervalOf, ValueOf, flat_figures
from ..space import Space, as_space
from .coverage import threshold_of_modes
from .floors import NUM_SIMULATIONS, Floor, perfect_sampler_floors
from .labels import LabelledIds
from .of_target import OF_TARGET, TargetSample
from .split import split

SCHEMA = "fluxttice_core/target-report/v1"
NOT_INDEPENDENT = "the draws are not independent"
SIGNIFICANCE = 0.05
# Total variation is half of L1, and no test of its own.
_TESTS = ("chi_square", "l1", "jensen_shannon", "kullback_leibler")


@dataclass(frozen=True, slots=True, repr=False)
class TargetReport(Forms):
    """Draws of a generator against the masses that it is to draw from.

    ``estimates`` holds every figure by name, attributes too (``report.l1``, ``report.ratio_ci``);
    its ``limit`` is what a perfect sampler comes to at this n. ``floors`` says of each distance
    how a perfect sampler scatters, and where the draws lie against it. Of dependent draws the
    figures stay, without intervals and p-values.

    Examples
    --------
    >>> report = against_target([9, 1, 0], [0.4, 0.3, 0.3], kind="counts", num_simulations=199)
    >>> report.estimates["l1"]
    Estimate(1 L1, limit 0.3445, n = 10)
    >>> report.told_apart
    True
    """

    source: str
    num_draws: int
    space_size: int
    estimates: Mapping[str, Estimate]
    floors: Mapping[str, Floor]
    independence: Independence
    interrupted: bool = False
    schema: str = SCHEMA

    coverage = ValueOf()
    ratio = ValueOf()
    ratio_ci = IntervalOf()
    mass_outside = ValueOf()
    mass_outside_ci = IntervalOf()
    modes_met = ValueOf()
    mass_of_modes = ValueOf()
    mass_of_modes_ci = IntervalOf()
    chi_square = ValueOf()
    chi_square_ci = IntervalOf()
    l1 = ValueOf()
    total_variation = ValueOf()
    jensen_shannon = ValueOf()
    kullback_leibler = ValueOf()

    @property
    def p_value(self) -> float | None:
        """Chance that some distance of a perfect sampler comes out as improbable as here.

        The least of four p-values, times four (Bonferroni); 0 with draws where the target has no
        mass, of which a perfect sampler makes none. None of dependent draws.
        """
        if not self.independence.holds:
            return None
        if self.mass_outside:
            return 0.0
        values = [floor.p_value for name, floor in self.floors.items() if name in _TESTS]
        return min(1.0, len(_TESTS) * min(value for value in values if value is not None))

    @property
    def told_apart(self) -> bool | None:
        """Whether the draws tell the generator from a perfect sampler, at 5 %; None: not tested."""
        return None if self.p_value is None else self.p_value <= SIGNIFICANCE

    def _sheet(self) -> Sheet:
        figures = tuple(
            replace(item, limit_deviation=self.floors[item.name].standard_deviation)
            if item.name in self.floors
            else item
            for item in figures_of(self.estimates, OF_TARGET.title)
        )
        runs = next(iter(self.floors.values()))
        dependent = None if self.independence.holds else NOT_INDEPENDENT
        p_value = Estimate(
            self.p_value,
            unit="p-value",
            method="least p-value of four distances, times four (Bonferroni), of "
            f"{runs.num_simulations:,} perfect runs, seed {runs.seed}; 0 with mass outside",
            n=self.num_draws,
            reason=dependent,
        )
        notes: tuple[str, ...] = ()
        if dependent is not None:
            faults = "; ".join(self.independence.faults)
            notes = (f"NOT INDEPENDENT DRAWS, so no interval and no p-value is given: {faults}",)
        heading = (
            f"{self.source}: {self.num_draws:,} draws against a target of {self.space_size:,} ids"
        )
        return Sheet(
            self.source,
            heading + (" (interrupted: so far)" if self.interrupted else ""),
            (*figures, Figure("p_value", "p, of a perfect sampler", p_value)),
            ("ratio", "mass_outside", "l1", "p_value"),
            "perfect sampler",
            notes,
            lambda axes: draw_floors(axes, self),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: every figure as a record, and flat."""
        return flat_figures(self) | {
            "schema": self.schema,
            "source": self.source,
            "num_draws": self.num_draws,
            "space_size": self.space_size,
            "confidence_level": CONFIDENCE_LEVEL,
            "estimates": {name: item.as_dict() for name, item in self.estimates.items()},
            "perfect_sampler": {
                name: asdict(floor) | {"excess": finite(floor.excess)}
                for name, floor in self.floors.items()
            },
            "p_value": self.p_value,
            "told_apart": self.told_apart,
            "independent": self.independence.holds,
            "independence": {
                "faults": list(self.independence.faults),
                "could_tell": self.independence.could_tell,
            },
            "interrupted": self.interrupted,
        }


@checked(
    kind=KIND,
    num_modes=whole(),
    num_draws=whole(0),
    num_simulations=SIMULATIONS,
    seed=SEED,
    name=text,
    on_chunk=CALLBACK,
    on_simulation=CALLBACK,
)
def against_target(
    source: Any,
    masses: Any,
    *,
    kind: Literal["draws", "counts"] = "draws",
    space: Space | int | None = None,
    num_modes: int = 1,
    num_draws: int = 0,
    num_simulations: int = NUM_SIMULATIONS,
    seed: int = 0,
    name: str = "",
    on_chunk: Callable[[int], None] | None = None,
    on_simulation: Callable[[int, int], None] | None = None,
) -> TargetReport:
    """Report on draws of a generator whose target is known, beside a perfect sampler of it.

    Parameters
    ----------
    source : draws, as :func:`draws` takes them: ids 0 .. N-1, or rows of a word space; with
        ``kind="counts"`` how often each id was drawn, ``(N,)``.
    masses : of the target, ``(N,)``, numbers that add up to 1; or a mapping from label to mass,
        whose labels are then what draws are (or what a mapping of counts counts).
    kind : "draws", or "counts".
    space : a :class:`WordSpace` of N rows, where draws are rows.
    num_modes : how many of the largest masses are modes, ties beside them.
    num_draws : how many to ask of a sampler.
    num_simulations : perfect runs behind the floors and p-values.
    seed : of the simulation.
    name : of the source, for the report.
    on_chunk : called with the number of draws counted so far.
    on_simulation : called with the perfect runs made so far, and all.

    Raises
    ------
    DrawsError
        Masses that do not add up to 1, draws that are no ids of theirs, or no draws. Numbers that
        are no id of the target are not refused: they are mass outside it.

    Examples
    --------
    >>> report = against_target([0, 0, 1, 2, 2, 5], [0.5, 0.25, 0.25], num_simulations=99)
    >>> report.estimates["mass_outside"].value_text(), report.chi_square
    ('0.16667', None)
    >>> against_target(["C", "C", "N"], {"C": 0.5, "N": 0.5}, num_simulations=99).modes_met
    2
    """
    labels = LabelledIds(masses) if isinstance(masses, Mapping) else None
    q = as_masses(masses if labels is None else list(masses.values()))
    threshold_of_modes(q, num_modes)
    size, interrupted, adjacent = len(q), False, None
    if kind == "counts" and labels is not None:
        counts = labels.of_counts(source)
        q = np.append(q, 0.0)
        split(counts, q)
    elif kind == "counts":
        # Refused before the simulation.
        split(source, q)
        counts = np.asarray(source)
    else:
        chunks = chunks_of(source, num_draws)
        chunks = chunks if labels is None else labels.of_draws(chunks)
        counts, adjacent, interrupted = _counted(chunks, size, space, on_chunk)
        q = np.append(q, 0.0)
    floors = perfect_sampler_floors(
        counts, q, seed=seed, num_simulations=num_simulations, on_simulation=on_simulation
    )
    independence = _independence(counts[:size], adjacent, size)
    found = OF_TARGET.estimates(TargetSample(counts, q, num_modes), Space(size))
    for figure, floor in floors.items():
        if found[figure].limit is None:
            found[figure] = replace(found[figure], limit=floor.mean)
    if not independence.holds:
        found = {
            figure: estimate.withheld(NOT_INDEPENDENT, keep_value=OF_TARGET[figure].is_count)
            for figure, estimate in found.items()
        }
        floors = {
            figure: replace(floor, excess=None, p_value=None) for figure, floor in floors.items()
        }
    return TargetReport(
        source=name or kind,
        num_draws=found["l1"].n or 0,
        space_size=size,
        estimates=found,
        floors=floors,
        independence=independence,
        interrupted=interrupted,
    )


def _independence(counts: NDArray[Any], adjacent: int | None, size: int) -> Independence:
    """Test the draws that are ids of the target; those between them are left out by chance."""
    if not counts.any():
        return Independence((), could_tell=False)
    return check_independence(FrequencyCounts.of_counts(counts, adjacent), Space(size))


def _counted(
    chunks: Iterable[Any],
    size: int,
    space: Space | int | None,
    on_chunk: Callable[[int], None] | None,
) -> tuple[NDArray[np.int64], int, bool]:
    """Counts of the N ids, and of all else as one more; adjacent repeats; whether interrupted."""
    given = as_space(size if space is None else space)
    if given.size != size:
        raise DrawsError(
            f"expected a space of {size:,} ids, one for each mass of the target, got {given.size}"
        )
    sample, interrupted = Sample(IdReader(space=given), size), False
    try:
        sample.count(
            _of_known_ids(chunks, sample.reader),
            drop_outside=True,
            on_chunk=on_chunk,
        )
    except KeyboardInterrupt:
        interrupted = True
    ids, times = sample.tally.counted_ids()
    counts = np.zeros(size + 1, dtype=np.int64)
    counts[ids] = times
    counts[size] = sample.tally.num_outside
    if not counts.any():
        raise DrawsError("expected at least one draw, got none")
    return counts, sample.tally.adjacent_repeats, interrupted


def _of_known_ids(chunks: Iterable[Any], reader: IdReader) -> Iterator[Any]:
    """Hand on chunks, and refuse those whose ids say nothing of the target's."""
    for chunk in chunks:
        yield chunk
        if reader.is_numbering:
            raise DrawsError(
                f"expected ids 0 .. N-1 of the target's masses, got {reader.kind}, of which it is "
                "not known which mass is whose; give ids, masses by label, or rows with their "
                "measure.WordSpace"
            )
