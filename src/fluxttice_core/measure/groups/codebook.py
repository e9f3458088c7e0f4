"""Words for a codebook: how much of it is used, at which n, and what a code never met may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..arguments import checked, optional, whole
from ..coverage import uniform_coverage
from ..diversity import hill_number
from ..drawings import COLOUR, draw_figures
from ..estimate import Estimate, percent
from ..forms import Forms, Sheet, figures_of
from ..frequencies import as_frequencies
from ..plug_in import plug_in_perplexity
from ..space import as_space, whole_numbers
from .tally import GroupTable, by_groups

_MISS = 0.05
_TITLES = {
    "usage": "usage",
    "perplexity": "perplexity of the draws",
    "perplexity_corrected": "perplexity, corrected",
    "never_met": "codes never met",
    "never_met_mass": "mass of one named code never met, at most",
    "any_never_met_mass": "mass of each code never met, at most",
}
# Of each a count is kept: more do not fit into memory.
_MOST_CODES, _MOST_BOOKS = 2**28, 2**16


@dataclass(frozen=True, slots=True, repr=False)
class CodebookUsage(Forms):
    """What draws say of one codebook.

    ``estimates``: ``usage`` (codes met over all codes), ``perplexity`` of the draws and
    ``perplexity_corrected`` (of what they come from), ``never_met`` (codes),
    ``never_met_mass`` (the most that one code, named before the draws, can have if it was not met)
    and ``any_never_met_mass`` (that every code that was not met has at most), each 95 % sure.

    Examples
    --------
    >>> print(codebook_usage([40, 30, 30, 0], 4))
    100 draws of 4 codes
    usage                     75.00 %  (fair dice 99.99 %)
    perplexity of the draws   3.0
    perplexity, corrected     3.0  (95 % interval 2.7 .. 3.7)
    never met                 1 codes, each of mass at most 0.04287
    """

    num_draws: int
    size: int
    estimates: Mapping[str, Estimate]

    def __str__(self) -> str:
        found = self.estimates
        corrected, usage = found["perplexity_corrected"], found["usage"]
        # A withheld interval says why; one that is there, how far it goes.
        sure = corrected.reason or f"95 % interval {corrected.interval_text().strip()}"
        lines = [
            f"{self.num_draws:,} draws of {self.size:,} codes",
            f"usage                     {usage.value_text()}  "
            f"(fair dice {percent(float(usage.limit or 0.0))})",
            f"perplexity of the draws   {found['perplexity'].value_text()}",
            f"perplexity, corrected     {corrected.value_text()}  ({sure})",
            f"never met                 {found['never_met'].value_text()} codes, each of mass at "
            f"most {float(found['any_never_met_mass']):.4g}",
        ]
        return "\n".join(lines)

    def _sheet(self) -> Sheet:
        return Sheet(
            "",
            f"{self.num_draws:,} draws of {self.size:,} codes",
            figures_of(self.estimates, lambda name: _TITLES.get(name, name)),
            ("usage", "perplexity", "perplexity_corrected", "never_met"),
            "fair dice",
            (),
            self._draw,
        )

    def _draw(self, axes: Any) -> None:
        """Draw what is counted in codes, beside all the codes and those that fair dice meet."""
        found = self.estimates
        met = Estimate(
            self.size - int(float(found["never_met"])),
            unit="codes",
            method="exact count",
            limit=self.size * float(found["usage"].limit or 0.0),
        )
        rows = [("codes met", met)]
        for name in ("perplexity", "perplexity_corrected"):
            rows.append((_TITLES[name], replace(found[name], limit=float(self.size))))
        draw_figures(axes, rows, [COLOUR])
        axes.set_xlabel(f"codes, of {self.size:,}; grey: the limit")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "num_draws": self.num_draws,
            "size": self.size,
            "estimates": {name: item.as_dict() for name, item in self.estimates.items()},
        }


@checked(size=whole(1))
def codebook_usage(counts: Any, size: int) -> CodebookUsage:
    """Report on the indices of one codebook.

    Tokens of one image depend on each other, and the interval of the corrected perplexity does
    not know of it: give groups to :func:`draws`, or use :class:`CodebookMeter`.

    A code of mass p is missed by n draws with chance ``(1 - p)^n``; so one that was not met has at
    most ``1 - 0.05^(1/n)``, and all of K codes that were not at most ``1 - (0.05/K)^(1/n)``.

    Parameters
    ----------
    counts : per id, whole numbers ``(size,)`` or ``(n,)`` of the ids seen, or
        :class:`FrequencyCounts`.
    size : codes of the codebook.

    Returns
    -------
    Usage, perplexities and what was never met.

    Raises
    ------
    DrawsError
        No counts, or more codes met than there are.

    References
    ----------
    Bonferroni (1936), Pubbl. R. Ist. Sup. Sci. Econ. Comm. Firenze 8 (over the codes).

    Examples
    --------
    >>> codebook_usage([400, 300, 300, 0], 4).estimates["never_met_mass"]
    Estimate(0.00299 mass, n = 1,000)
    """
    frequencies, space = as_frequencies(counts), as_space(size)
    assert space.size is not None
    n, seen, codes = frequencies.num_draws, frequencies.observed_richness, space.size
    if seen > codes:
        raise DrawsError(f"expected at most {codes:,} codes, got {seen:,}; name the right size")
    estimates = {
        "usage": Estimate(
            seen / codes,
            unit="share",
            method="codes met over all codes; the limit is what fair dice meet in as many draws",
            limit=uniform_coverage(n, codes),
            n=n,
        ),
        "perplexity": plug_in_perplexity(frequencies, space),
        "perplexity_corrected": hill_number(frequencies, 1, space),
        "never_met": Estimate(codes - seen, unit="codes", method="exact count", n=n),
        "never_met_mass": _missed(n, 1, "one code named before the draws"),
        "any_never_met_mass": _missed(n, codes, "all codes at once (Bonferroni)"),
    }
    return CodebookUsage(n, codes, estimates)


def _missed(n: int, codes: int, whose: str) -> Estimate:
    mass = float(-np.expm1(np.log(_MISS / codes) / n))
    method = f"most that a code can have which {n:,} draws did not meet, 95 % sure, for {whose}"
    return Estimate(mass, unit="mass", method=method, n=n)


class CodebookMeter:
    """Counts codebook indices while a model trains or is evaluated, in bounded memory.

    Each update is a batch, and batches are taken to be independent of each other while the tokens
    of a batch need not be: intervals come from groups of batches, merged two by two as they
    become many.

    Parameters
    ----------
    size : codes of each codebook.
    num_codebooks : with more than one, indices are ``(..., num_codebooks)``.
    ignore_index : an index that stands for no token (padding, a codebook that was dropped).

    Examples
    --------
    >>> meter = CodebookMeter(4)
    >>> for _ in range(3):
    ...     meter.update([[0, 1, 1], [2, 0, 0]])
    >>> print(meter.report()[0])
    18 draws of 4 codes
    usage                     75.00 %  (fair dice 99.44 %)
    perplexity of the draws   2.7
    perplexity, corrected     2.7  (fewer than 10 groups)
    never met                 1 codes, each of mass at most 0.2161
    """

    MOST_GROUPS = 64

    @checked(
        size=whole(1, _MOST_CODES),
        num_codebooks=whole(1, _MOST_BOOKS),
        ignore_index=optional(whole(-(2**63))),
    )
    def __init__(
        self, size: Any, num_codebooks: Any = 1, *, ignore_index: int | None = None
    ) -> None:
        self.size: int = size
        self.num_codebooks: int = num_codebooks
        self._ignore_index: int | None = ignore_index
        self.reset()

    def reset(self) -> None:
        """Forget all indices."""
        self._groups: list[NDArray[np.int64]] = []
        self._updates_each = 1
        self._updates_of_last = 0

    def update(self, indices: Any) -> None:
        """Count a batch of indices of any shape, an array or a tensor on any device.

        Raises
        ------
        DrawsError
            Not whole numbers, outside 0 .. size - 1, or of another number of codebooks.
        """
        counts = self._counts_of(indices)
        if self._groups and self._updates_of_last < self._updates_each:
            self._groups[-1] += counts
            self._updates_of_last += 1
            return
        if len(self._groups) == self.MOST_GROUPS:
            pairs = zip(self._groups[::2], self._groups[1::2], strict=True)
            self._groups = [first + second for first, second in pairs]
            self._updates_each *= 2
        self._groups.append(counts)
        self._updates_of_last = 1

    def report(self) -> tuple[CodebookUsage, ...]:
        """Return one report for each codebook.

        Raises
        ------
        DrawsError
            No index was counted yet.
        """
        if not self._groups:
            raise DrawsError("expected indices before a report, got none; call update first")
        table = np.stack(self._groups)
        return tuple(self._usage(table[:, book]) for book in range(self.num_codebooks))

    def _usage(self, table: NDArray[np.int64]) -> CodebookUsage:
        """Report on counts ``(groups, size)``."""
        usage = codebook_usage(table.sum(axis=0), self.size)
        groups, codes = np.nonzero(table)
        by_code = GroupTable.of(groups, codes, table[groups, codes])
        corrected = usage.estimates["perplexity_corrected"].withheld(
            "fewer than 10 groups", keep_value=True
        )
        if by_code.num_groups >= 2:
            corrected = by_groups(by_code, as_space(self.size))["hill_number_1"]
        return CodebookUsage(
            usage.num_draws, self.size, {**usage.estimates, "perplexity_corrected": corrected}
        )

    def _counts_of(self, indices: Any) -> NDArray[np.int64]:
        array = whole_numbers(indices, "indices as whole numbers")
        if array.dtype == np.uint64 and array.size and int(array.max()) >= 2**63:
            raise DrawsError(f"expected indices in 0 .. {self.size - 1:,}, got {array.max()}")
        books = self.num_codebooks
        if books > 1 and (array.ndim < 1 or array.shape[-1] != books):
            raise DrawsError(f"expected indices (..., {books}), got shape {array.shape}")
        rows = array.reshape(-1, books).astype(np.int64)
        kept = np.ones(rows.shape, dtype=np.bool_)
        if self._ignore_index is not None:
            kept = rows != self._ignore_index
        outside = kept & ((rows < 0) | (rows >= self.size))
        if outside.any():
            raise DrawsError(
                f"expected indices in 0 .. {self.size - 1:,}, got {int(rows[outside][0])}; name "
                "the right size, or the ignore_index that stands for no token"
            )
        places = rows + self.size * np.arange(books)
        return np.bincount(places[kept], minlength=books * self.size).reshape(books, self.size)
