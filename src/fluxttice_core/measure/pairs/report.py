"""Two generators: what their draws tell of the difference, and the call that reports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import CALLBACK, KIND, SEED, SIMULATIONS, checked, texts, whole
from ..counting.ids import IdReader
from ..counting.independence import Independence, check_independence
from ..counting.reading import Sample, chunks_of
from ..drawings import COLOUR, OTHER, draw_figures
from ..estimate import CONFIDENCE_LEVEL, Estimate
from ..forms import Figure, Forms, Sheet
from ..frequencies import FrequencyCounts
from ..registry import IntervalOf, ValueOf, flat_figures
from ..space import WORD_SPACES, Space, WordSpace, as_space
from .differences import EqualCoverage, Pair, at_equal_coverage, at_equal_draws
from .permutation import MOST_DRAWS, NUM_PERMUTATIONS, TwoSampleTest, aligned, two_sample_test

SCHEMA = "fluxttice_core/two-samples-report/v1"
NOT_INDEPENDENT = "the draws are not independent"
SIGNIFICANCE = 0.05
_TITLES = {
    "richness": "distinct ids",
    "unseen_mass": "mass unseen",
    "richness_at_coverage": "distinct ids, equal mass seen",
    "hill_number_1": "effective number, order 1",
    "hill_number_2": "effective number, order 2",
}
# What stands in the JSON as it is.
_PLAIN = (
    "source_a",
    "source_b",
    "num_draws_a",
    "num_draws_b",
    "space_size",
    "num_shared_ids",
    "equal_draws",
    "equal_coverage",
    "p_value",
    "told_apart",
    "independent",
    "interrupted",
    "schema",
)


@dataclass(frozen=True, slots=True, repr=False)
class TwoSamplesReport(Forms):
    """Draws of two generators, A and B, of the same ids.

    ``estimates`` holds the differences, A less B, by name: ``richness`` and ``unseen_mass`` at
    ``equal_draws`` draws each, ``richness_at_coverage`` where both have seen the same mass
    (``equal_coverage``), and the effective numbers of the laws. ``of_a`` and ``of_b`` hold the
    figures behind them. ``test`` is that of the labels; None where draws are not independent.

    Examples
    --------
    >>> report = compare_samples([40, 30, 20, 10], [10, 20, 30, 40], kind="counts")
    >>> report.told_apart
    True
    >>> report.richness
    0.0
    """

    source_a: str
    source_b: str
    num_draws_a: int
    num_draws_b: int
    space_size: int | None
    num_shared_ids: int
    equal_draws: int
    equal_coverage: float
    draws_at_coverage: tuple[int, int]
    estimates: Mapping[str, Estimate]
    of_a: Mapping[str, Estimate]
    of_b: Mapping[str, Estimate]
    test: TwoSampleTest | None
    independence_a: Independence
    independence_b: Independence
    interrupted: bool = False
    schema: str = SCHEMA

    richness = ValueOf()
    richness_ci = IntervalOf()
    unseen_mass = ValueOf()
    unseen_mass_ci = IntervalOf()
    richness_at_coverage = ValueOf()
    richness_at_coverage_ci = IntervalOf()
    hill_number_1 = ValueOf()
    hill_number_1_ci = IntervalOf()
    hill_number_2 = ValueOf()
    hill_number_2_ci = IntervalOf()

    @property
    def p_value(self) -> float | None:
        """That of the test of the labels; None of dependent draws."""
        return None if self.test is None else self.test.p_value

    @property
    def told_apart(self) -> bool | None:
        """Whether the draws tell A from B, at 5 %; None: not tested."""
        return None if self.p_value is None else self.p_value <= SIGNIFICANCE

    @property
    def independent(self) -> bool:
        """Whether nothing speaks against independent draws in either sample."""
        return self.independence_a.holds and self.independence_b.holds

    def _sheet(self) -> Sheet:
        parts = (("of_a.", "A"), ("of_b.", "B"), ("", "A - B"))
        figures = [
            Figure(f"{part}{name}", f"{_TITLES.get(name, name)}: {whose}", found[name])
            for name in self.estimates
            for (part, whose), found in zip(
                parts, (self.of_a, self.of_b, self.estimates), strict=True
            )
        ]
        test, dependent = self.test, None if self.independent else NOT_INDEPENDENT
        how = "not tested"
        if test is not None:
            made = f"{test.num_permutations:,} permutations, seed {test.seed}"
            how = made if test.num_permutations else "every division listed"
        p_value = Estimate(
            self.p_value,
            unit="p-value",
            method=f"exchange of labels, three statistics, Bonferroni; {how}",
            n=self.num_draws_a + self.num_draws_b,
            reason=dependent,
        )
        notes = [
            f"Distinct ids and mass unseen at {self.equal_draws:,} draws each; effective numbers "
            "are of the generators, at any n."
        ]
        for name, check in (("A", self.independence_a), ("B", self.independence_b)):
            if not check.holds:
                notes.append(f"NOT INDEPENDENT DRAWS in {name}: {'; '.join(check.faults)}")
        return Sheet(
            f"{self.source_a} | {self.source_b}",
            f"A: {self.source_a}, {self.num_draws_a:,} draws; "
            f"B: {self.source_b}, {self.num_draws_b:,} draws"
            + (" (interrupted: so far)" if self.interrupted else ""),
            (*figures, Figure("p_value", "p, of one law", p_value)),
            (*self.estimates, "p_value"),
            "no difference",
            tuple(notes),
            self._draw,
        )

    def _draw(self, axes: Any) -> None:
        """Draw what is counted in ids, A above B."""
        rows = [
            (f"{_TITLES.get(name, name)}: {whose}", found[name])
            for name, item in self.estimates.items()
            if item.unit == "ids"
            for whose, found in (("A", self.of_a), ("B", self.of_b))
        ]
        draw_figures(axes, rows, [COLOUR, OTHER])
        axes.set_xlabel("ids, with 95 % intervals")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: every figure as a record, and the differences flat."""
        return (
            flat_figures(self)
            | {name: getattr(self, name) for name in _PLAIN}
            | {
                part: {name: item.as_dict() for name, item in getattr(self, part).items()}
                for part in ("estimates", "of_a", "of_b")
            }
            | {
                "confidence_level": CONFIDENCE_LEVEL,
                "draws_at_coverage": list(self.draws_at_coverage),
                "test": None if self.test is None else asdict(self.test),
                "independence_a": asdict(self.independence_a),
                "independence_b": asdict(self.independence_b),
            }
        )


