"""Draws that come in groups (tokens of an image, runs of a seed): intervals from the groups.

Within a group draws may depend on each other in any way. Only the groups are taken to be
independent and alike, so errors come from leaving each group out in turn, and an id that one group
alone holds is no repeat however often that group holds it.

References
----------
Good (1953), Biometrika 40. Zahl (1977), Ecology 58. Efron & Stein (1981), Ann. Statist. 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..estimate import Z95, Estimate
from ..jackknife import jackknife_error, student_t95
from ..poisson import RARE_EVENTS, poisson_mean_interval
from ..space import Space

FEWEST_GROUPS = 10
TOO_FEW_GROUPS = f"fewer than {FEWEST_GROUPS} groups"
BY_GROUPS = "interval by leaving out each group in turn"
_GATHERED = 2**22
# Beyond this share unseen, what is left of the entropy's bias is not bounded by its error.
_MUCH_UNSEEN = 0.02
_FEW_ALONE = 5


class GroupTally:
    """How often each group holds each id; memory grows with the pairs of group and id.

    Examples
    --------
    >>> tally = GroupTally()
    >>> tally.add(np.array([5, 5, 7]), np.array([0, 0, 1]))
    >>> tally.table().num_groups
    2
    """

    def __init__(self) -> None:
        self._rows = np.zeros((0, 3), dtype=np.int64)
        self._gathered: list[NDArray[np.int64]] = []

    def add(self, ids: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        """Count ids ``(n,)`` of the groups ``(n,)``."""
        self._gathered.append(np.column_stack([groups, ids, np.ones(len(ids), dtype=np.int64)]))
        if sum(map(len, self._gathered)) > max(_GATHERED, len(self._rows)):
            self._rows = self._merged()
            self._gathered = []

    def _merged(self) -> NDArray[np.int64]:
        rows = np.concatenate([self._rows, *self._gathered])
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        changes = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
        first = np.flatnonzero(np.concatenate([[True], changes])[: len(rows)])
        merged = rows[first]
        if len(rows):
            merged[:, 2] = np.add.reduceat(rows[:, 2], first)
        return merged

    def table(self) -> GroupTable:
        """Return what was counted so far."""
        self._rows, self._gathered = self._merged(), []
        groups, ids, counts = self._rows.T
        return GroupTable.of(groups, ids, counts)


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Pairs of group and id that occur, with the number of draws of each pair, ``(pairs,)``.

    ``groups`` and ``ids`` are numbered from 0 without gaps.
    """

    groups: NDArray[np.int64]
    ids: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, groups: NDArray[np.int64], ids: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> GroupTable:
        """Number the groups and ids of distinct pairs, counts above 0."""
        _, groups = np.unique(groups, return_inverse=True)
        _, ids = np.unique(ids, return_inverse=True)
        return cls(groups, ids, counts)

    @property
    def num_groups(self) -> int:
        """Groups with a draw."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0

    def by_group(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a value per pair over each group."""
        return _sums(self.groups, values)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A figure of all groups, and of all but each in turn ``(groups,)``."""

    whole: float
    left_out: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Standard error."""
        return float(jackknife_error(self.left_out))

    @property
    def corrected(self) -> float:
        """The figure less its bias of order 1 / groups."""
        num = len(self.left_out)
        return num * self.whole - (num - 1) * float(self.left_out.mean())

    @property
    def half(self) -> float:
        """Half width of a 95 % interval, of Student's t."""
        return self.error * student_t95(len(self.left_out))


