"""What draws are drawn from: how many ids there are, and how rows of categories become ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DrawsError
from .arguments import as_whole, instance_of, series_of, text
from .values import is_whole, shown, to_array

# Past so many rows a list of a whole space would fill the memory of a laptop.
ENUMERABLE_SIZE = 2**24
_ID_LIMIT = 2**63
# Bits of the size of a space: a larger number has no float.
_LONGEST = 996


@dataclass(frozen=True, slots=True)
class Space:
    """A set of ids ``0 .. size - 1``, of which only the number is known, or not even that.

    Parameters
    ----------
    size : number of ids; None if unknown.
    name : for texts.

    Raises
    ------
    DrawsError
        A size that is not a whole number, or below 1.

    Examples
    --------
    >>> Space(512).is_enumerable, Space().is_enumerable
    (True, False)
    """

    size: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.size is not None:
            object.__setattr__(self, "size", _whole(self.size, 1, "a space of at least one id"))
            if self.size.bit_length() > _LONGEST:
                raise DrawsError(
                    "expected a space of at most 10^299 ids, got a larger one; in it fair dice "
                    "never repeat: report on draws without their space"
                )
        text(self.name, "name")

    @property
    def is_enumerable(self) -> bool:
        """Whether the space is known and small enough to be listed."""
        return self.size is not None and self.size <= ENUMERABLE_SIZE


@dataclass(frozen=True, slots=True)
class WordSpace(Space):
    """All rows of ``length`` categories ``lowest .. lowest + levels - 1``.

    The first position counts least: ``id = sum_k (x_k - lowest) levels^k``.

    Parameters
    ----------
    length : positions of a row.
    levels : categories at each position.
    lowest : the least category, -1 for balanced ternary.
    name : for texts.

    Raises
    ------
    DrawsError
        ``length`` or ``levels`` below 1, or not a whole number.

    Examples
    --------
    >>> space = WordSpace(2, 3, lowest=-1)
    >>> space.size, space.ids([[-1, -1], [0, -1], [1, 1]]).tolist()
    (9, [0, 1, 8])
    >>> space.rows([5]).tolist()
    [[1, 0]]
    """

    size: int = field(init=False)
    name: str = field(default="", kw_only=True)
    length: int
    levels: int
    lowest: int = 0

    def __post_init__(self) -> None:
        length = _whole(self.length, 1, "a length of at least one position")
        levels = _whole(self.levels, 1, "at least one level at each position")
        if length * levels.bit_length() > _LONGEST:
            raise DrawsError(
                f"expected a length of at most {_LONGEST // levels.bit_length():,} positions of "
                f"so many levels, got {shown(length)}; report on draws without their space"
            )
        object.__setattr__(self, "length", length)
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "lowest", _whole(self.lowest, None, "a whole lowest category"))
        if abs(self.lowest) >= 2**62 or levels > 2**62:
            raise DrawsError("expected categories of 64 bits, got larger ones; number them from 0")
        text(self.name, "name")
        object.__setattr__(self, "size", levels**length)

    @property
    def has_int64_ids(self) -> bool:
        """Whether every id is below 2^63."""
        return self.size <= _ID_LIMIT

    def ids(self, rows: Any, *, first_row: int = 0) -> NDArray[np.int64]:
        """Map rows ``(n, length)`` to ids ``(n,)``.

        Parameters
        ----------
        first_row : the number that the first of these rows has in a message.

        Raises
        ------
        DrawsError
            Another shape, a value that is no category (names the row), or a space of more than
            2^63 ids.

        Examples
        --------
        >>> WordSpace(3, 2).ids([[1, 0, 0], [0, 0, 1]]).tolist()
        [1, 4]
        """
        self._require_int64("ids of its rows")
        array = whole_numbers(rows, f"rows (n, {self.length}) of whole numbers")
        if array.ndim != 2 or array.shape[1] != self.length:
            raise DrawsError(
                f"expected rows (n, {self.length}), got shape {array.shape}; wrap a single row in "
                "a list"
            )
        self._require_categories(array, first_row)
        ids = np.zeros(len(array), dtype=np.int64)
        for column in array.T[::-1]:
            ids *= self.levels
            ids += column.astype(np.int64) - self.lowest
        return ids

    def rows(self, ids: Any) -> NDArray[Any]:
        """Map ids ``(n,)`` to rows ``(n, length)``, in the smallest integers that hold them.

        Raises
        ------
        DrawsError
            An id outside ``0 .. size - 1`` (names the row), another shape, or a space of more
            than 2^63 ids.

        Examples
        --------
        >>> WordSpace(3, 2).rows([1, 4]).tolist()
        [[1, 0, 0], [0, 0, 1]]
        """
        self._require_int64("rows of its ids")
        array = whole_numbers(ids, "ids (n,), whole numbers")
        if array.ndim != 1:
            raise DrawsError(f"expected ids (n,), got shape {array.shape}")
        if array.size and not 0 <= int(array.min()) <= int(array.max()) < self.size:
            row = int(np.argmax((array < 0) | (array > self.size - 1)))
            raise DrawsError(
                f"expected ids in 0 .. {self.size - 1:,}; row {row:,} is {array[row]}; name the "
                "right space"
            )
        rest = array.astype(np.int64)
        rows = np.empty((len(rest), self.length), dtype=self._row_type())
        for place in range(self.length):
            rest, digit = np.divmod(rest, self.levels)
            rows[:, place] = digit + self.lowest
        return rows

    def enumerate(self) -> NDArray[Any]:
        """Return every row in the order of the ids, ``(size, length)``.

        Raises
        ------
        DrawsError
            More than 2^24 rows.

        Examples
        --------
        >>> WordSpace(2, 2).enumerate().tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
        """
        if not self.is_enumerable:
            raise DrawsError(
                f"expected a space of at most {ENUMERABLE_SIZE:,} rows to list, got "
                f"{self.size:,}{f' ({self.name})' if self.name else ''}; draw from it, or ask for "
                "the rows of chosen ids"
            )
        return self.rows(np.arange(self.size))

    def _require_categories(self, array: NDArray[Any], first_row: int) -> None:
        highest = self.lowest + self.levels - 1
        if not array.size or self.lowest <= int(array.min()) <= int(array.max()) <= highest:
            return
        wrong = (array < self.lowest) | (array > highest)
        row, place = np.argwhere(wrong)[0].tolist()
        raise DrawsError(
            f"expected categories {self.lowest} .. {highest}; row {first_row + row:,}, position "
            f"{place} holds {array[row, place]} ({int(wrong.any(axis=1).sum()):,} rows are wrong); "
            "name the right levels and lowest category"
        )

    def _require_int64(self, what: str) -> None:
        if not self.has_int64_ids:
            raise DrawsError(
                f"expected a space of at most 2^63 ids to give the {what}, got "
                f"{self.levels}^{self.length}; number the rows as they come (IdReader)"
            )

    def _row_type(self) -> type[np.signedinteger[Any]]:
        for kind in (np.int8, np.int16, np.int32):
            limits = np.iinfo(kind)
            if limits.min <= self.lowest and self.lowest + self.levels - 1 <= limits.max:
                return kind
        return np.int64


WORD_SPACES = series_of(instance_of(WordSpace), "word spaces")


def as_space(space: Space | int | None) -> Space:
    """Return a space as it is, a number as the space of so many ids, None as an unknown one.

    Raises
    ------
    DrawsError
        Neither of these, or a number below 1.

    Examples
    --------
    >>> as_space(512).size, as_space(None).size
    (512, None)
    """
    return space if isinstance(space, Space) else Space(space)


def _whole(value: Any, least: int | None, expected: str) -> int:
    number = as_whole(value)
    if number is None or (least is not None and number < least):
        raise DrawsError(f"expected {expected}, got {shown(value)}")
    return number


def whole_numbers(values: Any, expected: str) -> NDArray[Any]:
    """Return whole numbers as an integer array; an array of integers as it is.

    Raises
    ------
    DrawsError
        Fractions, NaN, or other than numbers; ``expected`` says what was.
    """
    array = to_array(values, expected)
    if array.dtype.kind in "iu":
        return array
    if not array.size:
        return array.astype(np.int64)
    if array.dtype.kind != "f":
        raise DrawsError(f"expected {expected}, got values of {array.dtype}")
    whole = is_whole(array)
    if array.ndim == 0 and not whole:
        raise DrawsError(f"expected {expected}, got the single value {shown(array.item())}")
    if not whole.all():
        place = tuple(np.argwhere(~whole)[0].tolist())
        raise DrawsError(f"expected {expected}; row {place[0]:,} holds {array[place]}")
    return array.astype(np.int64)