@checked(
    kind=KIND,
    known_spaces=WORD_SPACES,
    num_draws=whole(0),
    num_permutations=SIMULATIONS,
    seed=SEED,
    names=texts(2, 2),
    on_chunk=CALLBACK,
    on_permutation=CALLBACK,
)
def compare_samples(
    a: Any,
    b: Any,
    *,
    kind: Literal["draws", "counts"] = "draws",
    space: Space | int | None = None,
    known_spaces: Sequence[WordSpace] = (),
    num_draws: int = 0,
    num_permutations: int = NUM_PERMUTATIONS,
    seed: int = 0,
    names: tuple[str, str] = ("A", "B"),
    on_chunk: Callable[[int], None] | None = None,
    on_permutation: Callable[[int, int], None] | None = None,
) -> TwoSamplesReport:
    """Compare the draws of two generators: at equal draws, at equal coverage, and as laws.

    Parameters
    ----------
    a, b : draws, as :func:`draws` takes them; with ``kind="counts"`` how often each id was drawn,
        ``(N,)`` each, the same ids in both.
    kind : "draws", or "counts".
    space : number of possible ids, or a :class:`Space`; None if unknown.
    known_spaces : word spaces whose rows are recognised where ``space`` is not given.
    num_draws : how many to ask of a sampler.
    num_permutations : of the labels, where the divisions are too many to list.
    seed : of the permutations, and of the choice of draws behind the intervals.
    names : of the two sources, for the report.
    on_chunk : called with the number of draws counted so far, of each in turn.
    on_permutation : called with the permutations made so far, and all.

    Raises
    ------
    DrawsError
        Draws of different kinds, of none, or outside the space.

    Examples
    --------
    >>> report = compare_samples(["C", "C", "N"], ["O", "O", "O"])
    >>> report.num_shared_ids, report.test.num_permutations, round(report.p_value, 6)
    (0, 0, 0.3)
    """
    given, interrupted = as_space(space), False
    checks: tuple[Independence, Independence]
    if kind == "counts":
        counts_a, counts_b = aligned(a, b)
        checks = _checked(counts_a, counts_b, (None, None), given)
    elif kind == "draws":
        samples, interrupted = read_both(a, b, given, known_spaces, num_draws, on_chunk)
        counts_a, counts_b = on_the_same_ids(*samples)
        spaces = {sample.reader.space for sample in samples}
        given = spaces.pop() if len(spaces) == 1 else given
        repeats = (samples[0].tally.adjacent_repeats, samples[1].tally.adjacent_repeats)
        checks = _checked(counts_a, counts_b, repeats, given)
    else:
        raise DrawsError(f'expected kind "draws" or "counts", got {kind!r}')
    test = None
    if checks[0].holds and checks[1].holds:
        test = two_sample_test(
            counts_a,
            counts_b,
            seed=seed,
            num_permutations=num_permutations,
            on_permutation=on_permutation,
        )
    pairs = at_equal_draws(counts_a, counts_b, given, seed)
    at_coverage = at_equal_coverage(counts_a, counts_b, given, seed)
    return TwoSamplesReport(
        source_a=names[0],
        source_b=names[1],
        num_draws_a=int(counts_a.sum()),
        num_draws_b=int(counts_b.sum()),
        space_size=given.size,
        num_shared_ids=int(np.count_nonzero((counts_a > 0) & (counts_b > 0))),
        equal_draws=min(int(counts_a.sum()), int(counts_b.sum())),
        equal_coverage=at_coverage.coverage,
        draws_at_coverage=at_coverage.num_draws,
        **_figures(pairs, at_coverage, independent=test is not None),
        test=test,
        independence_a=checks[0],
        independence_b=checks[1],
        interrupted=interrupted,
    )


