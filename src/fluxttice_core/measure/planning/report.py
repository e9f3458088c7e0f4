"""From pilots, as they come, to how many draws are enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import CALLBACK, KIND, SEED, SHARE, checked, optional, real, texts, truth
from ..counting.ids import IdReader
from ..counting.independence import Independence, check_independence
from ..counting.reading import Sample, chunks_of
from ..drawings import COLOUR, draw_figures
from ..estimate import Estimate
from ..forms import Figure, Forms, Sheet
from ..frequencies import FrequencyCounts, as_frequencies
from ..pairs.permutation import aligned
from ..pairs.report import on_the_same_ids, read_both
from ..space import WORD_SPACES, Space, WordSpace, as_space
from .apart import draws_to_tell_apart
from .widths import draws_for_width, draws_to_see

SCHEMA = "fluxttice_core/plan-report/v1"
NOT_INDEPENDENT = "the draws are not independent"


@dataclass(frozen=True, slots=True, repr=False)
class PlanReport(Forms):
    """How many draws are enough, from one pilot or two.

    ``goal``: "width", "reach" or "apart", with what was asked for in ``wanted``. ``needed``: the
    draws, of each generator where there are two; withheld where the pilot tells too little or its
    draws are not independent.

    Examples
    --------
    >>> plan_draws([30, 20, 10, 5, 2, 1, 1, 1], kind="counts", reach=0.97).needed
    Estimate(107 draws, 95 % interval 27 .., n = 70)
    """

    sources: tuple[str, ...]
    num_draws: tuple[int, ...]
    num_distinct: tuple[int, ...]
    space_size: int | None
    goal: str
    wanted: dict[str, Any]
    needed: Estimate
    independence: tuple[Independence, ...]
    interrupted: bool = False
    schema: str = SCHEMA

    @property
    def independent(self) -> bool:
        """Whether nothing speaks against independent draws."""
        return all(check.holds for check in self.independence)

    def _sheet(self) -> Sheet:
        pilots = "; ".join(
            f"{source}: {n:,} draws, {distinct:,} distinct"
            for source, n, distinct in zip(
                self.sources, self.num_draws, self.num_distinct, strict=True
            )
        )
        wanted = ", ".join(f"{name} {value}" for name, value in self.wanted.items())
        notes = tuple(
            f"NOT INDEPENDENT DRAWS, so nothing is planned from them: {'; '.join(check.faults)}"
            for check in self.independence
            if not check.holds
        )
        return Sheet(
            " | ".join(self.sources),
            pilots + (" (interrupted: so far)" if self.interrupted else ""),
            (Figure("needed", f"draws needed ({self.goal}: {wanted})", self.needed),),
            ("needed",),
            "limit",
            notes,
            self._draw,
        )

    def _draw(self, axes: Any) -> None:
        draw_figures(axes, [("needed", self.needed)], [COLOUR])
        axes.set_xlabel("number of draws n")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"needed": self.needed.as_dict(), "independent": self.independent}


@checked(
    width=optional(real(0, is_open=True)),
    relative=truth,
    reach=optional(SHARE),
    power=SHARE,
    level=SHARE,
    kind=KIND,
    known_spaces=WORD_SPACES,
    seed=SEED,
    names=texts(1, 2),
    on_chunk=CALLBACK,
    on_step=CALLBACK,
)
def plan_draws(
    pilot: Any,
    other: Any = None,
    *,
    figure: str | None = None,
    width: float | None = None,
    relative: bool = False,
    reach: float | None = None,
    power: float = 0.8,
    level: float = 0.05,
    kind: Literal["draws", "counts"] = "draws",
    space: Space | int | None = None,
    known_spaces: Sequence[WordSpace] = (),
    seed: int = 0,
    names: Sequence[str] = ("A", "B"),
    on_chunk: Callable[[int], None] | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> PlanReport:
    """Say how many draws are enough: for an interval, for a share of the mass, or to tell apart.

    Parameters
    ----------
    pilot : draws, in an array, list or iterator of chunks, or with ``kind="counts"`` how often
        each id was drawn.
    other : a pilot of a second generator, to be told apart from the first.
    figure, width, relative : of :func:`draws_for_width`.
    reach : a mass, of :func:`draws_to_see`.
    power, level : of :func:`draws_to_tell_apart`.
    kind : "draws", or "counts".
    space : number of possible ids, or a :class:`Space`; None if unknown.
    known_spaces : word spaces whose rows are recognised where ``space`` is not given.
    seed : of simulated samples.
    names : of the sources, for the report.
    on_chunk : called with the number of draws counted so far.
    on_step : called with the steps of the search done so far, and all.

    Raises
    ------
    DrawsError
        Not exactly one thing asked for, no draws, or what these functions refuse.

    Examples
    --------
    >>> report = plan_draws([0, 1, 1, 2] * 50 + [3], figure="hill_number_2", width=0.1)
    >>> report.needed.reason  # in turn
    'the draws are not independent'
    """
    goals = {"width": width, "reach": reach, "apart": other}
    given = [goal for goal, value in goals.items() if value is not None]
    if len(given) != 1 or (figure is None) != (width is None):
        raise DrawsError(
            "expected one thing asked for: a figure with its width, a mass to reach, or another "
            "pilot to tell apart"
        )
    pilots = _Pilots(as_space(space))
    if kind == "counts":
        pilots.take_counts(pilot, other)
    elif other is None:
        pilots.read_one(pilot, known_spaces, on_chunk)
    else:
        pilots.read_two(pilot, other, known_spaces, on_chunk)
    pilots.require_space()
    wanted: dict[str, Any]
    if other is not None:
        wanted = {"power": power, "level": level}
        ask = partial(draws_to_tell_apart, *pilots.counts, **wanted, seed=seed, on_search=on_step)
    elif reach is not None:
        wanted = {"mass": reach}
        ask = partial(draws_to_see, pilots.frequencies[0], reach)
    else:
        wanted = {"figure": figure, "width": width, "relative": relative}
        ask = partial(
            draws_for_width,
            pilots.frequencies[0],
            **wanted,
            space=pilots.space,
            seed=seed,
            on_pilot=on_step,
        )
    independence = tuple(
        check_independence(one, pilots.space, order=pilots.order) for one in pilots.frequencies
    )
    needed = Estimate(None, unit="draws", method="none", reason=NOT_INDEPENDENT)
    if all(check.holds for check in independence):
        needed = ask()
    return PlanReport(
        sources=tuple(names[: len(pilots.frequencies)]),
        num_draws=tuple(one.num_draws for one in pilots.frequencies),
        num_distinct=tuple(one.observed_richness for one in pilots.frequencies),
        space_size=pilots.space.size,
        goal=given[0],
        wanted=wanted,
        needed=needed,
        independence=independence,
        interrupted=pilots.interrupted,
    )


class _Pilots:
    """One pilot or two, counted; ``counts`` are of the same ids where there are two."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.frequencies: list[FrequencyCounts] = []
        self.counts: tuple[NDArray[np.int64], ...] = ()
        self.order: tuple[NDArray[np.int64], ...] = ()
        self.interrupted = False

    def take_counts(self, pilot: Any, other: Any) -> None:
        if other is None:
            self.frequencies = [as_frequencies(pilot)]
            return
        self.counts = aligned(pilot, other)
        self.frequencies = [FrequencyCounts.of_counts(one) for one in self.counts]

    def read_one(
        self,
        pilot: Any,
        known_spaces: Sequence[WordSpace],
        on_chunk: Callable[[int], None] | None,
    ) -> None:
        sample = Sample(IdReader(space=self.space, known_spaces=known_spaces), self.space.size)
        try:
            sample.count(chunks_of(pilot, 0), on_chunk=on_chunk)
        except KeyboardInterrupt:
            self.interrupted = True
        if not sample.tally.num_draws:
            raise DrawsError("expected a pilot of at least one draw, got none")
        self.frequencies, self.space = [sample.tally.frequencies()], sample.reader.space
        self.order = tuple(sample.tally.order.kept())

    def read_two(
        self,
        pilot: Any,
        other: Any,
        known_spaces: Sequence[WordSpace],
        on_chunk: Callable[[int], None] | None,
    ) -> None:
        samples, self.interrupted = read_both(pilot, other, self.space, known_spaces, 0, on_chunk)
        self.counts = on_the_same_ids(*samples)
        self.frequencies = [
            FrequencyCounts.of_counts(one, sample.tally.adjacent_repeats)
            for one, sample in zip(self.counts, samples, strict=True)
        ]
        spaces = {sample.reader.space for sample in samples}
        self.space = spaces.pop() if len(spaces) == 1 else self.space

    def require_space(self) -> None:
        distinct = max(one.observed_richness for one in self.frequencies)
        if self.counts:
            distinct = int(np.count_nonzero(self.counts[0] + self.counts[1]))
        if self.space.size is not None and distinct > self.space.size:
            raise DrawsError(
                f"expected at most {self.space.size:,} different ids, got {distinct:,}; name the "
                "right space size"
            )
