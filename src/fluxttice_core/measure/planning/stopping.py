"""When to stop drawing: as soon as the mass unseen is surely small, however often one looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import SHARE, checked
from ..counting.ids import IdReader
from ..counting.independence import Independence, check_independence
from ..counting.reading import Sample, interruption_held_back
from ..drawings import COLOUR, draw_figures
from ..estimate import Estimate
from ..forms import Figure, Forms, Sheet
from ..space import WORD_SPACES, Space, WordSpace, as_space
from .betting import Occurrences, UnseenMassBet

SCHEMA = "fluxttice_core/stopping-report/v1"
NOT_INDEPENDENT = "the draws are not independent"


@dataclass(frozen=True, slots=True, repr=False)
class StoppingReport(Forms):
    """Whether the mass of the ids never drawn is surely below a share, and since which draw.

    ``bound``: the mass unseen is at most this, with a chance of ``1 - level`` for all n together;
    None where the draws are not independent. ``stopped_at``: the draw at which it first was below
    the share, None if it was not. ``unseen_mass``: the estimate of Good and Turing, ``F1 / n``,
    which must not be waited for: looked at often enough, it is small by chance.

    Examples
    --------
    >>> rule = UnseenMassStop(below=0.05)
    >>> _ = rule.update([0, 1] * 100)
    >>> rule.report().stopped_at is None  # in turn: not independent draws
    True
    """

    source: str
    num_draws: int
    num_distinct: int
    space_size: int | None
    below: float
    level: float
    bound: float | None
    stopped_at: int | None
    unseen_mass: float | None
    independence: Independence
    interrupted: bool = False
    schema: str = SCHEMA

    @property
    def holds(self) -> bool:
        """Whether the mass unseen is surely below the share."""
        return self.stopped_at is not None

    def _sheet(self) -> Sheet:
        n, sound = self.num_draws, self.independence.holds
        why = None if sound else NOT_INDEPENDENT
        sure = f"{100 * (1 - self.level):g} % sure at all n together"
        estimate = Estimate(
            self.unseen_mass, unit="mass", method="F1 / n (Good 1953)", n=n, reason=why
        )
        bound = Estimate(
            self.bound,
            unit="mass",
            method=f"betting (Waudby-Smith & Ramdas 2024), {sure}",
            limit=self.below,
            n=n,
            reason=why,
        )
        stop = Estimate(
            self.stopped_at,
            unit="draws",
            method=f"the first at which the bound was below the share wanted, {sure}",
            n=n,
            reason=why if self.holds or not sound else "not yet: draw on",
        )
        notes: tuple[str, ...] = ()
        if not sound:
            faults = "; ".join(self.independence.faults)
            notes = (f"NOT INDEPENDENT DRAWS, so nothing is known of what was not seen: {faults}",)
        return Sheet(
            self.source,
            f"{self.source}: {n:,} draws, {self.num_distinct:,} distinct"
            + (" (interrupted: so far)" if self.interrupted else ""),
            (
                Figure("unseen_mass", "mass unseen", estimate),
                Figure("bound", f"mass unseen, at most ({sure})", bound),
                Figure("stopped_at", "surely below the share wanted since draw", stop),
            ),
            ("unseen_mass", "bound", "stopped_at"),
            "wanted",
            notes,
            lambda axes: self._draw(axes, [("estimate", estimate), ("at most", bound)]),
        )

    def _draw(self, axes: Any, rows: list[tuple[str, Estimate]]) -> None:
        draw_figures(axes, rows, [COLOUR])
        axes.set_xlabel("mass unseen; grey: below what it is wanted")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"holds": self.holds, "independent": self.independence.holds}


class UnseenMassStop:
    """Stop drawing once the ids never drawn surely have less than a share of the mass.

    The bound holds for all numbers of draws together, with a chance of at least ``1 - level``: it
    may be looked at after every draw, and drawing may be ended for any reason. It supposes
    independent draws of one law, and nothing of that law or of how many ids there are. How it is
    made, and why it holds: ``planning/betting.py`` and ``docs/planning.md``. It changes after a
    64th of the draws so far, so that it is the same however the draws came in chunks.

    Memory grows with the distinct ids.

    Parameters
    ----------
    below : share of the mass, above 0 and below 1.
    level : the chance that the bound is ever passed, above 0 and below 1.
    space : number of possible ids, or a :class:`Space`; once all were drawn the bound is 0. None
        if unknown.
    known_spaces : word spaces whose rows are recognised where ``space`` is not given.

    Raises
    ------
    DrawsError
        A share or level that is none; of :meth:`update`, values that are no draws.

    References
    ----------
    Ville (1939); Howard et al. (2021), Ann. Statist. 49; Waudby-Smith & Ramdas (2024), J. R.
    Statist. Soc. B 86 (betting). Good (1953), Biometrika 40; McAllester & Schapire (2000), COLT
    (the mass unseen).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rule = UnseenMassStop(below=0.01)
    >>> while not rule.update(rng.integers(0, 100, size=50)):
    ...     pass
    >>> rule.stopped_at, rule.num_draws, round(rule.bound, 4)
    (866, 900, 0.0093)
    """

    @checked(
        below=SHARE,
        level=SHARE,
        known_spaces=WORD_SPACES,
    )
    def __init__(
        self,
        below: float = 0.01,
        level: float = 0.05,
        *,
        space: Space | int | None = None,
        known_spaces: Sequence[WordSpace] = (),
    ) -> None:
        self.below, self.level = float(below), float(level)
        given = as_space(space)
        self._sample = Sample(IdReader(space=given, known_spaces=known_spaces), given.size)
        self._size = given.size
        self._seen = Occurrences()
        self._bet = UnseenMassBet(self.below, self.level)
        # Of the block that has begun: its draws, and those of them that were new.
        self._length = self._new = 0
        self._once = 0
        self._stopped_at: int | None = None

    @property
    def num_draws(self) -> int:
        """Draws taken so far."""
        return self._sample.tally.num_draws

    @property
    def holds(self) -> bool:
        """Whether the bound is below the share: if so, it stays."""
        return self._stopped_at is not None

    @property
    def stopped_at(self) -> int | None:
        """The draw at which the bound first was below the share."""
        return self._stopped_at

    @property
    def bound(self) -> float:
        """The mass unseen is at most this; 1 while nothing is known. It never grows."""
        return 0.0 if self._all_drawn else self._bet.bound

    @property
    def _all_drawn(self) -> bool:
        return self._size is not None and len(self._seen) == self._size

    def update(self, draws: Any) -> bool:
        """Take further draws, in the order in which they were drawn, and return :attr:`holds`.

        Parameters
        ----------
        draws : numbers ``(n,)``, rows ``(n, k)`` or labels.

        Raises
        ------
        DrawsError
            Values that are not discrete, of another kind than before, or outside the space.
        """
        with interruption_held_back():
            reader, tally = self._sample.reader, self._sample.tally
            ids = reader.ids(draws)
            if reader.is_numbering:
                tally.space_size = None
            tally.add(ids)
            self._size = reader.space.size
            if len(ids):
                self._bet_on(ids.astype(np.int64, copy=False))
            if self._size is not None and len(self._seen) > self._size:
                raise DrawsError(
                    f"expected at most {self._size:,} different {reader.kind}, got "
                    f"{len(self._seen):,}; name the right space size"
                )
        return self.holds

    def _bet_on(self, ids: NDArray[np.int64]) -> None:
        before, already = self.num_draws - len(ids), len(self._seen)
        first, second = self._seen.add(ids)
        new = np.append(0, np.cumsum(first))
        once = self._once + new - np.append(0, np.cumsum(second))
        begin = 0
        while begin < len(ids):
            end = min(begin + self._bet.next_block - self._length, len(ids))
            self._length += end - begin
            self._new += int(new[end] - new[begin])
            if self._length == self._bet.next_block:
                self._bet.add(self._length, num_new=self._new, once=int(once[end]))
                self._length = self._new = 0
                if self._bet.settled and not self.holds:
                    self._stopped_at = before + end
            begin = end
        self._once = int(once[-1])
        if self._all_drawn and already < len(self._seen):
            last = before + int(np.flatnonzero(first)[-1]) + 1
            self._stopped_at = min(last, self._stopped_at or last)

    def report(self, *, name: str = "draws", interrupted: bool = False) -> StoppingReport:
        """Say what holds now; draws that are not independent get no bound.

        Parameters
        ----------
        name : of the source.
        interrupted : whether more was to come.

        Raises
        ------
        DrawsError
            Not one draw so far.
        """
        tally = self._sample.tally
        if not tally.num_draws:
            raise DrawsError("expected at least one draw, got none")
        frequencies = tally.frequencies()
        space = self._sample.reader.space
        independence = check_independence(frequencies, space, order=tally.order.kept())
        sound = independence.holds
        return StoppingReport(
            source=name,
            num_draws=frequencies.num_draws,
            num_distinct=frequencies.observed_richness,
            space_size=space.size,
            below=self.below,
            level=self.level,
            bound=self.bound if sound else None,
            stopped_at=self.stopped_at if sound else None,
            unseen_mass=frequencies.seen(1) / frequencies.num_draws if sound else None,
            independence=independence,
            interrupted=interrupted,
        )


def require_share(name: str, value: Any) -> None:
    """Refuse what is no share above 0 and below 1."""
    SHARE(value, name)