def _checked(
    counts_a: NDArray[np.int64],
    counts_b: NDArray[np.int64],
    repeats: tuple[int | None, int | None],
    space: Space,
) -> tuple[Independence, Independence]:
    """Whether each sample is one of independent draws, and both fit into the space."""
    distinct = int(np.count_nonzero(counts_a + counts_b))
    if space.size is not None and distinct > space.size:
        raise DrawsError(
            f"expected at most {space.size:,} different ids, got {distinct:,}; name the right "
            "space size"
        )
    most = int(counts_a.sum()) + int(counts_b.sum())
    if most >= MOST_DRAWS:
        raise DrawsError(
            f"expected fewer than {MOST_DRAWS:,} draws in both samples, got {most:,}; compare parts"
        )
    one, other = (
        check_independence(FrequencyCounts.of_counts(counts, adjacent), space)
        for counts, adjacent in zip((counts_a, counts_b), repeats, strict=True)
    )
    return one, other


def _figures(
    pairs: dict[str, Pair], at_coverage: EqualCoverage, *, independent: bool
) -> dict[str, Any]:
    every = pairs | {"richness_at_coverage": at_coverage.pair}

    def part(place: int) -> dict[str, Estimate]:
        found = {name: pair[place] for name, pair in every.items()}
        if independent:
            return found
        return {name: item.withheld(NOT_INDEPENDENT) for name, item in found.items()}

    return {"of_a": part(0), "of_b": part(1), "estimates": part(2)}


def read_both(
    a: Any,
    b: Any,
    space: Space,
    known_spaces: Sequence[WordSpace],
    num_draws: int,
    on_chunk: Callable[[int], None] | None,
) -> tuple[tuple[Sample, Sample], bool]:
    """Count both, equal labels with equal ids; an interruption ends the second alone."""
    first = Sample(IdReader(space=space, known_spaces=known_spaces), space.size)
    vocabulary = first.reader.vocabulary
    second = Sample(IdReader(vocabulary, space=space, known_spaces=known_spaces), space.size)
    first.count(chunks_of(a, num_draws), on_chunk=on_chunk)
    interrupted = False
    try:
        second.count(chunks_of(b, num_draws), on_chunk=on_chunk)
    except KeyboardInterrupt:
        interrupted = True
    for sample, name in ((first, "A"), (second, "B")):
        if not sample.tally.num_draws:
            raise DrawsError(f"expected at least one draw in each sample, got none in {name}")
    if first.reader.kind != second.reader.kind:
        raise DrawsError(
            f"expected two samples of the same kind, got {first.reader.kind} and "
            f"{second.reader.kind}"
        )
    return (first, second), interrupted


def on_the_same_ids(a: Sample, b: Sample) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often each id of either sample was drawn in both, ``(N,)`` each."""
    (ids_a, times_a), (ids_b, times_b) = a.tally.counted_ids(), b.tally.counted_ids()
    ids = np.union1d(ids_a, ids_b)
    counts = np.zeros((2, len(ids)), dtype=np.int64)
    counts[0, np.searchsorted(ids, ids_a)] = times_a
    counts[1, np.searchsorted(ids, ids_b)] = times_b
    return counts[0], counts[1]