class GroupFigures:
    """Every figure of a table of groups, by closed forms of what each group adds."""

    def __init__(self, table: GroupTable) -> None:
        self.table = table
        counts = table.counts.astype(np.float64)
        self.num_draws = float(counts.sum())
        self.sizes = table.by_group(counts)
        self._counts = counts
        self._totals = _sums(table.ids, counts)[table.ids]
        self._holders = np.bincount(table.ids)[table.ids]

    def richness(self) -> LeftOut:
        """Distinct ids."""
        seen = float(self.table.ids.max()) + 1.0
        return LeftOut(seen, seen - self.table.by_group((self._holders == 1).astype(np.float64)))

    def unseen(self) -> LeftOut:
        """Share of the draws whose id no other group holds."""
        alone = self.table.by_group(self._counts * (self._holders == 1))
        # Without one of its two groups an id is the other's alone.
        left = self.table.by_group((self._totals - self._counts) * (self._holders == 2))
        rest = self.num_draws - self.sizes
        return LeftOut(alone.sum() / self.num_draws, (alone.sum() - alone + left) / rest)

    def alone(self) -> NDArray[np.float64]:
        """Share of the draws of each group whose id no other holds."""
        return self.table.by_group(self._counts * (self._holders == 1)) / self.sizes

    def shared(self) -> NDArray[np.float64]:
        """Ids of each group that another holds too."""
        return self.table.by_group((self._holders > 1).astype(np.float64))

    def further_meetings(self) -> tuple[float, float]:
        """How many meetings of two groups fewer and more may have been, where they are rare.

        Where groups hardly ever share an id, those that do are nearly Poisson in pairs, and leaving
        out one group at a time tells nothing if there was no meeting at all.
        """
        meetings = int(np.count_nonzero(self.shared())) // 2
        if meetings >= RARE_EVENTS:
            return 0.0, 0.0
        low, high = poisson_mean_interval(meetings)
        return meetings - low, high - meetings

    def most_shared(self, values: NDArray[np.float64], otherwise: float) -> float:
        """The most of any group that met another; of few meetings none tells the most."""
        met = values[self.shared() > 0]
        return float(met.max()) if len(met) >= 2 * _FEW_ALONE else otherwise

    def entropy(self) -> LeftOut:
        """Plug-in entropy in nats."""
        totals, rest = self._totals, self._totals - self._counts
        first = _x_log_x(_sums(self.table.ids, self._counts)).sum()
        change = self.table.by_group(_x_log_x(rest) - _x_log_x(totals))
        left = self.num_draws - self.sizes
        return LeftOut(
            math.log(self.num_draws) - float(first) / self.num_draws,
            np.log(left) - (first + change) / left,
        )

    def simpson(self) -> tuple[float, LeftOut]:
        """Equal pairs between different groups, and ``sum p^2`` from these alone."""
        each = self.table.by_group(self._counts**2)
        met = self.table.by_group(self._totals * self._counts)
        total, sizes = float((self._totals * self._counts).sum()), self.sizes
        equal = total - each.sum()
        pairs = self.num_draws**2 - float((sizes**2).sum())
        rest = pairs - 2 * sizes * self.num_draws + 2 * sizes**2
        # Of two groups one is left, which has no pairs: fewer than ten get no interval anyway.
        with np.errstate(invalid="ignore", divide="ignore"):
            return equal / 2, LeftOut(equal / pairs, (equal - 2 * met + 2 * each) / rest)


