"""From whatever a generator yields to integer ids: numbers, rows of categories, or labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DrawsError
from ..space import Space, WordSpace, as_space
from ..values import Texts, is_whole, shown, to_draws

# A table of so many entries is quicker to fill than the codes are to sort.
SMALL_CODES = 2**20


class Vocabulary:
    """Gives each distinct label or row the next id; remembers them, so memory grows with these.

    Examples
    --------
    >>> words = Vocabulary()
    >>> words.ids_of_texts(["CCO", "C", "CCO"]).tolist()
    [0, 1, 0]
    """

    def __init__(self) -> None:
        self._ids: dict[Any, int] = {}
        self._any_negative = self._any_beyond = False

    def ids(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Map whole numbers ``(n,)`` or rows of them ``(n, k)`` to ids ``(n,)``."""
        codes = _row_codes(values) if values.ndim == 2 else None
        if codes is None:
            _, first, inverse = np.unique(values, return_index=True, return_inverse=True, axis=0)
        elif int(codes.max()) < SMALL_CODES:
            first, inverse = _first_places(codes)
        else:
            _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        keys = values[first].tolist()
        if values.ndim == 2:
            keys = [tuple(row) for row in keys]
        known = [self._ids.setdefault(key, len(self._ids)) for key in keys]
        mapped: NDArray[np.int64] = np.array(known, dtype=np.int64)[inverse.reshape(-1)]
        return mapped

    def ids_of_numbers(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Map whole numbers ``(n,)`` of 64 bits, with a sign or without, to ids ``(n,)``.

        Numbers that int64 holds are their own ids. Those of 2^63 and above have the ids of negative
        numbers, as long as there are none of these.

        Raises
        ------
        DrawsError
            Negative numbers beside some of 2^63 and above.

        >>> Vocabulary().ids_of_numbers(np.array([2**64 - 1, 5], dtype=np.uint64)).tolist()
        [-1, 5]
        """
        self._any_negative |= int(values.min()) < 0
        self._any_beyond |= int(values.max()) >= 2**63
        if self._any_negative and self._any_beyond:
            raise DrawsError(
                "expected numbers of 64 bits, all with a sign or all without, got negative ones "
                "beside some of 2^63 and above; give such numbers as texts (--labels)"
            )
        return values.astype(np.int64, copy=False)

    def ids_of_texts(self, values: Texts) -> NDArray[np.int64]:
        """Map texts, or tuples of texts, to ids ``(n,)``.

        >>> Vocabulary().ids_of_texts(["CCO", "C", "CCO"]).tolist()
        [0, 1, 0]
        """
        known = self._ids
        found = (known.setdefault(value, len(known)) for value in values)
        return np.fromiter(found, dtype=np.int64, count=len(values))


def _first_places(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What ``np.unique`` says of small codes, without sorting: first places, and the inverse.

    >>> [places.tolist() for places in _first_places(np.array([7, 2, 7]))]
    [[1, 0], [1, 0, 1]]
    """
    place = np.full(int(codes.max()) + 1, -1, dtype=np.int64)
    # Written backwards, so that the first of each is what remains.
    place[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    present = np.flatnonzero(place >= 0)
    rank = np.empty(len(place), dtype=np.int64)
    rank[present] = np.arange(len(present))
    return place[present], rank[codes]


def _row_codes(rows: NDArray[Any]) -> NDArray[np.int64] | None:
    """One whole number for each row, if they fit: sorting numbers is far quicker than rows."""
    if rows.dtype.kind not in "iu":
        return None
    low = rows.min(axis=0)
    sizes = [int(high) - int(least) + 1 for high, least in zip(rows.max(axis=0), low, strict=True)]
    if math.prod(sizes) >= 2**62:
        return None
    steps = np.cumprod([1, *sizes[:-1]], dtype=np.int64)
    codes = np.zeros(len(rows), dtype=np.int64)
    for column, least, step in zip(rows.T, low.astype(np.int64), steps, strict=True):
        codes += (column.astype(np.int64) - least) * step
    return codes


class IdReader:
    """Turns chunks of draws into ids, all in the way that the first chunk set.

    Numbers ``(n,)`` are ids; where no space is known, any of 64 bits. Rows ``(n, k)`` have the ids
    of their word space, if that is given. Other rows, and labels, are numbered as they come.

    Parameters
    ----------
    vocabulary : shared with another reader, so that equal labels get equal ids.
    space : of the draws; None if unknown.
    known_spaces : whose rows are recognised where ``space`` is unknown.
    """

    def __init__(
        self,
        vocabulary: Vocabulary | None = None,
        *,
        space: Space | int | None = None,
        known_spaces: Sequence[WordSpace] = (),
    ) -> None:
        self.vocabulary = vocabulary or Vocabulary()
        self.kind: str | None = None
        self._space = as_space(space)
        self._known_spaces = known_spaces
        self._read = 0
        self._range: tuple[int, int] | None = None

    @property
    def space(self) -> Space:
        """The space that was given, or that the draws read so far are recognised to be of.

        Rows without the lowest category of a known space are not taken for its words: nine bits
        look like nine trits.
        """
        return self._space if self._space.size is not None else self.recognised or self._space

    @property
    def recognised(self) -> WordSpace | None:
        """The known space that the rows read so far are words of, whatever was given."""
        if self._range is None:
            return None
        low, high = self._range
        for known in self._known_spaces:
            of_length = self.kind == _rows_of(known.length)
            if of_length and low == known.lowest and high < known.lowest + known.levels:
                return known
        return None

    @property
    def is_numbering(self) -> bool:
        """Whether ids say no more than the order in which draws came first."""
        return self.kind not in (None, "numbers") and self._word_space is None

    @property
    def _word_space(self) -> WordSpace | None:
        given = self._space
        return given if isinstance(given, WordSpace) and given.has_int64_ids else None

    def ids(self, values: Any) -> NDArray[Any]:
        """Return the ids of a chunk; one without draws says nothing of their kind.

        Raises
        ------
        DrawsError
            NaN, fractions, rows of another width, or another kind than the chunks before.
        """
        draws = to_draws(values)
        if not len(draws):
            return np.zeros(0, dtype=np.int64)
        kind = kind_of(draws, self._read)
        first = self._begin(kind, len(draws))
        if isinstance(draws, list):
            return self.vocabulary.ids_of_texts(draws)
        if kind == "numbers":
            return draws if self._space.size else self.vocabulary.ids_of_numbers(draws)
        if self._word_space is not None:
            return self._word_space.ids(draws, first_row=first)
        low, high = self._range or (int(draws.min()), int(draws.max()))
        self._range = min(low, int(draws.min())), max(high, int(draws.max()))
        return self.vocabulary.ids(draws)

    def _begin(self, kind: str, num: int) -> int:
        """Hold a chunk to the kind of those before, and return the number of its first draw."""
        self.kind = self.kind or kind
        if kind != self.kind:
            raise DrawsError(
                f"expected {self.kind} throughout, got {kind} from draw {self._read:,} on; give "
                "one kind of draws at a time"
            )
        first, self._read = self._read, self._read + num
        return first


def kind_of(draws: NDArray[Any] | Texts, first: int = 0) -> str:
    """Name what draws are, as :func:`to_draws` returns them: numbers, labels, or rows of either.

    Parameters
    ----------
    first : the number that the first of these draws has in a message.

    Raises
    ------
    DrawsError
        Fractions, NaN, or what is no draw at all; names the draw.

    >>> kind_of([("a", "b")]), kind_of(np.array([5, 7]))
    ('rows of 2 labels', 'numbers')
    """
    if isinstance(draws, list):
        widths = {len(value) for value in draws} if isinstance(draws[0], tuple) else set()
        if len(widths) > 1 or 0 in widths:
            raise DrawsError("expected rows of the same length")
        return _rows_of(widths.pop(), "labels") if widths else "labels"
    if draws.ndim > 2 or not draws.size:
        raise DrawsError(f"expected draws (n,) or rows (n, k), got shape {draws.shape}")
    if draws.dtype.kind == "f":
        wrong = ~is_whole(draws)
        place = tuple(np.argwhere(wrong)[0].tolist())
        raise DrawsError(
            f"expected whole numbers that {draws.dtype} can tell apart; draw "
            f"{first + place[0]:,} holds {draws[place]} ({int(wrong.sum()):,} values are "
            'wrong); masses are measured as such: kind="masses"'
        )
    if draws.dtype.kind not in "iu":
        raise DrawsError(
            "expected whole numbers, rows of categories or labels, got values of "
            f"{draws.dtype}, such as {shown(draws.flat[0])}"
        )
    return "numbers" if draws.ndim == 1 else _rows_of(draws.shape[1])


def _rows_of(length: int, what: str = "numbers") -> str:
    return f"rows of {length} {what}"
