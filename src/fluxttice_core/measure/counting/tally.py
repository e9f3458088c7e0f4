"""Counting draws of any discrete thing, chunk by chunk, in memory bounded by the distinct ids.

What the estimators need of any number of draws is small: how many ids were seen once, twice, ...
(``FrequencyCounts``). A dense array counts small ids; sorted pairs (id, count) count any others;
past a stated number of distinct ids these spill to files in a temporary folder, by a hash of the
id, and are merged one file at a time. Short chunks are gathered first: a pipe gives few at a time.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import checked, optional, whole
from ..frequencies import FrequencyCounts
from ..space import whole_numbers
from .order import Blocks

DENSE_IDS = 2**24
SPILL_DISTINCT = 10_000_000
SPILL_FILES = 64
GATHERED = 2**18


class Tally:
    """Counts chunks of ids; :meth:`frequencies` may be asked at any time.

    Parameters
    ----------
    space_size : ids must lie in 0 .. N-1; None for any number that int64 holds.
    spill_distinct : with more distinct ids than this in memory, they go to disk.

    Example
    -------
    >>> tally = Tally()
    >>> _ = tally.add(np.array([3, 3, 9]))
    >>> tally.frequencies().observed_richness
    2
    """

    @checked(space_size=optional(whole(1)), spill_distinct=whole(1))
    def __init__(
        self, space_size: int | None = None, *, spill_distinct: int = SPILL_DISTINCT
    ) -> None:
        self.space_size = space_size
        self.num_draws = 0
        self.num_outside = 0
        self.adjacent_repeats = 0
        self.order = Blocks()
        self._spill_distinct = spill_distinct
        self._gathered: list[NDArray[np.int64]] = []
        self._num_gathered = 0
        self._dense: NDArray[np.int64] | None = np.zeros(0, dtype=np.int64)
        self._ids = np.zeros(0, dtype=np.int64)
        self._counts = np.zeros(0, dtype=np.int64)
        self._folder: Path | None = None
        self._last: int | None = None

    @property
    def spilled(self) -> bool:
        """Whether counts were moved to disk."""
        return self._folder is not None

    def add(self, ids: NDArray[Any], *, drop_outside: bool = False) -> NDArray[np.bool_]:
        """Count a chunk of integer ids ``(n,)``, n >= 0, and return which of them were counted.

        Parameters
        ----------
        drop_outside : count ids outside the space as invalid instead of refusing them.

        Raises
        ------
        DrawsError
            An id outside the space, or beyond int64; names the draw and the value.
        """
        ids = whole_numbers(ids, "ids (n,), whole numbers")
        if ids.ndim != 1:
            raise DrawsError(f"expected ids (n,), got shape {ids.shape}")
        counted = np.ones(len(ids), dtype=np.bool_)
        if not ids.size:
            return counted
        least, most = -(2**63), 2**63 - 1
        if self.space_size is not None:
            least, most = 0, self.space_size - 1
        if int(ids.min()) < least or int(ids.max()) > most:
            outside = (ids < least) | (ids > most)
            if not drop_outside:
                row = int(np.argmax(outside))
                raise DrawsError(
                    f"expected ids in {least:,} .. {most:,}; draw {self.num_draws + row:,} is "
                    f"{ids[row]} ({int(outside.sum()):,} are outside); name the right space size, "
                    "or give a reference to have them counted as invalid"
                )
            self.num_outside += int(outside.sum())
            counted = ~outside
            ids = ids[counted]
            if not ids.size:
                return counted
        self.adjacent_repeats += int(np.count_nonzero(ids[1:] == ids[:-1]))
        self.adjacent_repeats += int(self._last is not None and int(ids[0]) == self._last)
        self._last = int(ids[-1])
        self.num_draws += len(ids)
        self.order.add(ids)
        if len(ids) >= GATHERED:
            self._count(ids.astype(np.int64, copy=False))
            return counted
        # A copy: whoever yields chunks may fill the same array again.
        self._gathered.append(ids.astype(np.int64))
        self._num_gathered += len(ids)
        if self._num_gathered >= GATHERED:
            self._count_gathered()
        return counted

    def frequencies(self) -> FrequencyCounts:
        """Summarise what was counted so far."""
        self._count_gathered()
        if self._dense is not None:
            return FrequencyCounts.of_counts(self._dense, self.adjacent_repeats)
        if self._folder is None:
            return FrequencyCounts.of_counts(self._counts, self.adjacent_repeats)
        self._spill()
        summary: dict[int, int] = {}
        for file in sorted(self._folder.iterdir()):
            ids, counts = np.fromfile(file, dtype=np.int64).reshape(-1, 2).T
            _, merged = _sum_by_id(ids, counts)
            for time, number in zip(*np.unique(merged, return_counts=True), strict=True):
                summary[int(time)] = summary.get(int(time), 0) + int(number)
        times = tuple(sorted(summary))
        return FrequencyCounts(times, tuple(summary[t] for t in times), self.adjacent_repeats)

    def counted_ids(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Distinct ids in order, and how often each was drawn.

        Raises
        ------
        DrawsError
            There were so many that they lie on disk.
        """
        self._count_gathered()
        if self._dense is not None:
            ids = np.flatnonzero(self._dense)
            return ids, self._dense[ids]
        if self.spilled:
            raise DrawsError(
                f"more than {self._spill_distinct:,} distinct ids: they are counted on disk and "
                "cannot be listed; compare smaller samples"
            )
        return self._ids, self._counts

    def _count_gathered(self) -> None:
        if self._gathered:
            ids = np.concatenate(self._gathered)
            self._gathered, self._num_gathered = [], 0
            self._count(ids)

    def _count(self, ids: NDArray[np.int64]) -> None:
        if self._dense is not None and int(ids.min()) >= 0 and int(ids.max()) < DENSE_IDS:
            counted = np.bincount(ids, minlength=len(self._dense))
            counted[: len(self._dense)] += self._dense
            self._dense = counted
            return
        if self._dense is not None:
            self._merge(np.flatnonzero(self._dense), self._dense[self._dense > 0])
            self._dense = None
        self._merge(*np.unique(ids, return_counts=True))

    def _merge(self, ids: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self._ids, self._counts = _sum_by_id(
            np.concatenate([self._ids, ids]), np.concatenate([self._counts, counts])
        )
        if len(self._ids) > self._spill_distinct:
            self._spill()

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="fluxttice-tally-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        # Multiplied by an odd constant, so that ids with a common factor spread over the files.
        files = (self._ids.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(58)
        for number in range(SPILL_FILES):
            chosen = files == number
            if chosen.any():
                pairs = np.column_stack([self._ids[chosen], self._counts[chosen]])
                with (self._folder / f"{number:02d}").open("ab") as stream:
                    stream.write(pairs.tobytes())
        self._ids = np.zeros(0, dtype=np.int64)
        self._counts = np.zeros(0, dtype=np.int64)


def _sum_by_id(
    ids: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct ids in order, and the sum of the counts of each."""
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    first = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]])[: len(ids)])
    return ids[first], np.add.reduceat(counts[order], first) if len(ids) else counts