def _sums(numbers: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(numbers, values).astype(np.float64)


def _x_log_x(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values * np.log(np.maximum(values, 1.0))


def by_groups(table: GroupTable, space: Space) -> dict[str, Estimate]:
    """Estimates of a report on draws, by name, from groups alone.

    Raises
    ------
    DrawsError
        One group only.
    """
    if table.num_groups < 2:
        raise DrawsError("expected draws of at least two groups, got one; leave groups out")
    figures = GroupFigures(table)
    unseen, second = _unseen(figures), _order_2(figures, space)
    found = {
        "observed_richness": _richness(figures, space),
        "good_turing_coverage": _seen(unseen),
        "unseen_mass": unseen,
        "hill_number_1": _at_least(_order_1(figures, space), second),
        "hill_number_2": second,
    }
    if table.num_groups < FEWEST_GROUPS:
        return {
            name: item.withheld(TOO_FEW_GROUPS, keep_value=True) for name, item in found.items()
        }
    return found


def _richness(figures: GroupFigures, space: Space) -> Estimate:
    seen = figures.richness()
    most = figures.num_draws if space.size is None else min(figures.num_draws, space.size)
    # Ids are whole: never less than the spread of one.
    half = max(seen.half, Z95)
    fewer, more = figures.further_meetings()
    ids = figures.most_shared(figures.shared(), float(np.bincount(figures.table.groups).max()))
    low, high = seen.whole - max(half, ids * more), seen.whole + max(half, ids * fewer)
    return Estimate(
        int(seen.whole),
        (max(low, 1.0), min(high, most)),
        unit="ids",
        method=f"exact count; of its expectation over as many groups, {BY_GROUPS}",
        n=int(figures.num_draws),
    )


def _unseen(figures: GroupFigures) -> Estimate:
    share, num = figures.unseen(), figures.table.num_groups
    low, high = share.whole - share.half, share.whole + share.half
    alone = figures.alone()
    groups = int(np.count_nonzero(alone))
    if groups < RARE_EVENTS:
        # Of a few such groups none tells how much another may hold alone.
        most = float(alone.max()) if groups >= _FEW_ALONE else 1.0
        low, high = 0.0, max(high, most * poisson_mean_interval(groups)[1] / num)
    fewer, more = figures.further_meetings()
    met = 2.0 * figures.most_shared(1.0 - alone, 1.0) / num
    low, high = min(low, share.whole - met * more), max(high, share.whole + met * fewer)
    return Estimate(
        share.whole,
        (max(low, 0.0), min(high, 1.0)),
        unit="mass",
        method=f"share of the draws whose id no other group holds (Good 1953); {BY_GROUPS}",
        n=int(figures.num_draws),
    )


def _seen(unseen: Estimate) -> Estimate:
    assert unseen.value is not None
    assert unseen.interval is not None
    low, high = (1.0 - float(end or 0.0) for end in reversed(unseen.interval))
    return Estimate(
        1.0 - unseen.value, (low, high), unit="mass", method=f"1 - {unseen.method}", n=unseen.n
    )


def _order_1(figures: GroupFigures, space: Space) -> Estimate:
    entropy, unseen = figures.entropy(), figures.unseen().whole
    most = math.inf if space.size is None else float(space.size)
    value = entropy.corrected
    # What the correction may have added too much or too little is a part of the correction.
    slack = entropy.half + 0.5 * abs(value - entropy.whole)
    low, high = math.exp(value - slack), math.exp(value + slack)
    return Estimate(
        min(math.exp(value), most),
        (
            min(max(low, 1.0), most),
            None if unseen > _MUCH_UNSEEN and most > high else min(high, most),
        ),
        unit="ids",
        method=f"exp of the entropy less its bias over groups (Zahl 1977); {BY_GROUPS}",
        limit=None if space.size is None else most,
        n=int(figures.num_draws),
    )


def _at_least(first: Estimate, second: Estimate) -> Estimate:
    """Order 1 with its value and ends no lower than those of order 2, which it never is below."""
    assert first.value is not None
    assert first.interval is not None
    if second.value is None or second.interval is None:
        return first
    low, high = first.interval
    floor, top = second.interval
    return replace(
        first,
        value=max(first.value, second.value),
        interval=(
            max(low or 0.0, floor or 0.0),
            None if high is None or top is None else max(high, second.value),
        ),
    )


def _order_2(figures: GroupFigures, space: Space) -> Estimate:
    equal, square = figures.simpson()
    method = f"1 / sum p^2 from pairs of draws of different groups; {BY_GROUPS}"
    n, limit = int(figures.num_draws), None if space.size is None else float(space.size)
    most = math.inf if limit is None else limit
    if not equal:
        reason = "no id is held by two groups"
        return Estimate(None, unit="ids", method=method, limit=limit, n=n, reason=reason)
    # Pairs come in clumps: as many Poisson events as have the same relative error.
    # Few groups understate the error of a sum that a few ids make up (simulated).
    half = (1.0 + 4.0 / figures.table.num_groups) * square.half / square.whole
    events = equal if square.error == 0 else min(equal, (square.whole / square.error) ** 2)
    low, high = 1.0 / (1.0 + half), None if half >= 1.0 else 1.0 / (1.0 - half)
    if events < 1000:
        fewest, largest = poisson_mean_interval(int(events))
        low = min(low, int(events) / largest)
        high = None if high is None or not fewest else max(high, events / fewest)
    value = 1.0 / square.whole
    return Estimate(
        min(value, most),
        (min(max(low * value, 1.0), most), None if high is None else min(high * value, most)),
        unit="ids",
        method=method,
        limit=limit,
        n=n,
    )
